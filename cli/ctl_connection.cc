#include "cli/ctl_connection.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "proxy/base/printable.h"

namespace pinnace::cli {
namespace {

constexpr absl::string_view kHowToSayWho =
    "; pinnace ctl --token-file FILE, or --ca, --cert and --key, says who you "
    "are";

}  // namespace

CtlConnection::CtlConnection(std::shared_ptr<grpc::Channel> channel,
                             std::string server)
    : server_(std::move(server)),
      registry_(v1::Registry::NewStub(channel)),
      sessions_(v1::Sessions::NewStub(channel)) {}

void CtlConnection::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
}

absl::Status CtlConnection::StatusOf(const grpc::Status& status) const {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  switch (code) {
    // Of these two the message is gRPC's own and does not say where to.
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return absl::Status(code, absl::StrCat(Printable(status.error_message()),
                                             " (server ", server_, ")"));
    case absl::StatusCode::kUnauthenticated:
      return absl::Status(
          code, absl::StrCat(Printable(status.error_message()), kHowToSayWho));
    default:
      return absl::Status(code, status.error_message());
  }
}

void PrintTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::printf("%s\n", line.c_str());
  }
}

void PrintJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  std::printf("%s", status.ok() ? json.c_str() : "{}\n");
}

void PrintJsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  std::printf("%s\n", status.ok() ? json.c_str() : "{}");
}

std::string Shown(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string Shown(const std::string& text) {
  // What others registered must not move a terminal's cursor.
  return text.empty() ? "-" : Printable(text);
}

}  // namespace pinnace::cli
