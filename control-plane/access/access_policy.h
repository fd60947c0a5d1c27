// Who the control plane knows: tokens by their SHA-256, certificates by their
// subjects. The tokens themselves are not kept. Pure. Any thread.
#ifndef PINNACE_CONTROL_PLANE_ACCESS_ACCESS_POLICY_H_
#define PINNACE_CONTROL_PLANE_ACCESS_ACCESS_POLICY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "control-plane/access/identity.h"
#include "protos/pinnace/v1/config.pb.h"

namespace pinnace::access {

// One name that a certificate gives its holder.
struct Subject {
  enum class Kind : uint8_t { kCommonName, kDns, kUri };

  // "CN=gw-1", "DNS:gw-1.example", "URI:spiffe://example/gw-1".
  std::string ToString() const;

  Kind kind = Kind::kCommonName;
  std::string text;
};

class AccessPolicy {
 public:
  // Asks nobody who they are.
  AccessPolicy() = default;
  // `secrets`: the token of each of config.tokens. INVALID_ARGUMENT names the
  // field of a token that is another's too.
  static absl::StatusOr<AccessPolicy> Make(
      const v1::ControlPlaneConfig& config,
      absl::Span<const std::string> secrets);

  // "+ops operator, -ci, farm-a: another token; other certificate rules": what
  // an audit entry says of a change, of names and roles alone. Empty: nothing.
  std::string ChangesSince(const AccessPolicy& former) const;

  bool takes_tokens() const { return !tokens_.empty(); }
  bool takes_certificates() const { return takes_certificates_; }
  // Everybody may do everything.
  bool is_open() const { return !takes_tokens() && !takes_certificates(); }

  // In the same time for every secret of a length.
  std::optional<Identity> IdentityOfToken(absl::string_view secret) const;
  // Of a verified certificate: the first rule that matches a subject counts,
  // and that subject is the name.
  std::optional<Identity> IdentityOfCertificate(
      absl::Span<const Subject> subjects) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Token {
    Digest digest;
    Identity identity;
  };
  struct CertificateRule {
    bool operator==(const CertificateRule& other) const = default;

    std::string subject;  // a glob
    Identity identity;    // without its name
  };

  static Digest DigestOf(absl::string_view secret);
  const Token* FindToken(absl::string_view secret) const;
  const Token* FindNamed(absl::string_view name) const;

  std::vector<Token> tokens_;
  bool takes_certificates_ = false;
  std::vector<CertificateRule> rules_;
};

}  // namespace pinnace::access

#endif  // PINNACE_CONTROL_PLANE_ACCESS_ACCESS_POLICY_H_
