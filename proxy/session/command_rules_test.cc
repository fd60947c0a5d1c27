#include "proxy/session/command_rules.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace pinnace::session {
namespace {

using ftp::Verb;

template <typename Check>
void ForEveryVerb(Check check) {
  for (int i = 0; i <= static_cast<int>(Verb::kOther); ++i) {
    const auto verb = static_cast<Verb>(i);
    SCOPED_TRACE(std::string(ftp::VerbName(verb)));
    check(verb, RuleFor(verb));
  }
}

TEST(CommandRulesTest, EveryVerbHasItsRow) {
  ForEveryVerb(
      [](Verb verb, const CommandRule& rule) { EXPECT_EQ(rule.verb, verb); });
}

// What a backend hears before login is login's business alone.
TEST(CommandRulesTest, NothingIsPassedOnBeforeLogin) {
  ForEveryVerb([](Verb verb, const CommandRule& rule) {
    if (rule.effect == Effect::kPassOn || rule.effect == Effect::kRest ||
        rule.effect == Effect::kDownload || rule.effect == Effect::kUpload) {
      EXPECT_EQ(rule.when, When::kLoggedIn);
    }
  });
}

// RFC 959 §5.4, RFC 2389 §2, RFC 4217 §4, RFC 7151 §3.
TEST(CommandRulesTest, WhatMayComeBeforeLogin) {
  const std::set<Verb> kEarly = {
      Verb::kUser, Verb::kPass, Verb::kAcct, Verb::kRein, Verb::kQuit,
      Verb::kAbor, Verb::kSyst, Verb::kHelp, Verb::kNoop, Verb::kAuth,
      Verb::kAdat, Verb::kPbsz, Verb::kProt, Verb::kCcc,  Verb::kFeat,
      Verb::kOpts, Verb::kHost, Verb::kClnt};
  ForEveryVerb([&](Verb verb, const CommandRule& rule) {
    const bool early =
        kEarly.contains(verb) || rule.effect == Effect::kNotOffered;
    EXPECT_EQ(rule.when == When::kAlways, early);
  });
}

TEST(CommandRulesTest, WhatUsesADataConnection) {
  for (const Verb verb : {Verb::kRetr, Verb::kList, Verb::kNlst, Verb::kMlsd}) {
    EXPECT_EQ(RuleFor(verb).effect, Effect::kDownload);
  }
  for (const Verb verb : {Verb::kStor, Verb::kStou, Verb::kAppe}) {
    EXPECT_EQ(RuleFor(verb).effect, Effect::kUpload);
  }
  ForEveryVerb([](Verb verb, const CommandRule& rule) {
    const bool keeps = KeepsRest(rule.effect);
    const bool sets_up = verb == Verb::kPasv || verb == Verb::kEpsv ||
                         verb == Verb::kPort || verb == Verb::kEprt ||
                         verb == Verb::kRest;
    const bool transfers =
        rule.effect == Effect::kDownload || rule.effect == Effect::kUpload;
    EXPECT_EQ(keeps, sets_up || transfers);
  });
}

// A second time they must change nothing.
TEST(CommandRulesTest, WhatMayBeAskedTwice) {
  ForEveryVerb([](Verb verb, const CommandRule& rule) {
    if (!IsRepeatable(verb)) return;
    EXPECT_TRUE(NeedsBackend(rule.effect));
    EXPECT_NE(rule.effect, Effect::kUpload);
    EXPECT_NE(rule.effect, Effect::kDownload);
  });
  for (const Verb verb : {Verb::kDele, Verb::kRnto, Verb::kMkd, Verb::kRmd,
                          Verb::kSite, Verb::kMfmt, Verb::kOther}) {
    EXPECT_FALSE(IsRepeatable(verb)) << ftp::VerbName(verb);
  }
}

}  // namespace
}  // namespace pinnace::session
