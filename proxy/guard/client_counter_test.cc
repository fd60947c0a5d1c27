#include "proxy/guard/client_counter.h"

#include <vector>

#include "gtest/gtest.h"

namespace pinnace::guard {
namespace {

using Outcome = ClientCounter::Outcome;
using Place = ClientCounter::Place;

const absl::Time kStart = absl::FromUnixSeconds(1000);
IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

TEST(ClientCounterTest, WithoutLimitsNothingIsCounted) {
  ClientCounter counter({});
  const auto taken = counter.Connect(Ip("10.0.0.1"), kStart);
  EXPECT_EQ(taken.outcome, Outcome::kTaken);
  EXPECT_EQ(counter.clients(), 0u);
  const std::optional<Place> place = counter.LogIn("ann");
  EXPECT_TRUE(place.has_value());
  EXPECT_EQ(counter.users(), 0u);
}

TEST(ClientCounterTest, SessionsOfAnAddress) {
  ClientCounter counter({.sessions_per_address = 2});
  auto first = counter.Connect(Ip("10.0.0.1"), kStart);
  auto second = counter.Connect(Ip("10.0.0.1"), kStart);
  EXPECT_EQ(second.outcome, Outcome::kTaken);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome,
            Outcome::kTooManySessions);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.2"), kStart).outcome, Outcome::kTaken);
  first.place.Release();
  first.place.Release();
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTaken);
  second.place = Place();
  EXPECT_EQ(counter.clients(), 0u);
}

TEST(ClientCounterTest, ASixtyFourIsOneClient) {
  ClientCounter counter({.sessions_per_address = 1});
  const auto taken = counter.Connect(Ip("2001:db8::1"), kStart);
  EXPECT_EQ(counter.Connect(Ip("2001:db8::2:0:0:9"), kStart).outcome,
            Outcome::kTooManySessions);
  EXPECT_EQ(counter.Connect(Ip("2001:db8:0:1::1"), kStart).outcome,
            Outcome::kTaken);
}

TEST(ClientCounterTest, APlaceMovesAndIsGivenBackOnce) {
  ClientCounter counter({.sessions_per_address = 1});
  {
    auto taken = counter.Connect(Ip("10.0.0.1"), kStart);
    Place place = std::move(taken.place);
    taken.place.Release();
    EXPECT_EQ(counter.clients(), 1u);
    Place other;
    other = std::move(place);
    EXPECT_EQ(counter.clients(), 1u);
  }
  EXPECT_EQ(counter.clients(), 0u);
}

TEST(ClientCounterTest, ConnectionsPerSecondAndTheBurst) {
  ClientCounter counter({.connections_per_second = 2, .connections_burst = 3});
  const auto connect = [&](double seconds) {
    return counter.Connect(Ip("10.0.0.1"), kStart + absl::Seconds(seconds))
        .outcome;
  };
  EXPECT_EQ(connect(0), Outcome::kTaken);
  EXPECT_EQ(connect(0), Outcome::kTaken);
  EXPECT_EQ(connect(0), Outcome::kTaken);
  EXPECT_EQ(connect(0), Outcome::kTooFast);
  EXPECT_EQ(connect(0.4), Outcome::kTooFast);
  EXPECT_EQ(connect(0.5), Outcome::kTaken);
  EXPECT_EQ(connect(0.5), Outcome::kTooFast);
  EXPECT_EQ(connect(100), Outcome::kTaken);
  EXPECT_EQ(connect(100), Outcome::kTaken);
  EXPECT_EQ(connect(100), Outcome::kTaken);
  EXPECT_EQ(connect(100), Outcome::kTooFast);
}

TEST(ClientCounterTest, WithoutABurstAsManyAsInASecond) {
  ClientCounter counter({.connections_per_second = 2});
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTaken);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTaken);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTooFast);
}

TEST(ClientCounterTest, TheQuietestIsForgottenAndCounted) {
  ClientCounter counter({.connections_per_second = 1}, 2);
  counter.Connect(Ip("10.0.0.1"), kStart);
  counter.Connect(Ip("10.0.0.2"), kStart);
  // The first is heard of again.
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTooFast);
  counter.Connect(Ip("10.0.0.3"), kStart);
  EXPECT_EQ(counter.forgotten(), 1);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome, Outcome::kTooFast);
  EXPECT_EQ(counter.Connect(Ip("10.0.0.2"), kStart).outcome, Outcome::kTaken);
}

TEST(ClientCounterTest, WhoHasSessionsIsNotForgotten) {
  ClientCounter counter({.sessions_per_address = 1}, 1);
  auto held = counter.Connect(Ip("10.0.0.1"), kStart);
  {
    const auto uncounted = counter.Connect(Ip("10.0.0.2"), kStart);
    EXPECT_EQ(uncounted.outcome, Outcome::kTaken);
    EXPECT_EQ(counter.forgotten(), 1);
  }
  EXPECT_EQ(counter.Connect(Ip("10.0.0.1"), kStart).outcome,
            Outcome::kTooManySessions);
  held.place.Release();
  EXPECT_EQ(counter.clients(), 0u);
}

TEST(ClientCounterTest, SessionsOfAUser) {
  ClientCounter counter({.sessions_per_user = 1});
  std::optional<Place> place = counter.LogIn("ann");
  ASSERT_TRUE(place.has_value());
  EXPECT_TRUE(place->IsOf("ann"));
  EXPECT_FALSE(place->IsOf("bob"));
  EXPECT_FALSE(counter.HasPlaceFor("ann"));
  EXPECT_TRUE(counter.HasPlaceFor("bob"));
  EXPECT_FALSE(counter.LogIn("ann").has_value());
  place->Release();
  EXPECT_TRUE(counter.HasPlaceFor("ann"));
  EXPECT_EQ(counter.users(), 0u);
}

}  // namespace
}  // namespace pinnace::guard
