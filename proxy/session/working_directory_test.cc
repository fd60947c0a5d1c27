#include "proxy/session/working_directory.h"

#include "gtest/gtest.h"
#include "tests/support/test_world.h"

namespace pinnace::session {
namespace {

using ftp::Reply;

TEST(WorkingDirectoryTest, A257) {
  const struct {
    const char* text;
    std::optional<std::string> path;
  } kCases[] = {
      {"\"/\" is the current directory", "/"},
      {"\"/pub\"", "/pub"},
      {"Now in \"/pub/a b\" (x)", "/pub/a b"},
      {"\"/a\"\"b\" is it", "/a\"b"},
      {"\"/a\"\"\" is it", "/a\""},
      {"\"/a/./b/../c//\" is it", "/a/c"},
      {"\"/../..\"", "/"},
      {"\"/pub", std::nullopt},
      {"\"/pub\"\"", std::nullopt},
      {"/pub is it", std::nullopt},
      {"\"\"", std::nullopt},
      {"\"pub\"", std::nullopt},
      {"\"C:\\\\pub\"", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [text, path] : kCases) {
    EXPECT_EQ(DirectoryIn257(text), path) << text;
  }
  const std::string longest = "/" + std::string(4095, 'x');
  EXPECT_EQ(DirectoryIn257("\"" + longest + "\""), longest);
  EXPECT_EQ(DirectoryIn257("\"" + longest + "x\""), std::nullopt);
}

TEST(WorkingDirectoryTest, EveryCutOf257IsNoneOrTheWhole) {
  const std::string text = "\"/a\"\"b/c\" is it";
  for (size_t size = 0; size <= text.size(); ++size) {
    const auto path = DirectoryIn257(text.substr(0, size));
    // Behind the first of two quotes it looks like the end.
    if (size == 4) {
      EXPECT_EQ(path, "/a");
    } else {
      EXPECT_EQ(path.has_value(), size >= 9) << size;
    }
  }
}

TEST(WorkingDirectoryTest, IsAskedOnceUntilSomethingChanges) {
  testing::TestWorld world;
  Turn turn = world.NewTurn();
  WorkingDirectory directory;
  EXPECT_TRUE(directory.is_stale());
  directory.Ask(turn);
  EXPECT_TRUE(directory.is_asked());
  EXPECT_FALSE(directory.is_stale());
  directory.OnReply(Reply::Verbatim(150, "150 Wait\r\n"));
  EXPECT_TRUE(directory.is_asked());
  directory.OnReply(Reply::Verbatim(257, "257 \"/pub\" is it\r\n"));
  EXPECT_FALSE(directory.is_asked());
  EXPECT_FALSE(directory.is_stale());
  EXPECT_EQ(directory.path(), "/pub");
  directory.OnDone(ftp::Verb::kSize);
  EXPECT_EQ(directory.path(), "/pub");
  directory.OnDone(ftp::Verb::kCdup);
  EXPECT_EQ(directory.path(), "");
  EXPECT_TRUE(directory.is_stale());
}

TEST(WorkingDirectoryTest, IsNotKnownWhereTheBackendDoesNotSay) {
  testing::TestWorld world;
  Turn turn = world.NewTurn();
  for (const char* wire :
       {"550 No.\r\n", "257 Somewhere.\r\n", "200 \"/pub\"\r\n"}) {
    WorkingDirectory directory;
    directory.Ask(turn);
    directory.OnReply(Reply::Verbatim(
        (wire[0] - '0') * 100 + (wire[1] - '0') * 10 + wire[2] - '0', wire));
    EXPECT_EQ(directory.path(), "") << wire;
    EXPECT_FALSE(directory.is_stale()) << wire;
  }
}

}  // namespace
}  // namespace pinnace::session
