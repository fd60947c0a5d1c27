// Fields of the protos by path ("health_check.interval"), written and read as
// people do on a command line. Durations are like "15s" or "5m", enum values
// the words of the configuration file, a map's entry is KEY=VALUE, and a text
// is added to a list of texts. Any thread.
#ifndef PINNACE_CLI_MESSAGE_FIELDS_H_
#define PINNACE_CLI_MESSAGE_FIELDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"

namespace pinnace::cli {

// What takes a field back to what it is when nobody sets it. A text is taken as
// it is: "" does the same for it.
inline constexpr char kDefaultWord[] = "default";

// The path must be there.
const google::protobuf::FieldDescriptor& FieldAt(
    const google::protobuf::Descriptor& type, absl::string_view path);

// The only values there are; none: they cannot be counted.
std::vector<std::string> FieldWords(
    const google::protobuf::FieldDescriptor& field);
// "on|off", "N", "DURATION", "TEXT".
std::string FieldPlaceholder(const google::protobuf::FieldDescriptor& field);

// INVALID_ARGUMENT: "must be a number of 0 or more, not \"x\"".
absl::Status SetField(google::protobuf::Message& message,
                      absl::string_view path, absl::string_view text);
// Also the messages on the path that have nothing else in them.
void ClearField(google::protobuf::Message& message, absl::string_view path);
// None where the field is not set.
std::optional<std::string> FieldText(const google::protobuf::Message& message,
                                     absl::string_view path);

absl::StatusOr<absl::Duration> ParsedDuration(absl::string_view text);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_MESSAGE_FIELDS_H_
