// The parameters behind the '?' of a request, read and checked one by one. What
// is wrong is kept: the first of it names its parameter. One thread.
#ifndef PINNACE_PROXY_ADMIN_QUERY_H_
#define PINNACE_PROXY_ADMIN_QUERY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/base/cidr.h"

namespace pinnace::admin {

enum class ParameterType : uint8_t { kText, kNumber };

// What a path takes.
struct Parameter {
  const char* name;
  ParameterType type;
  const char* help;
};

class Query {
 public:
  using Values = std::multimap<std::string, std::string>;

  // One that is not among `known`, or comes twice, is wrong already.
  Query(const Values& values, absl::Span<const Parameter> known);

  // "" where it is not given.
  std::string Text(absl::string_view name);
  uint64_t Number(absl::string_view name, uint64_t least, uint64_t most,
                  uint64_t otherwise);
  // An address is the network of it alone.
  std::optional<Cidr> Network(absl::string_view name);

  struct Order {
    size_t field = 0;  // of `fields`
    bool descending = false;
  };
  // "FIELD" or "FIELD desc"; the first where it is not given.
  Order OrderBy(absl::string_view name,
                absl::Span<const absl::string_view> fields);

  struct Page {
    int64_t offset = 0;
    int64_t limit = 0;
  };
  // Of `limit` and `offset`.
  Page PageOf();

  const absl::Status& status() const { return status_; }

 private:
  void Complain(absl::string_view name, absl::string_view problem);

  const Values& values_;
  absl::Status status_;
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_QUERY_H_
