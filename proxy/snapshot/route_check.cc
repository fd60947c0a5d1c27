#include "proxy/snapshot/route_check.h"

#include <algorithm>
#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/limits.h"

namespace pinnace::snapshot {
namespace {

constexpr size_t kMaxHostBytes = 255;
constexpr size_t kMaxGlobBytes = 256;

void CheckGlob(absl::string_view field, const std::string& glob,
               const FieldCheck& check) {
  if (glob.size() <= kMaxGlobBytes && glob.find('\0') == std::string::npos) {
    return;
  }
  check.Complain(field, "must have at most 256 characters, and no NUL");
}

}  // namespace

void CheckRoute(const v1::Route& route, const std::string& path,
                FieldProblems& problems) {
  const FieldCheck check(path, problems);
  CheckName(route.name(), FieldPath(path, "name"), problems);
  if (!route.listener().empty() &&
      !Address::Parse(route.listener()).has_value()) {
    check.Complain("listener", absl::StrCat("must be IP:PORT, not ",
                                            Quoted(route.listener())));
  }
  const std::string& host = route.host();
  const bool plain_host = std::all_of(
      host.begin(), host.end(), [](char c) { return absl::ascii_isgraph(c); });
  if (host.size() > kMaxHostBytes || !plain_host ||
      host.find('*', host.rfind("*.", 0) == 0 ? 1 : 0) != std::string::npos) {
    check.Complain("host",
                   absl::StrCat("must be a name, or \"*.\" and a name, of at "
                                "most 255 characters, not ",
                                Quoted(host)));
  }
  CheckGlob("user", route.user(), check);
  CheckGlob("client_subject", route.client_subject(), check);
  if (!route.client_cidr().empty() &&
      !Cidr::Parse(route.client_cidr()).has_value()) {
    check.Complain("client_cidr",
                   absl::StrCat("must be a network like 10.0.0.0/8 without "
                                "host bits, not ",
                                Quoted(route.client_cidr())));
  }
  CheckName(route.farm(), FieldPath(path, "farm"), problems);
}

FieldProblems CheckRoutes(
    const google::protobuf::RepeatedPtrField<v1::Route>& routes) {
  FieldProblems problems;
  absl::flat_hash_map<std::string, std::string> paths;
  for (int i = 0; i < routes.size(); ++i) {
    const std::string path = absl::StrCat("routes[", i, "]");
    CheckRoute(routes[i], path, problems);
    auto [first, is_new] = paths.emplace(routes[i].name(), path);
    if (!is_new) {
      problems.push_back({path + ".name", absl::StrCat(Quoted(routes[i].name()),
                                                       " is the name of ",
                                                       first->second, " too")});
    }
  }
  if (paths.size() > limits::kMaxRoutes) {
    problems.push_back(
        {"routes", absl::StrCat("must be at most ", limits::kMaxRoutes,
                                ", not ", paths.size())});
  }
  return problems;
}

void CheckRouteFarms(
    const google::protobuf::RepeatedPtrField<v1::Route>& routes,
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms,
    FieldProblems& problems) {
  absl::flat_hash_set<std::string> names;
  for (const v1::Farm& farm : farms) names.insert(farm.name());
  for (int i = 0; i < routes.size(); ++i) {
    if (names.contains(routes[i].farm())) continue;
    problems.push_back(
        {absl::StrCat("routes[", i, "].farm"),
         absl::StrCat("route ", Quoted(routes[i].name()), " leads to ",
                      Quoted(routes[i].farm()), ", which is no farm")});
  }
}

}  // namespace pinnace::snapshot
