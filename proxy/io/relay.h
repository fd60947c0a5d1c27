// One direction of a transfer: moves bytes from one connected socket to another
// until end of file, which it passes on as FIN (half-close). The first
// kRelayCopyBytes go through the loop's shared buffer; what is longer is bulk
// and goes by splice(2) through a pooled pipe. Past kRelayTurnBytes it stands
// in line behind the loop's other transfers. The sockets and watches are the
// owner's and outlive it. One thread.
#ifndef PINNACE_PROXY_IO_RELAY_H_
#define PINNACE_PROXY_IO_RELAY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proxy/io/loop.h"
#include "proxy/io/pipe_pool.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"
#include "proxy/io/unsent_bytes.h"
#include "proxy/rates/pacer.h"

namespace pinnace::io {

class Relay final {
 public:
  enum class Leg : uint8_t { kSource, kSink };
  // May destroy the relay in any call. After OnRelayDone and OnRelayBroken none
  // comes.
  class Owner {
   public:
    // The source's end of file and every byte before it have gone to the sink's
    // kernel buffer, and its FIN is sent.
    virtual void OnRelayDone(int64_t bytes) = 0;
    // Of a relay that holds the end: likewise, but for the FIN. The source has
    // had one.
    virtual void OnSourceEnded(int64_t bytes) = 0;
    // A leg broke (RST, error): nothing more moves. The owner resets the other
    // one.
    virtual void OnRelayBroken(Leg leg, const absl::Status& status,
                               int64_t bytes) = 0;

   protected:
    ~Owner() = default;
  };
  struct End {
    Socket* socket;
    Loop::Watch* watch;  // Redirect()ed to the relay
  };

  // What becomes of the source's end of file.
  enum class AtEnd : uint8_t { kPassOn, kHold };
  struct Options {
    AtEnd at_end = AtEnd::kPassOn;
    rates::Pacer* pacer = nullptr;  // outlives the relay; null: no limit
    // Of the whole. With one more OnRelayBroken says OUT_OF_RANGE of the
    // source, and not all of these have gone. 0: any number.
    int64_t max_bytes = 0;
  };

  // Starts to move when its place in the loop's line comes: no owner call
  // happens inside the constructor.
  Relay(Loop& loop, PipePool& pipes, End source, End sink,
        const Options& options, Owner* owner);
  // Bytes that were read and not yet sent are lost with it. Parks both watches.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // The end that is held, or that comes: it goes to the sink, and OnRelayDone
  // follows in a later turn.
  void PassEnd();

  // Taken by the sink's kernel buffer.
  int64_t bytes_moved() const { return moved_bytes_; }
  // When the source's first byte came; infinite future: none has.
  absl::Time first_byte() const { return first_byte_; }

 private:
  enum class Step : uint8_t { kMoved, kBlocked, kOver };
  class SourceReady final : public Loop::ReadyCallback {
   public:
    explicit SourceReady(Relay& relay) : relay_(relay) {}
    void OnReady(Readiness readiness) override;

   private:
    Relay& relay_;
  };
  class SinkReady final : public Loop::ReadyCallback {
   public:
    explicit SinkReady(Relay& relay) : relay_(relay) {}
    void OnReady(Readiness readiness) override;

   private:
    Relay& relay_;
  };

  // Moves until blocked, over, or out of budget.
  void Move();
  Step MoveOnce();
  // Bytes that may be received now; 0: the pace timer is set.
  size_t Room();
  Step OnReceived(size_t bytes);
  Step SendHeld();
  Step ReceiveByCopy(size_t room);
  Step ReceiveBySplice(size_t room);
  Step OnSendStopped(int error);
  Step OnReceiveStopped(int error);
  Step Finish();
  Step TellSourceEnded();
  Step Break(Leg leg, int error);
  Step Break(Leg leg, const absl::Status& status);
  bool WantsSplice();
  // Of a pipe that is empty.
  void PutPipeBack();
  size_t held_bytes() const { return unsent_.size() + pipe_bytes_; }

  Loop& loop_;
  PipePool& pipes_;
  const End source_;
  const End sink_;
  const Options options_;
  Owner* const owner_;
  SourceReady source_ready_;
  SinkReady sink_ready_;

  UnsentBytes unsent_;  // received by copying
  std::unique_ptr<Timer> pace_;
  std::optional<Pipe> pipe_;  // held only while it holds bytes
  size_t pipe_bytes_ = 0;
  int64_t moved_bytes_ = 0;
  int64_t received_bytes_ = 0;
  absl::Time first_byte_ = absl::InfiniteFuture();
  size_t turn_bytes_ = 0;  // received since the relay stood in line

  // Cleared by EAGAIN (the source also by a short receive), set by an edge.
  bool source_readable_ = false;
  bool sink_writable_ = true;
  bool source_finished_ = false;  // Its FIN is behind what the kernel holds.
  bool receive_to_end_ = false;   // A short receive does not mean drained.
  bool copy_only_ = false;        // splice(2) stops at urgent data; or no pipe.
  bool at_end_ = false;
  bool holds_end_;
  bool end_told_ = false;
  bool over_ = false;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_RELAY_H_
