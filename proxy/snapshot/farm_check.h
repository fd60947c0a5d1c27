// What is wrong with a farm or a backend: one set of rules for a snapshot, a
// registration and a configuration file. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_

#include <cstddef>
#include <string>

#include "protos/pinnace/v1/farm.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::snapshot {

// In all farms.
inline constexpr size_t kMaxBackends = 10'000;

// What is wrong with one value; `path` goes in front of each field's name. A
// farm is checked without its backends.
void CheckBackend(const v1::Backend& backend, const std::string& path,
                  FieldProblems& problems);
void CheckFarm(const v1::Farm& farm, const std::string& path,
               FieldProblems& problems);
// Every farm with its backends, and what they may not share: names, ids, public
// ports. Paths start with "farms[0]".
FieldProblems CheckFarms(
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_
