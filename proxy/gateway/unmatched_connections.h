// Data connections that the TLS session they resume places (DESIGN: data_source
// tls_session): read up to their ClientHello, answered nothing until it is
// known whose they are. One per worker; one thread.
#ifndef PINNACE_PROXY_GATEWAY_UNMATCHED_CONNECTIONS_H_
#define PINNACE_PROXY_GATEWAY_UNMATCHED_CONNECTIONS_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"
#include "proxy/ports/lease_table.h"
#include "proxy/tls/server_context.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::gateway {

class UnmatchedConnections {
 public:
  struct Matched {
    ports::LeaseOwner owner;
    io::Socket socket;
    Address from;
    std::unique_ptr<tls::TlsEngine> engine;  // its answer is still unsent
  };
  // Why one was refused, for the log.
  using Refused = absl::AnyInvocable<void(const Address& from, uint16_t port,
                                          absl::string_view why)>;

  UnmatchedConnections(io::Loop& loop, ports::LeaseTable& leases,
                       absl::AnyInvocable<void(Matched)> matched,
                       Refused refused);
  ~UnmatchedConnections();

  void Add(io::Socket socket, const Address& from, uint16_t port,
           std::shared_ptr<const tls::ServerContext> context,
           absl::Duration patience);
  void Clear() { connections_.clear(); }

 private:
  class Connection final : public io::Loop::ReadyCallback {
   public:
    Connection(UnmatchedConnections& all, io::Socket socket,
               const Address& from, uint16_t port,
               std::shared_ptr<const tls::ServerContext> context,
               absl::Duration patience);

    // Destroys this.
    void Refuse(absl::string_view why);

    std::list<std::unique_ptr<Connection>>::iterator place;

   private:
    void OnReady(io::Readiness readiness) override;
    // Destroys this.
    void Match(uint64_t session);

    UnmatchedConnections& all_;
    io::Socket socket_;
    std::unique_ptr<io::Loop::Watch> watch_;  // destroyed before the socket
    const Address from_;
    const uint16_t port_;
    std::unique_ptr<tls::TlsEngine> engine_;
    io::Timer timer_;
  };

  io::Loop& loop_;
  ports::LeaseTable& leases_;
  absl::AnyInvocable<void(Matched)> matched_;
  Refused refused_;
  std::list<std::unique_ptr<Connection>> connections_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_UNMATCHED_CONNECTIONS_H_
