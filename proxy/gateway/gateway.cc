#include "proxy/gateway/gateway.h"

#include <sys/resource.h>

#include <algorithm>
#include <latch>
#include <limits>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/steady_clock.h"
#include "proxy/fleet/balancer.h"
#include "proxy/fleet/drain.h"
#include "proxy/gateway/policy_rates.h"
#include "proxy/tls/kernel_tls.h"

namespace pinnace::gateway {
namespace {

constexpr absl::Duration kDrainPoll = absl::Milliseconds(20);

int WorkerCount(int wanted) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(wanted > 0 ? wanted : cores, 1, limits::kMaxWorkers);
}

// A wildcard address listens for every address of its family.
void DropCovered(std::set<IpAddress>& addresses) {
  for (const IpAddress& wildcard :
       {IpAddress(), IpAddress::FromIpv6(std::array<uint8_t, 16>{})}) {
    if (addresses.count(wildcard) == 0) continue;
    std::erase_if(addresses, [&wildcard](const IpAddress& address) {
      return address != wildcard && address.family() == wildcard.family();
    });
  }
}

// Two control connections, and two data connections in a transfer.
constexpr size_t kDescriptorsPerSession = 4;

uint64_t DescriptorLimit() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0
             ? limit.rlim_cur
             : std::numeric_limits<uint64_t>::max();
}

void WarnOfDescriptorLimit(size_t max_sessions, size_t listeners) {
  const uint64_t limit = DescriptorLimit();
  const size_t wanted = max_sessions * kDescriptorsPerSession + listeners;
  if (limit >= wanted) return;
  Log(LogLevel::kWarning,
      absl::StrCat("the limit of open descriptors is ", limit, "; ",
                   max_sessions,
                   " sessions (gateway.max_sessions) that all "
                   "transfer want ",
                   wanted));
}

snapshot::SnapshotPtr Prepared(const snapshot::Snapshot& snapshot,
                               absl::string_view zone) {
  auto prepared = std::make_shared<snapshot::Snapshot>(snapshot);
  prepared->fleet.Prepare(zone, nullptr);
  return prepared;
}

uint64_t RandomSecret() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

Gateway::Gateway(GatewayOptions options, snapshot::SnapshotPtr snapshot)
    : options_(std::move(options)),
      leases_(
          {.pool = options_.public_ports,
           .match = options_.data_source,
           .secret = RandomSecret(),
           .max_waiters_per_client = limits::kMaxLeaseWaitersPerClient,
           .max_pending_per_address = options_.max_pending_data_per_address},
          [this](const ports::LeaseOwner& owner, const IpAddress& source,
                 uint16_t port) {
            Worker& worker = *workers_[WorkerOf(owner.session)];
            worker.Post([&worker, owner, source, port] {
              worker.OnLeaseGranted(owner, source, port);
            });
          }),
      pins_(limits::kMaxPins),
      rates_(limits::kMaxRatedUsers),
      guard_(options_.guard),
      session_counts_(limits::kMaxCountedClients),
      events_(limits::kMaxEvents),
      memory_(options_.memory),
      tls_(options_.tls),
      shared_{.options = options_,
              .leases = leases_,
              .pins = pins_,
              .guard = guard_,
              .session_counts = session_counts_,
              .sessions = sessions_,
              .events = events_,
              .descriptors =
                  DescriptorReserve(DescriptorLimit(), options_.max_sessions),
              .memory = memory_,
              .pass_on =
                  [this](UnmatchedConnections::Matched connection) {
                    Worker& worker =
                        *workers_[WorkerOf(connection.owner.session)];
                    worker.Post([&worker,
                                 connection = std::move(connection)]() mutable {
                      worker.OnDataAccepted(std::move(connection));
                    });
                  },
              .tls = tls_,
              .rate = std::make_shared<rates::TransferBuckets>(),
              .rates = rates_},
      snapshot_(Prepared(*snapshot, options_.zone)) {
  SetRate(options_.rate);
}

void Gateway::SetRate(const rates::TransferLimit& limit) {
  shared_.rate->Set(limit);
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(
    GatewayOptions options, snapshot::SnapshotPtr snapshot) {
  std::unique_ptr<Gateway> gateway(
      new Gateway(std::move(options), std::move(snapshot)));
  const absl::Status tls = gateway->tls_.Load();
  if (!tls.ok()) return tls;
  if (gateway->options_.tls.has_value()) {
    Log(LogLevel::kInfo, tls::KernelTlsNote());
  }
  const absl::Status listening = gateway->Listen();
  if (!listening.ok()) return listening;
  Gateway& started = *gateway;
  WarnOfDescriptorLimit(started.options_.max_sessions,
                        started.leases_.ports().size());
  started.SetRunning();
  for (const std::unique_ptr<Worker>& worker : started.workers_) {
    worker->Start();
  }
  Worker& first = *started.workers_.front();
  first.Post([&started, &first, snapshot = started.snapshot()] {
    started.name_refresher_ = std::make_unique<NameRefresher>(
        first.loop(), started.options_.session.public_address.Names(),
        [&started](const ingress::ResolvedNames& names) {
          const auto shared =
              std::make_shared<const ingress::ResolvedNames>(names);
          for (const std::unique_ptr<Worker>& worker : started.workers_) {
            worker->Post(
                [&worker = *worker, shared] { worker.SetNames(shared); });
          }
        });
    started.prober_ = std::make_unique<Prober>(
        first.loop(),
        Prober::Options{
            .interval = started.options_.probe_interval,
            .seed = RandomSecret(),
            .on_change =
                [&started](absl::string_view farm, absl::string_view backend,
                           bool is_well, absl::string_view trouble) {
                  started.events_.Add({.kind = Event::Kind::kBackendHealth,
                                       .ok = is_well,
                                       .time = SteadyNow(),
                                       .farm = std::string(farm),
                                       .backend = std::string(backend),
                                       .text = std::string(trouble)});
                }},
        started.tls_);
    started.prober_->Publish(*snapshot);
    started.StartTlsRefresh();
    started.StartBanLook();
  });
  return gateway;
}

absl::Status Gateway::Listen() {
  const auto names = std::make_shared<const ingress::ResolvedNames>();
  const int count = WorkerCount(options_.workers);
  for (int i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(static_cast<WorkerId>(i),
                                                shared_, snapshot(), names));
  }
  std::set<IpAddress> data_addresses;
  for (const ListenerOptions& listener : options_.listeners) {
    data_addresses.insert(listener.address.ip);
    Address address = listener.address;
    for (const std::unique_ptr<Worker>& worker : workers_) {
      absl::StatusOr<Address> bound = worker->ListenControl(listener, address);
      if (!bound.ok()) return bound.status();
      address = *bound;  // The others share the port that the first was given.
    }
    listening_.push_back(address);
  }
  DropCovered(data_addresses);
  // Each worker listens on its part of the pool, from start to end.
  size_t turn = 0;
  for (const uint16_t port : leases_.ports()) {
    Worker& worker = *workers_[turn++ % workers_.size()];
    for (const IpAddress& ip : data_addresses) {
      const absl::Status status = worker.ListenData({ip, port});
      if (!status.ok()) {
        return absl::Status(
            status.code(),
            absl::StrCat("public port: ", status.message(),
                         " (if no server listens there, a connection has it: "
                         "keep the public ports out of "
                         "net.ipv4.ip_local_port_range, or name them in "
                         "net.ipv4.ip_local_reserved_ports)"));
      }
    }
  }
  return absl::OkStatus();
}

void Gateway::StartTlsRefresh() {
  io::Loop& loop = workers_.front()->loop();
  tls_refresh_ = std::make_unique<io::Timer>(loop, [this, &loop] {
    tls_.Refresh();
    tls_refresh_->Set(loop.now() + limits::kTlsRefresh);
  });
  tls_refresh_->Set(loop.now() + limits::kTlsRefresh);
}

void Gateway::RefreshTls() { tls_.Refresh(); }

Gateway::~Gateway() { Stop(absl::ZeroDuration()); }

bool Gateway::is_running() const {
  MutexLock lock(&running_mutex_);
  return running_;
}

void Gateway::SetRunning() {
  MutexLock lock(&running_mutex_);
  running_ = true;
}

void Gateway::Stop(absl::Duration patience) {
  if (is_running()) {
    draining_ = true;
    RefuseNewSessions();
    const absl::Time deadline = SteadyNow() + patience;
    while (sessions_.load() > 0 && SteadyNow() < deadline) {
      absl::SleepFor(kDrainPoll);
    }
    Worker& first = *workers_.front();
    const auto done = std::make_shared<std::latch>(1);
    first.Post([this, done] {
      prober_.reset();
      name_refresher_.reset();
      drain_notice_.reset();
      tls_refresh_.reset();
      ban_look_.reset();
      done->count_down();
    });
    done->wait();
    {
      MutexLock lock(&running_mutex_);
      running_ = false;
    }
    for (const std::unique_ptr<Worker>& worker : workers_) {
      worker->StopAndJoin();
    }
  }
  // A session that goes may post to another worker: all are there until all
  // sessions are gone.
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Clear();
}

void Gateway::Publish(snapshot::SnapshotPtr snapshot) {
  auto next = std::make_shared<snapshot::Snapshot>(*snapshot);
  // Held over the posts: every worker gets the snapshots in one order.
  MutexLock lock(&mutex_);
  next->fleet.Prepare(options_.zone, &snapshot_->fleet);
  const bool drains_changed =
      fleet::UpdateDrains(snapshot_->fleet, next->fleet, SteadyNow());
  if (drains_changed) TellOfDrains(snapshot_->fleet, next->fleet);
  snapshot_ = next;
  UpdateRates(next->policies.get(), rates_, SteadyNow());
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->Post([&worker = *worker, next, drains_changed] {
      worker.Publish(next);
      if (drains_changed) worker.TellOfDrains();
    });
  }
  workers_.front()->Post([this, next] {
    if (prober_ != nullptr) prober_->Publish(*next);
  });
}

snapshot::SnapshotPtr Gateway::snapshot() const {
  MutexLock lock(&mutex_);
  return snapshot_;
}

std::string Gateway::why_not_ready() const {
  if (draining()) return "draining";
  const snapshot::SnapshotPtr present = snapshot();
  const absl::Time now = SteadyNow();
  for (const fleet::Farm& farm : present->fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      if (fleet::IsUsable(backend, now)) return "";
    }
  }
  return "no usable backend";
}

std::vector<fleet::PinTable::Pin> Gateway::Pins() {
  return pins_.List(SteadyNow());
}

PinFacts Gateway::PinCounts() {
  return {.pins = static_cast<int64_t>(pins_.size()),
          .evictions_total = pins_.evictions()};
}

bool Gateway::DeletePin(absl::string_view key) { return pins_.Delete(key); }

ports::LeaseTable::Facts Gateway::Ports() { return leases_.facts(); }

void Gateway::StartDrain() {
  if (draining_.exchange(true)) return;
  events_.Add({.kind = Event::Kind::kDrain,
               .ok = false,
               .time = SteadyNow(),
               .text = "the gateway drains"});
  const absl::Duration notice = options_.drain_notice;
  if (notice <= absl::ZeroDuration()) return RefuseNewSessions();
  Log(LogLevel::kInfo,
      absl::StrCat("draining: not ready; new sessions are taken for another ",
                   absl::FormatDuration(notice)));
  // On the worker's loop: if that has stopped, so has everything else.
  Worker& first = *workers_.front();
  first.Post([this, &first, notice] {
    drain_notice_ = std::make_unique<io::Timer>(
        first.loop(), [this] { RefuseNewSessions(); });
    drain_notice_->Set(first.loop().now() + notice);
  });
}

void Gateway::RefuseNewSessions() {
  if (refusing_.exchange(true)) return;
  Log(LogLevel::kInfo, "draining: new sessions are refused");
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->Post([&worker = *worker] { worker.StartDrain(); });
  }
}

}  // namespace pinnace::gateway
