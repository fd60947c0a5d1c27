// What a run of the load has counted, as its line of JSON. One thread.
#ifndef PINNACE_TESTS_BENCH_LOAD_MEASUREMENT_H_
#define PINNACE_TESTS_BENCH_LOAD_MEASUREMENT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pinnace::bench {

class Measurement {
 public:
  void Begin();
  // One unit of work, that began at `started_ns`.
  void Count(int64_t started_ns);
  void CountError(const std::string& why);

  int64_t units() const { return static_cast<int64_t>(latencies_ns_.size()); }
  int64_t begun_ns() const { return begun_ns_; }
  std::string ToJson(int64_t bytes);

 private:
  double PercentileUs(double part);

  int64_t begun_ns_ = 0;
  std::vector<int64_t> latencies_ns_;
  int64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_LOAD_MEASUREMENT_H_
