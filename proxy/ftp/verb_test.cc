#include "proxy/ftp/verb.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace pinnace::ftp {
namespace {

TEST(Verb, EveryNameReadsBackAsItself) {
  for (int i = 0; i < static_cast<int>(Verb::kOther); ++i) {
    const auto verb = static_cast<Verb>(i);
    const std::string name(VerbName(verb));
    SCOPED_TRACE(name);
    EXPECT_EQ(VerbFromText(name), verb);
    EXPECT_EQ(VerbFromText(absl::AsciiStrToLower(name)), verb);
    EXPECT_EQ(VerbFromText(absl::StrCat(name, "X")), Verb::kOther);
    EXPECT_EQ(VerbFromText(absl::StrCat(name, " ")), Verb::kOther);
    EXPECT_EQ(VerbFromText(name + '\0'), Verb::kOther);
    EXPECT_EQ(VerbFromText('\0' + name), Verb::kOther);
    EXPECT_NE(VerbFromText(name.substr(1)), verb);
  }
}

// The table stands in the order of the enum: one of each block.
TEST(Verb, NamesBelongToTheirVerbs) {
  EXPECT_EQ(VerbFromText("USER"), Verb::kUser);
  EXPECT_EQ(VerbFromText("PaSv"), Verb::kPasv);
  EXPECT_EQ(VerbFromText("cwd"), Verb::kCwd);
  EXPECT_EQ(VerbFromText("ABOR"), Verb::kAbor);
  EXPECT_EQ(VerbFromText("NOOP"), Verb::kNoop);
  EXPECT_EQ(VerbFromText("XRMD"), Verb::kXrmd);
  EXPECT_EQ(VerbFromText("AUTH"), Verb::kAuth);
  EXPECT_EQ(VerbFromText("ENC"), Verb::kEnc);
  EXPECT_EQ(VerbFromText("FEAT"), Verb::kFeat);
  EXPECT_EQ(VerbFromText("HOST"), Verb::kHost);
  EXPECT_EQ(VerbFromText("HASH"), Verb::kHash);
  EXPECT_EQ(VerbFromText("CPSV"), Verb::kCpsv);
  EXPECT_EQ(VerbFromText("LPSV"), Verb::kLpsv);
}

TEST(Verb, AnythingElseIsOther) {
  for (const char* text : {"", "A", "US", "XYZ", "XYZZ", "\xff\xff\xff\xff",
                           "RETRIEVE", "cw{", "[WD", "    "}) {
    EXPECT_EQ(VerbFromText(text), Verb::kOther) << text;
  }
  EXPECT_EQ(VerbFromText(std::string(1 << 20, 'A')), Verb::kOther);
  EXPECT_EQ(VerbName(Verb::kOther), "OTHER");
}

}  // namespace
}  // namespace pinnace::ftp
