#include "proxy/gateway/probe_script.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/data_address.h"
#include "proxy/ftp/features.h"
#include "proxy/ingress/proxy_header.h"

namespace pinnace::gateway {
namespace {

using ftp::Reply;
using ftp::ReplyCode;
using ftp::ReplyReader;

constexpr size_t kShownTextBytes = 80;

// As sessions see it: the probe must not fail a backend that they can use.
bool RefusesExtendedPassive(const Reply& reply) {
  return reply.severity() == ftp::Severity::kPermanent &&
         !reply.Is(ReplyCode::kNotLoggedIn);
}

}  // namespace

ProbeScript::ProbeScript(Options options)
    : options_(std::move(options)),
      replies_({.max_line_bytes = limits::kMaxReplyLineBytes,
                .max_reply_bytes = limits::kMaxReplyBytes}) {
  result_.lacks_epsv = options_.lacks_epsv;
}

ProbeScript::Actions ProbeScript::OnConnected(const Address& peer) {
  if (step_ != Step::kConnect) return {};
  peer_ = peer;
  switch (options_.proxy_protocol) {
    case fleet::ProxyProtocol::kOff:
      break;
    case fleet::ProxyProtocol::kV2:
      actions_.push_back(Send{ingress::ProxyV2Local()});
      break;
  }
  if (options_.tls == fleet::BackendTlsMode::kImplicit) {
    StartTls();
  } else {
    step_ = Step::kGreeting;
  }
  return Take();
}

void ProbeScript::StartTls() {
  step_ = Step::kTls;
  actions_.push_back(Secure{});
  // What came behind the answer to AUTH came in clear.
  replies_ = ReplyReader({.max_line_bytes = limits::kMaxReplyLineBytes,
                          .max_reply_bytes = limits::kMaxReplyBytes});
}

ProbeScript::Actions ProbeScript::OnSecured() {
  if (step_ != Step::kTls) return {};
  if (options_.tls == fleet::BackendTlsMode::kImplicit) {
    step_ = Step::kGreeting;
  } else {
    Command(Step::kFeatures, "FEAT");
  }
  return Take();
}

ProbeScript::Actions ProbeScript::OnConnectFailed(absl::string_view why,
                                                  Culprit culprit) {
  if (step_ != Step::kConnect) return {};
  result_.is_inconclusive = culprit == Culprit::kGateway;
  End(std::string(why), Parting::kNone);
  return Take();
}

ProbeScript::Actions ProbeScript::OnBytes(absl::string_view bytes) {
  replies_.Append(bytes);
  Reply reply;
  while (step_ != Step::kDone) {
    const ReplyReader::Status status = replies_.Next(&reply);
    if (status == ReplyReader::Status::kNeedMore) break;
    if (status == ReplyReader::Status::kReply) {
      OnReply(reply);
    } else {
      Fail("its answer is not FTP");
    }
  }
  return Take();
}

ProbeScript::Actions ProbeScript::OnEnd(absl::string_view why) {
  if (step_ != Step::kDone) Fail(why);
  return Take();
}

void ProbeScript::Command(Step step, absl::string_view line) {
  step_ = step;
  actions_.push_back(Send{absl::StrCat(line, "\r\n")});
}

void ProbeScript::OnReply(const Reply& reply) {
  if (reply.IsPreliminary()) {
    if (step_ == Step::kList) list_begun_ = true;
    return;
  }
  if (reply.Is(ReplyCode::kServiceClosing)) return Refused(reply);
  switch (step_) {
    case Step::kGreeting:
      return OnGreeting(reply);
    case Step::kAuth:
      return OnAuthReply(reply);
    case Step::kFeatures:
    case Step::kFeaturesAgain:
      return OnFeatures(reply);
    case Step::kUser:
    case Step::kPassword:
      return OnLoginReply(reply);
    case Step::kBufferSize:
      if (!reply.IsCompletion()) return Refused(reply);
      return Command(Step::kProtection, "PROT P");
    case Step::kProtection:
      if (!reply.IsCompletion()) return Refused(reply);
      return MakeDataPath();
    case Step::kExtendedPassive:
    case Step::kPassive:
      return OnPassiveReply(reply);
    case Step::kActive:
      return OnActiveReply(reply);
    case Step::kList:
      return OnListReply(reply);
    case Step::kDialData:
    case Step::kListen:
      // Nothing was asked.
      if (reply.IsNegative()) Refused(reply);
      return;
    case Step::kConnect:
    case Step::kTls:
    case Step::kDone:
      return;
  }
}

void ProbeScript::OnGreeting(const Reply& reply) {
  if (!reply.IsCompletion()) return Refused(reply);
  if (options_.tls == fleet::BackendTlsMode::kExplicit) {
    Command(Step::kAuth, "AUTH TLS");
  } else {
    Command(Step::kFeatures, "FEAT");
  }
}

void ProbeScript::OnAuthReply(const Reply& reply) {
  if (!reply.Is(ReplyCode::kSecurityExchangeDone)) return Refused(reply);
  StartTls();
}

void ProbeScript::OnFeatures(const Reply& reply) {
  const bool again = step_ == Step::kFeaturesAgain;
  // A backend without FEAT is a good backend with no features. One that wants a
  // login first, or cannot just now, has not said which it has.
  if (!reply.Is(ReplyCode::kNotLoggedIn) &&
      reply.severity() != ftp::Severity::kTransient) {
    result_.features = ftp::FeatureList::FromReply(reply).lines();
  }
  if (again) return OpenData();
  switch (options_.kind) {
    case fleet::ProbeKind::kConnect:
      return End("", Parting::kQuit);
    case fleet::ProbeKind::kLogin:
    case fleet::ProbeKind::kList:
      return Command(Step::kUser, absl::StrCat("USER ", options_.user));
  }
}

void ProbeScript::OnLoginReply(const Reply& reply) {
  // RFC 959 §5.4: 202 to PASS is a login too; 332 wants an ACCT, which probes
  // have not.
  if (reply.IsCompletion()) return LoggedIn();
  if (step_ == Step::kUser && reply.Is(ReplyCode::kNeedPassword)) {
    return Command(Step::kPassword, absl::StrCat("PASS ", options_.password));
  }
  Refused(reply);
}

void ProbeScript::LoggedIn() {
  if (!result_.features.has_value()) {
    return Command(Step::kFeaturesAgain, "FEAT");
  }
  OpenData();
}

// RFC 959 §5.1: the type is ASCII to begin with, which is LIST's.
void ProbeScript::OpenData() {
  if (options_.kind != fleet::ProbeKind::kList) {
    return End("", Parting::kQuit);
  }
  if (options_.private_data) {
    Command(Step::kBufferSize, "PBSZ 0");
  } else {
    MakeDataPath();
  }
}

void ProbeScript::MakeDataPath() {
  switch (options_.data_mode) {
    case fleet::DataMode::kPassive:
      return AskPassive();
    case fleet::DataMode::kActive:
      step_ = Step::kListen;
      actions_.push_back(ListenForData{});
      return;
  }
}

void ProbeScript::AskPassive() {
  // PASV can say nothing about an IPv6 address.
  if (result_.lacks_epsv && peer_.ip.is_ipv4()) {
    Command(Step::kPassive, "PASV");
  } else {
    Command(Step::kExtendedPassive, "EPSV");
  }
}

void ProbeScript::OnPassiveReply(const Reply& reply) {
  std::optional<Address> data;
  if (step_ == Step::kExtendedPassive) {
    if (RefusesExtendedPassive(reply) && peer_.ip.is_ipv4()) {
      result_.lacks_epsv = true;
      return AskPassive();
    }
    if (!reply.Is(ReplyCode::kExtendedPassive)) return Refused(reply);
    const std::optional<uint16_t> port =
        ftp::ParseExtendedPassiveText(reply.last_text());
    if (port.has_value()) data = peer_.WithPort(*port);
  } else {
    if (!reply.Is(ReplyCode::kPassive)) return Refused(reply);
    data = ftp::ParsePassiveText(reply.last_text());
    // Believe only the port: a backend must not aim us at a third host.
    if (data.has_value() && !options_.allow_foreign_data_address) {
      data = peer_.WithPort(data->port);
    }
  }
  if (!data.has_value()) return Refused(reply);
  step_ = Step::kDialData;
  actions_.push_back(DialData{*data});
}

ProbeScript::Actions ProbeScript::OnListening(const Address& address) {
  if (step_ != Step::kListen) return {};
  Command(Step::kActive,
          address.ip.is_ipv4()
              ? absl::StrCat("PORT ", ftp::FormatPortArgument(address))
              : absl::StrCat("EPRT ", ftp::FormatEprtArgument(address)));
  return Take();
}

void ProbeScript::OnActiveReply(const Reply& reply) {
  if (!reply.IsCompletion()) return Refused(reply);
  Command(Step::kList, "LIST");
}

ProbeScript::Actions ProbeScript::OnDataOpen() {
  if (step_ == Step::kDone) return {};
  data_open_ = true;
  if (step_ == Step::kDialData) {
    switch (options_.data_proxy_protocol) {
      case fleet::ProxyProtocol::kOff:
        break;
      case fleet::ProxyProtocol::kV2:
        actions_.push_back(SendData{ingress::ProxyV2Local()});
        break;
    }
    Command(Step::kList, "LIST");
  }
  if (options_.private_data) actions_.push_back(SecureData{});
  return Take();
}

ProbeScript::Actions ProbeScript::OnDataBytes(size_t count) {
  if (step_ == Step::kDone) return {};
  listed_bytes_ += count;
  // It lists, that is all we wanted to know.
  if (listed_bytes_ > limits::kMaxProbeListBytes) End("", Parting::kQuit);
  return Take();
}

ProbeScript::Actions ProbeScript::OnDataEnd() {
  if (step_ == Step::kDone) return {};
  data_ended_ = true;
  // At once: there are servers that say 226 only when they have seen this end
  // of the connection too.
  actions_.push_back(CloseData{});
  FinishIfListed();
  return Take();
}

ProbeScript::Actions ProbeScript::OnDataFailed(absl::string_view why,
                                               Culprit culprit) {
  if (step_ == Step::kDone) return {};
  result_.is_inconclusive = culprit == Culprit::kGateway;
  Fail(absl::StrCat("data connection: ", why));
  return Take();
}

void ProbeScript::OnListReply(const Reply& reply) {
  if (!reply.IsCompletion()) return Refused(reply);
  list_done_ = true;
  FinishIfListed();
}

void ProbeScript::FinishIfListed() {
  if (list_done_ && data_ended_) End("", Parting::kQuit);
}

ProbeScript::Actions ProbeScript::OnTimeout(absl::Duration timeout) {
  switch (step_) {
    case Step::kDone:
      break;
    case Step::kGreeting:
      End("connected, but sent no greeting", Parting::kNone);
      break;
    case Step::kConnect:
    case Step::kTls:
    case Step::kAuth:
    case Step::kFeatures:
    case Step::kUser:
    case Step::kPassword:
    case Step::kFeaturesAgain:
    case Step::kBufferSize:
    case Step::kProtection:
    case Step::kExtendedPassive:
    case Step::kPassive:
    case Step::kDialData:
    case Step::kListen:
    case Step::kActive:
    case Step::kList:
      Fail(absl::StrCat(Missing(), " in ", absl::FormatDuration(timeout)));
      break;
  }
  return Take();
}

// What the present step waits for.
std::string ProbeScript::Missing() const {
  if (step_ == Step::kDialData) return "no data connection";
  if (step_ != Step::kList) return "no answer";
  if (!data_open_) return "no data connection";
  if (!list_begun_ && !data_ended_ && !list_done_) return "no answer";
  if (!data_ended_) return "the listing did not end";
  return "no final reply";
}

absl::string_view ProbeScript::StepName() const {
  switch (step_) {
    case Step::kConnect:
      return "connect";
    case Step::kGreeting:
      return "greeting";
    case Step::kTls:
      return "TLS";
    case Step::kAuth:
      return "AUTH";
    case Step::kFeatures:
    case Step::kFeaturesAgain:
      return "FEAT";
    case Step::kUser:
      return "USER";
    case Step::kPassword:
      return "PASS";
    case Step::kBufferSize:
      return "PBSZ";
    case Step::kProtection:
      return "PROT";
    case Step::kExtendedPassive:
      return "EPSV";
    case Step::kPassive:
      return "PASV";
    case Step::kActive:
      return peer_.ip.is_ipv4() ? "PORT" : "EPRT";
    case Step::kListen:
    case Step::kDialData:
    case Step::kList:
    case Step::kDone:
      return "LIST";
  }
  return "";
}

void ProbeScript::Refused(const Reply& reply) {
  std::string text(reply.last_text());
  // A server may echo what it does not take.
  if (!options_.password.empty()) {
    text = absl::StrReplaceAll(text, {{options_.password, "***"}});
  }
  std::string shown =
      absl::StrCat(reply.code(), " ", Printable(text, kShownTextBytes));
  End(step_ == Step::kGreeting ? absl::StrCat("its greeting is ", shown)
                               : absl::StrCat(StepName(), ": ", shown),
      Parting::kQuit);
}

void ProbeScript::Fail(absl::string_view what) {
  End(absl::StrCat(StepName(), ": ", what), Parting::kNone);
}

void ProbeScript::End(std::string trouble, Parting parting) {
  step_ = Step::kDone;
  result_.trouble = std::move(trouble);
  const bool quits = parting == Parting::kQuit;
  if (quits) actions_.push_back(Send{"QUIT\r\n"});
  actions_.push_back(Finish{std::move(result_), quits});
}

}  // namespace pinnace::gateway
