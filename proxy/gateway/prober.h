// Asks every backend now and then whether it is well and what it offers, as its
// farm's HealthCheck says. Writes what it learns to the BackendStatus, which
// all workers read. One thread (one worker's loop).
#ifndef PINNACE_PROXY_GATEWAY_PROBER_H_
#define PINNACE_PROXY_GATEWAY_PROBER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/fleet.h"
#include "proxy/gateway/backend_names.h"
#include "proxy/gateway/feature_pool.h"
#include "proxy/gateway/probe.h"
#include "proxy/gateway/probe_schedule.h"
#include "proxy/gateway/tls_material.h"
#include "proxy/io/loop.h"
#include "proxy/io/timer.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::gateway {

class Prober {
 public:
  struct Options {
    absl::Duration interval;  // of farms that set none; zero: no probes there
    size_t max_probes = limits::kMaxProbes;  // under way
    uint64_t seed = 0;
    // A backend is healthy now, or no longer: `trouble`, printable, says why.
    std::function<void(absl::string_view farm, absl::string_view backend,
                       bool is_well, absl::string_view trouble)>
        on_change = [](auto&&...) {};
  };

  // `tls` outlives the prober.
  Prober(io::Loop& loop, const Options& options, TlsMaterial& tls);
  ~Prober();

  // Backends that are new, or whose check is another now, are probed at once;
  // when there are many, the later ones within their interval.
  void Publish(const snapshot::Snapshot& snapshot);

  size_t probes_under_way() const { return under_way_; }
  // Were due, and had to wait for others to end.
  int64_t late_probes() const { return late_probes_; }

 private:
  // What a probe depends on.
  struct Settings {
    fleet::HealthCheck check;
    absl::Duration interval;
    fleet::DataMode data_mode = fleet::DataMode::kPassive;
    bool allow_foreign_data_address = false;
    fleet::ProxyProtocol proxy_protocol = fleet::ProxyProtocol::kOff;
    fleet::ProxyProtocol data_proxy_protocol = fleet::ProxyProtocol::kOff;
    fleet::BackendTls tls;

    friend bool operator==(const Settings&, const Settings&) = default;
  };
  struct Target {
    std::string name;  // "farm/id"
    std::string farm;
    std::string backend;
    HostPort address;
    std::shared_ptr<fleet::BackendStatus> status;
    std::shared_ptr<const Settings> settings;
    ProbeSchedule schedule;
    absl::Time due = absl::InfiniteFuture();
    std::unique_ptr<Probe> probe;  // while one is under way
    int64_t snapshot = 0;          // the last that has it
    bool told_late = false;
  };
  // Settings of one farm: many backends, few kinds.
  using FarmSettings = std::vector<std::shared_ptr<const Settings>>;

  std::shared_ptr<const Settings> SettingsOf(const fleet::Farm& farm,
                                             const fleet::Backend& backend,
                                             FarmSettings& known) const;
  // Whether it has to be probed now.
  bool Update(const fleet::Farm& farm, const fleet::Backend& backend,
              std::shared_ptr<const Settings> settings, Target** updated);
  void DropWhatIsGone();
  void Enqueue(Target& target, absl::Time due);
  void Dequeue(Target& target);
  void DropProbe(Target& target);
  void ProbeWhatIsDue();
  void NoteLate(Target& target);
  void Start(Target& target);
  void OnResult(Target& target, ProbeScript::Result result);
  void NoteInconclusive(const Target& target, absl::string_view trouble);
  double Chance() { return chance_(random_); }

  io::Loop& loop_;
  const Options options_;
  TlsMaterial& tls_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> chance_;
  BackendNames names_;
  io::Timer timer_;
  // A status is one backend's as long as its farm, id and address stay.
  absl::flat_hash_map<const fleet::BackendStatus*, std::unique_ptr<Target>>
      targets_;
  std::set<std::pair<absl::Time, Target*>> due_;  // but those under way
  size_t under_way_ = 0;
  int64_t snapshots_ = 0;
  int64_t late_probes_ = 0;
  absl::Time late_notice_ = absl::InfinitePast();
  absl::Time trouble_notice_ = absl::InfinitePast();
  FeaturePool features_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBER_H_
