#include "tests/bench/load/client_session.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {
namespace {

constexpr size_t kTurnBytes = 512 * 1024;

std::optional<Address> DataAddress(int code, absl::string_view reply,
                                   const IpAddress& target) {
  const std::string text(reply);
  if (code == 227) {
    unsigned h[4], p[2];
    const char* begin = std::strchr(text.c_str(), '(');
    if (begin == nullptr ||
        std::sscanf(begin, "(%u,%u,%u,%u,%u,%u)", &h[0], &h[1], &h[2], &h[3],
                    &p[0], &p[1]) != 6) {
      return std::nullopt;
    }
    const auto byte = [](unsigned n) { return static_cast<uint8_t>(n); };
    return Address{
        IpAddress::FromIpv4({byte(h[0]), byte(h[1]), byte(h[2]), byte(h[3])}),
        static_cast<uint16_t>(p[0] * 256 + p[1])};
  }
  unsigned port;
  const char* begin = std::strstr(text.c_str(), "(|||");
  if (begin == nullptr || std::sscanf(begin, "(|||%u|)", &port) != 1) {
    return std::nullopt;
  }
  return Address{target, static_cast<uint16_t>(port)};
}

}  // namespace

ClientSession::ClientSession(const Shared& shared) : shared_(shared) {}

ClientSession::~ClientSession() {
  if (data_ >= 0) close(data_);
  if (fd_ >= 0) close(fd_);
}

void ClientSession::Connect() {
  started_ns_ = MonotonicNs();
  fd_ = bench::Connect(shared_.target);
  if (fd_ < 0) return Fail(absl::StrCat("connect: ", std::strerror(errno)));
  SetNoDelay(fd_);
  shared_.poller.Watch(fd_, EPOLLIN, this);
}

void ClientSession::OnEvents(uint32_t) {
  if (stage_ == Stage::kBroken) return;
  std::array<char, 4096> buffer;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) {
    if (stage_ == Stage::kQuit && replied_) return Done();
    return Fail(size == 0 ? "the control connection was closed"
                          : absl::StrCat("control: ", std::strerror(errno)));
  }
  input_.append(buffer.data(), static_cast<size_t>(size));
  for (size_t end; (end = input_.find('\n')) != std::string::npos;) {
    const std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    int code;
    // Lines inside a reply of many end nothing.
    if (line.size() < 4 || line[3] != ' ' ||
        !absl::SimpleAtoi(line.substr(0, 3), &code)) {
      continue;
    }
    OnReply(code, line);
    if (stage_ == Stage::kBroken) return;
  }
}

void ClientSession::OnReply(int code, absl::string_view line) {
  const auto unexpected = [&] {
    Fail(absl::StrCat("unexpected reply: ", absl::StripSuffix(line, "\r")));
  };
  switch (stage_) {
    case Stage::kGreeting:
      if (code != 220) return unexpected();
      stage_ = Stage::kUser;
      return Say("USER bench\r\n");
    case Stage::kUser:
      if (code != 331) return unexpected();
      stage_ = Stage::kPass;
      return Say("PASS bench\r\n");
    case Stage::kPass:
      if (code != 230) return unexpected();
      stage_ = Stage::kIdle;
      return shared_.owner->OnLoggedIn(*this);
    case Stage::kSetup:
      if (code != 227 && code != 229) return unexpected();
      return OpenData(line);
    case Stage::kTransfer:
      if (code < 200) return;
      if (code != 226) return unexpected();
      replied_ = true;
      return FinishWhenDone();
    case Stage::kNoop:
      if (code != 200) return unexpected();
      return Done();
    case Stage::kQuit:
      replied_ = true;
      return;
    case Stage::kIdle:
      return unexpected();
    case Stage::kBroken:
      return;
  }
}

void ClientSession::Start(Task task) {
  task_ = task;
  replied_ = false;
  started_ns_ = MonotonicNs();
  switch (task) {
    case Task::kNoop:
      stage_ = Stage::kNoop;
      return Say("NOOP\r\n");
    case Task::kQuit:
      stage_ = Stage::kQuit;
      return Say("QUIT\r\n");
    case Task::kRetr:
    case Task::kStor:
    case Task::kList:
      stage_ = Stage::kSetup;
      return Say(shared_.setup == DataSetup::kPasv ? "PASV\r\n" : "EPSV\r\n");
  }
}

void ClientSession::OpenData(absl::string_view reply) {
  const int code = reply[2] == '7' ? 227 : 229;
  const std::optional<Address> address =
      DataAddress(code, reply, shared_.target.ip);
  if (!address.has_value()) return Fail(absl::StrCat("bad reply: ", reply));
  data_ = bench::Connect(*address);
  if (data_ < 0) return Fail(absl::StrCat("data: ", std::strerror(errno)));
  left_ = shared_.size;
  stage_ = Stage::kTransfer;
  shared_.poller.Watch(data_, task_ == Task::kStor ? EPOLLOUT : EPOLLIN,
                       &data_waiter_);
  const absl::string_view verb = task_ == Task::kStor   ? "STOR"
                                 : task_ == Task::kList ? "LIST"
                                                        : "RETR";
  Say(absl::StrCat(verb, " file-", shared_.size, "\r\n"));
}

void ClientSession::OnData(uint32_t events) {
  if (data_ < 0 || stage_ == Stage::kBroken) return;
  if ((events & EPOLLERR) != 0) {
    return Fail(
        absl::StrCat("data connection: ", std::strerror(TakeError(data_))));
  }
  return task_ == Task::kStor ? Send() : Receive();
}

void ClientSession::Receive() {
  const Dropped dropped = Drop(data_, kTurnBytes);
  bytes_ += static_cast<int64_t>(dropped.bytes);
  left_ -= static_cast<int64_t>(dropped.bytes);
  if (dropped.broken) return Fail("the data connection broke");
  if (!dropped.finished) return;
  if (left_ != 0) return Fail(absl::StrCat(left_, " bytes are missing"));
  DataDone();
}

void ClientSession::Send() {
  size_t budget = kTurnBytes;
  while (left_ > 0 && budget > 0) {
    const ssize_t sent = shared_.content.SendTo(
        data_, std::min(left_, static_cast<int64_t>(budget)));
    if (sent < 0 && errno != EAGAIN) {
      return Fail(absl::StrCat("send: ", std::strerror(errno)));
    }
    if (sent <= 0) return;
    left_ -= sent;
    bytes_ += sent;
    budget -= static_cast<size_t>(sent);
  }
  if (left_ == 0) DataDone();
}

void ClientSession::DataDone() {
  close(std::exchange(data_, -1));
  FinishWhenDone();
}

void ClientSession::FinishWhenDone() {
  if (replied_ && data_ < 0) Done();
}

void ClientSession::Done() {
  stage_ = Stage::kIdle;
  if (task_ == Task::kQuit) close(std::exchange(fd_, -1));
  shared_.owner->OnDone(*this, task_);
}

void ClientSession::Say(absl::string_view line) {
  if (!SendLine(fd_, line)) Fail("the control connection broke");
}

void ClientSession::Fail(const std::string& why) {
  if (stage_ == Stage::kBroken) return;
  stage_ = Stage::kBroken;
  if (data_ >= 0) close(std::exchange(data_, -1));
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  shared_.owner->OnError(*this, why);
}

}  // namespace pinnace::bench
