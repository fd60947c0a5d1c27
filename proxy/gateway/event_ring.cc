#include "proxy/gateway/event_ring.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

// Those of transfers are the most, and the longest.
constexpr size_t kUsualEventBytes = 384;
// Its texts and a path, escaped.
constexpr size_t kMaxEventBytes = 16 * 1024;

// What has a length of its own stands behind it.
struct Head {
  Event::Kind kind;
  bool ok;
  bool has_transfer;
  bool client_protected;
  bool backend_protected;
  uint16_t public_port;
  int64_t time_ns;
  int64_t started_ns;
  SessionId session;
  int64_t bytes;
  int64_t rate;
  Address client;
  Address client_data;
  Address backend_data;
  Address client_local;
  Address backend_local;
};
static_assert(std::is_trivially_copyable_v<Head>);

void AppendText(absl::string_view text, std::string& record) {
  text = text.substr(0, 4 * limits::kMaxEventTextBytes);
  const auto size = static_cast<uint16_t>(text.size());
  record.append(reinterpret_cast<const char*>(&size), sizeof(size));
  record.append(text.data(), text.size());
}

std::string TakeText(absl::string_view& record) {
  uint16_t size = 0;
  std::memcpy(&size, record.data(), sizeof(size));
  const std::string text(record.substr(sizeof(size), size));
  record.remove_prefix(sizeof(size) + size);
  return text;
}

std::string Encoded(const Event& event) {
  const session::TransferFacts none;
  const session::TransferFacts& transfer =
      event.transfer.has_value() ? *event.transfer : none;
  const Head head = {.kind = event.kind,
                     .ok = event.ok,
                     .has_transfer = event.transfer.has_value(),
                     .client_protected = transfer.client_protected,
                     .backend_protected = transfer.backend_protected,
                     .public_port = transfer.public_port,
                     .time_ns = absl::ToUnixNanos(event.time),
                     .started_ns = absl::ToUnixNanos(transfer.started),
                     .session = event.session,
                     .bytes = transfer.bytes,
                     .rate = transfer.rate,
                     .client = event.client,
                     .client_data = transfer.client_data,
                     .backend_data = transfer.backend_data,
                     .client_local = transfer.client_local,
                     .backend_local = transfer.backend_local};
  std::string record(reinterpret_cast<const char*>(&head), sizeof(head));
  for (const std::string* text :
       {&event.user, &event.farm, &event.backend, &event.text}) {
    AppendText(*text, record);
  }
  if (!head.has_transfer) return record;
  for (const std::string* text :
       {&transfer.verb, &transfer.path, &transfer.client_mode,
        &transfer.backend_mode}) {
    AppendText(*text, record);
  }
  return record;
}

Event Decoded(absl::string_view record, uint64_t number) {
  Head head;
  std::memcpy(&head, record.data(), sizeof(head));
  record.remove_prefix(sizeof(head));
  Event event = {.kind = head.kind,
                 .ok = head.ok,
                 .number = number,
                 .time = absl::FromUnixNanos(head.time_ns),
                 .session = head.session,
                 .client = head.client};
  for (std::string* text :
       {&event.user, &event.farm, &event.backend, &event.text}) {
    *text = TakeText(record);
  }
  if (!head.has_transfer) return event;
  session::TransferFacts& transfer = event.transfer.emplace();
  for (std::string* text : {&transfer.verb, &transfer.path,
                            &transfer.client_mode, &transfer.backend_mode}) {
    *text = TakeText(record);
  }
  transfer.bytes = head.bytes;
  transfer.public_port = head.public_port;
  transfer.client_data = head.client_data;
  transfer.backend_data = head.backend_data;
  transfer.started = absl::FromUnixNanos(head.started_ns);
  transfer.client_protected = head.client_protected;
  transfer.backend_protected = head.backend_protected;
  transfer.client_local = head.client_local;
  transfer.backend_local = head.backend_local;
  transfer.rate = head.rate;
  return event;
}

}  // namespace

EventRing::EventRing(size_t max_events)
    : max_bytes_(std::max(max_events * kUsualEventBytes, 2 * kMaxEventBytes)),
      bytes_(std::make_unique_for_overwrite<char[]>(max_bytes_)),
      places_(max_events) {}

void EventRing::Add(const Event& event) {
  const std::string record = Encoded(event);
  PINNACE_CHECK(record.size() <= kMaxEventBytes);
  const std::lock_guard<std::mutex> lock(mutex_);
  const Place place = MakeRoom(record.size());
  std::memcpy(bytes_.get() + place.begin, record.data(), record.size());
  PlaceOf(++last_) = place;
  if (readers_ > 0) came_.notify_all();
}

EventRing::Place EventRing::MakeRoom(size_t size) {
  const auto has_any = [this] { return first_ <= last_; };
  if (last_ + 1 - first_ == places_.size()) DropOldest();
  if (write_ + size > max_bytes_) {
    // The oldest are those from here to the end.
    while (has_any() && PlaceOf(first_).begin >= write_) DropOldest();
    write_ = 0;
  }
  // What is in the way is the oldest again: it lies behind the newest.
  while (has_any() && PlaceOf(first_).begin >= write_ &&
         PlaceOf(first_).begin < write_ + size) {
    DropOldest();
  }
  const Place place = {.begin = write_, .size = size};
  write_ += size;
  return place;
}

void EventRing::DropOldest() {
  ++first_;
  ++evictions_;
}

std::vector<Event> EventRing::Read(uint64_t after, size_t most,
                                   absl::Duration patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  // Numbers of another process, which ran before this one.
  const bool is_foreign = after > last_;
  if (is_foreign) after = 0;
  ++readers_;
  came_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                 [&, wakes = wakes_] {
                   return is_foreign || last_ > after || wakes_ != wakes;
                 });
  --readers_;
  std::vector<Event> events;
  const auto at = [this](uint64_t number) {
    const Place& place = PlaceOf(number);
    return Decoded(absl::string_view(bytes_.get() + place.begin, place.size),
                   number);
  };
  if (is_foreign || (last_ > after && first_ > after + 1)) {
    events.push_back(
        {.kind = Event::Kind::kGap,
         .number = std::max(first_ - 1, after),
         .time = first_ <= last_ ? at(first_).time : absl::UnixEpoch(),
         .text = "events were lost"});
  }
  for (uint64_t number = std::max(after + 1, first_);
       number <= last_ && events.size() < most; ++number) {
    events.push_back(at(number));
  }
  return events;
}

void EventRing::Wake() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++wakes_;
  came_.notify_all();
}

uint64_t EventRing::last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

int64_t EventRing::evictions() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return evictions_;
}

}  // namespace pinnace::gateway
