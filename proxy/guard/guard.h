// What keeps those out who take more than their share or guess passwords: the
// counts, the bans, and the words for whom they refuse. One for all workers of
// a gateway. Time is an argument. Any thread.
#ifndef PINNACE_PROXY_GUARD_GUARD_H_
#define PINNACE_PROXY_GUARD_GUARD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/guard/ban.h"
#include "proxy/guard/ban_table.h"
#include "proxy/guard/client_counter.h"
#include "proxy/guard/failed_logins.h"

namespace pinnace::guard {

struct GuardOptions {
  std::string gateway;  // the origin of its bans
  ClientLimits clients;
  FailedLoginLimits failed_logins;
};

// Why a control connection gets a 421 at the door.
enum class Refusal : uint8_t {
  kNone,
  kDraining,
  kSessionLimit,
  kDescriptors,
  kMemory,
  kBanned,
  kTooManySessions,  // of its address
  kTooFast,          // its address
  kCount,
};

class Guard {
 public:
  explicit Guard(const GuardOptions& options)
      : gateway_(options.gateway),
        counter_(options.clients),
        failed_logins_(options.failed_logins),
        bans_(limits::kMaxBans) {}

  struct Entry {
    Refusal refusal = Refusal::kNone;
    std::string why;             // for the client
    ClientCounter::Place place;  // when it may enter
  };
  // A control connection of `client`.
  Entry Enter(const IpAddress& client, absl::Time now);

  // Of the address, or else of this user there.
  std::optional<Ban> FindBan(const IpAddress& client, absl::string_view user,
                             absl::Time now) const;
  ClientCounter& counter() { return counter_; }

  // The ban that it leads to, if any.
  std::optional<Ban> OnLoginFailed(const IpAddress& client,
                                   absl::string_view user, absl::Time now);
  void OnLoginSucceeded(const IpAddress& client, absl::string_view user,
                        absl::Time now) {
    failed_logins_.Succeed(client, user, now);
  }

  BanTable& bans() { return bans_; }
  // Clients dropped from a count because there were as many as there may be.
  int64_t forgotten() const {
    return counter_.forgotten() + failed_logins_.forgotten();
  }

 private:
  const std::string gateway_;
  ClientCounter counter_;
  FailedLogins failed_logins_;
  BanTable bans_;
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_GUARD_H_
