// One look at one backend: the sockets of a ProbeScript, which says what to do.
// Dropping it ends it. One thread.
#ifndef PINNACE_PROXY_GATEWAY_PROBE_H_
#define PINNACE_PROXY_GATEWAY_PROBE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/gateway/control_stream.h"
#include "proxy/gateway/probe_script.h"
#include "proxy/io/dial.h"
#include "proxy/io/loop.h"
#include "proxy/io/tcp_listener.h"
#include "proxy/io/timer.h"
#include "proxy/tls/client_context.h"

namespace pinnace::gateway {

class Probe final : public io::ByteStream::Owner {
 public:
  struct Options {
    HostPort address;
    // Where its name leads, if that is known.
    std::vector<IpAddress> resolved;
    absl::Duration timeout;  // of the whole probe
    ProbeScript::Options script;
    // Of a script with TLS.
    std::shared_ptr<const tls::ClientContext> tls;
    std::string server_name;  // that its certificate must have
  };
  // Called once, and may drop the probe.
  using Done = absl::AnyInvocable<void(ProbeScript::Result)>;

  Probe(io::Loop& loop, Options options, Done done);
  ~Probe();

 private:
  // Does them in order. The last one may destroy this.
  void CarryOut(ProbeScript::Actions actions);
  void Do(ProbeScript::Send& action);
  void Do(ProbeScript::Secure& action);
  void Do(ProbeScript::SecureData& action);
  void Do(ProbeScript::DialData& action);
  void Do(ProbeScript::SendData& action);
  void Do(ProbeScript::ListenForData& action);
  void Do(ProbeScript::CloseData& action);
  void Do(ProbeScript::Finish& action);

  void OnConnected(absl::StatusOr<io::Connected> result);
  void OnDataConnected(absl::StatusOr<io::Connected> result);
  void OnDataAccepted(io::Socket socket);
  std::unique_ptr<tls::TlsEngine> NewEngine(bool is_data) const;
  absl::Status Listen();
  void OnBytes(io::ByteStream& stream, absl::string_view bytes) override;
  void OnEnd(io::ByteStream& stream, const absl::Status& status) override;
  void OnDrained(io::ByteStream&) override {}

  io::Loop& loop_;
  const absl::Duration timeout_;
  const absl::Time deadline_;
  Done done_;
  ProbeScript script_;
  bool said_quit_ = false;
  std::unique_ptr<io::Dial> dial_;
  std::unique_ptr<ControlStream> control_;
  Address peer_;
  const std::shared_ptr<const tls::ClientContext> tls_;
  const std::string server_name_;
  // The data connection resumes the control connection's session: there are
  // servers that insist on it.
  const std::shared_ptr<tls::SessionJar> sessions_ =
      std::make_shared<tls::SessionJar>();
  std::unique_ptr<io::Dial> data_dial_;
  std::unique_ptr<io::TcpListener> data_listener_;
  std::unique_ptr<ControlStream> data_;
  io::Timer timer_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBE_H_
