// Prints a dialogue with its expected lines as the session says them now:
// write the inputs, run this, and read every line of the answer with care.
//   bazel run //tests/dialogues:golden -- $PWD/tests/dialogues/x.ftp
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/dialogues/dialogue.h"
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

bool IsExpectedText(absl::string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  const absl::string_view mark = line.substr(0, 2);
  return mark == "C<" || mark == "B>" || line.substr(0, 1) == "!";
}

// The deeds of each scene, under the line that its last input stands on.
std::string Rewrite(absl::string_view text, const Played& played) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  std::vector<std::string> behind(lines.size() + 1);
  std::vector<bool> dropped(lines.size() + 1, false);
  for (const Scene& scene : played.scenes) {
    bool own = true;
    size_t at = 0;
    for (const Line* line : scene.inputs) {
      own = own && line->own;
      at = line->number;
    }
    for (const Line* line : scene.expected) own = own && line->own;
    if (!own) continue;
    for (const Line* line : scene.expected) {
      if (at == 0) at = line->number;
      dropped[line->number] = true;
    }
    for (const Deed& deed : scene.deeds) {
      absl::StrAppend(&behind[at], DeedText(deed), "\n");
    }
    if (!scene.error.empty()) {
      absl::StrAppend(&behind[at], "# WRONG: ", scene.error, "\n");
    }
  }
  std::string out = behind[0];
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!dropped[i + 1] || !IsExpectedText(lines[i])) {
      absl::StrAppend(&out, lines[i], i + 1 < lines.size() ? "\n" : "");
    }
    out += behind[i + 1];
  }
  return out;
}

}  // namespace
}  // namespace pinnace::dialogues

int main(int argc, char** argv) {
  using namespace pinnace::dialogues;  // NOLINT: this file's own words.
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    const std::string text = ReadFile(path).value_or("");
    const absl::StatusOr<Dialogue> dialogue =
        Dialogue::Parse(path, text, [&](const std::string& included) {
          return ReadFile(folder + included);
        });
    if (!dialogue.ok()) {
      std::cerr << dialogue.status() << "\n";
      return 1;
    }
    const Played played =
        Play(*dialogue, Delivery::kWhole, OnDifference::kPlayOn);
    if (played.scenes.empty()) {
      std::cerr << played.diff << "\n";
      return 1;
    }
    std::cout << Rewrite(text, played);
  }
  return 0;
}
