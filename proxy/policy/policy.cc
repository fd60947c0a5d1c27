#include "proxy/policy/policy.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "proxy/base/user_name.h"
#include "proxy/policy/glob.h"

namespace pinnace::policy {
namespace {

using ftp::Verb;

constexpr Verb kAlwaysAllowed[] = {
    Verb::kUser, Verb::kPass, Verb::kAcct, Verb::kQuit, Verb::kRein,
    Verb::kFeat, Verb::kHelp, Verb::kNoop, Verb::kSyst, Verb::kAuth,
    Verb::kPbsz, Verb::kProt, Verb::kHost, Verb::kAbor};
constexpr Verb kWriting[] = {Verb::kStor, Verb::kStou, Verb::kAppe, Verb::kDele,
                             Verb::kRnfr, Verb::kRnto, Verb::kMkd,  Verb::kXmkd,
                             Verb::kRmd,  Verb::kXrmd, Verb::kMfmt, Verb::kMfct,
                             Verb::kMff,  Verb::kSite};

template <size_t kSize>
bool IsIn(Verb verb, const Verb (&verbs)[kSize]) {
  return std::find(std::begin(verbs), std::end(verbs), verb) != std::end(verbs);
}

VerbSet RefusedVerbs(const Policy& policy) {
  VerbSet refused;
  for (size_t i = 0; i < refused.size(); ++i) {
    const Verb verb = static_cast<Verb>(i);
    refused[i] = !IsAlwaysAllowed(verb) &&
                 ((policy.read_only && IsIn(verb, kWriting)) ||
                  policy.commands.Refuses(ftp::VerbName(verb)));
  }
  return refused;
}

bool Has(const std::vector<std::string>& words, absl::string_view word) {
  return std::any_of(words.begin(), words.end(), [word](const auto& known) {
    return absl::EqualsIgnoreCase(known, word);
  });
}

}  // namespace

bool IsAlwaysAllowed(Verb verb) { return IsIn(verb, kAlwaysAllowed); }

bool WordLists::Refuses(absl::string_view word) const {
  return (!allow.empty() && !Has(allow, word)) || Has(deny, word);
}

bool WordLists::Names(absl::string_view word) const { return Has(allow, word); }

bool Policy::HoldsFor(const PolicyRequest& request) const {
  return (listener.empty() || listener == request.listener) &&
         (farm.empty() || farm == request.farm) &&
         // Not even "*" holds before there is a user.
         (user.empty() ||
          (!request.user.empty() &&
           GlobMatches(absl::AsciiStrToLower(user), UserKey(request.user)))) &&
         (!client.has_value() || client->Contains(request.client));
}

bool Policy::RefusesClient(const IpAddress& client) const {
  return (!allow_clients.empty() && !allow_clients.Contains(client)) ||
         deny_clients.Contains(client);
}

PolicySet::PolicySet(std::vector<Policy> policies)
    : policies_(std::move(policies)) {
  for (Policy& policy : policies_) policy.refused_verbs = RefusedVerbs(policy);
}

bool PolicySet::Admits(const PolicyRequest& request) const {
  return std::none_of(
      policies_.begin(), policies_.end(), [&request](const Policy& policy) {
        return policy.HoldsFor(request) && policy.RefusesClient(request.client);
      });
}

}  // namespace pinnace::policy
