#include "proxy/gateway/probe.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/features.h"

namespace pinnace::gateway {

using ftp::Reply;
using ftp::ReplyReader;

Probe::Probe(io::Loop& loop, const HostPort& address, absl::Duration timeout,
             Done done)
    : loop_(loop),
      done_(std::move(done)),
      replies_({.max_line_bytes = limits::kMaxReplyLineBytes,
                .max_reply_bytes = limits::kMaxReplyBytes}),
      timer_(loop, [this] {
        Finish(absl::DeadlineExceededError(
            step_ == Step::kGreeting ? "connected, but sent no greeting"
                                     : "no answer"));
      }) {
  const absl::Time deadline = loop.now() + timeout;
  timer_.Set(deadline);
  dial_ = io::Dial::Start(loop, address, {.deadline = deadline},
                          [this](absl::StatusOr<io::Connected> result) {
                            OnConnected(std::move(result));
                          });
}

Probe::~Probe() {
  if (stream_ != nullptr) {
    io::FinishAndClose(std::move(stream_), loop_.now() + limits::kCloseTimeout);
  }
}

void Probe::OnConnected(absl::StatusOr<io::Connected> result) {
  if (!result.ok()) return Finish(result.status());
  step_ = Step::kGreeting;
  stream_ = std::make_unique<io::TcpStream>(loop_, std::move(result->socket),
                                            this, std::move(result->watch));
}

void Probe::OnBytes(io::ByteStream&, absl::string_view bytes) {
  replies_.Append(bytes);
  Reply reply;
  while (true) {
    switch (replies_.Next(&reply)) {
      case ReplyReader::Status::kNeedMore:
        return;
      case ReplyReader::Status::kReply:
        if (OnReply(reply) == Wants::kEnough) return;
        break;
      case ReplyReader::Status::kMalformed:
      case ReplyReader::Status::kTooLong:
        return Finish(absl::DataLossError("its answer is not FTP"));
    }
  }
}

Probe::Wants Probe::OnReply(const Reply& reply) {
  if (reply.IsPreliminary()) return Wants::kMore;
  if (step_ == Step::kGreeting && reply.IsCompletion()) {
    step_ = Step::kFeatures;
    stream_->Write("FEAT\r\n");
    return Wants::kMore;
  }
  if (step_ == Step::kGreeting) {
    Finish(absl::UnavailableError(
        absl::StrCat("its greeting is ", reply.code(), " ",
                     Printable(reply.last_text(), 80))));
    return Wants::kEnough;
  }
  // A server without FEAT is a good server with no features.
  std::vector<std::string> lines;
  if (reply.IsCompletion()) {
    lines = ftp::FeatureList::FromReply(reply).lines();
  }
  stream_->Write("QUIT\r\n");
  Finish(std::move(lines));
  return Wants::kEnough;
}

void Probe::OnEnd(io::ByteStream&, const absl::Status& status) {
  Finish(absl::UnavailableError(status.ok() ? "it closed the connection"
                                            : status.message()));
}

void Probe::Finish(absl::StatusOr<std::vector<std::string>> result) {
  if (step_ == Step::kDone) return;
  step_ = Step::kDone;
  timer_.Set(absl::InfiniteFuture());
  // `done_` may destroy this.
  Done done = std::move(done_);
  done(std::move(result));
}

}  // namespace pinnace::gateway
