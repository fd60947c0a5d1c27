#include "tests/simulation/model_backend.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"
#include "proxy/ftp/remote_path.h"
#include "proxy/ingress/proxy_reader.h"

namespace pinnace::simulation {

using ftp::Command;
using ftp::Verb;

Temper Temper::Draw(Random& random) {
  Temper temper;
  if (random.OneIn(2)) return temper;  // Half of all are well.
  const Epsv kEpsv[] = {Epsv::kOffers,  Epsv::kOffers,  Epsv::kOffers,
                        Epsv::kRefuses, Epsv::kRefuses, Epsv::kRefusesPasvToo,
                        Epsv::kNonsense};
  temper.epsv = random.Of(kEpsv);
  temper.slow = random.OneIn(6);
  temper.refuses_connect = random.OneIn(12);
  temper.bad_greeting = random.OneIn(20);
  temper.never_answers = random.OneIn(25);
  temper.refuses_login = random.OneIn(6);
  temper.refuses_everybody = random.OneIn(10);
  temper.wants_account = random.OneIn(15);
  temper.refuses_data = random.OneIn(12);
  temper.babbles = random.OneIn(15);
  temper.ignores_abor = random.OneIn(10);
  temper.reads_late = random.OneIn(5);
  temper.early_226 = random.OneIn(3);
  temper.no_150 = random.OneIn(12);
  temper.wrong_codes = random.OneIn(12);
  temper.endless_reply = random.OneIn(60);
  temper.refuses_auth = random.OneIn(20);
  temper.refuses_prot = random.OneIn(20);
  temper.injects = random.OneIn(10);
  temper.old_files = random.OneIn(6);
  temper.no_facts = random.OneIn(12);
  temper.dies_in_transfer = random.OneIn(3);
  if (random.OneIn(8)) temper.dies_after = random.Below(20);
  if (random.OneIn(8)) temper.says_421_after = random.Below(20);
  return temper;
}

uint16_t ModelBackend::Listen(Connection* connection) {
  if (++next_port_ == 60000) next_port_ = 20000;
  listening_[next_port_] = connection;
  return next_port_;
}

ModelBackend::Connection* ModelBackend::ListenerOf(uint16_t port) const {
  auto found = listening_.find(port);
  return found == listening_.end() ? nullptr : found->second;
}

ModelBackend::Connection::Connection(ModelBackend& server, const Temper& temper,
                                     Peer peer)
    : server_(server),
      random_(server.random()),
      agenda_(server.agenda()),
      temper_(temper),
      peer_(std::move(peer)) {}

// --- The control connection -------------------------------------------------

absl::Duration ModelBackend::Connection::Pause() {
  if (!temper_.slow) return random_.Delay(absl::Milliseconds(30));
  return random_.Delay(random_.OneIn(10) ? absl::Minutes(7)
                                         : absl::Seconds(15));
}

void ModelBackend::Connection::SayRaw(std::string bytes) {
  if (closed_) return;
  // What was said first arrives first.
  last_said_ = std::max(last_said_, agenda_.now() + Pause());
  agenda_.At(last_said_, [this, bytes = std::move(bytes)] {
    if (!closed_) peer_.receive(bytes);
  });
}

void ModelBackend::Connection::Say(int code, absl::string_view text,
                                   absl::string_view token) {
  const std::string braces =
      token.empty() ? "" : absl::StrCat(" {", token, "}");
  if (temper_.endless_reply && random_.OneIn(8)) {
    for (int i = 0; i < 70; ++i) {
      SayRaw(absl::StrCat(code, "-", std::string(15'000, 'e'), "\r\n"));
    }
    return;
  }
  if (random_.OneIn(8)) {
    SayRaw(absl::StrCat(code,
                        code == 226 ? "-First\r\n331 is no end\r\n"
                                    : "-First\r\n226 is no end\r\n",
                        code, "x\r\n", code, " ", text, braces, "\r\n"));
  } else {
    SayRaw(absl::StrCat(code, " ", text, braces, "\r\n"));
  }
  if (temper_.babbles && random_.OneIn(4)) {
    SayRaw(random_.OneIn(2) ? "200 By the way\r\n" : "150 By the way\r\n");
  }
}

void ModelBackend::Connection::Greet() {
  if (temper_.bad_greeting) {
    SayRaw(random_.OneIn(2) ? "421 Too many\r\n" : "SSH-2.0-Model\r\n");
    return;
  }
  if (random_.OneIn(10)) Say(120, "In a moment");
  Say(220, "Model ready");
}

void ModelBackend::Connection::OnBytes(absl::string_view bytes) {
  // The PROXY header comes in one piece, before anything else.
  const ingress::ProxyReading reading = ingress::ReadProxyHeader(bytes);
  if (reading.status == ingress::ProxyReading::Status::kHeader) {
    bytes.remove_prefix(reading.header.size);
  }
  if (closed_) return;
  input_.append(bytes.data(), bytes.size());
  size_t end;
  while ((end = input_.find("\r\n")) != std::string::npos) {
    const Command command = Command::FromLine(input_.substr(0, end));
    input_.erase(0, end + 2);
    if (command.verb == Verb::kAbor && transfer_.has_value() &&
        !temper_.reads_late) {
      ServeAbor();
    } else {
      queue_.push_back(command);
    }
  }
  ServeNext();
}

void ModelBackend::Connection::ServeNext() {
  if (serving_ || closed_ || queue_.empty() || transfer_.has_value()) return;
  serving_ = true;
  agenda_.After(Pause(), [this] {
    serving_ = false;
    if (closed_ || queue_.empty()) return;
    const Command command = queue_.front();
    queue_.pop_front();
    Serve(command);
    ServeNext();
  });
}

void ModelBackend::Connection::OnClosed() {
  closed_ = true;
  server_.StopListening(listening_port_);
}

void ModelBackend::Connection::Die() {
  if (closed_) return;
  OnClosed();
  if (leg_ != nullptr) leg_->peer_gone = true;
  agenda_.After(random_.Delay(absl::Milliseconds(50)),
                [this] { peer_.closed(); });
}

void ModelBackend::Connection::Serve(const Command& command) {
  ++commands_;
  if (commands_ > 3 && temper_.never_answers) return;
  if (temper_.dies_after == commands_) return Die();
  if (temper_.says_421_after == commands_) {
    Say(421, "Model is going down");
    agenda_.After(absl::Seconds(1), [this] { Die(); });
    return;
  }
  const absl::string_view argument = command.argument;
  switch (command.verb) {
    case Verb::kUser:
      if (temper_.refuses_login && random_.OneIn(4)) {
        return Say(530, "Not you", argument);
      }
      return random_.OneIn(10) ? Say(230, "Come in", argument)
                               : Say(331, "Password?", argument);
    case Verb::kPass:
      if (temper_.refuses_everybody ||
          (temper_.refuses_login && random_.OneIn(2))) {
        return Say(530, "Wrong", argument);
      }
      if (temper_.wants_account) return Say(332, "Account?", argument);
      return Say(random_.OneIn(20) ? 202 : 230, "Come in", argument);
    case Verb::kAcct:
      return Say(230, "Come in", argument);
    case Verb::kHost: {
      const int kCodes[] = {220, 220, 502, 504};
      return Say(random_.Of(kCodes), "Host", argument);
    }
    case Verb::kQuit:
      Say(221, "Bye");
      agenda_.At(last_said_, [this] { Die(); });
      return;
    case Verb::kEpsv:
    case Verb::kPasv:
      return ServePassive(command);
    case Verb::kPort:
    case Verb::kEprt:
      return ServeActive(command);
    case Verb::kAbor:
      if (!temper_.ignores_abor) Say(225, "Nothing to abort");
      return;
    case Verb::kNoop:
      return Say(200, "NOOP");
    case Verb::kAuth:
      return ServeAuth();
    case Verb::kPbsz:
    case Verb::kProt:
      return ServeProtection(command);
    case Verb::kSize:
    case Verb::kMdtm:
      return ServeFact(command);
    case Verb::kType:
      return Say(200, "Type", argument);
    case Verb::kCwd:
      directory_ = ftp::JoinPath(directory_, argument);
      return Say(250, "Done", argument);
    case Verb::kPwd:
      // Without a token: the gateway may be the one who asks.
      if (random_.OneIn(4)) return ServeOther(command);
      return SayRaw(absl::StrCat("257 \"", directory_, "\" is it\r\n"));
    case Verb::kRest:
      (void)absl::SimpleAtoi(argument, &rest_);
      return Say(350, "Restarting", argument);
    case Verb::kRetr:
    case Verb::kList:
    case Verb::kNlst:
    case Verb::kMlsd:
      return BeginTransfer(command, false);
    case Verb::kStor:
    case Verb::kAppe:
    case Verb::kStou:
      return BeginTransfer(command, true);
    default:  // Nothing to do but to answer.
      return ServeOther(command);
  }
}

DataLeg::Source ModelBackend::Connection::FileOf(absl::string_view path) const {
  uint64_t tag = temper_.old_files ? 1 : 0;
  for (const absl::string_view part : {absl::string_view(directory_), path}) {
    for (const char c : part) tag = Mix(tag ^ static_cast<uint8_t>(c));
  }
  const auto size = static_cast<int64_t>(tag % (tag % 8 == 0 ? 20'000 : 1500));
  return {.tag = tag, .size = tag % 5 == 0 ? 0 : size};
}

void ModelBackend::Connection::ServeFact(const Command& command) {
  if (temper_.no_facts || (temper_.wrong_codes && random_.OneIn(4))) {
    return Say(550, "No such thing", command.argument);
  }
  const DataLeg::Source file = FileOf(command.argument);
  Say(213,
      absl::StrCat(command.verb == Verb::kSize
                       ? static_cast<uint64_t>(file.size)
                       : file.tag),
      command.argument);
}

void ModelBackend::Connection::ServeOther(const Command& command) {
  if (temper_.wrong_codes && random_.OneIn(4)) {
    const int kCodes[] = {125, 331, 350, 226, 599, 100};
    Say(random_.Of(kCodes), "Odd", command.argument);
    return;
  }
  if (random_.OneIn(10)) Say(150, "At it", command.argument);
  const int kCodes[] = {200, 213, 250, 257, 350, 450, 500, 550};
  Say(random_.Of(kCodes), "Reply", command.argument);
}

// Without tokens: what the gateway asks on its own answers nobody.
void ModelBackend::Connection::ServeAuth() {
  if (temper_.refuses_auth) {
    const int kCodes[] = {334, 431, 500, 502, 504, 534};
    return Say(random_.Of(kCodes), "No TLS");
  }
  SayRaw(temper_.injects ? "234 Go on\r\n331 Injected {mallory}\r\n230 In\r\n"
                         : "234 Go on\r\n");
}

void ModelBackend::Connection::ServeProtection(const Command& command) {
  if (temper_.refuses_prot) {
    const int kCodes[] = {431, 500, 503, 534, 536};
    return Say(random_.Of(kCodes), "No protection");
  }
  if (command.verb == Verb::kPbsz) {
    has_buffer_size_ = true;
    return Say(200, "PBSZ=0");
  }
  if (!has_buffer_size_) return Say(503, "PBSZ comes first");
  private_ = command.argument == "P";
  Say(200, "PROT");
}

// --- Data connections -------------------------------------------------------

void ModelBackend::Connection::ServePassive(const Command& command) {
  const bool extended = command.verb == Verb::kEpsv;
  leg_ = nullptr;
  active_port_ = 0;
  server_.StopListening(listening_port_);
  if (temper_.epsv == Temper::Epsv::kRefusesPasvToo ||
      (extended && temper_.epsv == Temper::Epsv::kRefuses)) {
    const int kCodes[] = {425, 500, 502, 522, 550};
    return Say(random_.Of(kCodes), "No passive mode");
  }
  if (temper_.epsv == Temper::Epsv::kNonsense && random_.OneIn(2)) {
    return random_.OneIn(2) ? Say(229, "Entering (|||0|)")
                            : Say(227, "Entering (1,2,3)");
  }
  listening_port_ = server_.Listen(this);
  if (extended) {
    return Say(229, ftp::FormatExtendedPassiveText(listening_port_));
  }
  const IpAddress shown =
      random_.OneIn(3) ? IpAddress::FromIpv4({127, 0, 0, 1}) : server_.host();
  Say(227, ftp::FormatPassiveText({shown, listening_port_}));
}

void ModelBackend::Connection::ServeActive(const Command& command) {
  leg_ = nullptr;
  const std::optional<Address> target =
      ftp::ParsePortArgument(command.argument);
  if (!target.has_value() || random_.OneIn(15)) {
    return Say(500, "Illegal PORT");
  }
  active_port_ = target->port;
  Say(200, "PORT");
}

bool ModelBackend::Connection::AcceptData(DataLegPtr leg) {
  if (closed_ || temper_.refuses_data) return false;
  server_.StopListening(listening_port_);
  leg_ = std::move(leg);
  leg_->changed = [this] {
    agenda_.After(random_.Delay(absl::Milliseconds(5)),
                  [this] { LookAtTransfer(); });
  };
  return true;
}

void ModelBackend::Connection::BeginTransfer(const Command& command,
                                             bool upload) {
  if (random_.OneIn(8)) return Say(550, "No such file", command.argument);
  transfer_ = Transfer{.command = command, .upload = upload, .rest = rest_};
  rest_ = 0;
  if (!temper_.no_150)
    Say(random_.OneIn(4) ? 125 : 150, "Data", command.argument);
  if (active_port_ != 0) {
    const DataLegPtr leg = std::make_shared<DataLeg>();
    const uint16_t port = active_port_;
    active_port_ = 0;
    agenda_.After(random_.Delay(absl::Seconds(1)), [this, port, leg] {
      if (!closed_ && peer_.dial(port, leg)) AcceptData(leg);
    });
  }
  LookAtTransfer();
}

void ModelBackend::Connection::StartData() {
  transfer_->begun = true;
  if (transfer_->upload) {
    if (random_.OneIn(10)) leg_->breaks_at = random_.Below(3000);
    return;
  }
  DataLeg::Source source;
  if (transfer_->command.verb == Verb::kRetr) {
    source = FileOf(transfer_->command.argument);
    source.begin = std::min(transfer_->rest, source.size);
  } else {
    source.tag = random_.Next();
    source.size = random_.Below(1500);
  }
  source.breaks = random_.OneIn(20);
  source.stalls = random_.OneIn(40);
  source.truncates = random_.OneIn(30);
  leg_->source = source;
  // All of it is in the socket's buffer: this server is done.
  if (temper_.early_226 && !leg_->source->breaks && !leg_->source->stalls) {
    Say(226, "Done", transfer_->command.argument);
    transfer_.reset();
    leg_ = nullptr;
    server_.StopListening(listening_port_);
    ServeNext();
  }
}

void ModelBackend::Connection::LookAtTransfer() {
  if (!transfer_.has_value() || closed_) return;
  if (leg_ == nullptr) {
    if (--transfer_->patience == 0)
      return EndTransfer(425, "No data connection");
    agenda_.After(absl::Seconds(1), [this] { LookAtTransfer(); });
    return;
  }
  if (!transfer_->begun) {
    StartData();
    if (!transfer_.has_value()) return;
  }
  if (leg_->got_reset) return EndTransfer(426, "Connection reset");
  if (temper_.dies_in_transfer && random_.OneIn(4)) return DieInTransfer();
  if (transfer_->upload) {
    if (leg_->got_early_end) fooled_ = true;
    if (leg_->is_closed()) EndTransfer(226, "Stored");
    return;
  }
  if (leg_->source->breaks && leg_->peer_gone) return EndTransfer(451, "Oh");
  if (leg_->is_closed()) return EndTransfer(426, "You hung up");
  const bool all_sent = leg_->sent == leg_->source->bytes();
  if (all_sent && !leg_->source->stalls) EndTransfer(226, "Done");
}

// A process that is killed: its sockets say FIN, or RST, as they happen to be.
void ModelBackend::Connection::DieInTransfer() {
  const DataLegPtr leg = leg_;
  const bool says_fin = !transfer_->upload && random_.OneIn(2);
  if (says_fin) {
    leg_ = nullptr;
    leg->source->size = leg->source->begin + leg->sent;
    leg->source->stalls = leg->source->breaks = false;
    leg->source->truncates = true;  // no close_notify comes of that
  }
  Die();
  if (leg->changed) leg->changed();
}

void ModelBackend::Connection::EndTransfer(int code, absl::string_view text) {
  if (temper_.wrong_codes && random_.OneIn(4)) code = 350;
  Say(code, text, transfer_->command.argument);
  transfer_.reset();
  leg_ = nullptr;
  ServeNext();
}

void ModelBackend::Connection::ServeAbor() {
  if (leg_ != nullptr) leg_->peer_gone = true;
  EndTransfer(426, "Aborted");
  if (!temper_.ignores_abor) Say(226, "ABOR done");
}

}  // namespace pinnace::simulation
