// A range of TCP ports. Any thread.
#ifndef PINNACE_PROXY_BASE_PORT_RANGE_H_
#define PINNACE_PROXY_BASE_PORT_RANGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pinnace {

// Both ends belong to the range.
struct PortRange {
  uint16_t first = 0;
  uint16_t last = 0;

  // "50000-50099", or one port "50000"; 1..65535 and first <= last.
  static std::optional<PortRange> Parse(absl::string_view text);

  bool Contains(uint16_t port) const { return first <= port && port <= last; }
  bool Overlaps(const PortRange& other) const {
    return first <= other.last && other.first <= last;
  }
  int size() const { return last - first + 1; }
  std::string ToString() const;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_PORT_RANGE_H_
