// A Session on a stage: the world around it set up by a dialogue's settings,
// its events by name, its deeds written down. For tests only.
#ifndef PINNACE_TESTS_DIALOGUES_STAGE_H_
#define PINNACE_TESTS_DIALOGUES_STAGE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/session/session.h"
#include "tests/dialogues/dialogue.h"
#include "tests/dialogues/player.h"
#include "tests/support/shell_rules.h"
#include "tests/support/test_world.h"

namespace pinnace::dialogues {

class Stage {
 public:
  Stage();

  // Before Start(). Each returns what is wrong, or nothing.
  std::string Set(const Line& setting);
  void Start();

  void ClientSends(absl::string_view bytes);
  void BackendSends(absl::string_view bytes);
  std::string Happen(const Line& event);
  // What differs, "" when the query holds.
  std::string Ask(const Line& query) const;
  // The client goes away, should the session still run; then nothing may be
  // left open.
  void Finish();

  std::vector<Deed> TakeDeeds();
  // A rule of the shell that was broken; empty: none.
  std::string broken_rule() const;

 private:
  using Event =
      std::function<void(session::Session& session, session::Turn& turn)>;

  std::string SetFarm(const Arguments& arguments);
  std::string SetBackend(const Arguments& arguments);
  std::string SetTimeouts(const Arguments& arguments);
  std::string SetGuard(const Arguments& arguments);
  std::string AddBan(const Arguments& arguments);
  std::string AddOthers(const Arguments& arguments);
  std::string SetOption(const Arguments& arguments);
  std::string AddFeature(absl::string_view text);
  std::string AddRoute(const Arguments& arguments);
  std::string AddPolicy(const Arguments& arguments);
  // Sessions of others that policies count.
  std::string AddCounted(const Arguments& arguments);
  // Made when it is not there yet.
  fleet::Farm& FarmOf(absl::string_view name);
  fleet::Farm& farm() { return world_.snapshot.fleet.farms[0]; }
  fleet::Backend* FindBackend(absl::string_view id);

  void Deliver(const Event& event);
  void DeliverOnce(const Event& event);
  void ChangeBackend(absl::string_view how, absl::string_view id);
  std::vector<fleet::Backend> AllBackends() const;
  void WriteDown();
  void AddDeed(LineKind kind, absl::string_view text);
  void LetPass(absl::Duration time);
  std::string Fact(const std::string& key) const;
  static std::optional<session::LegFault> FaultOf(absl::string_view name);
  session::DataPathId PathFrom(const Arguments& arguments) const;

  testing::TestWorld world_;
  session::Session::Start start_;
  std::unique_ptr<session::Session> session_;
  testing::ShellRules rules_;
  std::vector<Deed> deeds_;
  std::string broken_;
  HostPort dialled_;  // the backend asked for last
  session::DataPathId last_path_ = 0;
  bool shows_reports_ = false;
  std::vector<std::unique_ptr<policy::SessionCounts::Places>> others_places_;
  int64_t others_sessions_ = 0;  // of the backends, by the settings
  std::vector<guard::ClientCounter::Place> others_;  // of users, likewise
  size_t unsent_bytes_ = 0;
  int64_t bytes_moved_ = 0;
};

}  // namespace pinnace::dialogues

#endif  // PINNACE_TESTS_DIALOGUES_STAGE_H_
