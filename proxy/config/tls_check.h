// What a configuration says about TLS with clients: gateway.tls, and who needs
// it. Any thread.
#ifndef PINNACE_PROXY_CONFIG_TLS_CHECK_H_
#define PINNACE_PROXY_CONFIG_TLS_CHECK_H_

#include "protos/pinnace/v1/config.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::config {

// Looks at no file.
void CheckClientTls(const v1::GatewayConfig& gateway,
                    snapshot::FieldProblems& problems);

// The files that gateway.tls names.
void CheckClientTlsFiles(const v1::GatewayConfig& gateway,
                         snapshot::FieldProblems& problems);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_TLS_CHECK_H_
