// The numbers of PROXY version 2, as haproxy's proxy-protocol.txt §2.2 has
// them, for who writes headers and who reads them.
#ifndef PINNACE_PROXY_INGRESS_PROXY_WIRE_H_
#define PINNACE_PROXY_INGRESS_PROXY_WIRE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::ingress {

// With its zero byte.
inline constexpr absl::string_view kProxySignature("\r\n\r\n\0\r\nQUIT\n", 12);
// Up to the block of addresses and TLVs.
inline constexpr size_t kProxyHeadBytes = 16;

// Version in the high half, command in the low one.
inline constexpr uint8_t kProxyLocal = 0x20;
inline constexpr uint8_t kProxyProxied = 0x21;

// Address family in the high half, transport in the low one.
inline constexpr uint8_t kProxyUnspecified = 0x00;
inline constexpr uint8_t kProxyTcp4 = 0x11;
inline constexpr uint8_t kProxyUdp4 = 0x12;
inline constexpr uint8_t kProxyTcp6 = 0x21;
inline constexpr uint8_t kProxyUdp6 = 0x22;
inline constexpr uint8_t kProxyUnixStream = 0x31;
inline constexpr uint8_t kProxyUnixDatagram = 0x32;

// Two addresses and, but for UNIX, two ports.
inline constexpr uint16_t kProxyIpv4Bytes = 2 * (4 + 2);
inline constexpr uint16_t kProxyIpv6Bytes = 2 * (16 + 2);
inline constexpr uint16_t kProxyUnixBytes = 2 * 108;

// Type and length of a TLV (§2.2.7); its value follows.
inline constexpr size_t kProxyTlvHeadBytes = 3;
inline constexpr uint8_t kProxyTlvUniqueId = 0x05;
inline constexpr uint8_t kProxyTlvSsl = 0x20;
// Within PP2_TYPE_SSL, behind its bits and the result of the verification.
inline constexpr uint8_t kProxyTlvSslVersion = 0x21;
inline constexpr uint8_t kProxyTlvSslCn = 0x22;
inline constexpr uint8_t kProxyTlvSslCipher = 0x23;
inline constexpr uint8_t kProxyClientSsl = 0x01;
inline constexpr uint8_t kProxyClientCertSess = 0x04;

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_PROXY_WIRE_H_
