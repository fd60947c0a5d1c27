// Writes each dialogue down as a script for session_fuzz, as near to it as a
// script comes: seeds for its corpus.
//   bazel run //tests/fuzz:session_seeds -- FOLDER $PWD/tests/dialogues/*.ftp
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "tests/dialogues/arguments.h"
#include "tests/dialogues/dialogue.h"
#include "tests/fuzz/session_script.h"

namespace pinnace::fuzz {
namespace {

using dialogues::Arguments;
using dialogues::Dialogue;
using dialogues::Find;
using dialogues::Get;
using dialogues::Line;
using dialogues::LineKind;

// Longer bytes are for reaching a cap; a script has floods for that.
constexpr size_t kMostBytes = 1000;
// What is repeated hundreds of times shows nothing new to a fuzzer.
constexpr size_t kMostScriptBytes = 2048;

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool IsSaid(LineKind kind) {
  return kind == LineKind::kClientSends || kind == LineKind::kBackendSends;
}

class Script {
 public:
  void Add(const Line& line);
  std::string Bytes() const;

 private:
  void Set(size_t byte, int first, int value) {
    settings_.bytes[byte] |= static_cast<uint8_t>(value << first);
  }
  void AddSetting(const Line& line);
  void SetOfFarm(const Arguments& arguments);
  void SetOfBackend(const Arguments& arguments);
  void SetOfPolicy(const Arguments& arguments);
  void AddEvent(const Line& line);
  void AddTime(absl::Duration time);
  void Op(Operation operation) { Byte(static_cast<int>(operation)); }
  void Op(Operation operation, int argument) {
    Op(operation);
    Byte(argument);
  }
  void Byte(int byte) { operations_ += static_cast<char>(byte); }
  template <size_t N>
  void Say(const absl::string_view (&known)[N], Operation line, Operation text,
           absl::string_view bytes);

  Settings settings_;
  int backends_ = 0;
  std::string operations_;
};

void Script::Add(const Line& line) {
  switch (line.kind) {
    case LineKind::kSetting:
      return AddSetting(line);
    case LineKind::kClientSends:
      return Say(kClientLines, Operation::kClientLine, Operation::kClientText,
                 line.text);
    case LineKind::kBackendSends:
      return Say(kBackendLines, Operation::kBackendLine,
                 Operation::kBackendText, line.text);
    case LineKind::kEvent:
      return AddEvent(line);
    case LineKind::kQuery:
    case LineKind::kClientReceives:
    case LineKind::kBackendReceives:
    case LineKind::kAction:
      return;
  }
}

std::string Script::Bytes() const {
  Settings settings = settings_;
  settings.bytes[4] |= static_cast<uint8_t>(std::clamp(backends_, 1, 3) - 1);
  return std::string(settings.bytes.begin(), settings.bytes.end()) +
         operations_.substr(0, kMostScriptBytes);
}

template <size_t N>
void Script::Say(const absl::string_view (&known)[N], Operation line,
                 Operation text, absl::string_view bytes) {
  const auto found = std::find(std::begin(known), std::end(known),
                               absl::StripSuffix(bytes, "\r\n"));
  if (found != std::end(known) && absl::EndsWith(bytes, "\r\n")) {
    return Op(line, static_cast<int>(found - std::begin(known)));
  }
  bytes = bytes.substr(0, kMostBytes);
  while (!bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, 255);
    bytes.remove_prefix(piece.size());
    Op(text, static_cast<int>(piece.size()));
    operations_.append(piece.data(), piece.size());
  }
}

// --- Settings ---------------------------------------------------------------

void Script::AddSetting(const Line& line) {
  const Arguments arguments = dialogues::ParseArguments(line.text);
  const auto has = [&](const char* key) {
    return Find(arguments, key).has_value();
  };
  if (line.name == "tls") {
    const std::map<std::string, int> kModes = {
        {"explicit", 1}, {"require", 2}, {"implicit", 3}};
    const auto mode = kModes.find(line.text);
    if (mode != kModes.end()) Set(0, 0, mode->second);
  } else if (line.name == "farm") {
    SetOfFarm(arguments);
  } else if (line.name == "backend") {
    SetOfBackend(arguments);
  } else if (line.name == "policy") {
    SetOfPolicy(arguments);
  } else if (line.name == "client") {
    if (absl::StartsWith(line.text, "[")) Set(2, 0, 1);
  } else if (line.name == "dialled") {
    Set(2, 1, 1);
  } else if (line.name == "route") {
    Set(3, 4, has("user") ? 1 : 2);
  } else if (line.name == "guard") {
    if (has("failed_logins")) Set(2, 7, 1);
    if (has("sessions_per_user")) Set(4, 6, 1);
  } else if (line.name == "option") {
    if (has("allow_ccc")) Set(0, 6, 1);
    if (has("require_private_data")) Set(0, 7, 1);
    if (has("active_source_port")) Set(2, 2, 2);
    if (has("replace_private_port_address")) Set(2, 4, 1);
    if (has("tarpit")) Set(2, 6, 1);
  } else if (line.name == "ban" || line.name == "others") {
    AddEvent(line);
  }
}

void Script::SetOfFarm(const Arguments& arguments) {
  const auto is = [&](const char* key, absl::string_view value) {
    return Get(arguments, key, "") == value;
  };
  if (is("backend_tls", "explicit")) Set(0, 2, 1);
  if (is("backend_tls", "implicit")) Set(0, 2, 2);
  if (is("data_protection", "clear")) Set(0, 4, 1);
  if (is("data_protection", "private")) Set(0, 4, 2);
  if (is("replace_backend", "yes")) Set(1, 0, 1);
  if (is("resume_downloads", "yes")) Set(1, 0, 2);
  if (is("data_mode", "active")) Set(1, 2, 1);
  if (is("allow_foreign_data_address", "yes")) Set(1, 3, 1);
  if (is("pin_by", "user")) Set(1, 4, 1);
  if (is("pin_ttl", "0s")) Set(1, 5, 1);
  if (is("tolerate_missing_close_notify", "yes")) Set(1, 6, 1);
  if (!is("drain_grace", "")) Set(1, 7, 1);
  if (is("balance", "maglev")) Set(5, 0, 3);
  if (is("hash_on", "user")) Set(5, 2, 1);
  if (!is("idle", "")) Set(5, 3, 1);
}

void Script::SetOfBackend(const Arguments& arguments) {
  if (Get(arguments, "farm", "main") == "main") ++backends_;
  const auto has = [&](const char* key) {
    return Find(arguments, key).has_value();
  };
  if (has("proxy_protocol") || has("data_proxy_protocol")) Set(2, 5, 1);
  if (has("max_sessions")) Set(4, 2, 1);
  if (has("lacks_epsv")) Set(4, 3, 1);
  if (absl::StartsWith(Get(arguments, "address", ""), "[")) Set(4, 5, 1);
  if (has("public_ports")) Set(4, 7, 1);
}

void Script::SetOfPolicy(const Arguments& arguments) {
  const auto has = [&](const char* key) {
    return Find(arguments, key).has_value();
  };
  int which = 5;
  if (has("read_only")) which = 1;
  if (has("deny_paths") || has("allow_paths")) which = 2;
  if (has("max_upload_bytes")) which = 3;
  if (has("deny_clients") || has("allow_clients")) which = has("user") ? 4 : 7;
  if (has("max_sessions_per_user") || has("max_sessions_per_address")) {
    which = 6;
  }
  settings_.bytes[3] = static_cast<uint8_t>(settings_.bytes[3] & 0xf0);
  Set(3, 0, which);
}

// --- Events -----------------------------------------------------------------

void Script::AddEvent(const Line& line) {
  const Arguments arguments = dialogues::ParseArguments(line.text);
  const std::string& name = line.name;
  const int culprit = Get(arguments, "culprit", "") == "gateway" ? 1 : 0;
  const int leg = Get(arguments, "leg", "client") == "backend" ? 1 : 0;
  const std::map<std::string, std::pair<Operation, int>> kEvents = {
      {"backend-connect-failed", {Operation::kBackendConnectFailed, culprit}},
      {"backend-lost", {Operation::kBackendEnd, culprit}},
      {"client-secured",
       {Operation::kClientSecured, Find(arguments, "server_name") ? 1 : 0}},
      {"lease",
       {Operation::kLease,
        Find(arguments, "port") ? 0 : (Find(arguments, "pending") ? 3 : 2)}},
      {"ban", {Operation::kBan, Find(arguments, "user") ? 0 : 1}},
      {"others", {Operation::kOthers, 0}},
      {"backend-listening",
       {Operation::kBackendListening, Find(arguments, "address") ? 0 : 2}},
      {"leg-open", {Operation::kLegOpen, leg}},
      {"leg-failed", {Operation::kLegFailed, leg + 2 * culprit}},
      {"moved", {Operation::kBytesMove, 129}},
      {"policy", {Operation::kPolicies, 2}},
      {"policies-gone", {Operation::kPolicies, 0}},
      {"backend-drain", {Operation::kBackendChanges, 0}},
      {"backend-gone", {Operation::kBackendChanges, 8}},
      {"backend-resume", {Operation::kBackendChanges, 16}}};
  const std::map<std::string, Operation> kPlain = {
      {"backend-connected", Operation::kBackendConnected},
      {"client-cleared", Operation::kClientCleared},
      {"backend-secured", Operation::kBackendSecured},
      {"client-lost", Operation::kClientBroken},
      {"client-fin", Operation::kClientFin},
      {"relay-done", Operation::kRelayDone},
      {"source-ended", Operation::kSourceEnded},
      {"unsent", Operation::kClientStalls},
      {"drained", Operation::kClientTakes},
      {"drain", Operation::kDrain},
      {"kill", Operation::kKill}};
  if (const auto found = kEvents.find(name); found != kEvents.end()) {
    Op(found->second.first, found->second.second);
  } else if (const auto plain = kPlain.find(name); plain != kPlain.end()) {
    Op(plain->second);
  } else if (name == "relay-broken") {
    const std::map<std::string, int> kFaults = {{"broken", 0},
                                                {"truncated", 1},
                                                {"handshake", 2},
                                                {"foreign-session", 3},
                                                {"too-large", 4}};
    const auto fault = kFaults.find(Get(arguments, "fault", "broken"));
    Op(Operation::kRelayBroken,
       leg + 2 * (fault == kFaults.end() ? 0 : fault->second));
  } else if (name == "after") {
    absl::Duration time;
    if (absl::ParseDuration(line.text, &time)) AddTime(time);
  }
}

void Script::AddTime(absl::Duration time) {
  // As session_trial.cc has them.
  const absl::Duration kTimes[] = {absl::Milliseconds(10), absl::Seconds(1),
                                   absl::Seconds(4),       absl::Seconds(9),
                                   absl::Seconds(29),      absl::Minutes(1),
                                   absl::Minutes(4),       absl::Minutes(20)};
  while (time > absl::ZeroDuration()) {
    int longest = 0;
    for (size_t i = 0; i < std::size(kTimes); ++i) {
      if (kTimes[i] <= time) longest = static_cast<int>(i);
    }
    Op(Operation::kTimePasses, longest);
    time -= std::max(kTimes[longest], absl::Seconds(1));
  }
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: session_seeds FOLDER DIALOGUE...\n";
    return 2;
  }
  for (int i = 2; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    const absl::StatusOr<Dialogue> dialogue = Dialogue::Parse(
        path, ReadFile(path).value_or(""), [&](const std::string& included) {
          return ReadFile(folder + included);
        });
    if (!dialogue.ok()) {
      std::cerr << dialogue.status() << "\n";
      return 1;
    }
    Script script;
    // As the player has it: lines of one side that follow each other are one
    // piece.
    std::optional<Line> said;
    for (const Line& line : dialogue->lines) {
      if (said.has_value() && said->kind == line.kind) {
        said->text += line.text;
        continue;
      }
      if (said.has_value()) script.Add(*std::exchange(said, std::nullopt));
      if (IsSaid(line.kind)) {
        said = line;
      } else {
        script.Add(line);
      }
    }
    if (said.has_value()) script.Add(*said);
    const std::string name(
        absl::StripSuffix(path.substr(path.rfind('/') + 1), ".ftp"));
    std::ofstream(absl::StrCat(argv[1], "/", name), std::ios::binary)
        << script.Bytes();
  }
  return 0;
}

}  // namespace
}  // namespace pinnace::fuzz

int main(int argc, char** argv) { return pinnace::fuzz::Main(argc, argv); }
