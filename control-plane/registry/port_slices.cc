#include "control-plane/registry/port_slices.h"

#include "proxy/base/check.h"

namespace pinnace::registry {

const PortSlices::Slice* PortSlices::FindOverlap(
    const PortRange& ports, absl::string_view owner) const {
  // Slices do not overlap, so their last ports are in order too: only those
  // from the last that begins before `ports` ends can meet it.
  auto it = by_first_port_.upper_bound(ports.last);
  while (it != by_first_port_.begin()) {
    --it;
    const Slice& slice = it->second;
    if (!slice.ports.Overlaps(ports)) return nullptr;
    if (slice.owner != owner) return &slice;
  }
  return nullptr;
}

void PortSlices::Add(const PortRange& ports, absl::string_view owner) {
  PINNACE_CHECK(FindOverlap(ports, owner) == nullptr);
  by_first_port_[ports.first] = {ports, std::string(owner)};
}

void PortSlices::Remove(const PortRange& ports, absl::string_view owner) {
  auto found = by_first_port_.find(ports.first);
  if (found != by_first_port_.end() && found->second.owner == owner &&
      found->second.ports == ports) {
    by_first_port_.erase(found);
  }
}

}  // namespace pinnace::registry
