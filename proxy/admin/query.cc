#include "proxy/admin/query.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"

namespace pinnace::admin {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, 128), "\"");
}

}  // namespace

Query::Query(const Values& values, absl::Span<const Parameter> known)
    : values_(values) {
  for (const auto& [name, value] : values) {
    const bool is_known = std::any_of(
        known.begin(), known.end(),
        [&name = name](const Parameter& one) { return name == one.name; });
    if (!is_known) {
      Complain(Printable(name, 64), "no such parameter here");
    } else if (values.count(name) > 1) {
      Complain(name, "given more than once");
    }
  }
}

void Query::Complain(absl::string_view name, absl::string_view problem) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(absl::StrCat(name, ": ", problem));
}

std::string Query::Text(absl::string_view name) {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? "" : found->second;
}

uint64_t Query::Number(absl::string_view name, uint64_t least, uint64_t most,
                       uint64_t otherwise) {
  const std::string text = Text(name);
  if (text.empty()) return otherwise;
  uint64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= least && number <= most) {
    return number;
  }
  Complain(name, absl::StrCat("must be a number from ", least, " to ", most,
                              ", not ", Quoted(text)));
  return otherwise;
}

std::optional<Cidr> Query::Network(absl::string_view name) {
  const std::string text = Text(name);
  if (text.empty()) return std::nullopt;
  const std::optional<Cidr> network = Cidr::Parse(text);
  if (!network.has_value()) {
    Complain(name, absl::StrCat("must be an IP address, or a network like "
                                "10.0.0.0/8 without host bits, not ",
                                Quoted(text)));
  }
  return network;
}

Query::Order Query::OrderBy(absl::string_view name,
                            absl::Span<const absl::string_view> fields) {
  const std::string text = Text(name);
  Order order;
  if (text.empty()) return order;
  absl::string_view field = text;
  order.descending = absl::ConsumeSuffix(&field, " desc");
  if (!order.descending) absl::ConsumeSuffix(&field, " asc");
  const auto found = std::find(fields.begin(), fields.end(), field);
  if (found == fields.end()) {
    Complain(name, absl::StrCat("must be one of ", absl::StrJoin(fields, ", "),
                                ", with \" desc\" behind it or not, not ",
                                Quoted(text)));
    return order;
  }
  order.field = static_cast<size_t>(found - fields.begin());
  return order;
}

Query::Page Query::PageOf() {
  return {.offset = static_cast<int64_t>(
              Number("offset", 0, std::numeric_limits<int32_t>::max(), 0)),
          .limit = static_cast<int64_t>(
              Number("limit", 1, limits::kMaxPageRows, limits::kPageRows))};
}

}  // namespace pinnace::admin
