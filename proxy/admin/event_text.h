// Events as server-sent events (the WHATWG's HTML standard, "Server-sent
// events"). Pure. Any thread.
#ifndef PINNACE_PROXY_ADMIN_EVENT_TEXT_H_
#define PINNACE_PROXY_ADMIN_EVENT_TEXT_H_

#include <string>

#include "proxy/gateway/event_ring.h"

namespace pinnace::admin {

// "id: 7\nevent: session_start\ndata: {...}\n\n"
std::string EventText(const gateway::Event& event);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_EVENT_TEXT_H_
