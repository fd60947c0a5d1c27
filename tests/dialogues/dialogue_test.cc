// One test per *.ftp file and way of delivery, named after the file.
#include "tests/dialogues/dialogue.h"

#include <cctype>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/dialogues/player.h"

namespace pinnace::dialogues {
namespace {

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class DialogueTest : public ::testing::Test {
 public:
  DialogueTest(std::string path, Delivery delivery)
      : path_(std::move(path)), delivery_(delivery) {}

  void TestBody() override {
    const std::optional<std::string> text = ReadFile(path_);
    ASSERT_TRUE(text.has_value());
    const std::string folder = path_.substr(0, path_.rfind('/') + 1);
    const absl::StatusOr<Dialogue> dialogue =
        Dialogue::Parse(path_, *text, [&](const std::string& included) {
          return ReadFile(folder + included);
        });
    ASSERT_TRUE(dialogue.ok()) << dialogue.status();
    const std::string diff = Play(*dialogue, delivery_).diff;
    EXPECT_TRUE(diff.empty()) << diff;
  }

 private:
  const std::string path_;
  const Delivery delivery_;
};

void Register(const std::string& path) {
  absl::string_view name = path;
  name.remove_prefix(path.rfind('/') + 1);
  absl::ConsumeSuffix(&name, ".ftp");
  const std::pair<Delivery, const char*> kWays[] = {
      {Delivery::kWhole, "Whole"},
      {Delivery::kByteWise, "ByteWise"},
      {Delivery::kOddChunks, "OddChunks"}};
  for (const auto& [delivery, way] : kWays) {
    ::testing::RegisterTest("Dialogue", absl::StrCat(name, "_", way).c_str(),
                            nullptr, nullptr, path.c_str(), 1,
                            [path, delivery = delivery]() -> ::testing::Test* {
                              return new DialogueTest(path, delivery);
                            });
  }
}

}  // namespace
}  // namespace pinnace::dialogues

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) pinnace::dialogues::Register(argv[i]);
  return RUN_ALL_TESTS();
}
