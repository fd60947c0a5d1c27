// A reliable stream of bytes in both directions, as sessions use it: a TCP
// connection, TLS over one, or a fake in a test. One thread.
#ifndef PINNACE_PROXY_IO_BYTE_STREAM_H_
#define PINNACE_PROXY_IO_BYTE_STREAM_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pinnace::io {

class ByteStream {
 public:
  // May destroy the stream in any of these calls.
  class Owner {
   public:
    // `bytes` is valid during the call only.
    virtual void OnBytes(ByteStream& stream, absl::string_view bytes) = 0;
    // The peer has finished sending (OK), or the connection broke. The last
    // call for this stream. After OK it can still be written to.
    virtual void OnEnd(ByteStream& stream, const absl::Status& status) = 0;
    // All that was written has gone to the kernel, after unsent_bytes() was
    // above zero.
    virtual void OnDrained(ByteStream& stream) = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~ByteStream() = default;

  // Sends what the kernel takes now and keeps the rest. Errors arrive through
  // OnEnd, never inside this call.
  virtual void Write(absl::string_view bytes) = 0;
  // As Write. FinishAndClose follows in the same turn, so that the FIN may
  // travel with these bytes.
  virtual void WriteLast(absl::string_view bytes) = 0;
  virtual size_t unsent_bytes() const = 0;

  // No OnBytes until resumed; what the kernel holds stays there. OnEnd with OK
  // waits too.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;

  // Aborts with RST and detaches: no further call to the owner. The owner then
  // drops it.
  virtual void Reset() = 0;

 private:
  friend void FinishAndClose(std::unique_ptr<ByteStream> stream,
                             absl::Time deadline);
  // Moves what has to live on out of this stream, which is destroyed right
  // after. A stream with nothing behind it (a fake) just ends.
  virtual void Linger(absl::Time deadline) {}
};

// A polite end: flushes, sends FIN, reads and drops what still comes until the
// peer's FIN or `deadline`, closes. Takes the stream over; the former owner
// gets no further call. The loop keeps it until then.
void FinishAndClose(std::unique_ptr<ByteStream> stream, absl::Time deadline);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_BYTE_STREAM_H_
