// A golden conversation as written in a *.ftp file: what happens, and what the
// session must do about it, line by line. README.md has the format. For tests
// only.
#ifndef PINNACE_TESTS_DIALOGUES_DIALOGUE_H_
#define PINNACE_TESTS_DIALOGUES_DIALOGUE_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pinnace::dialogues {

enum class LineKind : uint8_t {
  kSetting,          // @name ...      the world before the start
  kClientSends,      // C> bytes
  kBackendSends,     // B< bytes
  kEvent,            // * name key=value
  kQuery,            // ? key=value    what must be true now
  kClientReceives,   // C< bytes
  kBackendReceives,  // B> bytes
  kAction,           // ! name key=value
};

struct Line {
  LineKind kind;
  int number = 0;    // in the dialogue's own file
  bool own = true;   // false: from an @include or a @times block
  std::string name;  // of a setting or an event
  std::string text;  // bytes decoded, or the arguments as written
};

using Arguments = std::map<std::string, std::string>;

struct Dialogue {
  std::string name;
  std::vector<Line> lines;

  using ReadFile = std::function<std::optional<std::string>(std::string path)>;
  // `read` fetches the file of an "@include NAME": include/NAME.ftp.
  static absl::StatusOr<Dialogue> Parse(std::string name,
                                        absl::string_view text,
                                        const ReadFile& read);
};

inline bool IsExpected(LineKind kind) {
  return kind == LineKind::kClientReceives ||
         kind == LineKind::kBackendReceives || kind == LineKind::kAction;
}

// "leg=client why=\"no route\"": keys and values. A word alone is its own key.
Arguments ParseArguments(absl::string_view text);

// \r \n \t \\ \xHH, \{N:...} for N times, and \- at the end for "no CRLF here".
absl::StatusOr<std::string> DecodeBytes(absl::string_view text);
// One line of bytes as a dialogue has it; long ones are cut in the middle.
std::string EncodeBytes(absl::string_view bytes);

}  // namespace pinnace::dialogues

#endif  // PINNACE_TESTS_DIALOGUES_DIALOGUE_H_
