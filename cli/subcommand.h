// The subcommands of `pinnace`: each takes its own arguments, its name first,
// and returns the exit status.
#ifndef PINNACE_CLI_SUBCOMMAND_H_
#define PINNACE_CLI_SUBCOMMAND_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pinnace::cli {

inline constexpr char kProgramVersion[] = "0.1";

// Exit statuses, also of `pinnace ctl`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;
inline constexpr int kExitUsage = 2;

struct Subcommand {
  absl::string_view name;
  int (*run)(int argc, char** argv);
  const char* help;
  // What completion offers behind the name.
  std::vector<const char*> words = {};
  // A word, or the flag before it, that names a file: "" for any word.
  const char* file_behind = nullptr;
};

absl::Span<const Subcommand> Subcommands();

int Serve(int argc, char** argv);
int Proxy(int argc, char** argv);
int RunControlPlane(int argc, char** argv);
int Ctl(int argc, char** argv);
int Check(int argc, char** argv);
int Doctor(int argc, char** argv);
int Completion(int argc, char** argv);
// Hidden: writes docs/REFERENCE.md.
int Reference(int argc, char** argv);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_SUBCOMMAND_H_
