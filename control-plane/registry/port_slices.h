// Who owns which public ports: slices of the pool that do not overlap. Pure.
// One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_PORT_SLICES_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_PORT_SLICES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/port_range.h"

namespace pinnace::registry {

class PortSlices {
 public:
  struct Slice {
    PortRange ports;
    std::string owner;  // a backend's id
  };

  // The slice of somebody else that `ports` would overlap; null: none.
  const Slice* FindOverlap(const PortRange& ports,
                           absl::string_view owner) const;

  // CHECK: no overlap with a slice of another.
  void Add(const PortRange& ports, absl::string_view owner);
  // No effect unless exactly this slice is the owner's.
  void Remove(const PortRange& ports, absl::string_view owner);

 private:
  std::map<uint16_t, Slice> by_first_port_;
};

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_PORT_SLICES_H_
