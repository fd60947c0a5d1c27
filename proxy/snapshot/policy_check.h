// What is wrong with a policy: one set of rules for a snapshot, a registration
// and a configuration file. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_POLICY_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_POLICY_CHECK_H_

#include <cstddef>
#include <string>

#include "protos/pinnace/v1/farm.pb.h"
#include "protos/pinnace/v1/policy.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::snapshot {

// Of all policies together: a snapshot with as many backends as there may be
// still fits into a message.
inline constexpr size_t kMaxPoliciesBytes = 16 * 1024 * 1024;

// `path` goes in front of each field's name. Without its farm's being there.
void CheckPolicy(const v1::Policy& policy, const std::string& path,
                 FieldProblems& problems);
// Every policy, and what they may not share: names. Paths start with
// "policies[0]".
FieldProblems CheckPolicies(
    const google::protobuf::RepeatedPtrField<v1::Policy>& policies);
// Besides: the farm that a policy names is one of `farms`.
void CheckPolicyFarms(
    const google::protobuf::RepeatedPtrField<v1::Policy>& policies,
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms,
    FieldProblems& problems);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_POLICY_CHECK_H_
