#include "control-plane/store/lease_index.h"

#include "gtest/gtest.h"

namespace pinnace::store {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

std::vector<LeaseId> IdsOf(const std::vector<LeaseIndex::Lease>& leases) {
  std::vector<LeaseId> ids;
  for (const LeaseIndex::Lease& lease : leases) ids.push_back(lease.id);
  return ids;
}

TEST(LeaseIndexTest, GivesWhatIsDueInTheOrderOfTime) {
  LeaseIndex leases;
  EXPECT_EQ(leases.NextExpiry(), absl::InfiniteFuture());
  const LeaseId slow = leases.Grant(absl::Seconds(30), kNow);
  const LeaseId quick = leases.Grant(absl::Seconds(10), kNow);
  EXPECT_EQ(leases.NextExpiry(), kNow + absl::Seconds(10));
  EXPECT_TRUE(leases.TakeDue(kNow + absl::Seconds(9), 9).empty());
  EXPECT_TRUE(leases.Renew(quick, kNow + absl::Seconds(9)));
  EXPECT_EQ(leases.NextExpiry(), kNow + absl::Seconds(19));
  EXPECT_EQ(IdsOf(leases.TakeDue(kNow + absl::Seconds(60), 1)),
            std::vector<LeaseId>{quick});
  EXPECT_EQ(IdsOf(leases.TakeDue(kNow + absl::Seconds(60), 9)),
            std::vector<LeaseId>{slow});
  EXPECT_FALSE(leases.Renew(slow, kNow));
}

TEST(LeaseIndexTest, NeverGivesAnIdTwice) {
  LeaseIndex leases;
  leases.Add({.id = 7, .ttl = absl::Seconds(1), .expires = kNow});
  EXPECT_EQ(leases.Grant(absl::Seconds(1), kNow), 8);
  EXPECT_EQ(leases.Take(8).id, 8);
  EXPECT_EQ(leases.Take(8).id, kNoLease);
  EXPECT_EQ(leases.Grant(absl::Seconds(1), kNow), 9);
}

TEST(LeaseIndexTest, KnowsTheKeysOfALease) {
  LeaseIndex leases;
  const LeaseId id = leases.Grant(absl::Seconds(1), kNow);
  leases.Attach(id, "a");
  leases.Attach(id, "b");
  leases.Attach(kNoLease, "a");
  leases.Attach(kNoLease, "x");
  ASSERT_NE(leases.Find(id), nullptr);
  EXPECT_EQ(leases.Find(id)->keys, std::set<std::string>{"b"});
  EXPECT_EQ(leases.Find(99), nullptr);
  const LeaseId other = leases.Grant(absl::Seconds(1), kNow);
  leases.Attach(other, "b");
  EXPECT_TRUE(leases.Take(id).keys.empty());
  LeaseIndex::Lease taken = leases.Take(other);
  EXPECT_EQ(taken.keys, std::set<std::string>{"b"});
  leases.Attach(kNoLease, "b");
  leases.Add(std::move(taken));
  leases.Attach(kNoLease, "b");
  EXPECT_TRUE(leases.Find(other)->keys.empty());
}

}  // namespace
}  // namespace pinnace::store
