// An FTP server with a temper: answers as servers do, or refuses, stalls, dies,
// babbles. Its replies name in braces the argument they answer. For tests only.
// One thread.
#ifndef PINNACE_TESTS_SIMULATION_MODEL_BACKEND_H_
#define PINNACE_TESTS_SIMULATION_MODEL_BACKEND_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/ftp/command.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/data_leg.h"
#include "tests/simulation/random.h"

namespace pinnace::simulation {

// What is wrong with one control connection of it.
struct Temper {
  enum class Epsv : uint8_t { kOffers, kRefuses, kRefusesPasvToo, kNonsense };
  Epsv epsv = Epsv::kOffers;
  bool slow = false;  // replies take seconds, some minutes
  bool refuses_connect = false;
  bool bad_greeting = false;   // 421, or not FTP
  bool never_answers = false;  // from some command on
  bool refuses_login = false;  // now and then
  bool refuses_everybody = false;
  bool wants_account = false;
  bool refuses_data = false;  // its data ports are closed
  bool babbles = false;       // replies nobody asked for
  bool ignores_abor = false;  // no reply to it
  bool reads_late = false;    // hears nothing while it transfers
  bool early_226 = false;     // says it before the data has gone
  bool no_150 = false;
  bool wrong_codes = false;
  bool endless_reply = false;
  bool refuses_auth = false;
  bool refuses_prot = false;
  bool injects = false;           // in clear, behind the answer to AUTH
  bool old_files = false;         // another content, size and time than others
  bool no_facts = false;          // knows no SIZE and MDTM
  bool dies_in_transfer = false;  // now and then
  int dies_after = -1;            // commands; -1: lives on
  int says_421_after = -1;

  static Temper Draw(Random& random);
};

class ModelBackend {
 public:
  class Connection;

  ModelBackend(Agenda& agenda, Random& random, IpAddress host)
      : agenda_(agenda), random_(random), host_(host) {}

  const IpAddress& host() const { return host_; }
  Agenda& agenda() { return agenda_; }
  Random& random() { return random_; }

  uint16_t Listen(Connection* connection);
  void StopListening(uint16_t port) { listening_.erase(port); }
  // Who listens there; null: nobody.
  Connection* ListenerOf(uint16_t port) const;

 private:
  Agenda& agenda_;
  Random& random_;
  const IpAddress host_;
  uint16_t next_port_ = 20000;
  std::map<uint16_t, Connection*> listening_;
};

// One control connection. Lives as long as the simulation.
class ModelBackend::Connection {
 public:
  struct Peer {
    // Both are called from the agenda, never from within a call below.
    std::function<void(std::string bytes)> receive;
    std::function<void()> closed;
    // Active mode: connects to the gateway's listener; null: refused.
    std::function<bool(uint16_t port, DataLegPtr leg)> dial;
    uint64_t session = 0;
  };

  Connection(ModelBackend& server, const Temper& temper, Peer peer);

  void Greet();
  void OnBytes(absl::string_view bytes);
  // The gateway has closed the control connection.
  void OnClosed();
  // The gateway connects to a data port of ours.
  bool AcceptData(DataLegPtr leg);

  // An upload that this server takes for complete, and is not.
  bool was_fooled() const { return fooled_; }
  uint64_t session() const { return peer_.session; }
  // PROT P is in effect.
  bool is_private() const { return private_; }
  bool babbles() const { return temper_.babbles; }

 private:
  struct Transfer {
    ftp::Command command;
    bool upload = false;
    bool begun = false;
    int64_t rest = 0;
    int patience = 40;  // looks at the data connection before a 425
  };

  void ServeNext();
  void Serve(const ftp::Command& command);
  void ServeOther(const ftp::Command& command);
  void ServePassive(const ftp::Command& command);
  void ServeActive(const ftp::Command& command);
  void ServeAbor();
  void ServeAuth();
  void ServeProtection(const ftp::Command& command);
  void BeginTransfer(const ftp::Command& command, bool upload);
  void LookAtTransfer();
  void StartData();
  void ServeFact(const ftp::Command& command);
  // What is under that name in the working directory.
  DataLeg::Source FileOf(absl::string_view path) const;
  void DieInTransfer();
  void EndTransfer(int code, absl::string_view text);
  void Say(int code, absl::string_view text, absl::string_view token = "");
  void SayRaw(std::string bytes);
  void Die();
  absl::Duration Pause();

  ModelBackend& server_;
  Random& random_;
  Agenda& agenda_;
  const Temper temper_;
  const Peer peer_;
  std::string input_;
  std::deque<ftp::Command> queue_;
  std::optional<Transfer> transfer_;
  DataLegPtr leg_;
  uint16_t listening_port_ = 0;
  uint16_t active_port_ = 0;
  int64_t rest_ = 0;
  std::string directory_ = "/";
  int commands_ = 0;
  int account_needed_ = 0;
  absl::Time last_said_ = absl::InfinitePast();
  bool has_buffer_size_ = false;
  bool private_ = false;
  bool serving_ = false;
  bool closed_ = false;
  bool fooled_ = false;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_MODEL_BACKEND_H_
