// The world of one session under test: a farm, the tables that sessions share,
// and a clock that stands until it is moved. For tests only.
#ifndef PINNACE_TESTS_SUPPORT_TEST_WORLD_H_
#define PINNACE_TESTS_SUPPORT_TEST_WORLD_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/pin_table.h"
#include "proxy/guard/guard.h"
#include "proxy/ingress/advertised.h"
#include "proxy/metrics/counters.h"
#include "proxy/policy/session_counts.h"
#include "proxy/session/action.h"
#include "proxy/session/session_options.h"
#include "proxy/session/turn.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::testing {

struct TestWorld {
  absl::Time now = absl::FromUnixSeconds(1'000'000'000);
  snapshot::Snapshot snapshot;
  ingress::ResolvedNames names;
  fleet::PinTable pins{limits::kMaxPins};
  std::unique_ptr<guard::Guard> guard =
      std::make_unique<guard::Guard>(guard::GuardOptions{.gateway = "gw"});
  policy::SessionCounts session_counts{limits::kMaxCountedClients};
  metrics::Counters counters;
  session::SessionOptions options;
  session::Outbox out;

  session::Turn NewTurn(size_t client_unsent_bytes = 0) {
    out.Clear();
    return {.now = now,
            .snapshot = snapshot,
            .names = names,
            .pins = pins,
            .guard = *guard,
            .session_counts = session_counts,
            .counters = counters,
            .client_unsent_bytes = client_unsent_bytes,
            .out = out};
  }

  static fleet::Backend NewBackend(std::string id, HostPort address) {
    fleet::Backend backend;
    backend.id = std::move(id);
    backend.address = std::move(address);
    return backend;
  }
};

}  // namespace pinnace::testing

#endif  // PINNACE_TESTS_SUPPORT_TEST_WORLD_H_
