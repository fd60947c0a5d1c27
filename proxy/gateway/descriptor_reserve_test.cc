#include "proxy/gateway/descriptor_reserve.h"

#include <limits>

#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

TEST(DescriptorReserveTest, AnEighthIsKeptAndHalfOfItAnswersNobody) {
  const DescriptorReserve reserve(800, 1000);
  EXPECT_FALSE(reserve.IsShort(699));
  EXPECT_TRUE(reserve.IsShort(700));
  EXPECT_FALSE(reserve.IsVeryShort(749));
  EXPECT_TRUE(reserve.IsVeryShort(750));
}

TEST(DescriptorReserveTest, NoMoreThanTheSessionsCanUse) {
  const DescriptorReserve reserve(20'000, 10);
  EXPECT_FALSE(reserve.IsShort(19'979));
  EXPECT_TRUE(reserve.IsShort(19'980));
  EXPECT_TRUE(reserve.IsVeryShort(19'990));
}

TEST(DescriptorReserveTest, WithoutALimitNothingIsShort) {
  const DescriptorReserve reserve(std::numeric_limits<uint64_t>::max(), 8000);
  EXPECT_FALSE(reserve.IsShort(std::numeric_limits<int>::max()));
}

}  // namespace
}  // namespace pinnace::gateway
