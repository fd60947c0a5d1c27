// An FTP client with a plan: patient or in a hurry, polite or rude. For tests
// only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_MODEL_CLIENT_H_
#define PINNACE_TESTS_SIMULATION_MODEL_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/reply_reader.h"
#include "tests/simulation/data_leg.h"
#include "tests/simulation/model_gateway.h"

namespace pinnace::simulation {

class ModelClient {
 public:
  ModelClient(ModelGateway& gateway, ModelShell& shell, const IpAddress& ip);

  void Start();
  // From the gateway; never from within a call of ours.
  void Receive(absl::string_view bytes);
  void OnClosed() { gone_ = true; }
  bool reads() const { return reads_; }
  absl::Duration reading_delay();
  // The gateway dials us.
  bool AcceptActive(uint16_t port, DataLegPtr leg);

 private:
  struct Step {
    std::string bytes;
    int replies = 1;          // final ones it gets
    bool waits = true;        // for its reply before the next step
    bool ends_burst = false;  // also of a client in a hurry
  };

  void Plan();
  void PlanTls();
  void PlanAuth();
  void PlanProtection();
  void PlanLogin();
  void PlanSomething();
  void PlanTransfer();
  void PlanEnd();
  std::string Word();  // no other step of any session has it
  void Line(std::string line);
  std::string GarbageLine();
  void TakeStep();
  void OnReply(const ftp::Reply& reply);
  void ConnectData(uint16_t port);
  void PrepareLeg(DataLeg& leg);

  ModelGateway& gateway_;
  ModelShell& shell_;
  Random& random_;
  const IpAddress ip_;
  bool in_a_hurry_;  // pipelines
  int longest_burst_ = 40;
  bool reads_ = true;
  bool slow_reader_;
  bool thinks_long_;
  enum class End : uint8_t { kQuit, kQuitAndFin, kFin, kReset, kSilence };
  End end_ = End::kQuit;
  int gives_up_after_;  // steps; -1: never
  std::vector<Step> steps_;
  size_t next_step_ = 0;
  int outstanding_ = 0;
  uint16_t active_port_ = 0;
  int words_ = 0;
  bool gone_ = false;
  ftp::ReplyReader replies_{{.max_line_bytes = limits::kMaxReplyLineBytes,
                             .max_reply_bytes = limits::kMaxReplyBytes}};
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_MODEL_CLIENT_H_
