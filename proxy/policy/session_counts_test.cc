#include "proxy/policy/session_counts.h"

#include <array>
#include <memory>
#include <thread>

#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

using Outcome = SessionCounts::Outcome;
using When = SessionCounts::When;

const Policy kTwoOfAUser = {.name = "users", .max_sessions_per_user = 2};
const Policy kOneOfAnAddress = {.name = "addresses",
                                .max_sessions_per_address = 1};

IpAddress Ip(absl::string_view text) { return *IpAddress::Parse(text); }

TEST(SessionCountsTest, OfOneUser) {
  SessionCounts counts(100);
  std::array<SessionCounts::Places, 4> places;
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.1"),
                        places[0]),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.2"),
                        places[1]),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.3"),
                        places[2]),
            Outcome::kUserFull);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "bob", Ip("10.0.0.3"),
                        places[3]),
            Outcome::kTaken);
  places[0].Leave();
  places[0].Leave();
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.3"),
                        places[2]),
            Outcome::kTaken);
}

TEST(SessionCountsTest, BeforeTheLoginNobodyFillsAUsersPlaces) {
  SessionCounts counts(100);
  std::array<SessionCounts::Places, 5> places;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(counts.Take(When::kAtUser, {&kTwoOfAUser}, "ann", Ip("10.0.0.1"),
                          places[i]),
              Outcome::kTaken);
  }
  EXPECT_EQ(counts.size(), 0u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann",
                          Ip("10.0.0.1"), places[i]),
              Outcome::kTaken);
  }
  EXPECT_EQ(counts.Take(When::kAtUser, {&kTwoOfAUser}, "ann", Ip("10.0.0.1"),
                        places[3]),
            Outcome::kUserFull);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.1"),
                        places[2]),
            Outcome::kUserFull);
}

TEST(SessionCountsTest, AUserInAnotherSpellingIsTheSame) {
  SessionCounts counts(100);
  std::array<SessionCounts::Places, 3> places;
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("10.0.0.1"),
                        places[0]),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "Ann", Ip("10.0.0.1"),
                        places[1]),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&kTwoOfAUser}, " ANN ",
                        Ip("10.0.0.1"), places[2]),
            Outcome::kUserFull);
}

TEST(SessionCountsTest, OfOneAddress) {
  SessionCounts counts(100);
  std::array<SessionCounts::Places, 5> places;
  const auto take = [&](int i, const char* address) {
    return counts.Take(When::kLoggedIn, {&kOneOfAnAddress}, "ann", Ip(address),
                       places[i]);
  };
  EXPECT_EQ(take(0, "10.0.0.1"), Outcome::kTaken);
  EXPECT_EQ(take(1, "10.0.0.1"), Outcome::kAddressFull);
  EXPECT_EQ(take(1, "10.0.0.2"), Outcome::kTaken);
  EXPECT_EQ(take(2, "2001:db8:0:1::1"), Outcome::kTaken);
  EXPECT_EQ(take(3, "2001:db8:0:1::2"), Outcome::kAddressFull);
  EXPECT_EQ(take(3, "2001:db8:0:2::2"), Outcome::kTaken);
}

TEST(SessionCountsTest, AnotherUserGivesBackTheFirst) {
  SessionCounts counts(100);
  SessionCounts::Places first;
  SessionCounts::Places second;
  const Policy one = {.name = "p", .max_sessions_per_user = 1};
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&one}, "ann", Ip("::1"), first),
            Outcome::kTaken);
  // Its own place does not stand in its way.
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&one}, "ann", Ip("::1"), first),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&one}, "bob", Ip("::1"), first),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {&one}, "ann", Ip("::1"), second),
            Outcome::kTaken);
  EXPECT_EQ(counts.size(), 2u);
}

TEST(SessionCountsTest, AllOrNone) {
  SessionCounts counts(100);
  SessionCounts::Places first;
  SessionCounts::Places second;
  const Restrictions::Policies both = {&kTwoOfAUser, &kOneOfAnAddress};
  EXPECT_EQ(counts.Take(When::kLoggedIn, both, "ann", Ip("::1"), first),
            Outcome::kTaken);
  EXPECT_EQ(counts.Take(When::kLoggedIn, both, "bob", Ip("::1"), second),
            Outcome::kAddressFull);
  EXPECT_EQ(counts.size(), 2u);
}

TEST(SessionCountsTest, ARunningSessionIsCountedWhateverTheBound) {
  SessionCounts counts(100);
  SessionCounts::Places first;
  SessionCounts::Places second;
  SessionCounts::Places third;
  counts.Hold(When::kLoggedIn, {&kOneOfAnAddress}, "ann", Ip("::1"), first);
  counts.Hold(When::kLoggedIn, {&kOneOfAnAddress}, "bob", Ip("::1"), second);
  EXPECT_EQ(
      counts.Take(When::kLoggedIn, {&kOneOfAnAddress}, "eve", Ip("::1"), third),
      Outcome::kAddressFull);
  // The policy is gone, or another's.
  counts.Hold(When::kLoggedIn, {}, "ann", Ip("::1"), first);
  second.Leave();
  EXPECT_EQ(counts.size(), 0u);
}

TEST(SessionCountsTest, TheTableIsBounded) {
  SessionCounts counts(1);
  SessionCounts::Places first;
  SessionCounts::Places second;
  EXPECT_EQ(
      counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "ann", Ip("::1"), first),
      Outcome::kTaken);
  EXPECT_EQ(
      counts.Take(When::kLoggedIn, {&kTwoOfAUser}, "bob", Ip("::1"), second),
      Outcome::kTableFull);
  counts.Hold(When::kLoggedIn, {&kTwoOfAUser}, "bob", Ip("::1"), second);
  EXPECT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts.Take(When::kLoggedIn, {}, "bob", Ip("::1"), second),
            Outcome::kTaken);
}

TEST(SessionCountsTest, ManyThreadsTakeNoMoreThanThereAre) {
  SessionCounts counts(100);
  const Policy three = {.name = "p", .max_sessions_per_user = 3};
  constexpr int kThreads = 8;
  std::array<SessionCounts::Places, kThreads> places;
  std::array<Outcome, kThreads> outcomes;
  {
    std::array<std::jthread, kThreads> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads[i] = std::jthread([&, i] {
        outcomes[i] =
            counts.Take(When::kLoggedIn, {&three}, "ann", Ip("::1"), places[i]);
      });
    }
  }
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::kTaken), 3);
  for (SessionCounts::Places& one : places) one.Leave();
  EXPECT_EQ(counts.size(), 0u);
}

}  // namespace
}  // namespace pinnace::policy
