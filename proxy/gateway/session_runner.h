// One session's shell: owns its streams, timer and data channel, reports what
// happens to the pure Session and carries out what that asks for. One thread.
#ifndef PINNACE_PROXY_GATEWAY_SESSION_RUNNER_H_
#define PINNACE_PROXY_GATEWAY_SESSION_RUNNER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/gateway/control_stream.h"
#include "proxy/gateway/data_channel.h"
#include "proxy/gateway/event_ring.h"
#include "proxy/gateway/timeline.h"
#include "proxy/gateway/transfer_meter.h"
#include "proxy/guard/client_counter.h"
#include "proxy/io/byte_stream.h"
#include "proxy/io/dial.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"
#include "proxy/session/session.h"
#include "proxy/tls/client_context.h"
#include "proxy/tls/server_context.h"

namespace pinnace::gateway {

class Worker;

class SessionRunner final : public io::ByteStream::Owner,
                            public DataChannel::Owner {
 public:
  // What the client may say first. A PROXY header is out of place once the
  // session has begun, and ends it.
  enum class FirstBytes : uint8_t { kAny, kNoHeader };

  // `worker` outlives the runner.
  SessionRunner(Worker& worker, io::Socket client, FirstBytes first_bytes,
                guard::ClientCounter::Place place,
                session::Session::Start start);

  void Start();  // Says the greeting.
  // A wait for a port is over. False when nobody waits any more.
  bool OnLeaseGranted(session::DataPathId path, uint16_t port);
  // A connection that claimed this session's lease.
  void OnDataAccepted(session::DataPathId path, io::Socket socket,
                      const Address& from,
                      std::unique_ptr<tls::TlsEngine> engine);
  void Drain();
  void BackendDrainChanged();
  void Kill();

  SessionId id() const { return session_.id(); }
  session::SessionFacts facts() const;
  const Timeline& timeline() const { return timeline_; }

  // Where the worker has it among those in transfer.
  std::optional<size_t> moving_place() const { return moving_place_; }
  void set_moving_place(std::optional<size_t> place) { moving_place_ = place; }
  void SampleTransfer();

 private:
  // Gives `event` to the session, and carries out its answer.
  template <typename Event>
  void Deliver(Event event);
  void TellAnswers();
  void CarryOut(const session::Outbox& out);

  void Do(const session::SendClient& action, const session::Outbox& out);
  void Do(const session::SendBackend& action, const session::Outbox& out);
  void Do(const session::SecureClient& action, const session::Outbox& out);
  void Do(const session::SecureBackend& action, const session::Outbox& out);
  void Do(const session::ClearClient& action, const session::Outbox& out);
  void Do(const session::ConnectBackend& action, const session::Outbox& out);
  void Do(const session::CloseBackend& action, const session::Outbox& out);
  void Do(const session::TakeLease& action, const session::Outbox& out);
  void Do(const session::ListenForBackend& action, const session::Outbox& out);
  void Do(const session::DialClient& action, const session::Outbox& out);
  void Do(const session::DialBackend& action, const session::Outbox& out);
  void Do(const session::StartRelay& action, const session::Outbox& out);
  void Do(const session::PassEnd& action, const session::Outbox& out);
  void Do(const session::DropBackendLeg& action, const session::Outbox& out);
  void Do(const session::CloseDataPath& action, const session::Outbox& out);
  void Do(const session::PauseClient& action, const session::Outbox& out);
  void Do(const session::ResumeClient& action, const session::Outbox& out);
  void Do(const session::ReportLogin& action, const session::Outbox& out);
  void Do(const session::ReportTransfer& action, const session::Outbox& out);
  void Do(const session::ReportBackendTrouble& action,
          const session::Outbox& out);
  void Do(const session::ReportBackendReplaced& action,
          const session::Outbox& out);
  void Do(const session::EndSession& action, const session::Outbox& out);

  absl::Status SecureBackend();
  void OnClientCleared(absl::string_view bytes);
  DataChannel::Engines EnginesFor(const session::StartRelay& action);
  rates::Pacer::Buckets RatesFor(session::Direction direction);
  void OnBackendDialled(absl::StatusOr<io::Connected> result);
  // Of what the client has said so far, `bytes` last.
  bool BeginsAsHeader(absl::string_view bytes);
  void RefuseHeader(io::ByteStream& stream);
  // ByteStream::Owner
  void OnBytes(io::ByteStream& stream, absl::string_view bytes) override;
  void OnEnd(io::ByteStream& stream, const absl::Status& status) override;
  void OnDrained(io::ByteStream& stream) override;
  // DataChannel::Owner
  void OnLegOpen(session::Leg leg, const Address& from) override;
  void OnLegFailed(session::Leg leg, const absl::Status& why) override;
  void OnRelayDone(int64_t bytes) override;
  void OnSourceEnded(int64_t bytes) override;
  void OnRelayBroken(session::Leg leg, session::LegFault fault,
                     const absl::Status& why, int64_t bytes) override;

  void TellLease(session::DataPathId path,
                 const ports::LeaseTable::Taken& taken);
  DataChannel& Channel(session::DataPathId path);
  // Of the transfer that runs: what it has moved by now.
  void TellMoved();
  void EndMoving();
  void TellEndOf(const session::ReportTransfer& action,
                 const session::Outbox& out);
  template <typename... Parts>
  void Note(const Parts&... parts);
  Event NewEvent(Event::Kind kind, bool ok) const;
  // "session=12 client=... user=... backend=...": how a log line begins.
  std::string LogPrefix() const;

  Worker& worker_;
  FirstBytes first_bytes_;
  std::string beginning_;              // while it may be a header's
  guard::ClientCounter::Place place_;  // among the sessions of its address
  session::Session session_;
  std::unique_ptr<ControlStream> client_;
  std::unique_ptr<ControlStream> backend_;
  Address backend_peer_;
  std::unique_ptr<io::Dial> backend_dial_;
  std::unique_ptr<DataChannel> data_;
  // Of the TLS that is in effect: the data connections use the same.
  std::shared_ptr<const tls::ServerContext> client_context_;
  std::shared_ptr<const tls::ClientContext> backend_context_;
  std::shared_ptr<tls::SessionJar> backend_sessions_;
  std::vector<std::shared_ptr<rates::TransferBuckets>> policy_rates_;
  io::Timer timer_;
  io::Loop::Deferred continue_;  // commands that wait for a turn
  Timeline timeline_;
  TransferMeter meter_;
  std::optional<size_t> moving_place_;
  absl::Time lease_asked_ = absl::InfinitePast();
  absl::Time backend_dialled_ = absl::InfinitePast();

  // Answers of actions that are known at once; told when the turn is carried
  // out.
  struct LeaseAnswer {
    session::DataPathId path;
    std::optional<uint16_t> port;
    session::LeaseRefusal why = session::LeaseRefusal::kPoolFull;
  };
  struct ListenAnswer {
    session::DataPathId path;
    std::optional<Address> address;
  };
  std::optional<LeaseAnswer> lease_answer_;
  std::optional<ListenAnswer> listen_answer_;
  std::optional<absl::Status> secure_backend_failure_;
  bool is_last_turn_ = false;  // What is carried out ends the session.
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_SESSION_RUNNER_H_
