#include "proxy/gateway/transfer_meter.h"

#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

using session::Direction;

class TransferMeterTest : public testing::Test {
 protected:
  int64_t Count(metrics::Counter counter) const {
    metrics::CounterValues values{};
    counters_.AddTo(values);
    return values[static_cast<size_t>(counter)];
  }

  const absl::Time start_ = absl::FromUnixSeconds(1000);
  metrics::Counters counters_;
  std::shared_ptr<fleet::BackendStatus> a_ =
      std::make_shared<fleet::BackendStatus>();
  std::shared_ptr<fleet::BackendStatus> b_ =
      std::make_shared<fleet::BackendStatus>();
  TransferMeter meter_;
};

TEST_F(TransferMeterTest, TheRateIsOfTheLastSeconds) {
  EXPECT_EQ(meter_.Rate(0, start_), 0);
  meter_.Begin(Direction::kDownload, a_, start_);
  EXPECT_EQ(meter_.Rate(0, start_), 0);
  EXPECT_EQ(meter_.Rate(500, start_ + absl::Milliseconds(500)), 1000);
  // A thousand a second for ten seconds, then nothing.
  for (int i = 1; i <= 10; ++i) {
    meter_.Sample(i * 1000, start_ + absl::Seconds(i));
  }
  EXPECT_EQ(meter_.Rate(10'000, start_ + absl::Seconds(10)), 1000);
  for (int i = 11; i <= 14; ++i) {
    meter_.Sample(10'000, start_ + absl::Seconds(i));
  }
  EXPECT_EQ(meter_.Rate(10'000, start_ + absl::Seconds(14)), 0);
}

TEST_F(TransferMeterTest, TellsEachByteOnceAndToItsBackend) {
  meter_.Begin(Direction::kDownload, a_, start_);
  meter_.Tell(100, counters_);
  meter_.Tell(100, counters_);
  EXPECT_EQ(meter_.Untold(150), 50);
  meter_.Tell(150, counters_);
  meter_.Begin(Direction::kDownload, b_, start_);  // Another goes on with it.
  meter_.Tell(140, counters_);
  meter_.Tell(200, counters_);
  meter_.End();
  meter_.Tell(300, counters_);
  EXPECT_EQ(a_->bytes_to_clients.load(), 150);
  EXPECT_EQ(b_->bytes_to_clients.load(), 50);
  EXPECT_EQ(meter_.to_client(), 200);
  EXPECT_EQ(Count(metrics::Counter::kBytesToClients), 200);
  meter_.Begin(Direction::kUpload, b_, start_);
  meter_.Tell(7, counters_);
  EXPECT_EQ(b_->bytes_from_clients.load(), 7);
  EXPECT_EQ(meter_.to_backend(), 7);
  EXPECT_EQ(meter_.to_client(), 200);
  EXPECT_EQ(Count(metrics::Counter::kBytesToBackends), 7);
}

TEST_F(TransferMeterTest, TheFirstByteIsTheFirst) {
  meter_.Begin(Direction::kDownload, nullptr, start_);
  EXPECT_EQ(meter_.first_byte(), absl::InfiniteFuture());
  meter_.SeeFirstByte(start_ + absl::Seconds(2));
  meter_.SeeFirstByte(absl::InfiniteFuture());
  meter_.SeeFirstByte(start_ + absl::Seconds(3));
  EXPECT_EQ(meter_.first_byte(), start_ + absl::Seconds(2));
  meter_.End();
  meter_.Begin(Direction::kDownload, nullptr, start_);
  EXPECT_EQ(meter_.first_byte(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace pinnace::gateway
