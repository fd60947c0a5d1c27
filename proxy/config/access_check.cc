#include "proxy/config/access_check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"

namespace pinnace::config {
namespace {

using snapshot::FieldProblems;

// Where an earlier entry has the same value, by value.
using Seen = std::map<std::string, std::string>;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, 128), "\"");
}

void CheckUnique(const std::string& value, const std::string& path,
                 absl::string_view field, Seen& seen, FieldProblems& problems) {
  const auto [earlier, added] = seen.insert({value, path});
  if (added) return;
  problems.push_back(
      {absl::StrCat(path, ".", field),
       absl::StrCat(Quoted(value), " is that of ", earlier->second, ", too")});
}

void CheckGlob(const std::string& glob, const std::string& field,
               FieldProblems& problems) {
  if (!glob.empty() && glob.size() <= limits::kMaxGlobBytes &&
      std::all_of(glob.begin(), glob.end(), absl::ascii_isgraph)) {
    return;
  }
  problems.push_back(
      {field, absl::StrCat("must be 1 to ", limits::kMaxGlobBytes,
                           " visible characters, not ", Quoted(glob))});
}

// Role and ids of a token or of a certificate's entry.
template <typename Entry>
void CheckRole(const Entry& entry, const std::string& path,
               FieldProblems& problems) {
  if (entry.ids_size() > 0 && entry.role() != v1::ROLE_BACKEND &&
      entry.role() != v1::ROLE_GATEWAY) {
    problems.push_back(
        {path + ".ids", "only roles backend and gateway have ids"});
  }
  if (entry.ids_size() > limits::kMaxIdGlobs) {
    problems.push_back(
        {path + ".ids",
         absl::StrCat("at most ", limits::kMaxIdGlobs, " are taken")});
  }
  for (int i = 0; i < entry.ids_size(); ++i) {
    CheckGlob(entry.ids(i), absl::StrCat(path, ".ids[", i, "]"), problems);
  }
}

void CheckTokens(const v1::ControlPlaneConfig& control_plane,
                 FieldProblems& problems) {
  if (control_plane.tokens_size() > limits::kMaxTokens) {
    problems.push_back(
        {"control_plane.tokens",
         absl::StrCat("at most ", limits::kMaxTokens, " are taken")});
  }
  Seen names;
  Seen files;
  for (int i = 0; i < control_plane.tokens_size(); ++i) {
    const v1::TokenConfig& token = control_plane.tokens(i);
    const std::string path = absl::StrCat("control_plane.tokens[", i, "]");
    snapshot::CheckName(token.name(), path + ".name", problems);
    // The audit must not take one for the other.
    if (token.name() == "local" || token.name() == "lease") {
      problems.push_back(
          {path + ".name",
           absl::StrCat(Quoted(token.name()),
                        " is what the audit calls callers without a token, "
                        "or the end of a lease")});
    }
    CheckUnique(token.name(), path, "name", names, problems);
    CheckUnique(token.file(), path, "file", files, problems);
    CheckRole(token, path, problems);
  }
}

void CheckTls(const v1::ControlPlaneTlsConfig& tls, FieldProblems& problems) {
  const std::string path = "control_plane.tls";
  if (tls.clients_size() > 0 && tls.client_ca().empty()) {
    problems.push_back({path + ".clients", "needs client_ca"});
  }
  if (tls.clients_size() == 0 && !tls.client_ca().empty()) {
    problems.push_back({path + ".client_ca",
                        "needs an entry in clients: without one no certificate "
                        "has a role"});
  }
  if (tls.clients_size() > limits::kMaxCertificateRules) {
    problems.push_back(
        {path + ".clients",
         absl::StrCat("at most ", limits::kMaxCertificateRules, " are taken")});
  }
  Seen subjects;
  for (int i = 0; i < tls.clients_size(); ++i) {
    const v1::ControlPlaneTlsConfig::ClientConfig& client = tls.clients(i);
    const std::string entry = absl::StrCat(path, ".clients[", i, "]");
    CheckGlob(client.subject(), entry + ".subject", problems);
    CheckUnique(client.subject(), entry, "subject", subjects, problems);
    CheckRole(client, entry, problems);
  }
}

}  // namespace

void CheckAccess(const v1::ControlPlaneConfig& control_plane,
                 FieldProblems& problems) {
  CheckTokens(control_plane, problems);
  if (control_plane.has_tls()) CheckTls(control_plane.tls(), problems);
  const std::optional<Address> listen = Address::Parse(control_plane.listen());
  if (listen.has_value() && !listen->ip.IsLoopback() &&
      control_plane.tokens_size() == 0 &&
      control_plane.tls().client_ca().empty()) {
    problems.push_back(
        {"control_plane.listen",
         absl::StrCat(listen->ToString(),
                      " is not a loopback address: it needs "
                      "control_plane.tokens or control_plane.tls.client_ca")});
  }
}

void CheckControlPlaneAccess(const v1::GatewayConfig& gateway,
                             FieldProblems& problems) {
  if (!gateway.has_control_plane_access()) return;
  const v1::ControlPlaneAccess& access = gateway.control_plane_access();
  const std::string path = "gateway.control_plane_access";
  if (gateway.control_plane().empty()) {
    problems.push_back({path, "needs gateway.control_plane"});
  }
  if (!access.cert().empty() && access.key().empty()) {
    problems.push_back({path + ".cert", "needs key"});
  }
  if (!access.key().empty() && access.cert().empty()) {
    problems.push_back({path + ".key", "needs cert"});
  }
  if (!access.cert().empty() && access.ca().empty()) {
    problems.push_back({path + ".cert", "needs ca"});
  }
}

}  // namespace pinnace::config
