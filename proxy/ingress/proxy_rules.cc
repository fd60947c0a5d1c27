#include "proxy/ingress/proxy_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace pinnace::ingress {
namespace {

using Kind = HeaderVerdict::Kind;

constexpr char kForeignHeader[] =
    "it sent a PROXY header, and is not trusted to";

HeaderVerdict Untrusted(absl::string_view why) {
  return HeaderVerdict::Refuse(HeaderRefusal::kUntrusted, why);
}

HeaderVerdict Missing(absl::string_view why) {
  return HeaderVerdict::Refuse(HeaderRefusal::kMissing, why);
}

}  // namespace

bool ProxyRules::Trusts(const IpAddress& source) const {
  return std::any_of(trusted.begin(), trusted.end(), [&](const Cidr& network) {
    return network.Contains(source);
  });
}

HeaderRule ProxyRules::RuleFor(ProxyMode mode, const IpAddress& source) const {
  switch (mode) {
    case ProxyMode::kOff:
      return HeaderRule::kNotLookedFor;
    case ProxyMode::kOptional:
      return Trusts(source) ? HeaderRule::kMay : HeaderRule::kMustNot;
    case ProxyMode::kRequired:
      return Trusts(source) ? HeaderRule::kMust : HeaderRule::kRefused;
  }
  return HeaderRule::kRefused;
}

HeaderVerdict Judge(HeaderRule rule, const ProxyReading& reading) {
  using Status = ProxyReading::Status;
  if (rule == HeaderRule::kNotLookedFor) return {Kind::kPass};
  if (rule == HeaderRule::kRefused) return Untrusted("it is not trusted");
  switch (reading.status) {
    case Status::kNeedMore:
      return {Kind::kWait};
    case Status::kNoHeader:
      if (rule != HeaderRule::kMust) return {Kind::kPass};
      return Missing("it begins without a PROXY header");
    case Status::kHeader:
      if (rule != HeaderRule::kMustNot) return {Kind::kPass};
      return Untrusted(kForeignHeader);
    case Status::kMalformed:
      if (rule == HeaderRule::kMustNot) return Untrusted(kForeignHeader);
      return HeaderVerdict::Refuse(
          HeaderRefusal::kMalformed,
          absl::StrCat("malformed PROXY header: ", reading.why));
  }
  return {Kind::kDrop};
}

HeaderVerdict JudgeSilence(HeaderRule rule, Silence silence,
                           absl::string_view bytes) {
  const bool has_ended = silence == Silence::kEnded;
  if (rule == HeaderRule::kMust) {
    // Somebody looks whether we listen: a balancer's plain TCP check.
    if (bytes.empty() && has_ended) return {Kind::kDrop};
    return Missing(bytes.empty() ? "it sent no PROXY header"
                                 : "its PROXY header does not end");
  }
  // What has ended before it could be told from a header is not one.
  if (bytes.empty() ||
      (has_ended && FindProxySignature(bytes) != ProxySignature::kWhole)) {
    return {Kind::kPass};
  }
  if (rule == HeaderRule::kMustNot) return Untrusted(kForeignHeader);
  return Missing("its PROXY header does not end");
}

}  // namespace pinnace::ingress
