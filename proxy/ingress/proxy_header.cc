#include "proxy/ingress/proxy_header.h"

#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::ingress {
namespace {

// With its zero byte.
constexpr absl::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
// Version in the high half, command in the low one.
constexpr uint8_t kLocal = 0x20;
constexpr uint8_t kProxy = 0x21;
// Address family in the high half, transport in the low one.
constexpr uint8_t kUnspecified = 0x00;
constexpr uint8_t kTcp4 = 0x11;
constexpr uint8_t kTcp6 = 0x21;
constexpr uint16_t kTcp4Bytes = 2 * (4 + 2);
constexpr uint16_t kTcp6Bytes = 2 * (16 + 2);

void Append16(uint16_t value, std::string* wire) {
  wire->push_back(static_cast<char>(value >> 8));
  wire->push_back(static_cast<char>(value & 0xff));
}

template <typename Bytes>
void AppendBytes(const Bytes& bytes, std::string* wire) {
  wire->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string Header(uint8_t command, uint8_t family, uint16_t address_bytes) {
  std::string wire(kSignature);
  wire.push_back(static_cast<char>(command));
  wire.push_back(static_cast<char>(family));
  Append16(address_bytes, &wire);
  return wire;
}

}  // namespace

std::string ProxyV2Local() { return Header(kLocal, kUnspecified, 0); }

std::string ProxyV2(const Address& client, const Address& destination) {
  std::string wire;
  if (client.ip.is_ipv4() && destination.ip.is_ipv4()) {
    wire = Header(kProxy, kTcp4, kTcp4Bytes);
    AppendBytes(client.ip.ipv4(), &wire);
    AppendBytes(destination.ip.ipv4(), &wire);
  } else {
    wire = Header(kProxy, kTcp6, kTcp6Bytes);
    AppendBytes(client.ip.bytes(), &wire);
    AppendBytes(destination.ip.bytes(), &wire);
  }
  Append16(client.port, &wire);
  Append16(destination.port, &wire);
  return wire;
}

}  // namespace pinnace::ingress
