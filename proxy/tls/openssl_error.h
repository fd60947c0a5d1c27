// What OpenSSL says went wrong, in words. Any thread: each has its own queue of
// errors.
#ifndef PINNACE_PROXY_TLS_OPENSSL_ERROR_H_
#define PINNACE_PROXY_TLS_OPENSSL_ERROR_H_

#include <string>

namespace pinnace::tls {

// The most telling error of this thread's queue, which is empty afterwards:
// "wrong version number", "the peer's alert: unknown ca".
std::string TakeOpensslError();

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_OPENSSL_ERROR_H_
