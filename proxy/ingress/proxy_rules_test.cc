#include "proxy/ingress/proxy_rules.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/ingress/proxy_header.h"

namespace pinnace::ingress {
namespace {

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

std::string Shown(const HeaderVerdict& verdict) {
  switch (verdict.kind) {
    case HeaderVerdict::Kind::kWait:
      return "wait";
    case HeaderVerdict::Kind::kPass:
      return "pass";
    case HeaderVerdict::Kind::kDrop:
      return "drop";
    case HeaderVerdict::Kind::kRefuse:
      break;
  }
  switch (verdict.refusal) {
    case HeaderRefusal::kUntrusted:
      return absl::StrCat("untrusted: ", verdict.why);
    case HeaderRefusal::kMalformed:
      return absl::StrCat("malformed: ", verdict.why);
    case HeaderRefusal::kMissing:
      return absl::StrCat("missing: ", verdict.why);
    case HeaderRefusal::kTooMany:
    case HeaderRefusal::kCount:
      break;
  }
  return "?";
}

std::string Judged(HeaderRule rule, absl::string_view bytes) {
  return Shown(Judge(rule, ReadProxyHeader(bytes)));
}

TEST(ProxyRulesTest, WhoMay) {
  const ProxyRules rules = {
      .control = ProxyMode::kOptional,
      .data = ProxyMode::kRequired,
      .trusted = {*Cidr::Parse("10.0.0.0/8"), *Cidr::Parse("2001:db8::/64")}};
  const struct {
    ProxyMode mode;
    const char* source;
    HeaderRule rule;
  } kCases[] = {
      {ProxyMode::kOff, "10.0.0.1", HeaderRule::kNotLookedFor},
      {ProxyMode::kOff, "192.0.2.1", HeaderRule::kNotLookedFor},
      {ProxyMode::kOptional, "10.0.0.1", HeaderRule::kMay},
      {ProxyMode::kOptional, "192.0.2.1", HeaderRule::kMustNot},
      {ProxyMode::kOptional, "2001:db8::1", HeaderRule::kMay},
      {ProxyMode::kOptional, "2001:db8:0:1::1", HeaderRule::kMustNot},
      {ProxyMode::kRequired, "10.0.0.1", HeaderRule::kMust},
      {ProxyMode::kRequired, "192.0.2.1", HeaderRule::kRefused},
      {ProxyMode::kRequired, "2001:db8:0:1::1", HeaderRule::kRefused},
  };
  for (const auto& [mode, source, rule] : kCases) {
    EXPECT_EQ(rules.RuleFor(mode, Ip(source)), rule) << source;
  }
}

TEST(ProxyRulesTest, WhatHasCome) {
  const std::string header = ProxyV2Local();
  const std::string part = header.substr(0, 13);
  const char kMalformed[] = "PROXY TCP5\r\n";
  const char kForeign[] =
      "untrusted: it sent a PROXY header, and is not trusted to";

  EXPECT_EQ(Judged(HeaderRule::kMay, ""), "wait");
  EXPECT_EQ(Judged(HeaderRule::kMay, part), "wait");
  EXPECT_EQ(Judged(HeaderRule::kMay, header), "pass");
  EXPECT_EQ(Judged(HeaderRule::kMay, "USER anna\r\n"), "pass");
  EXPECT_EQ(Judged(HeaderRule::kMay, kMalformed),
            "malformed: malformed PROXY header: its family is none of TCP4, "
            "TCP6 and UNKNOWN");

  EXPECT_EQ(Judged(HeaderRule::kMust, ""), "wait");
  EXPECT_EQ(Judged(HeaderRule::kMust, part), "wait");
  EXPECT_EQ(Judged(HeaderRule::kMust, header), "pass");
  EXPECT_EQ(Judged(HeaderRule::kMust, "USER anna\r\n"),
            "missing: it begins without a PROXY header");
  EXPECT_EQ(Judged(HeaderRule::kMust, kMalformed),
            "malformed: malformed PROXY header: its family is none of TCP4, "
            "TCP6 and UNKNOWN");

  EXPECT_EQ(Judged(HeaderRule::kMustNot, ""), "wait");
  EXPECT_EQ(Judged(HeaderRule::kMustNot, "USER anna\r\n"), "pass");
  EXPECT_EQ(Judged(HeaderRule::kMustNot, header), kForeign);
  EXPECT_EQ(Judged(HeaderRule::kMustNot, kMalformed), kForeign);

  EXPECT_EQ(Judged(HeaderRule::kRefused, ""), "untrusted: it is not trusted");
  EXPECT_EQ(Judged(HeaderRule::kRefused, header),
            "untrusted: it is not trusted");
  EXPECT_EQ(Judged(HeaderRule::kNotLookedFor, header), "pass");
}

TEST(ProxyRulesTest, WhatDoesNotCome) {
  const struct {
    HeaderRule rule;
    Silence silence;
    const char* bytes;
    const char* verdict;
  } kCases[] = {
      {HeaderRule::kMay, Silence::kTimedOut, "", "pass"},
      {HeaderRule::kMay, Silence::kTimedOut, "PRO",
       "missing: its PROXY header does not end"},
      {HeaderRule::kMay, Silence::kTimedOut, "PROXY T",
       "missing: its PROXY header does not end"},
      {HeaderRule::kMay, Silence::kEnded, "", "pass"},
      {HeaderRule::kMay, Silence::kEnded, "PRO", "pass"},
      {HeaderRule::kMay, Silence::kEnded, "PROXY T",
       "missing: its PROXY header does not end"},
      {HeaderRule::kMust, Silence::kTimedOut, "",
       "missing: it sent no PROXY header"},
      {HeaderRule::kMust, Silence::kTimedOut, "PRO",
       "missing: its PROXY header does not end"},
      {HeaderRule::kMust, Silence::kEnded, "", "drop"},
      {HeaderRule::kMust, Silence::kEnded, "PRO",
       "missing: its PROXY header does not end"},
      {HeaderRule::kMustNot, Silence::kTimedOut, "", "pass"},
      {HeaderRule::kMustNot, Silence::kTimedOut, "PROXY T",
       "untrusted: it sent a PROXY header, and is not trusted to"},
      {HeaderRule::kMustNot, Silence::kEnded, "PRO", "pass"},
  };
  for (const auto& [rule, silence, bytes, verdict] : kCases) {
    EXPECT_EQ(Shown(JudgeSilence(rule, silence, bytes)), verdict)
        << static_cast<int>(rule) << " " << bytes;
  }
}

}  // namespace
}  // namespace pinnace::ingress
