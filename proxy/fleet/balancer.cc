#include "proxy/fleet/balancer.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"

namespace pinnace::fleet {
namespace {

using Candidates = absl::InlinedVector<const Backend*, 16>;

bool IsTried(const PickRequest& request, const Backend& backend) {
  for (const BackendId& id : request.tried) {
    if (id == backend.id) return true;
  }
  return false;
}

template <typename Admits>
Candidates Filter(const Farm& farm, const PickRequest& request, Admits admits) {
  Candidates candidates;
  for (const Backend& backend : farm.backends) {
    if (backend.state == AdminState::kUp && admits(backend) &&
        !IsTried(request, backend)) {
      candidates.push_back(&backend);
    }
  }
  return candidates;
}

// Sessions per unit of weight; by cross-multiplication, so that it is exact.
bool LessLoaded(const Backend* a, const Backend* b) {
  return a->status->sessions.load(std::memory_order_relaxed) * b->weight <
         b->status->sessions.load(std::memory_order_relaxed) * a->weight;
}

}  // namespace

bool IsUsable(const Backend& backend, absl::Time now) {
  return backend.state == AdminState::kUp &&
         backend.status->health() != Health::kUnhealthy &&
         !backend.status->IsEjected(now);
}

bool HasCandidate(const Farm& farm) {
  return std::any_of(farm.backends.begin(), farm.backends.end(),
                     [](const Backend& backend) {
                       return backend.state == AdminState::kUp &&
                              backend.status->health() != Health::kUnhealthy;
                     });
}

Nobody WhyNobody(const Farm& farm, const PickRequest& request) {
  if (farm.backends.empty()) return Nobody::kNoBackends;
  const Candidates left = Filter(farm, request, [](const Backend& backend) {
    return backend.status->health() != Health::kUnhealthy;
  });
  return left.empty() ? Nobody::kAllOut : Nobody::kAllFull;
}

const Backend* Pick(const Farm& farm, const PickRequest& request) {
  Candidates candidates = Filter(farm, request, [&](const Backend& backend) {
    return IsUsable(backend, request.now) &&
           !backend.status->IsFull(backend.max_sessions);
  });
  if (candidates.empty()) {
    // One failed connect must not lock everybody out of the last backend.
    candidates = Filter(farm, request, [](const Backend& backend) {
      return backend.status->health() != Health::kUnhealthy &&
             !backend.status->IsFull(backend.max_sessions);
    });
  }
  if (candidates.empty()) return nullptr;
  // The turn also breaks ties of least_sessions, so that an idle farm is filled
  // evenly.
  const uint64_t turn = farm.turn->fetch_add(1, std::memory_order_relaxed);
  const size_t first = turn % candidates.size();
  switch (farm.balance) {
    case Balance::kRoundRobin:
      return candidates[first];
    case Balance::kWeighted:
    case Balance::kP2c:
    case Balance::kMaglev:
    case Balance::kLeastSessions: {
      // The first of the least loaded, counted from `first` round.
      const auto start = candidates.begin() + first;
      const auto behind = std::min_element(start, candidates.end(), LessLoaded);
      const auto before =
          std::min_element(candidates.begin(), start, LessLoaded);
      return before != start && LessLoaded(*before, *behind) ? *before
                                                             : *behind;
    }
  }
  return nullptr;
}

}  // namespace pinnace::fleet
