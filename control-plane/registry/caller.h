// Who wants a change, as far as the registry has to know. A value.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_CALLER_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_CALLER_H_

#include <cstdint>
#include <string>

namespace pinnace::registry {

// The backends it may change, once its role lets it change any.
enum class Reach : uint8_t { kEverything, kOwnBackends };

struct Caller {
  std::string name = "local";  // as BackendRecord.owner and the audit have it
  std::string address;         // empty: the control plane itself
  Reach reach = Reach::kEverything;
};

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_CALLER_H_
