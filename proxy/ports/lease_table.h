// Public ports promised to the next data connection of a session. A lease is
// keyed by (public port, client address), so one port serves any number of
// clients at once; it ends when the data connection is accepted, is released,
// or is given up. Shared by all workers. Pure but for its mutexes: time and
// randomness are arguments. Any thread.
#ifndef PINNACE_PROXY_PORTS_LEASE_TABLE_H_
#define PINNACE_PROXY_PORTS_LEASE_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/ids.h"
#include "proxy/base/mutex.h"
#include "proxy/base/port_range.h"

namespace pinnace::ports {

// Which source a data connection must come from to claim a lease (DESIGN:
// data_source).
enum class SourceMatch : uint8_t {
  kSameAddress,
  kSameNetwork,  // the same /24, or /64 for IPv6
  kAny,  // a balancer in front hides the clients: the port alone is the key
  // A protected connection is of the session whose TLS session it resumes (its
  // lease is taken and claimed with SourceOfSession()); nothing else claims
  // one.
  kTlsSession,
};

// Stands for the client's address in Take, Claim and Release of a connection
// that its TLS session names. With kTlsSession only: kSameNetwork would take
// all sessions for one source.
IpAddress SourceOfSession(SessionId session);

// One promise: which session, and which of its data connections.
// Who may connect in the place of a lease's client (FXP); null: nobody.
using PeerNetworks = std::shared_ptr<const std::vector<Cidr>>;

struct LeaseOwner {
  SessionId session = 0;
  uint64_t data_path = 0;  // counts up within the session
  IpAddress counts_for;    // the client, for max_pending_per_address

  friend bool operator==(const LeaseOwner&, const LeaseOwner&) = default;
};

class LeaseTable {
 public:
  struct Options {
    std::vector<PortRange> pool;
    SourceMatch match = SourceMatch::kSameAddress;
    // Makes the order in which one client is given ports unforeseeable.
    uint64_t secret = 0;
    int max_waiters_per_client = 0;
    // Leases and places in the line of all owners that count for one address;
    // 0: no bound.
    int max_pending_per_address = 0;
  };

  // Called (under no lock) when a waiting owner gets a port, on the thread that
  // set it free. `source` is good for Release, should the owner be gone.
  using Granted = absl::AnyInvocable<void(
      const LeaseOwner& owner, const IpAddress& source, uint16_t port) const>;

  struct Facts {
    int ports = 0;
    int64_t pending = 0;  // leases waiting for their connection
    int64_t waiting = 0;  // sessions waiting for a lease
    int64_t granted_total = 0;
    int64_t claimed_total = 0;
    int64_t waited_total = 0;
    int64_t refused_total = 0;    // pool full and queue full
    int64_t too_many_total = 0;   // at max_pending_per_address
    int64_t strangers_total = 0;  // connections that no lease matched
    // Of them, those of a peer that several leases would take.
    int64_t ambiguous_total = 0;
    struct Port {
      uint16_t port = 0;
      int64_t pending = 0;
    };
    std::vector<Port> by_port;  // every port of the pool, in order
  };

  LeaseTable(Options options, Granted granted);

  enum class Outcome : uint8_t {
    kGranted,
    kWaiting,
    kRefused,
    kTooManyPending,  // of the owner's address
  };
  struct Taken {
    Outcome outcome = Outcome::kRefused;
    uint16_t port = 0;  // when granted
  };
  // The port is the one this client was given longest ago, of those free for
  // it; `slice` narrows the pool to a backend's own ports, unless it is
  // foreign. When none is free the owner waits in line (Granted tells), unless
  // the line is full, or its address has too much pending.
  Taken Take(const LeaseOwner& owner, const IpAddress& client,
             const std::optional<PortRange>& slice,
             PeerNetworks peers = nullptr);

  // A connection from `source` came in on `port`: whose it is. The lease ends;
  // a stranger gets nothing and ends nothing. A peer's is the one lease's on
  // that port which takes it; ports are given so that there is one, as far as
  // the pool allows.
  std::optional<LeaseOwner> Claim(uint16_t port, const IpAddress& source);

  // Gives up the lease of `port`, or with port 0 a place in the line. No effect
  // when the owner has it no longer.
  void Release(const LeaseOwner& owner, const IpAddress& client, uint16_t port);

  // None of its ports is in the pool: they are another gateway's. To wait for
  // one would be to wait for ever.
  bool IsForeign(const PortRange& slice) const;

  Facts facts() const;
  const std::vector<uint16_t>& ports() const { return ports_; }

 private:
  static constexpr int kShards = 64;

  struct Waiter {
    LeaseOwner owner;
    std::optional<PortRange> slice;
    PeerNetworks peers;
  };
  struct Lease {
    LeaseOwner owner;
    PeerNetworks peers;
  };
  // What one source has. Stays after its last lease, so that its next port
  // is again the one used longest ago, as long as the shard has room.
  struct Source {
    uint64_t order = 0;  // the key of its order of ports
    uint32_t turn = 0;   // where it stands in that order
    using Pending = absl::flat_hash_map<uint16_t, Lease>;
    Pending pending;
    std::deque<Waiter> waiting;
  };
  struct Grant {
    LeaseOwner owner;
    uint16_t port = 0;
  };
  // A lease that peers may claim, found by its port.
  struct PeerLease {
    LeaseOwner owner;
    IpAddress key;
    PeerNetworks peers;
  };
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<IpAddress, std::unique_ptr<Source>> sources
        ABSL_GUARDED_BY(mutex);
    Facts facts ABSL_GUARDED_BY(mutex);
  };

  IpAddress KeyOf(const IpAddress& source) const;
  Shard& ShardOf(const IpAddress& key) const;
  // The `turn`-th port of `order`: a permutation of the pool.
  uint16_t PortAt(uint64_t order, uint32_t turn) const;
  std::optional<uint16_t> TakeFreePort(const IpAddress& key, Source& source,
                                       const Waiter& wanted);
  // Gives a port that was set free to the first who waits for such a one.
  std::optional<Grant> ServeWaiting(const IpAddress& key, Source& source,
                                    Facts& facts);
  // Of `key`; with `expected` that owner's alone.
  std::optional<LeaseOwner> ClaimOf(const IpAddress& key, uint16_t port,
                                    const LeaseOwner* expected);
  void EndLease(Source& source, Source::Pending::iterator lease);
  // The lease on `port` that takes a connection of `source`.
  std::optional<PeerLease> FindPeerLease(uint16_t port, const IpAddress& source)
      ABSL_LOCKS_EXCLUDED(peer_mutex_);
  bool HasPeerLease(uint16_t port) const ABSL_LOCKS_EXCLUDED(peer_mutex_);
  void AddPeerLease(uint16_t port, PeerLease lease)
      ABSL_LOCKS_EXCLUDED(peer_mutex_);
  void RemovePeerLease(uint16_t port, const LeaseOwner& owner)
      ABSL_LOCKS_EXCLUDED(peer_mutex_);
  static void ForgetIfIdle(Shard& shard, const IpAddress& key,
                           const Source& source);
  // False when there are too many.
  bool CountPending(const LeaseOwner& owner) ABSL_LOCKS_EXCLUDED(count_mutex_);
  void UncountPending(const LeaseOwner& owner)
      ABSL_LOCKS_EXCLUDED(count_mutex_);

  const Options options_;
  const Granted granted_;
  std::vector<uint16_t> ports_;
  mutable std::array<Shard, kShards> shards_;
  // Taken under a shard's: one address may have sources in several.
  mutable Mutex count_mutex_;
  absl::flat_hash_map<IpAddress, int> pending_by_address_
      ABSL_GUARDED_BY(count_mutex_);
  int64_t too_many_total_ ABSL_GUARDED_BY(count_mutex_) = 0;
  // Taken under a shard's. Empty without FXP.
  mutable Mutex peer_mutex_;
  absl::flat_hash_map<uint16_t, std::vector<PeerLease>> peer_leases_
      ABSL_GUARDED_BY(peer_mutex_);
  int64_t ambiguous_total_ ABSL_GUARDED_BY(peer_mutex_) = 0;
  std::atomic<int64_t> peer_leases_count_{0};
};

}  // namespace pinnace::ports

#endif  // PINNACE_PROXY_PORTS_LEASE_TABLE_H_
