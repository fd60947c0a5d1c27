// What is wrong with a farm, a backend or a route: one set of rules for a
// snapshot, a registration and a configuration file. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "protos/pinnace/v1/snapshot.pb.h"

namespace pinnace::snapshot {

// In all farms.
inline constexpr size_t kMaxBackends = 10'000;

// "farms[0].backends[1].weight" and "must be 1 to 1000, not 0".
struct FieldProblem {
  std::string field;
  std::string problem;
};
using FieldProblems = std::vector<FieldProblem>;

// OK, or INVALID_ARGUMENT that names the first field.
absl::Status StatusOf(const FieldProblems& problems);

// What is wrong with one value; `path` goes in front of each field's name. A
// farm is checked without its backends, a route without its farm's being there.
void CheckName(absl::string_view name, const std::string& path,
               FieldProblems& problems);
void CheckBackend(const v1::Backend& backend, const std::string& path,
                  FieldProblems& problems);
void CheckFarm(const v1::Farm& farm, const std::string& path,
               FieldProblems& problems);
void CheckRoute(const v1::Route& route, const std::string& path,
                FieldProblems& problems);
// Every farm with its backends, and what they may not share: names, ids, public
// ports. Paths start with "farms[0]".
FieldProblems CheckFarms(
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms);
// Every route, and what they may not share: names. Paths start with
// "routes[0]".
FieldProblems CheckRoutes(
    const google::protobuf::RepeatedPtrField<v1::Route>& routes);
// Besides: each route's farm is one of `farms`.
void CheckRouteFarms(
    const google::protobuf::RepeatedPtrField<v1::Route>& routes,
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms,
    FieldProblems& problems);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_FARM_CHECK_H_
