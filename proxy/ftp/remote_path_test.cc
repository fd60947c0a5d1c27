#include "proxy/ftp/remote_path.h"

#include "gtest/gtest.h"

namespace pinnace::ftp {
namespace {

TEST(RemotePathTest, Joins) {
  const struct {
    const char* directory;
    const char* path;
    const char* joined;
  } kCases[] = {
      {"/", "a", "/a"},
      {"/", "", "/"},
      {"/pub", "", "/pub"},
      {"/pub/", "a", "/pub/a"},
      {"/pub", "/etc/passwd", "/etc/passwd"},
      {"/pub", "../etc", "/etc"},
      {"/pub", "../../..", "/"},
      {"/pub", "..", "/"},
      {"/a/b", "./c/../d/.", "/a/b/d"},
      {"/a", "//b///c//", "/b/c"},
      {"/a", "b//c", "/a/b/c"},
      {"/a", "...", "/a/..."},
      {"/a", ".b", "/a/.b"},
      {"/a", " ", "/a/ "},
      {"/", "/../x", "/x"},
  };
  for (const auto& [directory, path, joined] : kCases) {
    EXPECT_EQ(JoinPath(directory, path), joined) << directory << " " << path;
  }
}

TEST(RemotePathTest, LastPart) {
  const struct {
    const char* path;
    const char* last;
  } kCases[] = {
      {"", ""},      {"/", ""},       {"a", "a"},     {"/a/b.txt", "b.txt"},
      {"a/b/", "b"}, {"/a/b//", "b"}, {"a/..", ".."},
  };
  for (const auto& [path, last] : kCases) EXPECT_EQ(LastPart(path), last);
}

}  // namespace
}  // namespace pinnace::ftp
