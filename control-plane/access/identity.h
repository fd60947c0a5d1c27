// Who is calling, once that is known. A value.
#ifndef PINNACE_CONTROL_PLANE_ACCESS_IDENTITY_H_
#define PINNACE_CONTROL_PLANE_ACCESS_IDENTITY_H_

#include <string>
#include <vector>

#include "protos/pinnace/v1/config.pb.h"

namespace pinnace::access {

// Of a caller that need not say who it is. No token may have this name, nor
// that of what the control plane does by itself when a TTL runs out.
inline constexpr char kLocalName[] = "local";
inline constexpr char kLeaseName[] = "lease";

struct Identity {
  bool operator==(const Identity& other) const = default;

  // A token's name, or a certificate's subject as Subject::ToString() has it:
  // the two never look alike.
  std::string name;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  // Globs of the ids that ROLE_BACKEND may touch, and of the names ROLE_GATEWAY
  // may have; none: all.
  std::vector<std::string> ids;
};

inline Identity LocalOperator() {
  return {.name = kLocalName, .role = v1::ROLE_OPERATOR, .ids = {}};
}

}  // namespace pinnace::access

#endif  // PINNACE_CONTROL_PLANE_ACCESS_IDENTITY_H_
