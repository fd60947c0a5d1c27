#include "proxy/gateway/backend_names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"

namespace pinnace::gateway {
namespace {

std::string Shown(const std::vector<IpAddress>& addresses) {
  return absl::StrJoin(addresses, ", ",
                       [](std::string* text, const IpAddress& ip) {
                         text->append(ip.ToString());
                       });
}

}  // namespace

BackendNames::BackendNames(io::Loop& loop)
    : loop_(loop), timer_(loop, [this] { LookUpWhatIsDue(); }) {}

BackendNames::~BackendNames() = default;

void BackendNames::Publish(const fleet::Fleet& fleet) {
  for (auto& [host, name] : names_) name->backends.clear();
  for (const fleet::Farm& farm : fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      if (!IpAddress::Parse(backend.address.host).has_value()) Add(backend);
    }
  }
  absl::erase_if(names_, [this](const auto& entry) {
    const std::unique_ptr<Name>& name = entry.second;
    if (!name->backends.empty()) return false;
    due_.erase({name->due, name.get()});
    if (name->look_up != nullptr) --under_way_;
    return true;
  });
  LookUpWhatIsDue();
}

void BackendNames::Add(const fleet::Backend& backend) {
  std::unique_ptr<Name>& name = names_[backend.address.host];
  if (name == nullptr) {
    name = std::make_unique<Name>();
    name->host = backend.address.host;
    name->due = loop_.now();
    due_.insert({name->due, name.get()});
  }
  name->backends.push_back(backend.status);
  if (name->addresses != nullptr) {
    backend.status->SetAddresses(name->addresses);
  }
}

void BackendNames::LookUpWhatIsDue() {
  while (!due_.empty() && under_way_ < limits::kMaxBackendLookUps) {
    Name& name = *due_.begin()->second;
    if (name.due > loop_.now()) break;
    due_.erase(due_.begin());
    ++under_way_;
    name.look_up = io::Resolve(
        loop_, name.host,
        [this, &name](absl::StatusOr<std::vector<IpAddress>> addresses) {
          OnResolved(name, std::move(addresses));
        });
  }
  const bool waits = !due_.empty() && under_way_ < limits::kMaxBackendLookUps;
  timer_.Set(waits ? due_.begin()->first : absl::InfiniteFuture());
}

void BackendNames::OnResolved(
    Name& name, absl::StatusOr<std::vector<IpAddress>> addresses) {
  name.look_up.reset();
  --under_way_;
  name.due = loop_.now() + limits::kDnsRefresh;
  due_.insert({name.due, &name});
  if (addresses.ok()) {
    Keep(name, *std::move(addresses));
  } else if (!name.fails) {
    Log(LogLevel::kWarning,
        absl::StrCat("backends at ", Printable(name.host), ": ",
                     Printable(addresses.status().message()),
                     name.addresses == nullptr ? ""
                                               : "; the former address "
                                                 "is used"));
  }
  name.fails = !addresses.ok();
  LookUpWhatIsDue();
}

void BackendNames::Keep(Name& name, std::vector<IpAddress> addresses) {
  if (name.addresses != nullptr && *name.addresses == addresses) return;
  Log(LogLevel::kInfo, absl::StrCat("backends at ", Printable(name.host),
                                    " are at ", Shown(addresses)));
  name.addresses =
      std::make_shared<const std::vector<IpAddress>>(std::move(addresses));
  for (const std::shared_ptr<fleet::BackendStatus>& backend : name.backends) {
    backend->SetAddresses(name.addresses);
  }
}

}  // namespace pinnace::gateway
