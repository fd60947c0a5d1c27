#include "proxy/gateway/feature_pool.h"

#include <utility>

#include "proxy/base/limits.h"

namespace pinnace::gateway {

fleet::BackendStatus::Features FeaturePool::Intern(
    std::vector<std::string> lines) {
  std::erase_if(known_, [](const auto& list) { return list.expired(); });
  for (const auto& list : known_) {
    fleet::BackendStatus::Features known = list.lock();
    if (known != nullptr && *known == lines) return known;
  }
  auto added =
      std::make_shared<const std::vector<std::string>>(std::move(lines));
  if (known_.size() < limits::kMaxFeatureLists) known_.push_back(added);
  return added;
}

}  // namespace pinnace::gateway
