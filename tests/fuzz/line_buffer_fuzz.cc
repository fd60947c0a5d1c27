// Any bytes from a client: the same lines however they are split, no line over
// its cap or with a byte that could smuggle a command, and each command reads
// back from its wire form as itself.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/base/check.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/line_buffer.h"
#include "proxy/ftp/testing/splits.h"

namespace pinnace::ftp {
namespace {

using Kind = LineBuffer::Kind;

constexpr size_t kMaxLineBytes = 48;

struct Read {
  std::vector<LineBuffer::Line> lines;
  size_t rest_bytes = 0;
  bool interrupt = false;
};

void Drain(LineBuffer* buffer, Read* read) {
  while (buffer->HasLine()) {
    auto line = buffer->Next();
    PINNACE_CHECK(line.has_value());
    read->lines.push_back(*line);
  }
  PINNACE_CHECK(!buffer->Next().has_value());
  read->rest_bytes = buffer->buffered_bytes();
  PINNACE_CHECK(read->rest_bytes <= kMaxLineBytes);
}

Read ReadPieces(const testing::Pieces& pieces) {
  LineBuffer buffer(kMaxLineBytes);
  Read read;
  for (absl::string_view piece : pieces) {
    const size_t before = buffer.buffered_bytes();
    buffer.Append(piece);
    // One byte stands for a flawed line, and its LF for the line end.
    PINNACE_CHECK(buffer.buffered_bytes() <= before + piece.size() + 1);
    Drain(&buffer, &read);
  }
  read.interrupt = buffer.TakeInterrupt();
  PINNACE_CHECK(!buffer.TakeInterrupt());
  return read;
}

// Lines that wait together are as many, and come as well out of order.
Read ReadOutOfOrder(const testing::Pieces& pieces) {
  LineBuffer buffer(kMaxLineBytes);
  for (absl::string_view piece : pieces) buffer.Append(piece);
  const auto jumps = [](absl::string_view text) {
    return text.size() % 2 == 1;
  };
  Read read;
  while (auto line = buffer.TakeFirst(jumps)) {
    PINNACE_CHECK(line->kind == Kind::kComplete && jumps(line->text));
    read.lines.push_back(*line);
  }
  Drain(&buffer, &read);
  read.interrupt = buffer.TakeInterrupt();
  return read;
}

// What ReadOutOfOrder() must give.
Read Reordered(const Read& whole) {
  Read read = whole;
  read.lines.clear();
  for (const bool jumping : {true, false}) {
    for (const LineBuffer::Line& line : whole.lines) {
      const bool jumps =
          line.kind == Kind::kComplete && line.text.size() % 2 == 1;
      if (jumps == jumping) read.lines.push_back(line);
    }
  }
  return read;
}

void CheckSame(const Read& a, const Read& b) {
  PINNACE_CHECK(a.lines.size() == b.lines.size());
  for (size_t i = 0; i < a.lines.size(); ++i) {
    PINNACE_CHECK(a.lines[i].kind == b.lines[i].kind);
    PINNACE_CHECK(a.lines[i].text == b.lines[i].text);
  }
  PINNACE_CHECK(a.rest_bytes == b.rest_bytes);
  PINNACE_CHECK(a.interrupt == b.interrupt);
}

void CheckCommand(const std::string& text) {
  const Command command = Command::FromLine(text);
  LineBuffer backend(2 * kMaxLineBytes);
  backend.Append(command.ToWire());
  const auto line = backend.Next();
  PINNACE_CHECK(line.has_value() && line->kind == Kind::kComplete);
  PINNACE_CHECK(backend.buffered_bytes() == 0 && !backend.TakeInterrupt());
  const Command again = Command::FromLine(line->text);
  PINNACE_CHECK(again.verb == command.verb);
  PINNACE_CHECK(again.verb_text == command.verb_text);
  PINNACE_CHECK(again.argument == command.argument);

  const std::string log = command.ForLog();
  for (const char c : log) {
    PINNACE_CHECK(static_cast<uint8_t>(c) >= 0x20 && c != 0x7f);
  }
  if (command.verb == Verb::kPass && command.has_argument()) {
    PINNACE_CHECK(log == command.verb_text + " ****");
  }
  if (!command.HasWellFormedVerb()) PINNACE_CHECK(log == "****");
}

void Check(absl::string_view stream) {
  const std::string forbidden("\r\n\0", 3);
  const Read whole = ReadPieces({stream});
  CheckSame(whole, ReadPieces(testing::ByteByByte(stream)));
  const size_t half = stream.size() / 2;
  CheckSame(whole, ReadPieces({stream.substr(0, half), stream.substr(half)}));
  CheckSame(Reordered(whole), ReadOutOfOrder({stream}));
  CheckSame(Reordered(whole), ReadOutOfOrder(testing::ByteByByte(stream)));

  for (const LineBuffer::Line& line : whole.lines) {
    PINNACE_CHECK(line.text.size() <= kMaxLineBytes);
    PINNACE_CHECK(line.text.find_first_of(forbidden) == std::string::npos);
    if (line.kind == Kind::kComplete) {
      CheckCommand(line.text);
    } else {
      PINNACE_CHECK(line.text.empty());
    }
  }
}

}  // namespace
}  // namespace pinnace::ftp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pinnace::ftp::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
