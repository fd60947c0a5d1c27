// What was said in one session lately, and what happened to it: a bounded ring
// of entries for people who look. No secret gets in; what is not printable is
// kept as it came, and escaped when it is shown. Bytes come in any pieces. One
// thread.
#ifndef PINNACE_PROXY_GATEWAY_TIMELINE_H_
#define PINNACE_PROXY_GATEWAY_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/gateway/secrets.h"
#include "proxy/gateway/timeline_entry.h"
#include "proxy/metrics/counters.h"

namespace pinnace::gateway {

class Timeline {
 public:
  // `counters` outlive it.
  explicit Timeline(metrics::Counters& counters) : counters_(counters) {}

  // Of the control connections, as bytes come.
  void OnClientBytes(absl::string_view bytes, absl::Time now);
  void OnBackendBytes(absl::string_view bytes, absl::Time now);
  // What we say: whole lines.
  void ToClient(absl::string_view bytes, absl::Time now);
  void ToBackend(absl::string_view bytes, absl::Time now);
  // Of another backend: what was left of the former one's lines is none of its.
  void OnBackendConnected() { backend_ = Lines(); }
  void OnLoggedIn() { logged_in_ = LoggedIn::kYes; }
  void Note(absl::string_view text, absl::Time now);

  // When the last USER came; infinite past: none has.
  absl::Time user_at() const { return user_at_; }

  // Those behind the number `after`, oldest first.
  std::vector<TimelineEntry> Entries(uint64_t after) const;

 private:
  using Kind = TimelineEntry::Kind;
  // A line that is not whole yet, as far as it is kept.
  struct Lines {
    std::string begun;
    bool in_reply = false;  // within a reply of many lines
  };

  // Calls `on_line` with each line that `bytes` end.
  template <typename OnLine>
  static void Append(absl::string_view bytes, std::string& begun,
                     OnLine on_line);
  void AddCommand(absl::string_view line, absl::Time now);
  void AddBackendCommand(absl::string_view line, absl::Time now);
  // Of a reply of many lines the first is kept.
  void AddReply(Kind kind, absl::string_view line, bool& in_reply,
                absl::Time now);
  void KeepSecret(absl::string_view secret);
  void ForgetSecrets();
  void Add(Kind kind, absl::string_view text, absl::Time now);
  void DropOldest();
  void Put(const void* bytes, size_t size);
  void Get(size_t offset, void* bytes, size_t size) const;

  metrics::Counters& counters_;
  Lines client_;
  Lines backend_;
  LoggedIn logged_in_ = LoggedIn::kNo;
  absl::Time user_at_ = absl::InfinitePast();
  // What was said lately, as long as a reply may repeat it.
  std::vector<std::string> secrets_;
  // Entries lie one behind the other, round the end to the beginning.
  std::unique_ptr<char[]> ring_;
  size_t begin_ = 0;
  size_t used_ = 0;
  uint64_t first_ = 1;  // number of the oldest
  uint64_t next_ = 1;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_TIMELINE_H_
