// What the rest of the process may see of a running gateway and ask of it: for
// the admin pages, the control plane's reports and `pinnace`. Any thread; a
// call may wait for every worker's next loop turn.
#ifndef PINNACE_PROXY_GATEWAY_GATEWAY_VIEW_H_
#define PINNACE_PROXY_GATEWAY_GATEWAY_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/fleet/pin_table.h"
#include "proxy/gateway/event_ring.h"
#include "proxy/gateway/timeline_entry.h"
#include "proxy/guard/guard.h"
#include "proxy/metrics/counters.h"
#include "proxy/metrics/histograms.h"
#include "proxy/ports/lease_table.h"
#include "proxy/session/session_facts.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::gateway {

struct PinFacts {
  int64_t pins = 0;
  int64_t evictions_total = 0;  // the table was full
};

class GatewayView {
 public:
  virtual ~GatewayView() = default;

  virtual snapshot::SnapshotPtr snapshot() const = 0;
  virtual int64_t SessionCount() const = 0;
  // By id. A worker describes a few and then serves its sessions again.
  virtual std::vector<session::SessionFacts> Sessions() = 0;
  virtual std::optional<session::SessionFacts> FindSession(SessionId id) = 0;
  // What was said in it lately, behind the number `after`; nullopt: there is no
  // such session.
  virtual std::optional<std::vector<TimelineEntry>> TimelineOf(
      SessionId id, uint64_t after) = 0;
  // False when there is no such session. The client gets a 421.
  virtual bool KillSession(SessionId id) = 0;
  virtual std::vector<fleet::PinTable::Pin> Pins() = 0;
  virtual PinFacts PinCounts() = 0;
  virtual bool DeletePin(absl::string_view key) = 0;
  virtual guard::Guard& guard() = 0;
  virtual ports::LeaseTable::Facts Ports() = 0;
  virtual metrics::CounterValues Counters() = 0;  // summed over the workers
  virtual metrics::HistogramValues Histograms() = 0;
  virtual EventRing& events() = 0;

  // From now on not ready; once the notice is over, new sessions get a 421
  // while running ones go on.
  virtual void StartDrain() = 0;
  virtual bool draining() const = 0;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_GATEWAY_VIEW_H_
