// What the admin pages are asked and answer, as values. Any thread.
#ifndef PINNACE_PROXY_ADMIN_REQUEST_H_
#define PINNACE_PROXY_ADMIN_REQUEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pinnace::admin {

struct Request {
  std::string method;         // "GET"
  std::string path;           // decoded, without the query
  std::string host;           // header Host
  std::string origin;         // header Origin; browsers send it
  std::string authorization;  // header Authorization
  std::string if_none_match;  // header If-None-Match
  std::string last_event_id;  // header Last-Event-ID
  std::multimap<std::string, std::string> query = {};  // decoded
  std::string body = {};
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string allow;  // header Allow, with 405
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides
  // The body is a stream of the events behind this number.
  std::optional<uint64_t> events_after = {};
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_REQUEST_H_
