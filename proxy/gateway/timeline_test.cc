#include "proxy/gateway/timeline.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kCanary[] = "c4n4ry-Passw0rd";

class TimelineTest : public testing::Test {
 protected:
  // "C> USER ann", "C< 331 ...", "B> ...", "B< ...", "!  ...".
  std::vector<std::string> Lines(uint64_t after = 0) const {
    std::vector<std::string> lines;
    for (const TimelineEntry& entry : timeline_.Entries(after)) {
      constexpr const char* kMarks[] = {"C> ", "C< ", "B> ", "B< ", "!  "};
      lines.push_back(kMarks[static_cast<size_t>(entry.kind)] + entry.text);
    }
    return lines;
  }
  std::string All() const {
    std::string all;
    for (const std::string& line : Lines()) absl::StrAppend(&all, line, "\n");
    return all;
  }
  int64_t dropped() const {
    metrics::CounterValues values{};
    counters_.AddTo(values);
    return values[static_cast<size_t>(
        metrics::Counter::kTimelineEntriesDropped)];
  }

  const absl::Time now_ = absl::FromUnixSeconds(1000);
  metrics::Counters counters_;
  Timeline timeline_{counters_};
};

TEST_F(TimelineTest, KeepsWhatIsSaidInOrder) {
  timeline_.ToClient("220 Pinnace ready.\r\n", now_);
  timeline_.OnClientBytes("USER ann\r\n", now_);
  timeline_.Note("connects to backend a", now_);
  timeline_.OnBackendBytes("220-Welcome\r\n220-to all\r\n220 ready\r\n", now_);
  timeline_.ToBackend("USER ann\r\n", now_);
  timeline_.OnBackendBytes("331 Password\r\n", now_ + absl::Seconds(1));
  EXPECT_THAT(Lines(),
              ElementsAre("C< 220 Pinnace ready.", "C> USER ann",
                          "!  connects to backend a", "B< 220-Welcome...",
                          "B> USER ann", "B< 331 Password"));
  const std::vector<TimelineEntry> last = timeline_.Entries(5);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].number, 6u);
  EXPECT_EQ(last[0].time, now_ + absl::Seconds(1));
  EXPECT_TRUE(timeline_.Entries(6).empty());
  EXPECT_EQ(timeline_.user_at(), now_);
}

TEST_F(TimelineTest, ManyLinesAtOnceAndSingleBytes) {
  timeline_.OnClientBytes("NOOP\r\nSYST\nNO", now_);
  timeline_.OnClientBytes("OP\r", now_);
  timeline_.OnClientBytes("\n", now_);
  for (const char c : absl::string_view("PWD\r\n")) {
    timeline_.OnClientBytes(absl::string_view(&c, 1), now_);
  }
  EXPECT_THAT(Lines(), ElementsAre("C> NOOP", "C> SYST", "C> NOOP", "C> PWD"));
}

TEST_F(TimelineTest, NoSecretGetsIn) {
  for (const std::string& line :
       {absl::StrCat("PASS ", kCanary), absl::StrCat("pass ", kCanary),
        absl::StrCat("ACCT ", kCanary), absl::StrCat("ADAT ", kCanary),
        absl::StrCat("USER ann\r\nPASS ", kCanary), std::string(kCanary),
        absl::StrCat("  PASS ", kCanary), absl::StrCat("PASSWD ", kCanary),
        absl::StrCat("SITE PSWD old ", kCanary),
        absl::StrCat("RETR ftp://ann:", kCanary, "@host/x")}) {
    for (const bool bytewise : {false, true}) {
      SCOPED_TRACE(absl::StrCat(line, bytewise ? " byte by byte" : ""));
      Timeline timeline(counters_);
      const std::string bytes = absl::StrCat(line, "\r\n");
      for (size_t i = 0; i < bytes.size();) {
        const size_t size = bytewise ? 1 : bytes.size();
        timeline.OnClientBytes(absl::string_view(bytes).substr(i, size), now_);
        i += size;
      }
      timeline.ToBackend(bytes, now_);
      ASSERT_FALSE(timeline.Entries(0).empty());
      for (const TimelineEntry& entry : timeline.Entries(0)) {
        EXPECT_THAT(entry.text, Not(HasSubstr(kCanary)));
      }
    }
  }
}

TEST_F(TimelineTest, RepliesThatRepeatASecretAreMasked) {
  timeline_.OnClientBytes("USER ann\r\n", now_);
  timeline_.OnClientBytes(absl::StrCat("PASS ", kCanary, "\r\n"), now_);
  timeline_.OnBackendBytes(absl::StrCat("530 No ", kCanary, " here\r\n"), now_);
  timeline_.ToClient(absl::StrCat("500 'PASS ", kCanary, "': what?\r\n"), now_);
  EXPECT_THAT(Lines(),
              ElementsAre("C> USER ann", "C> PASS ****", "B< 530 No **** here",
                          "C< 500 'PASS ****': what?"));
  // Once it is logged in and goes on, the word is a word again.
  timeline_.OnLoggedIn();
  timeline_.OnClientBytes("PWD\r\n", now_);
  timeline_.OnBackendBytes(absl::StrCat("257 \"/", kCanary, "\"\r\n"), now_);
  EXPECT_EQ(Lines().back(), absl::StrCat("B< 257 \"/", kCanary, "\""));
}

TEST_F(TimelineTest, AProxyHeaderIsANote) {
  const std::string header("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c 12 12 12 12",
                           28);
  timeline_.ToBackend(absl::StrCat(header, "USER ann\r\n"), now_);
  EXPECT_THAT(Lines(),
              ElementsAre("!  PROXY header to the backend", "B> USER ann"));
}

TEST_F(TimelineTest, EscapesAndCuts) {
  timeline_.Note(absl::string_view("a\x1b[31m\0\xff z", 9), now_);
  timeline_.Note(std::string(limits::kTimelineTextBytes, 'x'), now_);
  timeline_.Note(std::string(limits::kTimelineTextBytes + 1, 'y'), now_);
  timeline_.Note(std::string(100, '\x01'), now_);
  const std::vector<TimelineEntry> entries = timeline_.Entries(0);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].text, "a\\x1b[31m\\x00\\xff ");
  EXPECT_EQ(entries[1].text, std::string(128, 'x'));
  EXPECT_EQ(entries[2].text, std::string(125, 'y') + "...");
  EXPECT_THAT(entries[3].text, testing::EndsWith("\\x01..."));
  for (const TimelineEntry& entry : entries) {
    EXPECT_LE(entry.text.size(), limits::kTimelineTextBytes);
  }
}

TEST_F(TimelineTest, IsBoundedAndCountsOn) {
  for (int i = 1; i <= 5000; ++i) {
    timeline_.Note(absl::StrCat("note ", i), now_);
  }
  const std::vector<TimelineEntry> entries = timeline_.Entries(0);
  EXPECT_LE(entries.size() * (10 + 9), limits::kTimelineBytes);
  EXPECT_GE(entries.size(), 200u);
  uint64_t number = 5000 - entries.size();
  for (const TimelineEntry& entry : entries) {
    EXPECT_EQ(entry.number, ++number);
    EXPECT_EQ(entry.text, absl::StrCat("note ", number));
  }
  EXPECT_EQ(dropped(), static_cast<int64_t>(5000 - entries.size()));
}

TEST_F(TimelineTest, ALineWithoutEndIsBounded) {
  const std::string much(1000, 'a');
  for (int i = 0; i < 1000; ++i) timeline_.OnClientBytes(much, now_);
  timeline_.OnClientBytes("\r\nNOOP\r\n", now_);
  EXPECT_THAT(Lines(),
              ElementsAre("C> (512 bytes that are no command)", "C> NOOP"));
}

TEST_F(TimelineTest, AnotherBackendsLinesAreItsOwn) {
  timeline_.OnBackendBytes("220-half a", now_);
  timeline_.OnBackendConnected();
  timeline_.OnBackendBytes("220 ready\r\n", now_);
  EXPECT_EQ(All(), "B< 220 ready\n");
}

}  // namespace
}  // namespace pinnace::gateway
