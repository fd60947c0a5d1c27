// A running gateway: its workers, what they share, the prober and the refresher
// of public names. Starts whole or not at all. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_GATEWAY_H_
#define PINNACE_PROXY_GATEWAY_GATEWAY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/fleet.h"
#include "proxy/fleet/pin_table.h"
#include "proxy/gateway/event_ring.h"
#include "proxy/gateway/gateway_options.h"
#include "proxy/gateway/gateway_view.h"
#include "proxy/gateway/memory_watch.h"
#include "proxy/gateway/name_refresher.h"
#include "proxy/gateway/prober.h"
#include "proxy/gateway/tls_material.h"
#include "proxy/gateway/worker.h"
#include "proxy/guard/guard.h"
#include "proxy/io/timer.h"
#include "proxy/policy/session_counts.h"
#include "proxy/ports/lease_table.h"
#include "proxy/rates/rate_table.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::gateway {

class Gateway final : public GatewayView {
 public:
  // Opens every listener and public port before the first worker runs. The
  // error names the address that is taken.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(
      GatewayOptions options, snapshot::SnapshotPtr snapshot);
  ~Gateway() override;  // Stop() without a wait.

  // The next decisions of every worker read this one. Live facts of backends
  // that stay are taken over.
  void Publish(snapshot::SnapshotPtr snapshot) ABSL_LOCKS_EXCLUDED(mutex_);
  // Certificates and keys that have changed on disk are used from here on.
  void RefreshTls();
  // Of all sessions, from now on.
  void SetRate(const rates::TransferLimit& limit);
  // A usable backend is there, and no drain is under way.
  bool ready() const { return why_not_ready().empty(); }
  std::string why_not_ready() const;
  // The notice of a drain is over, or none is under way.
  bool refuses_new_sessions() const { return refusing_.load(); }
  // Drains without a notice, waits up to `patience` for the sessions to end,
  // ends the rest.
  void Stop(absl::Duration patience);

  snapshot::SnapshotPtr snapshot() const override ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t SessionCount() const override { return sessions_.load(); }
  std::vector<session::SessionFacts> Sessions() override;
  std::optional<session::SessionFacts> FindSession(SessionId id) override;
  std::optional<std::vector<TimelineEntry>> TimelineOf(SessionId id,
                                                       uint64_t after) override;
  bool KillSession(SessionId id) override;
  std::vector<fleet::PinTable::Pin> Pins() override;
  PinFacts PinCounts() override;
  bool DeletePin(absl::string_view key) override;
  guard::Guard& guard() override { return guard_; }
  ports::LeaseTable::Facts Ports() override;
  metrics::CounterValues Counters() override;
  metrics::HistogramValues Histograms() override;
  EventRing& events() override { return events_; }
  void StartDrain() override;
  bool draining() const override { return draining_.load(); }
  // Control listeners as bound: a port 0 in the options is the real one here.
  const std::vector<Address>& listening() const { return listening_; }

 private:
  Gateway(GatewayOptions options, snapshot::SnapshotPtr snapshot);

  absl::Status Listen();
  void StartTlsRefresh();
  void RefuseNewSessions();
  bool is_running() const ABSL_LOCKS_EXCLUDED(running_mutex_);
  void SetRunning() ABSL_LOCKS_EXCLUDED(running_mutex_);
  // Runs `work` with the session, on its worker, and waits; with null when
  // there is none. Nothing when the workers have stopped.
  template <typename Work>
  void OnSession(SessionId id, Work work) ABSL_LOCKS_EXCLUDED(running_mutex_);
  // In gateway_watch.cc. Facts of a worker's sessions, a few in each turn of
  // its loop.
  struct Look;
  static void LookOn(Worker& worker, const std::shared_ptr<Look>& look);
  void StartBanLook();
  void TellOfBans();
  void TellOfDrains(const fleet::Fleet& former, const fleet::Fleet& next);

  const GatewayOptions options_;
  ports::LeaseTable leases_;
  fleet::PinTable pins_;
  rates::RateTable rates_;
  guard::Guard guard_;
  policy::SessionCounts session_counts_;
  std::atomic<int64_t> sessions_{0};
  EventRing events_;
  uint64_t bans_told_ = 0;  // version of the table of bans
  std::atomic<bool> draining_{false};
  std::atomic<bool> refusing_{false};
  mutable Mutex running_mutex_;
  bool running_ ABSL_GUARDED_BY(running_mutex_) = false;
  const MemoryWatch memory_;
  TlsMaterial tls_;
  Worker::Shared shared_;
  mutable Mutex mutex_;
  snapshot::SnapshotPtr snapshot_ ABSL_GUARDED_BY(mutex_);
  std::vector<Address> listening_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // Live on the first worker's loop.
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<NameRefresher> name_refresher_;
  std::unique_ptr<io::Timer> drain_notice_;
  std::unique_ptr<io::Timer> tls_refresh_;
  std::unique_ptr<io::Timer> ban_look_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_GATEWAY_H_
