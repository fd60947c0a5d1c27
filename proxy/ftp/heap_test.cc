// What the parsers of a control connection hold on the heap: nothing while they
// are idle, little while they are flooded.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#include "proxy/ftp/command.h"
#include "proxy/ftp/line_buffer.h"
#include "proxy/ftp/reply_reader.h"

namespace {

size_t live_bytes = 0;
size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  live_bytes += malloc_usable_size(memory);
  ++allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace pinnace::ftp {
namespace {

constexpr size_t kMaxLineBytes = 4096;

TEST(Heap, AnEmptyLineBufferHoldsNone) {
  const std::string flood(1 << 20, 'x');
  const std::string lines = [] {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "NOOP\r\n";
    return text;
  }();
  LineBuffer buffer(kMaxLineBytes);
  const size_t before = live_bytes;

  buffer.Append(lines);
  EXPECT_GT(live_bytes, before);
  while (buffer.Next().has_value()) {
  }
  EXPECT_EQ(live_bytes, before);

  for (const char byte : flood) buffer.Append({&byte, 1});
  EXPECT_EQ(live_bytes, before);
  buffer.Append("\r\n");
  EXPECT_EQ(live_bytes, before);
  EXPECT_EQ(buffer.Next()->kind, LineBuffer::Kind::kTooLong);

  buffer.Append(std::string(1000, 'x') + "\r ");  // a forbidden byte
  EXPECT_EQ(live_bytes, before);
}

TEST(Heap, AnEmptyReplyReaderHoldsNone) {
  const std::string one(1000, 'x');
  ReplyReader reader({.max_line_bytes = 4096, .max_reply_bytes = 65536});
  const size_t before = live_bytes;
  for (const char* first : {"220 ", "220-\r\n220 "}) {
    for (int replies = 1; replies <= 3; ++replies) {
      for (int i = 0; i < replies; ++i) reader.Append(first + one + "\r\n");
      for (int i = 0; i < replies; ++i) {
        Reply reply;
        ASSERT_EQ(reader.Next(&reply), ReplyReader::Status::kReply);
      }
      EXPECT_EQ(live_bytes, before);
    }
  }
  reader.Append(std::string(5000, 'x'));
  Reply reply;
  EXPECT_EQ(reader.Next(&reply), ReplyReader::Status::kTooLong);
  EXPECT_EQ(live_bytes, before);
  reader.Append(one);
  EXPECT_EQ(live_bytes, before);
}

TEST(Heap, ACommandCostsAtMostOneAllocation) {
  LineBuffer buffer(kMaxLineBytes);
  for (size_t bytes = 1; bytes <= 200; ++bytes) {
    const std::string wire = "RETR " + std::string(bytes, 'x') + "\r\n";
    const size_t before = allocations;
    buffer.Append(wire);
    const Command command = Command::FromLine(std::move(buffer.Next()->text));
    EXPECT_LE(allocations - before, bytes < 10 ? 0u : 1u) << bytes;
    EXPECT_EQ(command.argument.size(), bytes);
  }
}

TEST(Heap, ASingleLineReplyCostsOneAllocation) {
  const std::string wire = "226 Transfer complete, and quite a long text.\r\n";
  ReplyReader reader({.max_line_bytes = 4096, .max_reply_bytes = 65536});
  Reply reply;
  const size_t before = allocations;
  reader.Append(wire);
  ASSERT_EQ(reader.Next(&reply), ReplyReader::Status::kReply);
  EXPECT_EQ(allocations - before, 1u);
}

}  // namespace
}  // namespace pinnace::ftp
