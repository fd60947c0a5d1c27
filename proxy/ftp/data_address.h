// PASV, EPSV, PORT and EPRT: their arguments and replies to and from Address
// (RFC 959 §4.1.2, RFC 1123 §4.1.2.6, RFC 2428). Strict with clients, lenient
// with backends, total over any bytes; believes nothing: whether an address may
// be used is the session's question. Any thread.
#ifndef PINNACE_PROXY_FTP_DATA_ADDRESS_H_
#define PINNACE_PROXY_FTP_DATA_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace::ftp {

// "h1,h2,h3,h4,p1,p2", each 0..255. No spaces, no signs, nothing behind.
std::optional<Address> ParsePortArgument(absl::string_view argument);
std::string FormatPortArgument(const Address& address);  // IPv4 only

enum class EprtError : uint8_t { kNone, kSyntax, kUnknownFamily };
struct EprtArgument {
  EprtError error = EprtError::kSyntax;
  Address address;  // when error is kNone
};
// RFC 2428 §2: <d>family<d>address<d>port<d>, any printable delimiter.
// The address must be of the family that the number names.
EprtArgument ParseEprtArgument(absl::string_view argument);
std::string FormatEprtArgument(const Address& address);

enum class EpsvArgument : uint8_t {
  kNone,
  kIpv4,
  kIpv6,
  kAll,
  kUnknownFamily,
  kSyntax
};
EpsvArgument ParseEpsvArgument(absl::string_view argument);

// The six numbers in the text of a 227, with or without parentheses: RFC 1123
// §4.1.2.6 says to scan for the first digit. Spaces around the commas are taken
// as backends send them; port 0 is no address.
std::optional<Address> ParsePassiveText(absl::string_view text);
// "(|||port|)" in the text of a 229, any delimiter; port 1..65535.
std::optional<uint16_t> ParseExtendedPassiveText(absl::string_view text);

// "Entering Passive Mode (h1,h2,h3,h4,p1,p2)." IPv4 only.
std::string FormatPassiveText(const Address& address);
// "Entering Extended Passive Mode (|||port|)."
std::string FormatExtendedPassiveText(uint16_t port);

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_DATA_ADDRESS_H_
