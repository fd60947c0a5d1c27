#include "control-plane/service/control_plane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/service/discovery_service.h"
#include "control-plane/service/registry_service.h"
#include "control-plane/service/sessions_service.h"
#include "control-plane/service/wire_bytes.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace pinnace::service {
namespace {

// Snapshots of 10,000 backends and lists of 100,000 sessions fit.
constexpr int kMaxMessageBytes = 64 * 1024 * 1024;
constexpr int kKeepaliveMilliseconds = 20'000;
constexpr int kLeastPingIntervalMilliseconds = 5'000;
constexpr absl::Duration kShutdownPatience = absl::Seconds(2);
// A burst of changes becomes one snapshot, and a large one takes its time: a
// sixth of it at most goes into snapshots.
constexpr absl::Duration kSnapshotInterval = absl::Milliseconds(20);
constexpr int kRestPerWork = 5;

SnapshotFramePtr FrameOf(const v1::Snapshot& snapshot) {
  v1::ControlMessage message;
  *message.mutable_snapshot() = snapshot;
  return std::make_shared<const SnapshotFrame>(
      SnapshotFrame{snapshot.version(), BytesOf(message)});
}

void Distribute(const StateKeeper& keeper, GatewayRoster& roster) {
  SnapshotMessage snapshot = keeper.snapshot();
  while (snapshot != nullptr) {
    const absl::Time start = absl::Now();
    roster.OfferSnapshot(FrameOf(*snapshot));
    roster.ForgetAllBut(*snapshot);
    absl::SleepFor(
        std::max(kSnapshotInterval, kRestPerWork * (absl::Now() - start)));
    snapshot = keeper.AwaitSnapshot(snapshot->version());
  }
}

// Whoever reaches an open control plane may do everything.
absl::Status CheckOpenTo(const Address& listen,
                         const access::AccessPolicy& access) {
  if (!access.is_open() || listen.ip.IsLoopback()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("control_plane.listen: ", listen.ToString(),
                   " is not a loopback address: it needs control_plane.tokens "
                   "or control_plane.tls.client_ca"));
}

}  // namespace

ControlPlane::ControlPlane(access::AccessPolicy access, Clock lease_clock)
    : roster_(std::move(lease_clock)),
      bans_(limits::kMaxBans),
      authenticator_(std::move(access)) {}

ControlPlane::~ControlPlane() { Stop(); }

absl::StatusOr<std::unique_ptr<ControlPlane>> ControlPlane::Start(
    Options options) {
  absl::Status status = CheckOpenTo(options.listen, options.access);
  if (!status.ok()) return status;
  std::unique_ptr<ControlPlane> control_plane(
      new ControlPlane(std::move(options.access), options.lease_clock));
  control_plane->store_ = std::move(options.store);
  absl::StatusOr<std::unique_ptr<StateKeeper>> keeper =
      StateKeeper::Load({.store = control_plane->store_.get(),
                         .file = std::move(options.file),
                         .pool = std::move(options.pool),
                         .clock = options.clock,
                         .lease_clock = options.lease_clock});
  if (!keeper.ok()) return keeper.status();
  control_plane->keeper_ = *std::move(keeper);
  StateKeeper* state = control_plane->keeper_.get();
  GatewayRoster* roster = &control_plane->roster_;
  const Authenticator& authenticator = control_plane->authenticator_;
  control_plane->services_.push_back(
      std::make_unique<RegistryService>(*state, *roster, authenticator));
  control_plane->services_.push_back(std::make_unique<DiscoveryService>(
      *roster, control_plane->bans_, authenticator, options.clock));
  control_plane->services_.push_back(std::make_unique<SessionsService>(
      *state, *roster, control_plane->bans_, authenticator, options.clock));
  status =
      control_plane->Listen(options.listen, std::move(options.credentials));
  if (!status.ok()) return status;
  control_plane->upkeep_ = std::thread([state] { state->RunUpkeep(); });
  control_plane->distribution_ =
      std::thread([state, roster] { Distribute(*state, *roster); });
  return control_plane;
}

absl::Status ControlPlane::Listen(
    const Address& listen,
    std::shared_ptr<grpc::ServerCredentials> credentials) {
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen.ToString(), credentials, &port);
  // Two control planes on one port would each have half of the truth.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             kKeepaliveMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kLeastPingIntervalMilliseconds);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  for (const std::unique_ptr<grpc::Service>& service : services_) {
    builder.RegisterService(service.get());
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("control_plane.listen: ", listen.ToString(),
                     " is in use, or not an address of this machine"));
  }
  address_ = listen.WithPort(static_cast<uint16_t>(port));
  return absl::OkStatus();
}

absl::Status ControlPlane::CheckAccess(
    const access::AccessPolicy& access) const {
  return CheckOpenTo(address_, access);
}

void ControlPlane::ReplaceAccess(access::AccessPolicy access) {
  PINNACE_CHECK(CheckAccess(access).ok());
  const std::string changes = access.ChangesSince(*authenticator_.policy());
  authenticator_.Replace(std::move(access));
  roster_.EndRefused();
  if (changes.empty()) return;
  // A disk that is full must not keep a token in force.
  const absl::Status audited = keeper_->Audit(
      {}, {.method = "ReloadAccess", .subject = "access", .detail = changes});
  if (!audited.ok()) {
    Log(LogLevel::kWarning, absl::StrCat("no audit entry of new access (",
                                         changes, "): ", audited.message()));
  }
}

std::shared_ptr<grpc::Channel> ControlPlane::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return server_->experimental().InProcessChannelWithInterceptors(
      arguments, authenticator_.within().Interceptors());
}

void ControlPlane::Stop() {
  if (keeper_ != nullptr) keeper_->Stop();
  if (upkeep_.joinable()) upkeep_.join();
  if (distribution_.joinable()) distribution_.join();
  if (server_ == nullptr) return;
  roster_.EndAll(absl::UnavailableError("the control plane stops"));
  server_->Shutdown(absl::ToChronoTime(absl::Now() + kShutdownPatience));
  server_->Wait();
  server_ = nullptr;
}

}  // namespace pinnace::service
