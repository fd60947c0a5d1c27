#include "proxy/ports/lease_table.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "proxy/base/check.h"

namespace pinnace::ports {
namespace {

// Idle sources whose place in their order of ports is remembered, per shard.
constexpr size_t kMaxSourcesPerShard = 1024;

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

uint64_t KeyBits(const IpAddress& key, uint64_t secret) {
  uint64_t bits = secret;
  for (size_t i = 0; i < key.bytes().size(); i += 8) {
    uint64_t word = 0;
    for (size_t j = 0; j < 8; ++j) word = word << 8 | key.bytes()[i + j];
    bits = Mix(bits ^ word);
  }
  return bits;
}

// A keyed permutation of 0..size-1: a Feistel network over the next even power
// of two, walked until the result is inside.
uint32_t Permute(uint32_t index, uint32_t size, uint64_t key) {
  int half_bits = 1;
  while ((uint64_t{1} << (2 * half_bits)) < size) ++half_bits;
  const uint32_t half_mask = (1u << half_bits) - 1;
  do {
    uint32_t left = index >> half_bits;
    uint32_t right = index & half_mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint32_t next =
          left ^
          (static_cast<uint32_t>(Mix(key ^ (round << 56) ^ right)) & half_mask);
      left = right;
      right = next;
    }
    index = left << half_bits | right;
  } while (index >= size);
  return index;
}

}  // namespace

IpAddress SourceOfSession(SessionId session) {
  // RFC 6666: 0100::/64 is routed nowhere, so nobody has an address in it.
  std::array<uint8_t, 16> bytes = {0x01, 0x00};
  for (size_t i = 0; i < sizeof(session); ++i) {
    bytes[8 + i] = static_cast<uint8_t>(session >> (56 - 8 * i));
  }
  return IpAddress::FromIpv6(bytes);
}

LeaseTable::LeaseTable(Options options, Granted granted)
    : options_(std::move(options)), granted_(std::move(granted)) {
  for (const PortRange& range : options_.pool) {
    for (int port = range.first; port <= range.last; ++port) {
      ports_.push_back(static_cast<uint16_t>(port));
    }
  }
  std::sort(ports_.begin(), ports_.end());
  ports_.erase(std::unique(ports_.begin(), ports_.end()), ports_.end());
  PINNACE_CHECK(!ports_.empty());
}

IpAddress LeaseTable::KeyOf(const IpAddress& source) const {
  switch (options_.match) {
    case SourceMatch::kSameAddress:
    case SourceMatch::kTlsSession:
      return source;
    case SourceMatch::kSameNetwork:
      return source.Masked(source.is_ipv4() ? 24 : 64);
    case SourceMatch::kAny:
      return IpAddress();
  }
  return source;
}

LeaseTable::Shard& LeaseTable::ShardOf(const IpAddress& key) const {
  return shards_[absl::HashOf(key) % kShards];
}

uint16_t LeaseTable::PortAt(uint64_t order, uint32_t turn) const {
  const auto size = static_cast<uint32_t>(ports_.size());
  return ports_[Permute(turn % size, size, order)];
}

std::optional<uint16_t> LeaseTable::TakeFreePort(const IpAddress& key,
                                                 Source& source,
                                                 const Waiter& wanted) {
  if (source.pending.size() >= ports_.size()) return std::nullopt;
  const auto size = static_cast<uint32_t>(ports_.size());
  std::optional<uint32_t> shared;  // With a lease that peers may claim too.
  for (uint32_t i = 0; i <= size; ++i) {
    if (i == size && !shared.has_value()) break;
    const uint32_t step = i < size ? i : *shared;
    const uint16_t port = PortAt(source.order, source.turn + step);
    if (wanted.slice.has_value() && !wanted.slice->Contains(port)) continue;
    if (wanted.peers != nullptr && i < size && HasPeerLease(port)) {
      if (!shared.has_value() && !source.pending.contains(port)) shared = i;
      continue;
    }
    if (!source.pending.try_emplace(port, Lease{wanted.owner, wanted.peers})
             .second) {
      continue;
    }
    if (wanted.peers != nullptr) {
      AddPeerLease(port, {wanted.owner, key, wanted.peers});
    }
    source.turn = (source.turn + step + 1) % size;
    return port;
  }
  return std::nullopt;
}

void LeaseTable::EndLease(Source& source, Source::Pending::iterator lease) {
  UncountPending(lease->second.owner);
  if (lease->second.peers != nullptr) {
    RemovePeerLease(lease->first, lease->second.owner);
  }
  source.pending.erase(lease);
}

bool LeaseTable::HasPeerLease(uint16_t port) const {
  MutexLock lock(&peer_mutex_);
  return peer_leases_.contains(port);
}

void LeaseTable::AddPeerLease(uint16_t port, PeerLease lease) {
  MutexLock lock(&peer_mutex_);
  peer_leases_[port].push_back(std::move(lease));
  peer_leases_count_.fetch_add(1, std::memory_order_relaxed);
}

void LeaseTable::RemovePeerLease(uint16_t port, const LeaseOwner& owner) {
  MutexLock lock(&peer_mutex_);
  const auto found = peer_leases_.find(port);
  if (found == peer_leases_.end()) return;
  std::vector<PeerLease>& leases = found->second;
  peer_leases_count_.fetch_sub(
      static_cast<int64_t>(std::erase_if(
          leases,
          [&owner](const PeerLease& lease) { return lease.owner == owner; })),
      std::memory_order_relaxed);
  if (leases.empty()) peer_leases_.erase(found);
}

std::optional<LeaseTable::PeerLease> LeaseTable::FindPeerLease(
    uint16_t port, const IpAddress& source) {
  // No FXP is the rule, and then nobody waits for the lock.
  if (peer_leases_count_.load(std::memory_order_relaxed) == 0) {
    return std::nullopt;
  }
  MutexLock lock(&peer_mutex_);
  const auto found = peer_leases_.find(port);
  if (found == peer_leases_.end()) return std::nullopt;
  const PeerLease* only = nullptr;
  for (const PeerLease& lease : found->second) {
    if (!AnyContains(*lease.peers, source)) continue;
    if (only != nullptr) {
      // To guess would be to give one client's file to another.
      ++ambiguous_total_;
      return std::nullopt;
    }
    only = &lease;
  }
  return only == nullptr ? std::nullopt : std::optional<PeerLease>(*only);
}

bool LeaseTable::IsForeign(const PortRange& slice) const {
  const auto first =
      std::lower_bound(ports_.begin(), ports_.end(), slice.first);
  return first == ports_.end() || *first > slice.last;
}

LeaseTable::Taken LeaseTable::Take(const LeaseOwner& owner,
                                   const IpAddress& client,
                                   const std::optional<PortRange>& wanted,
                                   PeerNetworks peers) {
  const std::optional<PortRange> slice =
      wanted.has_value() && IsForeign(*wanted) ? std::nullopt : wanted;
  if (!CountPending(owner)) return {.outcome = Outcome::kTooManyPending};
  const IpAddress key = KeyOf(client);
  Shard& shard = ShardOf(key);
  MutexLock lock(&shard.mutex);
  std::unique_ptr<Source>& slot = shard.sources[key];
  if (slot == nullptr) {
    slot = std::make_unique<Source>();
    slot->order = KeyBits(key, options_.secret);
    slot->turn = static_cast<uint32_t>(
        KeyBits(key, options_.secret ^ Mix(shard.facts.granted_total)) %
        ports_.size());
  }
  Source& source = *slot;
  Waiter waiter = {owner, slice, std::move(peers)};
  const std::optional<uint16_t> port = TakeFreePort(key, source, waiter);
  if (port.has_value()) {
    ++shard.facts.granted_total;
    ++shard.facts.pending;
    return {.outcome = Outcome::kGranted, .port = *port};
  }
  if (source.waiting.size() >=
      static_cast<size_t>(options_.max_waiters_per_client)) {
    ++shard.facts.refused_total;
    UncountPending(owner);
    ForgetIfIdle(shard, key, source);
    return {.outcome = Outcome::kRefused};
  }
  source.waiting.push_back(std::move(waiter));
  ++shard.facts.waiting;
  ++shard.facts.waited_total;
  return {.outcome = Outcome::kWaiting};
}

std::optional<LeaseOwner> LeaseTable::Claim(uint16_t port,
                                            const IpAddress& source) {
  const IpAddress key = KeyOf(source);
  std::optional<LeaseOwner> owner = ClaimOf(key, port, nullptr);
  if (owner.has_value()) return owner;
  if (const std::optional<PeerLease> lease = FindPeerLease(port, source)) {
    owner = ClaimOf(lease->key, port, &lease->owner);
    if (owner.has_value()) return owner;
  }
  Shard& shard = ShardOf(key);
  MutexLock lock(&shard.mutex);
  ++shard.facts.strangers_total;
  return std::nullopt;
}

std::optional<LeaseOwner> LeaseTable::ClaimOf(const IpAddress& key,
                                              uint16_t port,
                                              const LeaseOwner* expected) {
  Shard& shard = ShardOf(key);
  std::optional<Grant> next;
  LeaseOwner owner;
  {
    MutexLock lock(&shard.mutex);
    auto found = shard.sources.find(key);
    if (found == shard.sources.end()) return std::nullopt;
    Source& source = *found->second;
    auto lease = source.pending.find(port);
    if (lease == source.pending.end()) return std::nullopt;
    owner = lease->second.owner;
    if (expected != nullptr && owner != *expected) return std::nullopt;
    EndLease(source, lease);
    --shard.facts.pending;
    ++shard.facts.claimed_total;
    next = ServeWaiting(key, source, shard.facts);
    ForgetIfIdle(shard, key, source);
  }
  if (next.has_value()) granted_(next->owner, key, next->port);
  return owner;
}

void LeaseTable::Release(const LeaseOwner& owner, const IpAddress& client,
                         uint16_t port) {
  const IpAddress key = KeyOf(client);
  Shard& shard = ShardOf(key);
  std::optional<Grant> next;
  {
    MutexLock lock(&shard.mutex);
    auto found = shard.sources.find(key);
    if (found == shard.sources.end()) return;
    Source& source = *found->second;
    if (port == 0) {
      auto waiter = std::find_if(
          source.waiting.begin(), source.waiting.end(),
          [&](const Waiter& waiting) { return waiting.owner == owner; });
      if (waiter != source.waiting.end()) {
        source.waiting.erase(waiter);
        --shard.facts.waiting;
        UncountPending(owner);
      }
    } else {
      auto lease = source.pending.find(port);
      if (lease == source.pending.end() || lease->second.owner != owner) return;
      EndLease(source, lease);
      --shard.facts.pending;
      next = ServeWaiting(key, source, shard.facts);
    }
    ForgetIfIdle(shard, key, source);
  }
  if (next.has_value()) granted_(next->owner, key, next->port);
}

std::optional<LeaseTable::Grant> LeaseTable::ServeWaiting(const IpAddress& key,
                                                          Source& source,
                                                          Facts& facts) {
  for (auto waiter = source.waiting.begin(); waiter != source.waiting.end();
       ++waiter) {
    const LeaseOwner owner = waiter->owner;
    const std::optional<uint16_t> port = TakeFreePort(key, source, *waiter);
    if (!port.has_value()) continue;  // Its slice is still full.
    source.waiting.erase(waiter);
    --facts.waiting;
    ++facts.pending;
    ++facts.granted_total;
    return Grant{owner, *port};
  }
  return std::nullopt;
}

bool LeaseTable::CountPending(const LeaseOwner& owner) {
  if (options_.max_pending_per_address == 0) return true;
  MutexLock lock(&count_mutex_);
  int& pending = pending_by_address_[owner.counts_for];
  if (pending >= options_.max_pending_per_address) {
    ++too_many_total_;
    return false;
  }
  ++pending;
  return true;
}

void LeaseTable::UncountPending(const LeaseOwner& owner) {
  if (options_.max_pending_per_address == 0) return;
  MutexLock lock(&count_mutex_);
  const auto found = pending_by_address_.find(owner.counts_for);
  if (found != pending_by_address_.end() && --found->second == 0) {
    pending_by_address_.erase(found);
  }
}

void LeaseTable::ForgetIfIdle(Shard& shard, const IpAddress& key,
                              const Source& source) {
  shard.mutex.AssertHeld();
  if (source.pending.empty() && source.waiting.empty() &&
      shard.sources.size() > kMaxSourcesPerShard) {
    shard.sources.erase(key);
  }
}

LeaseTable::Facts LeaseTable::facts() const {
  Facts sum;
  sum.ports = static_cast<int>(ports_.size());
  for (const uint16_t port : ports_) sum.by_port.push_back({.port = port});
  const auto index_of = [this](uint16_t port) {
    return std::lower_bound(ports_.begin(), ports_.end(), port) -
           ports_.begin();
  };
  for (const Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    sum.pending += shard.facts.pending;
    sum.waiting += shard.facts.waiting;
    sum.granted_total += shard.facts.granted_total;
    sum.claimed_total += shard.facts.claimed_total;
    sum.waited_total += shard.facts.waited_total;
    sum.refused_total += shard.facts.refused_total;
    sum.strangers_total += shard.facts.strangers_total;
    for (const auto& [key, source] : shard.sources) {
      for (const auto& [port, owner] : source->pending) {
        ++sum.by_port[index_of(port)].pending;
      }
    }
  }
  {
    MutexLock lock(&count_mutex_);
    sum.too_many_total = too_many_total_;
  }
  MutexLock lock(&peer_mutex_);
  sum.ambiguous_total = ambiguous_total_;
  return sum;
}

}  // namespace pinnace::ports
