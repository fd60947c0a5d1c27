// What one row of the admin pages' table says: the path, who may ask, what goes
// in and what comes out. Answers, the listing, openapi.json and the reference
// are made from the same rows. Any thread.
#ifndef PINNACE_PROXY_ADMIN_ROUTE_TABLE_H_
#define PINNACE_PROXY_ADMIN_ROUTE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"
#include "proxy/admin/query.h"
#include "proxy/admin/request.h"

namespace pinnace::admin {

class Routes;

// Who may ask, where tokens are set.
enum class Access : uint8_t {
  kAnybody,   // without a token: holds no data
  kViewer,    // reads
  kOperator,  // changes something
};

// A request that a row was found for.
struct Call {
  const Request& request;
  std::string argument;  // of the path's {name}
  std::string caller;    // the token's name, printable
  Query query;
};

struct RouteRow {
  const char* method;
  // "/api/v1/sessions/{id}/timeline". {name...} takes slashes, too.
  const char* path;
  Access access;
  Response (Routes::*respond)(Call& call);
  const char* help;
  // What is answered: a message as JSON; null: `type`.
  const google::protobuf::Message* answer = nullptr;
  const char* type = "application/json";
  std::vector<Parameter> parameters = {};
  const google::protobuf::Message* body = nullptr;  // as JSON; null: none
};

// What stands for {name}; nullopt: another path.
std::optional<std::string> MatchPath(absl::string_view pattern,
                                     absl::string_view path);
// "id" of "/api/v1/sessions/{id}"; "": it takes none.
absl::string_view ArgumentName(absl::string_view pattern);
// As people and OpenAPI write it: without the dots.
std::string ShownPath(absl::string_view pattern);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_ROUTE_TABLE_H_
