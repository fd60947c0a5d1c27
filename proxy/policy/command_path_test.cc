#include "proxy/policy/command_path.h"

#include <string>

#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

constexpr PathUse kNone = PathUse::kNone;
constexpr PathUse kThing = PathUse::kThing;
constexpr PathUse kLookedInto = PathUse::kLookedInto;
constexpr PathUse kUnclear = PathUse::kUnclear;

TEST(CommandPathTest, WhatACommandNames) {
  const struct {
    const char* line;
    PathUse use;
    const char* path;
  } kCases[] = {
      {"RETR a b.txt", kThing, "a b.txt"},
      {"retr /a", kThing, "/a"},
      {"STOR a", kThing, "a"},
      {"APPE a", kThing, "a"},
      {"STOU", kLookedInto, ""},
      {"STOU a", kThing, "a"},
      {"DELE a", kThing, "a"},
      {"DELE", kNone, ""},
      {"RNFR a", kThing, "a"},
      {"RNTO a", kThing, "a"},
      {"RMD a", kThing, "a"},
      {"XRMD a", kThing, "a"},
      {"MKD a", kThing, "a"},
      {"XMKD a", kThing, "a"},
      {"SIZE a", kThing, "a"},
      {"HASH a", kThing, "a"},
      {"MDTM a", kThing, "a"},
      {"MDTM 20260101000000", kThing, "20260101000000"},
      {"MDTM 20260101000000 a b", kThing, "a b"},
      {"MDTM 20260101000000.5 /a", kThing, "/a"},
      {"MDTM 20260101 /a", kUnclear, "20260101 /a"},
      {"MDTM 2026010100000x /a", kUnclear, "2026010100000x /a"},
      {"MDTM  20260101000000 /a", kUnclear, " 20260101000000 /a"},
      {"MFMT 20260101000000 a b", kThing, "a b"},
      {"MFCT 20260101000000 a", kThing, "a"},
      {"MFF Modify=1;Perm=w; a", kThing, "a"},
      {"MFMT 20260101000000", kNone, ""},
      {"CWD a", kLookedInto, "a"},
      {"XCWD a", kLookedInto, "a"},
      {"SMNT a", kLookedInto, "a"},
      {"CWD", kUnclear, ""},
      {"CDUP", kLookedInto, ".."},
      {"XCUP x", kLookedInto, ".."},
      {"LIST", kLookedInto, ""},
      {"LIST -la", kLookedInto, ""},
      {"LIST -la /a", kLookedInto, "/a"},
      {"LIST -l  -a /a b", kLookedInto, "/a b"},
      {"LIST -lR /a", kUnclear, "-lR /a"},
      {"NLST *.txt", kUnclear, "*.txt"},
      {"NLST a?", kUnclear, "a?"},
      {"NLST [a]", kUnclear, "[a]"},
      {"NLST {a,b}", kUnclear, "{a,b}"},
      {"MLSD", kLookedInto, ""},
      {"MLSD a[1]", kLookedInto, "a[1]"},
      {"MLST a", kLookedInto, "a"},
      {"STAT", kNone, ""},
      {"STAT -l a", kLookedInto, "a"},
      {"SITE", kNone, ""},
      {"SITE HELP", kNone, ""},
      {"SITE CHMOD 644 a b", kThing, "a b"},
      {"SITE  chmod 644 a", kThing, "a"},
      {"SITE CHMOD a", kUnclear, "a"},
      {"SITE CPFR /a", kUnclear, "/a"},
      {"XCRC a", kUnclear, "a"},
      {"AVBL", kNone, ""},
      {"RETR  a", kUnclear, " a"},
      {"RETR a ", kUnclear, "a "},
      {"RETR ~ann/a", kUnclear, "~ann/a"},
      {"RETR \"a\"", kUnclear, "\"a\""},
      {"RETR 'a'", kUnclear, "'a'"},
      {"RETR a\\..\\b", kUnclear, "a\\..\\b"},
      {"PWD", kNone, ""},
      {"TYPE I", kNone, ""},
      {"OPTS UTF8 ON", kNone, ""},
      {"ALLO 100", kNone, ""},
      {"REST 100", kNone, ""},
      {"USER ann", kNone, ""},
  };
  for (const auto& [line, use, path] : kCases) {
    const ftp::Command command = ftp::Command::FromLine(line);
    const CommandPath found = PathOf(command);
    EXPECT_EQ(found.use, use) << line;
    EXPECT_EQ(found.text, path) << line;
  }
}

TEST(CommandPathTest, SiteWord) {
  EXPECT_EQ(SiteWord(""), "");
  EXPECT_EQ(SiteWord("  Chmod 1 x"), "Chmod");
  EXPECT_EQ(SiteWord("\tHELP\tx"), "HELP");
}

TEST(CommandPathTest, SetsTime) {
  const auto sets = [](const char* line) {
    return SetsTime(ftp::Command::FromLine(line));
  };
  EXPECT_TRUE(sets("MDTM 20260101000000 a"));
  EXPECT_TRUE(sets("MDTM 20260101000000.123 a"));
  EXPECT_FALSE(sets("MDTM 20260101000000"));
  EXPECT_TRUE(sets("MDTM 20260101 a"));
  EXPECT_TRUE(sets("MDTM  20260101000000 a"));
  EXPECT_TRUE(sets("MDTM 2026010100000x a"));
  EXPECT_FALSE(sets("MDTM a 20260101"));
  EXPECT_FALSE(sets("SIZE 20260101000000 a"));
}

}  // namespace
}  // namespace pinnace::policy
