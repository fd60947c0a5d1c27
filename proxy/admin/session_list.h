// Which of the sessions a page shows, and in which order. Pure. Any thread.
#ifndef PINNACE_PROXY_ADMIN_SESSION_LIST_H_
#define PINNACE_PROXY_ADMIN_SESSION_LIST_H_

#include <string>
#include <vector>

#include "protos/pinnace/v1/admin.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"
#include "proxy/admin/query.h"
#include "proxy/session/session_facts.h"

namespace pinnace::admin {

std::vector<Parameter> SessionParameters();
std::vector<Parameter> TransferParameters();

// `query` says afterwards whether it was right.
v1::ListSessionsResponse SessionPage(
    const std::vector<session::SessionFacts>& sessions,
    const std::string& gateway, Query& query);
v1::ListTransfersResponse TransferPage(
    const std::vector<session::SessionFacts>& sessions,
    const std::string& gateway, Query& query);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_SESSION_LIST_H_
