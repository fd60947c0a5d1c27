// Any bytes as a configuration file: they are taken, or refused with at least
// one reason that names the file.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "proxy/base/check.h"
#include "proxy/config/config_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<pinnace::config::ConfigFile> file =
      pinnace::config::ConfigFile::Parse(
          "fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  if (!file.ok()) {
    PINNACE_CHECK(absl::StartsWith(file.status().message(), "fuzz.yaml"));
  }
  return 0;
}
