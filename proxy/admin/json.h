// Messages as JSON, protobuf's canonical mapping, and back. Any thread.
#ifndef PINNACE_PROXY_ADMIN_JSON_H_
#define PINNACE_PROXY_ADMIN_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "proxy/admin/request.h"

namespace pinnace::admin {

// In one line, without its end; fields that have their default value too.
std::string Json(const google::protobuf::Message& message);
// `"text"`, with what JSON escapes.
std::string JsonText(absl::string_view text);
// INVALID_ARGUMENT: it is no JSON, or has a field that the message has not.
absl::Status FromJson(const std::string& json,
                      google::protobuf::Message& message);

Response Answer(const google::protobuf::Message& message);
Response Done();  // {}
// {"error": "words"}
Response Error(int status, absl::string_view words);
// By the code: INVALID_ARGUMENT is a 400, NOT_FOUND a 404, and so on.
Response Error(const absl::Status& status);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_JSON_H_
