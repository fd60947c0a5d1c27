#include "proxy/gateway/descriptor_reserve.h"

#include <algorithm>

namespace pinnace::gateway {
namespace {

constexpr uint64_t kReserved = 8;  // one of so many
constexpr uint64_t kDataConnectionsPerSession = 2;

}  // namespace

DescriptorReserve::DescriptorReserve(uint64_t limit, uint64_t max_sessions) {
  const uint64_t reserve =
      std::min(limit / kReserved, max_sessions * kDataConnectionsPerSession);
  refused_from_ = limit - reserve;
  reset_from_ = limit - reserve / 2;
}

}  // namespace pinnace::gateway
