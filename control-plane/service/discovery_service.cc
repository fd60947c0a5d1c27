#include "control-plane/service/discovery_service.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/service/grpc_status.h"
#include "proxy/snapshot/snapshot_decoder.h"

namespace pinnace::service {
namespace {

// Queries a gateway has not been sent yet; past it they go unanswered.
constexpr size_t kMaxQueuedQueries = 64;

// One gateway's stream. Lives until gRPC says OnDone().
class FollowStream final
    : public grpc::ServerBidiReactor<v1::GatewayMessage, v1::ControlMessage>,
      public GatewayLink {
 public:
  FollowStream(const StateKeeper& keeper, GatewayRoster& roster,
               const Clock& clock, grpc::CallbackServerContext* context)
      : keeper_(keeper), roster_(roster), clock_(clock), context_(context) {
    StartRead(&incoming_);
  }

  uint64_t OfferSnapshot(const SnapshotMessage& snapshot) override {
    absl::MutexLock lock(&mutex_);
    // The first may well be version 0, that of an empty store.
    if (!offered_version_.has_value() ||
        snapshot->version() > *offered_version_) {
      offered_version_ = snapshot->version();
      next_snapshot_ = snapshot;
      WriteNext();
    }
    return *offered_version_;
  }

  void Ask(const v1::Query& query) override {
    absl::MutexLock lock(&mutex_);
    if (queries_.size() >= kMaxQueuedQueries) return;
    queries_.push_back(query);
    WriteNext();
  }

  void End(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    end_ = GrpcStatus(status);
    if (writing_) {
      context_->TryCancel();  // A gateway that does not read must not hold us.
    } else {
      FinishOnce();
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(absl::OkStatus());
    if (!joined_) {
      if (!OnHello()) return;
    } else {
      OnMessage();
    }
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (end_.has_value()) return FinishOnce();
    if (ok) WriteNext();
  }

  void OnCancel() override { End(absl::CancelledError("the stream ended")); }

  void OnDone() override {
    roster_.Leave(this);
    delete this;
  }

 private:
  bool OnHello() {
    const v1::Hello& hello = incoming_.hello();
    snapshot::FieldProblems problems;
    if (!incoming_.has_hello()) {
      problems.push_back({"hello", "must be the first message"});
    } else {
      snapshot::CheckName(hello.name(), "hello.name", problems);
    }
    if (!problems.empty()) {
      End(snapshot::StatusOf(problems));
      return false;
    }
    joined_ = true;
    roster_.Join(this, hello, context_->peer(), clock_());
    // Again with whatever came between: an older one is left out.
    roster_.OfferSnapshot(keeper_.snapshot());
    return true;
  }

  void OnMessage() {
    switch (incoming_.message_case()) {
      case v1::GatewayMessage::kVerdict:
        return roster_.OnVerdict(this, incoming_.verdict());
      case v1::GatewayMessage::kReport:
        return roster_.OnReport(this, incoming_.report());
      case v1::GatewayMessage::kAnswer:
        return roster_.OnAnswer(this, std::move(*incoming_.mutable_answer()));
      case v1::GatewayMessage::kHello:
      case v1::GatewayMessage::MESSAGE_NOT_SET:
        return;  // A newer gateway's, or nothing new.
    }
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || end_.has_value()) return;
    outgoing_.Clear();
    if (next_snapshot_ != nullptr) {
      *outgoing_.mutable_snapshot() = *next_snapshot_;
      next_snapshot_ = nullptr;
    } else if (!queries_.empty()) {
      *outgoing_.mutable_query() = std::move(queries_.front());
      queries_.pop_front();
    } else {
      return;
    }
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void FinishOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    finished_ = true;
    Finish(*end_);
  }

  const StateKeeper& keeper_;
  GatewayRoster& roster_;
  const Clock& clock_;
  grpc::CallbackServerContext* const context_;
  // Only between StartRead() and the end of OnReadDone().
  v1::GatewayMessage incoming_;
  bool joined_ = false;

  absl::Mutex mutex_;
  v1::ControlMessage outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<uint64_t> offered_version_ ABSL_GUARDED_BY(mutex_);
  SnapshotMessage next_snapshot_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::Query> queries_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerBidiReactor<v1::GatewayMessage, v1::ControlMessage>*
DiscoveryService::Follow(grpc::CallbackServerContext* context) {
  return new FollowStream(keeper_, roster_, clock_, context);
}

}  // namespace pinnace::service
