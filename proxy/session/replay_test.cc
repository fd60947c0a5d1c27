#include "proxy/session/replay.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::session {
namespace {

using ftp::Command;

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
  replay.NoteAccepted(Line("TYPE A"));
  replay.NoteAccepted(Line("SITE UMASK 027"));
  replay.NoteAccepted(Line("LANG de"));
  replay.NoteAccepted(Line("OPTS HASH SHA-256"));
  EXPECT_TRUE(replay.NoteEarly(Line("OPTS MLST size;")));
  EXPECT_TRUE(replay.NoteEarly(Line("OPTS utf8 on")));
  EXPECT_TRUE(replay.NoteEarly(Line("CLNT tnftp")));
  replay.NoteAccepted(Line("TYPE I"));
  EXPECT_EQ(Told(replay),
            "CLNT tnftp|OPTS utf8 on|OPTS MLST size;|OPTS HASH SHA-256|LANG "
            "de|SITE UMASK 027|TYPE I|");
  EXPECT_TRUE(replay.is_whole());
}

TEST(ReplayTest, IsDeafToWhatLeavesNothingBehind) {
  Replay replay;
  for (const char* line : {"NOOP", "SITE UMASK", "SITE HELP", "OPTS FOO",
                           "OPTS", "MKD d", "XFOO", "OPTS UTF8X"}) {
    replay.NoteAccepted(Line(line));
  }
  EXPECT_FALSE(replay.NoteEarly(Line("OPTS HASH SHA-1")));
  EXPECT_EQ(replay.size(), 0u);
}

TEST(ReplayTest, ADirectoryTakesThePlaceOfTheStep) {
  Replay replay;
  replay.NoteAccepted(Line("CWD in"));
  EXPECT_EQ(Told(replay), "CWD in|");
  EXPECT_TRUE(replay.wants_directory());
  replay.NoteDirectory("/a/in");
  EXPECT_FALSE(replay.wants_directory());
  EXPECT_EQ(Told(replay), "CWD /a/in|");
  for (const char* line : {"CDUP", "XCWD ..", "XCUP"}) {
    replay.NoteAccepted(Line(line));
    EXPECT_TRUE(replay.is_whole());
    replay.NoteDirectory("/a");
  }
  EXPECT_EQ(Told(replay), "CWD /a|");
}

TEST(ReplayTest, TwoStepsThatNobodyNamedAreNotWhole) {
  Replay replay;
  replay.NoteAccepted(Line("CWD in"));
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

}  // namespace
}  // namespace pinnace::session
