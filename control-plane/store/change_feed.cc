#include "control-plane/store/change_feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"

namespace pinnace::store {

struct ChangeFeed::Watcher {
  uint64_t seen_version = 0;
  Store::OnChanges on_changes;
  bool lost = false;  // It has had its last call.
};

class ChangeFeed::Handle final : public Watching {
 public:
  Handle(ChangeFeed& feed, Watcher* watcher) : feed_(feed), watcher_(watcher) {}
  ~Handle() override { feed_.Remove(watcher_); }

 private:
  ChangeFeed& feed_;
  Watcher* const watcher_;
};

namespace {

size_t BytesOf(const ChangeSet& changes) {
  size_t bytes = 0;
  for (const Change& change : changes.changes) {
    bytes += change.key.size() + change.value.value_or("").size();
  }
  return bytes;
}

}  // namespace

ChangeFeed::ChangeFeed(uint64_t version, Backlog backlog)
    : backlog_(backlog), version_(version), forgotten_version_(version) {}

ChangeFeed::~ChangeFeed() {
  std::thread thread;
  {
    absl::MutexLock lock(&mutex_);
    PINNACE_CHECK(watchers_.empty());
    stopped_ = true;
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void ChangeFeed::Append(ChangeSet changes) {
  absl::MutexLock lock(&mutex_);
  PINNACE_CHECK(changes.version > version_);
  version_ = changes.version;
  commits_bytes_ += BytesOf(changes);
  commits_.push_back(std::move(changes));
  while (commits_.size() > backlog_.commits ||
         commits_bytes_ > backlog_.bytes) {
    forgotten_version_ = commits_.front().version;
    commits_bytes_ -= BytesOf(commits_.front());
    commits_.pop_front();
  }
}

absl::Status ChangeFeed::CheckKnown(uint64_t after_version) const {
  if (after_version >= forgotten_version_ && after_version <= version_) {
    return absl::OkStatus();
  }
  return absl::OutOfRangeError(
      absl::StrCat("store: the changes after version ", after_version,
                   " are not known; those from version ", forgotten_version_,
                   " to ", version_, " are"));
}

absl::StatusOr<std::unique_ptr<Watching>> ChangeFeed::Watch(
    uint64_t after_version, Store::OnChanges on_changes) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = CheckKnown(after_version);
  if (!status.ok()) return status;
  auto watcher = std::make_shared<Watcher>();
  watcher->seen_version = after_version;
  watcher->on_changes = std::move(on_changes);
  watchers_.push_back(watcher);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return std::make_unique<Handle>(*this, watcher.get());
}

void ChangeFeed::Remove(Watcher* watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.remove_if([watcher](const std::shared_ptr<Watcher>& one) {
    return one.get() == watcher;
  });
  if (thread_.get_id() == std::this_thread::get_id()) return;
  const auto returned = [this, watcher]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return called_ != watcher;
  };
  mutex_.Await(absl::Condition(&returned));
}

ChangeFeed::Watcher* ChangeFeed::NextToCall() const {
  for (const std::shared_ptr<Watcher>& watcher : watchers_) {
    if (!watcher->lost && watcher->seen_version < version_) {
      return watcher.get();
    }
  }
  return nullptr;
}

absl::StatusOr<ChangeSet> ChangeFeed::Take(Watcher& watcher) const {
  absl::Status status = CheckKnown(watcher.seen_version);
  if (!status.ok()) {
    watcher.lost = true;
    return status;
  }
  auto next =
      std::upper_bound(commits_.begin(), commits_.end(), watcher.seen_version,
                       [](uint64_t version, const ChangeSet& commit) {
                         return version < commit.version;
                       });
  PINNACE_CHECK(next != commits_.end());
  watcher.seen_version = next->version;
  return *next;
}

void ChangeFeed::Run() {
  absl::MutexLock lock(&mutex_);
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || NextToCall() != nullptr;
  };
  while (true) {
    mutex_.Await(absl::Condition(&wanted));
    if (stopped_) return;
    called_ = NextToCall();
    // Kept beyond a call that drops it.
    const auto watcher =
        *std::find_if(watchers_.begin(), watchers_.end(),
                      [this](const std::shared_ptr<Watcher>& one) {
                        return one.get() == called_;
                      });
    const absl::StatusOr<ChangeSet> changes = Take(*watcher);
    mutex_.Unlock();
    watcher->on_changes(changes);
    mutex_.Lock();
    called_ = nullptr;
  }
}

}  // namespace pinnace::store
