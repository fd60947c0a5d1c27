#include "proxy/snapshot/backend_tls_check.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "proxy/base/address.h"

namespace pinnace::snapshot {
namespace {

constexpr size_t kMaxServerNameBytes = 255;

bool IsSecured(v1::BackendTls::Mode mode) {
  return mode != v1::BackendTls::MODE_UNSPECIFIED &&
         mode != v1::BackendTls::MODE_NONE;
}

// Whoever sets one of these believes that the connections are secured.
void CheckNothingSet(const v1::BackendTls& tls, const FieldCheck& check) {
  const auto refuse = [&](absl::string_view field, bool is_set) {
    if (is_set) check.Complain(field, "needs backend_tls.mode");
  };
  refuse("ca", !tls.ca().empty());
  refuse("server_name", !tls.server_name().empty());
  refuse("skip_verification", tls.skip_verification());
  refuse("cert", !tls.cert().empty());
  refuse("key", !tls.key().empty());
  refuse("data_protection",
         tls.data_protection() != v1::BackendTls::DATA_PROTECTION_UNSPECIFIED &&
             tls.data_protection() != v1::BackendTls::DATA_PROTECTION_SAME);
}

void CheckPath(absl::string_view field, const std::string& path,
               const FieldCheck& check) {
  if (path.empty()) return;
  if (path[0] == '/' && path.size() <= kMaxPathBytes &&
      path.find('\0') == std::string::npos) {
    return;
  }
  check.Complain(
      field, absl::StrCat("must be an absolute path of at most ", kMaxPathBytes,
                          " characters, not ", Quoted(path)));
}

void CheckServerName(const std::string& name, const FieldCheck& check) {
  if (name.empty() || IpAddress::Parse(name).has_value()) return;
  // Borrow the rules of a host's spelling. An address has no brackets here.
  if (name.size() <= kMaxServerNameBytes && name[0] != '[' &&
      HostPort::Parse(absl::StrCat(name, ":21")).has_value()) {
    return;
  }
  check.Complain("server_name",
                 absl::StrCat("must be a host name or an IP address of at most "
                              "255 characters, not ",
                              Quoted(name)));
}

}  // namespace

void CheckBackendTls(const v1::BackendTls& tls, const std::string& path,
                     FieldProblems& problems) {
  const FieldCheck check(path, problems);
  check.Enum("mode", tls.mode(), v1::BackendTls::Mode_IsValid);
  check.Enum("data_protection", tls.data_protection(),
             v1::BackendTls::DataProtection_IsValid);
  if (!IsSecured(tls.mode())) return CheckNothingSet(tls, check);
  CheckPath("ca", tls.ca(), check);
  CheckPath("cert", tls.cert(), check);
  CheckPath("key", tls.key(), check);
  CheckServerName(tls.server_name(), check);
  if (!tls.cert().empty() && tls.key().empty()) {
    check.Complain("cert", "needs backend_tls.key");
  }
  if (!tls.key().empty() && tls.cert().empty()) {
    check.Complain("key", "needs backend_tls.cert");
  }
  if (tls.skip_verification() && !tls.ca().empty()) {
    check.Complain("skip_verification",
                   "cannot be set together with backend_tls.ca, which it would "
                   "ignore");
  }
}

}  // namespace pinnace::snapshot
