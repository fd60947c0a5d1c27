#include "proxy/gateway/policy_rates.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pinnace::gateway {
namespace {

constexpr absl::string_view kOfSession = "session/";
constexpr absl::string_view kOfUser = "user/";
constexpr rates::TransferLimit kNone;

}  // namespace

PolicyRates RatesOf(const policy::Restrictions& restrictions, SessionId session,
                    const std::string& user, rates::RateTable& table,
                    absl::Time now) {
  PolicyRates rates;
  const auto add = [&](absl::string_view kind, const policy::Policy& policy,
                       absl::string_view who,
                       const rates::TransferLimit& limit) {
    if (limit == kNone) return;
    auto buckets = table.Find(absl::StrCat(kind, policy.name), who, limit, now);
    if (buckets == nullptr) {
      rates.is_complete = false;
    } else {
      rates.buckets.push_back(std::move(buckets));
    }
  };
  for (const policy::Policy* policy : restrictions.policies()) {
    add(kOfSession, *policy, absl::StrCat(session), policy->session_rate);
    add(kOfUser, *policy, user, policy->user_rate);
  }
  return rates;
}

void UpdateRates(const policy::PolicySet* policies, rates::RateTable& table,
                 absl::Time now) {
  rates::RateTable::Limits limits;
  if (policies != nullptr) {
    for (const policy::Policy& policy : policies->policies()) {
      if (policy.session_rate != kNone) {
        limits[absl::StrCat(kOfSession, policy.name)] = policy.session_rate;
      }
      if (policy.user_rate != kNone) {
        limits[absl::StrCat(kOfUser, policy.name)] = policy.user_rate;
      }
    }
  }
  table.Update(std::move(limits), now);
}

}  // namespace pinnace::gateway
