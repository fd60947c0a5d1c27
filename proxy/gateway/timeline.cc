#include "proxy/gateway/timeline.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"

namespace pinnace::gateway {
namespace {

// What a command is told from, and its text shown by; the rest of a longer line
// is left out.
constexpr size_t kMaxKeptLineBytes = 512;
// Who guesses passwords line by line, and is answered later, has said some.
constexpr size_t kMaxSecrets = 8;
constexpr char kLonger[] = "...";
constexpr absl::string_view kProxySignature("\r\n\r\n\0\r\nQUIT\n", 12);

constexpr size_t kHeadBytes = sizeof(int64_t) + 2;
// One more than is shown tells that it was longer.
constexpr size_t kMaxKeptTextBytes = limits::kTimelineTextBytes + 1;
static_assert(kMaxKeptTextBytes <= 255);
static_assert(kHeadBytes + kMaxKeptTextBytes <= limits::kTimelineBytes);

std::string ShownText(absl::string_view text) {
  const size_t most = limits::kTimelineTextBytes;
  if (text.size() <= most) {
    std::string shown = Printable(text);
    if (shown.size() <= most) return shown;
  }
  const size_t room = most - (sizeof(kLonger) - 1);
  text = text.substr(0, room);
  while (true) {
    // Escapes make it longer; none of them is cut.
    std::string shown = Printable(text);
    if (shown.size() <= room) return shown + kLonger;
    text.remove_suffix(1);
  }
}

bool HasCode(absl::string_view line) {
  return line.size() >= 3 && absl::ascii_isdigit(line[0]) &&
         absl::ascii_isdigit(line[1]) && absl::ascii_isdigit(line[2]);
}

}  // namespace

template <typename OnLine>
void Timeline::Append(absl::string_view bytes, std::string& begun,
                      OnLine on_line) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    absl::string_view line = bytes.substr(0, end);
    if (begun.empty() && end != absl::string_view::npos) {
      on_line(absl::StripSuffix(line, "\r").substr(0, kMaxKeptLineBytes));
    } else {
      line = line.substr(
          0, kMaxKeptLineBytes - std::min(begun.size(), kMaxKeptLineBytes));
      begun.append(line.data(), line.size());
      if (end == absl::string_view::npos) return;
      on_line(absl::StripSuffix(begun, "\r"));
      std::fill(begun.begin(), begun.end(),
                '\0');  // It may have been a secret.
      begun.clear();
    }
    bytes.remove_prefix(end + 1);
  }
}

void Timeline::OnClientBytes(absl::string_view bytes, absl::Time now) {
  Append(bytes, client_.begun,
         [&](absl::string_view line) { AddCommand(line, now); });
}

void Timeline::OnBackendBytes(absl::string_view bytes, absl::Time now) {
  Append(bytes, backend_.begun, [&](absl::string_view line) {
    AddReply(Kind::kBackendReply, line, backend_.in_reply, now);
  });
}

void Timeline::ToClient(absl::string_view bytes, absl::Time now) {
  std::string begun;
  Append(bytes, begun, [&](absl::string_view line) {
    AddReply(Kind::kReply, line, client_.in_reply, now);
  });
}

void Timeline::ToBackend(absl::string_view bytes, absl::Time now) {
  if (absl::StartsWith(bytes, kProxySignature)) {
    Note("PROXY header to the backend", now);
    // Version, family and length stand behind the signature.
    constexpr size_t kHeaderBytes = 16;
    if (bytes.size() < kHeaderBytes) return;
    const size_t length =
        static_cast<uint8_t>(bytes[14]) << 8 | static_cast<uint8_t>(bytes[15]);
    bytes.remove_prefix(std::min(bytes.size(), kHeaderBytes + length));
  }
  std::string begun;
  Append(bytes, begun,
         [&](absl::string_view line) { AddBackendCommand(line, now); });
}

void Timeline::Note(absl::string_view text, absl::Time now) {
  Add(Kind::kNote, text, now);
}

void Timeline::AddCommand(absl::string_view line, absl::Time now) {
  const absl::string_view verb = line.substr(0, line.find(' '));
  const bool is_user = absl::EqualsIgnoreCase(verb, "USER");
  if (is_user) user_at_ = now;
  if (is_user || absl::EqualsIgnoreCase(verb, "REIN")) {
    logged_in_ = LoggedIn::kNo;
  }
  const ShownCommand shown = ShowCommand(line, logged_in_);
  if (!shown.secret.empty()) {
    KeepSecret(shown.secret);
  } else if (logged_in_ == LoggedIn::kYes) {
    ForgetSecrets();
  }
  Add(Kind::kCommand, shown.instead.has_value() ? *shown.instead : line, now);
}

void Timeline::AddBackendCommand(absl::string_view line, absl::Time now) {
  // We say no other ones before a login than those that are known.
  const ShownCommand shown = ShowCommand(line, LoggedIn::kYes);
  if (!shown.secret.empty()) KeepSecret(shown.secret);
  Add(Kind::kBackendCommand, shown.instead.has_value() ? *shown.instead : line,
      now);
}

void Timeline::AddReply(Kind kind, absl::string_view line, bool& in_reply,
                        absl::Time now) {
  const bool goes_on = line.size() > 3 && line[3] == '-';
  if (in_reply) {
    // RFC 959 §4.2; which code it is does not matter here.
    in_reply = !HasCode(line) || (line.size() > 3 && line[3] != ' ');
    return;
  }
  in_reply = HasCode(line) && goes_on;
  if (!in_reply && secrets_.empty() && !HasUrl(line)) {
    return Add(kind, line, now);
  }
  std::string text = WithoutUrlSecrets(line);
  // There are servers that repeat what they were told.
  for (const std::string& secret : secrets_) {
    absl::StrReplaceAll({{secret, kMask}}, &text);
  }
  Add(kind, in_reply ? absl::StrCat(text, kLonger) : text, now);
}

void Timeline::KeepSecret(absl::string_view secret) {
  if (std::find(secrets_.begin(), secrets_.end(), secret) != secrets_.end()) {
    return;
  }
  if (secrets_.size() == kMaxSecrets) secrets_.erase(secrets_.begin());
  secrets_.emplace_back(secret);
}

void Timeline::ForgetSecrets() {
  for (std::string& secret : secrets_) {
    std::fill(secret.begin(), secret.end(), '\0');
  }
  secrets_.clear();
}

void Timeline::Add(Kind kind, absl::string_view text, absl::Time now) {
  if (ring_ == nullptr) {
    ring_ = std::make_unique<char[]>(limits::kTimelineBytes);
  }
  text = text.substr(0, kMaxKeptTextBytes);
  while (used_ + kHeadBytes + text.size() > limits::kTimelineBytes) {
    DropOldest();
    counters_.Add(metrics::Counter::kTimelineEntriesDropped);
  }
  const int64_t time_ns = absl::ToUnixNanos(now);
  char entry[kHeadBytes + kMaxKeptTextBytes];
  std::memcpy(entry, &time_ns, sizeof(time_ns));
  entry[sizeof(time_ns)] = static_cast<char>(kind);
  entry[sizeof(time_ns) + 1] = static_cast<char>(text.size());
  std::memcpy(entry + kHeadBytes, text.data(), text.size());
  Put(entry, kHeadBytes + text.size());
  ++next_;
}

void Timeline::DropOldest() {
  uint8_t size = 0;
  Get(begin_ + kHeadBytes - 1, &size, 1);
  begin_ = (begin_ + kHeadBytes + size) % limits::kTimelineBytes;
  used_ -= kHeadBytes + size;
  ++first_;
}

void Timeline::Put(const void* bytes, size_t size) {
  const size_t at = (begin_ + used_) % limits::kTimelineBytes;
  const size_t here = std::min(size, limits::kTimelineBytes - at);
  std::memcpy(ring_.get() + at, bytes, here);
  std::memcpy(ring_.get(), static_cast<const char*>(bytes) + here, size - here);
  used_ += size;
}

void Timeline::Get(size_t offset, void* bytes, size_t size) const {
  const size_t at = offset % limits::kTimelineBytes;
  const size_t here = std::min(size, limits::kTimelineBytes - at);
  std::memcpy(bytes, ring_.get() + at, here);
  std::memcpy(static_cast<char*>(bytes) + here, ring_.get(), size - here);
}

std::vector<TimelineEntry> Timeline::Entries(uint64_t after) const {
  std::vector<TimelineEntry> entries;
  size_t at = begin_;
  for (uint64_t number = first_; number < next_; ++number) {
    int64_t time_ns = 0;
    uint8_t head[2];
    Get(at, &time_ns, sizeof(time_ns));
    Get(at + sizeof(time_ns), head, sizeof(head));
    at += kHeadBytes;
    if (number > after) {
      std::string text(head[1], '\0');
      Get(at, text.data(), text.size());
      entries.push_back({.number = number,
                         .time = absl::FromUnixNanos(time_ns),
                         .kind = static_cast<Kind>(head[0]),
                         .text = ShownText(text)});
    }
    at += head[1];
  }
  return entries;
}

}  // namespace pinnace::gateway
