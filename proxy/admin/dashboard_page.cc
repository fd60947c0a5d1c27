#include "proxy/admin/dashboard_page.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "proxy/admin/dashboard/dashboard_assets.h"

namespace pinnace::admin {
namespace {

// Scripts and styles of our own only, no frames, and no way to send what the
// page knows to anybody else.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

const dashboard::Asset* Find(absl::string_view path) {
  if (path == "/") path = "/assets/index.html";
  if (!absl::ConsumePrefix(&path, "/assets/")) return nullptr;
  for (const dashboard::Asset& asset : dashboard::Assets()) {
    if (asset.name == path) return &asset;
  }
  return nullptr;
}

}  // namespace

std::optional<Response> DashboardPage(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const dashboard::Asset* asset = Find(request.path);
  if (asset == nullptr) return std::nullopt;
  Response response;
  response.type = std::string(asset->content_type);
  response.headers = {
      {"Cache-Control", "no-cache"},  // Asked for again, by its ETag.
      {"Content-Security-Policy", kContentSecurityPolicy},
      {"ETag", std::string(asset->etag)},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
  };
  if (absl::StrContains(request.if_none_match, asset->etag)) {
    response.status = 304;
    return response;
  }
  response.body = std::string(asset->bytes);
  return response;
}

}  // namespace pinnace::admin
