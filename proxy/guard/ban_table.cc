#include "proxy/guard/ban_table.h"

#include <algorithm>
#include <utility>

#include "proxy/base/printable.h"

namespace pinnace::guard {
namespace {

// In the order in which they make room.
enum Rank { kLifted, kOfGateway, kOfOperator, kRanks };

}  // namespace

BanTable::Order BanTable::OrderOf(const Change& entry) {
  const Rank rank = entry.is_lifted                 ? kLifted
                    : entry.ban.origin == kOperator ? kOfOperator
                                                    : kOfGateway;
  return {rank, entry.ban.expires, entry.version};
}

int64_t& BanTable::LengthOf(const Ban& ban) {
  const auto bits = static_cast<size_t>(ban.client.prefix_bits);
  return ban.client.network.is_ipv4() ? ipv4_[bits] : ipv6_[bits];
}

std::optional<Ban> BanTable::FindOf(const IpAddress& client,
                                    const std::string& user,
                                    absl::Time now) const {
  const Ban* last = nullptr;
  const auto look = [&](const auto& lengths) {
    for (size_t bits = 0; bits < lengths.size(); ++bits) {
      if (lengths[bits] == 0) continue;
      const int prefix_bits = static_cast<int>(bits);
      const auto found =
          entries_.find(Name{client.Masked(prefix_bits), prefix_bits, user});
      if (found == entries_.end() || found->second.is_lifted) continue;
      const Ban& ban = found->second.ban;
      if (ban.expires <= now) continue;
      if (last == nullptr || ban.expires > last->expires) last = &ban;
    }
  };
  if (client.is_ipv4()) {
    look(ipv4_);
  } else {
    look(ipv6_);
  }
  return last == nullptr ? std::nullopt : std::optional<Ban>(*last);
}

std::optional<Ban> BanTable::Find(const IpAddress& client,
                                  absl::Time now) const {
  if (live_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  MutexLock lock(&mutex_);
  if (live_ == of_users_) return std::nullopt;
  return FindOf(client, "", now);
}

std::optional<Ban> BanTable::Find(const IpAddress& client,
                                  absl::string_view user,
                                  absl::Time now) const {
  if (live_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  MutexLock lock(&mutex_);
  if (of_users_ == 0) return std::nullopt;
  return FindOf(client, UserKey(Printable(user)), now);
}

void BanTable::Index(Change& entry) {
  entry.version = ++version_;
  by_version_[entry.version] = &entry;
  by_order_[OrderOf(entry)] = &entry;
  if (entry.is_lifted) return;
  ++LengthOf(entry.ban);
  ++live_;
  if (!entry.ban.user.empty()) ++of_users_;
}

void BanTable::Unindex(const Change& entry) {
  by_version_.erase(entry.version);
  by_order_.erase(OrderOf(entry));
  if (entry.is_lifted) return;
  --LengthOf(entry.ban);
  --live_;
  if (!entry.ban.user.empty()) --of_users_;
}

void BanTable::Erase(const Change& entry) {
  Unindex(entry);
  entries_.erase(entries_.find(NameOf(entry.ban)));
}

void BanTable::EraseOver(absl::Time now) {
  for (int rank = 0; rank < kRanks; ++rank) {
    while (true) {
      const auto first = by_order_.lower_bound({rank, absl::InfinitePast(), 0});
      if (first == by_order_.end() || std::get<0>(first->first) != rank ||
          std::get<1>(first->first) > now) {
        break;
      }
      Erase(*first->second);
    }
  }
}

void BanTable::Put(Change change, absl::Time now) {
  EraseOver(now);
  const Name name = NameOf(change.ban);
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    Unindex(found->second);
    found->second = std::move(change);
    return Index(found->second);
  }
  while (entries_.size() >= max_bans_ && !by_order_.empty()) {
    Erase(*by_order_.begin()->second);
    ++evictions_;
  }
  Change& entry = entries_[name];
  entry = std::move(change);
  Index(entry);
}

Ban BanTable::Add(Ban ban) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(NameOf(ban));
  const absl::Time now = ban.started;
  if (found != entries_.end()) {
    ban.started =
        std::max(ban.started, found->second.ban.started + absl::Nanoseconds(1));
  }
  Put({.ban = ban, .is_lifted = false, .from = ""}, now);
  return ban;
}

bool BanTable::Lift(absl::string_view key, absl::Time now,
                    absl::string_view from) {
  const std::optional<BanName> name = ParseBanKey(key);
  if (!name.has_value()) return false;
  MutexLock lock(&mutex_);
  const auto found = entries_.find(Name{
      name->client.network, name->client.prefix_bits, UserKey(name->user)});
  if (found == entries_.end() || found->second.is_lifted ||
      found->second.ban.expires <= now) {
    return false;
  }
  Change lifted = found->second;
  lifted.is_lifted = true;
  lifted.from = std::string(from);
  lifted.ban.started = std::max(now, lifted.ban.started + absl::Nanoseconds(1));
  Put(std::move(lifted), now);
  return true;
}

BanTable::Merged BanTable::Merge(Change change, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(NameOf(change.ban));
  if (found != entries_.end()) {
    const Change& known = found->second;
    if (known.ban.started >= change.ban.started) {
      return known.is_lifted && !change.is_lifted ? Merged::kIsLifted
                                                  : Merged::kNothingNew;
    }
    // Who lifts it may not know how long it was to last.
    if (change.is_lifted) {
      change.ban.expires = std::max(change.ban.expires, known.ban.expires);
    }
  }
  if (change.ban.expires <= now) return Merged::kNothingNew;
  Put(std::move(change), now);
  return Merged::kTaken;
}

std::vector<Ban> BanTable::List(absl::Time now) const {
  MutexLock lock(&mutex_);
  std::vector<Ban> bans;
  for (const auto& [name, entry] : entries_) {
    if (!entry.is_lifted && entry.ban.expires > now) {
      bans.push_back(entry.ban);
    }
  }
  return bans;
}

BanTable::Changes BanTable::Since(uint64_t version, size_t most,
                                  absl::Time now) const {
  MutexLock lock(&mutex_);
  Changes since = {.changes = {}, .version = version};
  for (auto next = by_version_.upper_bound(version);
       next != by_version_.end() && since.changes.size() < most; ++next) {
    since.version = next->first;
    const Change& change = *next->second;
    if (change.ban.expires > now) since.changes.push_back(change);
  }
  if (since.changes.size() < most) since.version = version_;
  return since;
}

uint64_t BanTable::version() const {
  MutexLock lock(&mutex_);
  return version_;
}

size_t BanTable::size() const {
  MutexLock lock(&mutex_);
  return live_;
}

int64_t BanTable::evictions() const {
  MutexLock lock(&mutex_);
  return evictions_;
}

}  // namespace pinnace::guard
