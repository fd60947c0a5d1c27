#include "proxy/gateway/unmatched_connections.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/string_view.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {

UnmatchedConnections::UnmatchedConnections(
    io::Loop& loop, ports::LeaseTable& leases,
    absl::AnyInvocable<void(Matched)> matched, Refused refused)
    : loop_(loop),
      leases_(leases),
      matched_(std::move(matched)),
      refused_(std::move(refused)) {}

UnmatchedConnections::~UnmatchedConnections() = default;

void UnmatchedConnections::Add(
    io::Socket socket, const Address& from, uint16_t port,
    std::shared_ptr<const tls::ServerContext> context,
    absl::Duration patience) {
  if (context == nullptr) {
    refused_(from, port, "there is no TLS here");
    socket.Reset();
    return;
  }
  // The oldest has had the most time to say whose it is.
  if (connections_.size() >= limits::kMaxUnmatchedConnections) {
    connections_.back()->Refuse("too many wait to be placed");
  }
  connections_.push_front(std::make_unique<Connection>(
      *this, std::move(socket), from, port, std::move(context), patience));
  connections_.front()->place = connections_.begin();
}

UnmatchedConnections::Connection::Connection(
    UnmatchedConnections& all, io::Socket socket, const Address& from,
    uint16_t port, std::shared_ptr<const tls::ServerContext> context,
    absl::Duration patience)
    : all_(all),
      socket_(std::move(socket)),
      watch_(all.loop_.WatchSocket(socket_.fd(), this, io::Priority::kBulk)),
      from_(from),
      port_(port),
      engine_(tls::TlsEngine::Server(std::move(context), {.is_data = true})),
      timer_(all.loop_, [this] { Refuse("it says nothing"); }) {
  timer_.Set(all.loop_.now() + patience);
}

void UnmatchedConnections::Connection::OnReady(io::Readiness readiness) {
  if (!readiness.readable && !readiness.peer_finished && !readiness.hang_up) {
    return;
  }
  while (true) {
    const absl::Span<char> buffer = all_.loop_.shared_buffer();
    const ssize_t size = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return Refuse("it ended");
    engine_->Feed(absl::string_view(buffer.data(), static_cast<size_t>(size)));
    // No plain byte can come before we have answered.
    std::array<char, 1> nothing;
    const absl::StatusOr<size_t> read = engine_->Read(absl::MakeSpan(nothing));
    if (!read.ok()) return Refuse(read.status().message());
    // A ticket that is shown and not resumed proves nothing: it may have been
    // overheard.
    if (engine_->ticket_session().has_value() && engine_->is_resumed()) {
      return Match(*engine_->ticket_session());
    }
    // The answer is ready, so the ClientHello was whole: it names none.
    if (!engine_->output().empty()) {
      return Refuse("it resumes no TLS session of ours");
    }
  }
}

void UnmatchedConnections::Connection::Match(uint64_t session) {
  const std::optional<ports::LeaseOwner> owner =
      all_.leases_.Claim(port_, ports::SourceOfSession(session));
  if (!owner.has_value()) {
    return Refuse("the TLS session it resumes has no lease of this port");
  }
  engine_->SetSession(session);
  watch_->Release();
  watch_.reset();
  Matched matched = {.owner = *owner,
                     .socket = std::move(socket_),
                     .from = from_,
                     .engine = std::move(engine_)};
  UnmatchedConnections& all = all_;
  all.connections_.erase(place);
  all.matched_(std::move(matched));
}

void UnmatchedConnections::Connection::Refuse(absl::string_view why) {
  all_.refused_(from_, port_, why);
  watch_.reset();
  socket_.Reset();
  all_.connections_.erase(place);
}

}  // namespace pinnace::gateway
