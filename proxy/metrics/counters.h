// Plain numbers that only grow, one set per worker: the worker adds, anybody
// may read. Any thread.
#ifndef PINNACE_PROXY_METRICS_COUNTERS_H_
#define PINNACE_PROXY_METRICS_COUNTERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace pinnace::metrics {

enum class Counter : uint8_t {
  kSessionsAccepted,
  kSessionsRefused,  // 421 at the door: limit reached, or draining
  kSessionsEnded,
  kLogins,
  kLoginFailures,
  kCommands,
  kTransfers,
  kTransfersFailed,
  kBytesToClients,
  kBytesToBackends,
  kBackendConnects,
  kBackendConnectFailures,
  kBackendRetries,       // the next candidate was tried
  kBackendFaults,        // malformed or overlong replies, lost backends
  kBackendDataFailures,  // data connections to backends
  kBackendsReplaced,     // sessions that went on with another backend
  kReplacementsFailed,   // that found none
  kDownloadsResumed,     // on another backend, in mid-file
  kBackendsFull,         // logins that found every backend at max_sessions
  kPinsRemade,           // the backend was gone, out or full
  kDataConnectTimeouts,
  kTransferStalls,
  kIdleTimeouts,
  kLinesTooLong,
  kForbiddenBytes,
  kPipelineFull,    // reading paused: too much sent ahead
  kBouncesRefused,  // PORT or EPRT to a third host or a low port
  kLeaseTimeouts,
  kPipeSizesRefused,      // by the kernel: a relay moves in smaller pieces
  kPipesRefused,          // no descriptor for one: a relay goes by copying
  kTlsHandshakes,         // of clients' control connections
  kTlsHandshakesFailed,   // likewise
  kClearLoginsRefused,    // USER before AUTH where TLS is required
  kClearDataRefused,      // transfers without PROT P where it is required
  kDataTlsFailures,       // handshakes of data connections, of either leg
  kForeignTlsSessions,    // data connections without their own TLS session
  kUploadsTooLarge,       // past a policy's max_upload_bytes
  kRatesFull,             // transfers that no bucket was left for
  kTransfersTruncated,    // data connections that ended without close_notify
  kUnmatchedConnections,  // data connections that no TLS session placed
  kClientsDenied,         // by a policy's networks
  kCommandsDenied,        // by a policy
  kSessionLimits,         // USER where a user or address has all its sessions
  kSessionCountsFull,     // likewise, as no more of them can be counted
  kForeignSlices,         // public ports of a backend that are not ours
  kFxpConnections,        // client legs with a peer's server, either way
  kProxyHeaders,          // that were believed
  kProxySourcesRefused,   // without the right to a header, or to connect
  kProxyHeadersMalformed,
  kProxyHeadersMissing,  // or not whole in time
  kProxyWaitingFull,     // the oldest that had shown none was closed
  kBans,                 // for failed logins
  kBannedLoginsRefused,  // USER and PASS of whom is banned
  kUserSessionsRefused,  // logins of a user with too many sessions
  kTarpits,              // answers to failed logins that waited
  kBannedRefused,        // at the door, as the following
  kAddressSessionsRefused,
  kConnectionRateRefused,
  kDescriptorsRefused,
  kMemoryRefused,
  kAcceptShortages,         // no descriptor to accept with: a listener pauses
  kTimelineEntriesDropped,  // the oldest, for later ones
  kCount,
};

struct CounterRow {
  Counter counter;
  const char* name;  // as exposed, without the "pinnace_" in front
  const char* help;
};
// One row per counter, in order.
absl::Span<const CounterRow> CounterRows();

using CounterValues = std::array<int64_t, static_cast<size_t>(Counter::kCount)>;

class Counters {
 public:
  void Add(Counter counter, int64_t n = 1) {
    // One writer: no locked instruction is needed.
    std::atomic<int64_t>& value = values_[static_cast<size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + n,
                std::memory_order_relaxed);
  }
  void AddTo(CounterValues& sum) const {
    for (size_t i = 0; i < values_.size(); ++i) {
      sum[i] += values_[i].load(std::memory_order_relaxed);
    }
  }

 private:
  std::array<std::atomic<int64_t>, static_cast<size_t>(Counter::kCount)>
      values_{};
};

}  // namespace pinnace::metrics

#endif  // PINNACE_PROXY_METRICS_COUNTERS_H_
