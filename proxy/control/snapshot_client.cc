#include "proxy/control/snapshot_client.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"
#include "proxy/base/steady_clock.h"
#include "proxy/control/gateway_facts.h"
#include "proxy/control/snapshot_file.h"
#include "proxy/snapshot/snapshot_decoder.h"

namespace pinnace::control {
namespace {

// Between half and the whole of it, so that gateways do not come back at once.
absl::Duration Jittered(absl::Duration wait) {
  std::random_device random;
  return wait * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

}  // namespace

// The stream with its one lock: gRPC takes one writer at a time.
class SnapshotClient::Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Discovery::NewStub(channel)) {}

  // May be cancelled at any time, also while Open() waits.
  grpc::ClientContext& context() { return context_; }

  // kUntilItIsUp: a channel dials only while a call waits for it. kNone: ends
  // with the reason when there is no way to the control plane.
  enum class Patience : uint8_t { kNone, kUntilItIsUp };
  void Open(Patience patience) {
    context_.set_wait_for_ready(patience == Patience::kUntilItIsUp);
    stream_ = stub_->Follow(&context_);
  }

  bool Read(v1::ControlMessage& message) { return stream_->Read(&message); }

  void Write(const v1::GatewayMessage& message) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    // A failed write shows itself as the end of the reads.
    if (!ended_) stream_->Write(message);
  }

  // True when the stream has ended before `duration` has passed.
  bool AwaitEnd(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&ended_), duration);
  }

  void End() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }

  grpc::Status Finish() { return stream_->Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Discovery::Stub> stub_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::GatewayMessage, v1::ControlMessage>>
      stream_;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

SnapshotClient::SnapshotClient(gateway::GatewayView& gateway, Options options)
    : gateway_(gateway), options_(std::move(options)) {
  thread_ = std::thread([this] { Run(); });
}

SnapshotClient::~SnapshotClient() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.join();
}

bool SnapshotClient::Wait(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopped_), duration);
}

void SnapshotClient::Run() {
  absl::Duration wait = options_.shortest_wait;
  do {
    got_snapshot_ = false;
    is_replaced_ = false;
    FollowOnce();
    // Two of one name must not throw each other out without end.
    wait = got_snapshot_ && !is_replaced_
               ? options_.shortest_wait
               : std::min(wait * 2, options_.longest_wait);
  } while (Wait(Jittered(wait)));
}

void SnapshotClient::FollowOnce() {
  Stream stream(options_.channel);
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) stream.context().TryCancel();
    context_ = &stream.context();
  }
  // The first time the log must hear why, a certificate perhaps.
  stream.Open(away_logged_ ? Stream::Patience::kUntilItIsUp
                           : Stream::Patience::kNone);
  v1::GatewayMessage hello;
  *hello.mutable_hello() = options_.hello;
  stream.Write(hello);
  std::thread reporter([this, &stream] { Report(stream); });
  v1::ControlMessage message;
  while (stream.Read(message)) OnMessage(stream, message);
  stream.End();
  reporter.join();
  const grpc::Status status = stream.Finish();
  is_replaced_ = status.error_code() == grpc::StatusCode::ABORTED;
  absl::MutexLock lock(&mutex_);
  context_ = nullptr;
  // Once for each time it goes away, not for each attempt.
  if (!stopped_ && (got_snapshot_ || !away_logged_)) {
    away_logged_ = true;
    options_.log(
        absl::StrCat("control plane away, serving on from the last snapshot: ",
                     status.error_message()));
  }
}

void SnapshotClient::OnMessage(Stream& stream,
                               const v1::ControlMessage& message) {
  switch (message.message_case()) {
    case v1::ControlMessage::kSnapshot:
      return OnSnapshot(stream, message.snapshot());
    case v1::ControlMessage::kQuery: {
      v1::GatewayMessage answer;
      *answer.mutable_answer() = AnswerTo(message.query());
      return stream.Write(answer);
    }
    case v1::ControlMessage::kBanUpdate:
      return TakeBans(message.ban_update(), SteadyNow(),
                      gateway_.guard().bans());
    case v1::ControlMessage::MESSAGE_NOT_SET:
      return;  // A newer control plane's.
  }
}

absl::StatusOr<snapshot::Snapshot> SnapshotClient::Accept(
    const v1::Snapshot& message) const {
  const snapshot::SnapshotPtr served = gateway_.snapshot();
  // Versions only grow: its store is a fresh or a restored one, and may well
  // be empty.
  if (served != nullptr && message.version() < served->version) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version: older than ", served->version,
        ", which is served; to take it, restart the gateway without its "
        "gateway.snapshot_file"));
  }
  return snapshot::DecodeSnapshot(message);
}

void SnapshotClient::OnSnapshot(Stream& stream, const v1::Snapshot& message) {
  absl::StatusOr<snapshot::Snapshot> decoded = Accept(message);
  v1::GatewayMessage verdict;
  verdict.mutable_verdict()->set_version(message.version());
  if (!decoded.ok()) {
    verdict.mutable_verdict()->set_error(
        std::string(decoded.status().message()));
    options_.log(absl::StrCat("snapshot ", message.version(),
                              " refused: ", decoded.status().message()));
    return stream.Write(verdict);
  }
  options_.publish(
      std::make_shared<const snapshot::Snapshot>(*std::move(decoded)));
  stream.Write(verdict);
  if (!got_snapshot_) {
    got_snapshot_ = true;
    away_logged_ = false;
    options_.log(absl::StrCat("following the control plane, snapshot ",
                              message.version()));
  }
  if (options_.snapshot_file.empty()) return;
  const absl::Status kept = WriteSnapshotFile(options_.snapshot_file, message);
  if (!kept.ok()) {
    options_.log(absl::StrCat("gateway.snapshot_file: ", kept.message()));
  }
}

v1::Answer SnapshotClient::AnswerTo(const v1::Query& query) {
  v1::Answer answer;
  answer.set_id(query.id());
  switch (query.query_case()) {
    case v1::Query::kListSessions: {
      v1::Answer::Sessions* sessions = answer.mutable_sessions();
      for (const session::SessionFacts& facts : gateway_.Sessions()) {
        *sessions->add_sessions() = SessionMessage(facts);
      }
      break;
    }
    case v1::Query::kKillSession:
      answer.set_found(gateway_.KillSession(query.kill_session().id()));
      break;
    case v1::Query::kListPins: {
      v1::Answer::Pins* pins = answer.mutable_pins();
      for (const fleet::PinTable::Pin& pin : gateway_.Pins()) {
        *pins->add_pins() = PinMessage(pin);
      }
      break;
    }
    case v1::Query::kDeletePin:
      answer.set_found(gateway_.DeletePin(query.delete_pin().key()));
      break;
    case v1::Query::kListPorts:
      *answer.mutable_ports() = PortUseMessage(gateway_.Ports());
      break;
    case v1::Query::kGetTimeline:
    case v1::Query::QUERY_NOT_SET:
      break;  // A newer control plane's: an empty answer says so.
  }
  return answer;
}

v1::Report SnapshotClient::ReportNow(LoadReport& loads, BanReport& bans) {
  v1::Report report;
  report.set_draining(gateway_.draining());
  report.set_pins(gateway_.PinCounts().pins);
  *report.mutable_ports() = PortUseMessage(gateway_.Ports());
  report.mutable_ports()->clear_by_port();
  bans.AddTo(gateway_.guard().bans(), SteadyNow(), report);
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return report;
  loads.AddTo(*snapshot, SteadyNow(), report);
  return report;
}

void SnapshotClient::Report(Stream& stream) {
  LoadReport loads;
  BanReport bans;
  do {
    v1::GatewayMessage message;
    *message.mutable_report() = ReportNow(loads, bans);
    stream.Write(message);
  } while (!stream.AwaitEnd(options_.report_interval));
}

}  // namespace pinnace::control
