// Follows a control plane for one gateway: hands over each good snapshot, says
// ACK or NACK, reports load, answers questions about sessions. Connects again,
// with jitter, for as long as it lives; meanwhile the gateway serves on. Two
// threads of its own.
#ifndef PINNACE_PROXY_CONTROL_SNAPSHOT_CLIENT_H_
#define PINNACE_PROXY_CONTROL_SNAPSHOT_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "protos/pinnace/v1/discovery.pb.h"
#include "proxy/control/ban_report.h"
#include "proxy/control/load_report.h"
#include "proxy/gateway/gateway_view.h"
#include "proxy/snapshot/snapshot.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace pinnace::control {

class SnapshotClient {
 public:
  struct Options {
    std::shared_ptr<grpc::Channel> channel;
    v1::Hello hello;
    std::function<void(snapshot::SnapshotPtr)> publish;
    std::function<void(absl::string_view)> log;
    std::string snapshot_file;  // keeps each good snapshot there; empty: no
    absl::Duration report_interval = absl::Seconds(1);
    absl::Duration shortest_wait = absl::Milliseconds(200);  // to reconnect
    absl::Duration longest_wait = absl::Seconds(5);
  };

  // Follows from now on. `gateway` outlives it.
  SnapshotClient(gateway::GatewayView& gateway, Options options);
  ~SnapshotClient();

  struct Connection {
    bool is_up = false;
    absl::Time since;        // it has been so
    std::string last_error;  // of the stream that ended last
  };
  // Any thread.
  Connection connection() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Stream;

  void Run();
  // One connection, from Hello to its end.
  void FollowOnce();
  void OnMessage(Stream& stream, const v1::ControlMessage& message);
  void OnSnapshot(Stream& stream, const v1::Snapshot& message);
  // Why not, for the log and the NACK.
  absl::StatusOr<snapshot::Snapshot> Accept(const v1::Snapshot& message) const;
  v1::Answer AnswerTo(const v1::Query& query);
  v1::Report ReportNow(LoadReport& loads, BanReport& bans);
  // Sends reports until the stream ends.
  void Report(Stream& stream);
  // False when it is time to stop.
  bool Wait(absl::Duration duration) ABSL_LOCKS_EXCLUDED(mutex_);

  gateway::GatewayView& gateway_;
  const Options options_;
  bool got_snapshot_ = false;  // on the present stream
  bool is_replaced_ = false;   // so the last one ended
  bool away_logged_ = false;
  mutable absl::Mutex mutex_;
  Connection connection_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::thread thread_;
};

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_SNAPSHOT_CLIENT_H_
