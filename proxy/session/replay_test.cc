#include "proxy/session/replay.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::session {
namespace {

using ftp::Command;
using ftp::Reply;

Command Line(const char* line) { return Command::FromLine(line); }

std::string Told(const Replay& replay) {
  std::string told;
  for (size_t i = 0; i < replay.size(); ++i) {
    absl::StrAppend(&told, replay[i].command.verb_text, " ",
                    replay[i].command.argument, "|");
  }
  return told;
}

TEST(ReplayTest, TellsInOneOrderWhateverWasSaidFirst) {
  Replay replay;
  EXPECT_FALSE(replay.NoteAccepted(Line("TYPE A")));
  EXPECT_FALSE(replay.NoteAccepted(Line("SITE UMASK 027")));
  EXPECT_FALSE(replay.NoteAccepted(Line("LANG de")));
  EXPECT_FALSE(replay.NoteAccepted(Line("OPTS HASH SHA-256")));
  EXPECT_TRUE(replay.NoteEarly(Line("OPTS MLST size;")));
  EXPECT_TRUE(replay.NoteEarly(Line("OPTS utf8 on")));
  EXPECT_TRUE(replay.NoteEarly(Line("CLNT tnftp")));
  EXPECT_FALSE(replay.NoteAccepted(Line("TYPE I")));
  EXPECT_EQ(Told(replay),
            "CLNT tnftp|OPTS utf8 on|OPTS MLST size;|OPTS HASH SHA-256|LANG "
            "de|SITE UMASK 027|TYPE I|");
  EXPECT_TRUE(replay.is_whole());
}

TEST(ReplayTest, IsDeafToWhatLeavesNothingBehind) {
  Replay replay;
  for (const char* line : {"NOOP", "SITE UMASK", "SITE HELP", "OPTS FOO",
                           "OPTS", "MKD d", "XFOO", "OPTS UTF8X"}) {
    EXPECT_FALSE(replay.NoteAccepted(Line(line))) << line;
  }
  EXPECT_FALSE(replay.NoteEarly(Line("OPTS HASH SHA-1")));
  EXPECT_EQ(replay.size(), 0u);
}

TEST(ReplayTest, ADirectoryTakesThePlaceOfTheStep) {
  Replay replay;
  EXPECT_TRUE(replay.NoteAccepted(Line("CWD in")));
  EXPECT_EQ(Told(replay), "CWD in|");
  replay.NoteDirectory(Reply::Verbatim(257, "257 \"/a/in\" is it.\r\n"));
  EXPECT_EQ(Told(replay), "CWD /a/in|");
  for (const char* line : {"CDUP", "XCWD ..", "XCUP"}) {
    EXPECT_TRUE(replay.NoteAccepted(Line(line))) << line;
    EXPECT_TRUE(replay.is_whole());
    replay.NoteDirectory(Reply::Verbatim(257, "257 \"/a\"\r\n"));
  }
  EXPECT_EQ(Told(replay), "CWD /a|");
}

TEST(ReplayTest, TwoStepsThatNobodyNamedAreNotWhole) {
  Replay replay;
  replay.NoteAccepted(Line("CWD in"));
  replay.NoteDirectory(Reply::Verbatim(502, "502 What?\r\n"));
  EXPECT_TRUE(replay.is_whole());
  EXPECT_EQ(Told(replay), "CWD in|");
  replay.NoteAccepted(Line("CDUP"));
  EXPECT_FALSE(replay.is_whole());
}

TEST(ReplayTest, SmntCannotBeToldAgain) {
  Replay replay;
  replay.NoteAccepted(Line("SMNT /mnt"));
  EXPECT_FALSE(replay.is_whole());
  replay.Clear();
  EXPECT_TRUE(replay.is_whole());
}

TEST(ReplayTest, ANewUserHasWhatIsTheConnectionsAlone) {
  Replay replay;
  replay.NoteEarly(Line("CLNT tnftp"));
  replay.ForgetUser(Replay::Connection::kUsed);
  EXPECT_TRUE(replay.is_whole());
  replay.NoteAccepted(Line("TYPE I"));
  replay.NoteAccepted(Line("CWD in"));
  replay.ForgetUser(Replay::Connection::kUsed);
  EXPECT_EQ(Told(replay), "CLNT tnftp|");
  EXPECT_FALSE(replay.is_whole());
  replay.ForgetUser(Replay::Connection::kUsed);
  EXPECT_FALSE(replay.is_whole());
  replay.ForgetUser(Replay::Connection::kFresh);
  EXPECT_TRUE(replay.is_whole());
  replay.NoteAccepted(Line("SMNT /mnt"));
  replay.ForgetUser(Replay::Connection::kUsed);
  EXPECT_FALSE(replay.is_whole());
}

TEST(ReplayTest, DirectoryOf257) {
  const auto of = [](const char* wire) {
    return DirectoryOf(Reply::Verbatim(257, wire));
  };
  EXPECT_EQ(of("257 \"/\"\r\n"), "/");
  EXPECT_EQ(of("257 \"/a b\" is the current directory\r\n"), "/a b");
  EXPECT_EQ(of("257 \"/\"\"q\"\"\" here\r\n"), "/\"q\"");
  EXPECT_EQ(of("257 is \"/x\" yes\r\n"), "/x");
  EXPECT_EQ(of("257 no quotes\r\n"), "");
  EXPECT_EQ(of("257 \"/endless\r\n"), "");
  EXPECT_EQ(of("257 \"\"\r\n"), "");
  EXPECT_EQ(DirectoryOf(Reply::Verbatim(250, "250 \"/\"\r\n")), "");
}

}  // namespace
}  // namespace pinnace::session
