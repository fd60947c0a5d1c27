#include "control-plane/access/access_files.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "openssl/crypto.h"
#include "proxy/base/secret_file.h"

namespace pinnace::access {

absl::StatusOr<AccessPolicy> ReadAccessPolicy(
    const v1::ControlPlaneConfig& config) {
  std::vector<std::string> secrets;
  absl::Status failed;
  for (int i = 0; failed.ok() && i < config.tokens_size(); ++i) {
    absl::StatusOr<std::string> secret = ReadTokenFile(config.tokens(i).file());
    if (secret.ok()) {
      secrets.push_back(*std::move(secret));
    } else {
      failed =
          absl::Status(secret.status().code(),
                       absl::StrCat("control_plane.tokens[", i,
                                    "].file: ", secret.status().message()));
    }
  }
  absl::StatusOr<AccessPolicy> policy = failed;
  if (failed.ok()) policy = AccessPolicy::Make(config, secrets);
  for (std::string& secret : secrets) {
    OPENSSL_cleanse(secret.data(), secret.size());
  }
  return policy;
}

}  // namespace pinnace::access
