// Who fails to log in too often, and for how long that one is to be banned.
// Counts by address, and by user at an address; addresses count as NetworkOf()
// has them. Any thread.
#ifndef PINNACE_PROXY_GUARD_FAILED_LOGINS_H_
#define PINNACE_PROXY_GUARD_FAILED_LOGINS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/mutex.h"
#include "proxy/guard/recent_map.h"
#include "proxy/guard/window_count.h"

namespace pinnace::guard {

struct FailedLoginLimits {
  int64_t most = 0;  // within `window`; 0: nobody is banned
  absl::Duration window = limits::kBanWindow;
  absl::Duration base = limits::kBan;  // doubles up to `longest`
  absl::Duration longest = limits::kLongestBan;
};

class FailedLogins {
 public:
  // Past `max_clients` the one that has been quiet for longest is forgotten,
  // and counted.
  explicit FailedLogins(const FailedLoginLimits& limits,
                        size_t max_clients = limits::kMaxCountedClients)
      : limits_(limits), failures_(max_clients), successes_(max_clients) {}

  enum class Whom : uint8_t { kAddress, kUserAtAddress };
  struct Sentence {
    Whom whom = Whom::kAddress;
    int64_t failures = 0;
    absl::Duration duration;
  };
  // The address is to be banned with its `most`-th failure. Where another user
  // has logged in within the window, so that it is the address of several, a
  // user who alone has failed so often is banned there in its place; once in a
  // window, or whoever has one password could try all others. Each further ban
  // of the same is twice as long, until it has been quiet, from its end on, for
  // the window and as long as the ban was.
  std::optional<Sentence> Fail(const IpAddress& client, absl::string_view user,
                               absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // What this user failed there was no guessing: it counts no more.
  void Succeed(const IpAddress& client, absl::string_view user, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

  int64_t forgotten() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // With an empty user: the address.
  using Client = std::pair<IpAddress, std::string>;
  struct Record {
    WindowCount failures;
    absl::Time last_failed = absl::InfinitePast();
    absl::Time spared_until = absl::InfinitePast();  // of an address
    int level = 0;                                   // bans in a row
    absl::Time ban_end = absl::InfinitePast();
    absl::Duration ban_length;
  };
  struct Success {
    std::string user;
    absl::Time time;
  };

  int64_t Count(Record& record, absl::Time now) const;
  Sentence Condemn(Record& record, Whom whom, int64_t failures,
                   absl::Time now) const;

  const FailedLoginLimits limits_;
  mutable Mutex mutex_;
  RecentMap<Client, Record> failures_ ABSL_GUARDED_BY(mutex_);
  // The last of each address.
  RecentMap<IpAddress, Success> successes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_FAILED_LOGINS_H_
