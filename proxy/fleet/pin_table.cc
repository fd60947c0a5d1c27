#include "proxy/fleet/pin_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"

namespace pinnace::fleet {

std::string PinTable::Pin::Key() const {
  return absl::StrCat(farm, "/",
                      user.empty() ? client.ToString() : Printable(user));
}

PinTable::Client PinTable::ClientOf(const Farm& farm, const IpAddress& address,
                                    absl::string_view user) {
  switch (farm.pin_by) {
    case ClientIdentity::kAddress:
      break;
    case ClientIdentity::kUser:
      if (!user.empty()) return {farm.name, IpAddress(), user};
      break;
  }
  return {farm.name, address, {}};
}

std::optional<BackendId> PinTable::Find(const Client& client, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) return std::nullopt;
  const Pins::iterator entry = found->second;
  if (entry->pin.expires <= now) {
    Erase(found);
    return std::nullopt;
  }
  Touch(entry);
  return entry->pin.backend;
}

BackendId PinTable::SetIfAbsent(const Client& client, const BackendId& backend,
                                absl::Time now, absl::Time expires,
                                absl::string_view instead_of) {
  MutexLock lock(&mutex_);
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) {
    Add(client, backend, expires);
    return backend;
  }
  const Pins::iterator entry = found->second;
  Pin& pin = entry->pin;
  if (pin.expires <= now || pin.backend == instead_of) {
    pin.backend = backend;
    pin.expires = expires;
  }
  Touch(entry);
  return pin.backend;
}

void PinTable::Renew(const Client& client, const BackendId& backend,
                     absl::Time now, absl::Time expires) {
  MutexLock lock(&mutex_);
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) {
    Confirm(Add(client, backend, expires));
    return;
  }
  Pin& pin = found->second->pin;
  if (pin.backend != backend) {
    if (pin.expires > now) return;
    pin.backend = backend;
  }
  pin.expires = expires;
  Confirm(found->second);
}

void PinTable::Confirm(Pins::iterator entry) {
  pins_.splice(pins_.begin(), ListOf(*entry), entry);
  entry->is_confirmed = true;
}

void PinTable::MakeRoom() {
  if (by_client_.size() < max_pins_ || by_client_.empty()) return;
  const Pins& list = unconfirmed_.empty() ? pins_ : unconfirmed_;
  Erase(by_client_.find(KeyOf(list.back().pin)));
  ++evictions_;
}

PinTable::Pins::iterator PinTable::Add(const Client& client,
                                       const BackendId& backend,
                                       absl::Time expires) {
  MakeRoom();
  unconfirmed_.push_front(
      {.pin = {std::string(client.farm), client.address,
               std::string(client.user), backend, expires}});
  const Pins::iterator added = unconfirmed_.begin();
  by_client_.try_emplace(KeyOf(added->pin), added);
  return added;
}

bool PinTable::EraseIfPinned(const Client& client) {
  const auto found = by_client_.find(client);
  if (found == by_client_.end()) return false;
  Erase(found);
  return true;
}

void PinTable::Erase(ByClient::iterator found) {
  const Pins::iterator entry = found->second;
  by_client_.erase(found);  // Its key looks into the pin.
  ListOf(*entry).erase(entry);
}

bool PinTable::Delete(absl::string_view key) {
  // A farm's name has no slash; a user may.
  const size_t slash = key.find('/');
  if (slash == absl::string_view::npos) return false;
  const absl::string_view farm = key.substr(0, slash);
  const absl::string_view client = key.substr(slash + 1);
  if (client.empty()) return false;
  const std::optional<IpAddress> address = IpAddress::Parse(client);
  MutexLock lock(&mutex_);
  if (address.has_value() && EraseIfPinned({farm, *address, {}})) return true;
  if (EraseIfPinned({farm, IpAddress(), client})) return true;
  // Only the printable form of an unprintable user is left.
  if (client.find('\\') == absl::string_view::npos) return false;
  for (const Pins* list : {&pins_, &unconfirmed_}) {
    for (const auto& [pin, is_confirmed] : *list) {
      if (pin.farm == farm && !pin.user.empty() &&
          Printable(pin.user) == client) {
        return EraseIfPinned(KeyOf(pin));
      }
    }
  }
  return false;
}

std::vector<PinTable::Pin> PinTable::List(absl::Time now) const {
  MutexLock lock(&mutex_);
  std::vector<Pin> live;
  for (const Pins* list : {&pins_, &unconfirmed_}) {
    for (const auto& [pin, is_confirmed] : *list) {
      if (pin.expires > now) live.push_back(pin);
    }
  }
  return live;
}

bool PinTable::Holds(const Client& client, absl::Time now) const {
  MutexLock lock(&mutex_);
  const auto found = by_client_.find(client);
  return found != by_client_.end() && found->second->pin.expires > now;
}

int64_t PinTable::evictions() const {
  MutexLock lock(&mutex_);
  return evictions_;
}

size_t PinTable::size() const {
  MutexLock lock(&mutex_);
  return by_client_.size();
}

}  // namespace pinnace::fleet
