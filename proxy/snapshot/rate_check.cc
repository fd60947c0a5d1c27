#include "proxy/snapshot/rate_check.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pinnace::snapshot {
namespace {

constexpr uint64_t kKib = 1024;

}  // namespace

void CheckRate(const v1::RateLimit& rate, const std::string& path,
               FieldProblems& problems) {
  const FieldCheck check(path, problems);
  const auto in = [&check](absl::string_view field, uint64_t value,
                           uint64_t least, uint64_t most,
                           absl::string_view range) {
    if (value == 0 || (value >= least && value <= most)) return;
    check.Complain(field,
                   absl::StrCat("must be ", range, ", or 0, not ", value));
  };
  constexpr absl::string_view kRates = "1 KiB to 1 TiB a second in bytes";
  in("download", rate.download(), kKib, kKib * kKib * kKib * kKib, kRates);
  in("upload", rate.upload(), kKib, kKib * kKib * kKib * kKib, kRates);
  in("burst", rate.burst(), 64 * kKib, kKib * kKib * kKib,
     "64 KiB to 1 GiB in bytes");
  if (rate.burst() != 0 && rate.download() == 0 && rate.upload() == 0) {
    check.Complain("burst", "needs download or upload");
  }
}

rates::TransferLimit DecodeRate(const v1::RateLimit& rate) {
  return {.download = {.bytes_per_second = rate.download(),
                       .burst_bytes = rate.burst()},
          .upload = {.bytes_per_second = rate.upload(),
                     .burst_bytes = rate.burst()}};
}

}  // namespace pinnace::snapshot
