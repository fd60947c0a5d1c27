#include "proxy/metrics/exposition.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pinnace::metrics {

void Exposition::Family(absl::string_view name, Type type,
                        absl::string_view help) {
  family_ = absl::StrCat("pinnace_", name);
  absl::StrAppend(&text_, "# HELP ", family_, " ",
                  absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}}),
                  "\n# TYPE ", family_,
                  type == Type::kCounter ? " counter\n" : " gauge\n");
}

void Exposition::Sample(const Labels& labels, int64_t value) {
  text_ += family_;
  char before = '{';
  for (const auto& [name, text] : labels) {
    text_ += before;
    absl::StrAppend(&text_, name, "=\"",
                    absl::StrReplaceAll(
                        text, {{"\\", "\\\\"}, {"\n", "\\n"}, {"\"", "\\\""}}),
                    "\"");
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  absl::StrAppend(&text_, " ", value, "\n");
}

void Exposition::Gauge(absl::string_view name, absl::string_view help,
                       int64_t value) {
  Family(name, Type::kGauge, help);
  Sample({}, value);
}

void Exposition::Counter(absl::string_view name, absl::string_view help,
                         int64_t value) {
  Family(name, Type::kCounter, help);
  Sample({}, value);
}

void Exposition::AddCounters(const CounterValues& values) {
  for (const CounterRow& row : CounterRows()) {
    Counter(row.name, row.help, values[static_cast<size_t>(row.counter)]);
  }
}

}  // namespace pinnace::metrics
