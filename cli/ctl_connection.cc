#include "cli/ctl_connection.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "proxy/base/printable.h"

namespace pinnace::cli {
namespace {

constexpr int kMaxMessageBytes = 64 * 1024 * 1024;
// `--hold` outlives the control plane: it dials again soon.
constexpr int kFirstRedialMilliseconds = 100;
constexpr int kLastRedialMilliseconds = 1'000;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
                   kFirstRedialMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastRedialMilliseconds);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

CtlConnection::CtlConnection(const std::string& server) : server_(server) {
  std::shared_ptr<grpc::Channel> channel = ChannelTo(server);
  registry_ = v1::Registry::NewStub(channel);
  sessions_ = v1::Sessions::NewStub(channel);
}

void CtlConnection::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
}

absl::Status CtlConnection::StatusOf(const grpc::Status& status) const {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  // Of these two the message is gRPC's own and does not say where to.
  const bool transport = code == absl::StatusCode::kUnavailable ||
                         code == absl::StatusCode::kDeadlineExceeded;
  return absl::Status(code, transport ? absl::StrCat(status.error_message(),
                                                     " (server ", server_, ")")
                                      : status.error_message());
}

void PrintTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::printf("%s\n", line.c_str());
  }
}

void PrintJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  std::printf("%s", status.ok() ? json.c_str() : "{}\n");
}

std::string Shown(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string Shown(const std::string& text) {
  // What others registered must not move a terminal's cursor.
  return text.empty() ? "-" : Printable(text);
}

}  // namespace pinnace::cli
