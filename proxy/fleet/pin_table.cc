#include "proxy/fleet/pin_table.h"

#include "absl/strings/str_cat.h"

namespace pinnace::fleet {
namespace {

std::string KeyOf(absl::string_view farm, const IpAddress& client) {
  return absl::StrCat(farm, "/", client.ToString());
}

}  // namespace

std::string PinTable::Pin::Key() const { return KeyOf(farm, client); }

std::optional<BackendId> PinTable::Find(absl::string_view farm,
                                        const IpAddress& client,
                                        absl::Time now) {
  MutexLock lock(&mutex_);
  auto found = by_key_.find(KeyOf(farm, client));
  if (found == by_key_.end()) return std::nullopt;
  if (found->second->expires <= now) {
    pins_.erase(found->second);
    by_key_.erase(found);
    return std::nullopt;
  }
  pins_.splice(pins_.begin(), pins_, found->second);
  return found->second->backend;
}

void PinTable::Set(absl::string_view farm, const IpAddress& client,
                   const BackendId& backend, absl::Time expires) {
  const std::string key = KeyOf(farm, client);
  MutexLock lock(&mutex_);
  auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    found->second->backend = backend;
    found->second->expires = expires;
    pins_.splice(pins_.begin(), pins_, found->second);
    return;
  }
  if (by_key_.size() >= max_pins_ && !pins_.empty()) {
    by_key_.erase(pins_.back().Key());
    pins_.pop_back();
    ++evictions_;
  }
  pins_.push_front({std::string(farm), client, backend, expires});
  by_key_[key] = pins_.begin();
}

bool PinTable::Delete(absl::string_view key) {
  MutexLock lock(&mutex_);
  auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  pins_.erase(found->second);
  by_key_.erase(found);
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
