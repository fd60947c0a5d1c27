// std::mutex with the thread annotations of Abseil. Debian's Abseil is built
// without the thread sanitizer, so that absl::Mutex would hide races and invent
// others. Any thread.
#ifndef PINNACE_PROXY_BASE_MUTEX_H_
#define PINNACE_PROXY_BASE_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace pinnace {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_MUTEX_H_
