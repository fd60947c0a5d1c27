#include "proxy/ftp/command.h"

#include <gtest/gtest.h>

#include <string>

namespace pinnace::ftp {
namespace {

struct LineCase {
  const char* line;
  Verb verb;
  const char* verb_text;
  const char* argument;
  bool well_formed;
  const char* wire;
  const char* log;
};

constexpr LineCase kLineCases[] = {
    {"", Verb::kOther, "", "", false, "\r\n", "****"},
    {"PASV", Verb::kPasv, "PASV", "", true, "PASV\r\n", "PASV"},
    {"PASV ", Verb::kPasv, "PASV", "", true, "PASV\r\n", "PASV"},
    {"cwd a b", Verb::kCwd, "cwd", "a b", true, "cwd a b\r\n", "cwd a b"},
    {"CWD  a ", Verb::kCwd, "CWD", " a ", true, "CWD  a \r\n", "CWD  a "},
    {"CWD  ", Verb::kCwd, "CWD", " ", true, "CWD  \r\n", "CWD  "},
    {"XFOO 1", Verb::kOther, "XFOO", "1", true, "XFOO 1\r\n", "XFOO 1"},
    {"12345678", Verb::kOther, "12345678", "", true, "12345678\r\n",
     "12345678"},
    {"ABCDEFGHI", Verb::kOther, "ABCDEFGHI", "", false, "ABCDEFGHI\r\n",
     "****"},
    {" PASS secret", Verb::kOther, "", "PASS secret", false, " PASS secret\r\n",
     "****"},
    {"PASS\tsecret", Verb::kOther, "PASS\tsecret", "", false,
     "PASS\tsecret\r\n", "****"},
    {"\xf2STAT", Verb::kOther, "\xf2STAT", "", false, "\xf2STAT\r\n", "****"},
    {"CWD \xff\xc3\xa4", Verb::kCwd, "CWD", "\xff\xc3\xa4", true,
     "CWD \xff\xff\xc3\xa4\r\n", "CWD \\xff\xc3\xa4"},
    {"CWD \x1b[2J", Verb::kCwd, "CWD", "\x1b[2J", true, "CWD \x1b[2J\r\n",
     "CWD \\x1b[2J"},

    {"PASS", Verb::kPass, "PASS", "", true, "PASS\r\n", "PASS"},
    {"pass s3 cret", Verb::kPass, "pass", "s3 cret", true, "pass s3 cret\r\n",
     "pass ****"},
    {"ACCT x", Verb::kAcct, "ACCT", "x", true, "ACCT x\r\n", "ACCT ****"},
    {"ADAT x", Verb::kAdat, "ADAT", "x", true, "ADAT x\r\n", "ADAT ****"},
    {"MIC x", Verb::kMic, "MIC", "x", true, "MIC x\r\n", "MIC ****"},
    {"CONF x", Verb::kConf, "CONF", "x", true, "CONF x\r\n", "CONF ****"},
    {"ENC x", Verb::kEnc, "ENC", "x", true, "ENC x\r\n", "ENC ****"},
    {"USER x", Verb::kUser, "USER", "x", true, "USER x\r\n", "USER x"},
    {"SITE PSWD a b", Verb::kSite, "SITE", "PSWD a b", true,
     "SITE PSWD a b\r\n", "SITE PSWD ****"},
    {"SITE  chpass a", Verb::kSite, "SITE", " chpass a", true,
     "SITE  chpass a\r\n", "SITE chpass ****"},
    {"SITE CPWD", Verb::kSite, "SITE", "CPWD", true, "SITE CPWD\r\n",
     "SITE CPWD ****"},
    {"SITE ADDUSER a b", Verb::kSite, "SITE", "ADDUSER a b", true,
     "SITE ADDUSER a b\r\n", "SITE ADDUSER ****"},
    {"SITE PASSWD\ta", Verb::kSite, "SITE", "PASSWD\ta", true,
     "SITE PASSWD\ta\r\n", "SITE PASSWD ****"},
    {"SITE CHMOD 644 a", Verb::kSite, "SITE", "CHMOD 644 a", true,
     "SITE CHMOD 644 a\r\n", "SITE CHMOD 644 a"},
};

TEST(Command, FromLineToWireAndLog) {
  for (const LineCase& c : kLineCases) {
    SCOPED_TRACE(c.line);
    const Command command = Command::FromLine(c.line);
    EXPECT_EQ(command.verb, c.verb);
    EXPECT_EQ(command.verb_text, c.verb_text);
    EXPECT_EQ(command.argument, c.argument);
    EXPECT_EQ(command.has_argument(), *c.argument != '\0');
    EXPECT_EQ(command.HasWellFormedVerb(), c.well_formed);
    EXPECT_EQ(command.ToWire(), c.wire);
    EXPECT_EQ(command.ForLog(), c.log);
  }
}

TEST(Command, ACommandIsOneLineWhateverItsFieldsHold) {
  const Command command = {.verb = Verb::kCwd,
                           .verb_text = "CWD",
                           .argument = std::string("a\r\nDELE b\0c", 11)};
  EXPECT_EQ(command.ToWire(), "CWD a  DELE b c\r\n");
}

}  // namespace
}  // namespace pinnace::ftp
