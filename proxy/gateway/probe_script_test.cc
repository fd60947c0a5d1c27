#include "proxy/gateway/probe_script.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/testing/splits.h"
#include "proxy/ingress/proxy_header.h"

namespace pinnace::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

using Culprit = ProbeScript::Culprit;

const Address kPeer = *Address::Parse("10.0.0.7:21");
const Address kPeer6 = *Address::Parse("[2001:db8::7]:21");

std::string Text(const ProbeScript::Action& action) {
  struct Visitor {
    std::string operator()(const ProbeScript::Send& a) {
      return absl::StrCat("send ", a.bytes.substr(0, a.bytes.find('\r')));
    }
    std::string operator()(const ProbeScript::Secure&) { return "secure"; }
    std::string operator()(const ProbeScript::SecureData&) {
      return "secure data";
    }
    std::string operator()(const ProbeScript::DialData& a) {
      return absl::StrCat("dial ", a.target.ToString());
    }
    std::string operator()(const ProbeScript::SendData& a) {
      return absl::StrCat("send data ",
                          a.bytes == ingress::ProxyV2Local() ? "LOCAL" : "?");
    }
    std::string operator()(const ProbeScript::ListenForData&) {
      return "listen";
    }
    std::string operator()(const ProbeScript::CloseData&) {
      return "close data";
    }
    std::string operator()(const ProbeScript::Finish& a) {
      switch (a.result.outcome()) {
        case ProbeOutcome::kWell:
          return "well";
        case ProbeOutcome::kFailed:
          return absl::StrCat("trouble ", a.result.trouble);
        case ProbeOutcome::kInconclusive:
          return absl::StrCat("inconclusive ", a.result.trouble);
      }
      return "";
    }
  };
  return std::visit(Visitor(), action);
}

// A script with what it did so far.
class Played {
 public:
  explicit Played(ProbeScript::Options options, const Address& peer = kPeer)
      : script_(std::move(options)) {
    Note(script_.OnConnected(peer));
  }

  Played& Says(absl::string_view lines) {
    return Note(script_.OnBytes(absl::StrCat(lines, "\r\n")));
  }
  Played& Bytes(absl::string_view bytes) {
    return Note(script_.OnBytes(bytes));
  }
  Played& Secured() { return Note(script_.OnSecured()); }
  Played& Listening(const Address& address) {
    return Note(script_.OnListening(address));
  }
  Played& DataOpen() { return Note(script_.OnDataOpen()); }
  Played& DataBytes(size_t count) { return Note(script_.OnDataBytes(count)); }
  Played& DataEnd() { return Note(script_.OnDataEnd()); }
  Played& DataFailed(absl::string_view why,
                     Culprit culprit = Culprit::kBackend) {
    return Note(script_.OnDataFailed(why, culprit));
  }
  Played& End(absl::string_view why) { return Note(script_.OnEnd(why)); }
  Played& Timeout() { return Note(script_.OnTimeout(absl::Seconds(5))); }

  // Since it was last asked.
  std::vector<std::string> Did() { return std::exchange(did_, {}); }
  const std::string& last() const { return did_.back(); }
  const ProbeScript::Result& result() const { return result_; }
  bool said_quit() const { return said_quit_; }

 private:
  Played& Note(ProbeScript::Actions actions) {
    for (ProbeScript::Action& action : actions) {
      EXPECT_FALSE(finished_) << Text(action);
      did_.push_back(Text(action));
      if (auto* finish = std::get_if<ProbeScript::Finish>(&action)) {
        finished_ = true;
        result_ = finish->result;
        said_quit_ = finish->said_quit;
      }
    }
    return *this;
  }

  ProbeScript script_;
  std::vector<std::string> did_;
  ProbeScript::Result result_;
  bool finished_ = false;
  bool said_quit_ = false;
};

ProbeScript::Options Connect() { return {}; }
ProbeScript::Options Login() {
  return {
      .kind = fleet::ProbeKind::kLogin, .user = "probe", .password = "s3cret"};
}
ProbeScript::Options List() {
  ProbeScript::Options options = Login();
  options.kind = fleet::ProbeKind::kList;
  return options;
}

Played LoggedIn(ProbeScript::Options options, const Address& peer = kPeer) {
  Played played(std::move(options), peer);
  played.Secured()
      .Says("220 Hello")
      .Says("500 No FEAT")
      .Says("331 Password")
      .Says("230 In");
  return played;
}

TEST(ProbeScript, ConnectAsksForFeaturesAndQuits) {
  Played played(Connect());
  EXPECT_THAT(played.Did(), IsEmpty());
  EXPECT_THAT(played.Says("220 Hello").Did(), ElementsAre("send FEAT"));
  EXPECT_THAT(played.Says("211-Mine:\r\n SIZE\r\n MDTM\r\n211 End").Did(),
              ElementsAre("send QUIT", "well"));
  EXPECT_THAT(played.result().features, Optional(ElementsAre("SIZE", "MDTM")));
  EXPECT_TRUE(played.said_quit());
  // Nothing comes after the result.
  EXPECT_THAT(played.Says("221 Bye").End("gone").Timeout().Did(), IsEmpty());
}

TEST(ProbeScript, ABackendWithoutFeatIsWell) {
  Played played(Connect());
  played.Says("220 Hello").Says("500 What?");
  EXPECT_EQ(played.result().outcome(), ProbeOutcome::kWell);
  EXPECT_THAT(played.result().features, Optional(IsEmpty()));
}

TEST(ProbeScript, ADelayedGreetingIsWaitedFor) {
  Played played(Connect());
  EXPECT_THAT(played.Says("120 In a minute").Did(), IsEmpty());
  EXPECT_THAT(played.Says("220 Now").Did(), ElementsAre("send FEAT"));
}

TEST(ProbeScript, GreetingTroubles) {
  EXPECT_EQ(Played(Connect()).Says("421 Too\tmany").last(),
            "trouble its greeting is 421 Too\\x09many");
  EXPECT_EQ(Played(Connect()).Timeout().last(),
            "trouble connected, but sent no greeting");
  EXPECT_EQ(Played(Connect()).End("it closed the connection").last(),
            "trouble greeting: it closed the connection");
  EXPECT_EQ(Played(Connect()).Says("SSH-2.0-OpenSSH_9").last(),
            "trouble greeting: its answer is not FTP");
}

TEST(ProbeScript, ConnectTroubles) {
  ProbeScript script(Connect());
  const ProbeScript::Actions actions = script.OnConnectFailed(
      "connect to 10.0.0.7:21: timed out", Culprit::kBackend);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(Text(actions[0]), "trouble connect to 10.0.0.7:21: timed out");
  ProbeScript slow(Connect());
  EXPECT_EQ(Text(slow.OnTimeout(absl::Milliseconds(100))[0]),
            "trouble connect: no answer in 100ms");
}

TEST(ProbeScript, WhatTheGatewayCannotDoSaysNothing) {
  ProbeScript script(Connect());
  const ProbeScript::Actions actions = script.OnConnectFailed(
      "connect to 10.0.0.7:21: Too many open files", Culprit::kGateway);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(Text(actions[0]),
            "inconclusive connect to 10.0.0.7:21: Too many open files");
  EXPECT_EQ(LoggedIn(List())
                .Says("229 Entering Extended Passive Mode (|||4000|)")
                .DataFailed("Too many open files", Culprit::kGateway)
                .last(),
            "inconclusive LIST: data connection: Too many open files");
}

TEST(ProbeScript, WhoWantsALoginBeforeFeatHasSaidNothing) {
  Played refused(Connect());
  EXPECT_EQ(refused.Says("220 Hello").Says("530 Log in first").last(), "well");
  EXPECT_FALSE(refused.result().features.has_value());
  Played busy(Connect());
  EXPECT_EQ(busy.Says("220 Hello").Says("450 Not now").last(), "well");
  EXPECT_FALSE(busy.result().features.has_value());
}

TEST(ProbeScript, TheProxyHeaderComesFirst) {
  ProbeScript::Options options = Connect();
  options.proxy_protocol = fleet::ProxyProtocol::kV2;
  ProbeScript script(options);
  const ProbeScript::Actions actions = script.OnConnected(kPeer);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(std::get<ProbeScript::Send>(actions[0]).bytes,
            ingress::ProxyV2Local());
}

TEST(ProbeScript, LogsIn) {
  Played played(Login());
  EXPECT_THAT(played.Says("220 Hello").Says("211-F\r\n SIZE\r\n211 E").Did(),
              ElementsAre("send FEAT", "send USER probe"));
  EXPECT_THAT(played.Says("331 Password").Did(),
              ElementsAre("send PASS s3cret"));
  EXPECT_THAT(played.Says("230 In").Did(), ElementsAre("send QUIT", "well"));
  EXPECT_THAT(played.result().features, Optional(ElementsAre("SIZE")));
}

TEST(ProbeScript, ExplicitTlsComesBeforeAllElse) {
  ProbeScript::Options options = Connect();
  options.tls = fleet::BackendTlsMode::kExplicit;
  Played played(options);
  EXPECT_THAT(played.Says("220 Hello").Did(), ElementsAre("send AUTH TLS"));
  // What stands behind the 234 in clear is nobody's answer.
  EXPECT_THAT(played.Bytes("234 Go\r\n211 No features\r\n").Did(),
              ElementsAre("secure"));
  EXPECT_THAT(played.Secured().Did(), ElementsAre("send FEAT"));
  EXPECT_THAT(played.Says("211-F\r\n SIZE\r\n211 E").Did(),
              ElementsAre("send QUIT", "well"));
  EXPECT_THAT(played.result().features, Optional(ElementsAre("SIZE")));
}

TEST(ProbeScript, ImplicitTlsComesBeforeTheGreeting) {
  ProbeScript::Options options = Connect();
  options.tls = fleet::BackendTlsMode::kImplicit;
  Played played(options);
  EXPECT_THAT(played.Did(), ElementsAre("secure"));
  EXPECT_THAT(played.Secured().Did(), IsEmpty());
  EXPECT_THAT(played.Says("220 Hello").Did(), ElementsAre("send FEAT"));
}

TEST(ProbeScript, TlsTroubles) {
  ProbeScript::Options options = Connect();
  options.tls = fleet::BackendTlsMode::kExplicit;
  EXPECT_EQ(Played(options).Says("220 Hi").Says("502 No").last(),
            "trouble AUTH: 502 No");
  EXPECT_EQ(Played(options).Says("220 Hi").Says("234 Go").Timeout().last(),
            "trouble TLS: no answer in 5s");
  EXPECT_EQ(Played(options).Says("220 Hi").Says("234 Go").End("no").last(),
            "trouble TLS: no");
  options = List();
  options.tls = fleet::BackendTlsMode::kImplicit;
  options.private_data = true;
  Played refuses = LoggedIn(options);
  refuses.Says("200 OK");
  EXPECT_EQ(refuses.Says("534 No").last(), "trouble PROT: 534 No");
}

TEST(ProbeScript, ListsOverAPrivateConnection) {
  ProbeScript::Options options = List();
  options.tls = fleet::BackendTlsMode::kImplicit;
  options.private_data = true;
  Played played(options);
  played.Secured();
  played.Says("220 Hi").Says("500 No FEAT").Says("331 Password").Did();
  EXPECT_THAT(played.Says("230 In").Did(), ElementsAre("send PBSZ 0"));
  EXPECT_THAT(played.Says("200 PBSZ=0").Did(), ElementsAre("send PROT P"));
  EXPECT_THAT(played.Says("200 Private").Did(), ElementsAre("send EPSV"));
  EXPECT_THAT(played.Says("229 Here (|||4711|)").Did(),
              ElementsAre("dial 10.0.0.7:4711"));
  EXPECT_THAT(played.DataOpen().Did(), ElementsAre("send LIST", "secure data"));
  played.Says("150 Here").DataEnd();
  EXPECT_EQ(played.Says("226 Done").last(), "well");
}

TEST(ProbeScript, AUserWithoutPasswordIsLoggedIn) {
  Played played(Login());
  played.Says("220 Hello").Says("500 No").Says("230 In");
  EXPECT_EQ(played.result().outcome(), ProbeOutcome::kWell);
}

TEST(ProbeScript, FeaturesAreAskedAgainWhereTheyWantALogin) {
  Played played(Login());
  played.Says("220 Hello").Says("530 Log in first").Says("331 Password");
  played.Did();
  EXPECT_THAT(played.Says("230 In").Did(), ElementsAre("send FEAT"));
  EXPECT_THAT(played.Says("211-F\r\n SIZE\r\n211 E").Did(),
              ElementsAre("send QUIT", "well"));
  EXPECT_THAT(played.result().features, Optional(ElementsAre("SIZE")));
}

TEST(ProbeScript, LoginTroubles) {
  const auto at_user = [] {
    Played played(Login());
    played.Says("220 Hello").Says("211-F\r\n SIZE\r\n211 E");
    return played;
  };
  EXPECT_EQ(at_user().Says("332 Account?").last(),
            "trouble USER: 332 Account?");
  EXPECT_EQ(at_user().Says("421 Too many").last(),
            "trouble USER: 421 Too many");
  EXPECT_EQ(at_user().Says("331 P").Says("331 Again").last(),
            "trouble PASS: 331 Again");
  EXPECT_EQ(at_user().Says("331 P").Says("332 Account?").last(),
            "trouble PASS: 332 Account?");
  EXPECT_EQ(at_user().Says("331 P").Timeout().last(),
            "trouble PASS: no answer in 5s");
  Played refused = at_user();
  EXPECT_EQ(refused.Says("331 P").Says("530 Login incorrect").last(),
            "trouble PASS: 530 Login incorrect");
  // What was learned on the way is kept.
  EXPECT_THAT(refused.result().features, Optional(ElementsAre("SIZE")));
  EXPECT_TRUE(refused.said_quit());
}

TEST(ProbeScript, NoPasswordIsInATroubleText) {
  Played played(Login());
  played.Says("220 Hello").Says("500 No").Says("331 P");
  EXPECT_EQ(played.Says("530 PASS s3cret is wrong").last(),
            "trouble PASS: 530 PASS *** is wrong");
}

TEST(ProbeScript, ListsOverExtendedPassive) {
  Played played = LoggedIn(List());
  EXPECT_EQ(played.Did().back(), "send EPSV");
  EXPECT_THAT(played.Says("229 Here (|||4711|)").Did(),
              ElementsAre("dial 10.0.0.7:4711"));
  EXPECT_THAT(played.DataOpen().Did(), ElementsAre("send LIST"));
  EXPECT_THAT(played.Says("150 Coming").DataBytes(100).Did(), IsEmpty());
  EXPECT_THAT(played.DataEnd().Did(), ElementsAre("close data"));
  EXPECT_THAT(played.Says("226 Done").Did(), ElementsAre("send QUIT", "well"));
  EXPECT_FALSE(played.result().lacks_epsv);
}

TEST(ProbeScript, TheProxyHeaderComesFirstOnItsDataConnectionToo) {
  ProbeScript::Options options = List();
  options.data_proxy_protocol = fleet::ProxyProtocol::kV2;
  options.tls = fleet::BackendTlsMode::kImplicit;
  options.private_data = true;
  Played played = LoggedIn(options);
  played.Says("200 PBSZ=0").Says("200 P").Says("229 Here (|||4711|)").Did();
  EXPECT_THAT(played.DataOpen().Did(),
              ElementsAre("send data LOCAL", "send LIST", "secure data"));
}

TEST(ProbeScript, NoProxyHeaderOnAConnectionThatTheBackendOpened) {
  ProbeScript::Options options = List();
  options.data_proxy_protocol = fleet::ProxyProtocol::kV2;
  options.data_mode = fleet::DataMode::kActive;
  Played played = LoggedIn(options);
  played.Listening(*Address::Parse("10.0.0.1:40000")).Says("200 PORT done");
  played.Did();
  EXPECT_THAT(played.DataOpen().Did(), IsEmpty());
}

TEST(ProbeScript, TheFinalReplyMayOvertakeTheData) {
  Played played = LoggedIn(List());
  played.Says("229 Here (|||4711|)").DataOpen();
  played.Did();
  EXPECT_THAT(played.Says("150 Coming").Says("250 Done").Did(), IsEmpty());
  EXPECT_THAT(played.DataBytes(1).DataEnd().Did(),
              ElementsAre("close data", "send QUIT", "well"));
}

TEST(ProbeScript, FallsBackToPassive) {
  for (const char* no : {"500 What?", "501 No", "502 Not here", "522 No"}) {
    Played played = LoggedIn(List());
    played.Did();
    EXPECT_THAT(played.Says(no).Did(), ElementsAre("send PASV")) << no;
    // Only the port is believed.
    EXPECT_THAT(played.Says("227 Here (192,0,2,1,18,103)").Did(),
                ElementsAre("dial 10.0.0.7:4711"));
    played.DataOpen().Says("150 Coming").DataEnd().Says("226 Done");
    EXPECT_EQ(played.result().outcome(), ProbeOutcome::kWell);
    EXPECT_TRUE(played.result().lacks_epsv);
  }
}

TEST(ProbeScript, DoesNotAskForEpsvWhereThereIsNone) {
  ProbeScript::Options options = List();
  options.lacks_epsv = true;
  EXPECT_EQ(LoggedIn(options).Did().back(), "send PASV");
  // PASV has no room for IPv6.
  EXPECT_EQ(LoggedIn(options, kPeer6).Did().back(), "send EPSV");
  EXPECT_EQ(LoggedIn(options, kPeer6).Says("502 No EPSV").last(),
            "trouble EPSV: 502 No EPSV");
}

TEST(ProbeScript, BelievesAForeignHostWhereTheFarmDoes) {
  ProbeScript::Options options = List();
  options.lacks_epsv = true;
  options.allow_foreign_data_address = true;
  EXPECT_EQ(LoggedIn(options).Says("227 Here (192,0,2,1,18,103)").last(),
            "dial 192.0.2.1:4711");
}

TEST(ProbeScript, PassiveTroubles) {
  EXPECT_EQ(LoggedIn(List()).Says("530 Log in").last(),
            "trouble EPSV: 530 Log in");
  EXPECT_EQ(LoggedIn(List()).Says("229 Nowhere").last(),
            "trouble EPSV: 229 Nowhere");
  EXPECT_EQ(LoggedIn(List()).Says("502 No").Says("425 No ports").last(),
            "trouble PASV: 425 No ports");
  EXPECT_EQ(LoggedIn(List()).Says("502 No").Says("227 (1,2,3)").last(),
            "trouble PASV: 227 (1,2,3)");
}

TEST(ProbeScript, ListTroubles) {
  const auto dialling = [] {
    Played played = LoggedIn(List());
    played.Says("229 Here (|||4711|)");
    return played;
  };
  EXPECT_EQ(dialling().Timeout().last(),
            "trouble LIST: no data connection in 5s");
  EXPECT_EQ(dialling().DataFailed("connect to 10.0.0.7:4711: refused").last(),
            "trouble LIST: data connection: connect to 10.0.0.7:4711: refused");
  EXPECT_EQ(dialling().DataOpen().Timeout().last(),
            "trouble LIST: no answer in 5s");
  EXPECT_EQ(dialling().DataOpen().Says("550 No").last(),
            "trouble LIST: 550 No");
  EXPECT_EQ(dialling().DataOpen().Says("150 C").Timeout().last(),
            "trouble LIST: the listing did not end in 5s");
  EXPECT_EQ(dialling().DataOpen().Says("150 C").DataEnd().Timeout().last(),
            "trouble LIST: no final reply in 5s");
  EXPECT_EQ(dialling().DataOpen().Says("150 C").DataFailed("reset").last(),
            "trouble LIST: data connection: reset");
  EXPECT_EQ(dialling().DataOpen().End("it closed the connection").last(),
            "trouble LIST: it closed the connection");
  EXPECT_FALSE(dialling().Timeout().said_quit());
}

TEST(ProbeScript, AnEndlessListingIsCutShort) {
  Played played = LoggedIn(List());
  played.Says("229 Here (|||4711|)").DataOpen().Says("150 Coming");
  played.Did();
  EXPECT_THAT(played.DataBytes(limits::kMaxProbeListBytes).Did(), IsEmpty());
  EXPECT_THAT(played.DataBytes(1).Did(), ElementsAre("send QUIT", "well"));
  EXPECT_THAT(played.DataBytes(1).DataEnd().Did(), IsEmpty());
}

TEST(ProbeScript, ListsActively) {
  ProbeScript::Options options = List();
  options.data_mode = fleet::DataMode::kActive;
  Played played = LoggedIn(options);
  EXPECT_EQ(played.Did().back(), "listen");
  EXPECT_THAT(played.Listening(*Address::Parse("10.0.0.1:4711")).Did(),
              ElementsAre("send PORT 10,0,0,1,18,103"));
  EXPECT_THAT(played.Says("200 Fine").Did(), ElementsAre("send LIST"));
  // The reply may overtake the connection.
  EXPECT_THAT(played.Says("150 Coming").Says("226 Done").Did(), IsEmpty());
  EXPECT_THAT(played.DataOpen().DataEnd().Did(),
              ElementsAre("close data", "send QUIT", "well"));
}

TEST(ProbeScript, ActiveTroubles) {
  ProbeScript::Options options = List();
  options.data_mode = fleet::DataMode::kActive;
  const auto asked = [&options] {
    Played played = LoggedIn(options, kPeer6);
    played.Listening(*Address::Parse("[2001:db8::1]:4711"));
    return played;
  };
  EXPECT_EQ(asked().last(), "send EPRT |2|2001:db8::1|4711|");
  EXPECT_EQ(asked().Says("522 No").last(), "trouble EPRT: 522 No");
  EXPECT_EQ(asked().Says("200 F").Timeout().last(),
            "trouble LIST: no data connection in 5s");
  EXPECT_EQ(LoggedIn(options).DataFailed("listen: no port").last(),
            "trouble LIST: data connection: listen: no port");
}

TEST(ProbeScript, AnyCutOfTheBytesIsTheSame) {
  constexpr absl::string_view kAll =
      "220-Hello\r\n220 there\r\n211-F\r\n SIZE\r\n211 End\r\n331 P\r\n"
      "230-In\n 230 still\n230 now\r\n229 (|||4711|)\r\n";
  for (const ftp::testing::Pieces& pieces : ftp::testing::EverySplit(kAll)) {
    Played played(List());
    for (absl::string_view piece : pieces) played.Bytes(piece);
    EXPECT_THAT(played.Did(),
                ElementsAre("send FEAT", "send USER probe", "send PASS s3cret",
                            "send EPSV", "dial 10.0.0.7:4711"));
  }
}

}  // namespace
}  // namespace pinnace::gateway
