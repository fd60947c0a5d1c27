#include "proxy/metrics/histograms.h"

#include <numeric>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace pinnace::metrics {
namespace {

HistogramValue Of(const Histograms& histograms, Histogram which) {
  HistogramValues values{};
  histograms.AddTo(values);
  return values[static_cast<size_t>(which)];
}

TEST(HistogramsTest, BoundsAreInclusiveAndTheRestIsInfinity) {
  Histograms histograms;
  const absl::Span<const double> bounds =
      HistogramRows()[static_cast<size_t>(Histogram::kLogin)].bounds;
  histograms.Add(Histogram::kLogin, 0.0);
  histograms.Add(Histogram::kLogin, bounds[0]);
  histograms.Add(Histogram::kLogin, bounds[1]);
  histograms.Add(Histogram::kLogin, bounds[1] * 1.001);
  histograms.Add(Histogram::kLogin, absl::Hours(1));
  const HistogramValue value = Of(histograms, Histogram::kLogin);
  EXPECT_EQ(value.counts[0], 2);
  EXPECT_EQ(value.counts[1], 1);
  EXPECT_EQ(value.counts[2], 1);
  EXPECT_EQ(value.counts[bounds.size()], 1);
  EXPECT_EQ(value.count(), 5);
  EXPECT_NEAR(value.sum, 3600 + bounds[0] + bounds[1] * 2.001, 1e-9);
  EXPECT_EQ(Of(histograms, Histogram::kLeaseWait).count(), 0);
}

TEST(HistogramsTest, SumsOverWorkers) {
  Histograms one, two;
  one.Add(Histogram::kTransferBytes, 10.0);
  two.Add(Histogram::kTransferBytes, 1e15);
  HistogramValues sum{};
  one.AddTo(sum);
  two.AddTo(sum);
  EXPECT_EQ(sum[static_cast<size_t>(Histogram::kTransferBytes)].count(), 2);
  EXPECT_EQ(sum[static_cast<size_t>(Histogram::kTransferBytes)].sum, 1e15 + 10);
}

TEST(HistogramsTest, RowsAreWellFormed) {
  std::set<std::string> names;
  for (const HistogramRow& row : HistogramRows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_LE(row.bounds.size(), kMaxBounds) << row.name;
    for (size_t i = 1; i < row.bounds.size(); ++i) {
      EXPECT_LT(row.bounds[i - 1], row.bounds[i]) << row.name;
    }
  }
}

}  // namespace
}  // namespace pinnace::metrics
