#include "cli/configuration.h"

#include <getopt.h>

#include <cstdio>
#include <utility>

#include "cli/subcommand.h"
#include "proxy/config/admin_check.h"
#include "proxy/config/config_check.h"
#include "proxy/config/config_file.h"

namespace pinnace::cli {

absl::StatusOr<v1::Config> ReadConfiguration(const std::string& path,
                                             GatewayFiles files) {
  absl::StatusOr<config::ConfigFile> file =
      path.empty() ? config::ConfigFile::Parse("(defaults)", "")
                   : config::ConfigFile::Read(path);
  if (!file.ok()) return file.status();
  absl::Status checked = config::CheckConfig(*file);
  if (checked.ok() && files == GatewayFiles::kChecked) {
    checked = config::CheckGatewayFiles(*file);
  }
  if (!checked.ok()) return checked;
  return file->config();
}

std::optional<std::string> ConfigPath(int argc, char** argv, const char* usage,
                                      int& exit_status) {
  constexpr option kOptions[] = {
      {"config", required_argument, nullptr, 'c'},
      {"help", no_argument, nullptr, 'h'},
      {nullptr, 0, nullptr, 0},
  };
  std::string path;
  optind = 0;
  for (int c; (c = getopt_long(argc, argv, "c:h", kOptions, nullptr)) != -1;) {
    switch (c) {
      case 'c':
        path = optarg;
        break;
      case 'h':
        std::fputs(usage, stdout);
        exit_status = kExitOk;
        return std::nullopt;
      default:
        std::fputs(usage, stderr);
        exit_status = kExitUsage;
        return std::nullopt;
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "pinnace %s: unexpected argument \"%s\"\n\n%s",
                 argv[0], argv[optind], usage);
    exit_status = kExitUsage;
    return std::nullopt;
  }
  return path;
}

std::vector<v1::Farm> FileFarmsOf(const v1::Config& config) {
  return {config.farms().begin(), config.farms().end()};
}

absl::StatusOr<std::vector<admin::Token>> AdminTokensOf(
    const v1::Config& config) {
  absl::StatusOr<std::vector<config::AdminToken>> read =
      config::ReadAdminTokens(config.admin());
  if (!read.ok()) return read.status();
  std::vector<admin::Token> tokens;
  for (config::AdminToken& token : *read) {
    tokens.push_back({.name = std::move(token.name),
                      .role = token.role,
                      .secret = std::move(token.secret)});
  }
  return tokens;
}

}  // namespace pinnace::cli
