#include "proxy/gateway/worker.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/ftp/reply.h"

namespace pinnace::gateway {

using guard::Refusal;
using metrics::Counter;

namespace {

Counter CounterOf(ingress::HeaderRefusal refusal) {
  switch (refusal) {
    case ingress::HeaderRefusal::kUntrusted:
      return Counter::kProxySourcesRefused;
    case ingress::HeaderRefusal::kMalformed:
      return Counter::kProxyHeadersMalformed;
    case ingress::HeaderRefusal::kMissing:
      return Counter::kProxyHeadersMissing;
    case ingress::HeaderRefusal::kTooMany:
      return Counter::kProxyWaitingFull;
    case ingress::HeaderRefusal::kCount:
      break;
  }
  return Counter::kProxyHeadersMissing;
}

// Of those refused for what they did, besides all that were refused.
std::optional<Counter> CounterOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
    case Refusal::kDraining:
    case Refusal::kSessionLimit:
    case Refusal::kCount:
      break;
    case Refusal::kDescriptors:
      return Counter::kDescriptorsRefused;
    case Refusal::kMemory:
      return Counter::kMemoryRefused;
    case Refusal::kBanned:
      return Counter::kBannedRefused;
    case Refusal::kTooManySessions:
      return Counter::kAddressSessionsRefused;
    case Refusal::kTooFast:
      return Counter::kConnectionRateRefused;
  }
  return std::nullopt;
}

// For what its address does, not for what the gateway is short of.
bool IsOfOne(Refusal refusal) {
  return refusal == Refusal::kBanned || refusal == Refusal::kTooManySessions ||
         refusal == Refusal::kTooFast;
}

}  // namespace

Worker::Worker(WorkerId id, const Shared& shared,
               snapshot::SnapshotPtr snapshot, ResolvedNamesPtr names)
    : id_(id),
      shared_(shared),
      mailbox_(loop_),
      pipes_([this](io::PipePool::Shortage shortage) {
        counters_.Add(shortage == io::PipePool::Shortage::kNoDescriptor
                          ? Counter::kPipesRefused
                          : Counter::kPipeSizesRefused);
      }),
      snapshot_(std::move(snapshot)),
      names_(std::move(names)),
      proxy_gate_(loop_, shared.options.proxy.patience,
                  [this](ingress::HeaderRefusal refusal, const Address& from,
                         const Address& to, absl::string_view why) {
                    OnHeaderRefused(refusal, from, to, why);
                  }),
      unmatched_(
          loop_, shared.leases,
          [this](UnmatchedConnections::Matched connection) {
            GiveToSession(std::move(connection));
          },
          [this](const Address& from, uint16_t port, absl::string_view why) {
            OnUnmatched(from, port, why);
          }),
      sample_timer_(loop_, [this] { SampleTransfers(); }),
      destroy_retired_(loop_, [this] { DestroyRetired(); }) {
  header_notices_.fill(absl::InfinitePast());
}

Worker::~Worker() { Clear(); }

void Worker::Clear() {
  PINNACE_CHECK(!thread_.joinable());
  control_listeners_.clear();
  data_listeners_.clear();
  proxy_gate_.Clear();
  unmatched_.Clear();
  shared_.sessions.fetch_sub(static_cast<int64_t>(sessions_.size()),
                             std::memory_order_relaxed);
  moving_.clear();
  sessions_.clear();
  retired_.clear();
  loop_.CloseLingering();
}

std::function<void()> Worker::CountShortage() {
  return [this] { counters_.Add(Counter::kAcceptShortages); };
}

absl::StatusOr<Address> Worker::ListenControl(const ListenerOptions& options,
                                              const Address& address) {
  auto listener = std::make_unique<ControlListener>(
      ControlListener{.options = options, .name = options.address.ToString()});
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listening =
      io::TcpListener::Listen(
          loop_, address, {.reuse_port = true, .on_shortage = CountShortage()},
          [this, listener = listener.get()](io::Socket socket,
                                            const Address& client) {
            OnControlAccepted(*listener, std::move(socket), client);
          });
  if (!listening.ok()) return listening.status();
  // Accepted sockets inherit these.
  io::Socket& socket = (*listening)->socket();
  socket.SetNoDelay();
  socket.SetUrgentInline();
  socket.SetKeepalive(ControlKeepalive());
  listener->socket = *std::move(listening);
  control_listeners_.push_back(std::move(listener));
  return control_listeners_.back()->socket->local_address();
}

absl::Status Worker::ListenData(const Address& address) {
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listening =
      io::TcpListener::Listen(
          // Not bulk: in that line a queue of connections would not shorten.
          loop_, address, {.on_shortage = CountShortage()},
          [this, address](io::Socket socket, const Address& from) {
            OnPublicPort(std::move(socket), from, address);
          });
  if (!listening.ok()) return listening.status();
  data_listeners_.push_back(*std::move(listening));
  return absl::OkStatus();
}

void Worker::OnPublicPort(io::Socket socket, const Address& from,
                          const Address& to) {
  const ingress::HeaderRule rule =
      options().proxy.RuleFor(options().proxy.data, from.ip);
  // Who has yet to say whose it is does not live on the reserve.
  const bool is_unknown =
      rule != ingress::HeaderRule::kNotLookedFor ||
      options().data_source == ports::SourceMatch::kTlsSession;
  if (is_unknown && shared_.descriptors.IsShort(socket.fd())) {
    counters_.Add(Counter::kDescriptorsRefused);
    return socket.Reset();
  }
  switch (rule) {
    case ingress::HeaderRule::kNotLookedFor:
    // What it sends is its data, whatever that looks like: the connection is
    // its own address's.
    case ingress::HeaderRule::kMustNot:
      return OnDataConnection(std::move(socket), from, to.port);
    case ingress::HeaderRule::kMay:
    case ingress::HeaderRule::kMust:
    case ingress::HeaderRule::kRefused:
      break;
  }
  proxy_gate_.Add(
      {.socket = std::move(socket),
       .from = from,
       .to = to,
       .rule = rule,
       .priority = io::Priority::kBulk},
      [this, from, port = to.port](
          io::Socket socket,
          const std::optional<ingress::ProxyHeader>& header) {
        if (header.has_value()) counters_.Add(Counter::kProxyHeaders);
        const bool is_named = header.has_value() && header->ends.has_value();
        OnDataConnection(std::move(socket),
                         is_named ? header->ends->source : from, port);
      });
}

void Worker::OnDataConnection(io::Socket socket, const Address& from,
                              uint16_t port) {
  if (options().data_source == ports::SourceMatch::kTlsSession) {
    // Never by its address: others may share that.
    unmatched_.Add(std::move(socket), from, port, server_context(),
                   options().session.timeouts.data_connect);
    return;
  }
  const std::optional<ports::LeaseOwner> owner =
      shared_.leases.Claim(port, from.ip);
  if (owner.has_value()) {
    GiveToSession({.owner = *owner, .socket = std::move(socket), .from = from});
  } else {
    socket.Reset();
  }
}

void Worker::OnUnmatched(const Address& from, uint16_t port,
                         absl::string_view why) {
  counters_.Add(Counter::kUnmatchedConnections);
  if (loop_.now() < unmatched_notice_) return;
  unmatched_notice_ = loop_.now() + limits::kUnmatchedNotice;
  Log(LogLevel::kWarning, absl::StrCat("data connection from ", from.ToString(),
                                       " to port ", port, " refused: ", why));
}

void Worker::GiveToSession(UnmatchedConnections::Matched connection) {
  if (WorkerOf(connection.owner.session) == id_) {
    OnDataAccepted(std::move(connection));
  } else {
    shared_.pass_on(std::move(connection));
  }
}

void Worker::GiveToSession(const ports::LeaseOwner& owner, io::Socket socket,
                           const Address& from) {
  GiveToSession({.owner = owner, .socket = std::move(socket), .from = from});
}

void Worker::Start() {
  thread_ = std::thread([this] { loop_.Run(); });
}

void Worker::StopAndJoin() {
  if (!thread_.joinable()) return;
  Post([this] {
    // Each hears a 426 and a 421, and its backend a RST: what is half done must
    // not look done.
    std::vector<SessionId> ids;
    for (const auto& [id, runner] : sessions_) ids.push_back(id);
    for (const SessionId id : ids) Kill(id);
    loop_.Stop();
  });
  thread_.join();
}

io::Socket::Keepalive Worker::ControlKeepalive() {
  return {.idle = limits::kKeepaliveIdle,
          .interval = limits::kKeepaliveInterval,
          .probes = limits::kKeepaliveProbes};
}

void Worker::OnHeaderRefused(ingress::HeaderRefusal refusal,
                             const Address& from, const Address& to,
                             absl::string_view why) {
  counters_.Add(CounterOf(refusal));
  absl::Time& notice = header_notices_[static_cast<size_t>(refusal)];
  if (loop_.now() < notice) return;
  notice = loop_.now() + limits::kRefusalNotice;
  Log(LogLevel::kWarning,
      absl::StrCat("connection from ", from.ToString(), " to ", to.ToString(),
                   " refused: ", why));
}

void Worker::NoteLateHeader(const Address& from, const Address& to) {
  if (options().proxy.Trusts(from.ip)) {
    OnHeaderRefused(ingress::HeaderRefusal::kMissing, from, to,
                    "its PROXY header came too late");
  } else {
    OnHeaderRefused(ingress::HeaderRefusal::kUntrusted, from, to,
                    "it sent a PROXY header, and is not trusted to");
  }
}

void Worker::OnControlAccepted(const ControlListener& listener,
                               io::Socket socket, const Address& from) {
  const ingress::HeaderRule rule =
      options().proxy.RuleFor(options().proxy.control, from.ip);
  switch (rule) {
    case ingress::HeaderRule::kNotLookedFor:
      return StartSession(listener, std::move(socket), from, std::nullopt);
    case ingress::HeaderRule::kMustNot:
      // It waits for its greeting. With implicit TLS it is to speak first.
      if (listener.options.tls != session::ClientTls::kImplicit) {
        return StartSession(listener, std::move(socket), from, std::nullopt);
      }
      break;
    case ingress::HeaderRule::kMay:
    case ingress::HeaderRule::kMust:
    case ingress::HeaderRule::kRefused:
      break;
  }
  if (shared_.descriptors.IsShort(socket.fd())) {
    counters_.Add(Counter::kDescriptorsRefused);
    return socket.Reset();
  }
  proxy_gate_.Add({.socket = std::move(socket),
                   .from = from,
                   .to = listener.socket->local_address(),
                   .rule = rule},
                  [this, &listener, from](
                      io::Socket socket,
                      const std::optional<ingress::ProxyHeader>& header) {
                    if (header.has_value()) {
                      counters_.Add(Counter::kProxyHeaders);
                    }
                    StartSession(listener, std::move(socket), from, header);
                  });
}

void Worker::StartSession(const ControlListener& listener, io::Socket socket,
                          const Address& from,
                          const std::optional<ingress::ProxyHeader>& header) {
  const bool is_told = header.has_value() && header->ends.has_value();
  const Address client = is_told ? header->ends->source : from;
  guard::Guard::Entry entry = Admit(client, socket);
  if (entry.refusal != Refusal::kNone) {
    Refuse(std::move(socket), client, entry);
    return;
  }
  // Only a wildcard listener leaves open which address was dialled.
  absl::StatusOr<Address> local = listener.socket->local_address();
  if (local->ip.IsUnspecified()) local = socket.LocalAddress();
  if (!local.ok()) {  // Gone already.
    shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  std::optional<IpAddress> dialled;
  if (is_told) {
    local = header->ends->destination;
    dialled = local->ip;
  }
  const bool may_come_late =
      options().proxy.control == ingress::ProxyMode::kOptional &&
      !header.has_value();
  const SessionId id = MakeSessionId(++last_session_, id_);
  auto runner = std::make_unique<SessionRunner>(
      *this, std::move(socket),
      may_come_late ? SessionRunner::FirstBytes::kNoHeader
                    : SessionRunner::FirstBytes::kAny,
      std::move(entry.place),
      session::Session::Start{.id = id,
                              .client = client,
                              .local = *local,
                              .dialled = dialled,
                              .listener = listener.name,
                              .farm = listener.options.farm,
                              .tls = listener.options.tls,
                              .now = loop_.now()});
  SessionRunner& started = *runner;
  sessions_[id] = std::move(runner);
  events().Add({.kind = Event::Kind::kSessionStart,
                .ok = true,
                .time = loop_.now(),
                .session = id,
                .client = client});
  started.Start();
}

guard::Guard::Entry Worker::Admit(const Address& client,
                                  const io::Socket& socket) {
  if (draining_) {
    return {.refusal = Refusal::kDraining,
            .why = "The gateway is going down, try again later.",
            .place = {}};
  }
  if (shared_.descriptors.IsShort(socket.fd())) {
    return {.refusal = Refusal::kDescriptors,
            .why = "The gateway is short of descriptors, try again later.",
            .place = {}};
  }
  if (shared_.memory.is_short()) {
    return {.refusal = Refusal::kMemory,
            .why = "The gateway is short of memory, try again later.",
            .place = {}};
  }
  const int64_t sessions =
      shared_.sessions.fetch_add(1, std::memory_order_relaxed);
  guard::Guard::Entry entry = {.refusal = Refusal::kSessionLimit,
                               .why = "Too many sessions, try again later.",
                               .place = {}};
  if (sessions < static_cast<int64_t>(options().max_sessions)) {
    entry = shared_.guard.Enter(client.ip, loop_.now());
  }
  if (entry.refusal != Refusal::kNone) {
    shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
  }
  return entry;
}

void Worker::Refuse(io::Socket socket, const Address& client,
                    const guard::Guard::Entry& entry) {
  counters_.Add(Counter::kSessionsRefused);
  if (const auto counter = CounterOf(entry.refusal)) counters_.Add(*counter);
  if (const auto left_out =
          refusal_notice_.OnRefusal(entry.refusal, loop_.now())) {
    Log(LogLevel::kWarning,
        absl::StrCat("control connection from ", client.ToString(),
                     " refused: ", entry.why,
                     *left_out == 0
                         ? ""
                         : absl::StrCat(" (", *left_out,
                                        " more since the last such line)")));
  }
  // An answer keeps its descriptor until the client has taken it.
  if (shared_.descriptors.IsVeryShort(socket.fd())) return socket.Reset();
  // Those who are refused for what they do could else keep many of them.
  if (IsOfOne(entry.refusal) &&
      loop_.live_lingering() >= limits::kMaxRefusalsUnderWay) {
    return socket.Reset();
  }
  auto stream =
      std::make_unique<io::TcpStream>(loop_, std::move(socket), nullptr);
  stream->Write(
      ftp::Reply::OneLine(ftp::ReplyCode::kServiceClosing, entry.why).wire());
  io::FinishAndClose(std::move(stream), loop_.now() + limits::kCloseTimeout);
}

void Worker::Retire(SessionId id) {
  auto found = sessions_.find(id);
  PINNACE_CHECK(found != sessions_.end());
  retired_.push_back(std::move(found->second));
  sessions_.erase(found);
  shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
  destroy_retired_.Schedule();
}

void Worker::DestroyRetired() { retired_.clear(); }

// A session that ends leaves the table while we go through it; its runner stays
// to the end of the turn.
std::vector<SessionRunner*> Worker::Runners() const {
  std::vector<SessionRunner*> runners;
  runners.reserve(sessions_.size());
  for (const auto& [id, runner] : sessions_) runners.push_back(runner.get());
  return runners;
}

void Worker::StartDrain() {
  draining_ = true;
  for (SessionRunner* runner : Runners()) runner->Drain();
}

void Worker::TellOfDrains() {
  for (SessionRunner* runner : Runners()) runner->BackendDrainChanged();
}

void Worker::OnLeaseGranted(const ports::LeaseOwner& owner,
                            const IpAddress& source, uint16_t port) {
  auto found = sessions_.find(owner.session);
  if (found == sessions_.end() ||
      !found->second->OnLeaseGranted(owner.data_path, port)) {
    shared_.leases.Release(owner, source, port);
  }
}

void Worker::OnDataAccepted(UnmatchedConnections::Matched connection) {
  auto found = sessions_.find(connection.owner.session);
  if (found == sessions_.end()) {
    connection.socket.Reset();
    return;
  }
  found->second->OnDataAccepted(connection.owner.data_path,
                                std::move(connection.socket), connection.from,
                                std::move(connection.engine));
}

std::vector<SessionId> Worker::SessionIds() const {
  std::vector<SessionId> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, runner] : sessions_) ids.push_back(id);
  return ids;
}

SessionRunner* Worker::Find(SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Worker::AddMoving(SessionRunner* runner) {
  runner->set_moving_place(moving_.size());
  moving_.push_back(runner);
  if (sample_timer_.deadline() == absl::InfiniteFuture()) {
    sample_timer_.Set(loop_.now() + limits::kTransferSample);
  }
}

void Worker::RemoveMoving(SessionRunner* runner) {
  const size_t place = *runner->moving_place();
  moving_[place] = moving_.back();
  moving_[place]->set_moving_place(place);
  moving_.pop_back();
  runner->set_moving_place(std::nullopt);
}

void Worker::SampleTransfers() {
  for (SessionRunner* runner : moving_) runner->SampleTransfer();
  if (moving_.empty()) return;
  sample_timer_.Set(loop_.now() + limits::kTransferSample);
}

std::optional<IpAddress> Worker::PublicAddressFor(
    const session::Session::Start& start) const {
  const std::optional<IpAddress> address = ingress::AdvertisedAddress(
      shared_.options.session.public_address, *names_, start.client.ip,
      start.local.ip, start.dialled);
  return address.has_value() && address->is_ipv4() ? address : std::nullopt;
}

std::string Worker::PinKeyOf(absl::string_view farm, const IpAddress& client,
                             absl::string_view user) const {
  const fleet::Farm* found = snapshot_->fleet.FindFarm(farm);
  if (found == nullptr) return "";
  const fleet::PinTable::Client pinned =
      fleet::PinTable::ClientOf(*found, client, user);
  if (!shared_.pins.Holds(pinned, loop_.now())) return "";
  return fleet::PinTable::Pin{.farm = std::string(pinned.farm),
                              .client = pinned.address,
                              .user = std::string(pinned.user),
                              .backend = {},
                              .expires = {}}
      .Key();
}

bool Worker::Kill(SessionId id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  found->second->Kill();
  return true;
}

session::Turn Worker::NewTurn(size_t client_unsent_bytes,
                              session::Outbox& out) {
  return {.now = loop_.now(),
          .snapshot = *snapshot_,
          .names = *names_,
          .pins = shared_.pins,
          .guard = shared_.guard,
          .session_counts = shared_.session_counts,
          .counters = counters_,
          .client_unsent_bytes = client_unsent_bytes,
          .out = out};
}

void Worker::NoteForeignSlice(const BackendId& backend,
                              const PortRange& slice) {
  counters_.Add(metrics::Counter::kForeignSlices);
  if (loop_.now() < foreign_slice_notice_) return;
  foreign_slice_notice_ = loop_.now() + limits::kForeignSliceNotice;
  Log(LogLevel::kWarning,
      absl::StrCat("backend ", backend, " has public_ports ", slice.ToString(),
                   ", none of which is in gateway.public_ports: its data "
                   "connections get any port of the pool"));
}

Worker::OutboxUse::OutboxUse(Worker& worker) : worker_(worker) {
  PINNACE_CHECK(!worker_.outbox_in_use_);
  worker_.outbox_in_use_ = true;
}

Worker::OutboxUse::~OutboxUse() {
  worker_.outbox_.Clear();
  worker_.outbox_in_use_ = false;
}

}  // namespace pinnace::gateway
