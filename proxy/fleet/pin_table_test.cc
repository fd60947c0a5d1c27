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

PinTable::Client Of(absl::string_view farm, absl::string_view address) {
  return {.farm = farm, .address = Ip(address)};
}

PinTable::Client User(absl::string_view farm, absl::string_view user) {
  return {.farm = farm, .user = user};
}

std::vector<std::string> Keys(const PinTable& pins, absl::Time now = kNow) {
  std::vector<std::string> keys;
  for (const PinTable::Pin& pin : pins.List(now)) keys.push_back(pin.Key());
  return keys;
}

TEST(PinTableTest, FindsWhatWasSetForFarmAndClient) {
  PinTable pins(10);
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, kNow + absl::Seconds(10));
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.1"), kNow), "a");
  EXPECT_EQ(pins.Find(Of("other", "192.0.2.1"), kNow), std::nullopt);
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.2"), kNow), std::nullopt);
  // An IPv4-mapped address is the same client.
  EXPECT_EQ(pins.Find(Of("main", "::ffff:192.0.2.1"), kNow), "a");
}

TEST(PinTableTest, EndsWithItsTime) {
  PinTable pins(10);
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, kNow + absl::Seconds(10));
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.1"), kNow + absl::Seconds(9)), "a");
  EXPECT_THAT(Keys(pins, kNow + absl::Seconds(10)), ElementsAre());
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.1"), kNow + absl::Seconds(10)),
            std::nullopt);
  // It is forgotten, not only hidden.
  EXPECT_THAT(Keys(pins), ElementsAre());
}

TEST(PinTableTest, ALookIsNoUse) {
  PinTable pins(2);
  const absl::Time end = kNow + absl::Seconds(10);
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, end);
  pins.Renew(Of("main", "192.0.2.2"), "a", kNow, end);
  EXPECT_TRUE(pins.Holds(Of("main", "192.0.2.1"), kNow));
  EXPECT_FALSE(pins.Holds(Of("main", "192.0.2.1"), end));
  EXPECT_FALSE(pins.Holds(Of("main", "192.0.2.3"), kNow));
  // The one used least recently makes room, looked at or not.
  pins.Renew(Of("main", "192.0.2.3"), "a", kNow, end);
  EXPECT_FALSE(pins.Holds(Of("main", "192.0.2.1"), kNow));
}

TEST(PinTableTest, IsRenewed) {
  PinTable pins(10);
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, kNow + absl::Seconds(10));
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, kNow + absl::Seconds(20));
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.1"), kNow + absl::Seconds(15)), "a");
  EXPECT_EQ(pins.List(kNow).size(), 1u);
}

TEST(PinTableTest, IsNotTakenBackByASessionOnAnotherBackend) {
  PinTable pins(10);
  const PinTable::Client client = Of("main", "192.0.2.1");
  const absl::Time expires = kNow + absl::Seconds(10);
  pins.Renew(client, "a", kNow, expires);
  EXPECT_EQ(pins.SetIfAbsent(client, "b", kNow, expires, "a"), "b");
  pins.Renew(client, "a", kNow, expires + absl::Seconds(10));
  EXPECT_EQ(pins.Find(client, kNow), "b");
  EXPECT_THAT(Keys(pins, expires), ElementsAre());
  // Nobody has it any more.
  pins.Renew(client, "a", expires, expires + absl::Seconds(10));
  EXPECT_EQ(pins.Find(client, expires), "a");
}

TEST(PinTableTest, TheLeastRecentlyUsedMakesRoom) {
  PinTable pins(2);
  const absl::Time expires = kNow + absl::Seconds(10);
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, expires);
  pins.Renew(Of("main", "192.0.2.2"), "a", kNow, expires);
  EXPECT_EQ(pins.evictions(), 0);
  EXPECT_TRUE(pins.Find(Of("main", "192.0.2.1"), kNow).has_value());
  pins.Renew(Of("main", "192.0.2.3"), "a", kNow, expires);
  EXPECT_THAT(Keys(pins), ElementsAre("main/192.0.2.3", "main/192.0.2.1"));
  EXPECT_EQ(pins.evictions(), 1);
  // Renewing is using, and makes no room.
  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, expires);
  EXPECT_EQ(pins.evictions(), 1);
  pins.Renew(Of("main", "192.0.2.4"), "a", kNow, expires);
  EXPECT_THAT(Keys(pins), ElementsAre("main/192.0.2.4", "main/192.0.2.1"));
}

TEST(PinTableTest, WhoOnlyNamesUsersTakesNoPinFromThoseWhoLogIn) {
  PinTable pins(3);
  const absl::Time expires = kNow + absl::Seconds(10);
  pins.Renew(User("main", "ann"), "a", kNow, expires);
  pins.SetIfAbsent(User("main", "bob"), "a", kNow, expires);
  pins.Renew(User("main", "bob"), "a", kNow, expires);
  for (const char* guess : {"x", "y", "z"}) {
    EXPECT_EQ(pins.SetIfAbsent(User("main", guess), "a", kNow, expires), "a");
  }
  EXPECT_THAT(Keys(pins), ElementsAre("main/bob", "main/ann", "main/z"));
  EXPECT_EQ(pins.evictions(), 2);
  pins.Renew(User("main", "eve"), "a", kNow, expires);
  pins.Renew(User("main", "dan"), "a", kNow, expires);
  EXPECT_THAT(Keys(pins), ElementsAre("main/dan", "main/eve", "main/bob"));
  EXPECT_TRUE(pins.Delete("main/bob"));
  pins.SetIfAbsent(User("main", "w"), "a", kNow, expires);
  EXPECT_TRUE(pins.Delete("main/w"));
  EXPECT_THAT(Keys(pins), ElementsAre("main/dan", "main/eve"));
}

TEST(PinTableTest, IsDeletedByKey) {
  PinTable pins(10);
  pins.Renew(Of("main", "2001:db8::1"), "a", kNow, kNow + absl::Seconds(10));
  EXPECT_FALSE(pins.Delete("main/2001:db8::2"));
  EXPECT_TRUE(pins.Delete("main/2001:db8::1"));
  EXPECT_FALSE(pins.Delete("main/2001:db8::1"));
  EXPECT_THAT(Keys(pins), ElementsAre());

  pins.Renew(Of("main", "192.0.2.1"), "a", kNow, kNow + absl::Seconds(10));
  for (const char* key :
       {"", "/", "main", "main/", "192.0.2.1", "/192.0.2.1", "other/192.0.2.1",
        "main/192.0.2", "main//192.0.2.1", "/main/192.0.2.1"}) {
    EXPECT_FALSE(pins.Delete(key)) << key;
  }
  EXPECT_TRUE(pins.Delete("main/::ffff:192.0.2.1"));
  EXPECT_EQ(pins.size(), 0u);
}

TEST(PinTableTest, PinsByTheFarmsChoice) {
  Farm farm;
  farm.name = "main";
  EXPECT_EQ(PinTable::ClientOf(farm, Ip("192.0.2.1"), "ann"),
            Of("main", "192.0.2.1"));
  farm.pin_by = ClientIdentity::kUser;
  EXPECT_EQ(PinTable::ClientOf(farm, Ip("192.0.2.1"), "ann"),
            User("main", "ann"));
}

TEST(PinTableTest, AUserIsNoAddress) {
  PinTable pins(10);
  const absl::Time expires = kNow + absl::Seconds(10);
  pins.Renew(User("main", "ann"), "a", kNow, expires);
  pins.Renew(User("main", "bob"), "b", kNow, expires);
  pins.Renew(User("main", "192.0.2.1"), "c", kNow, expires);
  pins.Renew(Of("main", "192.0.2.1"), "d", kNow, expires);
  pins.Renew(Of("main", "0.0.0.0"), "e", kNow, expires);
  EXPECT_EQ(pins.Find(User("main", "ann"), kNow), "a");
  EXPECT_EQ(pins.Find(User("other", "ann"), kNow), std::nullopt);
  EXPECT_EQ(pins.Find(User("main", "bob"), kNow), "b");
  EXPECT_EQ(pins.Find(User("main", "192.0.2.1"), kNow), "c");
  EXPECT_EQ(pins.Find(Of("main", "192.0.2.1"), kNow), "d");
  EXPECT_EQ(pins.Find(Of("main", "0.0.0.0"), kNow), "e");
  EXPECT_EQ(pins.size(), 5u);
}

TEST(PinTableTest, AUserIsDeletedAsSentOrAsPrinted) {
  PinTable pins(10);
  const absl::Time expires = kNow + absl::Seconds(10);
  for (const char* user : {"ann", "dept/ann", "a\x01 b\\", "192.0.2.1"}) {
    pins.Renew(User("main", user), "a", kNow, expires);
  }
  EXPECT_THAT(Keys(pins), ElementsAre("main/192.0.2.1", "main/a\\x01 b\\\\",
                                      "main/dept/ann", "main/ann"));
  for (const char* key : {"main/an", "main/dept", "main/\\x01", "ann"}) {
    EXPECT_FALSE(pins.Delete(key)) << key;
  }
  for (const std::string& key : Keys(pins)) {
    EXPECT_TRUE(pins.Delete(key)) << key;
    EXPECT_FALSE(pins.Delete(key)) << key;
  }
  pins.Renew(User("main", "a\x01 b\\"), "a", kNow, expires);
  EXPECT_TRUE(pins.Delete("main/a\x01 b\\"));
  EXPECT_EQ(pins.size(), 0u);
}

TEST(PinTableTest, TheFirstOfParallelSessionsPins) {
  PinTable pins(10);
  const PinTable::Client client = Of("main", "192.0.2.1");
  const absl::Time expires = kNow + absl::Seconds(10);
  EXPECT_EQ(pins.SetIfAbsent(client, "a", kNow, expires), "a");
  EXPECT_EQ(pins.SetIfAbsent(client, "b", kNow, expires), "a");
  EXPECT_EQ(pins.Find(client, kNow), "a");
  // The one that is pinned to cannot be used: the next first one counts.
  EXPECT_EQ(pins.SetIfAbsent(client, "b", kNow, expires, "a"), "b");
  EXPECT_EQ(pins.SetIfAbsent(client, "c", kNow, expires, "a"), "b");
  // An old pin is none.
  EXPECT_EQ(pins.SetIfAbsent(client, "c", expires, expires + absl::Seconds(1)),
            "c");
  EXPECT_EQ(pins.Find(client, expires), "c");
}

}  // namespace
}  // namespace pinnace::fleet
