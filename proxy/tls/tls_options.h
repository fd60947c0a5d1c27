// How the gateway secures its two legs, as values. Any thread.
#ifndef PINNACE_PROXY_TLS_TLS_OPTIONS_H_
#define PINNACE_PROXY_TLS_TLS_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pinnace::tls {

enum class Version : uint8_t { kTls12, kTls13 };

// Of data connections, toward the control connection's TLS session (RFC 4217
// §10.2).
enum class SessionReuse : uint8_t {
  kRequire,
  kPrefer,
  kOff,  // no tickets are given
};

struct CertificateFiles {
  std::string cert;  // PEM, with its chain
  std::string key;   // PEM
};

struct ServerOptions {
  // The first is for clients that name no host, or one that none has.
  std::vector<CertificateFiles> certificates;
  Version min_version = Version::kTls12;
  SessionReuse session_reuse = SessionReuse::kPrefer;
  std::string client_ca;   // PEM; empty: no certificate is asked for
  std::string client_crl;  // PEM
  bool require_client_certificate = false;
};

struct ClientOptions {
  std::string ca;  // PEM; empty: the system's authorities
  bool verify = true;
  CertificateFiles own;  // both empty: none is shown

  friend bool operator==(const ClientOptions& a, const ClientOptions& b) {
    return a.ca == b.ca && a.verify == b.verify && a.own.cert == b.own.cert &&
           a.own.key == b.own.key;
  }
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_OPTIONS_H_
