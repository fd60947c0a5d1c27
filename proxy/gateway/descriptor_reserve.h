// Which descriptors are kept for what running sessions still want: their data
// connections, and those to backends. The kernel gives the lowest number that
// is free, so the number of a socket just accepted says how many are in use.
// Pure. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_DESCRIPTOR_RESERVE_H_
#define PINNACE_PROXY_GATEWAY_DESCRIPTOR_RESERVE_H_

#include <cstdint>

namespace pinnace::gateway {

class DescriptorReserve {
 public:
  // Of `limit` descriptors an eighth, but no more than so many sessions use
  // for their data.
  DescriptorReserve(uint64_t limit, uint64_t max_sessions);

  // A session for this descriptor would live on the reserve.
  bool IsShort(int fd) const { return AsNumber(fd) >= refused_from_; }
  // Even an answer to it would: half of the reserve is gone.
  bool IsVeryShort(int fd) const { return AsNumber(fd) >= reset_from_; }

 private:
  static uint64_t AsNumber(int fd) { return static_cast<uint64_t>(fd); }

  uint64_t refused_from_;
  uint64_t reset_from_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_DESCRIPTOR_RESERVE_H_
