// The policies in one session: what they let its client do at the door, at USER
// and at every command. What holds is looked up anew when the snapshot or the
// user is another; without policies that is one comparison. Pure; one thread.
#ifndef PINNACE_PROXY_SESSION_POLICY_GUARD_H_
#define PINNACE_PROXY_SESSION_POLICY_GUARD_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/reply.h"
#include "proxy/policy/policy.h"
#include "proxy/policy/restrictions.h"
#include "proxy/policy/session_counts.h"
#include "proxy/session/backend_link.h"
#include "proxy/session/login.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

class PolicyGuard final : public Login::Gate {
 public:
  // All outlive the guard.
  PolicyGuard(const IpAddress& client, const std::string& listener,
              const Login& login, const BackendLink& link)
      : client_(client), listener_(listener), login_(login), link_(link) {}

  // At the greeting.
  bool AdmitsClient(const Turn& turn) const;
  // Of whom would be logged in; takes the session's place among the address's.
  // What the client is told if it may not.
  std::optional<policy::Refusal> AdmitUser(absl::string_view user, Turn& turn);
  // The backend has taken the user: takes the place among the user's.
  std::optional<ftp::Reply> OnUserAccepted(absl::string_view user,
                                           Turn& turn) override;
  // It has got on, or has ended: the session may be another's now, or nobody's.
  void OnLoginChanged();
  // The session ends.
  void Leave() { places_.Leave(); }

  // `directory` is "" while it is not known.
  std::optional<policy::Refusal> Check(const ftp::Command& command,
                                       absl::string_view directory,
                                       Turn& turn) {
    if (!LookUp(turn)) return std::nullopt;
    return Refused(command, directory, turn);
  }
  // The working directory makes a difference.
  bool WantsDirectory(Turn& turn) {
    return LookUp(turn) && restrictions_.has_paths();
  }
  // As they were looked up last.
  const policy::Restrictions& restrictions() const { return restrictions_; }
  // Of one upload; 0: no bound.
  uint64_t max_upload_bytes(Turn& turn) {
    return LookUp(turn) ? restrictions_.max_upload_bytes() : 0;
  }

 private:
  std::optional<policy::Refusal> TakePlaces(policy::SessionCounts::When when,
                                            absl::string_view user,
                                            absl::string_view farm, Turn& turn);
  // False: there are no policies.
  bool LookUp(Turn& turn) {
    if (turn.snapshot.policies != set_ || (set_ != nullptr && is_stale_)) {
      LookUpAnew(turn);
    }
    return set_ != nullptr;
  }
  void LookUpAnew(Turn& turn);
  std::optional<policy::Refusal> Refused(const ftp::Command& command,
                                         absl::string_view directory,
                                         Turn& turn) const;
  policy::PolicyRequest RequestOf(absl::string_view user,
                                  absl::string_view farm) const {
    return {
        .listener = listener_, .farm = farm, .user = user, .client = client_};
  }

  const IpAddress& client_;
  const std::string& listener_;
  const Login& login_;
  const BackendLink& link_;

  std::shared_ptr<const policy::PolicySet> set_;
  policy::Restrictions restrictions_;  // of set_
  bool is_stale_ = true;
  policy::SessionCounts::Places places_;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_POLICY_GUARD_H_
