// The backend a session was given: what its login and its data paths need to
// know of it. Holds the session's place in the backend's load. One thread.
#ifndef PINNACE_PROXY_SESSION_BACKEND_LINK_H_
#define PINNACE_PROXY_SESSION_BACKEND_LINK_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/fleet/fleet.h"
#include "proxy/fleet/outlier.h"
#include "proxy/rates/rate_bucket.h"
#include "proxy/session/session_options.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::session {

class BackendLink {
 public:
  // `options` outlives the link.
  explicit BackendLink(const SessionOptions& options)
      : timeouts_(options.timeouts), gateway_timeouts_(options.timeouts) {}
  ~BackendLink() { Drop(); }
  BackendLink(const BackendLink&) = delete;
  BackendLink& operator=(const BackendLink&) = delete;

  // Takes a place in the backend's load; false when it has none left.
  bool Choose(const fleet::Farm& farm, const fleet::Backend& backend);
  // The control connection is up; `peer` is the address it reached.
  void Connected(const Address& peer);
  // In a TLS handshake nothing can be said to it.
  void Securing() { hears_us_ = false; }
  void Secured() { hears_us_ = secured_ = true; }
  // What PBSZ and PROT of ours have come to.
  void AcceptedBufferSize() { has_buffer_size_ = true; }
  void AcceptedProtection(bool is_private) { private_ = is_private; }
  // It closed the control connection; the shell has not let go of it yet.
  void Lost() { hears_us_ = false; }
  void Drop();

  // It failed this session, or served it: what outlier ejection goes by.
  // Returns for how long the backend is left out from now on. Only what the
  // snapshot still knows counts.
  std::optional<absl::Duration> NoteFailure(fleet::FailureKind kind,
                                            const snapshot::Snapshot& snapshot,
                                            absl::Time now) const;
  void NoteSuccess(fleet::FailureKind kind) const;

  // What its transfers count against, beside the gateway's own.
  void AppendRates(std::vector<std::shared_ptr<rates::RateBucket>>& buckets,
                   bool download) const;

  // What is left for its sessions if it is drained, or gone from the snapshot.
  fleet::BackendStatus::Drain drain() const {
    return status_ == nullptr ? fleet::BackendStatus::Drain()
                              : status_->drain();
  }

  bool is_draining() const {
    return drain().deadline != absl::InfiniteFuture();
  }

  bool is_chosen() const { return status_ != nullptr; }
  bool is_connected() const { return connected_; }
  bool hears_us() const { return hears_us_; }
  const BackendId& id() const { return id_; }
  const std::string& farm() const { return farm_; }
  const Address& peer() const { return peer_; }
  fleet::BackendStatus& status() const { return *status_; }
  // Null where none is chosen.
  const std::shared_ptr<fleet::BackendStatus>& shared_status() const {
    return status_;
  }
  // The farm's where it has its own, from Choose() on; else the gateway's.
  const SessionTimeouts& timeouts() const { return timeouts_; }
  bool wants_proxy_header() const {
    return proxy_protocol_ == fleet::ProxyProtocol::kV2;
  }
  bool wants_data_proxy_header() const {
    return data_proxy_protocol_ == fleet::ProxyProtocol::kV2;
  }
  const fleet::BackendTls& tls() const { return tls_; }
  bool is_secured() const { return secured_; }
  bool has_buffer_size() const { return has_buffer_size_; }
  // PROT P is in effect; and whether it should be, for a client's PROT.
  bool is_private() const { return private_; }
  bool WantsPrivate(bool client_private) const;
  bool tolerates_missing_close_notify() const { return tolerates_missing_; }
  fleet::DataMode data_mode() const { return data_mode_; }
  bool allows_foreign_data_address() const { return foreign_; }
  // Null: no FXP.
  const std::shared_ptr<const std::vector<Cidr>>& fxp_peers() const {
    return fxp_peers_;
  }
  // Of the backend that was chosen last, also once it is dropped.
  bool may_be_replaced() const { return may_be_replaced_; }
  bool resumes_downloads() const { return resumes_downloads_; }
  const std::optional<PortRange>& public_ports() const { return public_ports_; }

 private:
  SessionTimeouts timeouts_;
  const SessionTimeouts& gateway_timeouts_;
  BackendId id_;
  std::string farm_;
  Address peer_;
  std::shared_ptr<fleet::BackendStatus> status_;
  std::shared_ptr<fleet::FarmProgress> progress_;
  std::optional<PortRange> public_ports_;
  fleet::DataMode data_mode_ = fleet::DataMode::kPassive;
  fleet::ProxyProtocol proxy_protocol_ = fleet::ProxyProtocol::kOff;
  fleet::ProxyProtocol data_proxy_protocol_ = fleet::ProxyProtocol::kOff;
  fleet::BackendTls tls_;
  std::shared_ptr<const std::vector<Cidr>> fxp_peers_;
  bool tolerates_missing_ = false;
  bool foreign_ = false;
  bool may_be_replaced_ = false;
  bool resumes_downloads_ = false;
  bool secured_ = false;
  bool has_buffer_size_ = false;
  bool private_ = false;
  bool connected_ = false;
  bool hears_us_ = false;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_BACKEND_LINK_H_
