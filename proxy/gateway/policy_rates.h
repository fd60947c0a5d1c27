// The rates that policies set for sessions and users, in the gateway's table of
// them. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_POLICY_RATES_H_
#define PINNACE_PROXY_GATEWAY_POLICY_RATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proxy/base/ids.h"
#include "proxy/policy/policy.h"
#include "proxy/policy/restrictions.h"
#include "proxy/rates/rate_table.h"

namespace pinnace::gateway {

// Of the policies that hold for a session. `is_complete` false: the table was
// full for one of them.
struct PolicyRates {
  std::vector<std::shared_ptr<rates::TransferBuckets>> buckets;
  bool is_complete = true;
};
PolicyRates RatesOf(const policy::Restrictions& restrictions, SessionId session,
                    const std::string& user, rates::RateTable& table,
                    absl::Time now);

// What the policies say now, also for transfers that run. Null: there are none.
void UpdateRates(const policy::PolicySet* policies, rates::RateTable& table,
                 absl::Time now);

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_POLICY_RATES_H_
