#include "proxy/gateway/prober.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"

namespace pinnace::gateway {
namespace {

// A backend that was well is out after so many failures in a row.
constexpr int kFall = 2;
// One that is not well is asked more often: it should be back at once.
constexpr absl::Duration kRetryInterval = absl::Seconds(1);

}  // namespace

Prober::Prober(io::Loop& loop, absl::Duration interval)
    : loop_(loop),
      interval_(interval),
      timer_(loop, [this] { ProbeWhatIsDue(); }) {}

Prober::~Prober() = default;

void Prober::Publish(const snapshot::Snapshot& snapshot) {
  absl::flat_hash_map<std::string, std::unique_ptr<Target>> targets;
  for (const fleet::Farm& farm : snapshot.fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      const std::string name = absl::StrCat(farm.name, "/", backend.id);
      auto known = targets_.find(name);
      if (known != targets_.end() && known->second->status == backend.status) {
        targets[name] = std::move(known->second);
        continue;
      }
      auto target = std::make_unique<Target>();
      target->name = name;
      target->address = backend.address;
      target->status = backend.status;
      target->due = loop_.now();
      targets[name] = std::move(target);
    }
  }
  targets_ = std::move(targets);
  ProbeWhatIsDue();
}

void Prober::ProbeWhatIsDue() {
  absl::Time next = absl::InfiniteFuture();
  for (auto& [name, target] : targets_) {
    if (target->probe == nullptr && target->due <= loop_.now()) {
      Target* probed = target.get();
      target->probe = std::make_unique<Probe>(
          loop_, target->address, limits::kProbeTimeout,
          [this, probed](absl::StatusOr<std::vector<std::string>> features) {
            OnResult(*probed, std::move(features));
          });
    }
    if (target->probe == nullptr) next = std::min(next, target->due);
  }
  timer_.Set(next);
}

void Prober::OnResult(Target& target,
                      absl::StatusOr<std::vector<std::string>> features) {
  fleet::BackendStatus& status = *target.status;
  const fleet::Health before = status.health();
  if (features.ok()) {
    target.failures = 0;
    status.SetFeatures(
        std::make_shared<const std::vector<std::string>>(*std::move(features)));
    status.SetTrouble("");
    status.SetHealth(fleet::Health::kHealthy, loop_.now());
    if (before != fleet::Health::kHealthy) {
      Log(LogLevel::kInfo,
          absl::StrCat("backend ", target.name, " (", target.address.ToString(),
                       ") is healthy"));
    }
  } else {
    ++target.failures;
    const std::string why = Printable(features.status().message());
    status.SetTrouble(why);
    if (before == fleet::Health::kUnknown || target.failures >= kFall) {
      status.SetHealth(fleet::Health::kUnhealthy, loop_.now());
    }
    if (before != fleet::Health::kUnhealthy) {
      Log(LogLevel::kWarning,
          absl::StrCat("backend ", target.name, " (", target.address.ToString(),
                       ") failed a probe: ", why));
    }
  }
  target.due =
      loop_.now() +
      (target.failures == 0 ? interval_ : std::min(interval_, kRetryInterval));
  target.probe.reset();
  ProbeWhatIsDue();
}

}  // namespace pinnace::gateway
