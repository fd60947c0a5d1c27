#include "proxy/control/gateway_facts.h"

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
