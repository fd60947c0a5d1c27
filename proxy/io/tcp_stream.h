// A connected TCP socket as a ByteStream. Reads into one buffer that all
// streams of the loop share; holds no memory of its own while nothing is
// unsent. One thread.
#ifndef PINNACE_PROXY_IO_TCP_STREAM_H_
#define PINNACE_PROXY_IO_TCP_STREAM_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/io/byte_stream.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/unsent_bytes.h"

namespace pinnace::io {

class TcpStream final : public ByteStream, private Loop::ReadyCallback {
 public:
  // Starts to read at once: bytes arrive from the end of this turn on. `socket`
  // is connected. `watch`, if given, is its registration from dialling;
  // otherwise one is made.
  TcpStream(Loop& loop, Socket socket, Owner* owner,
            std::unique_ptr<Loop::Watch> watch = nullptr);
  // Closes at once; unread input makes that a RST.
  ~TcpStream() override;

  void Write(absl::string_view bytes) override {
    Send(bytes, UnsentBytes::More::kOpen);
  }
  void WriteLast(absl::string_view bytes) override {
    Send(bytes, UnsentBytes::More::kFin);
  }
  size_t unsent_bytes() const override { return unsent_.size(); }
  void PauseReading() override { paused_ = true; }
  void ResumeReading() override;
  void Reset() override;

  // The next owner gets every call from here on (TLS goes over this stream).
  void set_owner(Owner* owner) { owner_ = owner; }
  // Of its input, from the next turn on; kControl at first.
  void set_priority(Priority priority);
  // For options and addresses; closed after Reset.
  Socket& socket() { return socket_; }
  absl::StatusOr<Address> LocalAddress() const;
  absl::StatusOr<Address> PeerAddress() const;

 private:
  void OnReady(Readiness readiness) override;
  void Linger(absl::Time deadline) override;
  void Send(absl::string_view bytes, UnsentBytes::More more);
  void OnWritable();
  void Read();
  void OnReadStopped(int error);
  void Continue();
  void Fail(int error);
  void End(const absl::Status& status);

  Loop& loop_;
  Socket socket_;
  Owner* owner_;
  std::unique_ptr<Loop::Watch> watch_;  // destroyed before socket_
  UnsentBytes unsent_;
  absl::Status failure_;  // of a write, until OnEnd has told it
  Loop::Deferred continue_;
  Lifeline lifeline_;
  bool readable_ = false;     // The kernel may hold input.
  bool read_to_end_ = false;  // A short read does not mean drained.
  bool paused_ = false;
  bool ended_ = false;  // OnEnd was called.
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TCP_STREAM_H_
