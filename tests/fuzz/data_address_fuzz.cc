// Any text where a data address may stand: what is read is written back and
// read again as the same address, and no two readers disagree about it.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "proxy/base/check.h"
#include "proxy/ftp/data_address.h"

namespace pinnace::ftp {
namespace {

void CheckPort(absl::string_view text) {
  const auto port = ParsePortArgument(text);
  if (!port.has_value()) return;
  PINNACE_CHECK(port->ip.is_ipv4());
  PINNACE_CHECK(ParsePortArgument(FormatPortArgument(*port)) == port);
  if (port->port != 0) PINNACE_CHECK(ParsePassiveText(text) == port);
}

void CheckEprt(absl::string_view text) {
  const EprtArgument eprt = ParseEprtArgument(text);
  if (eprt.error != EprtError::kNone) return;
  PINNACE_CHECK(eprt.address.port != 0);
  const EprtArgument again =
      ParseEprtArgument(FormatEprtArgument(eprt.address));
  PINNACE_CHECK(again.error == EprtError::kNone);
  PINNACE_CHECK(again.address == eprt.address);
  if (!eprt.address.ip.is_ipv4()) return;
  PINNACE_CHECK(ParsePortArgument(FormatPortArgument(eprt.address)) ==
                eprt.address);
}

void CheckEpsv(absl::string_view text) {
  const EpsvArgument epsv = ParseEpsvArgument(text);
  PINNACE_CHECK((epsv == EpsvArgument::kNone) == text.empty());
  if (epsv == EpsvArgument::kUnknownFamily) {
    for (const char c : text) PINNACE_CHECK(absl::ascii_isdigit(c));
  }
}

void CheckPassive(absl::string_view text) {
  const auto passive = ParsePassiveText(text);
  if (!passive.has_value()) return;
  PINNACE_CHECK(passive->ip.is_ipv4() && passive->port != 0);
  PINNACE_CHECK(ParsePassiveText(FormatPassiveText(*passive)) == passive);
}

void CheckExtendedPassive(absl::string_view text) {
  const auto port = ParseExtendedPassiveText(text);
  if (!port.has_value()) return;
  PINNACE_CHECK(*port != 0);
  PINNACE_CHECK(ParseExtendedPassiveText(FormatExtendedPassiveText(*port)) ==
                port);
}

}  // namespace
}  // namespace pinnace::ftp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  pinnace::ftp::CheckPort(text);
  pinnace::ftp::CheckEprt(text);
  pinnace::ftp::CheckEpsv(text);
  pinnace::ftp::CheckPassive(text);
  pinnace::ftp::CheckExtendedPassive(text);
  return 0;
}
