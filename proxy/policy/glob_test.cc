#include "proxy/policy/glob.h"

#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

TEST(PathGlobTest, Matches) {
  const struct {
    const char* glob;
    const char* path;
    bool matches;
  } kCases[] = {
      {"/pub", "/pub", true},
      {"/pub", "/pub/a", false},
      {"/pub", "/Pub", false},
      {"/pub/*", "/pub/a", true},
      {"/pub/*", "/pub/", true},
      {"/pub/*", "/pub/a/b", false},
      {"/pub/*", "/pub", false},
      {"/pub/**", "/pub/a/b", true},
      {"/pub/**", "/pub/", true},
      {"/pub/**", "/pub", false},
      {"/pub/**", "/public", false},
      {"/pub**", "/public/a", true},
      {"/**", "/", true},
      {"**", "/a/b", true},
      {"**", "", true},
      {"*", "/a", false},
      {"/*/in", "/a/in", true},
      {"/*/in", "/a/b/in", false},
      {"/**/in", "/a/b/in", true},
      {"/**/in", "/in", true},
      {"/**/in", "/a/min", false},
      {"/a/**/b", "/a/b", true},
      {"/a/**/b", "/a/x/y/b", true},
      {"/a/**/b", "/ab", false},
      {"/a/**/b/**", "/a/1/b/2/3", true},
      {"**/.ssh/**", "/home/ann/.ssh/id", true},
      {"**/.ssh/**", "/home/ann/xssh/id", false},
      {"/a**b/c", "/a/x/b/c", true},
      {"/**.txt", "/a/b.txt", true},
      {"/**.txt", "/a/b.txt.exe", false},
      {"/*.txt", "/a.txt", true},
      {"/*.txt", "/a/b.txt", false},
      {"/*a*b", "/xaxxb", true},
      {"/*a*b", "/xa/xb", false},
      {"/*a/*b", "/xaa/yb", true},
      {"/*a/*b", "/xaa/y/b", false},
      {"/**/*a/*.c", "/p/q/ra/x.c", true},
      {"/**/*a/*.c", "/p/ra/q/x.c", false},
      {"/?", "/a", true},
      {"/?", "/", false},
      {"/a?b", "/a/b", false},
      {"/[a-c]x", "/bx", true},
      {"/[a-c]x", "/dx", false},
      {"/[!a-c]x", "/dx", true},
      {"/[^a-c]x", "/ax", false},
      {"/a[!x]b", "/a/b", false},
      {"/[]]x", "/]x", true},
      {"/[a-]x", "/-x", true},
      {"/[ab", "/[ab", true},
      {"/[ab", "/a", false},
      {"/a\\*", "/a\\b", true},
      {"/\xc3\xa4*", "/\xc3\xa4.txt", true},
      {"", "", true},
      {"", "/", false},
  };
  for (const auto& [glob, path, matches] : kCases) {
    EXPECT_EQ(PathGlobMatches(glob, path), matches) << glob << " " << path;
  }
}

// A plain and slow one, as the text says it.
bool Slow(absl::string_view glob, absl::string_view path) {
  if (glob.empty()) return path.empty();
  if (glob.substr(0, 2) == "**") {
    for (size_t i = 0; i <= path.size(); ++i) {
      if (Slow(glob.substr(2), path.substr(i))) return true;
    }
    return false;
  }
  if (glob[0] == '*') {
    for (size_t i = 0; i <= path.size(); ++i) {
      if (Slow(glob.substr(1), path.substr(i))) return true;
      if (i < path.size() && path[i] == '/') break;
    }
    return false;
  }
  return !path.empty() && glob[0] == path[0] &&
         Slow(glob.substr(1), path.substr(1));
}

// Every word of `letters` of up to `most` of them.
std::vector<std::string> Words(const std::vector<std::string>& letters,
                               int most) {
  std::vector<std::string> words = {""};
  size_t first = 0;
  for (int length = 0; length < most; ++length) {
    const size_t end = words.size();
    for (; first < end; ++first) {
      for (const std::string& letter : letters) {
        words.push_back(words[first] + letter);
      }
    }
  }
  return words;
}

TEST(PathGlobTest, EveryShortGlobAgreesWithASlowOne) {
  const std::vector<std::string> paths = Words({"/", "a", "b"}, 5);
  for (const std::string& glob : Words({"/", "a", "b", "*", "**"}, 5)) {
    // Of those that stand for no part too, the table above speaks; of three
    // stars in a row nobody does.
    if (glob.find("**/") != std::string::npos ||
        glob.find("***") != std::string::npos) {
      continue;
    }
    for (const std::string& path : paths) {
      ASSERT_EQ(PathGlobMatches(glob, path), Slow(glob, path))
          << glob << " " << path;
    }
  }
}

TEST(PathGlobTest, AnAbsurdGlobEnds) {
  std::string glob;
  for (int i = 0; i < 60; ++i) glob += "a*";
  EXPECT_FALSE(
      PathGlobMatches("/**" + glob + "b", "/" + std::string(4000, 'a')));
}

TEST(GlobTest, NamesAsTheyAre) {
  EXPECT_TRUE(GlobMatches("", "x"));
  EXPECT_TRUE(GlobMatches("*.tx[ta]", "a/b.txt"));
  EXPECT_FALSE(GlobMatches("*.txt", absl::string_view("a\0.txt", 6)));
}

}  // namespace
}  // namespace pinnace::policy
