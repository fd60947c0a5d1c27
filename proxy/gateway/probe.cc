#include "proxy/gateway/probe.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/io/errno_status.h"

namespace pinnace::gateway {
namespace {

std::unique_ptr<io::Dial> StartDial(io::Loop& loop,
                                    const Probe::Options& options,
                                    absl::Time deadline, io::Dial::Done done) {
  if (options.resolved.empty()) {
    return io::Dial::Start(loop, options.address, {.deadline = deadline},
                           std::move(done));
  }
  return io::Dial::Start(loop, options.resolved, options.address.port,
                         {.deadline = deadline}, std::move(done));
}

ProbeScript::Culprit CulpritOf(const absl::Status& status) {
  return io::IsOwnFault(status) ? ProbeScript::Culprit::kGateway
                                : ProbeScript::Culprit::kBackend;
}

}  // namespace

Probe::Probe(io::Loop& loop, Options options, Done done)
    : loop_(loop),
      timeout_(options.timeout),
      deadline_(loop.now() + options.timeout),
      done_(std::move(done)),
      script_(std::move(options.script)),
      dial_(StartDial(loop, options, deadline_,
                      [this](absl::StatusOr<io::Connected> result) {
                        OnConnected(std::move(result));
                      })),
      tls_(std::move(options.tls)),
      server_name_(std::move(options.server_name)),
      timer_(loop, [this] { CarryOut(script_.OnTimeout(timeout_)); }) {}

Probe::~Probe() {
  // Others are closed at once: whoever says nothing holds no descriptor.
  if (said_quit_ && control_ != nullptr) {
    control_->FinishAndClose(loop_.now() + limits::kProbeCloseTimeout);
  }
}

void Probe::CarryOut(ProbeScript::Actions actions) {
  for (ProbeScript::Action& action : actions) {
    std::visit([this](auto& asked) { Do(asked); }, action);
  }
}

void Probe::Do(ProbeScript::Send& action) {
  control_->Write(action.bytes, false);
}

void Probe::Do(ProbeScript::Secure&) {
  control_->Secure(NewEngine(false), [this] { CarryOut(script_.OnSecured()); });
}

void Probe::Do(ProbeScript::SecureData&) {
  data_->Secure(NewEngine(true), [] {});
}

std::unique_ptr<tls::TlsEngine> Probe::NewEngine(bool is_data) const {
  return tls::TlsEngine::Client(
      tls_,
      {.server_name = server_name_, .is_data = is_data, .sessions = sessions_});
}

void Probe::Do(ProbeScript::DialData& action) {
  data_dial_ = io::Dial::Start(loop_, action.target, {},
                               [this](absl::StatusOr<io::Connected> result) {
                                 OnDataConnected(std::move(result));
                               });
}

void Probe::Do(ProbeScript::SendData& action) {
  data_->Write(action.bytes, false);
}

void Probe::Do(ProbeScript::ListenForData&) {
  const absl::Status status = Listen();
  CarryOut(status.ok() ? script_.OnListening(data_listener_->local_address())
                       : script_.OnDataFailed(status.message(),
                                              ProbeScript::Culprit::kGateway));
}

absl::Status Probe::Listen() {
  const absl::StatusOr<Address> local = control_->LocalAddress();
  if (!local.ok()) return local.status();
  absl::StatusOr<std::unique_ptr<io::TcpListener>> listener =
      io::TcpListener::Listen(
          loop_, local->WithPort(0), {.backlog = 4},
          [this, backend = peer_.ip](io::Socket socket, const Address& from) {
            if (from.ip != backend) {
              socket.Reset();  // A stranger takes nobody's place.
              return;
            }
            OnDataAccepted(std::move(socket));
          });
  if (!listener.ok()) return listener.status();
  data_listener_ = *std::move(listener);
  return absl::OkStatus();
}

void Probe::Do(ProbeScript::CloseData&) { data_.reset(); }

void Probe::Do(ProbeScript::Finish& action) {
  said_quit_ = action.said_quit;
  timer_.Set(absl::InfiniteFuture());
  data_dial_.reset();
  data_listener_.reset();
  data_.reset();
  // `done_` may destroy this.
  Done done = std::move(done_);
  done(std::move(action.result));
}

void Probe::OnConnected(absl::StatusOr<io::Connected> result) {
  if (!result.ok()) {
    CarryOut(script_.OnConnectFailed(result.status().message(),
                                     CulpritOf(result.status())));
    return;
  }
  // Until here the dial keeps the time, and says what it was at.
  timer_.Set(deadline_);
  peer_ = result->peer;
  control_ = std::make_unique<ControlStream>(loop_, std::move(result->socket),
                                             this, std::move(result->watch));
  CarryOut(script_.OnConnected(peer_));
}

void Probe::OnDataConnected(absl::StatusOr<io::Connected> result) {
  if (!result.ok()) {
    CarryOut(script_.OnDataFailed(result.status().message(),
                                  CulpritOf(result.status())));
    return;
  }
  data_ = std::make_unique<ControlStream>(loop_, std::move(result->socket),
                                          this, std::move(result->watch));
  CarryOut(script_.OnDataOpen());
}

void Probe::OnDataAccepted(io::Socket socket) {
  data_ = std::make_unique<ControlStream>(loop_, std::move(socket), this);
  data_listener_.reset();
  CarryOut(script_.OnDataOpen());
}

void Probe::OnBytes(io::ByteStream& stream, absl::string_view bytes) {
  CarryOut(data_ != nullptr && data_->Is(stream)
               ? script_.OnDataBytes(bytes.size())
               : script_.OnBytes(bytes));
}

void Probe::OnEnd(io::ByteStream& stream, const absl::Status& status) {
  if (data_ != nullptr && data_->Is(stream)) {
    CarryOut(status.ok()
                 ? script_.OnDataEnd()
                 : script_.OnDataFailed(status.message(), CulpritOf(status)));
    return;
  }
  CarryOut(script_.OnEnd(status.ok() ? "it closed the connection"
                                     : status.message()));
}

}  // namespace pinnace::gateway
