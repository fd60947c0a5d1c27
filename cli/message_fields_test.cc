#include "cli/message_fields.h"

#include "gtest/gtest.h"
#include "protos/pinnace/v1/farm.pb.h"
#include "protos/pinnace/v1/policy.pb.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::cli {
namespace {

TEST(MessageFieldsTest, ReadsWhatItWrote) {
  const struct {
    const char* path;
    const char* text;
  } kCases[] = {
      {"balance", "p2c"},
      {"prefer_zone", "true"},
      {"pin_ttl", "1h30m"},
      {"health_check.interval", "100ms"},
      {"health_check.rise", "7"},
      {"health_check.user", "probe"},
      {"outlier_ejection.connect_failures", "0"},
      {"backend_tls.mode", "explicit"},
      {"backend_tls.data_protection", "private"},
      {"backend_tls.skip_verification", "true"},
      {"backend_tls.server_name", "ftp.example.com"},
  };
  for (const auto& [path, text] : kCases) {
    v1::Farm farm;
    EXPECT_EQ(FieldText(farm, path), std::nullopt) << path;
    ASSERT_TRUE(SetField(farm, path, text).ok()) << path;
    EXPECT_EQ(FieldText(farm, path), text) << path;
    ClearField(farm, path);
    EXPECT_EQ(farm.ByteSizeLong(), 0u) << path;
  }
}

TEST(MessageFieldsTest, ClearingLeavesTheOthers) {
  v1::Farm farm;
  farm.mutable_health_check()->set_rise(2);
  farm.mutable_health_check()->set_fall(3);
  ASSERT_TRUE(SetField(farm, "health_check.rise", kDefaultWord).ok());
  EXPECT_EQ(farm.health_check().rise(), 0u);
  EXPECT_EQ(farm.health_check().fall(), 3u);
}

TEST(MessageFieldsTest, SaysWhatItWants) {
  const struct {
    const char* path;
    const char* text;
    const char* problem;
  } kCases[] = {
      {"balance", "BALANCE_P2C",
       "must be round_robin, least_sessions, weighted, p2c or maglev, not "
       "\"BALANCE_P2C\""},
      {"balance", "unspecified",
       "must be round_robin, least_sessions, weighted, p2c or maglev, not "
       "\"unspecified\""},
      {"prefer_zone", "1", "must be true or false, not \"1\""},
      {"health_check.rise", "-1", "must be a number of 0 or more, not \"-1\""},
      {"health_check.rise", "4294967296",
       "must be a number of 0 or more, not \"4294967296\""},
      {"pin_ttl", "5", "must be a duration like 15s or 5m, not \"5\""},
      {"pin_ttl", "inf", "must be a duration like 15s or 5m, not \"inf\""},
  };
  for (const auto& [path, text, problem] : kCases) {
    v1::Farm farm;
    const absl::Status status = SetField(farm, path, text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), problem);
  }
}

TEST(MessageFieldsTest, ListsOfTexts) {
  v1::Policy policy;
  EXPECT_EQ(FieldText(policy, "deny_paths"), std::nullopt);
  ASSERT_TRUE(SetField(policy, "deny_paths", "/a").ok());
  ASSERT_TRUE(SetField(policy, "deny_paths", "/b").ok());
  EXPECT_EQ(FieldText(policy, "deny_paths"), "/a, /b");
  ASSERT_TRUE(SetField(policy, "deny_paths", "").ok());
  EXPECT_EQ(policy.deny_paths_size(), 0);
}

TEST(MessageFieldsTest, EntriesOfAMap) {
  v1::RegisterBackendRequest request;
  ASSERT_TRUE(SetField(request, "backend.labels", "k=v=w").ok());
  ASSERT_TRUE(SetField(request, "backend.labels", "l=").ok());
  EXPECT_EQ(request.backend().labels().at("k"), "v=w");
  EXPECT_EQ(request.backend().labels().at("l"), "");
  EXPECT_EQ(SetField(request, "backend.labels", "=v").message(),
            "must be KEY=VALUE, not \"=v\"");
}

}  // namespace
}  // namespace pinnace::cli
