#include "cli/subcommand.h"

namespace pinnace::cli {

absl::Span<const Subcommand> Subcommands() {
  static const auto& rows = *new std::vector<Subcommand>{
      {.name = "serve",
       .run = &Serve,
       .help = "gateway and control plane in one process",
       .words = {"--config", "--help"},
       .file_behind = "--config"},
      {.name = "proxy",
       .run = &Proxy,
       .help = "a gateway; follows a control plane or a file",
       .words = {"--config", "--help"},
       .file_behind = "--config"},
      {.name = "control-plane",
       .run = &RunControlPlane,
       .help = "the registry of backends and farms",
       .words = {"--config", "--help"},
       .file_behind = "--config"},
      {.name = "ctl",
       .run = &Ctl,
       .help = "register and drain backends, list and end sessions, ..."},
      {.name = "check",
       .run = &Check,
       .help = "validate a configuration file",
       .words = {"--help"},
       .file_behind = ""},
      {.name = "doctor",
       .run = &Doctor,
       .help = "look at a running gateway as a client would"},
      {.name = "completion",
       .run = &Completion,
       .help = "what bash or zsh needs to complete all this",
       .words = {"bash", "zsh", "--help"}},
  };
  return rows;
}

}  // namespace pinnace::cli
