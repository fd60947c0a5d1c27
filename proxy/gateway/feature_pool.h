// FEAT lists of backends, each kept once however many backends have it: equal
// ones are one pointer, which is all that a session compares. One thread.
#ifndef PINNACE_PROXY_GATEWAY_FEATURE_POOL_H_
#define PINNACE_PROXY_GATEWAY_FEATURE_POOL_H_

#include <memory>
#include <string>
#include <vector>

#include "proxy/fleet/backend_status.h"

namespace pinnace::gateway {

class FeaturePool {
 public:
  // Past limits::kMaxFeatureLists different ones a list is not shared.
  fleet::BackendStatus::Features Intern(std::vector<std::string> lines);

 private:
  // As long as a backend has it.
  std::vector<std::weak_ptr<const std::vector<std::string>>> known_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_FEATURE_POOL_H_
