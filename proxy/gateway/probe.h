// One look at one backend. Dropping it ends it. One thread.
#ifndef PINNACE_PROXY_GATEWAY_PROBE_H_
#define PINNACE_PROXY_GATEWAY_PROBE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/ftp/reply_reader.h"
#include "proxy/io/dial.h"
#include "proxy/io/loop.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/io/timer.h"

namespace pinnace::gateway {

class Probe final : public io::ByteStream::Owner {
 public:
  // The lines of the FEAT reply (none when the backend has no FEAT), or what is
  // wrong with the backend. Called once, and may drop the probe.
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)>;

  Probe(io::Loop& loop, const HostPort& address, absl::Duration timeout,
        Done done);
  ~Probe();

 private:
  enum class Step : uint8_t { kConnecting, kGreeting, kFeatures, kDone };

  void OnConnected(absl::StatusOr<io::Connected> result);
  // Whether more replies are wanted; after kEnough the probe may be gone.
  enum class Wants : uint8_t { kMore, kEnough };
  Wants OnReply(const ftp::Reply& reply);
  void Finish(absl::StatusOr<std::vector<std::string>> result);
  void OnBytes(io::ByteStream& stream, absl::string_view bytes) override;
  void OnEnd(io::ByteStream& stream, const absl::Status& status) override;
  void OnDrained(io::ByteStream&) override {}

  io::Loop& loop_;
  Done done_;
  Step step_ = Step::kConnecting;
  ftp::ReplyReader replies_;
  std::unique_ptr<io::Dial> dial_;
  std::unique_ptr<io::TcpStream> stream_;
  io::Timer timer_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBE_H_
