// The gateways that follow this control plane now: what they were sent and
// reported, and questions to them with their answers. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_GATEWAY_ROSTER_H_
#define PINNACE_CONTROL_PLANE_SERVICE_GATEWAY_ROSTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control-plane/registry/caller.h"
#include "control-plane/service/steady_clock.h"
#include "grpcpp/support/byte_buffer.h"
#include "protos/pinnace/v1/discovery.pb.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"

namespace pinnace::service {

// A snapshot as a ControlMessage on the wire: made once per version, and the
// same bytes for every stream.
struct SnapshotFrame {
  uint64_t version = 0;
  grpc::ByteBuffer bytes;
};
using SnapshotFramePtr = std::shared_ptr<const SnapshotFrame>;

// The stream of one gateway, as the roster uses it. Calls return at once and
// must not call the roster. Any thread.
class GatewayLink {
 public:
  virtual ~GatewayLink() = default;
  // The version that will be sent; an older one than that is left out.
  virtual uint64_t OfferSnapshot(const SnapshotFramePtr& snapshot) = 0;
  virtual void Ask(const v1::Query& query) = 0;
  // There may be bans that it has not been sent; and those of `lifted` it does
  // not know to be.
  virtual void OfferBans(const std::vector<std::string>& lifted) = 0;
  virtual void End(const absl::Status& status) = 0;
  // Who it is, or why it may not follow, as of now.
  virtual absl::StatusOr<registry::Caller> Admitted() const = 0;
};

struct GatewayAnswer {
  std::string gateway;
  v1::Answer answer;
};
struct Answers {
  std::vector<GatewayAnswer> answers;
  std::vector<std::string> silent;  // asked, and did not answer in time
};

class GatewayRoster {
 public:
  // `clock`: for how long a gateway has been away, or silent.
  explicit GatewayRoster(Clock clock) : clock_(std::move(clock)) {}

  // From Join() to Leave() the link is called, with the last snapshot first. A
  // gateway of the same name that is here already is ended. A link that is not
  // admitted does not join, nor, with ALREADY_EXISTS, one whose name another
  // caller or another process that lives has.
  absl::Status Join(GatewayLink* link, const v1::Hello& hello,
                    absl::string_view address, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Its sessions count on for a while: a gateway that has lost the control
  // plane serves on. Not those of one that was draining, which ends.
  void Leave(GatewayLink* link) ABSL_LOCKS_EXCLUDED(mutex_);

  // To every gateway, and to those that join from now on.
  void OfferSnapshot(SnapshotFramePtr snapshot) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets the load of backends that are gone, once that is a lot.
  void ForgetAllBut(const v1::Snapshot& snapshot) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnVerdict(GatewayLink* link, const v1::Verdict& verdict)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void OnReport(GatewayLink* link, const v1::Report& report)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Bans have changed: to every gateway.
  void OfferBans() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnAnswer(GatewayLink* link, v1::Answer answer)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Asks one gateway, or with an empty name all of them, and waits at most
  // `patience`. NOT_FOUND: no such gateway. UNAVAILABLE: none is connected, or
  // not one answered.
  absl::StatusOr<Answers> Ask(absl::string_view gateway, v1::Query query,
                              absl::Duration patience)
      ABSL_LOCKS_EXCLUDED(mutex_);

  std::vector<v1::Gateway> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // INVALID_ARGUMENT for a backend's public ports that no gateway has, by what
  // those that are here have said.
  absl::Status CheckPublicPorts(absl::string_view ports) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Summed over the gateways that have reported the backend, and the sessions
  // of those that are away; nullopt: none has.
  std::optional<v1::BackendLoad> LoadOf(absl::string_view id) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  void AddLoads(std::vector<v1::BackendRecord>& records) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  void EndAll(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that are admitted no more.
  void EndRefused() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Member {
    v1::Gateway gateway;
    std::string caller;
    absl::Time heard;  // the last that came
    std::unordered_map<std::string, v1::BackendLoad> backends;  // by id
  };
  struct Away {
    absl::Time since;
    std::unordered_map<std::string, int64_t> sessions;  // by id
  };
  struct Question {
    std::map<GatewayLink*, std::string> waiting;  // to the gateway's name
    Answers answers;
  };

  absl::Status CheckNameOf(const v1::Hello& hello,
                           const std::string& caller) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<v1::BackendLoad> Sum(const std::string& id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KeepSessionsOf(const Member& member)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock clock_;
  mutable absl::Mutex mutex_;
  SnapshotFramePtr snapshot_ ABSL_GUARDED_BY(mutex_);  // null: none yet
  std::map<GatewayLink*, Member> members_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Away> away_ ABSL_GUARDED_BY(mutex_);  // by name
  // Those being asked now, by query id.
  std::map<uint64_t, Question*> questions_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_query_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_GATEWAY_ROSTER_H_
