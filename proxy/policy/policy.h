// What operators forbid: each policy with the sessions that it holds for, and
// all of a snapshot. restrictions has what comes of them for one session. Pure.
// Any thread.
#ifndef PINNACE_PROXY_POLICY_POLICY_H_
#define PINNACE_PROXY_POLICY_POLICY_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/ftp/verb.h"
#include "proxy/policy/network_set.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::policy {

// What is known of a session; farm and user are empty before USER. Views of the
// session's own.
struct PolicyRequest {
  absl::string_view listener;  // as configured
  absl::string_view farm;
  absl::string_view user;
  const IpAddress& client;
};

// Words that are allowed and denied; with some that are allowed all others are
// refused.
struct WordLists {
  std::vector<std::string> allow;  // in any letter case
  std::vector<std::string> deny;

  bool empty() const { return allow.empty() && deny.empty(); }
  bool Refuses(absl::string_view word) const;
  // As one that is allowed.
  bool Names(absl::string_view word) const;
};

struct GlobLists {
  std::vector<std::string> allow;
  std::vector<std::string> deny;

  bool empty() const { return allow.empty() && deny.empty(); }
};

// One bit for each verb that has a name.
using VerbSet = std::bitset<static_cast<size_t>(ftp::Verb::kOther)>;

// USER, PASS, ... ABOR: what no list refuses.
bool IsAlwaysAllowed(ftp::Verb verb);

struct Policy {
  std::string name;
  // Conditions; an empty one always holds.
  std::string listener;
  std::string farm;
  std::string user;  // a glob
  std::optional<Cidr> client;

  NetworkSet allow_clients;
  NetworkSet deny_clients;
  bool read_only = false;
  WordLists commands;
  WordLists site;
  GlobLists paths;
  GlobLists upload_names;
  uint64_t max_upload_bytes = 0;  // 0: no bound, as below
  uint32_t max_sessions_per_user = 0;
  uint32_t max_sessions_per_address = 0;
  rates::TransferLimit session_rate;  // of each session
  rates::TransferLimit user_rate;     // of all sessions of one user
  VerbSet refused_verbs;              // by what is above; PolicySet fills it in

  bool HoldsFor(const PolicyRequest& request) const;
  bool RefusesClient(const IpAddress& client) const;
};

class PolicySet {
 public:
  PolicySet() = default;
  explicit PolicySet(std::vector<Policy> policies);

  const std::vector<Policy>& policies() const { return policies_; }
  // Does every policy that holds let a client come from there?
  bool Admits(const PolicyRequest& request) const;

 private:
  std::vector<Policy> policies_;
};

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_POLICY_H_
