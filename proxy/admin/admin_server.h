// The admin pages over HTTP, on threads of their own. Starts whole or not at
// all: an address in use, or one that needs a token and has none, is an error.
#ifndef PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_
#define PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "proxy/admin/routes.h"
#include "proxy/base/address.h"

namespace httplib {
class DataSink;
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace pinnace::admin {

class AdminServer {
 public:
  // Port 0: any. `gateway` outlives the server.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(
      const Address& listen, gateway::GatewayView& gateway,
      Routes::Options options);
  // Ends running requests and streams, then returns.
  ~AdminServer();

  Address address() const { return address_; }

 private:
  AdminServer(gateway::GatewayView& gateway, Routes::Options options);
  absl::Status Listen(const Address& listen);
  void Answer(const httplib::Request& request, httplib::Response& out);
  // A stream of events has a thread: past the bound it is refused.
  void StartStream(uint64_t after, httplib::Response& out);
  bool SendEvents(uint64_t& after, httplib::DataSink& sink);

  Routes routes_;
  std::atomic<bool> is_stopping_{false};
  std::unique_ptr<httplib::Server> server_;
  Address address_;
  std::thread thread_;
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_ADMIN_SERVER_H_
