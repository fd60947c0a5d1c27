#include "proxy/metrics/counters.h"

#include <iterator>

namespace pinnace::metrics {
namespace {

constexpr CounterRow kRows[] = {
    {Counter::kSessionsAccepted, "sessions_accepted_total",
     "Control connections accepted."},
    {Counter::kSessionsRefused, "sessions_refused_total",
     "Control connections answered 421 at the door: limit reached or "
     "draining."},
    {Counter::kSessionsEnded, "sessions_ended_total",
     "Sessions that have ended."},
    {Counter::kLogins, "logins_total", "Logins that a backend accepted."},
    {Counter::kLoginFailures, "login_failures_total",
     "Logins that a backend refused."},
    {Counter::kCommands, "commands_total", "Commands read from clients."},
    {Counter::kTransfers, "transfers_total", "Transfers that began."},
    {Counter::kTransfersFailed, "transfers_failed_total",
     "Transfers that did not end with a 2yz reply."},
    {Counter::kBytesToClients, "bytes_to_clients_total",
     "Data bytes relayed from backends to clients."},
    {Counter::kBytesToBackends, "bytes_to_backends_total",
     "Data bytes relayed from clients to backends."},
    {Counter::kBackendConnects, "backend_connects_total",
     "Control connections opened to backends."},
    {Counter::kBackendConnectFailures, "backend_connect_failures_total",
     "Control connections to backends that failed."},
    {Counter::kBackendRetries, "backend_retries_total",
     "Logins that went on with the next candidate."},
    {Counter::kBackendFaults, "backend_faults_total",
     "Malformed or overlong replies, and backends lost in a session."},
    {Counter::kBackendDataFailures, "backend_data_failures_total",
     "Data connections to backends that failed."},
    {Counter::kBackendsReplaced, "backends_replaced_total",
     "Sessions that went on with another backend."},
    {Counter::kReplacementsFailed, "backend_replacements_failed_total",
     "Sessions that lost their backend and found no other."},
    {Counter::kDownloadsResumed, "downloads_resumed_total",
     "Downloads that another backend went on with in mid-file."},
    {Counter::kBackendsFull, "backends_full_total",
     "Logins refused because every backend was at its max_sessions."},
    {Counter::kPinsRemade, "pins_remade_total",
     "Pins made anew because their backend was gone, out or full."},
    {Counter::kDataConnectTimeouts, "data_connect_timeouts_total",
     "Data connections that did not come about in time."},
    {Counter::kTransferStalls, "transfer_stalls_total",
     "Transfers ended because no byte moved."},
    {Counter::kIdleTimeouts, "idle_timeouts_total",
     "Sessions ended because no command came."},
    {Counter::kLinesTooLong, "lines_too_long_total",
     "Command lines over the length limit."},
    {Counter::kForbiddenBytes, "forbidden_bytes_total",
     "Command lines refused for a bare CR, a NUL or the like."},
    {Counter::kPipelineFull, "pipeline_full_total",
     "Times that reading paused because a client sent too much ahead."},
    {Counter::kBouncesRefused, "bounces_refused_total",
     "PORT or EPRT to a third host or a low port."},
    {Counter::kLeaseTimeouts, "lease_timeouts_total",
     "Waits for a public port that ended without one."},
    {Counter::kPipeSizesRefused, "relay_pipe_sizes_refused_total",
     "Times the kernel refused a relay's pipe its size "
     "(fs.pipe-user-pages-soft)."},
    {Counter::kPipesRefused, "relay_pipes_refused_total",
     "Times no descriptor was left for a relay's pipe."},
    {Counter::kTlsHandshakes, "tls_handshakes_total",
     "Control connections of clients that were secured."},
    {Counter::kTlsHandshakesFailed, "tls_handshakes_failed_total",
     "Control connections of clients whose TLS handshake failed."},
    {Counter::kClearLoginsRefused, "clear_logins_refused_total",
     "USER and PASS in clear where TLS is required."},
    {Counter::kClearDataRefused, "clear_data_refused_total",
     "Transfers without PROT P where it is required."},
    {Counter::kDataTlsFailures, "data_tls_failures_total",
     "Data connections whose TLS handshake failed."},
    {Counter::kForeignTlsSessions, "foreign_tls_sessions_total",
     "Data connections that did not resume their control connection's TLS "
     "session."},
    {Counter::kUploadsTooLarge, "uploads_too_large_total",
     "Uploads broken off because a policy allows fewer bytes."},
    {Counter::kRatesFull, "rates_full_total",
     "Transfers not held to a rate of a policy: too many users are."},
    {Counter::kTransfersTruncated, "transfers_truncated_total",
     "Protected data connections that ended without close_notify."},
    {Counter::kUnmatchedConnections, "unmatched_connections_total",
     "Data connections that named no TLS session of ours."},
    {Counter::kClientsDenied, "clients_denied_total",
     "Clients that a policy's networks refused, at the greeting or at USER."},
    {Counter::kCommandsDenied, "commands_denied_total",
     "Commands that a policy refused."},
    {Counter::kSessionLimits, "session_limits_total",
     "USER refused because a policy's max_sessions_per_user or "
     "max_sessions_per_address was reached."},
    {Counter::kSessionCountsFull, "session_counts_full_total",
     "USER refused because as many users and addresses were counted as can "
     "be."},
    {Counter::kForeignSlices, "foreign_port_slices_total",
     "Leases taken from the whole pool, because the backend's public_ports are "
     "outside it."},
    {Counter::kFxpConnections, "fxp_connections_total",
     "Data connections with another server in the client's place (FXP)."},
    {Counter::kProxyHeaders, "proxy_headers_total",
     "Connections that began with a PROXY header of a trusted balancer."},
    {Counter::kProxySourcesRefused, "proxy_sources_refused_total",
     "Connections closed because their source is not trusted to send a PROXY "
     "header, or to connect."},
    {Counter::kProxyHeadersMalformed, "proxy_headers_malformed_total",
     "Connections closed for a malformed or overlong PROXY header."},
    {Counter::kProxyHeadersMissing, "proxy_headers_missing_total",
     "Connections closed because no whole PROXY header came in time."},
    {Counter::kProxyWaitingFull, "proxy_waiting_full_total",
     "Connections closed because too many had shown no PROXY header yet."},
    {Counter::kBans, "bans_made_total",
     "Bans for failed logins that this gateway made."},
    {Counter::kBannedLoginsRefused, "banned_logins_refused_total",
     "USER and PASS of those who are banned."},
    {Counter::kUserSessionsRefused, "user_sessions_refused_total",
     "Logins refused because the user has as many sessions as may be."},
    {Counter::kTarpits, "login_answers_delayed_total",
     "Answers to failed logins that were held back."},
    {Counter::kBannedRefused, "sessions_refused_banned_total",
     "Control connections answered 421: banned."},
    {Counter::kAddressSessionsRefused, "sessions_refused_address_total",
     "Control connections answered 421: too many sessions of their address."},
    {Counter::kConnectionRateRefused, "sessions_refused_rate_total",
     "Control connections answered 421: their address connects too fast."},
    {Counter::kDescriptorsRefused, "sessions_refused_descriptors_total",
     "Connections refused: descriptors are kept for running sessions."},
    {Counter::kMemoryRefused, "sessions_refused_memory_total",
     "Control connections refused near limits.memory."},
    {Counter::kAcceptShortages, "accept_shortages_total",
     "Times a listener paused because no descriptor was left to accept with."},
    {Counter::kTimelineEntriesDropped, "timeline_entries_dropped_total",
     "Entries of sessions' timelines that made room for later ones."},
};
static_assert(std::size(kRows) == static_cast<size_t>(Counter::kCount));

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].counter) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

absl::Span<const CounterRow> CounterRows() { return kRows; }

}  // namespace pinnace::metrics
