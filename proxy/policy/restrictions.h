// What the policies of a snapshot come to for one session: made once, when it
// is known whose session it is, and asked at every command. Pure. One thread.
#ifndef PINNACE_PROXY_POLICY_RESTRICTIONS_H_
#define PINNACE_PROXY_POLICY_RESTRICTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/reply_code.h"
#include "proxy/policy/policy.h"

namespace pinnace::policy {

// What the client is told in the place of the command.
struct Refusal {
  ftp::ReplyCode code;
  std::string text;
};

class Restrictions {
 public:
  using Policies = absl::InlinedVector<const Policy*, 2>;

  Restrictions() = default;  // none
  // Those of `set` that hold; null: none.
  Restrictions(std::shared_ptr<const PolicySet> set,
               const PolicyRequest& request);

  // In the order of the snapshot.
  const Policies& policies() const { return policies_; }
  // Whether the working directory makes a difference.
  bool has_paths() const { return has_paths_; }
  // The lowest; 0: no bound.
  uint64_t max_upload_bytes() const { return max_upload_bytes_; }

  // `directory` is the working directory, "" while it is not known. No effect
  // on what IsAlwaysAllowed().
  std::optional<Refusal> Check(const ftp::Command& command,
                               absl::string_view directory) const;

 private:
  bool RefusesVerb(const ftp::Command& command) const;
  std::optional<Refusal> CheckSite(absl::string_view argument) const;
  std::optional<Refusal> CheckSize(const ftp::Command& allo) const;
  std::optional<Refusal> CheckUploadName(const ftp::Command& command) const;
  std::optional<Refusal> CheckPath(const ftp::Command& command,
                                   absl::string_view directory) const;
  bool AllowsByName(const ftp::Command& command) const;

  std::shared_ptr<const PolicySet> set_;  // keeps what is below
  Policies policies_;
  VerbSet refused_;
  bool has_paths_ = false;
  bool has_upload_names_ = false;
  uint64_t max_upload_bytes_ = 0;
};

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_RESTRICTIONS_H_
