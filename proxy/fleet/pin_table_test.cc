#include "proxy/fleet/pin_table.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::fleet {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

std::vector<std::string> Keys(const PinTable& pins, absl::Time now = kNow) {
  std::vector<std::string> keys;
  for (const PinTable::Pin& pin : pins.List(now)) keys.push_back(pin.Key());
  return keys;
}

TEST(PinTableTest, FindsWhatWasSetForFarmAndClient) {
  PinTable pins(10);
  pins.Set("main", Ip("192.0.2.1"), "a", kNow + absl::Seconds(10));
  EXPECT_EQ(pins.Find("main", Ip("192.0.2.1"), kNow), "a");
  EXPECT_EQ(pins.Find("other", Ip("192.0.2.1"), kNow), std::nullopt);
  EXPECT_EQ(pins.Find("main", Ip("192.0.2.2"), kNow), std::nullopt);
  // An IPv4-mapped address is the same client.
  EXPECT_EQ(pins.Find("main", Ip("::ffff:192.0.2.1"), kNow), "a");
}

TEST(PinTableTest, EndsWithItsTime) {
  PinTable pins(10);
  pins.Set("main", Ip("192.0.2.1"), "a", kNow + absl::Seconds(10));
  EXPECT_EQ(pins.Find("main", Ip("192.0.2.1"), kNow + absl::Seconds(9)), "a");
  EXPECT_THAT(Keys(pins, kNow + absl::Seconds(10)), ElementsAre());
  EXPECT_EQ(pins.Find("main", Ip("192.0.2.1"), kNow + absl::Seconds(10)),
            std::nullopt);
  // It is forgotten, not only hidden.
  EXPECT_THAT(Keys(pins), ElementsAre());
}

TEST(PinTableTest, IsRenewedAndMoved) {
  PinTable pins(10);
  pins.Set("main", Ip("192.0.2.1"), "a", kNow + absl::Seconds(10));
  pins.Set("main", Ip("192.0.2.1"), "b", kNow + absl::Seconds(20));
  EXPECT_EQ(pins.Find("main", Ip("192.0.2.1"), kNow + absl::Seconds(15)), "b");
  EXPECT_EQ(pins.List(kNow).size(), 1u);
}

TEST(PinTableTest, TheLeastRecentlyUsedMakesRoom) {
  PinTable pins(2);
  const absl::Time expires = kNow + absl::Seconds(10);
  pins.Set("main", Ip("192.0.2.1"), "a", expires);
  pins.Set("main", Ip("192.0.2.2"), "a", expires);
  EXPECT_EQ(pins.evictions(), 0);
  EXPECT_TRUE(pins.Find("main", Ip("192.0.2.1"), kNow).has_value());
  pins.Set("main", Ip("192.0.2.3"), "a", expires);
  EXPECT_THAT(Keys(pins), ElementsAre("main/192.0.2.3", "main/192.0.2.1"));
  EXPECT_EQ(pins.evictions(), 1);
  // Renewing is using, and makes no room.
  pins.Set("main", Ip("192.0.2.1"), "a", expires);
  EXPECT_EQ(pins.evictions(), 1);
  pins.Set("main", Ip("192.0.2.4"), "a", expires);
  EXPECT_THAT(Keys(pins), ElementsAre("main/192.0.2.4", "main/192.0.2.1"));
}

TEST(PinTableTest, IsDeletedByKey) {
  PinTable pins(10);
  pins.Set("main", Ip("2001:db8::1"), "a", kNow + absl::Seconds(10));
  EXPECT_FALSE(pins.Delete("main/2001:db8::2"));
  EXPECT_TRUE(pins.Delete("main/2001:db8::1"));
  EXPECT_FALSE(pins.Delete("main/2001:db8::1"));
  EXPECT_THAT(Keys(pins), ElementsAre());

  pins.Set("a/b", Ip("192.0.2.1"), "a", kNow + absl::Seconds(10));
  for (const char* key : {"", "/", "a/b", "a/b/", "192.0.2.1", "a/192.0.2.1",
                          "a/b/192.0.2", "/a/b/192.0.2.1"}) {
    EXPECT_FALSE(pins.Delete(key)) << key;
  }
  EXPECT_TRUE(pins.Delete("a/b/::ffff:192.0.2.1"));
}

}  // namespace
}  // namespace pinnace::fleet
