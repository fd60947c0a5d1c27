#include "proxy/ports/lease_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::ports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = LeaseTable::Outcome;

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

const IpAddress kClient = Ip("192.0.2.1");

struct Grant {
  uint64_t session;
  std::string source;
  uint16_t port;

  friend bool operator==(const Grant&, const Grant&) = default;
};

// A table that writes down what it grants later.
class Leases {
 public:
  explicit Leases(LeaseTable::Options options)
      : table_(std::move(options),
               [this](const LeaseOwner& owner, const IpAddress& source,
                      uint16_t port) {
                 grants_.push_back({owner.session, source.ToString(), port});
               }) {}

  LeaseTable* operator->() { return &table_; }
  LeaseTable::Taken Take(uint64_t session, const IpAddress& client = kClient,
                         std::optional<PortRange> slice = std::nullopt) {
    return table_.Take({session, 1}, client, slice);
  }
  LeaseTable::Taken TakeWithPeers(uint64_t session, const char* client,
                                  const char* peers) {
    return table_.Take({session, 1}, Ip(client), std::nullopt,
                       std::make_shared<const std::vector<Cidr>>(
                           std::vector<Cidr>{*Cidr::Parse(peers)}));
  }
  std::vector<Grant> TakeGrants() { return std::exchange(grants_, {}); }
  void ExpectNothingLeft() const {
    EXPECT_EQ(table_.facts().pending, 0);
    EXPECT_EQ(table_.facts().waiting, 0);
  }

 private:
  std::vector<Grant> grants_;
  LeaseTable table_;
};

TEST(LeaseTableTest, ALeaseIsForOneConnectionOfItsClient) {
  Leases leases({.pool = {{50000, 50000}}});
  EXPECT_EQ(leases.Take(7).port, 50000);
  EXPECT_EQ(leases->Claim(50000, Ip("192.0.2.2")), std::nullopt);
  EXPECT_EQ(leases->Claim(50001, kClient), std::nullopt);
  // A stranger has taken nothing away.
  EXPECT_EQ(leases->Claim(50000, kClient), (LeaseOwner{7, 1}));
  EXPECT_EQ(leases->Claim(50000, kClient), std::nullopt);
  EXPECT_EQ(leases->facts().strangers_total, 3);
  EXPECT_EQ(leases->facts().claimed_total, 1);
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, APeerClaimsTheLeaseThatTakesIt) {
  Leases leases({.pool = {{50000, 50000}}});
  EXPECT_EQ(leases.TakeWithPeers(7, "192.0.2.1", "198.51.100.0/24").port,
            50000);
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.101.1")), std::nullopt);
  EXPECT_EQ(leases->Claim(50001, Ip("198.51.100.1")), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.100.1")), (LeaseOwner{7, 1}));
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.100.1")), std::nullopt);
  // The client itself still may.
  EXPECT_EQ(leases.TakeWithPeers(8, "192.0.2.1", "198.51.100.0/24").port,
            50000);
  EXPECT_EQ(leases->Claim(50000, kClient), (LeaseOwner{8, 1}));
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.100.1")), std::nullopt);
  EXPECT_EQ(leases->facts().strangers_total, 4);
  EXPECT_EQ(leases->facts().ambiguous_total, 0);
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, APeerGetsNothingWithoutFxp) {
  Leases leases({.pool = {{50000, 50000}}});
  EXPECT_EQ(leases.Take(7).port, 50000);
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.100.1")), std::nullopt);
}

TEST(LeaseTableTest, APeersLeasesHaveAPortEachAsLongAsThereIsOne) {
  Leases leases({.pool = {{50000, 50003}}});
  std::set<uint16_t> ports;
  for (uint64_t i = 1; i <= 4; ++i) {
    const LeaseTable::Taken taken = leases.TakeWithPeers(
        i, absl::StrCat("192.0.2.", i).c_str(), "198.51.100.0/24");
    ASSERT_EQ(taken.outcome, Outcome::kGranted);
    ports.insert(taken.port);
  }
  EXPECT_EQ(ports.size(), 4u);
  // The fifth shares one, and whose its peer is nobody knows.
  const LeaseTable::Taken fifth =
      leases.TakeWithPeers(5, "192.0.2.5", "198.51.100.0/24");
  ASSERT_EQ(fifth.outcome, Outcome::kGranted);
  EXPECT_EQ(leases->Claim(fifth.port, Ip("198.51.100.9")), std::nullopt);
  EXPECT_EQ(leases->facts().ambiguous_total, 1);
  // Whose client comes itself is known, and then the other's peer is, too.
  EXPECT_EQ(leases->Claim(fifth.port, Ip("192.0.2.5")), (LeaseOwner{5, 1}));
  const std::optional<LeaseOwner> other =
      leases->Claim(fifth.port, Ip("198.51.100.9"));
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(other->session, 5u);
}

TEST(LeaseTableTest, ALeaseThatIsReleasedTakesNoPeer) {
  Leases leases({.pool = {{50000, 50000}}, .max_waiters_per_client = 1});
  EXPECT_EQ(leases.TakeWithPeers(7, "192.0.2.1", "198.51.100.0/24").port,
            50000);
  // Who waits for the port has its own peers.
  EXPECT_EQ(leases.TakeWithPeers(8, "192.0.2.1", "203.0.113.0/24").outcome,
            Outcome::kWaiting);
  leases->Release({7, 1}, kClient, 50000);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{8, "192.0.2.1", 50000}));
  EXPECT_EQ(leases->Claim(50000, Ip("198.51.100.1")), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, Ip("203.0.113.1")), (LeaseOwner{8, 1}));
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, TwoHundredClientsShareOnePort) {
  Leases leases({.pool = {{50000, 50000}}});
  const auto client = [](int i) {
    return IpAddress::FromIpv4({127, 1, 0, static_cast<uint8_t>(i)});
  };
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(leases.Take(i, client(i)).outcome, Outcome::kGranted);
  }
  EXPECT_EQ(leases->facts().pending, 200);
  EXPECT_EQ(leases->facts().by_port[0].pending, 200);
  for (int i = 199; i >= 0; --i) {
    EXPECT_EQ(leases->Claim(50000, client(i))->session,
              static_cast<uint64_t>(i));
  }
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, FiftyOfOneClientWaitForFourPorts) {
  Leases leases({.pool = {{50000, 50003}}, .max_waiters_per_client = 256});
  std::map<uint64_t, uint16_t> ports;
  for (uint64_t i = 0; i < 50; ++i) {
    const LeaseTable::Taken taken = leases.Take(i);
    EXPECT_EQ(taken.outcome, i < 4 ? Outcome::kGranted : Outcome::kWaiting);
    if (taken.port != 0) ports[i] = taken.port;
  }
  EXPECT_EQ(leases->facts().waiting, 46);
  // Each claim serves the one who has waited longest.
  for (uint64_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(ports.contains(i));
    EXPECT_EQ(leases->Claim(ports[i], kClient)->session, i);
    const std::vector<Grant> grants = leases.TakeGrants();
    ASSERT_EQ(grants.size(), i < 46 ? 1u : 0u);
    if (grants.empty()) continue;
    EXPECT_EQ(grants[0].session, i + 4);
    ports[i + 4] = grants[0].port;
  }
  EXPECT_EQ(leases->facts().waited_total, 46);
  EXPECT_EQ(leases->facts().granted_total, 50);
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, TheLineHasAnEnd) {
  Leases leases({.pool = {{50000, 50000}}, .max_waiters_per_client = 2});
  leases.Take(1);
  EXPECT_EQ(leases.Take(2).outcome, Outcome::kWaiting);
  EXPECT_EQ(leases.Take(3).outcome, Outcome::kWaiting);
  EXPECT_EQ(leases.Take(4).outcome, Outcome::kRefused);
  // Of this client only.
  EXPECT_EQ(leases.Take(5, Ip("192.0.2.2")).outcome, Outcome::kGranted);
  EXPECT_EQ(leases->facts().refused_total, 1);
}

TEST(LeaseTableTest, ReleaseServesTheNext) {
  Leases leases({.pool = {{50000, 50000}}, .max_waiters_per_client = 9});
  leases.Take(1);
  leases.Take(2);
  leases.Take(3);
  leases.Take(4);
  // Who gives up his place in the line is not served.
  leases->Release({3, 1}, kClient, 0);
  leases->Release({1, 1}, kClient, 50000);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{2, "192.0.2.1", 50000}));
  // What he has no longer, he cannot give up for its new owner.
  leases->Release({1, 1}, kClient, 50000);
  EXPECT_THAT(leases.TakeGrants(), IsEmpty());
  leases->Release({2, 2}, kClient, 50000);  // another path of that session
  EXPECT_EQ(leases->facts().pending, 1);
  leases->Release({2, 1}, kClient, 50000);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{4, "192.0.2.1", 50000}));
  leases->Release({4, 1}, kClient, 50000);
  leases->Release({4, 1}, Ip("192.0.2.99"), 50000);  // never seen
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, APortComesAgainAfterAllOthers) {
  Leases leases({.pool = {{50000, 50019}}, .secret = 42});
  std::vector<uint16_t> order;
  for (uint64_t i = 0; i < 60; ++i) {
    order.push_back(leases.Take(i).port);
    leases->Claim(order.back(), kClient);
  }
  // A permutation of the whole pool, again and again.
  EXPECT_EQ(std::set<uint16_t>(order.begin(), order.begin() + 20).size(), 20u);
  for (size_t i = 20; i < order.size(); ++i) {
    EXPECT_EQ(order[i], order[i - 20]);
  }
  EXPECT_FALSE(std::is_sorted(order.begin(), order.begin() + 20));
}

TEST(LeaseTableTest, TheOrderIsOfTheClientAndTheSecret) {
  const auto order = [](uint64_t secret, absl::string_view client) {
    Leases leases({.pool = {{50000, 50099}}, .secret = secret});
    std::vector<uint16_t> ports;
    for (uint64_t i = 0; i < 100; ++i) {
      ports.push_back(leases.Take(i, Ip(client)).port);
    }
    EXPECT_EQ(std::set<uint16_t>(ports.begin(), ports.end()).size(), 100u);
    return ports;
  };
  EXPECT_EQ(order(1, "192.0.2.1"), order(1, "192.0.2.1"));
  EXPECT_NE(order(1, "192.0.2.1"), order(1, "192.0.2.2"));
  EXPECT_NE(order(1, "192.0.2.1"), order(2, "192.0.2.1"));
}

TEST(LeaseTableTest, EveryPoolSizeIsPermuted) {
  for (int size = 1; size <= 130; ++size) {
    Leases leases({.pool = {{1000, static_cast<uint16_t>(999 + size)}},
                   .secret = static_cast<uint64_t>(size)});
    std::set<uint16_t> ports;
    for (int i = 0; i < size; ++i) {
      ports.insert(leases.Take(static_cast<uint64_t>(i)).port);
    }
    EXPECT_EQ(ports.size(), static_cast<size_t>(size));
    EXPECT_EQ(leases.Take(999).outcome, Outcome::kRefused);
  }
}

TEST(LeaseTableTest, ThePoolIsEveryRangeOnce) {
  Leases leases({.pool = {{50002, 50003}, {50000, 50000}, {50003, 50004}}});
  EXPECT_THAT(leases->ports(), ElementsAre(50000, 50002, 50003, 50004));
  EXPECT_EQ(leases->facts().ports, 4);
}

TEST(LeaseTableTest, ABackendsSliceNarrowsThePool) {
  Leases leases({.pool = {{50000, 50009}}, .max_waiters_per_client = 9});
  const PortRange slice = {50004, 50005};
  const uint16_t first = leases.Take(1, kClient, slice).port;
  const uint16_t second = leases.Take(2, kClient, slice).port;
  EXPECT_TRUE(slice.Contains(first));
  EXPECT_TRUE(slice.Contains(second));
  EXPECT_NE(first, second);
  EXPECT_EQ(leases.Take(3, kClient, slice).outcome, Outcome::kWaiting);
  // A port outside of the slice is of no use to the first in the line.
  const uint16_t other = leases.Take(5, kClient, PortRange{50000, 50003}).port;
  leases->Claim(other, kClient);
  EXPECT_THAT(leases.TakeGrants(), IsEmpty());
  leases->Claim(second, kClient);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{3, "192.0.2.1", second}));
}

TEST(LeaseTableTest, AForeignSliceIsTheWholePool) {
  Leases leases(
      {.pool = {{50001, 50002}, {50008, 50008}}, .max_waiters_per_client = 9});
  EXPECT_TRUE(leases->IsForeign({49000, 50000}));
  EXPECT_FALSE(leases->IsForeign({50000, 50001}));
  EXPECT_FALSE(leases->IsForeign({50002, 50007}));
  EXPECT_TRUE(leases->IsForeign({50003, 50007}));
  EXPECT_FALSE(leases->IsForeign({50003, 50008}));
  EXPECT_TRUE(leases->IsForeign({50009, 50009}));
  const PortRange slice = {50003, 50007};
  std::set<uint16_t> ports;
  for (uint64_t session = 1; session <= 3; ++session) {
    ports.insert(leases.Take(session, kClient, slice).port);
  }
  EXPECT_THAT(ports, ElementsAre(50001, 50002, 50008));
  // Full is full: whoever comes now waits for any port.
  EXPECT_EQ(leases.Take(4, kClient, slice).outcome, Outcome::kWaiting);
  leases->Claim(50002, kClient);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{4, "192.0.2.1", 50002}));
}

TEST(LeaseTableTest, ABlockedSliceDoesNotBlockTheLine) {
  Leases leases({.pool = {{50000, 50001}}, .max_waiters_per_client = 9});
  leases.Take(1, kClient, PortRange{50000, 50000});
  leases.Take(2, kClient, PortRange{50001, 50001});
  leases.Take(3, kClient, PortRange{50000, 50000});
  leases.Take(4);
  leases->Claim(50001, kClient);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{4, "192.0.2.1", 50001}));
  leases->Claim(50000, kClient);
  EXPECT_THAT(leases.TakeGrants(), ElementsAre(Grant{3, "192.0.2.1", 50000}));
}

TEST(LeaseTableTest, SameNetworkIsTheSameClient) {
  Leases leases({.pool = {{50000, 50000}}, .match = SourceMatch::kSameNetwork});
  leases.Take(1, Ip("192.0.2.1"));
  EXPECT_EQ(leases->Claim(50000, Ip("192.0.3.1")), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, Ip("192.0.2.200"))->session, 1u);
  leases.Take(2, Ip("2001:db8::1"));
  EXPECT_EQ(leases->Claim(50000, Ip("2001:db8:0:1::1")), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, Ip("2001:db8::ffff"))->session, 2u);
}

TEST(LeaseTableTest, AnySourceIsTheSameClient) {
  Leases leases({.pool = {{50000, 50001}}, .match = SourceMatch::kAny});
  const uint16_t port = leases.Take(1, Ip("192.0.2.1")).port;
  EXPECT_NE(leases.Take(2, Ip("2001:db8::1")).port, port);
  EXPECT_EQ(leases.Take(3, Ip("192.0.2.1")).outcome, Outcome::kRefused);
  EXPECT_EQ(leases->Claim(port, Ip("10.0.0.1"))->session, 1u);
}

TEST(LeaseTableTest, SessionsOfOneClientShareAPort) {
  Leases leases({.pool = {{50000, 50000}}, .match = SourceMatch::kTlsSession});
  const SessionId one = MakeSessionId(1, 0);
  const SessionId two = MakeSessionId(1, 1);
  EXPECT_EQ(leases.Take(one, SourceOfSession(one)).port, 50000);
  EXPECT_EQ(leases.Take(two, SourceOfSession(two)).port, 50000);
  // A clear one, besides: its client's address is its key.
  EXPECT_EQ(leases.Take(3, kClient).port, 50000);
  EXPECT_EQ(leases->Claim(50000, SourceOfSession(3)), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, SourceOfSession(two))->session, two);
  EXPECT_EQ(leases->Claim(50000, SourceOfSession(two)), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, SourceOfSession(one))->session, one);
  EXPECT_EQ(leases->Claim(50000, Ip("192.0.2.2")), std::nullopt);
  EXPECT_EQ(leases->Claim(50000, kClient)->session, 3u);
  leases.ExpectNothingLeft();
}

TEST(LeaseTableTest, ASessionsSourceIsNobodysAddress) {
  EXPECT_EQ(SourceOfSession(0x0123456789abcdef).ToString(),
            "100::123:4567:89ab:cdef");
  EXPECT_EQ(SourceOfSession(0).ToString(), "100::");
  // Whole networks cannot be told apart by it: only kTlsSession goes with it.
  EXPECT_EQ(SourceOfSession(1).Masked(64), SourceOfSession(2).Masked(64));
}

TEST(LeaseTableTest, IdleClientsAreForgottenInTheEnd) {
  // More than the table remembers: what it gives stays right.
  Leases leases({.pool = {{50000, 50009}}, .secret = 7});
  for (uint32_t i = 0; i < 200'000; ++i) {
    const IpAddress client = IpAddress::FromIpv4(
        {10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
         static_cast<uint8_t>(i)});
    const LeaseTable::Taken taken = leases.Take(i, client);
    ASSERT_EQ(taken.outcome, Outcome::kGranted);
    ASSERT_EQ(leases->Claim(taken.port, client)->session, i);
  }
  leases.ExpectNothingLeft();
}

// Workers lease and release, and their listeners claim, all at once.
TEST(LeaseTableTest, ThreadsNeverMixUpOrLoseALease) {
  constexpr int kThreads = 4;
  constexpr uint64_t kRounds = 3000;
  // The port by which an owner's wait ended; 0: it still waits.
  static std::array<std::atomic<uint16_t>, kThreads * kRounds> granted;
  LeaseTable table({.pool = {{50000, 50002}}, .max_waiters_per_client = 100},
                   [](const LeaseOwner& owner, const IpAddress&,
                      uint16_t port) { granted[owner.session] = port; });
  std::atomic<int64_t> claims{0};
  const auto work = [&](uint64_t thread) {
    for (uint64_t i = 0; i < kRounds; ++i) {
      const LeaseOwner owner = {thread * kRounds + i, 1};
      const LeaseTable::Taken taken = table.Take(owner, kClient, std::nullopt);
      uint16_t port = taken.port;
      if (taken.outcome == Outcome::kWaiting) {
        // Gives up at once: it is out of the line, or was served just before.
        table.Release(owner, kClient, 0);
        port = granted[owner.session];
        if (port == 0) continue;
      }
      if (i % 3 == 0) {
        table.Release(owner, kClient, port);
        continue;
      }
      const std::optional<LeaseOwner> claimed = table.Claim(port, kClient);
      ASSERT_TRUE(claimed.has_value());
      ASSERT_EQ(claimed->session, owner.session);
      ++claims;
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) threads.emplace_back(work, t);
  for (std::thread& thread : threads) thread.join();
  // An owner may have been served after it looked: the lease is still its own.
  for (uint64_t session = 0; session < granted.size(); ++session) {
    if (granted[session] != 0) {
      table.Release({session, 1}, kClient, granted[session]);
    }
  }
  EXPECT_EQ(table.facts().pending, 0);
  EXPECT_EQ(table.facts().waiting, 0);
  EXPECT_EQ(table.facts().claimed_total, claims.load());
}

LeaseOwner OwnerFor(uint64_t session, const IpAddress& address) {
  return {.session = session, .data_path = 1, .counts_for = address};
}

TEST(LeaseTableTest, PendingOfOneAddressAreBounded) {
  Leases leases({.pool = {{50000, 50003}},
                 .max_waiters_per_client = 8,
                 .max_pending_per_address = 2});
  const IpAddress other = Ip("192.0.2.2");
  const LeaseOwner first = OwnerFor(1, kClient);
  const uint16_t port = leases->Take(first, kClient, std::nullopt).port;
  leases->Take(OwnerFor(2, kClient), kClient, std::nullopt);
  EXPECT_EQ(leases->Take(OwnerFor(3, kClient), kClient, std::nullopt).outcome,
            Outcome::kTooManyPending);
  EXPECT_EQ(leases->facts().too_many_total, 1);
  EXPECT_EQ(leases->Take(OwnerFor(4, other), other, std::nullopt).outcome,
            Outcome::kGranted);
  // One is claimed, one given up: each leaves room.
  EXPECT_EQ(leases->Claim(port, kClient), first);
  const LeaseTable::Taken third =
      leases->Take(OwnerFor(3, kClient), kClient, std::nullopt);
  EXPECT_EQ(third.outcome, Outcome::kGranted);
  leases->Release(OwnerFor(3, kClient), kClient, third.port);
  EXPECT_EQ(leases->Take(OwnerFor(5, kClient), kClient, std::nullopt).outcome,
            Outcome::kGranted);
}

TEST(LeaseTableTest, ThoseInTheLineCountForTheirAddressToo) {
  Leases leases({.pool = {{50000, 50000}},
                 .max_waiters_per_client = 8,
                 .max_pending_per_address = 2});
  leases->Take(OwnerFor(1, kClient), kClient, std::nullopt);
  const LeaseOwner waiting = OwnerFor(2, kClient);
  EXPECT_EQ(leases->Take(waiting, kClient, std::nullopt).outcome,
            Outcome::kWaiting);
  EXPECT_EQ(leases->Take(OwnerFor(3, kClient), kClient, std::nullopt).outcome,
            Outcome::kTooManyPending);
  leases->Release(waiting, kClient, 0);
  EXPECT_EQ(leases->Take(OwnerFor(4, kClient), kClient, std::nullopt).outcome,
            Outcome::kWaiting);
}

TEST(LeaseTableTest, WhomALineRefusesDoesNotCount) {
  Leases leases({.pool = {{50000, 50000}},
                 .max_waiters_per_client = 0,
                 .max_pending_per_address = 2});
  const LeaseOwner first = OwnerFor(1, kClient);
  const uint16_t port = leases->Take(first, kClient, std::nullopt).port;
  for (uint64_t i = 2; i < 6; ++i) {
    EXPECT_EQ(leases->Take(OwnerFor(i, kClient), kClient, std::nullopt).outcome,
              Outcome::kRefused);
  }
  leases->Release(first, kClient, port);
  EXPECT_EQ(leases->Take(OwnerFor(7, kClient), kClient, std::nullopt).outcome,
            Outcome::kGranted);
}

}  // namespace
}  // namespace pinnace::ports
