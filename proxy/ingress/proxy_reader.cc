#include "proxy/ingress/proxy_reader.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_wire.h"

namespace pinnace::ingress {
namespace {

using Status = ProxyReading::Status;

// Its longest line, CRLF with it (proxy-protocol.txt §2.1).
constexpr size_t kMaxTextBytes = 107;
constexpr absl::string_view kTextSignature = "PROXY ";

ProxyReading Malformed(const char* why) {
  return {.status = Status::kMalformed, .why = why};
}

ProxyReading Whole(const ProxyHeader& header) {
  return {.status = Status::kHeader, .header = header};
}

// --- Version 1.

enum class TextFamily : uint8_t { kTcp4, kTcp6 };

std::optional<IpAddress> ParseIp(absl::string_view text, TextFamily family) {
  // Spelt in its own family: a mapped address too has colons.
  const bool has_colon = text.find(':') != absl::string_view::npos;
  if (has_colon != (family == TextFamily::kTcp6)) return std::nullopt;
  return IpAddress::Parse(text);
}

std::optional<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  const bool digits =
      !text.empty() && text.size() <= 5 &&
      text.find_first_not_of("0123456789") == absl::string_view::npos;
  // §2.1: no leading zeroes.
  if (!digits || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  if (!absl::SimpleAtoi(text, &port) || port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

// The line without its CRLF.
ProxyReading ParseText(absl::string_view line) {
  ProxyHeader header = {.size = line.size() + 2};
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  // §2.1: the rest of it has to be ignored.
  if (words[1] == "UNKNOWN") return Whole(header);
  if (words[1] != "TCP4" && words[1] != "TCP6") {
    return Malformed("its family is none of TCP4, TCP6 and UNKNOWN");
  }
  if (words.size() != 6) {
    return Malformed("it does not have two addresses and two ports");
  }
  const TextFamily family =
      words[1] == "TCP4" ? TextFamily::kTcp4 : TextFamily::kTcp6;
  const std::optional<IpAddress> source = ParseIp(words[2], family);
  const std::optional<IpAddress> destination = ParseIp(words[3], family);
  if (!source.has_value() || !destination.has_value()) {
    return Malformed("an address is none of its family");
  }
  const std::optional<uint16_t> source_port = ParsePort(words[4]);
  const std::optional<uint16_t> destination_port = ParsePort(words[5]);
  if (!source_port.has_value() || !destination_port.has_value()) {
    return Malformed("a port is no number of 0 to 65535");
  }
  header.ends = {.source = {*source, *source_port},
                 .destination = {*destination, *destination_port}};
  return Whole(header);
}

ProxyReading ReadText(absl::string_view bytes) {
  const absl::string_view line = bytes.substr(0, kMaxTextBytes);
  const size_t end = line.find('\n');
  if (end == absl::string_view::npos) {
    if (line.size() == kMaxTextBytes) {
      return Malformed("its line is longer than 107 bytes");
    }
    return {};
  }
  if (line[end - 1] != '\r') return Malformed("its line ends without CR");
  return ParseText(line.substr(0, end - 1));
}

// --- Version 2.

uint8_t Byte(absl::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

uint16_t Read16(absl::string_view bytes, size_t at) {
  return static_cast<uint16_t>(Byte(bytes, at) << 8 | Byte(bytes, at + 1));
}

template <size_t kBytes>
std::array<uint8_t, kBytes> Copy(absl::string_view bytes, size_t at) {
  std::array<uint8_t, kBytes> copy;
  std::copy_n(bytes.begin() + at, kBytes, copy.begin());
  return copy;
}

IpAddress IpAt(absl::string_view bytes, size_t at, size_t ip_bytes) {
  return ip_bytes == 4 ? IpAddress::FromIpv4(Copy<4>(bytes, at))
                       : IpAddress::FromIpv6(Copy<16>(bytes, at));
}

// Two addresses, then two ports.
ProxyHeader::Ends EndsAt(absl::string_view block, size_t ip_bytes) {
  const size_t ports = 2 * ip_bytes;
  return {.source = {IpAt(block, 0, ip_bytes), Read16(block, ports)},
          .destination = {IpAt(block, ip_bytes, ip_bytes),
                          Read16(block, ports + 2)}};
}

// How many bytes the addresses of a family have (§2.2); nothing for what is
// none.
std::optional<size_t> AddressBytes(uint8_t family) {
  switch (family) {
    case kProxyUnspecified:
      return 0;
    case kProxyTcp4:
    case kProxyUdp4:
      return kProxyIpv4Bytes;
    case kProxyTcp6:
    case kProxyUdp6:
      return kProxyIpv6Bytes;
    case kProxyUnixStream:
    case kProxyUnixDatagram:
      return kProxyUnixBytes;
    default:
      return std::nullopt;
  }
}

// What the values say is no concern of ours, the checksum's (PP2_TYPE_CRC32C)
// too: TCP has its own. They must only be whole.
bool AreWholeTlvs(absl::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() < kProxyTlvHeadBytes) return false;
    const size_t size = kProxyTlvHeadBytes + Read16(bytes, 1);
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

ProxyReading ParseBlock(uint8_t family, absl::string_view block,
                        ProxyHeader header) {
  const std::optional<size_t> address_bytes = AddressBytes(family);
  if (!address_bytes.has_value()) return Malformed("its family is unknown");
  if (block.size() < *address_bytes) {
    return Malformed("it is too short for its addresses");
  }
  // §2.2: of what is unspecified the whole block is to be skipped.
  if (family == kProxyUnspecified) return Whole(header);
  if (!AreWholeTlvs(block.substr(*address_bytes))) {
    return Malformed("a TLV of it is longer than the header");
  }
  if (family == kProxyTcp4) header.ends = EndsAt(block, 4);
  if (family == kProxyTcp6) header.ends = EndsAt(block, 16);
  return Whole(header);
}

ProxyReading ReadBinary(absl::string_view bytes) {
  if (bytes.size() > kProxySignature.size()) {
    const uint8_t version = Byte(bytes, kProxySignature.size());
    if (version != kProxyLocal && version != kProxyProxied) {
      return Malformed("its version or command is unknown");
    }
  }
  if (bytes.size() < kProxyHeadBytes) return {};
  const size_t block_bytes = Read16(bytes, kProxyHeadBytes - 2);
  const ProxyHeader header = {.size = kProxyHeadBytes + block_bytes};
  if (header.size > limits::kMaxProxyHeaderBytes) {
    return Malformed("it is too long");
  }
  if (bytes.size() < header.size) return {};
  // §2.2: of LOCAL the family and the block are to be ignored.
  if (Byte(bytes, kProxySignature.size()) == kProxyLocal) return Whole(header);
  return ParseBlock(Byte(bytes, kProxySignature.size() + 1),
                    bytes.substr(kProxyHeadBytes, block_bytes), header);
}

// How much of `signature` has come.
ProxySignature Find(absl::string_view signature, absl::string_view bytes) {
  const size_t size = std::min(signature.size(), bytes.size());
  if (signature.substr(0, size) != bytes.substr(0, size)) {
    return ProxySignature::kAbsent;
  }
  return size == signature.size() ? ProxySignature::kWhole
                                  : ProxySignature::kPart;
}

}  // namespace

ProxySignature FindProxySignature(absl::string_view bytes) {
  // They differ in their first byte.
  return std::max(Find(kTextSignature, bytes), Find(kProxySignature, bytes));
}

ProxyReading ReadProxyHeader(absl::string_view bytes) {
  switch (FindProxySignature(bytes)) {
    case ProxySignature::kAbsent:
      return {.status = Status::kNoHeader};
    case ProxySignature::kPart:
      return {};
    case ProxySignature::kWhole:
      break;
  }
  return bytes[0] == kTextSignature[0] ? ReadText(bytes) : ReadBinary(bytes);
}

}  // namespace pinnace::ingress
