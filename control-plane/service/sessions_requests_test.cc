// Every request of Sessions, and every beginning of a Discovery stream, that
// cannot be served: its code and its words.
#include <thread>

#include "control-plane/service/control_plane_fixture.h"

namespace pinnace::service {
namespace {

class SessionsRequestsTest : public ControlPlaneTest {
 protected:
  template <typename Request, typename Response>
  std::string Ask(grpc::Status (Sessions::*method)(grpc::ClientContext*,
                                                   const Request&, Response*),
                  const std::string& request) {
    Response response;
    return Call(*sessions_, method, request, &response);
  }
};

TEST_F(SessionsRequestsTest, WithoutAGateway) {
  const std::string none = "UNAVAILABLE: no gateway is connected";
  EXPECT_EQ(Ask(&Sessions::ListSessions, ""), none);
  EXPECT_EQ(Ask(&Sessions::KillSession, "id: 7"), none);
  EXPECT_EQ(Ask(&Sessions::GetTimeline, "id: 7"), none);
  EXPECT_EQ(Ask(&Sessions::ListPins, ""), none);
  EXPECT_EQ(Ask(&Sessions::DeletePin, "key: 'f/1.2.3.4'"), none);
  EXPECT_EQ(Ask(&Sessions::ListPorts, ""), none);
  EXPECT_EQ(Ask(&Sessions::ListGateways, ""), "OK");
}

TEST_F(SessionsRequestsTest, ArgumentsThatAreMissingTooLongOrUnknown) {
  Follower gateway(channel_, "gw");
  gateway.Next();
  const std::string name(129, 'x');
  const std::string spelling =
      "must be 1 to 128 letters, digits, '.', '_' or '-' and begin with a "
      "letter or digit, not \"" +
      std::string(128, 'x') + "...\"";
  const std::string too_long = "INVALID_ARGUMENT: gateway: " + spelling;
  const std::string in_long = "gateway: '" + name + "'";
  const std::string in_other = "gateway: 'other'";
  const std::string unknown =
      "NOT_FOUND: gateway: no gateway \"other\" is connected";
  EXPECT_EQ(Ask(&Sessions::ListSessions, in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::ListSessions, in_other), unknown);
  EXPECT_EQ(Ask(&Sessions::ListSessions, "farm: '" + name + "'"),
            "INVALID_ARGUMENT: farm: " + spelling);
  EXPECT_EQ(Ask(&Sessions::ListSessions, "backend: '" + name + "'"),
            "INVALID_ARGUMENT: backend: " + spelling);
  EXPECT_EQ(Ask(&Sessions::ListSessions, "client: '10.0.0.1/8'"),
            "INVALID_ARGUMENT: client: must be an IP address, or a network "
            "like 10.0.0.0/8 without host bits, not \"10.0.0.1/8\"");
  EXPECT_EQ(Ask(&Sessions::GetTimeline, ""),
            "INVALID_ARGUMENT: id: must be set");
  EXPECT_EQ(Ask(&Sessions::GetTimeline, "id: 1 " + in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::GetTimeline, "id: 1 " + in_other), unknown);
  EXPECT_EQ(Ask(&Sessions::KillSession, ""),
            "INVALID_ARGUMENT: id: must be set");
  EXPECT_EQ(Ask(&Sessions::KillSession, "id: 1 " + in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::KillSession, "id: 1 " + in_other), unknown);
  EXPECT_EQ(Ask(&Sessions::ListPins, in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::ListPins, in_other), unknown);
  EXPECT_EQ(Ask(&Sessions::DeletePin, ""),
            "INVALID_ARGUMENT: key: must be set");
  EXPECT_EQ(Ask(&Sessions::DeletePin, "key: '" + std::string(513, 'k') + "'"),
            "INVALID_ARGUMENT: key: must have at most 512 characters");
  EXPECT_EQ(Ask(&Sessions::DeletePin, "key: 'k' " + in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::DeletePin, "key: 'k' " + in_other), unknown);
  EXPECT_EQ(Ask(&Sessions::ListPorts, in_long), too_long);
  EXPECT_EQ(Ask(&Sessions::ListPorts, in_other), unknown);
  gateway.Cancel();
  gateway.End();
}

TEST_F(SessionsRequestsTest, WrongArgumentsOfBans) {
  const auto add = [&](const std::string& request) {
    return Ask(&Sessions::AddBan, request);
  };
  EXPECT_EQ(add(""), "INVALID_ARGUMENT: client: must be set");
  const std::string form =
      "INVALID_ARGUMENT: client: must be an IP address, or a network like "
      "10.0.0.0/8 without host bits, not ";
  EXPECT_EQ(add("client: 'ann'"), form + "\"ann\"");
  EXPECT_EQ(add("client: '10.0.0.1/8'"), form + "\"10.0.0.1/8\"");
  EXPECT_EQ(add("client: '10.0.0.1' user: '" + std::string(257, 'u') + "'"),
            "INVALID_ARGUMENT: user: must have at most 256 characters");
  EXPECT_EQ(add("client: '10.0.0.1' duration { nanos: 1000000 }"),
            "INVALID_ARGUMENT: duration: must be 1s to 8760h, not 1ms");
  EXPECT_EQ(add("client: '10.0.0.1' duration { seconds: 31536001 }"),
            "INVALID_ARGUMENT: duration: must be 1s to 8760h, not 8760h1s");
  EXPECT_EQ(add("client: '10.0.0.1' reason: '" + std::string(257, 'r') + "'"),
            "INVALID_ARGUMENT: reason: must have at most 256 characters");
  EXPECT_EQ(add("client: '10.0.0.1' reason: 'a\\nb'"),
            "INVALID_ARGUMENT: reason: must be one line of printable "
            "characters");
  EXPECT_EQ(Ask(&Sessions::DeleteBan, ""),
            "INVALID_ARGUMENT: key: must be set");
  EXPECT_EQ(Ask(&Sessions::DeleteBan, "key: '" + std::string(2049, 'k') + "'"),
            "INVALID_ARGUMENT: key: must have at most 2048 characters");
  EXPECT_EQ(Ask(&Sessions::DeleteBan, "key: '10.0.0.1/32'"),
            "NOT_FOUND: key: no ban \"10.0.0.1/32\"");
  EXPECT_EQ(Ask(&Sessions::DeleteBan, "key: 'ann'"),
            "NOT_FOUND: key: no ban \"ann\"");
  v1::ListBansResponse bans;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListBans, "", &bans), "OK");
  EXPECT_EQ(bans.bans_size(), 0);
}

TEST_F(SessionsRequestsTest, WhatNoGatewayHas) {
  Follower gateway(channel_, "gw");
  gateway.Next();
  std::thread answers([&] {
    const auto id = [&] { return std::to_string(gateway.Next().query().id()); };
    gateway.Send("answer { id: " + id() + " sessions { } }");
    gateway.Send("answer { id: " + id() + " found: false }");
  });
  EXPECT_EQ(Ask(&Sessions::KillSession, "id: 9"),
            "NOT_FOUND: id: no session 9");
  EXPECT_EQ(Ask(&Sessions::DeletePin, "key: 'f/1.2.3.4'"),
            "NOT_FOUND: key: no pin \"f/1.2.3.4\"");
  answers.join();
  v1::ReadAuditResponse audit;
  EXPECT_EQ(Call(*registry_, &Registry::ReadAudit, "", &audit), "OK");
  ASSERT_EQ(audit.entries_size(), 1);
  EXPECT_EQ(audit.entries(0).method(), "DeletePin");
  EXPECT_EQ(audit.entries(0).subject(), "pin/f/1.2.3.4");
  EXPECT_EQ(audit.entries(0).detail(), "on every gateway");
  gateway.Cancel();
  gateway.End();
}

TEST_F(SessionsRequestsTest, ASessionIdThatSeveralGatewaysHave) {
  Follower first(channel_, "one");
  Follower second(channel_, "two");
  first.Next();
  second.Next();
  std::vector<std::thread> answers;
  for (Follower* gateway : {&first, &second}) {
    answers.emplace_back([gateway] {
      const std::string id = std::to_string(gateway->Next().query().id());
      gateway->Send("answer { id: " + id +
                    " sessions { sessions { id: 7 } } }");
    });
  }
  EXPECT_EQ(Ask(&Sessions::KillSession, "id: 7"),
            "FAILED_PRECONDITION: gateway: must be set: session 7 is on each "
            "of one, two");
  for (std::thread& answer : answers) answer.join();
  for (Follower* gateway : {&first, &second}) {
    gateway->Cancel();
    gateway->End();
  }
}

TEST_F(SessionsRequestsTest, ListsOnlyTheSessionsThatAreAskedFor) {
  Follower gateway(channel_, "gw");
  gateway.Next();
  const auto ids = [&](const std::string& request) {
    std::thread answer([&] {
      gateway.Send(
          "answer { id: " + std::to_string(gateway.Next().query().id()) +
          " sessions { sessions { id: 1 user: 'ann' client: '10.1.2.3:4' "
          "phase: 'ready' farm: 'main' backend: 'a' } sessions { id: 2 user: "
          "'bob' client: '[2001:db8::1]:4' phase: 'transfer' farm: 'main' "
          "backend: 'b' } } }");
    });
    v1::ListSessionsResponse list;
    EXPECT_EQ(Call(*sessions_, &Sessions::ListSessions, request, &list), "OK");
    answer.join();
    std::string text;
    for (const v1::Session& session : list.sessions()) {
      text += std::to_string(session.id()) + " ";
    }
    return text + "of " + std::to_string(list.total());
  };
  EXPECT_EQ(ids(""), "1 2 of 2");
  EXPECT_EQ(ids("user: 'ann'"), "1 of 1");
  EXPECT_EQ(ids("user: 'an'"), "of 0");
  EXPECT_EQ(ids("client: '10.0.0.0/8'"), "1 of 1");
  EXPECT_EQ(ids("client: '2001:db8::1'"), "2 of 1");
  EXPECT_EQ(ids("phase: 'transfer'"), "2 of 1");
  EXPECT_EQ(ids("backend: 'a' phase: 'transfer'"), "of 0");
  gateway.Cancel();
  gateway.End();
}

TEST_F(SessionsRequestsTest, ATimelineComesFromTheGatewayThatHasTheSession) {
  Follower first(channel_, "one");
  Follower second(channel_, "two");
  first.Next();
  second.Next();
  const auto ask = [&](const std::string& of_first,
                       const std::string& of_second,
                       v1::GetTimelineResponse* timeline) {
    std::vector<std::thread> answers;
    for (const auto& [gateway, answer] :
         {std::pair(&first, of_first), std::pair(&second, of_second)}) {
      answers.emplace_back([gateway = gateway, answer = answer] {
        const v1::Query query = gateway->Next().query();
        EXPECT_EQ(query.get_timeline().session(), 7u);
        EXPECT_EQ(query.get_timeline().after(), 3u);
        gateway->Send("answer { id: " + std::to_string(query.id()) + " " +
                      answer + " }");
      });
    }
    const std::string status =
        Call(*sessions_, &Sessions::GetTimeline, "id: 7 after: 3", timeline);
    for (std::thread& answer : answers) answer.join();
    return status;
  };
  v1::GetTimelineResponse timeline;
  const std::string here = "timeline { entries { number: 4 text: 'NOOP' } }";
  EXPECT_EQ(ask("found: false", here, &timeline), "OK");
  ASSERT_EQ(timeline.entries_size(), 1);
  EXPECT_EQ(timeline.entries(0).text(), "NOOP");
  // It is there, and nothing was said since.
  EXPECT_EQ(ask("timeline { }", "found: false", &timeline), "OK");
  EXPECT_EQ(timeline.entries_size(), 0);
  EXPECT_EQ(ask("found: false", "found: false", &timeline),
            "NOT_FOUND: id: no session 7");
  EXPECT_EQ(ask(here, here, &timeline),
            "FAILED_PRECONDITION: gateway: must be set: session 7 is on each "
            "of one, two");
  for (Follower* gateway : {&first, &second}) {
    gateway->Cancel();
    gateway->End();
  }
}

TEST_F(SessionsRequestsTest, HowAStreamMayNotBegin) {
  const auto end_after = [&](const std::string& message) {
    grpc::ClientContext context;
    auto stub = v1::Discovery::NewStub(channel_);
    auto stream = stub->Follow(&context);
    stream->Write(Parse<v1::GatewayMessage>(message));
    v1::ControlMessage answer;
    while (stream->Read(&answer)) {
    }
    return Show(stream->Finish());
  };
  EXPECT_EQ(end_after(""),
            "INVALID_ARGUMENT: hello: must be the first message");
  EXPECT_EQ(end_after("report { sessions: 1 }"),
            "INVALID_ARGUMENT: hello: must be the first message");
  EXPECT_EQ(end_after("hello { }"),
            "INVALID_ARGUMENT: hello.name: must be set");
  EXPECT_EQ(end_after("hello { name: 'a b' }"),
            "INVALID_ARGUMENT: hello.name: must be 1 to 128 letters, digits, "
            "'.', '_' or '-' and begin with a letter or digit, not \"a b\"");
  EXPECT_EQ(
      end_after("hello { name: 'gw' zone: '" + std::string(129, 'z') + "' }"),
      "INVALID_ARGUMENT: hello.zone: must have at most 128 characters");
}

}  // namespace
}  // namespace pinnace::service
