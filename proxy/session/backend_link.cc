#include "proxy/session/backend_link.h"

namespace pinnace::session {
namespace {

SessionTimeouts TimeoutsOf(const fleet::FarmTimeouts& farm,
                           SessionTimeouts timeouts) {
  timeouts.idle = farm.idle.value_or(timeouts.idle);
  timeouts.backend_connect =
      farm.backend_connect.value_or(timeouts.backend_connect);
  timeouts.backend_reply = farm.backend_reply.value_or(timeouts.backend_reply);
  timeouts.data_connect = farm.data_connect.value_or(timeouts.data_connect);
  timeouts.transfer_stall =
      farm.transfer_stall.value_or(timeouts.transfer_stall);
  return timeouts;
}

}  // namespace

bool BackendLink::Choose(const fleet::Farm& farm,
                         const fleet::Backend& backend) {
  Drop();
  if (!backend.status->TakePlace(backend.max_sessions)) return false;
  id_ = backend.id;
  farm_ = farm.name;
  status_ = backend.status;
  progress_ = farm.progress;
  public_ports_ = backend.public_ports;
  data_mode_ = farm.data_mode;
  proxy_protocol_ = backend.proxy_protocol;
  data_proxy_protocol_ = backend.data_proxy_protocol;
  foreign_ = farm.allow_foreign_data_address;
  may_be_replaced_ = farm.failover.replace_backend;
  resumes_downloads_ = may_be_replaced_ && farm.failover.resume_downloads;
  tls_ = farm.backend_tls;
  if (tls_.mode != fleet::BackendTlsMode::kNone && tls_.server_name.empty()) {
    tls_.server_name = backend.address.host;
  }
  fxp_peers_ = farm.fxp_peers;
  tolerates_missing_ = farm.tolerate_missing_close_notify;
  timeouts_ = TimeoutsOf(farm.timeouts, gateway_timeouts_);
  status_->sessions_total.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void BackendLink::Connected(const Address& peer) {
  peer_ = peer;
  connected_ = true;
  hears_us_ = true;
}

void BackendLink::Drop() {
  connected_ = false;
  hears_us_ = false;
  secured_ = false;
  has_buffer_size_ = false;
  private_ = false;
  if (status_ == nullptr) return;
  status_->LeavePlace();
  status_.reset();
}

std::optional<absl::Duration> BackendLink::NoteFailure(
    fleet::FailureKind kind, const snapshot::Snapshot& snapshot,
    absl::Time now) const {
  const fleet::Farm* farm = snapshot.fleet.FindFarm(farm_);
  const fleet::Backend* backend =
      farm == nullptr ? nullptr : farm->FindBackend(id_);
  if (backend == nullptr || backend->status != status_) return std::nullopt;
  return fleet::NoteFailure(*farm, *backend, kind, now);
}

bool BackendLink::WantsPrivate(bool client_private) const {
  if (!secured_) return false;
  switch (tls_.data_protection) {
    case fleet::DataProtection::kSame:
      return client_private;
    case fleet::DataProtection::kClear:
      return false;
    case fleet::DataProtection::kPrivate:
      return true;
  }
  return true;
}

void BackendLink::AppendRates(
    std::vector<std::shared_ptr<rates::RateBucket>>& buckets,
    bool download) const {
  if (status_ == nullptr) return;
  const auto add = [&](const auto& owner) {
    rates::TransferBuckets& both = owner->rate;
    buckets.emplace_back(owner, download ? &both.download : &both.upload);
  };
  add(progress_);
  add(status_);
}

void BackendLink::NoteSuccess(fleet::FailureKind kind) const {
  if (status_ != nullptr) fleet::NoteSuccess(*status_, kind);
}

}  // namespace pinnace::session
