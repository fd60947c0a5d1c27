// What is wrong with how a farm's backends are spoken to over TLS. Looks at no
// file: they are of the gateway's host. Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_BACKEND_TLS_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_BACKEND_TLS_CHECK_H_

#include <string>

#include "protos/pinnace/v1/farm.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::snapshot {

// `path` goes in front of each field's name: "farms[0].backend_tls".
void CheckBackendTls(const v1::BackendTls& tls, const std::string& path,
                     FieldProblems& problems);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_BACKEND_TLS_CHECK_H_
