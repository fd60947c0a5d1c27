#include "proxy/base/secret_file.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace pinnace {
namespace {

std::string Write(absl::string_view content, mode_t mode) {
  static int files = 0;
  const std::string path =
      testing::TempDir() + "/secret_" + std::to_string(++files);
  std::ofstream(path) << content;
  EXPECT_EQ(chmod(path.c_str(), mode), 0);
  return path;
}

TEST(SecretFileTest, ModesOfOwnerAndGroupAreFine) {
  for (const mode_t mode : {0400, 0600, 0440, 0660, 0640}) {
    EXPECT_TRUE(CheckSecretFile(Write("x", mode)).ok()) << mode;
  }
}

TEST(SecretFileTest, NamesFileAndModeThatEverybodyMayUse) {
  for (const mode_t mode : {0644, 0604, 0602, 0666}) {
    const std::string path = Write("sixteen-or-more-characters", mode);
    const absl::Status status = CheckSecretFile(path);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "mode 0")) << status;
    EXPECT_EQ(ReadTokenFile(path).status(), status);
  }
}

TEST(SecretFileTest, NamesFileThatIsNotThere) {
  EXPECT_EQ(ReadTokenFile("/nowhere/token").status().ToString(),
            "NOT_FOUND: /nowhere/token: No such file or directory");
  EXPECT_EQ(CheckSecretFile("/").ToString(), "NOT_FOUND: /: is a directory");
}

TEST(SecretFileTest, TokenIsTheFirstLine) {
  const std::string longest(512, 'x');
  const struct {
    std::string content;
    std::string token;  // empty: none
  } kCases[] = {
      {"sixteen-visible!", "sixteen-visible!"},
      {"sixteen-visible!\n", "sixteen-visible!"},
      {"sixteen-visible!\r\nanother line\n", "sixteen-visible!"},
      {longest + "\r\n", longest},
      {longest + "x\n", ""},
      {longest + longest, ""},
      {"fifteen-visible\n", ""},
      {"", ""},
      {"\nsixteen-visible!\n", ""},
      {"sixteen visible!\n", ""},
      {" sixteen-visible!\n", ""},
      {"sixteen-visible\x01!\n", ""},
      {"sixteen-visible\xc3\xa9\n", ""},
      {std::string("sixteen-\0visible!", 17), ""},
  };
  for (const auto& [content, token] : kCases) {
    const std::string path = Write(content, 0600);
    const absl::StatusOr<std::string> read = ReadTokenFile(path);
    if (!token.empty()) {
      EXPECT_EQ(read.value_or("none"), token);
      continue;
    }
    EXPECT_EQ(read.status().message(),
              path +
                  ": its first line must be a token: 16 to 512 visible "
                  "characters");
  }
}

}  // namespace
}  // namespace pinnace
