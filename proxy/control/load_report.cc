#include "proxy/control/load_report.h"

#include <utility>

#include "proxy/control/gateway_facts.h"

namespace pinnace::control {

void LoadReport::AddTo(const snapshot::Snapshot& snapshot, absl::Time now,
                       v1::Report& report) {
  size_t backends = 0;
  bool others = !std::exchange(told_any_, true);
  for (const fleet::Farm& farm : snapshot.fleet.farms) {
    backends += farm.backends.size();
    for (const fleet::Backend& backend : farm.backends) {
      others = others || !told_.contains(backend.id);
    }
  }
  const bool full = others || backends != told_.size();
  if (full) told_.clear();
  report.set_full(full);
  int64_t sessions = 0;
  for (const fleet::Farm& farm : snapshot.fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      sessions += backend.status->sessions.load(std::memory_order_relaxed);
      v1::BackendLoad load = BackendLoadMessage(backend, now);
      std::string bytes = load.SerializeAsString();
      std::string& told = told_[backend.id];
      if (!full && told == bytes) continue;
      told = std::move(bytes);
      *report.add_backends() = std::move(load);
    }
  }
  report.set_sessions(sessions);
}

}  // namespace pinnace::control
