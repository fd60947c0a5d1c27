// A configuration file: YAML text read into pinnace.v1.Config by the messages'
// own description, with the place of every field kept for error messages.
// Refuses unknown and repeated keys, wrong types, and missing fields that
// must_be_set; what the values mean is config_check's. Any thread.
#ifndef PINNACE_PROXY_CONFIG_CONFIG_FILE_H_
#define PINNACE_PROXY_CONFIG_CONFIG_FILE_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "protos/pinnace/v1/config.pb.h"

namespace pinnace::config {

class ConfigFile {
 public:
  // INVALID_ARGUMENT with one line per problem, each as Problem() writes it.
  static absl::StatusOr<ConfigFile> Parse(absl::string_view name,
                                          absl::string_view yaml);
  static absl::StatusOr<ConfigFile> Read(const std::string& path);

  const v1::Config& config() const { return config_; }

  // "FILE:LINE:COLUMN: FIELD: PROBLEM". A field that is not in the file is
  // placed at the nearest of its parents that is.
  std::string Problem(absl::string_view field, absl::string_view problem) const;

 private:
  friend class ConfigReader;
  struct Position {
    int line = 0;  // from 1
    int column = 0;
  };

  std::string name_;
  v1::Config config_;
  // By path: "farms[0].backends[1].address".
  absl::flat_hash_map<std::string, Position> positions_;
};

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_CONFIG_FILE_H_
