// One thread of a gateway: its loop, its share of the listeners, and the
// sessions that it accepted, from their first byte to their last. What workers
// share is passed in: the leases, the pins and the immutable snapshot.
#ifndef PINNACE_PROXY_GATEWAY_WORKER_H_
#define PINNACE_PROXY_GATEWAY_WORKER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/base/ids.h"
#include "proxy/fleet/pin_table.h"
#include "proxy/gateway/data_channel.h"
#include "proxy/gateway/descriptor_reserve.h"
#include "proxy/gateway/event_ring.h"
#include "proxy/gateway/gateway_options.h"
#include "proxy/gateway/memory_watch.h"
#include "proxy/gateway/proxy_gate.h"
#include "proxy/gateway/session_runner.h"
#include "proxy/gateway/tls_material.h"
#include "proxy/gateway/unmatched_connections.h"
#include "proxy/guard/guard.h"
#include "proxy/guard/refusal_notice.h"
#include "proxy/ingress/advertised.h"
#include "proxy/io/loop.h"
#include "proxy/io/mailbox.h"
#include "proxy/io/pipe_pool.h"
#include "proxy/io/tcp_listener.h"
#include "proxy/io/timer.h"
#include "proxy/metrics/counters.h"
#include "proxy/metrics/histograms.h"
#include "proxy/policy/session_counts.h"
#include "proxy/ports/lease_table.h"
#include "proxy/rates/rate_table.h"
#include "proxy/session/turn.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::gateway {

using ResolvedNamesPtr = std::shared_ptr<const ingress::ResolvedNames>;

class Worker final : public DataChannel::Neighbours {
 public:
  // What all workers of a gateway share; outlives them. Any thread.
  struct Shared {
    const GatewayOptions& options;
    ports::LeaseTable& leases;
    fleet::PinTable& pins;
    guard::Guard& guard;
    policy::SessionCounts& session_counts;
    std::atomic<int64_t>& sessions;  // of all workers
    EventRing& events;
    DescriptorReserve descriptors;
    const MemoryWatch& memory;
    // Gives a data connection to the worker of the session that has its lease.
    absl::AnyInvocable<void(UnmatchedConnections::Matched connection) const>
        pass_on;
    TlsMaterial& tls;
    std::shared_ptr<rates::TransferBuckets> rate;  // of all sessions
    rates::RateTable& rates;                       // of policies
  };

  Worker(WorkerId id, const Shared& shared, snapshot::SnapshotPtr snapshot,
         ResolvedNamesPtr names);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Before Start(). The error names the address. `address` is the listener's,
  // with the port that another worker was given if the configured one is 0.
  absl::StatusOr<Address> ListenControl(const ListenerOptions& options,
                                        const Address& address);
  absl::Status ListenData(const Address& address);

  void Start();  // the thread
  // From outside: ends the thread's loop.
  void StopAndJoin();
  // When the thread is gone: closes every listener and session.
  void Clear();

  WorkerId id() const { return id_; }
  // Any thread; runs on the worker.
  void Post(absl::AnyInvocable<void()> work) { mailbox_.Post(std::move(work)); }
  metrics::Counters& counters() { return counters_; }
  metrics::Histograms& histograms() { return histograms_; }

  // The rest is for the worker's own thread.
  void Publish(snapshot::SnapshotPtr snapshot) {
    snapshot_ = std::move(snapshot);
  }
  // Of the snapshot published last.
  void TellOfDrains();
  void SetNames(ResolvedNamesPtr names) { names_ = std::move(names); }
  void StartDrain();
  void OnLeaseGranted(const ports::LeaseOwner& owner, const IpAddress& source,
                      uint16_t port);
  void OnDataAccepted(UnmatchedConnections::Matched connection);
  void GiveToSession(const ports::LeaseOwner& owner, io::Socket socket,
                     const Address& from) override;
  std::vector<SessionId> SessionIds() const;
  // Null when there is none of that id.
  SessionRunner* Find(SessionId id) const;
  bool Kill(SessionId id);

  // For the sessions.
  io::Loop& loop() { return loop_; }
  const GatewayOptions& options() const { return shared_.options; }
  std::shared_ptr<const tls::ServerContext> server_context() const {
    return shared_.tls.server();
  }
  absl::StatusOr<std::shared_ptr<const tls::ClientContext>> client_context(
      const fleet::BackendTls& tls) {
    return shared_.tls.ForBackends(tls);
  }
  const std::shared_ptr<rates::TransferBuckets>& rate() const {
    return shared_.rate;
  }
  rates::RateTable& rates() { return shared_.rates; }
  EventRing& events() { return shared_.events; }
  // Of those that are in transfer what they move is looked at every now and
  // then.
  void AddMoving(SessionRunner* runner);
  void RemoveMoving(SessionRunner* runner);
  // The public address that a 227 announces to that client.
  std::optional<IpAddress> PublicAddressFor(
      const session::Session::Start& start) const;
  // Of its pin; "" where it has none.
  std::string PinKeyOf(absl::string_view farm, const IpAddress& client,
                       absl::string_view user) const;
  DataChannel::Shared data_shared() {
    return {loop_, pipes_, shared_.leases, *this};
  }
  session::Turn NewTurn(size_t client_unsent_bytes, session::Outbox& out);
  // `backend` has public ports, and this gateway none of them.
  void NoteForeignSlice(const BackendId& backend, const PortRange& slice);
  // A session's client began with a PROXY header, where none may come.
  void NoteLateHeader(const Address& from, const Address& to);
  // Destroys a session that has ended, when its own calls have returned.
  void Retire(SessionId id);

  static io::Socket::Keepalive ControlKeepalive();

  // The worker's one outbox, for the length of a turn.
  class OutboxUse {
   public:
    explicit OutboxUse(Worker& worker);
    ~OutboxUse();
    session::Outbox& outbox() const { return worker_.outbox_; }

   private:
    Worker& worker_;
  };

 private:
  // One control listener, and what its sessions need to know of it.
  struct ControlListener {
    const ListenerOptions& options;
    const std::string name;  // as configured
    std::unique_ptr<io::TcpListener> socket;
  };

  // For a listener without descriptors.
  std::function<void()> CountShortage();
  void OnControlAccepted(const ControlListener& listener, io::Socket socket,
                         const Address& from);
  // `header`: of a balancer in front.
  void StartSession(const ControlListener& listener, io::Socket socket,
                    const Address& from,
                    const std::optional<ingress::ProxyHeader>& header);
  void OnPublicPort(io::Socket socket, const Address& from, const Address& to);
  void OnDataConnection(io::Socket socket, const Address& from, uint16_t port);
  void OnHeaderRefused(ingress::HeaderRefusal refusal, const Address& from,
                       const Address& to, absl::string_view why);
  void OnUnmatched(const Address& from, uint16_t port, absl::string_view why);
  // Its lease is claimed: here, or on the worker of its session.
  void GiveToSession(UnmatchedConnections::Matched connection);
  std::vector<SessionRunner*> Runners() const;
  // Whether the client, by the address that counts as its own, gets a session;
  // then it is counted among them.
  guard::Guard::Entry Admit(const Address& client, const io::Socket& socket);
  void Refuse(io::Socket socket, const Address& client,
              const guard::Guard::Entry& entry);
  void DestroyRetired();
  void SampleTransfers();

  const WorkerId id_;
  const Shared& shared_;
  io::Loop loop_;
  io::Mailbox mailbox_;
  io::PipePool pipes_;
  metrics::Counters counters_;
  metrics::Histograms histograms_;
  snapshot::SnapshotPtr snapshot_;
  ResolvedNamesPtr names_;
  session::Outbox outbox_;
  bool outbox_in_use_ = false;
  bool draining_ = false;
  uint64_t last_session_ = 0;
  absl::Time foreign_slice_notice_ = absl::InfinitePast();  // the next
  std::vector<std::unique_ptr<ControlListener>> control_listeners_;
  std::vector<std::unique_ptr<io::TcpListener>> data_listeners_;
  ProxyGate proxy_gate_;
  // The next of each kind.
  std::array<absl::Time, static_cast<size_t>(ingress::HeaderRefusal::kCount)>
      header_notices_;
  UnmatchedConnections unmatched_;
  absl::Time unmatched_notice_ = absl::InfinitePast();
  guard::RefusalNotice refusal_notice_;
  absl::flat_hash_map<SessionId, std::unique_ptr<SessionRunner>> sessions_;
  std::vector<std::unique_ptr<SessionRunner>> retired_;
  std::vector<SessionRunner*> moving_;
  io::Timer sample_timer_;
  io::Loop::Deferred destroy_retired_;
  std::thread thread_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_WORKER_H_
