// Which refusals the log names: of each kind one in so long a time, with how
// many were left out since. Pure. One thread.
#ifndef PINNACE_PROXY_GUARD_REFUSAL_NOTICE_H_
#define PINNACE_PROXY_GUARD_REFUSAL_NOTICE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/guard/guard.h"

namespace pinnace::guard {

class RefusalNotice {
 public:
  // Whether this one is named, and then how many before it were not.
  std::optional<int64_t> OnRefusal(Refusal refusal, absl::Time now) {
    Kind& kind = kinds_[static_cast<size_t>(refusal)];
    if (now < kind.next) {
      ++kind.left_out;
      return std::nullopt;
    }
    kind.next = now + limits::kRefusalNotice;
    return std::exchange(kind.left_out, 0);
  }

 private:
  struct Kind {
    absl::Time next = absl::InfinitePast();
    int64_t left_out = 0;
  };
  std::array<Kind, static_cast<size_t>(Refusal::kCount)> kinds_;
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_REFUSAL_NOTICE_H_
