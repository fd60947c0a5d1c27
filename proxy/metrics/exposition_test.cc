#include "proxy/metrics/exposition.h"

#include "gtest/gtest.h"

namespace pinnace::metrics {
namespace {

TEST(ExpositionTest, WritesFamiliesAndEscapesLabels) {
  Exposition exposition;
  exposition.Family("backend_sessions", Exposition::Type::kGauge, "Sessions.");
  exposition.Sample({{"farm", "main"}, {"backend", "a\"\\\n"}}, 3);
  exposition.Sample({{"farm", "main"}, {"backend", "b"}}, -1);
  exposition.Gauge("sessions", "A \\ and\na line.", 4);
  EXPECT_EQ(
      exposition.TakeText(),
      "# HELP pinnace_backend_sessions Sessions.\n"
      "# TYPE pinnace_backend_sessions gauge\n"
      "pinnace_backend_sessions{farm=\"main\",backend=\"a\\\"\\\\\\n\"} 3\n"
      "pinnace_backend_sessions{farm=\"main\",backend=\"b\"} -1\n"
      "# HELP pinnace_sessions A \\\\ and\\na line.\n"
      "# TYPE pinnace_sessions gauge\n"
      "pinnace_sessions 4\n");
}

TEST(ExpositionTest, ShowsEveryCounterWithItsValue) {
  Counters counters;
  counters.Add(Counter::kLogins, 2);
  counters.Add(Counter::kLogins);
  CounterValues sum{};
  counters.AddTo(sum);
  Exposition exposition;
  exposition.AddCounters(sum);
  const std::string text = exposition.TakeText();
  EXPECT_NE(text.find("\n# TYPE pinnace_logins_total counter\n"
                      "pinnace_logins_total 3\n"),
            std::string::npos);
  for (const CounterRow& row : CounterRows()) {
    EXPECT_NE(text.find(std::string("\npinnace_") + row.name + " "),
              std::string::npos)
        << row.name;
  }
}

TEST(ExpositionTest, HistogramsAreCumulative) {
  Histograms histograms;
  histograms.Add(Histogram::kLeaseWait, 0.0);
  histograms.Add(Histogram::kLeaseWait, 0.02);
  histograms.Add(Histogram::kLeaseWait, 60.0);
  HistogramValues sum{};
  histograms.AddTo(sum);
  Exposition exposition;
  exposition.AddHistograms(sum);
  const std::string text = exposition.TakeText();
  EXPECT_NE(text.find("\n# TYPE pinnace_lease_wait_seconds histogram\n"
                      "pinnace_lease_wait_seconds_bucket{le=\"0.0005\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("pinnace_lease_wait_seconds_bucket{le=\"0.01\"} 1\n"
                      "pinnace_lease_wait_seconds_bucket{le=\"0.025\"} 2\n"),
            std::string::npos);
  EXPECT_NE(text.find("pinnace_lease_wait_seconds_bucket{le=\"10\"} 2\n"
                      "pinnace_lease_wait_seconds_bucket{le=\"+Inf\"} 3\n"
                      "pinnace_lease_wait_seconds_sum 60.02\n"
                      "pinnace_lease_wait_seconds_count 3\n"),
            std::string::npos);
}

}  // namespace
}  // namespace pinnace::metrics
