// One FTP server of a farm: what the snapshot says of it (immutable), and a way
// to the live facts that every worker shares. Any thread.
#ifndef PINNACE_PROXY_FLEET_BACKEND_H_
#define PINNACE_PROXY_FLEET_BACKEND_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/base/port_range.h"
#include "proxy/fleet/backend_status.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::fleet {

enum class AdminState : uint8_t { kUp, kDraining };

// What its control connections begin with, or the data connections that the
// gateway opens.
enum class ProxyProtocol : uint8_t { kOff, kV2 };

struct Backend {
  BackendId id;
  HostPort address;  // of its control port
  // From here to `status`, what every pick reads: close together.
  int weight = 1;        // 1..1000
  int capacity = 0;      // sessions; 0: not stated
  int max_sessions = 0;  // of this gateway; 0: no bound
  AdminState state = AdminState::kUp;
  ProxyProtocol proxy_protocol = ProxyProtocol::kOff;
  ProxyProtocol data_proxy_protocol = ProxyProtocol::kOff;
  std::shared_ptr<BackendStatus> status = std::make_shared<BackendStatus>();
  std::string zone;
  std::map<std::string, std::string> labels;
  std::optional<PortRange>
      passive_ports;  // what its server is set to use; for people
  std::optional<PortRange> public_ports;  // its own slice of the pool
  rates::TransferLimit rate;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_BACKEND_H_
