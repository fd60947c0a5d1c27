#include "proxy/admin/json.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "proxy/base/printable.h"

namespace pinnace::admin {
namespace {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return 503;
    default:  // Others' codes, which may be any.
      return 500;
  }
}

}  // namespace

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for an Any of an unknown type: we have none.
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

std::string JsonText(absl::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  return Json(value);
}

absl::Status FromJson(const std::string& json,
                      google::protobuf::Message& message) {
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "body: not the JSON of a ", message.GetDescriptor()->name(), ": ",
      Printable(absl::string_view(status.message().data(),
                                  status.message().size()))));
}

Response Answer(const google::protobuf::Message& message) {
  return {.body = absl::StrCat(Json(message), "\n")};
}

Response Done() { return {.body = "{}\n"}; }

Response Error(int status, absl::string_view words) {
  return {.status = status,
          .body = absl::StrCat("{\"error\":", JsonText(words), "}\n")};
}

Response Error(const absl::Status& status) {
  return Error(HttpStatusOf(status.code()), status.message());
}

}  // namespace pinnace::admin
