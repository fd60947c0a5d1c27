// What is wrong with a route: one set of rules for a snapshot, a registration
// and a configuration file. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_ROUTE_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_ROUTE_CHECK_H_

#include <string>

#include "protos/pinnace/v1/farm.pb.h"
#include "protos/pinnace/v1/route.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::snapshot {

// `path` goes in front of each field's name. Without its farm's being there.
void CheckRoute(const v1::Route& route, const std::string& path,
                FieldProblems& problems);
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

#endif  // PINNACE_PROXY_SNAPSHOT_ROUTE_CHECK_H_
