// Checks gateway.limits and gateway.bans. Any thread.
#ifndef PINNACE_PROXY_CONFIG_GUARD_CHECK_H_
#define PINNACE_PROXY_CONFIG_GUARD_CHECK_H_

#include "protos/pinnace/v1/config.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::config {

void CheckLimits(const v1::LimitsConfig& limits,
                 snapshot::FieldProblems& problems);
void CheckBans(const v1::BansConfig& bans, snapshot::FieldProblems& problems);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_GUARD_CHECK_H_
