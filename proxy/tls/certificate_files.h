// PEM files, looked at before a library takes them: it would only log what is
// wrong. Reads; keeps nothing. Any thread.
#ifndef PINNACE_PROXY_TLS_CERTIFICATE_FILES_H_
#define PINNACE_PROXY_TLS_CERTIFICATE_FILES_H_

#include <string>

#include "absl/status/status.h"

namespace pinnace::tls {

// Whether `cert` begins with a certificate and `key` is its private key,
// without a password, in a file that not everybody may read. Errors name the
// file.
absl::Status CheckKeyPair(const std::string& cert, const std::string& key);

// Whether there is a certificate in it.
absl::Status CheckAuthorities(const std::string& path);

// Whether there is a revocation list in it (RFC 5280 §5).
absl::Status CheckRevocationLists(const std::string& path);

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_CERTIFICATE_FILES_H_
