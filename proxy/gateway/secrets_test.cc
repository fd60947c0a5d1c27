#include "proxy/gateway/secrets.h"

#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

std::string Shown(absl::string_view line, LoggedIn logged_in = LoggedIn::kNo) {
  return ShowCommand(line, logged_in).instead.value_or(std::string(line));
}

TEST(SecretsTest, MasksWhatIsSecretInAnyCase) {
  EXPECT_EQ(Shown("PASS canary"), "PASS ****");
  EXPECT_EQ(Shown("pass canary"), "pass ****");
  EXPECT_EQ(Shown("PaSs can ary"), "PaSs ****");
  EXPECT_EQ(Shown("PASS   canary"), "PASS ****");
  EXPECT_EQ(Shown("PASS"), "PASS");
  EXPECT_EQ(Shown("ACCT canary"), "ACCT ****");
  EXPECT_EQ(Shown("ADAT Y2FuYXJ5"), "ADAT ****");
  EXPECT_EQ(Shown("PASS canary", LoggedIn::kYes), "PASS ****");
  EXPECT_EQ(ShowCommand("PASS  canary", LoggedIn::kNo).secret, "canary");
}

TEST(SecretsTest, ShowsOtherCommands) {
  EXPECT_EQ(Shown("USER ann"), "USER ann");
  EXPECT_EQ(Shown("CWD /a b"), "CWD /a b");
  EXPECT_EQ(Shown("retr /x", LoggedIn::kYes), "retr /x");
  EXPECT_EQ(Shown("XCRC /x", LoggedIn::kYes), "XCRC /x");
  EXPECT_EQ(ShowCommand("USER ann", LoggedIn::kNo).secret, "");
}

TEST(SecretsTest, WhatIsNoCommandMayBeAPassword) {
  EXPECT_EQ(Shown("canary"), "(6 bytes that are no command)");
  EXPECT_EQ(Shown(" PASS canary"), "(12 bytes that are no command)");
  EXPECT_EQ(Shown("PASS\tcanary"), "(11 bytes that are no command)");
  EXPECT_EQ(Shown("PAS canary"), "(10 bytes that are no command)");
  EXPECT_EQ(Shown("PAS canary").find("canary"), std::string::npos);
  EXPECT_EQ(Shown("\xff\xf4PASS canary"), "(13 bytes that are no command)");
  EXPECT_EQ(Shown("\xff\xf4PASS canary", LoggedIn::kYes),
            "(13 bytes that are no command)");
  EXPECT_EQ(Shown("PASScanary x", LoggedIn::kYes),
            "(12 bytes that are no command)");
  EXPECT_EQ(ShowCommand("canary", LoggedIn::kNo).secret, "canary");
}

TEST(SecretsTest, SiteShowsWhatIsKnownToBePlain) {
  EXPECT_EQ(Shown("SITE CHMOD 644 a", LoggedIn::kYes), "SITE CHMOD 644 a");
  EXPECT_EQ(Shown("site chmod 644 a", LoggedIn::kYes), "site chmod 644 a");
  EXPECT_EQ(Shown("SITE PSWD canary canary2", LoggedIn::kYes),
            "SITE PSWD ****");
  EXPECT_EQ(Shown("SITE CHPASS canary", LoggedIn::kYes), "SITE CHPASS ****");
  EXPECT_EQ(Shown("SITE HELP", LoggedIn::kYes), "SITE HELP");
  EXPECT_EQ(Shown("SITE", LoggedIn::kYes), "SITE");
  EXPECT_EQ(ShowCommand("SITE PSWD a b", LoggedIn::kYes).secret, "a b");
}

TEST(SecretsTest, UrlsLoseTheirPassword) {
  EXPECT_EQ(WithoutUrlSecrets("ftp://ann:canary@host/x"),
            "ftp://ann:****@host/x");
  EXPECT_EQ(WithoutUrlSecrets("a ftp://u:c@n@h ftps://v:d@i/j k"),
            "a ftp://u:****@h ftps://v:****@i/j k");
  EXPECT_EQ(WithoutUrlSecrets("ftp://host:21/a@b"), "ftp://host:21/a@b");
  EXPECT_EQ(WithoutUrlSecrets("ftp://ann@host/x:y"), "ftp://ann@host/x:y");
  EXPECT_EQ(WithoutUrlSecrets("no url"), "no url");
  EXPECT_EQ(WithoutUrlSecrets("://"), "://");
  EXPECT_EQ(Shown("RETR ftp://ann:canary@h/x", LoggedIn::kYes),
            "RETR ftp://ann:****@h/x");
}

}  // namespace
}  // namespace pinnace::gateway
