// What was agreed on in a TLS handshake, for people and for routes. Any thread.
#ifndef PINNACE_PROXY_BASE_TLS_FACTS_H_
#define PINNACE_PROXY_BASE_TLS_FACTS_H_

#include <string>

namespace pinnace {

struct TlsFacts {
  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  std::string server_name;  // that the client asked for (RFC 6066 §3); or empty
  std::string subject;  // common name of the peer's certificate, if verified
};

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_TLS_FACTS_H_
