// What happens only where two replies come in one piece: the dialogues in files
// are the same however their bytes come.
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/dialogues/dialogue.h"
#include "tests/dialogues/player.h"

namespace pinnace::dialogues {
namespace {

std::string DiffOf(absl::string_view text) {
  const absl::StatusOr<Dialogue> dialogue = Dialogue::Parse(
      "text", text, [](const std::string&) { return std::nullopt; });
  if (!dialogue.ok()) return std::string(dialogue.status().message());
  return Play(*dialogue, Delivery::kWhole).diff;
}

// The next backend takes the login and closes in the same breath: the command
// waits for the one behind it.
TEST(OnePieceTest, LostAgainRightBehindTheLogin) {
  EXPECT_EQ(DiffOf("@farm replace_backend=yes\n"
                   "@backend id=a address=10.0.0.7:21\n"
                   "@backend id=b address=10.0.0.8:21\n"
                   "C< 220 Pinnace ready.\n"
                   "C> USER anna\n"
                   "!  connect-backend address=10.0.0.7:21\n"
                   "*  backend-connected\n"
                   "B< 220 Hi.\n"
                   "B> USER anna\n"
                   "B< 230 Welcome.\n"
                   "C< 230 Welcome.\n"
                   "*  backend-lost\n"
                   "!  close-backend\n"
                   "C> PASV\n"
                   "!  connect-backend address=10.0.0.7:21\n"
                   "*  backend-connected\n"
                   "B< 220 Hi.\n"
                   "B> USER anna\n"
                   "B< 230 Welcome.\n"
                   "B< 421 Going down.\n"
                   "B> QUIT\n"
                   "!  close-backend\n"
                   "!  connect-backend address=10.0.0.7:21\n"
                   "*  backend-connect-failed\n"
                   "!  connect-backend address=10.0.0.8:21\n"
                   "*  backend-connected\n"
                   "B< 220 Hi.\n"
                   "B> USER anna\n"
                   "B< 230 Welcome.\n"
                   "!  take-lease\n"
                   "B> EPSV\n"
                   "*  kill\n"
                   "!  close-data-path how=reset\n"
                   "C< 421 Session ended by the operator.\n"
                   "B> QUIT\n"
                   "!  end-session reason=killed\n"),
            "");
}

}  // namespace
}  // namespace pinnace::dialogues
