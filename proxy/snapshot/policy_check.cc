#include "proxy/snapshot/policy_check.h"

#include <algorithm>
#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/verb.h"
#include "proxy/policy/policy.h"
#include "proxy/snapshot/rate_check.h"

namespace pinnace::snapshot {
namespace {

using Texts = google::protobuf::RepeatedPtrField<std::string>;

constexpr size_t kMaxGlobBytes = 256;
constexpr size_t kMaxVerbBytes = 8;
constexpr size_t kMaxSiteWordBytes = 32;
constexpr uint32_t kMostSessions = 1'000'000;

bool IsGlob(absl::string_view glob) {
  return glob.size() <= kMaxGlobBytes && !absl::StrContains(glob, '\0');
}

bool IsWord(absl::string_view word, size_t longest) {
  return !word.empty() && word.size() <= longest &&
         std::all_of(word.begin(), word.end(), absl::ascii_isalnum);
}

// What is wrong with one entry of a list; "": nothing.
using EntryProblem = std::string (*)(const std::string& entry);

std::string NetworkProblem(const std::string& entry) {
  if (Cidr::Parse(entry).has_value()) return "";
  return absl::StrCat(
      "must be a network like 10.0.0.0/8 without host bits, not ",
      Quoted(entry));
}

std::string VerbProblem(const std::string& entry) {
  if (IsWord(entry, kMaxVerbBytes)) return "";
  return absl::StrCat("must be a verb of 1 to 8 letters and digits, not ",
                      Quoted(entry));
}

std::string DeniedVerbProblem(const std::string& entry) {
  if (policy::IsAlwaysAllowed(ftp::VerbFromText(entry))) {
    return absl::StrCat(Quoted(entry), " cannot be refused");
  }
  return VerbProblem(entry);
}

std::string SiteWordProblem(const std::string& entry) {
  if (IsWord(entry, kMaxSiteWordBytes)) return "";
  return absl::StrCat("must be a word of 1 to 32 letters and digits, not ",
                      Quoted(entry));
}

std::string PathGlobProblem(const std::string& entry) {
  const bool may_match =
      absl::StartsWith(entry, "/") || absl::StartsWith(entry, "**");
  if (may_match && IsGlob(entry)) return "";
  return absl::StrCat(
      "must begin with '/' or \"**\" and have at most 256 characters, and no "
      "NUL, not ",
      Quoted(entry));
}

std::string NameGlobProblem(const std::string& entry) {
  if (!entry.empty() && IsGlob(entry) && !absl::StrContains(entry, '/')) {
    return "";
  }
  return absl::StrCat(
      "must have 1 to 256 characters, and no '/' and no NUL, not ",
      Quoted(entry));
}

void CheckList(absl::string_view field, const Texts& list, int most,
               EntryProblem problem_of, const FieldCheck& check) {
  if (list.size() > most) {
    check.Complain(
        field, absl::StrCat("must be at most ", most, ", not ", list.size()));
    return;
  }
  for (int i = 0; i < list.size(); ++i) {
    std::string problem = problem_of(list[i]);
    if (problem.empty()) continue;
    check.Complain(absl::StrCat(field, "[", i, "]"), std::move(problem));
  }
}

void CheckConditions(const v1::Policy& policy, const std::string& path,
                     const FieldCheck& check, FieldProblems& problems) {
  if (!policy.listener().empty() &&
      !Address::Parse(policy.listener()).has_value()) {
    check.Complain("listener", absl::StrCat("must be IP:PORT, not ",
                                            Quoted(policy.listener())));
  }
  if (!policy.farm().empty()) {
    CheckName(policy.farm(), FieldPath(path, "farm"), problems);
  }
  if (!IsGlob(policy.user())) {
    check.Complain("user", "must have at most 256 characters, and no NUL");
  }
  if (!policy.client_cidr().empty()) {
    std::string problem = NetworkProblem(policy.client_cidr());
    if (!problem.empty()) check.Complain("client_cidr", std::move(problem));
  }
}

}  // namespace

void CheckPolicy(const v1::Policy& policy, const std::string& path,
                 FieldProblems& problems) {
  const FieldCheck check(path, problems);
  CheckName(policy.name(), FieldPath(path, "name"), problems);
  CheckConditions(policy, path, check, problems);
  const struct {
    absl::string_view field;
    const Texts& list;
    int most;
    EntryProblem problem_of;
  } kLists[] = {
      {"allow_clients", policy.allow_clients(), limits::kMaxPolicyNetworks,
       &NetworkProblem},
      {"deny_clients", policy.deny_clients(), limits::kMaxPolicyNetworks,
       &NetworkProblem},
      {"allow_commands", policy.allow_commands(), limits::kMaxPolicyEntries,
       &VerbProblem},
      {"deny_commands", policy.deny_commands(), limits::kMaxPolicyEntries,
       &DeniedVerbProblem},
      {"allow_site", policy.allow_site(), limits::kMaxPolicyEntries,
       &SiteWordProblem},
      {"deny_site", policy.deny_site(), limits::kMaxPolicyEntries,
       &SiteWordProblem},
      {"allow_paths", policy.allow_paths(), limits::kMaxPolicyEntries,
       &PathGlobProblem},
      {"deny_paths", policy.deny_paths(), limits::kMaxPolicyEntries,
       &PathGlobProblem},
      {"allow_upload_names", policy.allow_upload_names(),
       limits::kMaxPolicyEntries, &NameGlobProblem},
      {"deny_upload_names", policy.deny_upload_names(),
       limits::kMaxPolicyEntries, &NameGlobProblem},
  };
  for (const auto& [field, list, most, problem_of] : kLists) {
    CheckList(field, list, most, problem_of, check);
  }
  check.Number("max_sessions_per_user", policy.max_sessions_per_user(), 0,
               kMostSessions);
  check.Number("max_sessions_per_address", policy.max_sessions_per_address(), 0,
               kMostSessions);
  CheckRate(policy.session_rate(), FieldPath(path, "session_rate"), problems);
  CheckRate(policy.user_rate(), FieldPath(path, "user_rate"), problems);
}

FieldProblems CheckPolicies(
    const google::protobuf::RepeatedPtrField<v1::Policy>& policies) {
  FieldProblems problems;
  absl::flat_hash_map<std::string, std::string> paths;
  for (int i = 0; i < policies.size(); ++i) {
    const std::string path = absl::StrCat("policies[", i, "]");
    CheckPolicy(policies[i], path, problems);
    auto [first, is_new] = paths.emplace(policies[i].name(), path);
    if (!is_new) {
      problems.push_back(
          {path + ".name",
           absl::StrCat(Quoted(policies[i].name()), " is the name of ",
                        first->second, " too")});
    }
  }
  size_t bytes = 0;
  for (const v1::Policy& policy : policies) bytes += policy.ByteSizeLong();
  if (bytes > kMaxPoliciesBytes) {
    problems.push_back(
        {"policies", absl::StrCat("must have at most ", kMaxPoliciesBytes,
                                  " bytes together, not ", bytes)});
  }
  if (policies.size() > limits::kMaxPolicies) {
    problems.push_back(
        {"policies", absl::StrCat("must be at most ", limits::kMaxPolicies,
                                  ", not ", policies.size())});
  }
  return problems;
}

void CheckPolicyFarms(
    const google::protobuf::RepeatedPtrField<v1::Policy>& policies,
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms,
    FieldProblems& problems) {
  absl::flat_hash_set<std::string> names;
  for (const v1::Farm& farm : farms) names.insert(farm.name());
  for (int i = 0; i < policies.size(); ++i) {
    const std::string& farm = policies[i].farm();
    if (farm.empty() || names.contains(farm)) continue;
    problems.push_back(
        {absl::StrCat("policies[", i, "].farm"),
         absl::StrCat("policy ", Quoted(policies[i].name()), " is for ",
                      Quoted(farm), ", which is no farm")});
  }
}

}  // namespace pinnace::snapshot
