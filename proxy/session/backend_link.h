// The backend a session was given: what its login and its data paths need to
// know of it. Holds the session's place in the backend's load. One thread.
#ifndef PINNACE_PROXY_SESSION_BACKEND_LINK_H_
#define PINNACE_PROXY_SESSION_BACKEND_LINK_H_

#include <memory>
#include <optional>
#include <string>

#include "proxy/base/address.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::session {

class BackendLink {
 public:
  BackendLink() = default;
  ~BackendLink() { Drop(); }
  BackendLink(const BackendLink&) = delete;
  BackendLink& operator=(const BackendLink&) = delete;

  void Choose(const fleet::Farm& farm, const fleet::Backend& backend);
  // The control connection is up; `peer` is the address it reached.
  void Connected(const Address& peer);
  // It closed the control connection; the shell has not let go of it yet.
  void Lost() { hears_us_ = false; }
  void Drop();

  bool is_chosen() const { return status_ != nullptr; }
  bool is_connected() const { return connected_; }
  bool hears_us() const { return hears_us_; }
  const BackendId& id() const { return id_; }
  const std::string& farm() const { return farm_; }
  const Address& peer() const { return peer_; }
  fleet::BackendStatus& status() const { return *status_; }
  fleet::DataMode data_mode() const { return data_mode_; }
  bool allows_foreign_data_address() const { return foreign_; }
  const std::optional<PortRange>& public_ports() const { return public_ports_; }

 private:
  BackendId id_;
  std::string farm_;
  Address peer_;
  std::shared_ptr<fleet::BackendStatus> status_;
  std::optional<PortRange> public_ports_;
  fleet::DataMode data_mode_ = fleet::DataMode::kPassive;
  bool foreign_ = false;
  bool connected_ = false;
  bool hears_us_ = false;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_BACKEND_LINK_H_
