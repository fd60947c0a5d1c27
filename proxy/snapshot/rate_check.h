// A rate as an operator writes it, checked and decoded. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_RATE_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_RATE_CHECK_H_

#include <string>

#include "protos/pinnace/v1/rate.pb.h"
#include "proxy/rates/rate_bucket.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::snapshot {

// `path` is the rate's own: "gateway.limits.rate".
void CheckRate(const v1::RateLimit& rate, const std::string& path,
               FieldProblems& problems);

rates::TransferLimit DecodeRate(const v1::RateLimit& rate);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_RATE_CHECK_H_
