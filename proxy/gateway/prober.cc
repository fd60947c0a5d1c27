#include "proxy/gateway/prober.h"

#include "absl/strings/str_cat.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"
#include "proxy/gateway/probe_password.h"

namespace pinnace::gateway {
namespace {

std::vector<IpAddress> Resolved(const fleet::BackendStatus& status) {
  const fleet::BackendStatus::Addresses addresses = status.addresses();
  return addresses == nullptr ? std::vector<IpAddress>() : *addresses;
}

}  // namespace

Prober::Prober(io::Loop& loop, const Options& options, TlsMaterial& tls)
    : loop_(loop),
      options_(options),
      tls_(tls),
      random_(options.seed),
      names_(loop),
      timer_(loop, [this] { ProbeWhatIsDue(); }) {}

Prober::~Prober() = default;

void Prober::Publish(const snapshot::Snapshot& snapshot) {
  ++snapshots_;
  names_.Publish(snapshot.fleet);
  int at_once = limits::kFirstProbesAtOnce;
  for (const fleet::Farm& farm : snapshot.fleet.farms) {
    FarmSettings known;
    for (const fleet::Backend& backend : farm.backends) {
      Target* target = nullptr;
      if (!Update(farm, backend, SettingsOf(farm, backend, known), &target)) {
        continue;
      }
      DropProbe(*target);
      Dequeue(*target);
      const absl::Duration interval = target->settings->interval;
      target->schedule = ProbeSchedule();
      if (interval <= absl::ZeroDuration()) {
        // Nobody would ever find it well again.
        target->status->SetHealth(fleet::Health::kUnknown, loop_.now());
        target->status->SetTrouble("");
        continue;
      }
      Enqueue(*target,
              at_once-- > 0 ? loop_.now() : loop_.now() + interval * Chance());
    }
  }
  DropWhatIsGone();
  ProbeWhatIsDue();
}

std::shared_ptr<const Prober::Settings> Prober::SettingsOf(
    const fleet::Farm& farm, const fleet::Backend& backend,
    FarmSettings& known) const {
  for (const std::shared_ptr<const Settings>& settings : known) {
    if (settings->proxy_protocol == backend.proxy_protocol &&
        settings->data_proxy_protocol == backend.data_proxy_protocol) {
      return settings;
    }
  }
  Settings settings{
      .check = farm.health_check,
      .interval = farm.health_check.interval,
      .data_mode = farm.data_mode,
      .allow_foreign_data_address = farm.allow_foreign_data_address,
      .proxy_protocol = backend.proxy_protocol,
      .data_proxy_protocol = backend.data_proxy_protocol,
      .tls = farm.backend_tls};
  if (settings.interval <= absl::ZeroDuration()) {
    settings.interval = options_.interval;
  }
  known.push_back(std::make_shared<const Settings>(std::move(settings)));
  return known.back();
}

bool Prober::Update(const fleet::Farm& farm, const fleet::Backend& backend,
                    std::shared_ptr<const Settings> settings,
                    Target** updated) {
  std::unique_ptr<Target>& target = targets_[backend.status.get()];
  const bool is_new = target == nullptr;
  if (is_new) {
    target = std::make_unique<Target>();
    target->name = absl::StrCat(farm.name, "/", backend.id);
    target->farm = farm.name;
    target->backend = backend.id;
    target->address = backend.address;
    target->status = backend.status;
  }
  const bool changed = is_new || !(*target->settings == *settings);
  target->settings = std::move(settings);
  target->snapshot = snapshots_;
  *updated = target.get();
  return changed;
}

void Prober::DropWhatIsGone() {
  absl::erase_if(targets_, [this](const auto& entry) {
    Target& target = *entry.second;
    if (target.snapshot == snapshots_) return false;
    DropProbe(target);
    Dequeue(target);
    return true;
  });
}

void Prober::Enqueue(Target& target, absl::Time due) {
  target.due = due;
  due_.insert({due, &target});
}

void Prober::Dequeue(Target& target) {
  due_.erase({target.due, &target});
  target.told_late = false;
}

void Prober::DropProbe(Target& target) {
  if (target.probe == nullptr) return;
  target.probe.reset();
  --under_way_;
}

void Prober::ProbeWhatIsDue() {
  for (int i = 0; i < limits::kProbesPerTurn; ++i) {
    if (due_.empty()) break;
    Target& target = *due_.begin()->second;
    if (target.due > loop_.now()) break;
    if (under_way_ >= options_.max_probes) {
      NoteLate(target);
      break;
    }
    Dequeue(target);
    Start(target);
  }
  // At the bound the end of a probe begins the next one.
  const bool waits = !due_.empty() && under_way_ < options_.max_probes;
  timer_.Set(waits ? due_.begin()->first : absl::InfiniteFuture());
}

void Prober::NoteLate(Target& target) {
  if (target.told_late) return;
  target.told_late = true;
  ++late_probes_;
  if (loop_.now() < late_notice_) return;
  late_notice_ = loop_.now() + limits::kProbesLateNotice;
  Log(LogLevel::kWarning,
      absl::StrCat(under_way_,
                   " probes of backends are under way, no more may be: others "
                   "are late (",
                   late_probes_, " so far)"));
}

void Prober::Start(Target& target) {
  const Settings& settings = *target.settings;
  ++under_way_;
  ProbeScript::Options script{
      .kind = settings.check.kind,
      .data_mode = settings.data_mode,
      .allow_foreign_data_address = settings.allow_foreign_data_address,
      .lacks_epsv = target.status->lacks_epsv.load(std::memory_order_relaxed),
      .proxy_protocol = settings.proxy_protocol,
      .data_proxy_protocol = settings.data_proxy_protocol,
      .tls = settings.tls.mode,
      // What the strictest server wants, where clients' PROT decides.
      .private_data =
          settings.tls.mode != fleet::BackendTlsMode::kNone &&
          settings.tls.data_protection != fleet::DataProtection::kClear};
  if (settings.check.kind != fleet::ProbeKind::kConnect) {
    absl::StatusOr<std::string> password =
        ProbePassword(settings.check.password_file);
    if (!password.ok()) {
      return OnResult(target,
                      {.trouble = std::string(password.status().message()),
                       .is_inconclusive = true});
    }
    script.user = settings.check.user;
    script.password = *std::move(password);
  }
  std::shared_ptr<const tls::ClientContext> tls;
  if (settings.tls.mode != fleet::BackendTlsMode::kNone) {
    auto context = tls_.ForBackends(settings.tls);
    if (!context.ok()) {
      return OnResult(target,
                      {.trouble = std::string(context.status().message()),
                       .is_inconclusive = true});
    }
    tls = *std::move(context);
  }
  target.probe = std::make_unique<Probe>(
      loop_,
      Probe::Options{.address = target.address,
                     .resolved = Resolved(*target.status),
                     .timeout = settings.check.timeout,
                     .script = std::move(script),
                     .tls = std::move(tls),
                     .server_name = settings.tls.server_name.empty()
                                        ? target.address.host
                                        : settings.tls.server_name},
      [this, &target](ProbeScript::Result result) {
        OnResult(target, std::move(result));
        ProbeWhatIsDue();
      });
}

void Prober::NoteInconclusive(const Target& target, absl::string_view trouble) {
  if (loop_.now() < trouble_notice_) return;
  trouble_notice_ = loop_.now() + limits::kProbeTroubleNotice;
  Log(LogLevel::kWarning,
      absl::StrCat(
          "backend ", target.name, " (", target.address.ToString(),
          ") could not be probed, and keeps the health it had: ", trouble));
}

void Prober::OnResult(Target& target, ProbeScript::Result result) {
  fleet::BackendStatus& status = *target.status;
  const std::string trouble = Printable(result.trouble);
  if (result.features.has_value()) {
    status.SetFeatures(features_.Intern(*std::move(result.features)));
  }
  if (result.lacks_epsv) {
    status.lacks_epsv.store(true, std::memory_order_relaxed);
  }
  const fleet::Health before = status.health();
  const ProbeOutcome outcome = result.outcome();
  const fleet::Health after =
      target.schedule.Add(before, outcome, target.settings->check);
  // Until it has risen it says what it suffered from.
  if (outcome != ProbeOutcome::kWell || after == fleet::Health::kHealthy) {
    status.SetTrouble(trouble);
  }
  if (outcome == ProbeOutcome::kInconclusive) NoteInconclusive(target, trouble);
  status.SetHealth(after, loop_.now());
  if (after != before) {
    const bool well = after == fleet::Health::kHealthy;
    Log(well ? LogLevel::kInfo : LogLevel::kWarning,
        absl::StrCat("backend ", target.name, " (", target.address.ToString(),
                     well ? ") is healthy" : ") is unhealthy: ", trouble));
    options_.on_change(target.farm, target.backend, well, well ? "" : trouble);
  }
  target.probe.reset();
  --under_way_;
  Enqueue(target, loop_.now() + Spread(target.schedule.Pause(
                                           after, target.settings->interval),
                                       Chance()));
}

}  // namespace pinnace::gateway
