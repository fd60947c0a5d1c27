// The shell of one session in virtual time: carries out its actions against
// model clients and backends, tells it what happened, and checks every step of
// it. For tests only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_MODEL_SHELL_H_
#define PINNACE_TESTS_SIMULATION_MODEL_SHELL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "proxy/session/session.h"
#include "tests/simulation/data_leg.h"
#include "tests/simulation/model_backend.h"
#include "tests/simulation/model_client.h"
#include "tests/simulation/model_gateway.h"
#include "tests/simulation/reply_audit.h"
#include "tests/support/shell_rules.h"

namespace pinnace::simulation {

class ModelShell {
 public:
  ModelShell(ModelGateway& gateway, session::Session::Start start);

  void Start(ModelClient* client);
  SessionId id() const { return session_.id(); }
  bool has_ended() const { return session_.has_ended(); }
  // Of the listener.
  session::ClientTls tls() const { return session_.start().tls; }

  // What the client does.
  void ClientSends(absl::string_view bytes);
  void ClientFin();
  void ClientReset();
  // What the operator does.
  void Drain();
  void BackendDrainChanged();
  void Kill();
  // What the listener of a public port and the lease table do.
  void OnDataAccepted(session::DataPathId path, const IpAddress& from,
                      DataLegPtr leg);
  void OnLeaseGranted(session::DataPathId path, const IpAddress& source,
                      uint16_t port);
  bool HoldsLease(uint16_t port) const {
    return path_.lease == Lease::kHeld && path_.port == port;
  }

  // Nothing can happen any more: what is still open.
  std::string Leftover() const;

 private:
  enum class Lease : uint8_t { kNone, kWaiting, kHeld };
  // How bytes of a control connection arrive.
  enum class Cut : uint8_t { kWhole, kByteWise, kChunks };
  struct Path {
    session::DataPathId id = 0;
    Lease lease = Lease::kNone;
    uint16_t port = 0;
    uint16_t listening = 0;  // for the backend
    DataLegPtr client;
    DataLegPtr backend;
    bool mistaken = false;  // the client leg is another session's
    bool relaying = false;
    bool done = false;
    session::StartRelay asked;  // of the relay
    int64_t moved = 0;
    std::optional<int64_t> begin;  // of what the client was sent first
    int relay_number = 0;          // grows when the backend's leg is dropped
    absl::Duration pause;  // before the next look at a source that is silent
  };
  using Event = std::function<void(session::Session&, session::Turn&)>;

  void Deliver(const Event& event);
  void CheckTurn();
  void SetTimer();
  void Feed();
  void CheckSecrets(absl::string_view bytes);
  size_t NextCut(size_t all);
  std::string WhatIsUntrue() const;
  void Fault(absl::string_view what) {
    is_faulty_ = true;
    gateway_.Fault(id(), what);
  }

  void Do(const session::SendClient& action);
  void Do(const session::SendBackend& action);
  void Do(const session::ConnectBackend& action);
  void Do(const session::CloseBackend& action);
  void Do(const session::TakeLease& action);
  void Do(const session::ListenForBackend& action);
  void Do(const session::DialClient& action);
  void Do(const session::DialBackend& action);
  void Do(const session::SecureClient& action);
  void Do(const session::SecureBackend& action);
  void Do(const session::ClearClient& action);
  void Do(const session::StartRelay& action);
  void Do(const session::PassEnd& action);
  void Do(const session::DropBackendLeg& action);
  void Do(const session::CloseDataPath& action);
  void Do(const session::PauseClient& action);
  void Do(const session::ResumeClient& action);
  void Do(const session::ReportLogin& action) {}
  void Do(const session::ReportTransfer& action);
  void Do(const session::ReportBackendTrouble& action) {}
  void Do(const session::ReportBackendReplaced& action) {}
  void Do(const session::EndSession& action);

  void OnBackendBytes(uint64_t connection, absl::string_view bytes);
  void ReleaseBackend();
  bool AcceptFromBackend(uint16_t port, DataLegPtr leg);
  void OpenLeg(session::DataPathId path, session::Leg leg, const Address& from,
               DataLegPtr end);
  void FailLeg(session::DataPathId path, session::Leg leg);
  // The client's, or the backend's, TLS has come about, or not.
  void ChangeClientTls(const Event& done);
  void OnBackendHandshake(uint64_t connection);
  void ShakeDataHands(session::DataPathId path);
  bool is_download() const {
    return path_.asked.direction == session::Direction::kDownload;
  }
  void Relay(session::DataPathId path);
  void LookAgain(session::DataPathId path, absl::Duration after);
  bool IsRelay(session::DataPathId path, int number) const {
    return path_.id == path && path_.relay_number == number;
  }
  void EndRelay(session::DataPathId path);
  void PassEndOn(session::DataPathId path);
  void BreakRelay(session::DataPathId path, session::Leg leg,
                  session::LegFault fault);
  void CloseLeg(const DataLegPtr& leg, session::Closing how);
  void ClosePath(session::Closing how);

  ModelGateway& gateway_;
  Agenda& agenda_;
  Random& random_;
  session::Session session_;
  testing::ShellRules rules_;
  ReplyAudit audit_;
  ModelClient* client_ = nullptr;
  const Cut cut_;

  std::string inbox_;  // from the client, not yet read
  bool paused_ = false;
  bool client_fin_ = false;
  int tls_changes_ = 0;  // counts the client's handshakes and their undoings
  size_t unsent_bytes_ = 0;
  // Commands wait until the client has taken that.
  bool waits_for_client_ = false;
  absl::Time last_to_client_ = absl::InfinitePast();

  ModelBackend::Connection* backend_ = nullptr;
  uint64_t connection_ = 0;  // counts up; news of a former one is dropped
  absl::Time last_to_backend_ = absl::InfinitePast();

  Path path_;
  absl::Time timer_ = absl::InfiniteFuture();
  bool is_faulty_ = false;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_MODEL_SHELL_H_
