// The gateway's view of the world that is decided elsewhere: immutable, with a
// version. A new one is posted to every worker. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_SNAPSHOT_H_
#define PINNACE_PROXY_SNAPSHOT_SNAPSHOT_H_

#include <cstdint>
#include <memory>

#include "proxy/fleet/fleet.h"
#include "proxy/policy/policy.h"
#include "proxy/policy/route.h"

namespace pinnace::snapshot {

struct Snapshot {
  uint64_t version = 0;
  fleet::Fleet fleet;
  policy::RouteTable routes;
  // Null: none. Who looks something up in it keeps it.
  std::shared_ptr<const policy::PolicySet> policies;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_SNAPSHOT_H_
