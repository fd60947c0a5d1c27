// Every cap and default wait, in one place. Sizes are bytes; a wait can be set
// in the configuration where its comment says so. Any thread.
#ifndef PINNACE_PROXY_BASE_LIMITS_H_
#define PINNACE_PROXY_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::limits {

// Control connections.
inline constexpr size_t kMaxCommandLineBytes = 4096;
// Lines a client sent ahead of their turn; past it the gateway stops reading.
inline constexpr size_t kMaxPipelinedBytes = 64 * 1024;
inline constexpr size_t kMaxReplyLineBytes = 16 * 1024;
inline constexpr size_t kMaxReplyBytes = 1024 * 1024;
inline constexpr size_t kMaxFeatures = 128;
// Replies not yet taken by a client that does not read; past it the gateway
// stops reading commands.
inline constexpr size_t kMaxUnsentBytes = 256 * 1024;
// ABOR and STAT in mid-transfer that are served before others have a turn.
inline constexpr int kMaxUrgentPerTurn = 16;
// FEATs likewise: each looks at every backend of a farm.
inline constexpr int kMaxFeatPerTurn = 4;
inline constexpr size_t kMaxUserBytes = 256;
inline constexpr size_t kControlReadBytes = 64 * 1024;

// Login.
// Configuration: `failover` of a farm.
inline constexpr int kMaxBackendCandidates = 4;
inline constexpr absl::Duration kFailoverBudget = absl::Seconds(20);
inline constexpr int kMaxFailedLogins = 6;

// TLS.
inline constexpr absl::Duration kTlsHandshakeTimeout = absl::Seconds(10);
// Given at the end of a control connection's handshake; TLS 1.3 clients use
// each once (RFC 8446 §C.4).
inline constexpr size_t kTlsTickets = 4;
// Of data connections whose session is not known before their ClientHello, a
// worker has so many at most.
inline constexpr size_t kMaxUnmatchedConnections = 1024;
// The log names one that was refused at most so often.
inline constexpr absl::Duration kUnmatchedNotice = absl::Seconds(1);
// A handshake message beyond it ends the handshake.
inline constexpr size_t kMaxHandshakeBytes = 64 * 1024;
inline constexpr int kMaxServerCertificates = 100;
// Different sets of files toward backends; past it the oldest is read again
// when it is needed.
inline constexpr size_t kMaxTlsClientContexts = 256;
// How often the files are looked at again.
inline constexpr absl::Duration kTlsRefresh = absl::Seconds(10);

// Waits (configuration: gateway.timeouts).
inline constexpr absl::Duration kIdleTimeout =
    absl::Minutes(5);  // RFC 1123 §4.1.3.2
inline constexpr absl::Duration kLoginTimeout = absl::Seconds(60);
inline constexpr absl::Duration kBackendConnectTimeout = absl::Seconds(5);
inline constexpr absl::Duration kBackendReplyTimeout = absl::Minutes(5);
inline constexpr absl::Duration kDataConnectTimeout = absl::Seconds(30);
inline constexpr absl::Duration kTransferStallTimeout = absl::Minutes(10);
inline constexpr absl::Duration kLeaseWait = absl::Seconds(10);
inline constexpr absl::Duration kAbortTimeout = absl::Seconds(10);
// For one more reply, where it cannot be known whether the last was the last.
inline constexpr absl::Duration kAbortSettle = absl::Seconds(1);
inline constexpr absl::Duration kCloseTimeout = absl::Seconds(5);
inline constexpr absl::Duration kDrainTimeout = absl::Seconds(30);
inline constexpr absl::Duration kDrainNotice = absl::Seconds(5);
inline constexpr absl::Duration kKeepaliveIdle = absl::Seconds(60);
inline constexpr absl::Duration kKeepaliveInterval = absl::Seconds(15);
inline constexpr int kKeepaliveProbes = 4;

// Data connections.
// How long a worker moves data before it looks for control events again.
inline constexpr absl::Duration kBulkTurn = absl::Microseconds(100);
// Past so many bytes a relay lets other connections of the worker have a turn:
// it moves less than that and one pipe more.
inline constexpr size_t kRelayTurnBytes = 512 * 1024;
// A pipe of so many bytes for a worker's first relays that hold one at a time,
// for those up to kMaxPooledPipes, and beyond: what slow receivers can pin is
// bounded to 8 MiB, 12 MiB and 64 KiB each.
inline constexpr size_t kLargePipeBytes = 512 * 1024;
inline constexpr size_t kLargePipes = 16;
inline constexpr size_t kMediumPipeBytes = 256 * 1024;
inline constexpr size_t kMaxPooledPipes = 64;
inline constexpr size_t kSmallPipeBytes = 64 * 1024;
inline constexpr size_t kRelayCopyBytes =
    64 * 1024;  // the worker's shared buffer
// A client may send PORT a moment before it listens.
inline constexpr int kActiveDialAttempts = 3;
inline constexpr absl::Duration kActiveDialRetry = absl::Milliseconds(250);
inline constexpr int kAcceptsPerTurn = 64;
inline constexpr int kListenBacklog = 1024;
inline constexpr int kMaxLeaseWaitersPerClient = 256;
// Between two log lines of a worker about public ports of backends that are
// none of the gateway's.
inline constexpr absl::Duration kForeignSliceNotice = absl::Minutes(1);
inline constexpr int kMaxFxpPeers = 64;  // networks of one farm

// Fleet.
inline constexpr absl::Duration kPinTtl = absl::Minutes(30);
inline constexpr size_t kMaxPins = 100'000;
inline constexpr absl::Duration kProbeInterval = absl::Seconds(10);
inline constexpr absl::Duration kProbeTimeout = absl::Seconds(5);
// A backend that is not well, or in doubt, is probed at least so often.
inline constexpr absl::Duration kProbeRetry = absl::Seconds(1);
// Probes under way; past it the next ones are late, and the log says so.
inline constexpr size_t kMaxProbes = 512;
// Begun in one turn of the loop.
inline constexpr int kProbesPerTurn = 16;
// Of one snapshot's new backends so many are probed at once, the others spread
// over the interval.
inline constexpr int kFirstProbesAtOnce = 32;
inline constexpr absl::Duration kProbesLateNotice = absl::Minutes(1);
// Between two log lines about probes that the gateway itself could not make.
inline constexpr absl::Duration kProbeTroubleNotice = absl::Minutes(1);
// A backend that has listed so much lists well.
inline constexpr size_t kMaxProbeListBytes = 1024 * 1024;
inline constexpr size_t kMaxProbePasswordBytes = 1024;
// Different FEAT lists of backends, kept once each.
inline constexpr size_t kMaxFeatureLists = 64;
// For its 221 and FIN.
inline constexpr absl::Duration kProbeCloseTimeout = absl::Seconds(1);
// Of backends' names, under way.
inline constexpr size_t kMaxBackendLookUps = 16;
// Configuration: `outlier_ejection` of a farm.
inline constexpr absl::Duration kEjection = absl::Seconds(5);
inline constexpr absl::Duration kLongestEjection = absl::Minutes(5);
// Configuration: `drain` of a farm.
inline constexpr absl::Duration kBackendDrainGrace = absl::Seconds(30);
inline constexpr absl::Duration kBackendDrainDeadline = absl::Minutes(10);
// Of one pick, before it looks at every backend of the farm.
inline constexpr int kMaxBackendDraws = 16;
inline constexpr size_t kMaxRoutes = 1'000;
// Configuration: `failover` of a farm. Of one download; of one command.
inline constexpr int kMaxResumes = 3;
inline constexpr int kMaxPolicies = 1'000;
inline constexpr int kMaxPolicyNetworks = 1'000;  // of each list of a policy
inline constexpr int kMaxPolicyEntries = 100;     // of each other list
inline constexpr absl::Duration kDnsRefresh = absl::Seconds(30);

// PROXY protocol: a header longer than this is refused, TLVs with it.
inline constexpr size_t kMaxProxyHeaderBytes = 4096;
inline constexpr absl::Duration kProxyHeaderTimeout = absl::Seconds(5);
// Connections of one worker that have not shown theirs yet; past it the oldest
// is closed.
inline constexpr size_t kMaxProxyWaiting = 1024;

// Defence (configuration: gateway.limits, gateway.bans).
// Addresses, and users, that are counted at one time; past it the one that has
// been quiet for longest is forgotten.
inline constexpr size_t kMaxCountedClients = 100'000;
inline constexpr size_t kMaxBans = 100'000;
inline constexpr absl::Duration kBanWindow = absl::Minutes(10);
inline constexpr absl::Duration kBan = absl::Minutes(1);
inline constexpr absl::Duration kLongestBan = absl::Hours(24);
inline constexpr int kMaxTarpitSteps = 16;
// Connections whose last words a worker waits for to be taken; past it an
// address that is refused for what it does gets a RST, not a 421.
inline constexpr int kMaxRefusalsUnderWay = 256;
// Of limits.memory: new sessions are refused above, and taken again below, as
// what a session takes is not all given back at once.
inline constexpr double kMemoryRefusedFrom = 0.9;
inline constexpr double kMemoryTakenBelow = 0.85;
inline constexpr uint64_t kMinMemory = 64 * 1024 * 1024;
inline constexpr absl::Duration kMemoryLook = absl::Milliseconds(250);
// Between two log lines of a worker about one kind of refusal.
inline constexpr absl::Duration kRefusalNotice = absl::Seconds(1);

// Rates (configuration: `rate`). A bound by which bytes go out evenly.
inline constexpr size_t kMinRateBurst = 64 * 1024;
inline constexpr absl::Duration kRateBurst = absl::Milliseconds(250);
inline constexpr absl::Duration kRateTurn = absl::Milliseconds(10);
// A transfer that waits for its turn looks so often whether the rate is
// another.
inline constexpr absl::Duration kRateLook = absl::Seconds(1);
inline constexpr size_t kMaxRatedUsers = 100'000;

// Control plane.
inline constexpr size_t kMaxFarms = 10'000;
inline constexpr size_t kMaxAuditEntries = 100'000;
inline constexpr size_t kMaxAuditRead = 1'000;  // in one answer
inline constexpr size_t kMaxAuditDetailBytes = 512;
// Of a registered backend: a snapshot of as many as there may be fits into a
// message.
inline constexpr size_t kMaxBackendBytes = 4096;
// Commits, and bytes of them, that a watcher may be behind before it has to
// read all again.
inline constexpr size_t kMaxWatchBacklog = 10'000;
inline constexpr size_t kMaxWatchBacklogBytes = 32 * 1024 * 1024;
// A gateway that lost its stream: its sessions count on for so long.
inline constexpr absl::Duration kGatewayAway = absl::Minutes(10);
inline constexpr size_t kMaxGatewaysAway = 1'000;
// etcd takes 128 operations in a transaction; the audit is one of them.
inline constexpr size_t kMaxWritesPerCommit = 100;

// Access to the control plane.
inline constexpr size_t kMinTokenBytes = 16;
inline constexpr size_t kMaxTokenBytes = 512;
inline constexpr int kMaxTokens = 1'000;
inline constexpr int kMaxCertificateRules = 1'000;
inline constexpr int kMaxIdGlobs = 100;
inline constexpr size_t kMaxGlobBytes = 256;
// A longer subject of a certificate is not looked at.
inline constexpr size_t kMaxSubjectBytes = 512;
// How often certificate files are looked at again.
inline constexpr absl::Duration kCertificateRefresh = absl::Seconds(10);

// Looks into a running gateway.
// What was said in one session, kept as long as there is room: the oldest goes.
inline constexpr size_t kTimelineBytes = 4096;
inline constexpr size_t kTimelineTextBytes = 128;  // of one entry
// Events that are kept for readers; the oldest goes.
inline constexpr size_t kMaxEvents = 4096;
inline constexpr size_t kMaxEventTextBytes = 512;
// Of events that one look takes.
inline constexpr size_t kMaxEventsPerRead = 256;
// Streams of events, each of which has a thread; past it a 503.
inline constexpr int kMaxEventStreams = 16;
inline constexpr absl::Duration kEventHeartbeat = absl::Seconds(15);
// How often a gateway looks for bans that have come or gone.
inline constexpr absl::Duration kBanLook = absl::Milliseconds(500);
// Sessions that a worker describes before others have their turn.
inline constexpr size_t kSessionsPerLook = 64;
inline constexpr int64_t kMaxPageRows = 1000;
inline constexpr int64_t kPageRows = 100;
// How often what running transfers have moved is written down, and how many of
// these a rate goes back.
inline constexpr absl::Duration kTransferSample = absl::Seconds(1);
inline constexpr size_t kTransferSamples = 4;

// Lines of the log that wait for the end of a turn. Not above PIPE_BUF: a pipe
// takes what is larger in parts, between which others may write.
inline constexpr size_t kMaxLogBatchBytes = 4096;

// Sessions.
inline constexpr size_t kMaxSessions =
    8000;  // configuration: gateway.max_sessions
inline constexpr int kMaxWorkers = 64;

}  // namespace pinnace::limits

#endif  // PINNACE_PROXY_BASE_LIMITS_H_
