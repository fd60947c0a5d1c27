#include "proxy/ingress/proxy_header.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_wire.h"

namespace pinnace::ingress {
namespace {

void Append8(uint8_t value, std::string* wire) {
  wire->push_back(static_cast<char>(value));
}

void Append16(uint16_t value, std::string* wire) {
  Append8(static_cast<uint8_t>(value >> 8), wire);
  Append8(static_cast<uint8_t>(value & 0xff), wire);
}

template <typename Bytes>
void AppendBytes(const Bytes& bytes, std::string* wire) {
  wire->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// One that says nothing is left out, as is one that no certificate of ours
// could have: it is the peer's word, and must not fill the header.
void AppendTlv(uint8_t type, absl::string_view value, std::string* wire) {
  if (value.empty() || value.size() > limits::kMaxSubjectBytes) return;
  Append8(type, wire);
  Append16(static_cast<uint16_t>(value.size()), wire);
  AppendBytes(value, wire);
}

std::string SslValue(const TlsFacts& tls) {
  // Only of a certificate that was verified. It may have been shown when the
  // TLS session was made: CERT_CONN would say that it was on this connection.
  const bool has_certificate = !tls.subject.empty();
  std::string value;
  Append8(kProxyClientSsl | (has_certificate ? kProxyClientCertSess : 0),
          &value);
  // §2.2.6: zero if a certificate was shown and verified.
  Append16(0, &value);
  Append16(has_certificate ? 0 : 1, &value);
  AppendTlv(kProxyTlvSslVersion, tls.version, &value);
  AppendTlv(kProxyTlvSslCipher, tls.cipher, &value);
  AppendTlv(kProxyTlvSslCn, tls.subject, &value);
  return value;
}

std::string Header(uint8_t command, uint8_t family, const std::string& block) {
  std::string wire(kProxySignature);
  Append8(command, &wire);
  Append8(family, &wire);
  Append16(static_cast<uint16_t>(block.size()), &wire);
  return absl::StrCat(wire, block);
}

}  // namespace

std::string ProxyV2Local() {
  return Header(kProxyLocal, kProxyUnspecified, "");
}

std::string ProxyV2(const Address& client, const Address& destination,
                    const ProxyFacts& facts) {
  const bool is_ipv4 = client.ip.is_ipv4() && destination.ip.is_ipv4();
  std::string block;
  for (const IpAddress* ip : {&client.ip, &destination.ip}) {
    if (is_ipv4) {
      AppendBytes(ip->ipv4(), &block);
    } else {
      AppendBytes(ip->bytes(), &block);
    }
  }
  Append16(client.port, &block);
  Append16(destination.port, &block);
  AppendTlv(kProxyTlvUniqueId, facts.unique_id, &block);
  if (facts.tls.has_value()) {
    const std::string ssl = SslValue(*facts.tls);
    Append8(kProxyTlvSsl, &block);
    Append16(static_cast<uint16_t>(ssl.size()), &block);
    AppendBytes(ssl, &block);
  }
  return Header(kProxyProxied, is_ipv4 ? kProxyTcp4 : kProxyTcp6, block);
}

}  // namespace pinnace::ingress
