// The admin pages over HTTP, on threads of their own. Starts whole or not at
// all: an address in use, or one that needs a token and has none, is an error.
#ifndef PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_
#define PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_

#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "proxy/admin/routes.h"
#include "proxy/base/address.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace pinnace::admin {

class AdminServer {
 public:
  // Port 0: any. `gateway` outlives the server.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(
      const Address& listen, gateway::GatewayView& gateway,
      Routes::Options options);
  // Ends running requests, then returns.
  ~AdminServer();

  Address address() const { return address_; }

 private:
  AdminServer(gateway::GatewayView& gateway, Routes::Options options);
  absl::Status Listen(const Address& listen);

  Routes routes_;
  std::unique_ptr<httplib::Server> server_;
  Address address_;
  std::thread thread_;
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_
