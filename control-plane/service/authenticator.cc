#include "control-plane/service/authenticator.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/grpcpp.h"

namespace pinnace::service {
namespace {

using access::AccessPolicy;
using access::Identity;
using access::Subject;

constexpr absl::string_view kScheme = "bearer ";

// "ipv4:10.0.0.1:5" and "ipv6:%5B::1%5D:5" without the prefix and the escapes.
std::string AddressOfPeer(const std::string& peer) {
  absl::string_view address = peer;
  if (!absl::ConsumePrefix(&address, "ipv4:")) {
    absl::ConsumePrefix(&address, "ipv6:");
  }
  return absl::StrReplaceAll(address, {{"%5B", "["}, {"%5D", "]"}});
}

// The TOKEN of "authorization: Bearer TOKEN".
std::optional<absl::string_view> TokenOf(
    const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  // Of two it would be anybody's guess which one counts.
  if (found == metadata.end() || metadata.count("authorization") != 1) {
    return std::nullopt;
  }
  const absl::string_view value(found->second.data(), found->second.size());
  if (!absl::StartsWithIgnoreCase(value, kScheme)) return std::nullopt;
  return value.substr(kScheme.size());
}

// Of the client certificate, which gRPC has verified; none without one.
std::vector<Subject> SubjectsOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  std::vector<Subject> subjects;
  if (auth == nullptr) return subjects;
  const auto add = [&](const char* property, Subject::Kind kind) {
    for (const grpc::string_ref& value : auth->FindPropertyValues(property)) {
      subjects.push_back({kind, std::string(value.data(), value.size())});
    }
  };
  add(GRPC_X509_CN_PROPERTY_NAME, Subject::Kind::kCommonName);
  add(GRPC_PEER_DNS_PROPERTY_NAME, Subject::Kind::kDns);
  add(GRPC_PEER_URI_PROPERTY_NAME, Subject::Kind::kUri);
  return subjects;
}

// Never with what was shown instead of a token.
absl::Status Unknown(const AccessPolicy& policy, bool token_shown,
                     const std::vector<Subject>& subjects) {
  std::string message;
  if (token_shown && policy.takes_tokens()) {
    message = "the control plane does not know this token";
  } else if (!subjects.empty() && policy.takes_certificates()) {
    message =
        "no entry of control_plane.tls.clients matches the client certificate";
  } else if (!policy.takes_certificates()) {
    message = "needs a token";
  } else if (!policy.takes_tokens()) {
    message = "needs a client certificate";
  } else {
    message = "needs a token or a client certificate";
  }
  return absl::UnauthenticatedError(message);
}

}  // namespace

Authenticator::Authenticator(AccessPolicy policy)
    : policy_(std::make_shared<const AccessPolicy>(std::move(policy))) {}

void Authenticator::Replace(AccessPolicy policy) {
  auto replacement = std::make_shared<const AccessPolicy>(std::move(policy));
  absl::MutexLock lock(&mutex_);
  policy_.swap(replacement);
}

std::shared_ptr<const AccessPolicy> Authenticator::policy() const {
  absl::MutexLock lock(&mutex_);
  return policy_;
}

absl::StatusOr<Identity> Authenticator::Identify(
    const grpc::ServerContextBase& context) const {
  const std::shared_ptr<const AccessPolicy> policy = this->policy();
  if (policy->is_open()) return access::LocalOperator();
  const std::optional<absl::string_view> token = TokenOf(context);
  std::optional<Identity> identity;
  if (token.has_value()) identity = policy->IdentityOfToken(*token);
  if (identity.has_value()) return *std::move(identity);
  const std::vector<Subject> subjects = SubjectsOf(context);
  identity = policy->IdentityOfCertificate(subjects);
  if (identity.has_value()) return *std::move(identity);
  return Unknown(*policy, token.has_value(), subjects);
}

absl::StatusOr<registry::Caller> Authenticator::Admit(
    const grpc::ServerContextBase& context, access::Method method,
    absl::string_view id) const {
  const bool within = within_.IsShownBy(context);
  absl::StatusOr<Identity> identity = access::LocalOperator();
  if (!within) identity = Identify(context);
  if (!identity.ok()) return identity.status();
  absl::Status allowed = access::Authorise(*identity, method, id);
  if (!allowed.ok()) return allowed;
  return registry::Caller{
      .name = std::move(identity->name),
      .address = within ? "in-process" : AddressOfPeer(context.peer()),
      .reach = identity->role == v1::ROLE_BACKEND
                   ? registry::Reach::kOwnBackends
                   : registry::Reach::kEverything};
}

}  // namespace pinnace::service
