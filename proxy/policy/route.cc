#include "proxy/policy/route.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/match.h"
#include "proxy/policy/glob.h"

namespace pinnace::policy {
namespace {

bool HostMatches(absl::string_view pattern, absl::string_view host) {
  if (pattern.empty()) return true;
  // An IPv6 literal comes in brackets (RFC 7151 §3.1); compared as it is.
  if (!absl::StartsWith(pattern, "*.")) {
    return absl::EqualsIgnoreCase(pattern, host);
  }
  const absl::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && absl::EndsWithIgnoreCase(host, suffix);
}

// Not even "*" holds for a client without a verified certificate.
bool SubjectMatches(const std::string& glob, absl::string_view subject) {
  return glob.empty() || (!subject.empty() && GlobMatches(glob, subject));
}

}  // namespace

bool Route::MayMatch(const RouteRequest& request) const {
  return (listener.empty() || listener == request.listener) &&
         HostMatches(host, request.host) &&
         SubjectMatches(subject, request.subject) &&
         (!client.has_value() || client->Contains(request.client));
}

bool Route::Matches(const RouteRequest& request) const {
  return MayMatch(request) && GlobMatches(user, request.user);
}

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
    return std::tie(a.order, a.name) < std::tie(b.order, b.name);
  });
}

absl::string_view RouteTable::Farm(const RouteRequest& request,
                                   absl::string_view listener_farm) const {
  for (const Route& route : routes_) {
    if (route.Matches(request)) return route.farm;
  }
  return listener_farm;
}

FarmNames RouteTable::PossibleFarms(const RouteRequest& request,
                                    absl::string_view listener_farm) const {
  FarmNames farms;
  const auto add = [&farms](absl::string_view farm) {
    if (std::find(farms.begin(), farms.end(), farm) == farms.end()) {
      farms.push_back(farm);
    }
  };
  for (const Route& route : routes_) {
    if (!route.MayMatch(request)) continue;
    add(route.farm);
    // Nobody gets past one that takes every user.
    if (route.user.empty() || route.user == "*") return farms;
  }
  add(listener_farm);
  return farms;
}

}  // namespace pinnace::policy
