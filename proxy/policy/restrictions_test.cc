#include "proxy/policy/restrictions.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

constexpr char kDirectory[] = "/pub";

Restrictions Of(std::vector<Policy> policies, absl::string_view user = "ann") {
  const IpAddress client = *IpAddress::Parse("10.0.0.1");
  return Restrictions(std::make_shared<const PolicySet>(std::move(policies)),
                      {.farm = "main", .user = user, .client = client});
}

// "550 text", or "" for what is let through.
std::string Answer(const Restrictions& restrictions, const std::string& line,
                   absl::string_view directory = kDirectory) {
  const auto refusal =
      restrictions.Check(ftp::Command::FromLine(line), directory);
  if (!refusal.has_value()) return "";
  return absl::StrCat(static_cast<int>(refusal->code), " ", refusal->text);
}

struct Case {
  const char* line;
  const char* answer;
};

void Check(const Restrictions& restrictions, const std::vector<Case>& cases) {
  for (const auto& [line, answer] : cases) {
    EXPECT_EQ(Answer(restrictions, line), answer) << line;
  }
}

TEST(RestrictionsTest, WithoutPoliciesNone) {
  Check(Restrictions(), {{"STOR a", ""}, {"SITE CHMOD 1 a", ""}});
  EXPECT_FALSE(Restrictions().has_paths());
  EXPECT_EQ(Restrictions().max_upload_bytes(), 0u);
  // One that is another's.
  Check(Of({{.user = "bob", .read_only = true}}), {{"STOR a", ""}});
}

TEST(RestrictionsTest, ReadOnly) {
  const Restrictions restrictions = Of({{.read_only = true}});
  for (const char* verb :
       {"STOR", "STOU", "APPE", "DELE", "RNFR", "RNTO", "MKD", "XMKD", "RMD",
        "XRMD", "MFMT", "MFCT", "MFF", "SITE"}) {
    EXPECT_EQ(Answer(restrictions, absl::StrCat(verb, " a")),
              absl::StrCat("550 ", verb, " is not allowed here."));
  }
  for (const char* verb : {"RETR", "LIST", "CWD", "SIZE", "MDTM", "TYPE",
                           "PASV", "XCRC", "NOOP", "ALLO"}) {
    EXPECT_EQ(Answer(restrictions, absl::StrCat(verb, " a")), "") << verb;
  }
  Check(restrictions,
        {{"COMB a b", "550 COMB is not allowed here."},
         {"MDTM 20260101000000 a", "550 MDTM with a time is not allowed here."},
         {"stor a", "550 STOR is not allowed here."}});
}

TEST(RestrictionsTest, ReadOnlyButForAVerbThatIsNamed) {
  Check(Of({{.read_only = true, .commands = {.allow = {"COMB", "RETR"}}}}),
        {{"COMB a b", ""},
         {"FROB a", "550 FROB is not allowed here."},
         {"RETR a", ""}});
}

TEST(RestrictionsTest, Verbs) {
  Check(Of({{.commands = {.deny = {"DELE", "XCRC"}}}}),
        {{"DELE a", "550 DELE is not allowed here."},
         {"xcrc a", "550 XCRC is not allowed here."},
         {"XMD5 a", ""},
         {"RMD a", ""}});
  Check(Of({{.commands = {.allow = {"RETR", "XCRC"}}}}),
        {{"RETR a", ""},
         {"XCRC a", ""},
         {"XMD5 a", "550 XMD5 is not allowed here."},
         {"LIST", "550 LIST is not allowed here."},
         {"SITE HELP", "550 SITE is not allowed here."}});
  // What both of two policies allow.
  Check(Of({{.commands = {.allow = {"RETR", "LIST"}}},
            {.commands = {.allow = {"RETR", "SIZE"}}}}),
        {{"RETR a", ""},
         {"LIST", "550 LIST is not allowed here."},
         {"SIZE a", "550 SIZE is not allowed here."}});
}

TEST(RestrictionsTest, WhatNoListRefuses) {
  const Restrictions restrictions =
      Of({{.commands = {.allow = {"RETR"}, .deny = {"QUIT"}}}});
  for (const char* verb :
       {"USER", "PASS", "ACCT", "QUIT", "REIN", "FEAT", "HELP", "NOOP", "SYST",
        "AUTH", "PBSZ", "PROT", "HOST", "ABOR"}) {
    EXPECT_EQ(Answer(restrictions, absl::StrCat(verb, " a")), "") << verb;
  }
}

TEST(RestrictionsTest, SiteWords) {
  Check(Of({{.site = {.deny = {"CHMOD"}}}}),
        {{"SITE chmod 1 a", "550 SITE CHMOD is not allowed here."},
         {"SITE  CHMOD 1 a", "550 SITE CHMOD is not allowed here."},
         {"SITE UTIME x", ""},
         {"SITE", ""}});
  Check(Of({{.site = {.allow = {"HELP"}}}}),
        {{"SITE help", ""},
         {"SITE CHMOD 1 a", "550 SITE CHMOD is not allowed here."},
         {"SITE", "550 SITE is not allowed here."}});
}

TEST(RestrictionsTest, AllowedPaths) {
  const Restrictions restrictions =
      Of({{.paths = {.allow = {"/pub/**", "/in/*.txt"}}}});
  EXPECT_TRUE(restrictions.has_paths());
  Check(restrictions,
        {{"RETR a", ""},
         {"RETR /pub/a/b", ""},
         {"RETR ../etc/passwd", "550 /etc/passwd is not allowed here."},
         {"RETR ../../pub/./a", ""},
         {"STOR /in/a.txt", ""},
         {"STOR /in/a.exe", "550 /in/a.exe is not allowed here."},
         {"CWD /pub", ""},
         {"CWD /", "550 / is not allowed here."},
         {"CDUP", "550 / is not allowed here."},
         {"LIST", ""},
         {"LIST -la", ""},
         {"LIST /", "550 / is not allowed here."},
         {"MLSD ..", "550 / is not allowed here."},
         {"STAT", ""},
         {"STAT /", "550 / is not allowed here."},
         // Looking into it is one thing, and taking it away another.
         {"RMD /pub", "550 /pub is not allowed here."},
         {"RNFR /pub", "550 /pub is not allowed here."},
         {"STOU", ""},
         {"SITE CHMOD 7 /a", "550 /a is not allowed here."},
         {"MFMT 20260101000000 /a", "550 /a is not allowed here."},
         {"MDTM 20260101000000 /a", "550 /a is not allowed here."},
         {"PWD", ""},
         {"TYPE I", ""},
         {"RNTO /a/b", "550 /a/b is not allowed here."}});
}

TEST(RestrictionsTest, DeniedPaths) {
  Check(Of({{.paths = {.deny = {"/**/private/**", "/pub/x"}}}}),
        {{"RETR a", ""},
         {"RETR x", "550 /pub/x is not allowed here."},
         {"RETR X", ""},
         {"RETR x/../a", ""},
         {"LIST private", "550 /pub/private is not allowed here."},
         {"CWD /private", "550 /private is not allowed here."},
         {"RNFR /private", "550 /private is not allowed here."},
         {"RETR /a/private/b", "550 /a/private/b is not allowed here."},
         {"RETR /a/privates/b", ""}});
}

TEST(RestrictionsTest, EveryPolicyHasToAllowThePath) {
  Check(Of({{.paths = {.allow = {"/pub/**"}}},
            {.paths = {.allow = {"/**/a"}, .deny = {"/pub/b/**"}}}}),
        {{"RETR /pub/a", ""},
         {"RETR /a", "550 /a is not allowed here."},
         {"RETR /pub/b/a", "550 /pub/b/a is not allowed here."}});
}

TEST(RestrictionsTest, WhatMayLeadElsewhere) {
  Check(
      Of({{.paths = {.deny = {"/private"}}}}),
      {{"RETR ~/a",
        "550 RETR with what may lead elsewhere is not allowed here."},
       {"LIST *", "550 LIST with what may lead elsewhere is not allowed here."},
       {"CWD", "550 CWD with what may lead elsewhere is not allowed here."},
       {"SITE CPFR a",
        "550 SITE with what may lead elsewhere is not allowed here."},
       {"XCRC a",
        "550 XCRC with what may lead elsewhere is not allowed here."}});
  // Who lists them knows what they do.
  Check(Of({{.commands = {.allow = {"XCRC", "SITE", "LIST"}},
             .site = {.allow = {"CPFR"}},
             .paths = {.deny = {"/private"}}}}),
        {{"SITE CPFR a", ""},
         {"XCRC a", ""},
         {"LIST *",
          "550 LIST with what may lead elsewhere is not allowed here."}});
}

TEST(RestrictionsTest, WithoutAWorkingDirectory) {
  const Restrictions restrictions = Of({{.paths = {.allow = {"/pub/**"}}}});
  const std::string unknown =
      "550 The working directory is not known: name the path from '/' on.";
  EXPECT_EQ(Answer(restrictions, "RETR a", ""), unknown);
  EXPECT_EQ(Answer(restrictions, "LIST", ""), unknown);
  EXPECT_EQ(Answer(restrictions, "CDUP", ""), unknown);
  EXPECT_EQ(Answer(restrictions, "RETR /pub/a", ""), "");
  EXPECT_EQ(Answer(restrictions, "RETR /a", ""), "550 /a is not allowed here.");
}

TEST(RestrictionsTest, UploadNames) {
  Check(Of({{.upload_names = {.deny = {"*.exe", ".*"}}}}),
        {{"STOR a.exe", "553 The file name a.exe is not allowed here."},
         {"APPE /x/a.exe", "553 The file name a.exe is not allowed here."},
         {"RNTO .a", "553 The file name .a is not allowed here."},
         {"STOR a.exe/", "553 The file name a.exe is not allowed here."},
         {"STOR a.txt", ""},
         {"STOU a.exe", "553 The file name a.exe is not allowed here."},
         {"STOU", ""},
         {"RETR a.exe", ""}});
  Check(Of({{.upload_names = {.allow = {"*.txt"}}}}),
        {{"STOR a.txt", ""},
         {"STOR a", "553 The file name a is not allowed here."}});
}

TEST(RestrictionsTest, SizeOfAnUpload) {
  const Restrictions restrictions =
      Of({{.max_upload_bytes = 1000}, {.max_upload_bytes = 500}, {}});
  EXPECT_EQ(restrictions.max_upload_bytes(), 500u);
  const char kTooMuch[] = "552 A file may have at most 500 bytes here.";
  Check(restrictions, {{"ALLO 500", ""},
                       {"ALLO 501", kTooMuch},
                       {"ALLO 501 R 80", kTooMuch},
                       {"ALLO 99999999999999999999999", kTooMuch},
                       {"ALLO x", ""},
                       {"ALLO", ""}});
}

}  // namespace
}  // namespace pinnace::policy
