// The subcommands of `pinnace`: each takes its own arguments, its name first,
// and returns the exit status.
#ifndef PINNACE_CLI_SUBCOMMAND_H_
#define PINNACE_CLI_SUBCOMMAND_H_

namespace pinnace::cli {

inline constexpr char kProgramVersion[] = "0.1";

// Exit statuses, also of `pinnace ctl`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;
inline constexpr int kExitUsage = 2;

int Serve(int argc, char** argv);
int Proxy(int argc, char** argv);
int RunControlPlane(int argc, char** argv);
int Ctl(int argc, char** argv);
int Check(int argc, char** argv);
int Doctor(int argc, char** argv);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_SUBCOMMAND_H_
