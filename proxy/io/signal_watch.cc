#include "proxy/io/signal_watch.h"

#include <utility>

#include "proxy/base/check.h"

namespace pinnace::io {

SignalWatch::SignalWatch(Loop& loop, int signum,
                         absl::AnyInvocable<void()> raised)
    : handle_(new uv_signal_t), raised_(std::move(raised)) {
  PINNACE_CHECK(uv_signal_init(loop.uv(), handle_) == 0);
  handle_->data = this;
  PINNACE_CHECK(uv_signal_start(
                    handle_,
                    [](uv_signal_t* handle, int) {
                      static_cast<SignalWatch*>(handle->data)->OnRaised();
                    },
                    signum) == 0);
}

SignalWatch::~SignalWatch() {
  uv_signal_stop(handle_);
  uv_close(reinterpret_cast<uv_handle_t*>(handle_), [](uv_handle_t* handle) {
    delete reinterpret_cast<uv_signal_t*>(handle);
  });
}

void SignalWatch::OnRaised() {
  Lifeline::Guard guard(lifeline_);
  // A callable must not be destroyed while it runs, the watch may be.
  absl::AnyInvocable<void()> raised = std::move(raised_);
  raised();
  if (guard.alive()) raised_ = std::move(raised);
}

}  // namespace pinnace::io
