// Which farm a session goes to, by who the client is and what it asked for.
// Pure. Any thread.
#ifndef PINNACE_PROXY_POLICY_ROUTE_H_
#define PINNACE_PROXY_POLICY_ROUTE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"

namespace pinnace::policy {

// What is known of a session at USER. Views of the session's own.
struct RouteRequest {
  absl::string_view listener;  // as configured
  absl::string_view host;      // of HOST, else of TLS; empty: none came
  absl::string_view user;
  absl::string_view subject;  // of the client's certificate; empty: none
  const IpAddress& client;
};

struct Route {
  std::string name;
  uint32_t order = 0;
  // Conditions; an empty one always holds.
  std::string listener;
  std::string host;     // letter case apart; "*.example.com"
  std::string user;     // a glob
  std::string subject;  // a glob; never holds for an empty one
  std::optional<Cidr> client;
  std::string farm;

  bool Matches(const RouteRequest& request) const;
  // For some user, whoever it will be.
  bool MayMatch(const RouteRequest& request) const;
};

using FarmNames = absl::InlinedVector<absl::string_view, 4>;

// By order, then by name.
class RouteTable {
 public:
  RouteTable() = default;
  explicit RouteTable(std::vector<Route> routes);

  const std::vector<Route>& routes() const { return routes_; }

  // The farm of the first route that matches, or `listener_farm`.
  absl::string_view Farm(const RouteRequest& request,
                         absl::string_view listener_farm) const;
  // Every farm that a user of this client may be sent to, each once.
  FarmNames PossibleFarms(const RouteRequest& request,
                          absl::string_view listener_farm) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_ROUTE_H_
