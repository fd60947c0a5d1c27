// Whether the process has nearly as much memory resident as it may
// (limits.memory). A thread of its own looks, as to look and to give unused
// memory back take longer than a worker's turn may. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_MEMORY_WATCH_H_
#define PINNACE_PROXY_GATEWAY_MEMORY_WATCH_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace pinnace::gateway {

// Bytes of this process; 0: not known.
uint64_t ResidentBytes();

class MemoryWatch {
 public:
  struct Memory {
    std::function<uint64_t()> resident = ResidentBytes;
    // Gives back to the kernel what is free; slow.
    std::function<void()> trim;
  };

  // `limit` in bytes; 0: no bound, and no thread. `memory` is asked on the
  // watch's own thread.
  explicit MemoryWatch(uint64_t limit);
  MemoryWatch(uint64_t limit, Memory memory);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  // New sessions would have no room.
  bool is_short() const { return is_short_.load(std::memory_order_relaxed); }

  // One look, for tests; the thread does the same.
  void Look();

 private:
  void Run();

  const uint64_t limit_;
  const Memory memory_;
  std::atomic<bool> is_short_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;  // by mutex_
  std::thread thread_;     // last: it uses the others
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_MEMORY_WATCH_H_
