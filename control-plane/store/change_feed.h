// The last commits of this process, in memory, delivered to watchers in order
// by one thread, which starts with the first of them. Any thread.
#ifndef PINNACE_CONTROL_PLANE_STORE_CHANGE_FEED_H_
#define PINNACE_CONTROL_PLANE_STORE_CHANGE_FEED_H_

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "control-plane/store/store.h"

namespace pinnace::store {

class ChangeFeed {
 public:
  // Of the last commits it knows at most so many, and so many bytes.
  struct Backlog {
    size_t commits;
    size_t bytes;
  };
  // Knows nothing up to `version`.
  ChangeFeed(uint64_t version, Backlog backlog);
  // CHECK: nobody watches any more.
  ~ChangeFeed();

  // Returns at once: calls nobody. CHECK: its version is a later one.
  void Append(ChangeSet changes) ABSL_LOCKS_EXCLUDED(mutex_);
  // As Store::Watch().
  absl::StatusOr<std::unique_ptr<Watching>> Watch(uint64_t after_version,
                                                  Store::OnChanges on_changes)
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Watcher;
  class Handle;

  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  Watcher* NextToCall() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the watcher is owed; moves it on.
  absl::StatusOr<ChangeSet> Take(Watcher& watcher) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckKnown(uint64_t after_version) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(Watcher* watcher) ABSL_LOCKS_EXCLUDED(mutex_);

  const Backlog backlog_;
  mutable absl::Mutex mutex_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_);
  uint64_t forgotten_version_ ABSL_GUARDED_BY(mutex_);
  std::deque<ChangeSet> commits_ ABSL_GUARDED_BY(mutex_);
  size_t commits_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  Watcher* called_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_CHANGE_FEED_H_
