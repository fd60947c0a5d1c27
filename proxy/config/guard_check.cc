#include "proxy/config/guard_check.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/rate_check.h"

namespace pinnace::config {
namespace {

using snapshot::DurationOf;
using snapshot::FieldCheck;
using snapshot::FieldProblems;

constexpr uint32_t kMostSessions = 100'000;
constexpr uint32_t kMostConnectionsPerSecond = 10'000;
constexpr uint32_t kMostPendingData = 65'535;
constexpr uint32_t kMostFailedLogins = 10'000;
constexpr absl::Duration kShortest = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Hours(24);
constexpr absl::Duration kLongestBan = absl::Hours(30 * 24);
constexpr absl::Duration kLongestTarpit = absl::Seconds(10);

}  // namespace

void CheckLimits(const v1::LimitsConfig& limits, FieldProblems& problems) {
  const std::string path = "gateway.limits";
  const FieldCheck check(path, problems);
  check.Number("sessions_per_address", limits.sessions_per_address(), 0,
               kMostSessions);
  check.Number("sessions_per_user", limits.sessions_per_user(), 0,
               kMostSessions);
  check.Number("connections_per_second", limits.connections_per_second(), 0,
               kMostConnectionsPerSecond);
  check.Number("connections_burst", limits.connections_burst(), 0,
               kMostConnectionsPerSecond);
  if (limits.connections_burst() > 0 && limits.connections_per_second() == 0) {
    check.Complain("connections_burst", "needs connections_per_second");
  }
  check.Number("pending_data_connections_per_address",
               limits.pending_data_connections_per_address(), 0,
               kMostPendingData);
  snapshot::CheckRate(limits.rate(), "gateway.limits.rate", problems);
  if (limits.memory() > 0 && limits.memory() < limits::kMinMemory) {
    check.Complain("memory", absl::StrCat("must be 64 MiB or more in bytes, or "
                                          "0, not ",
                                          limits.memory()));
  }
}

void CheckBans(const v1::BansConfig& bans, FieldProblems& problems) {
  const std::string path = "gateway.bans";
  const FieldCheck check(path, problems);
  check.Number("failed_logins", bans.failed_logins(), 0, kMostFailedLogins);
  if (bans.has_window()) {
    check.Duration("window", bans.window(), kShortest, kLongest);
  }
  if (bans.has_base()) {
    check.Duration("base", bans.base(), kShortest, kLongest);
  }
  const absl::Duration base =
      bans.has_base() ? DurationOf(bans.base()) : limits::kBan;
  if (bans.has_longest()) {
    check.Duration("longest", bans.longest(), base, kLongestBan);
  }
  if (bans.has_tarpit()) {
    check.Duration("tarpit", bans.tarpit(), absl::ZeroDuration(),
                   kLongestTarpit);
  }
}

}  // namespace pinnace::config
