#include "proxy/gateway/data_channel.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/io/errno_status.h"
#include "proxy/io/lingering_socket.h"
#include "proxy/io/unsent_bytes.h"

namespace pinnace::gateway {

using session::Direction;
using session::Leg;
using session::LegFault;

namespace {

// As TlsRelay says it.
LegFault FaultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return LegFault::kTruncated;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kDeadlineExceeded:
      return LegFault::kHandshake;
    case absl::StatusCode::kPermissionDenied:
      return LegFault::kForeignSession;
    case absl::StatusCode::kOutOfRange:
      return LegFault::kTooLarge;
    default:
      return LegFault::kBroken;
  }
}

}  // namespace

DataChannel::DataChannel(const Shared& shared,
                         const ports::LeaseOwner& lease_owner, Owner* owner)
    : shared_(shared), lease_owner_(lease_owner), owner_(owner) {}

DataChannel::~DataChannel() {
  if (lease_ != LeaseState::kNone) {
    shared_.leases.Release(lease_owner_, lease_source_, leased_port_);
  }
  Reset();
}

ports::LeaseTable::Taken DataChannel::TakeLease(
    const std::optional<PortRange>& slice, const IpAddress& source,
    ports::PeerNetworks peers) {
  slice_ = slice;
  lease_source_ = source;
  peers_ = std::move(peers);
  const ports::LeaseTable::Taken taken =
      shared_.leases.Take(lease_owner_, lease_source_, slice, peers_);
  switch (taken.outcome) {
    case ports::LeaseTable::Outcome::kGranted:
      lease_ = LeaseState::kHeld;
      leased_port_ = taken.port;
      break;
    case ports::LeaseTable::Outcome::kWaiting:
      lease_ = LeaseState::kWaiting;
      break;
    case ports::LeaseTable::Outcome::kRefused:
    case ports::LeaseTable::Outcome::kTooManyPending:
      break;
  }
  return taken;
}

std::optional<ports::LeaseTable::Taken> DataChannel::LeaseGranted(
    uint16_t port) {
  if (claimed_early_) {
    claimed_early_ = false;
    lease_ = LeaseState::kNone;
    return TakeLease(slice_, lease_source_, peers_);
  }
  lease_ = LeaseState::kHeld;
  leased_port_ = port;
  return std::nullopt;
}

void DataChannel::ClientAccepted(io::Socket socket, const Address& from,
                                 std::unique_ptr<tls::TlsEngine> engine) {
  if (lease_ == LeaseState::kWaiting) {
    // The client cannot know the port yet: a late connection of an earlier
    // transfer has met a lease that is new.
    claimed_early_ = true;
    socket.Reset();
    return;
  }
  lease_ = LeaseState::kNone;
  client_.socket = std::move(socket);
  client_.engine = std::move(engine);
  is_with_peer_ = peers_ != nullptr && from.ip != lease_source_;
  owner_->OnLegOpen(Leg::kClient, from);
}

void DataChannel::DialClient(const Address& target, const Address& from,
                             bool is_peer, absl::Time deadline) {
  is_with_peer_ = is_peer;
  client_target_ = {.target = target, .from = from, .deadline = deadline};
  DialClientOnce();
}

void DataChannel::DialClientOnce() {
  ++client_target_.attempts;
  client_dial_ = io::Dial::Start(shared_.loop, client_target_.target,
                                 {.deadline = client_target_.deadline,
                                  .priority = io::Priority::kBulk,
                                  .from = client_target_.from},
                                 [this](absl::StatusOr<io::Connected> result) {
                                   OnClientDialled(std::move(result));
                                 });
}

void DataChannel::OnClientDialled(absl::StatusOr<io::Connected> result) {
  const absl::Time retry = shared_.loop.now() + limits::kActiveDialRetry;
  if (result.ok() || retry >= client_target_.deadline ||
      client_target_.attempts >= limits::kActiveDialAttempts) {
    OnDialled(Leg::kClient, std::move(result));
    return;
  }
  client_retry_ =
      std::make_unique<io::Timer>(shared_.loop, [this] { DialClientOnce(); });
  client_retry_->Set(retry);
}

void DataChannel::JoinOwnPort(const IpAddress& client, uint16_t port,
                              absl::Time deadline) {
  is_with_peer_ = true;
  own_port_ = std::make_unique<OwnPort>();
  own_port_->client = client;
  own_port_->port = port;
  const Address loopback = {*IpAddress::Parse("127.0.0.1"), 0};
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listener =
      io::TcpListener::Listen(shared_.loop, loopback,
                              {.backlog = 4, .priority = io::Priority::kBulk},
                              [this](io::Socket socket, const Address& from) {
                                if (own_port_->far.is_open())
                                  own_port_->far.Reset();
                                own_port_->far = std::move(socket);
                                own_port_->far_from = from;
                                MeetOwnPort();
                              });
  Address target = loopback;
  if (listener.ok()) {
    target = (*listener)->local_address();
    own_port_->listener = *std::move(listener);
  }
  // Without a listener the dial fails, and says so as any other does.
  client_dial_ =
      io::Dial::Start(shared_.loop, target,
                      {.deadline = deadline, .priority = io::Priority::kBulk},
                      [this](absl::StatusOr<io::Connected> result) {
                        if (!result.ok()) {
                          return OnDialled(Leg::kClient, std::move(result));
                        }
                        own_port_->near = *std::move(result);
                        MeetOwnPort();
                      });
}

void DataChannel::MeetOwnPort() {
  OwnPort& own = *own_port_;
  if (!own.near.has_value() || !own.far.is_open()) return;
  const absl::StatusOr<Address> near = own.near->socket.LocalAddress();
  // Somebody on this host got in between: the right one is still to come.
  if (near.ok() && *near != own.far_from) return own.far.Reset();
  const std::unique_ptr<OwnPort> met = std::move(own_port_);
  const std::optional<ports::LeaseOwner> owner =
      shared_.leases.Claim(met->port, met->client);
  if (!owner.has_value()) {
    return OnDialled(Leg::kClient,
                     absl::NotFoundError(absl::StrCat(
                         "no session of ", met->client.ToString(),
                         " waits for a data connection on port ", met->port)));
  }
  met->near->peer = {met->client, met->port};
  // First: what comes next may end this channel.
  shared_.neighbours.GiveToSession(*owner, std::move(met->far),
                                   {met->client, met->port});
  OnDialled(Leg::kClient, *std::move(met->near));
}

void DataChannel::DialBackend(const Address& target, absl::string_view header,
                              absl::Time deadline) {
  backend_header_ = std::string(header);
  backend_dial_ =
      io::Dial::Start(shared_.loop, target,
                      {.deadline = deadline, .priority = io::Priority::kBulk},
                      [this](absl::StatusOr<io::Connected> result) {
                        if (result.ok() && !backend_header_.empty()) {
                          const absl::Status sent = SendHeader(result->socket);
                          if (!sent.ok()) result = sent;
                        }
                        OnDialled(Leg::kBackend, std::move(result));
                      });
}

// A new connection takes so little at once, or is broken.
absl::Status DataChannel::SendHeader(const io::Socket& socket) const {
  absl::string_view left = backend_header_;
  return io::StatusFromErrno(io::SendSome(socket.fd(), &left),
                             "send the PROXY header");
}

void DataChannel::OnDialled(Leg leg, absl::StatusOr<io::Connected> result) {
  if (!result.ok()) {
    owner_->OnLegFailed(leg, result.status());
    return;
  }
  end(leg).socket = std::move(result->socket);
  end(leg).watch = std::move(result->watch);
  end(leg).watch->Redirect(nullptr, io::Priority::kBulk);
  owner_->OnLegOpen(leg, result->peer);
}

absl::StatusOr<Address> DataChannel::ListenForBackend(
    const IpAddress& local, const IpAddress& backend) {
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listener =
      io::TcpListener::Listen(
          shared_.loop, {local, 0},
          {.backlog = 4, .priority = io::Priority::kBulk},
          [this, backend](io::Socket socket, const Address& from) {
            if (from.ip != backend || backend_.socket.is_open()) {
              socket.Reset();  // A stranger takes nobody's place.
              return;
            }
            backend_.socket = std::move(socket);
            backend_listener_.reset();
            owner_->OnLegOpen(Leg::kBackend, from);
          });
  if (!listener.ok()) return listener.status();
  backend_listener_ = *std::move(listener);
  return backend_listener_->local_address();
}

void DataChannel::WatchEnd(EndPoint& end) {
  if (end.watch != nullptr) return;
  end.watch =
      shared_.loop.WatchSocket(end.socket.fd(), nullptr, io::Priority::kBulk);
}

void DataChannel::StartRelay(Direction direction, Engines engines,
                             const rates::Pacer::Buckets& rates,
                             const tls::TlsRelay::Options& options) {
  direction_ = direction;
  const bool download = direction == Direction::kDownload;
  pacer_ = std::make_unique<rates::Pacer>(rates);
  tls::TlsRelay::Options checked = options;
  checked.relay.pacer = pacer_.get();
  if (client_.engine == nullptr) {
    client_.engine = std::move(engines.client);
  } else if (!has_resumed_) {
    // It was placed by what it resumes.
    checked.must_resume = true;
    if (!download) client_.engine->GiveNoTickets();
  }
  backend_.engine = std::move(engines.backend);
  EndPoint& source = download ? backend_ : client_;
  EndPoint& sink = download ? client_ : backend_;
  WatchEnd(source);
  WatchEnd(sink);
  if (source.engine == nullptr && sink.engine == nullptr) {
    relay_ = std::make_unique<io::Relay>(
        shared_.loop, shared_.pipes,
        io::Relay::End{&source.socket, source.watch.get()},
        io::Relay::End{&sink.socket, sink.watch.get()}, checked.relay, this);
    return;
  }
  tls_relay_ = std::make_unique<tls::TlsRelay>(
      shared_.loop,
      tls::TlsRelay::End{&source.socket, source.watch.get(),
                         source.engine.get(), source.is_secured},
      tls::TlsRelay::End{&sink.socket, sink.watch.get(), sink.engine.get(),
                         sink.is_secured},
      checked, this);
}

void DataChannel::PassEnd() {
  if (relay_ != nullptr) relay_->PassEnd();
  if (tls_relay_ != nullptr) tls_relay_->PassEnd();
}

void DataChannel::DropBackendLeg() {
  bytes_moved_ = bytes_delivered();
  // Only downloads go on behind it: the client is the sink.
  if (tls_relay_ != nullptr) client_.is_secured = tls_relay_->is_sink_secured();
  has_resumed_ = has_resumed_ || relay_ != nullptr || tls_relay_ != nullptr;
  DropRelay();
  backend_dial_.reset();
  backend_listener_.reset();
  backend_.watch.reset();
  backend_.engine.reset();
  if (backend_.socket.is_open()) backend_.socket.Reset();
}

void DataChannel::DropRelay() {
  first_byte_ = first_byte();
  relay_.reset();
  tls_relay_.reset();
}

absl::Time DataChannel::first_byte() const {
  absl::Time first = first_byte_;
  if (relay_ != nullptr) first = std::min(first, relay_->first_byte());
  if (tls_relay_ != nullptr) first = std::min(first, tls_relay_->first_byte());
  return first;
}

std::optional<Address> DataChannel::local(Leg leg) const {
  const io::Socket& socket = (leg == Leg::kClient ? client_ : backend_).socket;
  if (!socket.is_open()) return std::nullopt;
  const absl::StatusOr<Address> address = socket.LocalAddress();
  return address.ok() ? std::optional<Address>(*address) : std::nullopt;
}

void DataChannel::OnRelayDone(int64_t bytes) {
  bytes_moved_ += bytes;
  DropRelay();
  // Its last byte has been read, and nothing is ever written to it. There are
  // servers that say 226 only when they have seen this end of the connection
  // too.
  CloseEnd(
      end(direction_ == Direction::kDownload ? Leg::kBackend : Leg::kClient));
  owner_->OnRelayDone(bytes_moved_);
}

void DataChannel::OnSourceEnded(int64_t bytes) {
  owner_->OnSourceEnded(bytes_moved_ + bytes);
}

void DataChannel::OnRelayBroken(io::Relay::Leg leg, const absl::Status& status,
                                int64_t bytes) {
  const bool at_client =
      (leg == io::Relay::Leg::kSource) == (direction_ == Direction::kUpload);
  owner_->OnRelayBroken(
      at_client ? Leg::kClient : Leg::kBackend,
      tls_relay_ == nullptr && status.code() != absl::StatusCode::kOutOfRange
          ? LegFault::kBroken
          : FaultOf(status),
      status, bytes_moved_ + bytes);
}

// The peer of a TLS leg may still say close_notify: a socket that is closed
// with that unread sends a RST, which takes away what the peer has not read
// yet.
void DataChannel::CloseEnd(EndPoint& end) {
  if (end.engine != nullptr && end.watch != nullptr && end.socket.is_open()) {
    shared_.loop.Keep(std::make_unique<io::LingeringSocket>(
        shared_.loop, std::move(end.socket), std::move(end.watch),
        io::UnsentBytes(), shared_.loop.now() + limits::kCloseTimeout));
  }
  end.engine.reset();
  end.watch.reset();
  end.socket.Close();
}

void DataChannel::Finish() {
  DropRelay();
  CloseEnd(client_);
  CloseEnd(backend_);
}

void DataChannel::Reset() {
  DropRelay();
  for (EndPoint* end : {&client_, &backend_}) {
    end->watch.reset();
    if (end->socket.is_open()) end->socket.Reset();
  }
}

}  // namespace pinnace::gateway
