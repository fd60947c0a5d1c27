#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "control-plane/access/access_files.h"
#include "control-plane/service/control_plane.h"
#include "control-plane/service/server_credentials.h"
#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "proxy/control/control_plane_channel.h"
#include "tests/support/test_authority.h"

namespace pinnace::service {
namespace {

using access::MethodRule;
using pinnace::testing::TestAuthority;
using pinnace::testing::WriteTestFile;

// Never to be seen anywhere.
constexpr char kCanary[] = "CANARY";

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

std::string TokenOf(absl::string_view name) {
  return absl::StrCat(kCanary, "-token-of-", name);
}

std::string TokenFile(absl::string_view name) {
  return WriteTestFile(absl::StrCat("token-", name), TokenOf(name));
}

using Channel = std::shared_ptr<grpc::Channel>;
using Headers = std::vector<std::pair<std::string, std::string>>;

grpc::ByteBuffer BufferOf(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

// One call with one message, of a stream as well.
grpc::Status CallMethod(const Channel& channel, const std::string& method,
                        const grpc::ByteBuffer& request,
                        const Headers& headers = {}) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  for (const auto& [name, value] : headers) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  EXPECT_FALSE(absl::StrContains(status.error_message(), kCanary))
      << status.error_message();
  return status;
}

std::string Show(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message())
      .ToString();
}

// "CODE: message", or "OK".
std::string Call(const Channel& channel, const std::string& method,
                 const google::protobuf::Message& request,
                 const Headers& headers = {}) {
  return Show(CallMethod(channel, absl::StrCat("/pinnace.v1.", method),
                         BufferOf(request), headers));
}

std::string ListFarms(const Channel& channel, const Headers& headers = {}) {
  return Call(channel, "Registry/ListFarms", v1::ListFarmsRequest(), headers);
}

std::string Register(const Channel& channel, const std::string& id) {
  return Call(channel, "Registry/RegisterBackend",
              Parse<v1::RegisterBackendRequest>(absl::StrCat(
                  "farm: 'main' backend { id: '", id, "' address: 'h:21' }")));
}

std::string OfId(const Channel& channel, const std::string& method,
                 const std::string& id) {
  v1::HeartbeatRequest request;  // The others have `id` as field 1, too.
  request.set_id(id);
  return Call(channel, "Registry/" + method, request);
}

// What a role gets for a method, for an empty request.
std::string Outcome(const Channel& channel, const MethodRule& rule) {
  const grpc::Status status = CallMethod(
      channel, absl::StrCat("/pinnace.v1.", rule.service, "/", rule.name),
      BufferOf(v1::ListFarmsRequest()));
  switch (status.error_code()) {
    case grpc::StatusCode::UNAUTHENTICATED:
      return "unknown";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "denied";
    // What the method itself says about an empty request.
    case grpc::StatusCode::OK:
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "allowed";
    case grpc::StatusCode::UNAVAILABLE:  // No gateway is here.
      return rule.service == "Sessions" ? "allowed" : Show(status);
    default:
      return Show(status);
  }
}

void ExpectRole(const Channel& channel, v1::Role role) {
  SCOPED_TRACE(v1::Role_Name(role));
  const access::Identity identity = {.name = "x", .role = role, .ids = {}};
  for (const MethodRule& rule : access::MethodRules()) {
    EXPECT_EQ(
        Outcome(channel, rule),
        access::Authorise(identity, rule.method).ok() ? "allowed" : "denied")
        << rule.name;
  }
}

class AccessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto files = authority_.Issue(
        "server", {.common_name = "server", .names = "IP:127.0.0.1"});
    tls_ = absl::StrCat("cert: '", files.cert, "' key: '", files.key, "' ");
    // Every line of the log, of all of the test.
    ::testing::internal::CaptureStderr();
  }

  void TearDown() override {
    control_plane_ = nullptr;
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_FALSE(absl::StrContains(log, kCanary)) << log;
  }

  void Start(const std::string& text, const std::string& listen = "127.0.0.1") {
    const auto config = Parse<v1::ControlPlaneConfig>(text);
    absl::StatusOr<access::AccessPolicy> access =
        access::ReadAccessPolicy(config);
    ASSERT_TRUE(access.ok()) << access.status();
    auto credentials = ServerCredentialsOf(config.tls(),
                                           config.tokens_size() > 0
                                               ? ClientCertificate::kOptional
                                               : ClientCertificate::kRequired,
                                           absl::Seconds(1));
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    auto started = ControlPlane::Start({
        .listen = *Address::Parse(absl::StrCat(listen, ":0")),
        .store = *store::SqliteStore::Open(":memory:", absl::Now()),
        .access = *std::move(access),
        .credentials = *std::move(credentials),
    });
    status_ = started.status();
    if (started.ok()) control_plane_ = *std::move(started);
  }

  Channel ChannelOf(const std::string& access) {
    auto channel =
        control::ControlPlaneChannel(control_plane_->address().ToString(),
                                     Parse<v1::ControlPlaneAccess>(access));
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }
  Channel WithToken(absl::string_view name) {
    return ChannelOf(absl::StrCat("token_file: '", TokenFile(name), "'"));
  }
  // A certificate's channel.
  Channel WithFiles(const TestAuthority::Files& files) {
    return ChannelOf(absl::StrCat("ca: '", authority_.ca_file(), "' cert: '",
                                  files.cert, "' key: '", files.key, "'"));
  }

  static std::string Token(absl::string_view name, v1::Role role,
                           absl::string_view more = "") {
    return absl::StrCat("tokens { name: '", name,
                        "' role: ", v1::Role_Name(role), " file: '",
                        TokenFile(name), "' ", more, " } ");
  }
  static std::string FourTokens() {
    return Token("viewer", v1::ROLE_VIEWER) +
           Token("backend", v1::ROLE_BACKEND) +
           Token("gateway", v1::ROLE_GATEWAY) +
           Token("operator", v1::ROLE_OPERATOR);
  }

  TestAuthority authority_{"authority"};
  std::string tls_;
  absl::Status status_;
  std::unique_ptr<ControlPlane> control_plane_;
};

const std::map<std::string, v1::Role> kRoles = {
    {"viewer", v1::ROLE_VIEWER},
    {"backend", v1::ROLE_BACKEND},
    {"gateway", v1::ROLE_GATEWAY},
    {"operator", v1::ROLE_OPERATOR}};

TEST_F(AccessTest, EveryRoleOnEveryMethodByToken) {
  Start(FourTokens());
  for (const auto& [name, role] : kRoles) ExpectRole(WithToken(name), role);
  for (const MethodRule& rule : access::MethodRules()) {
    EXPECT_EQ(Outcome(ChannelOf(""), rule), "unknown") << rule.name;
    EXPECT_EQ(Outcome(WithToken("nobody"), rule), "unknown") << rule.name;
  }
}

TEST_F(AccessTest, EveryRoleOnEveryMethodByCertificate) {
  std::string clients;
  for (const auto& [name, role] : kRoles) {
    absl::StrAppend(&clients, "clients { subject: 'spiffe://test/", name,
                    "/*' role: ", v1::Role_Name(role), " } ");
  }
  Start(absl::StrCat("tls { ", tls_, "client_ca: '", authority_.ca_file(), "' ",
                     clients, "}"));
  for (const auto& [name, role] : kRoles) {
    ExpectRole(WithFiles(authority_.Issue(
                   name, {.common_name = "x",
                          .names = absl::StrCat("DNS:x.test,URI:spiffe://test/",
                                                name, "/1")})),
               role);
  }
  EXPECT_EQ(ListFarms(WithFiles(
                authority_.Issue("other", {.common_name = "spiffe"}))),
            "UNAUTHENTICATED: no entry of control_plane.tls.clients matches "
            "the client certificate");
}

// A gateway that has its first snapshot, or none.
class Following {
 public:
  enum Outcome { kServed, kRefused };
  Following(const Channel& channel, const std::string& name,
            Outcome outcome = kServed)
      : stub_(v1::Discovery::NewStub(channel)),
        stream_(stub_->Follow(&context_)) {
    v1::GatewayMessage hello;
    hello.mutable_hello()->set_name(name);
    EXPECT_TRUE(stream_->Write(hello));
    v1::ControlMessage message;
    EXPECT_EQ(stream_->Read(&message), outcome == kServed);
  }
  // Of the stream, when it comes.
  std::string End() {
    v1::ControlMessage message;
    while (stream_->Read(&message)) {
    }
    const grpc::Status status = stream_->Finish();
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message())
        .ToString();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Discovery::Stub> stub_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::GatewayMessage, v1::ControlMessage>>
      stream_;
};

TEST_F(AccessTest, AStreamEndsWithItsTokenOrRole) {
  const std::string two =
      Token("gateway", v1::ROLE_GATEWAY) + Token("second", v1::ROLE_GATEWAY);
  Start(two);
  const auto replace = [&](const std::string& text) {
    auto access = access::ReadAccessPolicy(Parse<v1::ControlPlaneConfig>(text));
    ASSERT_TRUE(access.ok()) << access.status();
    control_plane_->ReplaceAccess(*std::move(access));
  };
  Following gateway(WithToken("gateway"), "gw");
  Following second(WithToken("second"), "gw-2");
  replace(two);  // Both may still.
  replace(Token("second", v1::ROLE_VIEWER));
  EXPECT_EQ(gateway.End(),
            "UNAUTHENTICATED: the control plane does not know this token");
  EXPECT_EQ(second.End().substr(0, 18), "PERMISSION_DENIED:");
  const auto audit = control_plane_->keeper().ReadAudit({});
  ASSERT_TRUE(audit.ok()) << audit.status();
  ASSERT_EQ(audit->entries_size(), 1);
  EXPECT_EQ(audit->entries(0).method(), "ReloadAccess");
  EXPECT_EQ(audit->entries(0).detail(), "second: now viewer, -gateway");
}

TEST_F(AccessTest, AGatewaysNameIsItsCallers) {
  Start(Token("gateway", v1::ROLE_GATEWAY) +
        Token("second", v1::ROLE_GATEWAY, "ids: 'gw-*'"));
  Following gateway(WithToken("gateway"), "gw-1");
  Following impostor(WithToken("second"), "gw-1", Following::kRefused);
  EXPECT_EQ(
      impostor.End(),
      "ALREADY_EXISTS: hello.name: gateway \"gw-1\" is connected already, "
      "as \"gateway\"");
  Following other(WithToken("second"), "other", Following::kRefused);
  EXPECT_EQ(other.End(),
            "PERMISSION_DENIED: \"second\" of role gateway may not call Follow "
            "for \"other\": only for gw-*");
  Following second(WithToken("second"), "gw-2");
  control_plane_->Stop();
  gateway.End();
  second.End();
}

TEST_F(AccessTest, LoopbackIsOpenByDefault) {
  Start("");
  ExpectRole(ChannelOf(""), v1::ROLE_OPERATOR);
  // Who has a token all the same is no less.
  ExpectRole(WithToken("nobody"), v1::ROLE_OPERATOR);
}

TEST_F(AccessTest, OtherAddressesAreNot) {
  Start("", "0.0.0.0");
  EXPECT_EQ(status_.ToString(),
            "FAILED_PRECONDITION: control_plane.listen: 0.0.0.0:0 is not a "
            "loopback address: it needs control_plane.tokens or "
            "control_plane.tls.client_ca");
  Start(absl::StrCat("tls { ", tls_, "}"), "0.0.0.0");
  EXPECT_FALSE(status_.ok());
  Start(Token("operator", v1::ROLE_OPERATOR), "0.0.0.0");
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_FALSE(control_plane_->CheckAccess({}).ok());
}

TEST_F(AccessTest, SaysWhatIsMissing) {
  Start(FourTokens());
  const Channel plain = ChannelOf("");
  EXPECT_EQ(ListFarms(plain), "UNAUTHENTICATED: needs a token");
  const std::string known = TokenOf("operator");
  EXPECT_EQ(ListFarms(plain, {{"authorization", "Bearer " + known}}), "OK");
  EXPECT_EQ(ListFarms(plain, {{"authorization", "bearer " + known}}), "OK");
  for (const Headers& headers :
       std::vector<Headers>{{{"authorization", known}},
                            {{"authorization", "Basic " + known}},
                            {{"authorization", ""}},
                            {{"token", known}},
                            {{"authorization", "Bearer " + known},
                             {"authorization", "Bearer " + known}}}) {
    EXPECT_EQ(ListFarms(plain, headers), "UNAUTHENTICATED: needs a token");
  }
  for (const std::string& wrong :
       {known + "x", known + ",", " " + known, std::string(),
        std::string(4000, 'x'), known.substr(0, known.size() - 1)}) {
    EXPECT_EQ(ListFarms(plain, {{"authorization", "Bearer " + wrong}}),
              "UNAUTHENTICATED: the control plane does not know this token");
  }
}

TEST_F(AccessTest, CertificatesThatDoNotVerifyGoNowhere) {
  Start(absl::StrCat("tls { ", tls_, "client_ca: '", authority_.ca_file(),
                     "' clients { subject: '*' role: ROLE_OPERATOR } }"));
  const TestAuthority::Wish wish = {.common_name = "c", .names = ""};
  EXPECT_EQ(ListFarms(WithFiles(authority_.Issue("good", wish))), "OK");
  TestAuthority stranger("stranger");
  const auto unavailable = [](const Channel& channel) {
    return absl::StartsWith(ListFarms(channel), "UNAVAILABLE: ");
  };
  EXPECT_TRUE(unavailable(WithFiles(stranger.Issue("c", wish))));
  EXPECT_TRUE(unavailable(WithFiles(authority_.Issue(
      "expired", {.common_name = "c", .valid = -absl::Hours(1)}))));
  // None at all, or no TLS.
  EXPECT_TRUE(
      unavailable(ChannelOf(absl::StrCat("ca: '", authority_.ca_file(), "'"))));
  EXPECT_TRUE(unavailable(ChannelOf("")));
  // The other way round: a control plane that the client does not trust.
  EXPECT_TRUE(
      unavailable(ChannelOf(absl::StrCat("ca: '", stranger.ca_file(), "'"))));
}

TEST_F(AccessTest, ClientsCheckTheNameOfTheControlPlane) {
  const auto files = authority_.Issue(
      "elsewhere", {.common_name = "127.0.0.1", .names = "DNS:elsewhere"});
  Start(
      absl::StrCat("tls { cert: '", files.cert, "' key: '", files.key, "' }"));
  EXPECT_TRUE(absl::StartsWith(
      ListFarms(ChannelOf(absl::StrCat("ca: '", authority_.ca_file(), "'"))),
      "UNAVAILABLE: "));
}

TEST_F(AccessTest, WithTokensAndAnAuthorityEitherWillDo) {
  Start(absl::StrCat(Token("viewer", v1::ROLE_VIEWER), "tls { ", tls_,
                     "client_ca: '", authority_.ca_file(),
                     "' clients { subject: 'gw-*' role: ROLE_GATEWAY } }"));
  const std::string ca = absl::StrCat("ca: '", authority_.ca_file(), "' ");
  const std::string token =
      absl::StrCat("token_file: '", TokenFile("viewer"), "' ");
  const auto cert = [](const TestAuthority::Files& files) {
    return absl::StrCat("cert: '", files.cert, "' key: '", files.key, "' ");
  };
  const std::string gateway =
      cert(authority_.Issue("gw", {.common_name = "gw-1"}));
  ExpectRole(ChannelOf(ca + token), v1::ROLE_VIEWER);
  ExpectRole(ChannelOf(ca + gateway), v1::ROLE_GATEWAY);
  // The token is the stronger wish; one that is not known leaves the other.
  ExpectRole(ChannelOf(ca + token + gateway), v1::ROLE_VIEWER);
  ExpectRole(ChannelOf(absl::StrCat(ca, gateway, "token_file: '",
                                    TokenFile("nobody"), "'")),
             v1::ROLE_GATEWAY);
  EXPECT_EQ(ListFarms(ChannelOf(ca)),
            "UNAUTHENTICATED: needs a token or a client certificate");
  // One that is shown must be good, token or not.
  TestAuthority stranger("stranger");
  EXPECT_TRUE(absl::StartsWith(
      ListFarms(ChannelOf(ca + token +
                          cert(stranger.Issue("x", {.common_name = "gw-1"})))),
      "UNAVAILABLE: "));
}

TEST_F(AccessTest, TokensRotate) {
  const std::string config = Token("operator", v1::ROLE_OPERATOR);
  Start(config);
  const std::string path = WriteTestFile("rotated", TokenOf("operator"));
  const Channel channel = ChannelOf(absl::StrCat("token_file: '", path, "'"));
  EXPECT_EQ(ListFarms(channel), "OK");
  // The control plane's first.
  WriteTestFile("token-operator", TokenOf("new"));
  absl::StatusOr<access::AccessPolicy> access =
      access::ReadAccessPolicy(Parse<v1::ControlPlaneConfig>(
          absl::StrCat("tokens { name: 'operator' role: ROLE_OPERATOR file: '",
                       ::testing::TempDir(), "/token-operator' }")));
  ASSERT_TRUE(access.ok()) << access.status();
  control_plane_->ReplaceAccess(*std::move(access));
  EXPECT_EQ(ListFarms(channel),
            "UNAUTHENTICATED: the control plane does not know this token");
  // Then the client's, on the channel it has.
  WriteTestFile("rotated", TokenOf("new"));
  EXPECT_EQ(ListFarms(channel), "OK");
  // One that is gone or half written leaves the last.
  WriteTestFile("rotated", "");
  EXPECT_EQ(ListFarms(channel), "OK");
}

TEST_F(AccessTest, CertificatesAreReadAgainWhenTheyChange) {
  const auto old = authority_.Issue(
      "changing", {.common_name = "server", .names = "IP:127.0.0.1"});
  Start(absl::StrCat("tls { cert: '", old.cert, "' key: '", old.key, "' }"));
  const auto with = [&](const TestAuthority& authority) {
    return ListFarms(
        ChannelOf(absl::StrCat("ca: '", authority.ca_file(), "'")));
  };
  EXPECT_EQ(with(authority_), "OK");
  TestAuthority next("next");
  EXPECT_NE(with(next), "OK");
  const auto renewed =
      next.Issue("x", {.common_name = "server", .names = "IP:127.0.0.1"});
  ASSERT_EQ(std::rename(renewed.key.c_str(), old.key.c_str()), 0);
  ASSERT_EQ(std::rename(renewed.cert.c_str(), old.cert.c_str()), 0);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  std::string outcome = with(next);
  while (outcome != "OK" && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));  // gRPC looks when it likes
    outcome = with(next);
  }
  EXPECT_EQ(outcome, "OK");
  EXPECT_NE(with(authority_), "OK");
}

TEST_F(AccessTest, BackendsChangeOnlyIdsOfTheirGlobs) {
  Start(Token("web", v1::ROLE_BACKEND, "ids: 'web-*' ids: 'x'"));
  const Channel web = WithToken("web");
  EXPECT_EQ(Register(web, "web-1"), "OK");
  EXPECT_EQ(Register(web, "x"), "OK");
  EXPECT_EQ(Register(web, "db-1"),
            "PERMISSION_DENIED: \"web\" of role backend may not call "
            "RegisterBackend for \"db-1\": only for web-*, x");
  for (const char* method :
       {"Heartbeat", "DrainBackend", "ResumeBackend", "DeregisterBackend"}) {
    EXPECT_TRUE(absl::StartsWith(OfId(web, method, "db-1"),
                                 "PERMISSION_DENIED: \"web\""))
        << method;
    EXPECT_EQ(OfId(web, method, "web-1"), "OK") << method;
  }
  EXPECT_TRUE(absl::StartsWith(OfId(web, "GetBackend", "db-1"), "NOT_FOUND"));
}

TEST_F(AccessTest, BackendsChangeOnlyTheirOwn) {
  Start(Token("web", v1::ROLE_BACKEND) + Token("db", v1::ROLE_BACKEND) +
        Token("operator", v1::ROLE_OPERATOR));
  const Channel web = WithToken("web");
  const Channel db = WithToken("db");
  const Channel chief = WithToken("operator");
  EXPECT_EQ(Register(web, "a"), "OK");
  EXPECT_EQ(Register(web, "a"), "OK");
  EXPECT_EQ(Register(db, "a"),
            "PERMISSION_DENIED: backend.id: \"a\" belongs to \"web\", not to "
            "\"db\"");
  for (const char* method :
       {"Heartbeat", "DrainBackend", "ResumeBackend", "DeregisterBackend"}) {
    EXPECT_EQ(OfId(db, method, "a"),
              "PERMISSION_DENIED: id: \"a\" belongs to \"web\", not to \"db\"");
  }
  // An operator changes what is another's, and it stays the other's.
  EXPECT_EQ(OfId(chief, "DrainBackend", "a"), "OK");
  EXPECT_EQ(Register(chief, "a"), "OK");
  EXPECT_EQ(control_plane_->keeper().Get("a")->owner(), "web");
  EXPECT_EQ(OfId(web, "ResumeBackend", "a"), "OK");
  EXPECT_EQ(OfId(chief, "DeregisterBackend", "a"), "OK");
  EXPECT_EQ(Register(db, "a"), "OK");
  EXPECT_EQ(control_plane_->keeper().Get("a")->owner(), "db");
  const auto audit = control_plane_->keeper().ReadAudit({});
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_FALSE(absl::StrContains(audit->DebugString(), kCanary));
  ASSERT_EQ(audit->entries_size(), 5);
  EXPECT_EQ(audit->entries(1).actor(), "operator");
  EXPECT_EQ(audit->entries(1).method(), "DeregisterBackend");
  EXPECT_TRUE(absl::StartsWith(audit->entries(1).address(), "127.0.0.1:"));
}

TEST_F(AccessTest, WithinTheProcessIsTheLocalOperator) {
  Start(Token("viewer", v1::ROLE_VIEWER));
  ExpectRole(control_plane_->InProcessChannel(), v1::ROLE_OPERATOR);
  // Nobody else is, whatever he says.
  EXPECT_EQ(
      ListFarms(ChannelOf(""), {{"pinnace-in-process", std::string(64, '0')}}),
      "UNAUTHENTICATED: needs a token");
}

TEST_F(AccessTest, HealthAndReflectionStayOpen) {
  Start(FourTokens());
  const Channel channel = ChannelOf("");
  EXPECT_TRUE(CallMethod(channel, "/grpc.health.v1.Health/Check",
                         BufferOf(v1::ListFarmsRequest()))
                  .ok());
  // ServerReflectionRequest{list_services: "*"}.
  const grpc::Slice list(std::string("\x3a\x01*", 3));
  EXPECT_TRUE(CallMethod(channel,
                         "/grpc.reflection.v1alpha.ServerReflection/"
                         "ServerReflectionInfo",
                         grpc::ByteBuffer(&list, 1))
                  .ok());
}

}  // namespace
}  // namespace pinnace::service
