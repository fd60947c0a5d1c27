#include "cli/completion.h"

#include "cli/ctl_verbs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

Candidates At(const std::vector<std::string>& line) {
  return CandidatesFor(Subcommands(), CtlVerbs(), line);
}

TEST(CompletionTest, HidesWhatIsForItself) {
  EXPECT_THAT(At({"ctl", ""}).words, Not(Contains("__values")));
}

TEST(CompletionTest, KnowsWhatNamesAFlagAndAnArgumentTake) {
  EXPECT_EQ(At({"ctl", "backend", "drain", ""}).names, Names::kBackends);
  EXPECT_EQ(At({"ctl", "route", "set", "r", "--farm", ""}).names,
            Names::kFarms);
  EXPECT_EQ(At({"ctl", "route", "set", "r", "--farm=m"}).names, Names::kFarms);
  EXPECT_EQ(At({"ctl", "session", "kill", "--gateway", "g", ""}).names,
            Names::kSessions);
  EXPECT_EQ(At({"check", "x"}).names, Names::kFiles);
  EXPECT_EQ(At({"serve", "--config=x"}).names, Names::kFiles);
}

TEST(CompletionTest, AfterTheArgumentThereAreFlags) {
  EXPECT_THAT(At({"ctl", "backend", "drain", "a", ""}).words,
              ElementsAre("--expected-version", "--server", "--token-file",
                          "--ca", "--cert", "--key", "--json", "--help"));
  EXPECT_THAT(At({"ctl", "farm", "list", ""}).words, Contains("--json"));
}

TEST(CompletionTest, AValueIsNoNoun) {
  EXPECT_THAT(At({"ctl", "--server", "farm", "pin", ""}).words,
              ElementsAre("list", "delete"));
  EXPECT_THAT(At({"ctl", "--server", ""}).words, IsEmpty());
}

TEST(CompletionTest, NothingForWhatIsNotThere) {
  EXPECT_THAT(At({"ctl", "nothing", ""}).words, IsEmpty());
  EXPECT_THAT(At({"ctl", "farm", "set", "--nothing="}).words, IsEmpty());
  EXPECT_THAT(At({"nothing", ""}).words, IsEmpty());
  EXPECT_THAT(At({}).words, IsEmpty());
}

TEST(CompletionTest, AsksTheControlPlaneOfTheLine) {
  EXPECT_THAT(EveryVerbsFlagsIn(
                  {"ctl", "--server", "h:1", "--json", "farm", "show", ""}),
              ElementsAre("--server", "h:1"));
  EXPECT_THAT(EveryVerbsFlagsIn({"ctl", "--server=h:1", "farm", "show", ""}),
              ElementsAre("--server=h:1"));
  EXPECT_THAT(EveryVerbsFlagsIn({"ctl", "farm", "show", "--server", "h"}),
              IsEmpty());
}

}  // namespace
}  // namespace pinnace::cli
