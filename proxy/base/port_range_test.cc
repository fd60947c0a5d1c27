#include "proxy/base/port_range.h"

#include <gtest/gtest.h>

#include <string>

namespace pinnace {
namespace {

TEST(PortRange, ParseAndShow) {
  constexpr struct {
    absl::string_view text;
    absl::string_view shown;  // "none": refused
    int size;
  } kCases[] = {
      {"50000-50099", "50000-50099", 100},
      {"50000", "50000", 1},
      {"50000-50000", "50000", 1},
      {"1-65535", "1-65535", 65535},
      {"", "none", 0},
      {"-", "none", 0},
      {"50000-", "none", 0},
      {"-50000", "none", 0},
      {"0-10", "none", 0},
      {"1-65536", "none", 0},
      {"2-1", "none", 0},
      {"1-2-3", "none", 0},
      {"1 - 2", "none", 0},
      {" 1", "none", 0},
      {"1:2", "none", 0},
      {"000001", "none", 0},
  };
  for (const auto& c : kCases) {
    const auto range = PortRange::Parse(c.text);
    EXPECT_EQ(range.has_value() ? range->ToString() : "none", c.shown)
        << c.text;
    EXPECT_EQ(range.has_value() ? range->size() : 0, c.size) << c.text;
  }
}

TEST(PortRange, BothEndsBelongToIt) {
  const PortRange range = {100, 199};
  EXPECT_FALSE(range.Contains(99));
  EXPECT_TRUE(range.Contains(100));
  EXPECT_TRUE(range.Contains(199));
  EXPECT_FALSE(range.Contains(200));
  EXPECT_TRUE(range.Overlaps({199, 300}));
  EXPECT_TRUE(range.Overlaps({1, 100}));
  EXPECT_TRUE(range.Overlaps({150, 151}));
  EXPECT_TRUE(range.Overlaps({1, 300}));
  EXPECT_FALSE(range.Overlaps({200, 300}));
  EXPECT_FALSE(range.Overlaps({1, 99}));
}

}  // namespace
}  // namespace pinnace
