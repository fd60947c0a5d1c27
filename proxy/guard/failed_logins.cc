#include "proxy/guard/failed_logins.h"

#include <algorithm>

#include "proxy/base/user_name.h"
#include "proxy/guard/ban.h"

namespace pinnace::guard {
namespace {

// Doubled so often any ban is the longest.
constexpr int kMaxLevel = 40;

}  // namespace

// How often it has failed, this time included.
int64_t FailedLogins::Count(Record& record, absl::Time now) const {
  const absl::Time quiet_since = std::max(record.last_failed, record.ban_end);
  if (now - quiet_since >= limits_.window + record.ban_length) {
    record.level = 0;
  }
  record.last_failed = now;
  record.failures.Add(now, limits_.window);
  return record.failures.Sum(now, limits_.window);
}

FailedLogins::Sentence FailedLogins::Condemn(Record& record, Whom whom,
                                             int64_t failures,
                                             absl::Time now) const {
  absl::Duration duration = limits_.base;
  for (int i = 0; i < record.level && duration < limits_.longest; ++i) {
    duration *= 2;
  }
  duration = std::min(duration, limits_.longest);
  record.level = std::min(record.level + 1, kMaxLevel);
  record.ban_length = duration;
  record.ban_end = now + duration;
  record.failures.Clear();
  return {.whom = whom, .failures = failures, .duration = duration};
}

std::optional<FailedLogins::Sentence> FailedLogins::Fail(
    const IpAddress& client, absl::string_view name, absl::Time now) {
  if (limits_.most == 0) return std::nullopt;
  const std::string user = UserKey(name);
  const IpAddress key = NetworkOf(client).network;
  MutexLock lock(&mutex_);
  Record& of_user = failures_.Touch({key, user});
  Record& of_address = failures_.Touch({key, ""});
  const int64_t user_failures = Count(of_user, now);
  const int64_t failures = Count(of_address, now);
  if (failures < limits_.most) return std::nullopt;
  const Success* success = successes_.Find(key);
  const bool is_shared = success != nullptr && success->user != user &&
                         now - success->time < limits_.window;
  if (user_failures >= limits_.most && is_shared &&
      of_address.spared_until <= now) {
    of_address.spared_until = now + limits_.window;
    of_address.failures.Subtract(of_user.failures, now, limits_.window);
    return Condemn(of_user, Whom::kUserAtAddress, user_failures, now);
  }
  of_user.failures.Clear();
  return Condemn(of_address, Whom::kAddress, failures, now);
}

void FailedLogins::Succeed(const IpAddress& client, absl::string_view name,
                           absl::Time now) {
  if (limits_.most == 0) return;
  const std::string user = UserKey(name);
  const IpAddress key = NetworkOf(client).network;
  MutexLock lock(&mutex_);
  successes_.Touch(key) = {.user = user, .time = now};
  Record* of_user = failures_.Find({key, user});
  if (of_user == nullptr) return;
  Record* of_address = failures_.Find({key, ""});
  if (of_address != nullptr) {
    of_address->failures.Subtract(of_user->failures, now, limits_.window);
  }
  of_user->failures.Clear();
}

int64_t FailedLogins::forgotten() const {
  MutexLock lock(&mutex_);
  return failures_.forgotten();
}

}  // namespace pinnace::guard
