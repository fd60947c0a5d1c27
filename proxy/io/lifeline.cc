#include "proxy/io/lifeline.h"

namespace pinnace::io {

Lifeline::Guard::Guard(Lifeline& lifeline)
    : lifeline_(&lifeline), outer_(lifeline.innermost_) {
  lifeline.innermost_ = this;
}

Lifeline::Guard::~Guard() {
  if (alive()) lifeline_->innermost_ = outer_;
}

Lifeline::~Lifeline() {
  for (Guard* guard = innermost_; guard != nullptr; guard = guard->outer_) {
    guard->lifeline_ = nullptr;
  }
}

}  // namespace pinnace::io
