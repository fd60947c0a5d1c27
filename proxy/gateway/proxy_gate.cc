#include "proxy/gateway/proxy_gate.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "proxy/base/limits.h"

namespace pinnace::gateway {

using ingress::HeaderRefusal;
using ingress::HeaderRule;
using ingress::HeaderVerdict;
using ingress::ProxyHeader;
using ingress::ProxyReading;
using Kind = ingress::HeaderVerdict::Kind;

namespace {

std::optional<ProxyHeader> HeaderOf(const ProxyReading& reading) {
  if (reading.status != ProxyReading::Status::kHeader) return std::nullopt;
  return reading.header;
}

}  // namespace

ProxyGate::ProxyGate(io::Loop& loop, absl::Duration patience, Refused refused)
    : loop_(loop), patience_(patience), refused_(std::move(refused)) {}

ProxyGate::~ProxyGate() = default;

void ProxyGate::Add(Comer comer, Passed passed) {
  // Most balancers send it with the connection: then nothing has to be watched.
  ProxyReading reading;
  if (comer.rule != HeaderRule::kRefused) {
    reading = ingress::ReadProxyHeader(Peek(comer.socket).bytes);
  }
  HeaderVerdict verdict = ingress::Judge(comer.rule, reading);
  if (verdict.kind == Kind::kWait &&
      waiting_.size() >= limits::kMaxProxyWaiting) {
    if (comer.rule == HeaderRule::kMustNot) {
      // Whoever is not trusted takes nobody's place.
      verdict = {Kind::kPass};
    } else {
      // The oldest has had the most time.
      waiting_.back()->GiveWay();
    }
  }
  if (verdict.kind != Kind::kWait) {
    return Settle(std::move(comer), std::move(passed), verdict,
                  HeaderOf(reading));
  }
  waiting_.push_front(
      std::make_unique<Waiting>(*this, std::move(comer), std::move(passed)));
  waiting_.front()->place = waiting_.begin();
}

ProxyGate::Beginning ProxyGate::Peek(const io::Socket& socket) {
  const absl::Span<char> buffer =
      loop_.shared_buffer().subspan(0, limits::kMaxProxyHeaderBytes);
  while (true) {
    const ssize_t size =
        recv(socket.fd(), buffer.data(), buffer.size(), MSG_PEEK);
    if (size > 0) {
      return {absl::string_view(buffer.data(), static_cast<size_t>(size))};
    }
    if (size < 0 && errno == EINTR) continue;
    return {.has_ended = size == 0 || errno != EAGAIN};
  }
}

bool ProxyGate::Consume(const io::Socket& socket, size_t size) {
  while (size > 0) {
    const absl::Span<char> buffer = loop_.shared_buffer().subspan(0, size);
    const ssize_t taken = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) return false;
    size -= static_cast<size_t>(taken);
  }
  return true;
}

void ProxyGate::Settle(Comer comer, Passed passed, const HeaderVerdict& verdict,
                       const std::optional<ProxyHeader>& header) {
  switch (verdict.kind) {
    case Kind::kPass:
      if (header.has_value() && !Consume(comer.socket, header->size)) return;
      return passed(std::move(comer.socket), header);
    case Kind::kRefuse:
      refused_(verdict.refusal, comer.from, comer.to, verdict.why);
      return comer.socket.Reset();
    case Kind::kDrop:
    case Kind::kWait:
      return;
  }
}

ProxyGate::Waiting::Waiting(ProxyGate& gate, Comer comer, Passed passed)
    : gate_(gate),
      comer_(std::move(comer)),
      passed_(std::move(passed)),
      watch_(gate.loop_.WatchSocket(comer_.socket.fd(), this, comer_.priority)),
      timer_(gate.loop_, [this] { OnTimeout(); }) {
  timer_.Set(gate.loop_.now() + gate.patience_);
}

void ProxyGate::Waiting::OnReady(io::Readiness readiness) {
  if (!readiness.readable && !readiness.peer_finished && !readiness.hang_up) {
    return;
  }
  const Beginning beginning = gate_.Peek(comer_.socket);
  const ProxyReading reading = ingress::ReadProxyHeader(beginning.bytes);
  HeaderVerdict verdict = ingress::Judge(comer_.rule, reading);
  if (verdict.kind == Kind::kWait) {
    if (!beginning.has_ended && !readiness.peer_finished &&
        !readiness.hang_up) {
      return;
    }
    verdict = ingress::JudgeSilence(comer_.rule, ingress::Silence::kEnded,
                                    beginning.bytes);
  }
  Settle(verdict, HeaderOf(reading));
}

void ProxyGate::Waiting::GiveWay() {
  // It owes no header: its time is over early, no more.
  if (comer_.rule == HeaderRule::kMustNot) return OnTimeout();
  Settle(HeaderVerdict::Refuse(HeaderRefusal::kTooMany,
                               "too many wait for their PROXY header"),
         std::nullopt);
}

void ProxyGate::Waiting::OnTimeout() {
  const Beginning beginning = gate_.Peek(comer_.socket);
  const ProxyReading reading = ingress::ReadProxyHeader(beginning.bytes);
  HeaderVerdict verdict = ingress::Judge(comer_.rule, reading);
  if (verdict.kind == Kind::kWait) {
    verdict = ingress::JudgeSilence(comer_.rule, ingress::Silence::kTimedOut,
                                    beginning.bytes);
  }
  Settle(verdict, HeaderOf(reading));
}

void ProxyGate::Waiting::Settle(const HeaderVerdict& verdict,
                                const std::optional<ProxyHeader>& header) {
  // Whoever is passed on may go to another loop.
  if (verdict.kind == Kind::kPass) watch_->Release();
  watch_.reset();
  ProxyGate& gate = gate_;
  Comer comer = std::move(comer_);
  Passed passed = std::move(passed_);
  gate.waiting_.erase(place);
  gate.Settle(std::move(comer), std::move(passed), verdict, header);
}

}  // namespace pinnace::gateway
