#include "proxy/metrics/exposition.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pinnace::metrics {
namespace {

// As short as can be read back to the same number.
std::string Shortest(double value) {
  char text[64];
  // "0.0005" is what people look for.
  const auto format =
      value < 1e15 ? std::chars_format::fixed : std::chars_format::general;
  const auto end = std::to_chars(text, text + sizeof(text), value, format).ptr;
  return std::string(text, static_cast<size_t>(end - text));
}

}  // namespace

void Exposition::Family(absl::string_view name, Type type,
                        absl::string_view help) {
  family_ = absl::StrCat("pinnace_", name);
  absl::StrAppend(&text_, "# HELP ", family_, " ",
                  absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}}),
                  "\n# TYPE ", family_, " ", NameOf(type), "\n");
}

absl::string_view Exposition::NameOf(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
  }
  return "untyped";
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

void Exposition::AddHistograms(const HistogramValues& values) {
  for (const HistogramRow& row : HistogramRows()) {
    const HistogramValue& value = values[static_cast<size_t>(row.histogram)];
    Family(row.name, Type::kHistogram, row.help);
    int64_t count = 0;
    for (size_t i = 0; i < row.bounds.size(); ++i) {
      count += value.counts[i];
      absl::StrAppend(&text_, family_, "_bucket{le=\"", Shortest(row.bounds[i]),
                      "\"} ", count, "\n");
    }
    count += value.counts[row.bounds.size()];
    absl::StrAppend(&text_, family_, "_bucket{le=\"+Inf\"} ", count, "\n",
                    family_, "_sum ", Shortest(value.sum), "\n", family_,
                    "_count ", count, "\n");
  }
}

}  // namespace pinnace::metrics
