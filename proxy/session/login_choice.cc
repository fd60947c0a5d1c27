// Which farm and backend a login goes to, and its pin. login.cc has the
// dialogue with that backend.
#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/balancer.h"
#include "proxy/session/login.h"

namespace pinnace::session {
namespace {

using fleet::PinTable;
using ftp::Command;
using ftp::ReplyCode;
using metrics::Counter;

// A pin is renewed when this part of its TTL has gone, not at every command.
constexpr int kPinRenewals = 4;

}  // namespace

bool Login::HasCandidate(const Turn& turn) const {
  const PossibleFarmList farms = PossibleFarms(turn);
  return std::any_of(farms.begin(), farms.end(), [](const fleet::Farm* farm) {
    return fleet::HasCandidate(*farm);
  });
}

Login::PossibleFarmList Login::PossibleFarms(const Turn& turn) const {
  PossibleFarmList farms;
  const auto add = [&](absl::string_view name) {
    const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(name);
    if (farm != nullptr) farms.push_back(farm);
  };
  if (link_.is_chosen() || is_logged_in() || is_rejoining()) {
    add(link_.farm());
    return farms;
  }
  const policy::FarmNames names =
      turn.snapshot.routes.PossibleFarms(RequestOf(""), door_.farm);
  for (const absl::string_view name : names) add(name);
  return farms;
}

policy::RouteRequest Login::RequestOf(absl::string_view user) const {
  return {.listener = door_.listener,
          .host = host_.empty() ? door_.tls.server_name : host_,
          .user = user,
          .subject = door_.tls.subject,
          .client = door_.client};
}

absl::string_view Login::FarmFor(absl::string_view user,
                                 const Turn& turn) const {
  return turn.snapshot.routes.Farm(RequestOf(user), door_.farm);
}

bool Login::LeadsElsewhere(const Command& user, const Turn& turn) const {
  if (!link_.is_connected()) return false;
  if (!is_logged_in() && link_.is_draining()) return true;
  if (user.argument == user_) return false;
  if (FarmFor(user.argument, turn) != link_.farm()) return true;
  const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(link_.farm());
  if (farm == nullptr) return false;
  if (farm->pin_ttl > absl::ZeroDuration()) {
    return farm->pin_by == fleet::ClientIdentity::kUser;
  }
  return farm->balance == fleet::Balance::kMaglev &&
         farm->hash_on == fleet::ClientIdentity::kUser;
}

bool Login::MayTake(const fleet::Backend& backend) const {
  return fleet::IsCandidate(backend) &&
         !backend.status->IsFull(backend.max_sessions) &&
         std::find(tried_.begin(), tried_.end(), backend.id) == tried_.end();
}

const fleet::Backend* Login::Pinned(const fleet::Farm& farm,
                                    absl::string_view id, Ejected ejected,
                                    absl::Time now) const {
  const fleet::Backend* backend = farm.FindBackend(id);
  const bool usable =
      backend != nullptr && MayTake(*backend) &&
      (ejected == Ejected::kTakenToo || !backend->status->IsEjected(now));
  return usable ? backend : nullptr;
}

const fleet::Backend* Login::Pin(const fleet::Farm& farm,
                                 const fleet::Backend& picked, Turn& turn) {
  const PinTable::Client client = PinTable::ClientOf(farm, door_.client, user_);
  // Until it has logged in, so that a guesser of names holds no pins.
  const absl::Time expires = turn.now + options_.timeouts.login;
  // Where nobody but ejected ones is left, sessions meet on one of them too.
  const Ejected ejected = picked.status->IsEjected(turn.now)
                              ? Ejected::kTakenToo
                              : Ejected::kLeftOut;
  BackendId instead_of;
  while (true) {
    const BackendId pinned =
        turn.pins.SetIfAbsent(client, picked.id, turn.now, expires, instead_of);
    if (pinned == picked.id) break;
    // Perhaps another session of this client was quicker: they have to meet.
    const fleet::Backend* other = Pinned(farm, pinned, ejected, turn.now);
    if (other != nullptr) return other;
    instead_of = pinned;
  }
  if (!instead_of.empty()) turn.Count(Counter::kPinsRemade);
  return &picked;
}

const fleet::Backend* Login::Choose(const fleet::Farm& farm, Turn& turn) {
  const bool pins = farm.pin_ttl > absl::ZeroDuration();
  const fleet::Backend* backend = nullptr;
  if (pins && tried_.empty()) {
    const std::optional<BackendId> pinned =
        turn.pins.Find(PinTable::ClientOf(farm, door_.client, user_), turn.now);
    if (pinned.has_value())
      backend = Pinned(farm, *pinned, Ejected::kLeftOut, turn.now);
  }
  while (true) {
    if (backend == nullptr) {
      backend = fleet::Pick(farm, {.now = turn.now,
                                   .tried = tried_,
                                   .client = door_.client,
                                   .user = user_});
      if (backend == nullptr) return nullptr;
      if (pins) backend = Pin(farm, *backend, turn);
    }
    if (link_.Choose(farm, *backend)) return backend;
    // Another session took its last place in between.
    tried_.push_back(backend->id);
    backend = nullptr;
  }
}

Login::Verdict Login::NobodyLeft(const fleet::Farm* farm, Turn& turn) {
  std::string text = "No backend is available, try again later.";
  if (!trouble_.empty()) {
    text = absl::StrCat("No backend is available, try again later (", trouble_,
                        ").");
  } else if (farm != nullptr && fleet::WhyNobody(*farm, {.now = turn.now,
                                                         .tried = {},
                                                         .client = door_.client,
                                                         .user = user_}) ==
                                    fleet::Nobody::kAllFull) {
    turn.Count(Counter::kBackendsFull);
    text = "Every backend has as many sessions as it may, try again later.";
  }
  link_.Drop();
  if (rejoining_) {
    trouble_ = text;
    return Verdict::kNoReplacement;
  }
  turn.Say(ReplyCode::kServiceClosing, text);
  return Verdict::kNoBackend;
}

Login::Verdict Login::TryNext(Turn& turn) {
  const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(farm_);
  if (farm != nullptr && attempts_ == 0) {
    budget_end_ = turn.now + farm->failover.budget;
  }
  const bool may_try = farm != nullptr &&
                       attempts_ < farm->failover.candidates &&
                       turn.now < budget_end_;
  const fleet::Backend* backend = may_try ? Choose(*farm, turn) : nullptr;
  if (backend == nullptr) return NobodyLeft(farm, turn);
  if (attempts_++ > 0) turn.Count(Counter::kBackendRetries);
  tried_.push_back(backend->id);
  turn.Count(Counter::kBackendConnects);
  turn.Do(ConnectBackend{.host = turn.Keep(backend->address.host),
                         .port = backend->address.port,
                         .timeout = std::min(link_.timeouts().backend_connect,
                                             budget_end_ - turn.now)});
  state_ = State::kConnecting;
  deadline_ = absl::InfiniteFuture();  // The shell's connect has its own.
  return Verdict::kGoOn;
}

void Login::RenewPin(Turn& turn) {
  if (turn.now >= pin_renewal_) StampPin(turn);
}

void Login::StampPin(Turn& turn) {
  if (!HoldsPin()) return;
  const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(link_.farm());
  if (farm == nullptr || farm->pin_ttl <= absl::ZeroDuration() ||
      link_.is_draining()) {
    // Perhaps later: the farm may pin then, or the drain be over.
    pin_renewal_ = turn.now + limits::kPinTtl / kPinRenewals;
    return;
  }
  turn.pins.Renew(PinTable::ClientOf(*farm, door_.client, user_), link_.id(),
                  turn.now, turn.now + farm->pin_ttl);
  pin_renewal_ = turn.now + farm->pin_ttl / kPinRenewals;
}

bool Login::HasOther(const Turn& turn) const {
  const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(farm_);
  return farm != nullptr && attempts_ < farm->failover.candidates &&
         std::any_of(farm->backends.begin(), farm->backends.end(),
                     [&](const fleet::Backend& backend) {
                       return MayTake(backend) &&
                              !backend.status->IsEjected(turn.now);
                     });
}

}  // namespace pinnace::session
