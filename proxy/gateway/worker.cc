#include "proxy/gateway/worker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/ftp/reply.h"

namespace pinnace::gateway {

using metrics::Counter;

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
      unmatched_(
          loop_, shared.leases,
          [this](UnmatchedConnections::Matched connection) {
            GiveToSession(std::move(connection));
          },
          [this](const Address& from, uint16_t port, absl::string_view why) {
            OnUnmatched(from, port, why);
          }),
      destroy_retired_(loop_, [this] { DestroyRetired(); }) {}

Worker::~Worker() { Clear(); }

void Worker::Clear() {
  PINNACE_CHECK(!thread_.joinable());
  control_listeners_.clear();
  data_listeners_.clear();
  unmatched_.Clear();
  shared_.sessions.fetch_sub(static_cast<int64_t>(sessions_.size()),
                             std::memory_order_relaxed);
  sessions_.clear();
  retired_.clear();
  loop_.CloseLingering();
}

absl::StatusOr<Address> Worker::ListenControl(const ListenerOptions& options,
                                              const Address& address) {
  auto listener = std::make_unique<ControlListener>(
      ControlListener{.options = options, .name = options.address.ToString()});
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listening =
      io::TcpListener::Listen(loop_, address, {.reuse_port = true},
                              [this, listener = listener.get()](
                                  io::Socket socket, const Address& client) {
                                OnControlAccepted(*listener, std::move(socket),
                                                  client);
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
          loop_, address, {},
          [this, port = address.port](io::Socket socket, const Address& from) {
            OnDataConnection(std::move(socket), from, port);
          });
  if (!listening.ok()) return listening.status();
  data_listeners_.push_back(*std::move(listening));
  return absl::OkStatus();
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

void Worker::OnControlAccepted(const ControlListener& listener,
                               io::Socket socket, const Address& client) {
  if (draining_) {
    Refuse(std::move(socket), "The gateway is going down, try again later.");
    return;
  }
  const int64_t sessions =
      shared_.sessions.fetch_add(1, std::memory_order_relaxed);
  if (sessions >= static_cast<int64_t>(options().max_sessions)) {
    shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
    Refuse(std::move(socket), "Too many sessions, try again later.");
    return;
  }
  // Only a wildcard listener leaves open which address was dialled.
  absl::StatusOr<Address> local = listener.socket->local_address();
  if (local->ip.IsUnspecified()) local = socket.LocalAddress();
  if (!local.ok()) {  // Gone already.
    shared_.sessions.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  const SessionId id = MakeSessionId(++last_session_, id_);
  auto runner = std::make_unique<SessionRunner>(
      *this, std::move(socket),
      session::Session::Start{.id = id,
                              .client = client,
                              .local = *local,
                              .listener = listener.name,
                              .farm = listener.options.farm,
                              .tls = listener.options.tls,
                              .now = loop_.now()});
  SessionRunner& started = *runner;
  sessions_[id] = std::move(runner);
  started.Start();
}

void Worker::Refuse(io::Socket socket, absl::string_view why) {
  counters_.Add(Counter::kSessionsRefused);
  auto stream =
      std::make_unique<io::TcpStream>(loop_, std::move(socket), nullptr);
  stream->Write(
      ftp::Reply::OneLine(ftp::ReplyCode::kServiceClosing, why).wire());
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

void Worker::AppendSessions(std::vector<session::SessionFacts>& facts) const {
  for (const auto& [id, runner] : sessions_) facts.push_back(runner->facts());
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
