#include "proxy/admin/reference.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "proxy/admin/metric_rows.h"
#include "proxy/admin/routes.h"

namespace pinnace::admin {
namespace {

using metrics::Exposition;

// Within a cell of a table.
std::string Cell(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"<", "&lt;"}});
}

void AddMetric(absl::string_view name, Exposition::Type type,
               absl::string_view labels, absl::string_view help,
               std::string* out) {
  absl::StrAppend(out, "| `pinnace_", name, "` | ", Exposition::NameOf(type),
                  " | ", labels, " | ", Cell(help), " |\n");
}

absl::string_view RoleOf(Access access) {
  switch (access) {
    case Access::kAnybody:
      return "none";
    case Access::kViewer:
      return "viewer";
    case Access::kOperator:
      return "operator";
  }
  return "";
}

std::string MessageName(const google::protobuf::Message* message) {
  if (message == nullptr) return "";
  const std::string& name = message->GetDescriptor()->name();
  return name == "Empty" ? "{}" : name;
}

void AddRoute(const RouteRow& row, std::string* out) {
  absl::StrAppend(out, "### ", row.method, " ", ShownPath(row.path), "\n\n",
                  Cell(row.help), ".\n\nRole: ", RoleOf(row.access), ".");
  if (row.body != nullptr) {
    absl::StrAppend(out, " Body: `", MessageName(row.body), "` as JSON.");
  }
  const std::string answer = MessageName(row.answer);
  absl::StrAppend(
      out, " Answer: ", answer.empty() ? "" : absl::StrCat("`", answer, "`, "),
      row.type, ".\n");
  if (!row.parameters.empty()) {
    *out += "\n| Parameter | |\n|---|---|\n";
    for (const Parameter& one : row.parameters) {
      absl::StrAppend(out, "| `", one.name, "` | ", Cell(one.help), " |\n");
    }
  }
  *out += "\n";
}

}  // namespace

std::string ReferenceText() {
  std::string text =
      "# Reference\n\n"
      "Written by `pinnace reference`; a test fails when it is out of date.\n\n"
      "## Admin pages\n\n"
      "JSON is protobuf's canonical mapping of the messages in "
      "`protos/pinnace/v1`. Errors are a status code and `{\"error\": "
      "\"words\"}`. Where `admin.token_file` or `admin.tokens` is set, "
      "`Authorization: Bearer TOKEN` is needed: 401 without, 403 where the "
      "token's role is not enough. A parameter that is wrong or not known is a "
      "400 that names it. Requests that change something and come from another "
      "site's page are refused (403).\n\n";
  for (const RouteRow& row : Routes::Rows()) AddRoute(row, &text);
  text +=
      "## Metrics\n\n"
      "At `/metrics`, and without their `pinnace_` at `/api/v1/stats` where "
      "they have no labels.\n\n"
      "| Name | Type | Labels | |\n|---|---|---|---|\n";
  for (const MetricRow& row : MetricRows()) {
    AddMetric(row.name, row.type, absl::StrJoin(row.labels, ", "), row.help,
              &text);
  }
  for (const metrics::CounterRow& row : metrics::CounterRows()) {
    AddMetric(row.name, Exposition::Type::kCounter, "", row.help, &text);
  }
  for (const metrics::HistogramRow& row : metrics::HistogramRows()) {
    AddMetric(row.name, Exposition::Type::kHistogram, "le", row.help, &text);
  }
  return text;
}

}  // namespace pinnace::admin
