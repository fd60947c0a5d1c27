// Plays a dialogue against a real Session and compares what it does with what
// the file says, line by line. For tests only.
#ifndef PINNACE_TESTS_DIALOGUES_PLAYER_H_
#define PINNACE_TESTS_DIALOGUES_PLAYER_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/dialogues/dialogue.h"

namespace pinnace::dialogues {

// How the bytes of client and backend arrive. What happens must not depend on
// it.
enum class Delivery : uint8_t { kWhole, kByteWise, kOddChunks };

// What a session did: bytes to a side, cut at line ends, or an action.
struct Deed {
  LineKind kind;
  std::string text;

  friend bool operator==(const Deed&, const Deed&) = default;
};

// "C< 226 Done."
std::string DeedText(const Deed& deed);

// Lines of input up to the next that is not, and what has to come of them.
struct Scene {
  std::vector<const Line*> inputs;
  std::vector<const Line*> expected;
  std::vector<Deed> deeds;  // what came of them
  std::string error;        // a broken rule, or a query that fails
};

struct Played {
  std::vector<Scene> scenes;  // up to the first that went wrong
  std::string diff;           // empty when all is as the file says
};

// `dialogue` outlives the result. `stop_at_difference` false: plays on, for
// writing a new file.
enum class OnDifference : uint8_t { kStop, kPlayOn };
Played Play(const Dialogue& dialogue, Delivery delivery,
            OnDifference on_difference = OnDifference::kStop);

}  // namespace pinnace::dialogues

#endif  // PINNACE_TESTS_DIALOGUES_PLAYER_H_
