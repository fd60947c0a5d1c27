#include "control-plane/access/access_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control-plane/access/glob.h"
#include "control-plane/access/permission.h"
#include "openssl/crypto.h"
#include "openssl/sha.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"

namespace pinnace::access {
namespace {

// What a log line, the audit and a terminal can show. A certificate with
// another subject may still be known by its other ones.
bool IsPlain(const Subject& subject) {
  return !subject.text.empty() &&
         subject.text.size() <= limits::kMaxSubjectBytes &&
         std::all_of(subject.text.begin(), subject.text.end(),
                     absl::ascii_isprint);
}

}  // namespace

std::string Subject::ToString() const {
  switch (kind) {
    case Kind::kCommonName:
      return absl::StrCat("CN=", text);
    case Kind::kDns:
      return absl::StrCat("DNS:", text);
    case Kind::kUri:
      return absl::StrCat("URI:", text);
  }
  return text;
}

AccessPolicy::Digest AccessPolicy::DigestOf(absl::string_view secret) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
         digest.data());
  return digest;
}

const AccessPolicy::Token* AccessPolicy::FindToken(
    absl::string_view secret) const {
  const Digest digest = DigestOf(secret);
  const Token* found = nullptr;
  for (const Token& token : tokens_) {
    if (CRYPTO_memcmp(token.digest.data(), digest.data(), digest.size()) == 0) {
      found = &token;
    }
  }
  return found;
}

const AccessPolicy::Token* AccessPolicy::FindNamed(
    absl::string_view name) const {
  for (const Token& token : tokens_) {
    if (token.identity.name == name) return &token;
  }
  return nullptr;
}

std::string AccessPolicy::ChangesSince(const AccessPolicy& former) const {
  std::vector<std::string> changes;
  for (const Token& token : tokens_) {
    const std::string& name = token.identity.name;
    const Token* known = former.FindNamed(name);
    if (known == nullptr) {
      changes.push_back(
          absl::StrCat("+", name, " ", NameOf(token.identity.role)));
    } else if (!(known->identity == token.identity)) {
      changes.push_back(absl::StrCat(
          name, ": now ", NameOf(token.identity.role),
          known->identity.role == token.identity.role ? " with other ids"
                                                      : ""));
    } else if (known->digest != token.digest) {
      changes.push_back(absl::StrCat(name, ": another token"));
    }
  }
  for (const Token& token : former.tokens_) {
    const std::string& name = token.identity.name;
    if (FindNamed(name) == nullptr) changes.push_back(absl::StrCat("-", name));
  }
  if (takes_certificates_ != former.takes_certificates_) {
    changes.push_back(takes_certificates_ ? "+certificates" : "-certificates");
  } else if (rules_ != former.rules_) {
    changes.push_back("other certificate rules");
  }
  return Printable(absl::StrJoin(changes, ", "), limits::kMaxAuditDetailBytes);
}

absl::StatusOr<AccessPolicy> AccessPolicy::Make(
    const v1::ControlPlaneConfig& config,
    absl::Span<const std::string> secrets) {
  AccessPolicy policy;
  for (int i = 0; i < config.tokens_size(); ++i) {
    const v1::TokenConfig& token = config.tokens(i);
    const std::string& secret = secrets[static_cast<size_t>(i)];
    if (const Token* other = policy.FindToken(secret); other != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("control_plane.tokens[", i, "].file: ", token.file(),
                       " has the token of \"", other->identity.name, "\""));
    }
    policy.tokens_.push_back(
        {.digest = DigestOf(secret),
         .identity = {.name = token.name(),
                      .role = token.role(),
                      .ids = {token.ids().begin(), token.ids().end()}}});
  }
  policy.takes_certificates_ = !config.tls().client_ca().empty();
  for (const v1::ControlPlaneTlsConfig::ClientConfig& client :
       config.tls().clients()) {
    policy.rules_.push_back(
        {.subject = client.subject(),
         .identity = {.name = "",
                      .role = client.role(),
                      .ids = {client.ids().begin(), client.ids().end()}}});
  }
  return policy;
}

std::optional<Identity> AccessPolicy::IdentityOfToken(
    absl::string_view secret) const {
  const Token* token = FindToken(secret);
  if (token == nullptr) return std::nullopt;
  return token->identity;
}

std::optional<Identity> AccessPolicy::IdentityOfCertificate(
    absl::Span<const Subject> subjects) const {
  if (!takes_certificates_) return std::nullopt;
  for (const CertificateRule& rule : rules_) {
    for (const Subject& subject : subjects) {
      if (!IsPlain(subject) || !GlobMatches(rule.subject, subject.text)) {
        continue;
      }
      Identity identity = rule.identity;
      identity.name = subject.ToString();
      return identity;
    }
  }
  return std::nullopt;
}

}  // namespace pinnace::access
