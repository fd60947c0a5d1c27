#include "control-plane/service/discovery_service.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control-plane/service/grpc_status.h"
#include "control-plane/service/wire_bytes.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/ban_message.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::service {
namespace {

// Queries a gateway has not been sent yet; past it they go unanswered.
constexpr size_t kMaxQueuedQueries = 64;

constexpr size_t kBansPerMessage = 1'000;

constexpr size_t kMaxTextBytes = 128;
constexpr int kMaxRanges = 1'000;

// What is kept of a gateway is bounded.
void CheckHello(const v1::Hello& hello, snapshot::FieldProblems& problems) {
  snapshot::CheckName(hello.name(), "hello.name", problems);
  const auto check_text = [&](const char* field, const std::string& text) {
    if (text.size() <= kMaxTextBytes) return;
    problems.push_back({field, absl::StrCat("must have at most ", kMaxTextBytes,
                                            " characters")});
  };
  check_text("hello.zone", hello.zone());
  check_text("hello.program_version", hello.program_version());
  for (const auto& [field, texts] :
       {std::pair("hello.listeners", &hello.listeners()),
        std::pair("hello.public_ports", &hello.public_ports())}) {
    for (const std::string& text : *texts) check_text(field, text);
    if (texts->size() <= kMaxRanges) continue;
    problems.push_back({field, absl::StrCat("must be at most ", kMaxRanges)});
  }
}

// One gateway's stream. Lives until gRPC says OnDone().
class FollowStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public GatewayLink {
 public:
  FollowStream(GatewayRoster& roster, guard::BanTable& bans,
               const Authenticator& authenticator, const Clock& clock,
               grpc::CallbackServerContext* context)
      : roster_(roster),
        bans_(bans),
        first_bans_end_(bans.version()),
        authenticator_(authenticator),
        clock_(clock),
        context_(context) {
    StartRead(&incoming_bytes_);
  }

  uint64_t OfferSnapshot(const SnapshotFramePtr& snapshot) override {
    absl::MutexLock lock(&mutex_);
    // The first may well be version 0, that of an empty store.
    if (!offered_version_.has_value() ||
        snapshot->version > *offered_version_) {
      offered_version_ = snapshot->version;
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

  void OfferBans(const std::vector<std::string>& lifted) override {
    absl::MutexLock lock(&mutex_);
    const size_t room = limits::kMaxBans - lifted_.size();
    lifted_.insert(
        lifted_.end(), lifted.begin(),
        lifted.begin() + static_cast<ptrdiff_t>(std::min(room, lifted.size())));
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

  absl::StatusOr<registry::Caller> Admitted() const override {
    return authenticator_.Admit(*context_, access::Method::kFollow, name_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(absl::OkStatus());
    if (!grpc::SerializationTraits<v1::GatewayMessage>::Deserialize(
             &incoming_bytes_, &incoming_)
             .ok()) {
      return End(absl::InvalidArgumentError("the message cannot be read"));
    }
    if (!joined_) {
      if (!OnHello()) return;
    } else {
      OnMessage();
    }
    StartRead(&incoming_bytes_);
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
      CheckHello(hello, problems);
    }
    if (!problems.empty()) {
      End(snapshot::StatusOf(problems));
      return false;
    }
    name_ = hello.name();
    const absl::Status status =
        roster_.Join(this, hello, context_->peer(), clock_());
    joined_ = status.ok();
    if (!joined_) End(status);
    return joined_;
  }

  void OnMessage() {
    switch (incoming_.message_case()) {
      case v1::GatewayMessage::kVerdict:
        return roster_.OnVerdict(this, incoming_.verdict());
      case v1::GatewayMessage::kReport:
        roster_.OnReport(this, incoming_.report());
        return TakeBans(incoming_.report());
      case v1::GatewayMessage::kAnswer:
        return roster_.OnAnswer(this, std::move(*incoming_.mutable_answer()));
      case v1::GatewayMessage::kHello:
      case v1::GatewayMessage::MESSAGE_NOT_SET:
        return;  // A newer gateway's, or nothing new.
    }
  }

  void TakeBans(const v1::Report& report) {
    bool any = false;
    std::vector<std::string> lifted;
    for (const v1::Ban& message : report.bans()) {
      absl::StatusOr<guard::BanTable::Change> change =
          snapshot::ChangeOf(message);
      if (!change.ok()) continue;
      change->from = name_;
      const std::string key = change->ban.Key();
      switch (bans_.Merge(*std::move(change), clock_())) {
        case guard::BanTable::Merged::kTaken:
          any = true;
          break;
        case guard::BanTable::Merged::kIsLifted:
          lifted.push_back(key);
          break;
        case guard::BanTable::Merged::kNothingNew:
          break;
      }
    }
    if (any) roster_.OfferBans();
    if (!lifted.empty()) OfferBans(lifted);
  }

  // Empty: it knows all.
  v1::BanUpdate NextBans() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::BanUpdate update;
    while (update.bans().empty() && update.lifted().empty()) {
      const guard::BanTable::Changes changes =
          bans_.Since(sent_bans_, kBansPerMessage, clock_());
      sent_bans_ = changes.version;
      for (const guard::BanTable::Change& change : changes.changes) {
        // A gateway that joins may have made a newer one than was lifted: what
        // it has is heard first.
        const bool is_first = change.version <= first_bans_end_;
        if (!is_first && change.from == name_) continue;
        if (!change.is_lifted) {
          *update.add_bans() = snapshot::BanMessage(change.ban);
        } else if (!is_first) {
          update.add_lifted(change.ban.Key());
        }
      }
      if (changes.changes.size() < kBansPerMessage) break;
    }
    for (std::string& key : lifted_) update.add_lifted(std::move(key));
    lifted_.clear();
    return update;
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || end_.has_value()) return;
    if (next_snapshot_ != nullptr) {
      outgoing_ = next_snapshot_->bytes;
      next_snapshot_ = nullptr;
    } else if (!queries_.empty()) {
      v1::ControlMessage message;
      *message.mutable_query() = std::move(queries_.front());
      queries_.pop_front();
      outgoing_ = BytesOf(message);
    } else {
      v1::ControlMessage message;
      *message.mutable_ban_update() = NextBans();
      if (message.ban_update().bans().empty() &&
          message.ban_update().lifted().empty()) {
        return;
      }
      outgoing_ = BytesOf(message);
    }
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void FinishOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_) return;
    finished_ = true;
    Finish(*end_);
  }

  GatewayRoster& roster_;
  guard::BanTable& bans_;
  // Those that were there when it came are its first.
  const uint64_t first_bans_end_;
  const Authenticator& authenticator_;
  const Clock& clock_;
  grpc::CallbackServerContext* const context_;
  // Only between StartRead() and the end of OnReadDone().
  grpc::ByteBuffer incoming_bytes_;
  v1::GatewayMessage incoming_;
  bool joined_ = false;
  std::string name_;  // from Hello on

  absl::Mutex mutex_;
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<uint64_t> offered_version_ ABSL_GUARDED_BY(mutex_);
  SnapshotFramePtr next_snapshot_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::Query> queries_ ABSL_GUARDED_BY(mutex_);
  uint64_t sent_bans_ ABSL_GUARDED_BY(mutex_) = 0;  // by the table's version
  std::vector<std::string> lifted_ ABSL_GUARDED_BY(mutex_);  // to be told
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
};

// A stream that ends at once.
class RefusedStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    Finish(GrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
DiscoveryService::Follow(grpc::CallbackServerContext* context) {
  const absl::StatusOr<registry::Caller> caller =
      authenticator_.Admit(*context, access::Method::kFollow);
  if (!caller.ok()) return new RefusedStream(caller.status());
  return new FollowStream(roster_, bans_, authenticator_, clock_, context);
}

}  // namespace pinnace::service
