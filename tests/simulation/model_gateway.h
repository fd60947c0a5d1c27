// A gateway in virtual time: many sessions, each with its own model shell, that
// share what real workers share: the lease table, the pins, the farm. For tests
// only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_MODEL_GATEWAY_H_
#define PINNACE_TESTS_SIMULATION_MODEL_GATEWAY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/ports/lease_table.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/data_leg.h"
#include "tests/simulation/model_backend.h"
#include "tests/simulation/random.h"
#include "tests/support/test_world.h"

namespace pinnace::simulation {

class ModelClient;
class ModelShell;

class ModelGateway {
 public:
  explicit ModelGateway(uint64_t seed);
  ~ModelGateway();

  // `sessions` come one after the other and overlap; returns when nothing can
  // happen any more.
  void Run(int sessions);

  // What went wrong, each with its session; empty when nothing did.
  const std::vector<std::string>& faults() const { return faults_; }
  // Everything that every session did, and when: the same for the same seed.
  uint64_t trace() const { return trace_; }
  // What is left over and should not be: "leases pending: 1".
  std::vector<std::string> Leftovers() const;
  struct Tally {
    int64_t downloads = 0, uploads = 0, aborts = 0, ends = 0, strangers = 0;
    int64_t mistaken = 0;  // connected to a port leased anew meanwhile
    std::map<std::string, int64_t> ends_by_reason;
  };
  const Tally& tally() const { return tally_; }
  void AddCounters(metrics::CounterValues& sum) const {
    world_.counters.AddTo(sum);
  }

  // --- For the models.
  Agenda& agenda() { return agenda_; }
  Random& random() { return random_; }
  testing::TestWorld& world() { return world_; }
  ports::LeaseTable& leases() { return leases_; }
  Tally& tally() { return tally_; }
  ModelBackend* BackendAt(const IpAddress& host);
  ModelBackend::Connection* NewConnection(ModelBackend& server,
                                          const Temper& temper,
                                          ModelBackend::Connection::Peer peer);
  uint16_t NextListeningPort() { return ++last_listening_port_; }
  // A client connects to a public port.
  void ConnectData(uint16_t port, const IpAddress& from, DataLegPtr leg);
  // The last thing a simulation should be told of.
  void Fault(SessionId session, absl::string_view what);
  void Trace(SessionId session, absl::string_view what);
  // Prints what the session of this number sees and does.
  void Show(int number) { shown_ = number; }
  void News(SessionId session, absl::string_view who, absl::string_view what);

 private:
  void OnLeaseGranted(const ports::LeaseOwner& owner, const IpAddress& source,
                      uint16_t port);
  ModelShell& ShellOf(SessionId session);
  void StartSession();
  // An operator drains a backend, takes it away, or gives it back.
  void ChangeFleet();
  // An operator forbids something, or something else, or nothing.
  void ChangePolicies();

  Agenda agenda_;
  Random random_;
  testing::TestWorld world_;
  ports::LeaseTable leases_;
  std::vector<std::unique_ptr<ModelBackend>> backends_;
  // Taken away by the operator, each with its farm.
  std::vector<std::pair<std::string, fleet::Backend>> gone_;
  std::vector<std::unique_ptr<ModelBackend::Connection>> connections_;
  std::vector<std::unique_ptr<ModelShell>> shells_;
  std::vector<std::unique_ptr<ModelClient>> clients_;
  uint16_t last_listening_port_ = 1023;
  uint64_t trace_ = 0;
  int shown_ = -1;
  Tally tally_;
  std::vector<std::string> faults_;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_MODEL_GATEWAY_H_
