#include "proxy/fleet/pin_table.h"

#include "absl/strings/str_cat.h"

namespace pinnace::fleet {

std::string PinTable::Pin::Key() const {
  return absl::StrCat(farm, "/", client.ToString());
}

std::optional<BackendId> PinTable::Find(absl::string_view farm,
                                        const IpAddress& client,
                                        absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(FarmAndClient(farm, client));
  if (found == by_key_.end()) return std::nullopt;
  const Pins::iterator pin = found->second;
  if (pin->expires <= now) {
    Erase(found);
    return std::nullopt;
  }
  pins_.splice(pins_.begin(), pins_, pin);
  return pin->backend;
}

void PinTable::Set(absl::string_view farm, const IpAddress& client,
                   const BackendId& backend, absl::Time expires) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(FarmAndClient(farm, client));
  if (found != by_key_.end()) {
    const Pins::iterator pin = found->second;
    pin->backend = backend;
    pin->expires = expires;
    pins_.splice(pins_.begin(), pins_, pin);
    return;
  }
  if (by_key_.size() >= max_pins_ && !pins_.empty()) {
    Erase(by_key_.find(KeyOf(pins_.back())));
    ++evictions_;
  }
  pins_.push_front({std::string(farm), client, backend, expires});
  by_key_.try_emplace(KeyOf(pins_.front()), pins_.begin());
}

void PinTable::Erase(ByKey::iterator found) {
  const Pins::iterator pin = found->second;
  by_key_.erase(found);  // Its key looks into the pin.
  pins_.erase(pin);
}

bool PinTable::Delete(absl::string_view key) {
  const size_t slash = key.rfind('/');
  if (slash == absl::string_view::npos) return false;
  const std::optional<IpAddress> client =
      IpAddress::Parse(key.substr(slash + 1));
  if (!client.has_value()) return false;
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(FarmAndClient(key.substr(0, slash), *client));
  if (found == by_key_.end()) return false;
  Erase(found);
  return true;
}

std::vector<PinTable::Pin> PinTable::List(absl::Time now) const {
  MutexLock lock(&mutex_);
  std::vector<Pin> live;
  for (const Pin& pin : pins_) {
    if (pin.expires > now) live.push_back(pin);
  }
  return live;
}

int64_t PinTable::evictions() const {
  MutexLock lock(&mutex_);
  return evictions_;
}

}  // namespace pinnace::fleet
