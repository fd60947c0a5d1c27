#include "tests/bench/load/load.h"

#include <algorithm>
#include <utility>

#include "tests/bench/net/tcp.h"

namespace pinnace::bench {

Load::Load(const Options& options)
    : options_(options),
      content_(options.content),
      shared_{.poller = poller_,
              .target = options.target,
              .setup = options.setup,
              .size = options.size,
              .content = content_,
              .owner = this} {}

bool Load::LogIn() {
  stage_ = Stage::kLoggingIn;
  const int64_t at_once = std::min(kLoginsAtOnce, options_.sessions);
  for (int64_t i = 0; i < at_once; ++i) Connect();
  if (error_.empty()) poller_.Run();
  return error_.empty();
}

Measurement Load::Repeat(Task task) {
  stage_ = Stage::kRepeating;
  task_ = task;
  measurement_.Begin();
  std::vector<ClientSession*> sessions;
  for (const auto& [session, owned] : sessions_) sessions.push_back(session);
  for (ClientSession* session : sessions) StartNext(*session);
  if (running_ > 0) poller_.Run();
  return std::move(measurement_);
}

Measurement Load::RepeatLogins() {
  stage_ = Stage::kRepeatingLogins;
  measurement_.Begin();
  for (int64_t i = 0; i < options_.sessions && MayStart(); ++i) Connect();
  if (running_ > 0) poller_.Run();
  return std::move(measurement_);
}

int64_t Load::bytes() const {
  int64_t sum = dropped_bytes_;
  for (const auto& [session, owned] : sessions_) sum += session->bytes();
  return sum;
}

void Load::Connect() {
  auto owned = std::make_unique<ClientSession>(shared_);
  ClientSession& session = *owned;
  sessions_[&session] = std::move(owned);
  ++connected_;
  ++started_;
  ++running_;
  session.Connect();
}

bool Load::MayStart() {
  if (options_.count > 0 && started_ >= options_.count) return false;
  return options_.seconds == 0 || MonotonicNs() - measurement_.begun_ns() <
                                      options_.seconds * 1'000'000'000;
}

void Load::OnLoggedIn(ClientSession& session) {
  if (stage_ == Stage::kRepeatingLogins) return session.Start(Task::kQuit);
  --running_;
  if (++logged_in_ == options_.sessions) {
    started_ = 0;
    poller_.Stop();
  } else if (connected_ < options_.sessions) {
    Connect();
  }
}

void Load::OnDone(ClientSession& session, Task) {
  --running_;
  measurement_.Count(session.started_ns());
  if (stage_ == Stage::kRepeating) {
    StartNext(session);
  } else {
    Drop(session);
    if (MayStart()) Connect();
  }
  StopWhenIdle();
}

void Load::StartNext(ClientSession& session) {
  if (!MayStart()) return;
  ++started_;
  ++running_;
  session.Start(task_);
}

void Load::OnError(ClientSession& session, const std::string& why) {
  --running_;
  measurement_.CountError(why);
  Drop(session);
  if (stage_ == Stage::kLoggingIn) {
    error_ = why;
    poller_.Stop();
    return;
  }
  if (stage_ == Stage::kRepeatingLogins && MayStart()) Connect();
  StopWhenIdle();
}

void Load::Drop(ClientSession& session) {
  const auto found = sessions_.find(&session);
  dropped_bytes_ += session.bytes();
  poller_.Retire(std::move(found->second));
  sessions_.erase(found);
}

void Load::StopWhenIdle() {
  if (running_ == 0) poller_.Stop();
}

}  // namespace pinnace::bench
