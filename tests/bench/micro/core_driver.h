// The protocol core at work without its shell: one Session, fed with the events
// of whole operations as gateway::SessionRunner feeds it, between a client and
// a backend that say always the same. Aborts when an answer is not the expected
// one. Allocates nothing itself once it has run each operation. One thread.
#ifndef PINNACE_TESTS_BENCH_MICRO_CORE_DRIVER_H_
#define PINNACE_TESTS_BENCH_MICRO_CORE_DRIVER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/ports/lease_table.h"
#include "proxy/session/session.h"
#include "tests/support/test_world.h"

namespace pinnace::bench {

class CoreDriver {
 public:
  CoreDriver();

  // The former session is dropped; a new one goes from its greeting to logged
  // in. So much later that the client's pin has expired: a backend is picked.
  void Login();
  // In a session that is logged in.
  void Noop();
  void Retr();  // PASV, RETR of 1 KiB
  void Stor();  // EPSV, STOR of 1 KiB

 private:
  // Gives `event` to the session, and carries out its answer.
  template <typename Event>
  void Deliver(Event event);
  void CarryOut();
  void TellLease();

  void ClientSends(absl::string_view bytes);
  void BackendSends(absl::string_view bytes);
  void BackendConnects();
  void OpenLegs();
  void RelayIsDone();
  // All that came since the last call begins with `bytes`.
  void ClientHears(absl::string_view bytes);
  void BackendHears(absl::string_view bytes);

  testing::TestWorld world_;
  ports::LeaseTable leases_;
  session::Session::Start start_;
  std::optional<session::Session> session_;
  absl::Time timer_;

  std::optional<ports::LeaseTable::Taken> lease_answer_;
  session::DataPathId path_ = 0;  // the present one
  uint16_t public_port_ = 0;      // of its lease
  std::string to_client_;
  std::string to_backend_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_MICRO_CORE_DRIVER_H_
