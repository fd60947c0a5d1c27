#include "proxy/gateway/memory_watch.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace pinnace::gateway {
namespace {

constexpr uint64_t kMib = 1024 * 1024;

void TrimHeap() { malloc_trim(0); }

}  // namespace

uint64_t ResidentBytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen("/proc/self/statm", "re"), std::fclose);
  unsigned long long size = 0, resident = 0;
  if (file == nullptr ||
      std::fscanf(file.get(), "%llu %llu", &size, &resident) != 2) {
    return 0;
  }
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

MemoryWatch::MemoryWatch(uint64_t limit)
    : MemoryWatch(limit, {.resident = ResidentBytes, .trim = TrimHeap}) {}

MemoryWatch::MemoryWatch(uint64_t limit, Memory memory)
    : limit_(limit), memory_(std::move(memory)) {
  if (limit_ > 0) thread_ = std::thread([this] { Run(); });
}

MemoryWatch::~MemoryWatch() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ended_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void MemoryWatch::Look() {
  const auto above = [this](double share) {
    return static_cast<double>(memory_.resident()) >
           static_cast<double>(limit_) * share;
  };
  const bool was_short = is_short();
  if (!above(was_short ? limits::kMemoryTakenBelow
                       : limits::kMemoryRefusedFrom)) {
    if (was_short) Log(LogLevel::kInfo, "memory: new sessions are taken again");
    is_short_.store(false, std::memory_order_relaxed);
    return;
  }
  // What sessions that are gone have left is the allocator's, not ours.
  memory_.trim();
  const bool now_short =
      above(was_short ? limits::kMemoryTakenBelow : limits::kMemoryRefusedFrom);
  if (now_short && !was_short) {
    Log(LogLevel::kWarning,
        absl::StrCat("memory: ", memory_.resident() / kMib, " MiB of ",
                     limit_ / kMib,
                     " MiB (gateway.limits.memory) are in use: new sessions "
                     "are refused until it is less"));
  }
  if (!now_short && was_short) {
    Log(LogLevel::kInfo, "memory: new sessions are taken again");
  }
  is_short_.store(now_short, std::memory_order_relaxed);
}

void MemoryWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!is_ended_) {
    lock.unlock();
    Look();
    lock.lock();
    ended_.wait_for(lock, absl::ToChronoMilliseconds(limits::kMemoryLook),
                    [this] { return is_ended_; });
  }
}

}  // namespace pinnace::gateway
