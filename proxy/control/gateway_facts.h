// What a GatewayView shows, as messages: for the answers to the control plane
// and for the admin pages. Any thread.
#ifndef PINNACE_PROXY_CONTROL_GATEWAY_FACTS_H_
#define PINNACE_PROXY_CONTROL_GATEWAY_FACTS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "protos/pinnace/v1/admin.pb.h"
#include "protos/pinnace/v1/backend.pb.h"
#include "protos/pinnace/v1/farm.pb.h"
#include "protos/pinnace/v1/policy.pb.h"
#include "protos/pinnace/v1/route.pb.h"
#include "protos/pinnace/v1/session.pb.h"
#include "proxy/gateway/gateway_view.h"
#include "proxy/policy/policy.h"
#include "proxy/policy/route.h"

namespace pinnace::control {

v1::Session SessionMessage(const session::SessionFacts& facts);
v1::Pin PinMessage(const fleet::PinTable::Pin& pin);
v1::PortUse PortUseMessage(const ports::LeaseTable::Facts& facts);
v1::Backend BackendMessage(const fleet::Backend& backend);
v1::BackendLoad BackendLoadMessage(const fleet::Backend& backend,
                                   absl::Time now);
// Its settings, without its backends.
v1::Farm FarmMessage(const fleet::Farm& farm);
v1::Route RouteMessage(const policy::Route& route);
v1::Policy PolicyMessage(const policy::Policy& policy);
v1::TimelineEntry TimelineEntryMessage(const gateway::TimelineEntry& entry);
v1::Transfer TransferMessage(const session::TransferFacts& facts);
v1::Event EventMessage(const gateway::Event& event);

// Why the gateway should get no new clients; empty: it may.
std::string WhyNotReady(const gateway::GatewayView& gateway, absl::Time now);

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_GATEWAY_FACTS_H_
