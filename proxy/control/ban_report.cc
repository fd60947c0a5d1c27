#include "proxy/control/ban_report.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "proxy/snapshot/ban_message.h"

namespace pinnace::control {
namespace {

constexpr size_t kBansPerReport = 1'000;
constexpr char kControlPlane[] = "control plane";

}  // namespace

void BanReport::AddTo(const guard::BanTable& bans, absl::Time now,
                      v1::Report& report) {
  if (!std::exchange(told_any_, true)) first_ends_ = bans.version();
  const guard::BanTable::Changes changes =
      bans.Since(told_, kBansPerReport, now);
  told_ = changes.version;
  for (const guard::BanTable::Change& change : changes.changes) {
    // The control plane knows what it has said itself on this stream.
    if (change.version > first_ends_ && !change.from.empty()) continue;
    *report.add_bans() = snapshot::ChangeMessage(change);
  }
}

void TakeBans(const v1::BanUpdate& update, absl::Time now,
              guard::BanTable& bans) {
  for (const v1::Ban& message : update.bans()) {
    absl::StatusOr<guard::BanTable::Change> change =
        snapshot::ChangeOf(message);
    if (!change.ok()) continue;
    change->from = kControlPlane;
    bans.Merge(*std::move(change), now);
  }
  for (const std::string& key : update.lifted()) {
    bans.Lift(key, now, kControlPlane);
  }
}

}  // namespace pinnace::control
