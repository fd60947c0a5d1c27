// What the transfers of one session move: the rate of the one that runs, over
// the last few seconds, and how much of all of them has been told to those who
// sum it up. Pure. One thread.
#ifndef PINNACE_PROXY_GATEWAY_TRANSFER_METER_H_
#define PINNACE_PROXY_GATEWAY_TRANSFER_METER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/backend_status.h"
#include "proxy/metrics/counters.h"
#include "proxy/session/action.h"

namespace pinnace::gateway {

class TransferMeter {
 public:
  // A transfer begins to move bytes, or goes on with another backend. `backend`
  // may be null.
  void Begin(session::Direction direction,
             std::shared_ptr<fleet::BackendStatus> backend, absl::Time now) {
    backend_ = std::move(backend);
    if (std::exchange(is_running_, true)) return;
    direction_ = direction;
    told_ = 0;
    samples_.fill({now, 0});
    first_byte_ = absl::InfiniteFuture();
  }

  // It has moved so many bytes in all; told on what is new of that.
  void Tell(int64_t bytes, metrics::Counters& counters) {
    const int64_t more = bytes - told_;
    if (!is_running_ || more <= 0) return;
    told_ = bytes;
    const bool download = direction_ == session::Direction::kDownload;
    (download ? to_client_ : to_backend_) += more;
    counters.Add(download ? metrics::Counter::kBytesToClients
                          : metrics::Counter::kBytesToBackends,
                 more);
    if (backend_ == nullptr) return;
    (download ? backend_->bytes_to_clients : backend_->bytes_from_clients)
        .fetch_add(more, std::memory_order_relaxed);
  }
  int64_t Untold(int64_t bytes) const {
    return is_running_ ? std::max<int64_t>(bytes - told_, 0) : 0;
  }
  // Every kTransferSample.
  void Sample(int64_t bytes, absl::Time now) {
    std::move(samples_.begin() + 1, samples_.end(), samples_.begin());
    samples_.back() = {now, bytes};
  }
  // Bytes a second.
  int64_t Rate(int64_t bytes, absl::Time now) const {
    const absl::Duration passed = now - samples_.front().time;
    if (!is_running_ || passed < absl::Milliseconds(1)) return 0;
    return static_cast<int64_t>(static_cast<double>(std::max<int64_t>(
                                    bytes - samples_.front().bytes, 0)) /
                                absl::ToDoubleSeconds(passed));
  }
  void SeeFirstByte(absl::Time at) { first_byte_ = std::min(first_byte_, at); }
  absl::Time first_byte() const { return first_byte_; }
  void End() {
    is_running_ = false;
    backend_.reset();
  }

  bool is_running() const { return is_running_; }
  session::Direction direction() const { return direction_; }
  // Of all transfers, as far as they are told.
  int64_t to_client() const { return to_client_; }
  int64_t to_backend() const { return to_backend_; }

 private:
  struct At {
    absl::Time time;
    int64_t bytes = 0;
  };

  bool is_running_ = false;
  session::Direction direction_ = session::Direction::kDownload;
  std::shared_ptr<fleet::BackendStatus> backend_;
  int64_t told_ = 0;  // of the running one
  int64_t to_client_ = 0;
  int64_t to_backend_ = 0;
  std::array<At, limits::kTransferSamples> samples_ = {};  // oldest first
  absl::Time first_byte_ = absl::InfiniteFuture();
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_TRANSFER_METER_H_
