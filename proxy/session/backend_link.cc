#include "proxy/session/backend_link.h"

namespace pinnace::session {

void BackendLink::Choose(const fleet::Farm& farm,
                         const fleet::Backend& backend) {
  Drop();
  id_ = backend.id;
  farm_ = farm.name;
  status_ = backend.status;
  public_ports_ = backend.public_ports;
  data_mode_ = farm.data_mode;
  foreign_ = farm.allow_foreign_data_address;
  status_->sessions.fetch_add(1, std::memory_order_relaxed);
  status_->sessions_total.fetch_add(1, std::memory_order_relaxed);
}

void BackendLink::Connected(const Address& peer) {
  peer_ = peer;
  connected_ = true;
  hears_us_ = true;
}

void BackendLink::Drop() {
  connected_ = false;
  hears_us_ = false;
  if (status_ == nullptr) return;
  status_->sessions.fetch_sub(1, std::memory_order_relaxed);
  status_.reset();
}

}  // namespace pinnace::session
