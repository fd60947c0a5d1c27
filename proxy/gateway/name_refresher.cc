#include "proxy/gateway/name_refresher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace pinnace::gateway {

NameRefresher::NameRefresher(io::Loop& loop, std::vector<std::string> names,
                             Changed changed)
    : loop_(loop),
      names_(std::move(names)),
      changed_(std::move(changed)),
      resolutions_(names_.size()),
      timer_(loop, [this] { ResolveAll(); }) {
  if (!names_.empty()) ResolveAll();
}

NameRefresher::~NameRefresher() = default;

void NameRefresher::ResolveAll() {
  timer_.Set(loop_.now() + limits::kDnsRefresh);
  for (size_t i = 0; i < names_.size(); ++i) {
    if (resolutions_[i] != nullptr) continue;  // Still at it.
    resolutions_[i] = io::Resolve(
        loop_, names_[i],
        [this, i](absl::StatusOr<std::vector<IpAddress>> addresses) {
          OnResolved(i, std::move(addresses));
        });
  }
}

void NameRefresher::OnResolved(
    size_t index, absl::StatusOr<std::vector<IpAddress>> addresses) {
  resolutions_[index].reset();
  const std::string& name = names_[index];
  if (!addresses.ok()) {
    Log(LogLevel::kWarning, absl::StrCat("public address ", name, ": ",
                                         addresses.status().message()));
    return;
  }
  // A 227 has room for IPv4 only (RFC 959 §4.2).
  auto ipv4 = std::find_if(addresses->begin(), addresses->end(),
                           [](const IpAddress& ip) { return ip.is_ipv4(); });
  if (ipv4 == addresses->end()) {
    Log(LogLevel::kWarning,
        absl::StrCat("public address ", name, ": has no IPv4 address"));
    return;
  }
  auto [known, is_new] = resolved_.try_emplace(name, *ipv4);
  if (!is_new && known->second == *ipv4) return;
  known->second = *ipv4;
  Log(LogLevel::kInfo,
      absl::StrCat("public address ", name, " is ", ipv4->ToString()));
  changed_(resolved_);
}

}  // namespace pinnace::gateway
