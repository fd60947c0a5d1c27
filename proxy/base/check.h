// PINNACE_CHECK: an invariant of ours. A broken one ends the process with the
// place and the condition, in every build mode. Any thread.
#ifndef PINNACE_PROXY_BASE_CHECK_H_
#define PINNACE_PROXY_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#include "proxy/base/log.h"

namespace pinnace::internal {

[[noreturn]] inline void CheckFailed(const char* condition, const char* file,
                                     int line) {
  FlushLog();
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace pinnace::internal

#define PINNACE_CHECK(condition) \
  ((condition)                   \
       ? static_cast<void>(0)    \
       : ::pinnace::internal::CheckFailed(#condition, __FILE__, __LINE__))

#endif  // PINNACE_PROXY_BASE_CHECK_H_
