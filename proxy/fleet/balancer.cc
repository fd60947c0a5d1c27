#include "proxy/fleet/balancer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "proxy/base/limits.h"
#include "proxy/fleet/farm_index.h"
#include "proxy/fleet/load.h"
#include "proxy/fleet/mix.h"
#include "proxy/fleet/slow_start.h"
#include "proxy/fleet/stable_hash.h"

namespace pinnace::fleet {
namespace {

// Who may be picked in the order of preference.
enum class Tier : uint8_t { kUsable, kEjectedToo };

bool IsTried(const PickRequest& request, const Backend& backend) {
  return std::find(request.tried.begin(), request.tried.end(), backend.id) !=
         request.tried.end();
}

// Addresses are hashed in their 16 byte form, whatever the family.
uint64_t ClientHash(const Farm& farm, const PickRequest& request) {
  if (farm.hash_on == ClientIdentity::kUser && !request.user.empty()) {
    return StableHash(request.user);
  }
  const auto& bytes = request.client.bytes();
  return StableHash(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// One choice among those of a group that may be picked in a tier. Draws a few
// times first, which costs the same in every farm; only where most of the drawn
// may not be picked it looks at all of them.
class Choice {
 public:
  Choice(const Farm& farm, const PickRequest& request,
         const BackendGroup& group, Tier tier)
      : farm_(farm), request_(request), group_(group), tier_(tier) {}

  const Backend* Make() const {
    if (group_.size() == 0) return nullptr;
    switch (farm_.balance) {
      case Balance::kRoundRobin:
        return Draw([this](uint64_t turn) { return turn % group_.size(); });
      case Balance::kLeastSessions:
        return LeastLoaded();
      case Balance::kWeighted:
        return Draw([this](uint64_t) { return group_.weighted().Next(); });
      case Balance::kP2c:
        return LessLoadedOfTwo();
      case Balance::kMaglev:
        return ByHash();
    }
    return nullptr;
  }

 private:
  bool Admits(const Backend& backend) const {
    return IsCandidate(backend) &&
           (tier_ == Tier::kEjectedToo ||
            !backend.status->IsEjected(request_.now)) &&
           !backend.status->IsFull(backend.max_sessions) &&
           !IsTried(request_, backend);
  }

  uint64_t NextTurn() const {
    return farm_.progress->turn.fetch_add(1, std::memory_order_relaxed);
  }

  const Backend& At(size_t member) const { return group_.At(farm_, member); }

  int Share(const Backend& backend) const {
    return ShareNow(farm_, backend, request_.now);
  }

  Load LoadOf(const Backend& backend) const {
    return {
        .sessions = backend.status->sessions.load(std::memory_order_relaxed),
        .units = group_.load_scale().UnitsOf(backend) * Share(backend)};
  }

  // A draw that meets one that may not be picked is dropped, and so is a part
  // of the draws that meet one in its slow start: the others keep their shares
  // among themselves.
  template <typename DrawMember>
  const Backend* Draw(DrawMember draw_member,
                      const Backend* other_than = nullptr) const {
    for (int i = 0; i < limits::kMaxBackendDraws; ++i) {
      const uint64_t turn = NextTurn();
      const Backend& backend = At(draw_member(turn));
      if (&backend == other_than || !Admits(backend)) continue;
      const int share = Share(backend);
      if (share == kFullShare ||
          static_cast<int>(Mix(~turn) % kFullShare) < share) {
        return &backend;
      }
    }
    return DrawByScan(other_than);
  }

  // By share in one pass: the next one takes the place of the chosen one with
  // the chance of its part in the sum so far.
  const Backend* DrawByScan(const Backend* other_than) const {
    const Backend* chosen = nullptr;
    const uint64_t turn = NextTurn();
    uint64_t sum = 0;
    for (size_t i = 0; i < group_.size(); ++i) {
      const Backend& backend = At(i);
      if (&backend == other_than || !Admits(backend)) continue;
      const int weight =
          farm_.balance == Balance::kRoundRobin ? 1 : backend.weight;
      const auto share = static_cast<uint64_t>(weight) * Share(backend);
      sum += share;
      if (Mix(Mix(turn) + i) % sum < share) chosen = &backend;
    }
    return chosen;
  }

  const Backend* LeastLoaded() const {
    // The first of the least loaded, counted from the turn round: so an idle
    // farm is filled evenly.
    const size_t first = NextTurn() % group_.size();
    const Backend* least = nullptr;
    Load least_load;
    for (size_t i = 0; i < group_.size(); ++i) {
      const size_t member = first + i;
      const Backend& backend =
          At(member < group_.size() ? member : member - group_.size());
      if (!Admits(backend)) continue;
      const Load load = LoadOf(backend);
      if (least != nullptr && !(load < least_load)) continue;
      least = &backend;
      least_load = load;
    }
    return least;
  }

  const Backend* LessLoadedOfTwo() const {
    const auto draw = [this](uint64_t turn) {
      return group_.p2c().Draw(Mix(turn));
    };
    const Backend* one = Draw(draw);
    if (one == nullptr) return nullptr;
    const Backend* other = Draw(draw, one);
    return other != nullptr && LoadOf(*other) < LoadOf(*one) ? other : one;
  }

  // The clients of one that may not be picked are spread by further hashes;
  // those of all others stay.
  const Backend* ByHash() const {
    const uint64_t client = ClientHash(farm_, request_);
    if (group_.maglev() == nullptr) return ByHighestScore(client);
    uint64_t hash = client;
    for (int i = 0; i < limits::kMaxBackendDraws; ++i) {
      const Backend& backend = At(group_.maglev()->Find(hash));
      if (Admits(backend)) return &backend;
      hash = Mix(hash);
    }
    return ByHighestScore(client);
  }

  // Weighted rendezvous hashing: consistent too, but it looks at all.
  const Backend* ByHighestScore(uint64_t client) const {
    const Backend* highest = nullptr;
    double highest_score = 0;
    for (size_t i = 0; i < group_.size(); ++i) {
      const Backend& backend = At(i);
      if (!Admits(backend)) continue;
      // Within (0, 1).
      const double chance =
          (static_cast<double>(StableHash(backend.id, client) >> 12) + 0.5) /
          static_cast<double>(uint64_t{1} << 52);
      const double score = backend.weight / -std::log(chance);
      if (highest != nullptr && score <= highest_score) continue;
      highest = &backend;
      highest_score = score;
    }
    return highest;
  }

  const Farm& farm_;
  const PickRequest& request_;
  const BackendGroup& group_;
  const Tier tier_;
};

}  // namespace

bool IsCandidate(const Backend& backend) {
  return backend.state == AdminState::kUp &&
         backend.status->health() != Health::kUnhealthy;
}

bool IsUsable(const Backend& backend, absl::Time now) {
  return IsCandidate(backend) && !backend.status->IsEjected(now);
}

bool HasCandidate(const Farm& farm) {
  return std::any_of(farm.backends.begin(), farm.backends.end(), IsCandidate);
}

const Backend* Pick(const Farm& farm, const PickRequest& request) {
  std::optional<BackendGroup> made;  // of a farm that nobody prepared
  const BackendGroup* near = nullptr;
  if (farm.index != nullptr) {
    near = farm.index->near();
  } else {
    made = BackendGroup::AllOf(farm, BackendGroup::Use::kOnePick);
  }
  const BackendGroup& all = made.has_value() ? *made : farm.index->all();
  const auto choose = [&](const BackendGroup& group, Tier tier) {
    return Choice(farm, request, group, tier).Make();
  };
  const Backend* picked =
      near == nullptr ? nullptr : choose(*near, Tier::kUsable);
  if (picked == nullptr) picked = choose(all, Tier::kUsable);
  // A few failed connects must not lock everybody out of the last backends.
  if (picked == nullptr) picked = choose(all, Tier::kEjectedToo);
  return picked;
}

Nobody WhyNobody(const Farm& farm, const PickRequest& request) {
  if (farm.backends.empty()) return Nobody::kNoBackends;
  const bool one_is_left = std::any_of(
      farm.backends.begin(), farm.backends.end(), [&](const Backend& backend) {
        return IsCandidate(backend) && !IsTried(request, backend);
      });
  return one_is_left ? Nobody::kAllFull : Nobody::kAllOut;
}

}  // namespace pinnace::fleet
