// The files of the dashboard, as the build bundled them. Any thread.
#ifndef PINNACE_PROXY_ADMIN_DASHBOARD_DASHBOARD_ASSETS_H_
#define PINNACE_PROXY_ADMIN_DASHBOARD_DASHBOARD_ASSETS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pinnace::admin::dashboard {

struct Asset {
  absl::string_view name;  // "index.html"
  absl::string_view content_type;
  absl::string_view bytes;
  // Weak: the HTTP library may compress what it sends.
  absl::string_view etag;
};

absl::Span<const Asset> Assets();

}  // namespace pinnace::admin::dashboard

#endif  // PINNACE_PROXY_ADMIN_DASHBOARD_DASHBOARD_ASSETS_H_
