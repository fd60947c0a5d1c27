#include "control-plane/access/access_files.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "openssl/crypto.h"
#include "proxy/base/secret_file.h"

namespace pinnace::access {

absl::StatusOr<AccessPolicy> ReadAccessPolicy(
    const v1::ControlPlaneConfig& config) {
  std::vector<std::string> secrets;
  const auto forget = absl::MakeCleanup([&secrets] {
    for (std::string& secret : secrets) {
      OPENSSL_cleanse(secret.data(), secret.size());
    }
  });
  for (int i = 0; i < config.tokens_size(); ++i) {
    absl::StatusOr<std::string> secret = ReadTokenFile(config.tokens(i).file());
    if (!secret.ok()) {
      return absl::Status(secret.status().code(),
                          absl::StrCat("control_plane.tokens[", i,
                                       "].file: ", secret.status().message()));
    }
    secrets.push_back(*std::move(secret));
  }
  return AccessPolicy::Make(config, secrets);
}

}  // namespace pinnace::access
