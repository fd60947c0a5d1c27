// What can be seen of a gateway: its sessions, one by one or all, its numbers,
// and what happens to bans and backends. gateway.cc has what it does.
#include <algorithm>
#include <iterator>
#include <latch>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/steady_clock.h"
#include "proxy/gateway/gateway.h"

namespace pinnace::gateway {

// What one look at all sessions has come to. Each worker has its own part.
struct Gateway::Look {
  struct Part {
    std::vector<SessionId> ids;
    size_t next = 0;
    std::vector<session::SessionFacts> facts;
  };
  explicit Look(size_t workers)
      : parts(workers), done(static_cast<std::ptrdiff_t>(workers)) {}

  std::vector<Part> parts;
  std::latch done;
};

template <typename Work>
void Gateway::OnSession(SessionId id, Work work) {
  if (WorkerOf(id) >= workers_.size()) return;
  // Held until the work is done: the workers do not stop under it.
  MutexLock lock(&running_mutex_);
  if (!running_) return;
  const auto done = std::make_shared<std::latch>(1);
  Worker& worker = *workers_[WorkerOf(id)];
  worker.Post([&work, &worker, id, done] {
    work(worker.Find(id));
    done->count_down();
  });
  done->wait();
}

// A mailbox runs what is posted from within it in the next turn of the loop.
void Gateway::LookOn(Worker& worker, const std::shared_ptr<Look>& look) {
  Look::Part& part = look->parts[worker.id()];
  const size_t end =
      std::min(part.ids.size(), part.next + limits::kSessionsPerLook);
  for (; part.next < end; ++part.next) {
    // Some have ended since.
    const SessionRunner* runner = worker.Find(part.ids[part.next]);
    if (runner != nullptr) part.facts.push_back(runner->facts());
  }
  if (part.next < part.ids.size()) {
    worker.Post([&worker, look] { LookOn(worker, look); });
  } else {
    look->done.count_down();
  }
}

std::vector<session::SessionFacts> Gateway::Sessions() {
  const auto look = std::make_shared<Look>(workers_.size());
  {
    MutexLock lock(&running_mutex_);
    if (!running_) return {};
    for (const std::unique_ptr<Worker>& worker : workers_) {
      worker->Post([&worker = *worker, look] {
        Look::Part& part = look->parts[worker.id()];
        part.ids = worker.SessionIds();
        part.facts.reserve(part.ids.size());
        LookOn(worker, look);
      });
    }
    look->done.wait();
  }
  std::vector<session::SessionFacts> facts;
  facts.reserve(static_cast<size_t>(SessionCount()));
  for (Look::Part& part : look->parts) {
    std::move(part.facts.begin(), part.facts.end(), std::back_inserter(facts));
  }
  std::sort(facts.begin(), facts.end(),
            [](const session::SessionFacts& a, const session::SessionFacts& b) {
              return a.id < b.id;
            });
  return facts;
}

std::optional<session::SessionFacts> Gateway::FindSession(SessionId id) {
  std::optional<session::SessionFacts> facts;
  OnSession(id, [&](const SessionRunner* runner) {
    if (runner != nullptr) facts = runner->facts();
  });
  return facts;
}

std::optional<std::vector<TimelineEntry>> Gateway::TimelineOf(SessionId id,
                                                              uint64_t after) {
  std::optional<std::vector<TimelineEntry>> entries;
  OnSession(id, [&](const SessionRunner* runner) {
    if (runner != nullptr) entries = runner->timeline().Entries(after);
  });
  return entries;
}

bool Gateway::KillSession(SessionId id) {
  bool killed = false;
  OnSession(id, [&](SessionRunner* runner) {
    if (runner == nullptr) return;
    runner->Kill();
    killed = true;
  });
  return killed;
}

metrics::CounterValues Gateway::Counters() {
  metrics::CounterValues sum{};
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->counters().AddTo(sum);
  }
  return sum;
}

metrics::HistogramValues Gateway::Histograms() {
  metrics::HistogramValues sum{};
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->histograms().AddTo(sum);
  }
  return sum;
}

void Gateway::StartBanLook() {
  io::Loop& loop = workers_.front()->loop();
  ban_look_ = std::make_unique<io::Timer>(loop, [this, &loop] {
    TellOfBans();
    ban_look_->Set(loop.now() + limits::kBanLook);
  });
  ban_look_->Set(loop.now() + limits::kBanLook);
}

// They are made and lifted in many places, by this gateway and by others: all
// of it is in the table.
void Gateway::TellOfBans() {
  guard::BanTable& bans = guard_.bans();
  if (bans.version() == bans_told_) return;
  const guard::BanTable::Changes changes =
      bans.Since(bans_told_, limits::kMaxEventsPerRead, SteadyNow());
  bans_told_ = changes.version;
  for (const guard::BanTable::Change& change : changes.changes) {
    events_.Add({.kind = Event::Kind::kBan,
                 .ok = change.is_lifted,
                 .time = SteadyNow(),
                 .client = {change.ban.client.network, 0},
                 .user = change.ban.user,
                 .text = absl::StrCat(
                     change.ban.Key(), change.is_lifted ? " lifted" : " banned",
                     change.is_lifted || change.ban.reason.empty() ? "" : ": ",
                     change.is_lifted ? "" : change.ban.reason)});
  }
}

void Gateway::TellOfDrains(const fleet::Fleet& former,
                           const fleet::Fleet& next) {
  for (const fleet::Farm& farm : next.farms) {
    const fleet::Farm* before = former.FindFarm(farm.name);
    for (const fleet::Backend& backend : farm.backends) {
      const fleet::Backend* was =
          before == nullptr ? nullptr : before->FindBackend(backend.id);
      const bool drains = backend.state == fleet::AdminState::kDraining;
      const bool drained =
          was != nullptr && was->state == fleet::AdminState::kDraining;
      if (drains == drained) continue;
      events_.Add({.kind = Event::Kind::kDrain,
                   .ok = !drains,
                   .time = SteadyNow(),
                   .farm = farm.name,
                   .backend = backend.id,
                   .text = drains ? "drained" : "resumed"});
    }
  }
}

}  // namespace pinnace::gateway
