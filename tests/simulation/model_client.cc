#include "tests/simulation/model_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"
#include "tests/simulation/model_shell.h"

namespace pinnace::simulation {

using ftp::Reply;
using ftp::ReplyCode;

ModelClient::ModelClient(ModelGateway& gateway, ModelShell& shell,
                         const IpAddress& ip)
    : gateway_(gateway),
      shell_(shell),
      random_(gateway.random()),
      ip_(ip),
      in_a_hurry_(random_.OneIn(3)),
      slow_reader_(random_.OneIn(10)),
      thinks_long_(random_.OneIn(10)),
      gives_up_after_(random_.OneIn(6) ? random_.Below(25) : -1) {
  Plan();
}

// --- The plan ---------------------------------------------------------------

std::string ModelClient::Word() {
  return absl::StrCat("w", shell_.id(), "_", ++words_);
}

void ModelClient::Line(std::string line) {
  steps_.push_back({.bytes = absl::StrCat(line, "\r\n")});
}

std::string ModelClient::GarbageLine() {
  if (random_.OneIn(4)) return std::string(5000, 'x');
  std::string line;
  const int size = random_.Below(40);
  for (int i = 0; i < size; ++i) {
    // No LF: the line ends where we say.
    char c = static_cast<char>(random_.Below(256));
    if (c == '\n' || c == '\xff') c = '\0';
    line += c;
  }
  // Never by chance a command that needs an answer of its own kind.
  return "?" + line;
}

// What a listener's clients know to be asked of them, and now and then do not.
void ModelClient::PlanTls() {
  switch (shell_.tls()) {
    case session::ClientTls::kNone:
      if (random_.OneIn(20)) Line("AUTH TLS");
      return;
    case session::ClientTls::kExplicit:
      if (random_.OneIn(2)) return;
      break;
    case session::ClientTls::kRequire:
      if (random_.OneIn(8)) return;
      break;
    case session::ClientTls::kImplicit:
      if (random_.OneIn(20)) Line("AUTH TLS");
      return PlanProtection();
  }
  PlanAuth();
  PlanProtection();
}

void ModelClient::PlanAuth() {
  if (random_.OneIn(10)) Line(random_.OneIn(2) ? "AUTH GSSAPI" : "ADAT AAAA");
  if (random_.OneIn(10)) Line(random_.OneIn(2) ? "PBSZ 0" : "PROT P");
  const char* kMechanisms[] = {"TLS", "TLS", "TLS", "TLS-C", "TLS-P", "SSL"};
  Line(absl::StrCat("AUTH ", random_.Of(kMechanisms)));
  if (random_.OneIn(8)) {
    // In clear behind AUTH, down to a part of a line.
    absl::StrAppend(&steps_.back().bytes, "USER ", Word(), "\r\nDELE ");
  }
  steps_.back().ends_burst = !random_.OneIn(4);
}

void ModelClient::PlanProtection() {
  if (!random_.OneIn(12)) Line("PBSZ 0");
  const char* kLevels[] = {"P", "P", "P", "P", "P", "P", "C", "S", "E", "X"};
  if (!random_.OneIn(6)) Line(absl::StrCat("PROT ", random_.Of(kLevels)));
}

void ModelClient::PlanLogin() {
  if (random_.OneIn(5)) Line(absl::StrCat("HOST ", Word()));
  if (random_.OneIn(5)) Line(absl::StrCat("CLNT ", Word()));
  if (random_.OneIn(5)) Line("OPTS UTF8 ON");
  // Some are one and the same.
  Line(random_.OneIn(8) ? "USER anna" : absl::StrCat("USER ", Word()));
  Line(absl::StrCat("PASS ", Word()));
  if (random_.OneIn(8)) Line(absl::StrCat("ACCT ", Word()));
}

void ModelClient::PlanTransfer() {
  if (random_.OneIn(6)) {
    Line(absl::StrCat("REST ", random_.Below(1000)));
    if (random_.OneIn(3)) Line(absl::StrCat("SIZE ", Word()));
  }
  if (random_.OneIn(10)) Line(random_.OneIn(2) ? "PASV" : "EPSV");
  switch (random_.Below(6)) {
    case 0:
    case 1:
      Line("PASV");
      break;
    case 2:
    case 3:
      Line("EPSV");
      break;
    case 4:
      active_port_ = static_cast<uint16_t>(1024 + random_.Below(60000));
      Line(absl::StrCat("PORT ", ftp::FormatPortArgument({ip_, active_port_})));
      break;
    case 5:
      active_port_ = static_cast<uint16_t>(1024 + random_.Below(60000));
      Line(absl::StrCat("EPRT ", ftp::FormatEprtArgument({ip_, active_port_})));
      break;
  }
  if (random_.OneIn(12)) Line(absl::StrCat("MDTM ", Word()));
  if (random_.OneIn(20)) PlanProtection();
  const char* kVerbs[] = {"RETR", "RETR", "STOR", "STOR",
                          "APPE", "LIST", "NLST", "MLSD"};
  if (random_.OneIn(20)) {
    Line("STOU");
  } else {
    Line(absl::StrCat(random_.Of(kVerbs), " ", Word()));
  }
  if (random_.OneIn(6)) {
    steps_.back().waits = false;
    if (random_.OneIn(2)) {
      Line("STAT");
      steps_.back().waits = false;
    }
    if (random_.OneIn(2)) {
      gateway_.tally().aborts++;
      Line(random_.OneIn(2) ? "ABOR"
                            : "\xff\xf4\xff\xf2"
                              "ABOR");
    }
  }
}

void ModelClient::PlanSomething() {
  switch (random_.Below(20)) {
    case 0:
      return Line("PWD");
    case 1:
      return Line(absl::StrCat("SITE ", Word()));
    case 2:
      return Line(absl::StrCat("XFOO ", Word()));
    case 3:
      return Line("FEAT");
    case 4:
      return Line("NOOP");
    case 5:
      return Line("ABOR");
    case 6:
      return Line("STAT");
    case 7:
      if (random_.OneIn(3)) {
        Line("REIN");
        steps_.back().ends_burst = true;
        PlanTls();
        return PlanLogin();
      }
      return Line("MODE B");
    case 8:
      return random_.OneIn(3) ? Line("EPSV ALL") : Line("EPSV 2");
    case 9:
      return Line("PORT 10,9,8,7,6,5");
    case 10:
      return Line(random_.OneIn(2) ? "RETR" : absl::StrCat("RETR ", Word()));
    case 11:
      return random_.OneIn(3) ? PlanLogin() : Line("SYST");
    case 12:
      if (random_.OneIn(2)) return Line(GarbageLine());
      return Line("");
    case 13:
      return PlanProtection();
    case 14:
      if (!random_.OneIn(4)) return PlanTransfer();
      Line(random_.OneIn(2) ? "CCC" : "AUTH TLS");
      steps_.back().ends_burst = true;
      return;
    case 15:
      return Line(random_.OneIn(3) ? "TYPE A" : "TYPE I");
    case 16:
      return Line(absl::StrCat("CWD ", Word()));
    default:
      return PlanTransfer();
  }
}

void ModelClient::PlanEnd() {
  const End kEnds[] = {End::kQuit, End::kQuit,  End::kQuit,   End::kQuitAndFin,
                       End::kFin,  End::kReset, End::kSilence};
  end_ = random_.Of(kEnds);
  if (end_ == End::kQuit || end_ == End::kQuitAndFin) Line("QUIT");
  if (random_.OneIn(8)) Line(absl::StrCat("SIZE ", Word()));  // too late
}

void ModelClient::Plan() {
  if (random_.OneIn(150)) {
    // A flood, by somebody who does not read.
    reads_ = random_.OneIn(2);
    in_a_hurry_ = true;
    longest_burst_ = 10'000;
    if (random_.OneIn(2)) {
      PlanTls();
      PlanLogin();
    }
    for (int i = 0; i < 6000; ++i)
      Line(i % 2 == 0 ? "FEAT" : "SITE A WORD AND MORE");
    return PlanEnd();
  }
  if (random_.OneIn(20)) {
    // Somebody who guesses passwords.
    PlanTls();
    for (int i = 0; i < 12; ++i) PlanLogin();
    return PlanEnd();
  }
  if (random_.OneIn(10)) PlanSomething();
  PlanTls();
  PlanLogin();
  if (random_.OneIn(2)) Line("TYPE I");
  for (int i = random_.Below(14); i >= 0; --i) PlanSomething();
  PlanEnd();
}

// --- What it does -----------------------------------------------------------

void ModelClient::Start() {
  // The greeting is the answer to its coming.
  outstanding_ = 1;
  if (in_a_hurry_ && random_.OneIn(2)) TakeStep();
}

absl::Duration ModelClient::reading_delay() {
  return random_.Delay(slow_reader_ ? absl::Seconds(40)
                                    : absl::Milliseconds(30));
}

void ModelClient::TakeStep() {
  if (gone_) return;
  if (gives_up_after_ >= 0 && static_cast<int>(next_step_) >= gives_up_after_) {
    gone_ = true;
    return random_.OneIn(2) ? shell_.ClientReset() : shell_.ClientFin();
  }
  if (next_step_ == steps_.size()) {
    if (end_ == End::kReset) {
      gone_ = true;
      shell_.ClientReset();
    } else if (end_ == End::kFin || end_ == End::kQuitAndFin) {
      shell_.ClientFin();
    }
    return;
  }
  // In a hurry: a burst in one piece, whatever has been answered.
  std::string bytes;
  bool waits = true;
  for (int burst = in_a_hurry_ ? 1 + random_.Below(longest_burst_) : 1;
       burst > 0 && next_step_ < steps_.size(); --burst) {
    const Step& step = steps_[next_step_++];
    bytes += step.bytes;
    outstanding_ += step.replies;
    waits = step.waits;
    if (step.ends_burst) break;
  }
  shell_.ClientSends(bytes);
  if (in_a_hurry_ || !waits || end_ == End::kQuitAndFin) {
    gateway_.agenda().After(random_.Delay(absl::Seconds(3)),
                            [this] { TakeStep(); });
  }
}

void ModelClient::Receive(absl::string_view bytes) {
  replies_.Append(bytes);
  Reply reply;
  while (replies_.Next(&reply) == ftp::ReplyReader::Status::kReply) {
    OnReply(reply);
  }
}

void ModelClient::OnReply(const Reply& reply) {
  if (gone_ || reply.IsPreliminary()) return;
  --outstanding_;
  if (reply.Is(ReplyCode::kPassive)) {
    const auto address = ftp::ParsePassiveText(reply.last_text());
    if (address.has_value()) ConnectData(address->port);
  } else if (reply.Is(ReplyCode::kExtendedPassive)) {
    const auto port = ftp::ParseExtendedPassiveText(reply.last_text());
    if (port.has_value()) ConnectData(*port);
  }
  if (in_a_hurry_ || end_ == End::kQuitAndFin) {
    if (next_step_ == 0) TakeStep();
    return;
  }
  if (outstanding_ > 0) return;
  gateway_.agenda().After(
      random_.Delay(thinks_long_ ? absl::Minutes(6) : absl::Milliseconds(200)),
      [this] { TakeStep(); });
}

// --- Data connections -------------------------------------------------------

void ModelClient::PrepareLeg(DataLeg& leg) {
  leg.session = shell_.id();
  leg.source = DataLeg::Source{
      .tag = random_.Next(),
      .size = random_.OneIn(5)
                  ? 0
                  : random_.Below(random_.OneIn(8) ? 20'000 : 1500),
      .breaks = random_.OneIn(15),
      .stalls = random_.OneIn(40),
      .truncates = random_.OneIn(20)};
  if (random_.OneIn(15)) leg.breaks_at = random_.Below(1500);
}

void ModelClient::ConnectData(uint16_t port) {
  if (random_.OneIn(15)) return;  // It has changed its mind.
  if (random_.OneIn(20)) {
    const DataLegPtr stranger = std::make_shared<DataLeg>();
    gateway_.ConnectData(port, IpAddress::FromIpv4({6, 6, 6, 6}), stranger);
    gateway_.tally().strangers++;
    if (!stranger->got_reset) {
      gateway_.Fault(shell_.id(), "a stranger has claimed a lease");
    }
  }
  const DataLegPtr leg = std::make_shared<DataLeg>();
  PrepareLeg(*leg);
  gateway_.agenda().After(random_.Delay(absl::Seconds(2)), [this, port, leg] {
    gateway_.ConnectData(port, ip_, leg);
  });
}

bool ModelClient::AcceptActive(uint16_t port, DataLegPtr leg) {
  // Of what a client in a hurry has announced, only the last is remembered.
  if (gone_ || random_.OneIn(15)) return false;
  PrepareLeg(*leg);
  return true;
}

}  // namespace pinnace::simulation
