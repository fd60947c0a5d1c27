// One direction of a transfer: moves bytes from one connected socket to another until
// end of file, which it passes on as FIN (half-close). The first kRelayCopyBytes go through the
// loop's shared buffer; what is longer is bulk and goes by splice(2) through a pooled pipe. Moves at most
// kRelayTurnBytes a turn. The sockets and watches are the owner's and outlive it. One thread.
#ifndef PINNACE_PROXY_IO_RELAY_H_
#define PINNACE_PROXY_IO_RELAY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "proxy/io/loop.h"
#include "proxy/io/pipe_pool.h"
#include "proxy/io/socket.h"

namespace pinnace::io {

class Relay final {
 public:
  enum class Leg : uint8_t { kSource, kSink };
  class Owner {
   public:
    // The source's end of file and every byte before it have gone to the sink's
    // kernel buffer, and its FIN is sent.
    virtual void OnRelayDone(int64_t bytes) = 0;
    // A leg broke (RST, error): nothing more moves. The owner resets the other one.
    virtual void OnRelayBroken(Leg leg, const absl::Status& status, int64_t bytes) = 0;

   protected:
    ~Owner() = default;
  };
  struct End {
    Socket* socket;
    Loop::Watch* watch;  // Redirect()ed to the relay
  };

  // Starts to move within this loop turn (deferred), so no owner call happens inside the constructor.
  Relay(Loop& loop, PipePool& pipes, End source, End sink, Owner* owner);
  ~Relay();

  int64_t bytes_moved() const;
