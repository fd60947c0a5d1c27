// The data connections of one transfer: the public port's lease, the listener
// or dials, the two sockets and the relay between them. Carries out; decides
// nothing. One thread.
#ifndef PINNACE_PROXY_GATEWAY_DATA_CHANNEL_H_
#define PINNACE_PROXY_GATEWAY_DATA_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/io/dial.h"
#include "proxy/io/loop.h"
#include "proxy/io/pipe_pool.h"
#include "proxy/io/relay.h"
#include "proxy/io/socket.h"
#include "proxy/io/tcp_listener.h"
#include "proxy/io/timer.h"
#include "proxy/ports/lease_table.h"
#include "proxy/session/action.h"
#include "proxy/tls/tls_engine.h"
#include "proxy/tls/tls_relay.h"

namespace pinnace::gateway {

class DataChannel final : public io::Relay::Owner {
 public:
  // Told of every leg once. May destroy the channel in any call.
  class Owner {
   public:
    virtual void OnLegOpen(session::Leg leg, const Address& from) = 0;
    virtual void OnLegFailed(session::Leg leg, const absl::Status& why) = 0;
    // `bytes` here and below: over all relays of the channel.
    virtual void OnRelayDone(int64_t bytes) = 0;
    virtual void OnSourceEnded(int64_t bytes) = 0;
    virtual void OnRelayBroken(session::Leg leg, session::LegFault fault,
                               const absl::Status& why, int64_t bytes) = 0;

   protected:
    ~Owner() = default;
  };
  // Where a connection goes that was not accepted on a public port, but made
  // to one from inside: to the session whose lease it has claimed.
  class Neighbours {
   public:
    virtual void GiveToSession(const ports::LeaseOwner& owner,
                               io::Socket socket, const Address& from) = 0;

   protected:
    ~Neighbours() = default;
  };
  struct Shared {
    io::Loop& loop;
    io::PipePool& pipes;
    ports::LeaseTable& leases;
    Neighbours& neighbours;
  };
  // TLS of the legs that have it: null is clear.
  struct Engines {
    std::unique_ptr<tls::TlsEngine> client;
    std::unique_ptr<tls::TlsEngine> backend;
  };

  DataChannel(const Shared& shared, const ports::LeaseOwner& lease_owner,
              Owner* owner);
  ~DataChannel();

  session::DataPathId id() const { return lease_owner_.data_path; }

  // `source`: whom a connection must come from, as the lease table knows it.
  ports::LeaseTable::Taken TakeLease(const std::optional<PortRange>& slice,
                                     const IpAddress& source,
                                     ports::PeerNetworks peers);
  // The wait for a lease is over. When a connection has overtaken the news and
  // used the lease up, another is asked for: the answer to that.
  std::optional<ports::LeaseTable::Taken> LeaseGranted(uint16_t port);
  // A connection claimed the lease. `engine`: it has begun its handshake.
  void ClientAccepted(io::Socket socket, const Address& from,
                      std::unique_ptr<tls::TlsEngine> engine);
  // A refused dial is tried again, limits::kActiveDialAttempts times in all.
  // `is_peer`: another server stands there (FXP).
  void DialClient(const Address& target, const Address& from, bool is_peer,
                  absl::Time deadline);
  // Another session of this gateway waits for `client` on `port`. The address
  // in front of us need not lead back here, so the two meet on the loopback.
  void JoinOwnPort(const IpAddress& client, uint16_t port, absl::Time deadline);
  // `header`: what the connection begins with, or empty.
  void DialBackend(const Address& target, absl::string_view header,
                   absl::Time deadline);
  // On `local`, for connections from `backend` alone.
  absl::StatusOr<Address> ListenForBackend(const IpAddress& local,
                                           const IpAddress& backend);
  // The client leg's connection came with an engine that has begun.
  bool has_client_engine() const { return client_.engine != nullptr; }
  // Another server stands in the client's place (FXP).
  bool is_with_peer() const { return is_with_peer_; }
  // It is kept, and needs none in `engines`.
  void StartRelay(session::Direction direction, Engines engines,
                  const rates::Pacer::Buckets& rates,
                  const tls::TlsRelay::Options& options);
  // The end that the relay holds.
  void PassEnd();
  // The backend's leg, or the way to it, is given up, and the relay with it;
  // the client's stays, for another one.
  void DropBackendLeg();
  // All has been moved and told: closes without a RST. A channel that ends in
  // any other way resets what is open, as that is no clean end of file.
  void Finish();

  int64_t bytes_moved() const {
    if (tls_relay_ != nullptr) return bytes_moved_ + tls_relay_->bytes_moved();
    return bytes_moved_ + (relay_ == nullptr ? 0 : relay_->bytes_moved());
  }
  // When the transfer's first byte came; infinite future: none has.
  absl::Time first_byte() const;
  // Our end of a leg; nothing before it is connected.
  std::optional<Address> local(session::Leg leg) const;
  // What the sink gets though the backend's leg is dropped now.
  int64_t bytes_delivered() const {
    return tls_relay_ == nullptr ? bytes_moved()
                                 : bytes_moved_ + tls_relay_->bytes_delivered();
  }

 private:
  struct EndPoint {
    io::Socket socket;
    std::unique_ptr<io::Loop::Watch> watch;  // destroyed before the socket
    std::unique_ptr<tls::TlsEngine> engine;
    bool is_secured = false;  // by an earlier relay
  };
  enum class LeaseState : uint8_t { kNone, kWaiting, kHeld };

  void Reset();
  void DialClientOnce();
  void OnClientDialled(absl::StatusOr<io::Connected> result);
  void MeetOwnPort();
  void OnDialled(session::Leg leg, absl::StatusOr<io::Connected> result);
  absl::Status SendHeader(const io::Socket& socket) const;
  void OnRelayDone(int64_t bytes) override;
  void OnSourceEnded(int64_t bytes) override;
  void OnRelayBroken(io::Relay::Leg leg, const absl::Status& status,
                     int64_t bytes) override;
  EndPoint& end(session::Leg leg) {
    return leg == session::Leg::kClient ? client_ : backend_;
  }
  void DropRelay();
  void WatchEnd(EndPoint& end);
  void CloseEnd(EndPoint& end);

  const Shared shared_;
  const ports::LeaseOwner lease_owner_;
  IpAddress lease_source_;
  Owner* const owner_;

  LeaseState lease_ = LeaseState::kNone;
  std::optional<PortRange> slice_;
  ports::PeerNetworks peers_;
  bool claimed_early_ = false;
  uint16_t leased_port_ = 0;
  int64_t bytes_moved_ = 0;                         // by relays that are gone
  absl::Time first_byte_ = absl::InfiniteFuture();  // likewise
  bool has_resumed_ = false;
  bool is_with_peer_ = false;
  session::Direction direction_ = session::Direction::kDownload;
  EndPoint client_;
  EndPoint backend_;
  struct ClientTarget {
    Address target;
    Address from;
    absl::Time deadline;
    int attempts = 0;
  };
  ClientTarget client_target_;
  // Of JoinOwnPort: both ends, until they have met.
  struct OwnPort {
    IpAddress client;
    uint16_t port = 0;
    std::unique_ptr<io::TcpListener> listener;
    std::optional<io::Connected> near;
    io::Socket far;
    Address far_from;
  };
  std::unique_ptr<OwnPort> own_port_;
  std::unique_ptr<io::Timer> client_retry_;
  std::unique_ptr<io::Dial> client_dial_;
  std::unique_ptr<io::Dial> backend_dial_;
  std::string backend_header_;
  std::unique_ptr<io::TcpListener> backend_listener_;
  std::unique_ptr<rates::Pacer> pacer_;
  // One of them at a time; destroyed before pacer, sockets and engines.
  std::unique_ptr<io::Relay> relay_;
  std::unique_ptr<tls::TlsRelay> tls_relay_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_DATA_CHANNEL_H_
