// The dashboard at / and /assets/NAME: a page that holds no data, so nobody
// needs a token for it. Any thread.
#ifndef PINNACE_PROXY_ADMIN_DASHBOARD_PAGE_H_
#define PINNACE_PROXY_ADMIN_DASHBOARD_PAGE_H_

#include <optional>

#include "proxy/admin/request.h"

namespace pinnace::admin {

// Nothing for a path that is not the dashboard's.
std::optional<Response> DashboardPage(const Request& request);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_DASHBOARD_PAGE_H_
