// What a configuration says about who may use the admin pages: the tokens, and
// the files that have them. Any thread.
#ifndef PINNACE_PROXY_CONFIG_ADMIN_CHECK_H_
#define PINNACE_PROXY_CONFIG_ADMIN_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/config.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::config {

// Roles, names and paths, and whether `listen` may do without a token. Looks at
// no file.
void CheckAdmin(const v1::AdminConfig& admin,
                snapshot::FieldProblems& problems);

// Whether every file has a token, and each its own.
void CheckAdminFiles(const v1::AdminConfig& admin,
                     snapshot::FieldProblems& problems);

struct AdminToken {
  std::string name;
  v1::Role role = v1::ROLE_VIEWER;
  std::string secret;
};
// Of `token_file`, by the name of "admin", and of `tokens`. INVALID_ARGUMENT
// names the field.
absl::StatusOr<std::vector<AdminToken>> ReadAdminTokens(
    const v1::AdminConfig& admin);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_ADMIN_CHECK_H_
