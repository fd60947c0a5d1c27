#include "proxy/admin/dashboard_page.h"

#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::admin {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Pair;

std::optional<Response> Get(const std::string& path,
                            const std::string& if_none_match = "") {
  Request request;
  request.method = "GET";
  request.path = path;
  request.if_none_match = if_none_match;
  return DashboardPage(request);
}

std::string Header(const Response& response, absl::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(DashboardPageTest, ThePageAndWhatItNames) {
  const std::optional<Response> page = Get("/");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->type, "text/html; charset=utf-8");
  EXPECT_THAT(page->headers, Contains(Pair("Content-Security-Policy",
                                           HasSubstr("script-src 'self';"))));
  for (const char* name : {"app.js", "app.css", "theme.js", "icon.svg"}) {
    const std::string path = std::string("/assets/") + name;
    EXPECT_THAT(page->body, HasSubstr("\"" + path + "\""));
    const std::optional<Response> asset = Get(path);
    ASSERT_TRUE(asset.has_value()) << path;
    EXPECT_EQ(asset->status, 200) << path;
    EXPECT_FALSE(asset->body.empty()) << path;
  }
}

TEST(DashboardPageTest, WhatTheBrowserHasIsNotSentAgain) {
  const std::string etag = Header(*Get("/assets/app.js"), "ETag");
  EXPECT_THAT(etag, MatchesRegex("W/\"[0-9a-f]{16}\""));
  EXPECT_NE(etag, Header(*Get("/assets/app.css"), "ETag"));
  const std::optional<Response> again = Get("/assets/app.js", etag);
  EXPECT_EQ(again->status, 304);
  EXPECT_EQ(again->body, "");
  EXPECT_EQ(Get("/assets/app.js", "W/\"0123456789abcdef\"")->status, 200);
}

TEST(DashboardPageTest, EverythingElseIsForOthers) {
  for (const char* path : {"/api", "/assets/", "/assets/other.js", "/assets",
                           "/app.js", "/assets/../app.js", ""}) {
    EXPECT_FALSE(Get(path).has_value()) << path;
  }
  Request request;
  request.method = "POST";
  request.path = "/";
  EXPECT_FALSE(DashboardPage(request).has_value());
}

}  // namespace
}  // namespace pinnace::admin
