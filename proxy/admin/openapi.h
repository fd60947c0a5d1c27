// The table of paths as an OpenAPI 3 document: what goes in and comes out is
// read from the messages themselves. Pure. Any thread.
#ifndef PINNACE_PROXY_ADMIN_OPENAPI_H_
#define PINNACE_PROXY_ADMIN_OPENAPI_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/admin/route_table.h"

namespace pinnace::admin {

std::string OpenApiText(absl::Span<const RouteRow> rows,
                        absl::string_view program_version);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_OPENAPI_H_
