#include "proxy/guard/client_counter.h"

#include <algorithm>

#include "proxy/guard/ban.h"

namespace pinnace::guard {

ClientCounter::ClientCounter(const ClientLimits& limits, size_t max_clients)
    : limits_(limits),
      burst_(limits.connections_burst > 0 ? limits.connections_burst
                                          : limits.connections_per_second),
      max_clients_(max_clients) {}

void ClientCounter::Place::Release() {
  ClientCounter* counter = std::exchange(counter_, nullptr);
  if (counter == nullptr) return;
  if (user_.empty()) {
    counter->LeaveAddress(address_);
  } else {
    counter->LeaveUser(user_);
  }
}

void ClientCounter::Refill(Address& address, absl::Time now) const {
  const absl::Duration since =
      std::max(now - address.refilled, absl::ZeroDuration());
  address.tokens =
      std::min(burst_, address.tokens + absl::ToDoubleSeconds(since) *
                                            limits_.connections_per_second);
  address.refilled = std::max(address.refilled, now);
}

bool ClientCounter::MakeRoom() {
  if (addresses_.size() < max_clients_) return true;
  if (quiet_.empty()) return false;
  addresses_.erase(quiet_.back());
  quiet_.pop_back();
  ++forgotten_;
  return true;
}

ClientCounter::Taken ClientCounter::Connect(const IpAddress& client,
                                            absl::Time now) {
  const bool is_rated = limits_.connections_per_second > 0;
  if (!is_rated && limits_.sessions_per_address == 0) return {};
  const IpAddress key = NetworkOf(client).network;
  MutexLock lock(&mutex_);
  auto found = addresses_.find(key);
  if (found == addresses_.end()) {
    if (!MakeRoom()) {
      ++forgotten_;
      return {};
    }
    quiet_.push_front(key);
    found = addresses_
                .emplace(key, Address{.sessions = 0,
                                      .tokens = burst_,
                                      .refilled = now,
                                      .quiet = quiet_.begin()})
                .first;
  }
  Address& address = found->second;
  if (address.sessions == 0) {
    quiet_.splice(quiet_.begin(), quiet_, address.quiet);
  }
  if (is_rated) {
    Refill(address, now);
    if (address.tokens < 1) return {.outcome = Outcome::kTooFast, .place = {}};
    address.tokens -= 1;
  }
  if (limits_.sessions_per_address > 0 &&
      address.sessions >= limits_.sessions_per_address) {
    return {.outcome = Outcome::kTooManySessions, .place = {}};
  }
  if (address.sessions++ == 0) quiet_.erase(address.quiet);
  return {.outcome = Outcome::kTaken, .place = Place(this, key)};
}

void ClientCounter::LeaveAddress(const IpAddress& key) {
  MutexLock lock(&mutex_);
  const auto found = addresses_.find(key);
  if (found == addresses_.end() || --found->second.sessions > 0) return;
  if (limits_.connections_per_second == 0) {
    addresses_.erase(found);
    return;
  }
  // How fast it connects is still of interest.
  quiet_.push_front(key);
  found->second.quiet = quiet_.begin();
}

bool ClientCounter::HasPlaceFor(absl::string_view user) const {
  if (limits_.sessions_per_user == 0) return true;
  const std::string key = UserKey(user);
  MutexLock lock(&mutex_);
  const auto found = users_.find(key);
  return found == users_.end() || found->second < limits_.sessions_per_user;
}

std::optional<ClientCounter::Place> ClientCounter::LogIn(
    absl::string_view user) {
  if (limits_.sessions_per_user == 0) return Place();
  const std::string key = UserKey(user);
  if (key.empty()) return Place();
  MutexLock lock(&mutex_);
  auto found = users_.find(key);
  if (found == users_.end()) {
    if (users_.size() >= max_clients_) {
      ++forgotten_;
      return Place();
    }
    found = users_.emplace(key, 0).first;
  }
  if (found->second >= limits_.sessions_per_user) return std::nullopt;
  ++found->second;
  return Place(this, key);
}

void ClientCounter::LeaveUser(const std::string& user) {
  MutexLock lock(&mutex_);
  const auto found = users_.find(user);
  if (found != users_.end() && --found->second == 0) users_.erase(found);
}

int64_t ClientCounter::forgotten() const {
  MutexLock lock(&mutex_);
  return forgotten_;
}

size_t ClientCounter::clients() const {
  MutexLock lock(&mutex_);
  return addresses_.size();
}

size_t ClientCounter::users() const {
  MutexLock lock(&mutex_);
  return users_.size();
}

}  // namespace pinnace::guard
