// Connections that may begin with a PROXY header: looked at until that is
// whole, with no byte taken of what follows it, then passed on with the
// addresses it names. Refuses what the rule for the connection does. One per
// worker; one thread.
#ifndef PINNACE_PROXY_GATEWAY_PROXY_GATE_H_
#define PINNACE_PROXY_GATEWAY_PROXY_GATE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/ingress/proxy_reader.h"
#include "proxy/ingress/proxy_rules.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"

namespace pinnace::gateway {

class ProxyGate {
 public:
  struct Comer {
    io::Socket socket;
    Address from;  // the connection's own ends
    Address to;
    ingress::HeaderRule rule = ingress::HeaderRule::kNotLookedFor;
    io::Priority priority = io::Priority::kControl;
  };
  // `header`: nothing when it came without one.
  using Passed = absl::AnyInvocable<void(
      io::Socket socket, const std::optional<ingress::ProxyHeader>& header)>;
  // For the counters and the log.
  using Refused = absl::AnyInvocable<void(
      ingress::HeaderRefusal refusal, const Address& from, const Address& to,
      absl::string_view why)>;

  ProxyGate(io::Loop& loop, absl::Duration patience, Refused refused);
  ~ProxyGate();

  // `passed` is called at most once, perhaps at once.
  void Add(Comer comer, Passed passed);
  void Clear() { waiting_.clear(); }

 private:
  class Waiting final : public io::Loop::ReadyCallback {
   public:
    Waiting(ProxyGate& gate, Comer comer, Passed passed);

    // For one that is younger. Destroys this.
    void GiveWay();

    std::list<std::unique_ptr<Waiting>>::iterator place;

   private:
    void OnReady(io::Readiness readiness) override;
    void OnTimeout();
    // Destroys this.
    void Settle(const ingress::HeaderVerdict& verdict,
                const std::optional<ingress::ProxyHeader>& header);

    ProxyGate& gate_;
    Comer comer_;
    Passed passed_;
    std::unique_ptr<io::Loop::Watch> watch_;  // destroyed before the socket
    io::Timer timer_;
  };
  // What has come of a connection; the bytes are valid until control goes back
  // to the loop.
  struct Beginning {
    absl::string_view bytes;
    bool has_ended = false;
  };

  Beginning Peek(const io::Socket& socket);
  // False when the connection broke.
  bool Consume(const io::Socket& socket, size_t size);
  void Settle(Comer comer, Passed passed, const ingress::HeaderVerdict& verdict,
              const std::optional<ingress::ProxyHeader>& header);

  io::Loop& loop_;
  const absl::Duration patience_;
  Refused refused_;
  std::list<std::unique_ptr<Waiting>> waiting_;  // the youngest first
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROXY_GATE_H_
