// One signal of the process, told on a loop. One thread.
#ifndef PINNACE_PROXY_IO_SIGNAL_WATCH_H_
#define PINNACE_PROXY_IO_SIGNAL_WATCH_H_

#include <uv.h>

#include "absl/functional/any_invocable.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"

namespace pinnace::io {

class SignalWatch final {
 public:
  // `raised` is called at least once for signals that came close together.
  SignalWatch(Loop& loop, int signum, absl::AnyInvocable<void()> raised);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void OnRaised();

  uv_signal_t* handle_;  // Freed in its close callback.
  absl::AnyInvocable<void()> raised_;
  Lifeline lifeline_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_SIGNAL_WATCH_H_
