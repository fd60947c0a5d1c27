#include "proxy/fleet/outlier.h"

#include <algorithm>

#include "proxy/fleet/balancer.h"

namespace pinnace::fleet {
namespace {

int Threshold(const OutlierEjection& options, FailureKind kind) {
  switch (kind) {
    case FailureKind::kConnect:
      return options.connect_failures;
    case FailureKind::kData:
      return options.data_failures;
  }
  return 0;
}

bool MayEject(const Farm& farm, const Backend& backend, absl::Time now) {
  int ejected = 0;
  bool another_stays = false;
  for (const Backend& other : farm.backends) {
    if (other.status == backend.status) continue;
    if (other.status->IsEjected(now)) ++ejected;
    another_stays = another_stays || IsUsable(other, now);
  }
  if (!another_stays) return false;
  const int most = static_cast<int>(farm.backends.size()) *
                   farm.outlier_ejection.most_percent / 100;
  return ejected < std::max(most, 1);
}

absl::Duration BackOff(const OutlierEjection& options, int ejections_before) {
  absl::Duration duration = options.base;
  for (int i = 0; i < ejections_before && duration < options.longest; ++i) {
    duration *= 2;
  }
  return std::min(duration, std::max(options.base, options.longest));
}

}  // namespace

std::optional<absl::Duration> NoteFailure(const Farm& farm,
                                          const Backend& backend,
                                          FailureKind kind, absl::Time now) {
  BackendStatus& status = *backend.status;
  (kind == FailureKind::kConnect ? status.connect_failures
                                 : status.data_failures)
      .fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(&farm.progress->ejecting);
  // Sessions that were under way when it was left out say nothing new.
  if (status.IsEjected(now)) return std::nullopt;
  const OutlierEjection& options = farm.outlier_ejection;
  if (status.outlier.Fail(kind) < Threshold(options, kind)) return std::nullopt;
  if (!MayEject(farm, backend, now)) return std::nullopt;
  const absl::Duration duration =
      BackOff(options, status.outlier.ejections(kind));
  status.outlier.Eject(kind, now + duration);
  status.ejections_total.fetch_add(1, std::memory_order_relaxed);
  return duration;
}

void NoteSuccess(BackendStatus& status, FailureKind kind) {
  status.outlier.Succeed(kind);
}

}  // namespace pinnace::fleet
