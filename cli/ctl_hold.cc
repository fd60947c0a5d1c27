#include "cli/ctl_hold.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "cli/backend_hold.h"
#include "cli/message_fields.h"
#include "cli/signals.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

// Of one call; a signal waits as long.
constexpr absl::Duration kLongestCall = absl::Seconds(2);
constexpr absl::Duration kShortestCall = absl::Milliseconds(300);

template <typename Request, typename Response, typename Method>
absl::Status CallWithId(CtlConnection& connection, const std::string& id,
                        Method method, Response* response) {
  Request request;
  request.set_id(id);
  return connection.Call(connection.registry(), method, request, response);
}

absl::Status Register(CtlConnection& connection,
                      const v1::RegisterBackendRequest& request,
                      v1::BackendRecord* record) {
  return connection.Call(connection.registry(), &Registry::RegisterBackend,
                         request, record);
}

absl::Status CarryOut(HoldCall call, v1::RegisterBackendRequest& request,
                      CtlConnection& connection, v1::BackendRecord* record) {
  const std::string& id = request.backend().id();
  switch (call) {
    case HoldCall::kRead:
      return CallWithId<v1::GetBackendRequest>(connection, id,
                                               &Registry::GetBackend, record);
    case HoldCall::kRegister: {
      absl::Status status = Register(connection, request, record);
      // What it changes the next time is what it has made itself.
      if (status.ok()) request.clear_expected_version();
      return status;
    }
    case HoldCall::kResume:
      return CallWithId<v1::ResumeBackendRequest>(
          connection, id, &Registry::ResumeBackend, record);
    case HoldCall::kHeartbeat:
      return CallWithId<v1::HeartbeatRequest>(connection, id,
                                              &Registry::Heartbeat, record);
    case HoldCall::kMark: {
      v1::RegisterBackendRequest marked = request;
      (*marked.mutable_backend()->mutable_labels())[kLeavingLabel] = "true";
      return Register(connection, marked, record);
    }
    case HoldCall::kDrain:
      return CallWithId<v1::DrainBackendRequest>(
          connection, id, &Registry::DrainBackend, record);
    case HoldCall::kDeregister: {
      v1::DeregisterBackendResponse response;
      return CallWithId<v1::DeregisterBackendRequest>(
          connection, id, &Registry::DeregisterBackend, &response);
    }
  }
  return absl::InternalError("no such call");
}

}  // namespace

absl::Status HoldBackend(const HoldOptions& options,
                         CtlConnection& connection) {
  v1::RegisterBackendRequest request = options.request;
  const absl::Duration ttl = snapshot::DurationOf(request.ttl());
  connection.SetTimeout(std::clamp(ttl / 3, kShortestCall, kLongestCall));
  BackendHold hold({.id = request.backend().id(),
                    .ttl = ttl,
                    .drain_deadline = options.drain_deadline,
                    .seed = std::random_device()()},
                   absl::Now());
  bool shown = false;
  while (true) {
    const std::optional<BackendHold::Step> step = hold.Next(absl::Now());
    for (const std::string& line : hold.TakeLog()) {
      Log(LogLevel::kInfo, Printable(line));
    }
    if (!step.has_value()) return hold.result();
    switch (NextSignal(step->at - absl::Now())) {
      case Signal::kStop:
      case Signal::kDrain:
        hold.OnStop(absl::Now());
        continue;
      case Signal::kReload:
        continue;
      case Signal::kNone:
        break;
    }
    if (absl::Now() < step->at) continue;
    v1::BackendRecord record;
    const absl::Status status =
        CarryOut(step->call, request, connection, &record);
    if (step->call == HoldCall::kRegister && status.ok() && !shown) {
      options.show(record);
      shown = true;
    }
    hold.OnAnswer(status, record, absl::Now());
  }
}

}  // namespace pinnace::cli
