#include "proxy/control/gateway_facts.h"

#include <set>

#include "gtest/gtest.h"

namespace pinnace::control {
namespace {

TEST(GatewayFactsTest, AClearSessionHasNoTls) {
  session::SessionFacts facts;
  facts.transfer.emplace();
  const v1::Session session = SessionMessage(facts);
  EXPECT_FALSE(session.has_client_tls());
  EXPECT_FALSE(session.has_backend_tls());
  EXPECT_FALSE(session.transfer().client_protected());
  EXPECT_FALSE(session.transfer().backend_protected());
}

TEST(GatewayFactsTest, WhatTheHandshakesAgreedOn) {
  session::SessionFacts facts;
  facts.client_tls = {.version = "TLSv1.3",
                      .cipher = "TLS_AES_256_GCM_SHA384",
                      .server_name = "ftp.example\r\n",
                      .subject = "ann\x1b"};
  facts.transfer = {.client_protected = true};
  v1::Session session = SessionMessage(facts);
  EXPECT_EQ(session.client_tls().version(), "TLSv1.3");
  EXPECT_EQ(session.client_tls().cipher(), "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(session.client_tls().server_name(), "ftp.example\\x0d\\x0a");
  EXPECT_EQ(session.client_tls().subject(), "ann\\x1b");
  EXPECT_FALSE(session.has_backend_tls());
  EXPECT_TRUE(session.transfer().client_protected());
  EXPECT_FALSE(session.transfer().backend_protected());

  facts.backend_tls = {.version = "TLSv1.2"};
  facts.transfer = {.backend_protected = true};
  session = SessionMessage(facts);
  EXPECT_EQ(session.backend_tls().version(), "TLSv1.2");
  EXPECT_FALSE(session.transfer().client_protected());
  EXPECT_TRUE(session.transfer().backend_protected());
}

TEST(GatewayFactsTest, WhereATransferGoesAndHowFast) {
  session::SessionFacts facts;
  facts.public_address = IpAddress::Parse("203.0.113.1");
  facts.pin = "main/192.0.2.7";
  facts.bytes_to_client = 7;
  facts.bytes_to_backend = 8;
  facts.transfer.emplace();
  v1::Session session = SessionMessage(facts);
  EXPECT_EQ(session.public_address(), "203.0.113.1");
  EXPECT_EQ(session.pin(), "main/192.0.2.7");
  EXPECT_EQ(session.bytes_to_client(), 7);
  EXPECT_EQ(session.bytes_to_backend(), 8);
  EXPECT_EQ(session.transfer().client_local(), "");
  EXPECT_EQ(session.transfer().backend_local(), "");
  facts.transfer->client_local = *Address::Parse("203.0.113.1:50000");
  facts.transfer->backend_local = *Address::Parse("10.0.0.1:4000");
  facts.transfer->rate = 9;
  session = SessionMessage(facts);
  EXPECT_EQ(session.transfer().client_local(), "203.0.113.1:50000");
  EXPECT_EQ(session.transfer().backend_local(), "10.0.0.1:4000");
  EXPECT_EQ(session.transfer().rate(), 9);
}

TEST(GatewayFactsTest, EveryKindOfEventAndEntryHasItsName) {
  using Kind = gateway::Event::Kind;
  std::set<int> kinds;
  for (int kind = 0; kind <= static_cast<int>(Kind::kGap); ++kind) {
    kinds.insert(EventMessage({.kind = static_cast<Kind>(kind)}).kind());
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(v1::Event::Kind_MAX));
  EXPECT_EQ(kinds.count(v1::Event::KIND_UNSPECIFIED), 0u);
  kinds.clear();
  using EntryKind = gateway::TimelineEntry::Kind;
  for (int kind = 0; kind <= static_cast<int>(EntryKind::kNote); ++kind) {
    kinds.insert(
        TimelineEntryMessage({.kind = static_cast<EntryKind>(kind)}).kind());
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(v1::TimelineEntry::Kind_MAX));
  EXPECT_EQ(kinds.count(v1::TimelineEntry::KIND_UNSPECIFIED), 0u);
  // Of a network there is no port.
  EXPECT_EQ(EventMessage({.client = *Address::Parse("192.0.2.0:0")}).client(),
            "192.0.2.0");
  EXPECT_EQ(EventMessage({.client = *Address::Parse("192.0.2.7:9")}).client(),
            "192.0.2.7:9");
  EXPECT_EQ(EventMessage({}).client(), "");
}

TEST(GatewayFactsTest, RatesAndFailoverAreShown) {
  fleet::Farm farm;
  EXPECT_FALSE(FarmMessage(farm).has_rate());
  farm.rate.download = {.bytes_per_second = 1000, .burst_bytes = 70'000};
  farm.failover.replace_backend = true;
  const v1::Farm message = FarmMessage(farm);
  EXPECT_EQ(message.rate().ShortDebugString(), "download: 1000 burst: 70000");
  EXPECT_TRUE(message.failover().replace_backend());
  EXPECT_FALSE(message.failover().resume_downloads());
}

TEST(GatewayFactsTest, TlsOfAFarmAndOfARoute) {
  fleet::Farm farm;
  EXPECT_EQ(FarmMessage(farm).backend_tls().ShortDebugString(),
            "mode: MODE_NONE data_protection: DATA_PROTECTION_SAME");
  farm.backend_tls = {.mode = fleet::BackendTlsMode::kImplicit,
                      .ca = "/ca",
                      .server_name = "ftp.example",
                      .verify = false,
                      .cert = "/cert",
                      .key = "/key",
                      .data_protection = fleet::DataProtection::kPrivate};
  farm.tolerate_missing_close_notify = true;
  const v1::Farm message = FarmMessage(farm);
  EXPECT_EQ(message.backend_tls().ShortDebugString(),
            "mode: MODE_IMPLICIT ca: \"/ca\" server_name: \"ftp.example\" "
            "skip_verification: true cert: \"/cert\" key: \"/key\" "
            "data_protection: DATA_PROTECTION_PRIVATE");
  EXPECT_TRUE(message.tolerate_missing_close_notify());
  EXPECT_EQ(RouteMessage({.subject = "robot-*"}).client_subject(), "robot-*");
}

}  // namespace
}  // namespace pinnace::control
