// The live facts of one backend, shared by every worker: they survive new
// snapshots as long as the id, farm and address stay the same. Any thread.
#ifndef PINNACE_PROXY_FLEET_BACKEND_STATUS_H_
#define PINNACE_PROXY_FLEET_BACKEND_STATUS_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/outlier_record.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::fleet {

// What the probes say. A backend nobody has probed yet may be tried.
enum class Health : uint8_t { kUnknown, kHealthy, kUnhealthy };

// On cache lines of its own: one backend's sessions do not slow down the picks
// of another.
class alignas(64) BackendStatus {
 public:
  std::atomic<int64_t> sessions{0};  // logged in or logging in now
  OutlierRecord outlier;             // see outlier.h
  std::atomic<int64_t> sessions_total{0};
  std::atomic<int64_t> transfers_total{0};
  std::atomic<int64_t> connect_failures{0};  // and 421s at login
  std::atomic<int64_t> data_failures{0};     // data connections to it
  std::atomic<int64_t> ejections_total{0};
  // Data bytes; what running transfers move is added every now and then.
  std::atomic<int64_t> bytes_to_clients{0};
  std::atomic<int64_t> bytes_from_clients{0};

  // One more session, unless it has `max_sessions` already (0: no bound).
  bool TakePlace(int max_sessions) {
    const int64_t before = sessions.fetch_add(1, std::memory_order_relaxed);
    if (max_sessions == 0 || before < max_sessions) return true;
    sessions.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void LeavePlace() { sessions.fetch_sub(1, std::memory_order_relaxed); }
  bool IsFull(int max_sessions) const {
    return max_sessions != 0 &&
           sessions.load(std::memory_order_relaxed) >= max_sessions;
  }

  Health health() const { return health_.load(std::memory_order_relaxed); }
  // Well since `now`, if it was unwell or new before: its slow start begins.
  void SetHealth(Health health, absl::Time now) {
    const Health before = health_.exchange(health, std::memory_order_relaxed);
    if (health != Health::kHealthy || before == Health::kHealthy) return;
    if (before == Health::kUnhealthy) {
      healthy_since_ns_.store(absl::ToUnixNanos(now),
                              std::memory_order_relaxed);
    } else {
      EndNewness(now);
    }
  }
  // It joined a farm that was at work already: new until a probe finds it well
  // or the balancer comes upon it, whichever is first.
  void MarkNew() { healthy_since_ns_.store(kNever, std::memory_order_relaxed); }
  void EndNewness(absl::Time now) {
    int64_t expected = kNever;
    // At every pick: workers share the line as long as nobody writes to it.
    if (healthy_since_ns_.load(std::memory_order_relaxed) != kNever) return;
    healthy_since_ns_.compare_exchange_strong(expected, absl::ToUnixNanos(now),
                                              std::memory_order_relaxed);
  }
  // Long ago for a backend that was never seen unwell or new; never as long as
  // it is new.
  absl::Time healthy_since() const {
    return TimeOf(healthy_since_ns_.load(std::memory_order_relaxed));
  }

  // The backend answered EPSV with 500, 501 or 502: PASV from then on (RFC 2428
  // is not for it).
  std::atomic<bool> lacks_epsv{false};

  // Left out after failures.
  bool IsEjected(absl::Time now) const { return outlier.IsEjected(now); }

  // When its drain began here, with what its sessions have to keep to: those
  // that are idle end from `idle_end` on, and all of them at `deadline`.
  struct Drain {
    absl::Time idle_end = absl::InfiniteFuture();
    absl::Time deadline = absl::InfiniteFuture();
  };
  void SetDrain(const Drain& drain) {
    drain_idle_end_ns_.store(NanosOf(drain.idle_end),
                             std::memory_order_relaxed);
    drain_deadline_ns_.store(NanosOf(drain.deadline),
                             std::memory_order_relaxed);
  }
  Drain drain() const {
    return {TimeOf(drain_idle_end_ns_.load(std::memory_order_relaxed)),
            TimeOf(drain_deadline_ns_.load(std::memory_order_relaxed))};
  }

  // The lines of its FEAT reply; nothing until it has been asked.
  using Features = std::shared_ptr<const std::vector<std::string>>;
  void SetFeatures(Features features) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    features_ = std::move(features);
  }
  Features features() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return features_;
  }

  // Where its DNS name leads, in order of preference; nothing before the first
  // look-up, and for a numeric address.
  using Addresses = std::shared_ptr<const std::vector<IpAddress>>;
  void SetAddresses(Addresses addresses) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    addresses_ = std::move(addresses);
  }
  Addresses addresses() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return addresses_;
  }

  // Why it is unhealthy or was last ejected; empty when nothing is wrong.
  void SetTrouble(std::string trouble) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    trouble_ = std::move(trouble);
  }
  std::string trouble() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return trouble_;
  }

  rates::TransferBuckets rate;  // of all its sessions

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  static int64_t NanosOf(absl::Time time) {
    return time == absl::InfiniteFuture() ? kNever : absl::ToUnixNanos(time);
  }
  static absl::Time TimeOf(int64_t ns) {
    return ns == kNever ? absl::InfiniteFuture() : absl::FromUnixNanos(ns);
  }

  std::atomic<Health> health_{Health::kUnknown};
  std::atomic<int64_t> healthy_since_ns_{0};
  std::atomic<int64_t> drain_idle_end_ns_{kNever};
  std::atomic<int64_t> drain_deadline_ns_{kNever};
  mutable Mutex mutex_;
  Features features_ ABSL_GUARDED_BY(mutex_);
  Addresses addresses_ ABSL_GUARDED_BY(mutex_);
  std::string trouble_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_BACKEND_STATUS_H_
