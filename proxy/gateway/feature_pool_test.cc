#include "proxy/gateway/feature_pool.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

using Features = fleet::BackendStatus::Features;

TEST(FeaturePoolTest, EqualListsAreOne) {
  FeaturePool pool;
  const Features one = pool.Intern({"SIZE", "MDTM"});
  EXPECT_EQ(pool.Intern({"SIZE", "MDTM"}), one);
  const Features other = pool.Intern({"MDTM", "SIZE"});
  EXPECT_NE(other, one);
  EXPECT_EQ(*other, (std::vector<std::string>{"MDTM", "SIZE"}));
  EXPECT_EQ(pool.Intern({"SIZE", "MDTM"}), one);
}

TEST(FeaturePoolTest, WhatNobodyHasMakesRoom) {
  FeaturePool pool;
  std::vector<Features> held;
  for (size_t i = 0; i < limits::kMaxFeatureLists; ++i) {
    held.push_back(pool.Intern({absl::StrCat("X", i)}));
  }
  const Features beyond = pool.Intern({"BEYOND"});
  EXPECT_EQ(*beyond, std::vector<std::string>{"BEYOND"});
  EXPECT_NE(pool.Intern({"BEYOND"}), beyond);
  EXPECT_EQ(pool.Intern({"X0"}), held[0]);
  held.pop_back();
  EXPECT_EQ(pool.Intern({"BEYOND"}), pool.Intern({"BEYOND"}));
}

}  // namespace
}  // namespace pinnace::gateway
