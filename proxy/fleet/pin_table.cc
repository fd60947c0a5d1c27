#include "proxy/fleet/pin_table.h"

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"

namespace pinnace::fleet {

PinTable::Client PinTable::ClientOf(const Farm& farm, const IpAddress& address,
                                    absl::string_view user) {
  switch (farm.pin_by) {
    case ClientIdentity::kAddress:
      return {.farm = farm.name, .address = address};
    case ClientIdentity::kUser:
      return {.farm = farm.name, .user = user};
  }
  return {};
}

std::string PinTable::Pin::Key() const {
  return absl::StrCat(farm, "/",
                      user.empty() ? client.ToString() : Printable(user));
}

std::optional<BackendId> PinTable::Find(const Client& client, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(KeyOf(client));
  if (found == by_key_.end()) return std::nullopt;
  const Pins::iterator pin = found->second;
  if (pin->expires <= now) {
    Erase(found);
    return std::nullopt;
  }
  pins_.splice(pins_.begin(), pins_, pin);
  return pin->backend;
}

void PinTable::Set(const Client& client, const BackendId& backend,
                   absl::Time expires) {
  MutexLock lock(&mutex_);
  SetLocked(client, backend, expires);
}

BackendId PinTable::SetIfAbsent(const Client& client, const BackendId& backend,
                                absl::Time now, absl::Time expires,
                                absl::string_view instead_of) {
  MutexLock lock(&mutex_);
  const auto found = by_key_.find(KeyOf(client));
  if (found != by_key_.end()) {
    const Pin& pin = *found->second;
    if (pin.expires > now && pin.backend != instead_of) return pin.backend;
  }
  SetLocked(client, backend, expires);
  return backend;
}

void PinTable::SetLocked(const Client& client, const BackendId& backend,
                         absl::Time expires) {
  const auto found = by_key_.find(KeyOf(client));
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
  pins_.push_front({std::string(client.farm), client.address,
                    std::string(client.user), backend, expires});
  by_key_.try_emplace(KeyOf(pins_.front()), pins_.begin());
}

void PinTable::Erase(ByKey::iterator found) {
  const Pins::iterator pin = found->second;
  by_key_.erase(found);  // Its key looks into the pin.
  pins_.erase(pin);
}

bool PinTable::EraseLocked(const Key& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  Erase(found);
  return true;
}

bool PinTable::Delete(absl::string_view key) {
  // A farm's name has no slash, a user's may.
  const size_t slash = key.find('/');
  if (slash == absl::string_view::npos) return false;
  const absl::string_view farm = key.substr(0, slash);
  const absl::string_view who = key.substr(slash + 1);
  const std::optional<IpAddress> address = IpAddress::Parse(who);
  MutexLock lock(&mutex_);
  if (address.has_value() && EraseLocked({farm, *address, {}})) return true;
  return !who.empty() && EraseLocked({farm, IpAddress(), who});
}

std::vector<PinTable::Pin> PinTable::List(absl::Time now) const {
  MutexLock lock(&mutex_);
  std::vector<Pin> live;
  for (const Pin& pin : pins_) {
    if (pin.expires > now) live.push_back(pin);
  }
  return live;
}

size_t PinTable::size() const {
  MutexLock lock(&mutex_);
  return by_key_.size();
}

int64_t PinTable::evictions() const {
  MutexLock lock(&mutex_);
  return evictions_;
}

}  // namespace pinnace::fleet
