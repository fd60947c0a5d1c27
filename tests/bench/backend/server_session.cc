#include "tests/bench/backend/server_session.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {
namespace {

// A turn's share of one transfer: control connections are not to wait long.
constexpr int64_t kTurnBytes = 256 * 1024;

// Larger ones are bulk.
constexpr int64_t kBulkBytes = 1024 * 1024;

// "file-4M" is 4 MiB; no number is nothing.
int64_t SizeInName(absl::string_view name) {
  int64_t unit = 1;
  if (absl::ConsumeSuffix(&name, "K")) unit = int64_t{1} << 10;
  if (absl::ConsumeSuffix(&name, "M")) unit = int64_t{1} << 20;
  if (absl::ConsumeSuffix(&name, "G")) unit = int64_t{1} << 30;
  const size_t digits = name.find_last_not_of("0123456789") + 1;
  int64_t number = 0;
  return absl::SimpleAtoi(name.substr(digits), &number) ? number * unit : 0;
}

// In a thread of its own, as servers with a process per session do it: control
// connections do not wait for it.
void SendBulk(int data, int control, const Content* content, int64_t left) {
  fcntl(data, F_SETFL, fcntl(data, F_GETFL) & ~O_NONBLOCK);
  while (left > 0) {
    const ssize_t sent = content->SendTo(data, left);
    if (sent <= 0) break;
    left -= sent;
  }
  close(data);
  SendLine(control, left == 0 ? "226 Sent.\r\n" : "426 Broken.\r\n");
  close(control);
}

}  // namespace

void ServerSession::Start(const Shared& shared, int fd) {
  SetNoDelay(fd);
  auto* session = new ServerSession(shared, fd);  // Retired by End().
  shared.poller.Watch(fd, EPOLLIN, session);
  SendLine(fd, "220 Bench ready.\r\n");
}

ServerSession::~ServerSession() {
  shared_.ports.Forget(this);
  CloseData();
  close(fd_);
}

void ServerSession::OnEvents(uint32_t) {
  std::array<char, 4096> buffer;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) return End();
  input_.append(buffer.data(), static_cast<size_t>(size));
  size_t begin = 0;
  for (size_t end; (end = input_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    absl::string_view line(input_.data() + begin, end - begin);
    absl::ConsumeSuffix(&line, "\r");
    OnLine(line);
  }
  input_.erase(0, begin);
}

void ServerSession::OnLine(absl::string_view line) {
  const absl::string_view verb = line.substr(0, line.find(' '));
  if (verb == "NOOP") {
    SendLine(fd_, "200 OK.\r\n");
  } else if (verb == "USER") {
    SendLine(fd_, "331 Password, please.\r\n");
  } else if (verb == "PASS") {
    SendLine(fd_, "230 Logged in.\r\n");
  } else if (verb == "PASV" || verb == "EPSV") {
    extended_ = verb == "EPSV";
    shared_.ports.Forget(this);
    CloseData();
    shared_.ports.Want(this);
  } else if (verb == "RETR" || verb == "LIST") {
    StartTransfer(Task::kSend, SizeInName(line));
  } else if (verb == "STOR") {
    StartTransfer(Task::kReceive, 0);
  } else if (verb == "QUIT") {
    SendLine(fd_, "221 Goodbye.\r\n");
    shutdown(fd_, SHUT_WR);
  } else if (verb == "FEAT") {
    SendLine(fd_, "211-Features:\r\n EPSV\r\n211 End\r\n");
  } else {
    SendLine(fd_, "200 Command is fine.\r\n");
  }
}

void ServerSession::OnPort(uint16_t port) {
  if (extended_) {
    SendLine(fd_,
             absl::StrCat("229 Extended passive mode (|||", port, "|)\r\n"));
    return;
  }
  SendLine(fd_, absl::StrCat("227 Passive mode (",
                             absl::StrReplaceAll(shared_.announced.ToString(),
                                                 {{".", ","}}),
                             ",", port / 256, ",", port % 256, ")\r\n"));
}

void ServerSession::OnDataConnection(int fd) {
  CloseData();
  data_ = fd;
  if (task_ != Task::kNone) BeginToMove();
}

void ServerSession::StartTransfer(Task task, int64_t bytes) {
  task_ = task;
  left_ = bytes;
  SendLine(fd_, "150 Here it comes.\r\n");
  if (data_ >= 0) BeginToMove();
}

void ServerSession::BeginToMove() {
  if (task_ == Task::kReceive || left_ < kBulkBytes) return Move();
  task_ = Task::kNone;
  std::thread(SendBulk, std::exchange(data_, -1), dup(fd_), &shared_.content,
              left_)
      .detach();
}

void ServerSession::Move() {
  if (task_ == Task::kReceive) {
    const Dropped dropped = Drop(data_, kTurnBytes);
    if (dropped.finished) return FinishTransfer("226 Stored.\r\n");
    if (dropped.broken) return FinishTransfer("426 Broken.\r\n");
  } else {
    int64_t budget = std::min(left_, kTurnBytes);
    while (budget > 0) {
      const ssize_t sent = shared_.content.SendTo(data_, budget);
      if (sent < 0 && errno != EAGAIN) return FinishTransfer("426 Broken.\r\n");
      if (sent <= 0) break;
      budget -= sent;
      left_ -= sent;
    }
    if (left_ == 0) return FinishTransfer("226 Sent.\r\n");
  }
  if (data_watched_) return;
  data_watched_ = true;
  if (data_waiter_ == nullptr) {
    data_waiter_ = std::make_unique<DataWaiter>(*this);
  }
  shared_.poller.Watch(data_, task_ == Task::kReceive ? EPOLLIN : EPOLLOUT,
                       data_waiter_.get());
}

void ServerSession::FinishTransfer(absl::string_view reply) {
  CloseData();
  task_ = Task::kNone;
  SendLine(fd_, reply);
}

void ServerSession::CloseData() {
  if (data_ < 0) return;
  close(data_);
  data_ = -1;
  data_watched_ = false;
}

void ServerSession::End() {
  // A late event of this turn finds it still there.
  CloseData();
  task_ = Task::kNone;
  shared_.poller.Rewatch(fd_, 0, this);
  shared_.poller.Retire(std::unique_ptr<Poller::Waiter>(this));
}

}  // namespace pinnace::bench
