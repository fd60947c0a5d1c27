#include "proxy/gateway/session_runner.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"
#include "proxy/gateway/policy_rates.h"
#include "proxy/gateway/secrets.h"
#include "proxy/gateway/worker.h"
#include "proxy/guard/ban.h"
#include "proxy/ingress/proxy_reader.h"
#include "proxy/io/errno_status.h"

namespace pinnace::gateway {

using session::Direction;
using session::Leg;
using session::Outbox;
using session::Session;
using session::Turn;

namespace {

session::Culprit CulpritOf(const absl::Status& status) {
  return io::IsOwnFault(status) ? session::Culprit::kGateway
                                : session::Culprit::kBackend;
}

}  // namespace

SessionRunner::SessionRunner(Worker& worker, io::Socket client,
                             FirstBytes first_bytes,
                             guard::ClientCounter::Place place,
                             Session::Start start)
    : worker_(worker),
      first_bytes_(first_bytes),
      place_(std::move(place)),
      session_(worker.options().session, std::move(start)),
      client_(std::make_unique<ControlStream>(worker.loop(), std::move(client),
                                              this)),
      timer_(worker.loop(),
             [this] {
               Deliver([](Session& session, Turn& turn) {
                 session.OnDeadline(turn);
               });
             }),
      continue_(worker.loop(),
                [this] {
                  Deliver([](Session& session, Turn& turn) {
                    session.OnClientDrained(turn);
                  });
                }),
      timeline_(worker.counters()) {}

template <typename... Parts>
void SessionRunner::Note(const Parts&... parts) {
  timeline_.Note(absl::StrCat(parts...), worker_.loop().now());
}

template <typename Event>
void SessionRunner::Deliver(Event event) {
  if (session_.has_ended()) return;
  if (data_ != nullptr) {
    session_.set_bytes_moved(data_->bytes_moved(), data_->bytes_delivered());
  }
  {
    const Worker::OutboxUse use(worker_);
    Turn turn = worker_.NewTurn(
        client_ == nullptr ? 0 : client_->unsent_bytes(), use.outbox());
    event(session_, turn);
    CarryOut(use.outbox());
  }
  if (session_.has_ended()) return;
  timer_.Set(session_.deadline());
  // What the client has not taken yet is told by OnDrained.
  if (session_.wants_turn() && client_->unsent_bytes() == 0) {
    continue_.Schedule();
  }
  TellAnswers();
}

void SessionRunner::TellAnswers() {
  if (lease_answer_.has_value()) {
    const LeaseAnswer answer = *std::exchange(lease_answer_, std::nullopt);
    Deliver([&](Session& session, Turn& turn) {
      session.OnLease(answer.path, answer.port, turn, answer.why);
    });
  }
  if (listen_answer_.has_value()) {
    const ListenAnswer answer = *std::exchange(listen_answer_, std::nullopt);
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendListening(answer.path, answer.address, turn);
    });
  }
  if (secure_backend_failure_.has_value()) {
    const absl::Status why =
        *std::exchange(secure_backend_failure_, std::nullopt);
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendEnd(why.message(), turn, session::Culprit::kGateway);
    });
  }
}

void SessionRunner::CarryOut(const Outbox& out) {
  is_last_turn_ =
      !out.actions().empty() &&
      std::holds_alternative<session::EndSession>(out.actions().back());
  for (const session::Action& action : out.actions()) {
    std::visit([&](const auto& asked) { Do(asked, out); }, action);
  }
}

void SessionRunner::Start() {
  Deliver([](Session& session, Turn& turn) { session.OnStart(turn); });
}

void SessionRunner::Drain() {
  Deliver([](Session& session, Turn& turn) { session.OnDrain(turn); });
}

void SessionRunner::BackendDrainChanged() {
  Deliver([](Session& session, Turn& turn) {
    session.OnBackendDrainChanged(turn);
  });
}

void SessionRunner::Kill() {
  Deliver([](Session& session, Turn& turn) { session.OnKill(turn); });
}

std::string SessionRunner::LogPrefix() const {
  return absl::StrCat("session=", session_.id(),
                      " client=", session_.start().client.ToString(),
                      " user=\"", Printable(session_.user()),
                      "\" backend=", session_.backend());
}

void SessionRunner::Do(const session::SendClient& action, const Outbox& out) {
  timeline_.ToClient(out.Bytes(action), worker_.loop().now());
  client_->Write(out.Bytes(action), is_last_turn_);
}

void SessionRunner::Do(const session::SendBackend& action, const Outbox& out) {
  // It may have gone before the session was told.
  if (backend_ == nullptr) return;
  timeline_.ToBackend(out.Bytes(action), worker_.loop().now());
  backend_->Write(out.Bytes(action), is_last_turn_);
}

void SessionRunner::Do(const session::SecureClient&, const Outbox&) {
  client_context_ = worker_.server_context();
  PINNACE_CHECK(client_context_ != nullptr);  // Its listener has TLS.
  client_->Secure(
      tls::TlsEngine::Server(client_context_, {.session = session_.id()}),
      [this] {
        const TlsFacts facts = client_->engine()->facts();
        Note("TLS with the client: ", facts.version, " ", facts.cipher);
        Deliver([&](Session& session, Turn& turn) {
          session.OnClientSecured(facts, turn);
        });
      });
}

void SessionRunner::Do(const session::ClearClient&, const Outbox&) {
  client_->Clear([this](absl::string_view bytes) { OnClientCleared(bytes); });
}

void SessionRunner::OnClientCleared(absl::string_view bytes) {
  Deliver([](Session& session, Turn& turn) { session.OnClientCleared(turn); });
  if (bytes.empty()) return;
  timeline_.OnClientBytes(bytes, worker_.loop().now());
  Deliver([&](Session& session, Turn& turn) {
    session.OnClientBytes(bytes, turn);
  });
}

void SessionRunner::Do(const session::SecureBackend&, const Outbox&) {
  const absl::Status status = SecureBackend();
  if (!status.ok()) secure_backend_failure_ = status;
}

absl::Status SessionRunner::SecureBackend() {
  if (backend_ == nullptr) return absl::UnavailableError("it has gone");
  const fleet::BackendTls& tls = session_.backend_link().tls();
  auto context = worker_.client_context(tls);
  if (!context.ok()) return context.status();
  backend_context_ = *std::move(context);
  backend_sessions_ = std::make_shared<tls::SessionJar>();
  backend_->Secure(
      tls::TlsEngine::Client(backend_context_, {.server_name = tls.server_name,
                                                .sessions = backend_sessions_}),
      [this] {
        const TlsFacts facts = backend_->engine()->facts();
        Note("TLS with the backend: ", facts.version, " ", facts.cipher);
        Deliver([&](Session& session, Turn& turn) {
          session.OnBackendSecured(facts, turn);
        });
      });
  return absl::OkStatus();
}

void SessionRunner::Do(const session::ConnectBackend& action,
                       const Outbox& out) {
  const io::DialOptions options = {.deadline =
                                       worker_.loop().now() + action.timeout};
  auto done = [this](absl::StatusOr<io::Connected> result) {
    OnBackendDialled(std::move(result));
  };
  backend_.reset();
  backend_dialled_ = worker_.loop().now();
  Note("connects to backend ", session_.backend(), " at ",
       out.Bytes(action.host), ":", action.port);
  // The prober keeps names resolved: a session does not wait for DNS, nor for
  // its failure.
  fleet::BackendStatus::Addresses resolved;
  if (session_.backend_link().is_chosen()) {
    resolved = session_.backend_link().status().addresses();
  }
  backend_dial_ =
      resolved != nullptr
          ? io::Dial::Start(worker_.loop(), *resolved, action.port, options,
                            std::move(done))
          : io::Dial::Start(
                worker_.loop(),
                HostPort{std::string(out.Bytes(action.host)), action.port},
                options, std::move(done));
}

void SessionRunner::OnBackendDialled(absl::StatusOr<io::Connected> result) {
  if (!result.ok()) {
    Note("no connection: ", result.status().message());
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendConnectFailed(result.status().message(), turn,
                                     CulpritOf(result.status()));
    });
    return;
  }
  result->socket.SetNoDelay();
  result->socket.SetKeepalive(Worker::ControlKeepalive());
  backend_peer_ = result->peer;
  worker_.histograms().Add(metrics::Histogram::kBackendConnect,
                           worker_.loop().now() - backend_dialled_);
  timeline_.OnBackendConnected();
  backend_ =
      std::make_unique<ControlStream>(worker_.loop(), std::move(result->socket),
                                      this, std::move(result->watch));
  Deliver([&](Session& session, Turn& turn) {
    session.OnBackendConnected(backend_peer_, turn);
  });
}

void SessionRunner::Do(const session::CloseBackend&, const Outbox&) {
  backend_dial_.reset();
  if (backend_ != nullptr) {
    backend_->FinishAndClose(worker_.loop().now() + limits::kCloseTimeout);
    backend_.reset();
  }
}

DataChannel& SessionRunner::Channel(session::DataPathId path) {
  if (data_ == nullptr || data_->id() != path) {
    data_ = std::make_unique<DataChannel>(
        worker_.data_shared(),
        ports::LeaseOwner{
            .session = session_.id(),
            .data_path = path,
            .counts_for = guard::NetworkOf(session_.start().client.ip).network},
        this);
  }
  return *data_;
}

void SessionRunner::Do(const session::TakeLease& action, const Outbox&) {
  const bool by_session =
      action.is_protected &&
      worker_.options().data_source == ports::SourceMatch::kTlsSession;
  if (action.slice.has_value() &&
      worker_.data_shared().leases.IsForeign(*action.slice)) {
    worker_.NoteForeignSlice(session_.backend(), *action.slice);
  }
  lease_asked_ = worker_.loop().now();
  TellLease(action.path,
            Channel(action.path)
                .TakeLease(
                    action.slice,
                    by_session ? ports::SourceOfSession(session_.id())
                               : session_.start().client.ip,
                    action.fxp_peers == nullptr ? nullptr : *action.fxp_peers));
}

void SessionRunner::TellLease(session::DataPathId path,
                              const ports::LeaseTable::Taken& taken) {
  switch (taken.outcome) {
    case ports::LeaseTable::Outcome::kGranted:
      lease_answer_ = {path, taken.port};
      worker_.histograms().Add(metrics::Histogram::kLeaseWait,
                               worker_.loop().now() - lease_asked_);
      return;
    case ports::LeaseTable::Outcome::kWaiting:
      Note("waits for a public port");
      return;
    case ports::LeaseTable::Outcome::kRefused:
      lease_answer_ = {path, std::nullopt};
      return;
    case ports::LeaseTable::Outcome::kTooManyPending:
      lease_answer_ = {path, std::nullopt,
                       session::LeaseRefusal::kTooManyPending};
      return;
  }
}

bool SessionRunner::OnLeaseGranted(session::DataPathId path, uint16_t port) {
  // It may have been given up while the news was under way.
  if (data_ == nullptr || data_->id() != path) return false;
  const std::optional<ports::LeaseTable::Taken> again =
      data_->LeaseGranted(port);
  if (again.has_value()) {
    TellLease(path, *again);
    TellAnswers();
    return true;
  }
  worker_.histograms().Add(metrics::Histogram::kLeaseWait,
                           worker_.loop().now() - lease_asked_);
  Deliver(
      [&](Session& session, Turn& turn) { session.OnLease(path, port, turn); });
  return true;
}

void SessionRunner::OnDataAccepted(session::DataPathId path, io::Socket socket,
                                   const Address& from,
                                   std::unique_ptr<tls::TlsEngine> engine) {
  if (data_ == nullptr || data_->id() != path) {
    socket.Reset();
    return;
  }
  data_->ClientAccepted(std::move(socket), from, std::move(engine));
}

void SessionRunner::Do(const session::ListenForBackend& action, const Outbox&) {
  listen_answer_ = {action.path, std::nullopt};
  if (backend_ == nullptr) return;
  absl::StatusOr<Address> local = backend_->LocalAddress();
  if (!local.ok()) return;
  absl::StatusOr<Address> listening =
      Channel(action.path).ListenForBackend(local->ip, backend_peer_.ip);
  if (listening.ok()) {
    listen_answer_->address = *listening;
  } else {
    Log(LogLevel::kWarning,
        absl::StrCat(LogPrefix(), " ", listening.status().message()));
  }
}

void SessionRunner::Do(const session::DialClient& action, const Outbox&) {
  const absl::Time deadline =
      worker_.loop().now() + session_.timeouts().data_connect;
  const IpAddress& client = session_.start().client.ip;
  if (action.to_own_port) {
    return Channel(action.path)
        .JoinOwnPort(client, action.target.port, deadline);
  }
  Channel(action.path)
      .DialClient(action.target, action.from, action.target.ip != client,
                  deadline);
}

void SessionRunner::Do(const session::DialBackend& action, const Outbox& out) {
  Channel(action.path)
      .DialBackend(action.target, out.Bytes(action.header),
                   worker_.loop().now() + session_.timeouts().data_connect);
}

void SessionRunner::Do(const session::StartRelay& action, const Outbox&) {
  PINNACE_CHECK(data_ != nullptr && data_->id() == action.path);
  const bool is_new = !meter_.is_running();
  TellMoved();  // To the backend that it was with.
  meter_.Begin(action.direction, session_.backend_link().shared_status(),
               worker_.loop().now());
  if (!moving_place_.has_value()) worker_.AddMoving(this);
  if (is_new) {
    Event event = NewEvent(Event::Kind::kTransferStart, true);
    if (auto facts = session_.transfer_facts()) {
      facts->path = WithoutUrlSecrets(facts->path);
      event.transfer = *std::move(facts);
    }
    worker_.events().Add(event);
  }
  data_->StartRelay(
      action.direction, EnginesFor(action), RatesFor(action.direction),
      {.session = session_.id(),
       .must_resume = action.client_protected &&
                      client_context_->options().session_reuse ==
                          tls::SessionReuse::kRequire,
       .tolerate_missing_close_notify = action.tolerates_missing_close_notify,
       .relay = {.at_end = action.holds_end ? io::Relay::AtEnd::kHold
                                            : io::Relay::AtEnd::kPassOn,
                 .max_bytes = action.max_bytes}});
  // Its own connection brings no new ticket to a client that only writes there.
  if (action.client_protected && action.direction == Direction::kUpload &&
      client_->engine() != nullptr) {
    client_->engine()->GiveTicket();
  }
}

rates::Pacer::Buckets SessionRunner::RatesFor(Direction direction) {
  const bool download = direction == Direction::kDownload;
  rates::Pacer::Buckets buckets;
  const auto add = [&](const std::shared_ptr<rates::TransferBuckets>& both) {
    buckets.emplace_back(both, download ? &both->download : &both->upload);
  };
  add(worker_.rate());
  session_.backend_link().AppendRates(buckets, download);
  PolicyRates of_policies =
      RatesOf(session_.policies().restrictions(), session_.id(),
              session_.user(), worker_.rates(), worker_.loop().now());
  if (!of_policies.is_complete)
    worker_.counters().Add(metrics::Counter::kRatesFull);
  for (const auto& both : of_policies.buckets) add(both);
  // A pause between two transfers fills them, and no more than that.
  policy_rates_ = std::move(of_policies.buckets);
  return buckets;
}

DataChannel::Engines SessionRunner::EnginesFor(
    const session::StartRelay& action) {
  DataChannel::Engines engines;
  if (action.client_protected && !data_->has_client_engine()) {
    engines.client = tls::TlsEngine::Server(
        client_context_,
        {.session = session_.id(),
         .is_data = true,
         .gives_tickets = action.direction == Direction::kDownload});
  }
  if (action.backend_protected) {
    engines.backend = tls::TlsEngine::Client(
        backend_context_,
        {.server_name = session_.backend_link().tls().server_name,
         .is_data = true,
         .sessions = backend_sessions_});
  }
  return engines;
}

void SessionRunner::Do(const session::PassEnd& action, const Outbox&) {
  PINNACE_CHECK(data_ != nullptr && data_->id() == action.path);
  data_->PassEnd();
}

void SessionRunner::Do(const session::DropBackendLeg& action, const Outbox&) {
  listen_answer_.reset();
  if (data_ != nullptr && data_->id() == action.path) data_->DropBackendLeg();
}

void SessionRunner::Do(const session::CloseDataPath& action, const Outbox&) {
  if (data_ == nullptr || data_->id() != action.path) return;
  EndMoving();
  if (action.how == session::Closing::kFinished) data_->Finish();
  data_.reset();
  lease_answer_.reset();
  listen_answer_.reset();
}

void SessionRunner::Do(const session::PauseClient&, const Outbox&) {
  client_->PauseReading();
}

void SessionRunner::Do(const session::ResumeClient&, const Outbox&) {
  client_->ResumeReading();
}

void SessionRunner::Do(const session::ReportLogin& action, const Outbox&) {
  Note(action.accepted ? "logged in at backend " : "login refused by backend ",
       session_.backend());
  if (action.accepted) {
    timeline_.OnLoggedIn();
    worker_.histograms().Add(metrics::Histogram::kLogin,
                             worker_.loop().now() - timeline_.user_at());
    worker_.events().Add(NewEvent(Event::Kind::kLogin, true));
  }
  Log(LogLevel::kInfo,
      absl::StrCat(LogPrefix(), action.accepted ? " login" : " login refused",
                   " code=", action.code));
}

void SessionRunner::Do(const session::ReportTransfer& action,
                       const Outbox& out) {
  const absl::string_view trouble = out.Bytes(action.trouble);
  TellEndOf(action, out);
  const LogLevel level = trouble.empty() ? LogLevel::kInfo : LogLevel::kWarning;
  if (!IsLogged(level)) return;
  std::string line =
      absl::StrCat(LogPrefix(), " transfer ", ftp::VerbName(action.verb), " \"",
                   Printable(WithoutUrlSecrets(out.Bytes(action.path))),
                   "\" bytes=", action.bytes,
                   " ms=", absl::ToInt64Milliseconds(action.duration),
                   " code=", action.code);
  if (action.resumes > 0) absl::StrAppend(&line, " resumes=", action.resumes);
  if (!trouble.empty()) {
    absl::StrAppend(&line, " trouble=\"", Printable(WithoutUrlSecrets(trouble)),
                    "\"");
  }
  Log(level, line);
}

void SessionRunner::Do(const session::ReportBackendTrouble& action,
                       const Outbox& out) {
  Note("trouble with backend ", out.Bytes(action.backend), ": ",
       out.Bytes(action.trouble));
  if (action.left_out) {
    Event event = NewEvent(Event::Kind::kBackendHealth, false);
    event.backend = std::string(out.Bytes(action.backend));
    event.text =
        Printable(out.Bytes(action.trouble), limits::kMaxEventTextBytes);
    worker_.events().Add(event);
  }
  Log(LogLevel::kWarning, absl::StrCat(LogPrefix(), " trouble with backend ",
                                       out.Bytes(action.backend), ": ",
                                       Printable(out.Bytes(action.trouble))));
}

void SessionRunner::Do(const session::ReportBackendReplaced& action,
                       const Outbox& out) {
  Note("goes on with backend ", session_.backend(), ", it was on ",
       out.Bytes(action.former));
  Log(LogLevel::kInfo, absl::StrCat(LogPrefix(), " goes on, it was on backend ",
                                    out.Bytes(action.former)));
}

void SessionRunner::Do(const session::EndSession& action, const Outbox&) {
  Event event = NewEvent(Event::Kind::kSessionEnd,
                         action.reason == session::EndReason::kClientQuit);
  event.text = std::string(EndReasonName(action.reason));
  worker_.events().Add(event);
  EndMoving();
  Log(LogLevel::kInfo,
      absl::StrCat(LogPrefix(), " ended: ", EndReasonName(action.reason)));
  timer_.Set(absl::InfiniteFuture());
  // Who reads the last reply may come back at once.
  place_.Release();
  data_.reset();
  backend_dial_.reset();
  const absl::Time deadline = worker_.loop().now() + limits::kCloseTimeout;
  for (std::unique_ptr<ControlStream>* stream : {&backend_, &client_}) {
    if (*stream == nullptr) continue;
    (*stream)->FinishAndClose(deadline);
    stream->reset();
  }
  if (client_context_ != nullptr) client_context_->Forget(session_.id());
  worker_.Retire(session_.id());
}

void SessionRunner::OnBytes(io::ByteStream& stream, absl::string_view bytes) {
  if (client_->Is(stream)) {
    if (BeginsAsHeader(bytes)) return RefuseHeader(stream);
    timeline_.OnClientBytes(bytes, worker_.loop().now());
    Deliver([&](Session& session, Turn& turn) {
      session.OnClientBytes(bytes, turn);
    });
  } else {
    timeline_.OnBackendBytes(bytes, worker_.loop().now());
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendBytes(bytes, turn);
    });
  }
}

bool SessionRunner::BeginsAsHeader(absl::string_view bytes) {
  if (first_bytes_ == FirstBytes::kAny) return false;
  const absl::string_view wanted =
      bytes.substr(0, ingress::kProxySignatureBytes - beginning_.size());
  beginning_.append(wanted.data(), wanted.size());
  switch (ingress::FindProxySignature(beginning_)) {
    case ingress::ProxySignature::kPart:
      return false;
    case ingress::ProxySignature::kAbsent:
      first_bytes_ = FirstBytes::kAny;
      return false;
    case ingress::ProxySignature::kWhole:
      return true;
  }
  return false;
}

void SessionRunner::RefuseHeader(io::ByteStream& stream) {
  const Session::Start& start = session_.start();
  worker_.NoteLateHeader(start.client, start.local);
  stream.Reset();
  Deliver([](Session& session, Turn& turn) {
    session.OnClientEnd(Session::Cleanness::kBroken, turn);
  });
}

void SessionRunner::OnEnd(io::ByteStream& stream, const absl::Status& status) {
  if (client_->Is(stream)) {
    if (!status.ok() && session_.protection().is_securing()) {
      Log(LogLevel::kInfo,
          absl::StrCat(LogPrefix(), " ", Printable(status.message())));
    }
    const auto cleanness =
        status.ok() ? Session::Cleanness::kFin : Session::Cleanness::kBroken;
    Deliver([&](Session& session, Turn& turn) {
      session.OnClientEnd(cleanness, turn);
    });
    return;
  }
  const std::string why =
      status.ok() ? "it closed the connection" : std::string(status.message());
  Deliver(
      [&](Session& session, Turn& turn) { session.OnBackendEnd(why, turn); });
}

void SessionRunner::OnDrained(io::ByteStream& stream) {
  if (client_ == nullptr || !client_->Is(stream)) return;
  Deliver([](Session& session, Turn& turn) { session.OnClientDrained(turn); });
}

void SessionRunner::OnLegOpen(Leg leg, const Address& from) {
  Note("data connection ",
       leg == Leg::kClient ? "with client " : "with backend ", from.ToString());
  const session::DataPathId path = data_->id();
  if (leg == Leg::kClient && data_->is_with_peer()) {
    worker_.counters().Add(metrics::Counter::kFxpConnections);
  }
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegOpen(path, leg, from, turn);
  });
}

void SessionRunner::OnLegFailed(Leg leg, const absl::Status& why) {
  Note("no data connection ",
       leg == Leg::kClient ? "with the client: " : "with the backend: ",
       why.message());
  const session::DataPathId path = data_->id();
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegFailed(path, leg, why.message(), turn, CulpritOf(why));
  });
}

void SessionRunner::OnRelayDone(int64_t bytes) {
  const session::DataPathId path = data_->id();
  Deliver([&](Session& session, Turn& turn) {
    session.OnRelayDone(path, bytes, turn);
  });
}

void SessionRunner::OnSourceEnded(int64_t bytes) {
  const session::DataPathId path = data_->id();
  Deliver([&](Session& session, Turn& turn) {
    session.OnSourceEnded(path, bytes, turn);
  });
}

void SessionRunner::OnRelayBroken(Leg leg, session::LegFault fault,
                                  const absl::Status& why, int64_t bytes) {
  const session::DataPathId path = data_->id();
  Deliver([&](Session& session, Turn& turn) {
    session.OnRelayBroken(path, leg, fault, why.message(), bytes, turn);
  });
}

}  // namespace pinnace::gateway
