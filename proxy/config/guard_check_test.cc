#include "proxy/config/guard_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proxy/config/settings.h"

namespace pinnace::config {
namespace {

v1::Config ConfigOf(const std::string& gateway) {
  v1::Config config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "gateway { name: 'gw' " + gateway + " }", &config));
  return config;
}

std::string Text(const snapshot::FieldProblems& problems) {
  return absl::StrJoin(problems, "; ", [](std::string* out, const auto& one) {
    absl::StrAppend(out, one.field, ": ", one.problem);
  });
}

std::string LimitsProblem(const std::string& limits) {
  snapshot::FieldProblems problems;
  CheckLimits(ConfigOf("limits { " + limits + " }").gateway().limits(),
              problems);
  return Text(problems);
}

std::string BansProblem(const std::string& bans) {
  snapshot::FieldProblems problems;
  CheckBans(ConfigOf("bans { " + bans + " }").gateway().bans(), problems);
  return Text(problems);
}

TEST(GuardCheckTest, LimitsInTheirRange) {
  EXPECT_EQ(LimitsProblem(""), "");
  EXPECT_EQ(LimitsProblem("sessions_per_address: 100000 "
                          "sessions_per_user: 100000 "
                          "connections_per_second: 10000 "
                          "connections_burst: 10000 "
                          "pending_data_connections_per_address: 65535"),
            "");
  EXPECT_EQ(LimitsProblem("sessions_per_address: 100001"),
            "gateway.limits.sessions_per_address: must be 0 to 100000, not "
            "100001");
  EXPECT_EQ(
      LimitsProblem("sessions_per_user: 100001"),
      "gateway.limits.sessions_per_user: must be 0 to 100000, not 100001");
  EXPECT_EQ(LimitsProblem("connections_per_second: 10001"),
            "gateway.limits.connections_per_second: must be 0 to 10000, not "
            "10001");
  EXPECT_EQ(LimitsProblem("connections_per_second: 1 connections_burst: 10001"),
            "gateway.limits.connections_burst: must be 0 to 10000, not 10001");
  EXPECT_EQ(LimitsProblem("connections_burst: 5"),
            "gateway.limits.connections_burst: needs connections_per_second");
  EXPECT_EQ(LimitsProblem("pending_data_connections_per_address: 65536"),
            "gateway.limits.pending_data_connections_per_address: must be 0 to "
            "65535, not 65536");
  EXPECT_EQ(LimitsProblem("memory: 67108864"), "");
  EXPECT_EQ(LimitsProblem("memory: 67108863"),
            "gateway.limits.memory: must be 64 MiB or more in bytes, or 0, not "
            "67108863");
  EXPECT_EQ(LimitsProblem("rate { }"), "");
  EXPECT_EQ(LimitsProblem("rate { download: 1023 }"),
            "gateway.limits.rate.download: must be 1 KiB to 1 TiB a second in "
            "bytes, or 0, not 1023");
  EXPECT_EQ(LimitsProblem("rate { burst: 65536 }"),
            "gateway.limits.rate.burst: needs download or upload");
}

TEST(GuardCheckTest, BansInTheirRange) {
  EXPECT_EQ(BansProblem(""), "");
  EXPECT_EQ(BansProblem("failed_logins: 10000 window { seconds: 86400 } "
                        "base { seconds: 86400 } longest { seconds: 2592000 } "
                        "tarpit { seconds: 10 }"),
            "");
  EXPECT_EQ(BansProblem("failed_logins: 10001"),
            "gateway.bans.failed_logins: must be 0 to 10000, not 10001");
  EXPECT_EQ(BansProblem("window { nanos: 1000000 }"),
            "gateway.bans.window: must be 1s to 24h, not 1ms");
  EXPECT_EQ(BansProblem("base { seconds: 86401 }"),
            "gateway.bans.base: must be 1s to 24h, not 24h1s");
  EXPECT_EQ(BansProblem("longest { seconds: 59 }"),
            "gateway.bans.longest: must be 1m to 720h, not 59s");
  EXPECT_EQ(BansProblem("base { seconds: 5 } longest { seconds: 4 }"),
            "gateway.bans.longest: must be 5s to 720h, not 4s");
  EXPECT_EQ(BansProblem("tarpit { seconds: 11 }"),
            "gateway.bans.tarpit: must be 0 to 10s, not 11s");
}

TEST(GuardCheckTest, WhatIsNotSetHasItsDefault) {
  const gateway::GatewayOptions options = GatewayOptionsOf(ConfigOf(""));
  EXPECT_EQ(options.guard.gateway, "gw");
  EXPECT_EQ(options.guard.clients.sessions_per_address, 0);
  EXPECT_EQ(options.guard.failed_logins.most, 0);
  EXPECT_EQ(options.guard.failed_logins.window, absl::Minutes(10));
  EXPECT_EQ(options.guard.failed_logins.base, absl::Minutes(1));
  EXPECT_EQ(options.guard.failed_logins.longest, absl::Hours(24));
  EXPECT_EQ(options.session.tarpit, absl::ZeroDuration());
  EXPECT_EQ(options.max_pending_data_per_address, 0);
}

TEST(GuardCheckTest, WhatIsSetIsTaken) {
  const gateway::GatewayOptions options = GatewayOptionsOf(ConfigOf(
      "limits { sessions_per_address: 1 sessions_per_user: 2 "
      "connections_per_second: 3 connections_burst: 4 "
      "pending_data_connections_per_address: 5 memory: 67108864 } "
      "bans { failed_logins: 6 window { seconds: 7 } base { seconds: 8 } "
      "longest { seconds: 9 } tarpit { seconds: 10 } }"));
  EXPECT_EQ(options.guard.clients.sessions_per_address, 1);
  EXPECT_EQ(options.guard.clients.sessions_per_user, 2);
  EXPECT_EQ(options.guard.clients.connections_per_second, 3);
  EXPECT_EQ(options.guard.clients.connections_burst, 4);
  EXPECT_EQ(options.max_pending_data_per_address, 5);
  EXPECT_EQ(options.memory, 64u << 20);
  EXPECT_EQ(options.guard.failed_logins.most, 6);
  EXPECT_EQ(options.guard.failed_logins.window, absl::Seconds(7));
  EXPECT_EQ(options.guard.failed_logins.base, absl::Seconds(8));
  EXPECT_EQ(options.guard.failed_logins.longest, absl::Seconds(9));
  EXPECT_EQ(options.session.tarpit, absl::Seconds(10));
}

}  // namespace
}  // namespace pinnace::config
