// A client's bytes to commands: LineBuffer, then Command.
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/line_buffer.h"

namespace pinnace::ftp {
namespace {

constexpr absl::string_view kLine = "RETR pub/release-notes.txt\r\n";

int64_t TakeCommands(LineBuffer& lines) {
  int64_t commands = 0;
  while (auto line = lines.Next()) {
    Command command = Command::FromLine(std::move(line->text));
    benchmark::DoNotOptimize(command);
    ++commands;
  }
  return commands;
}

void BM_WholeCommand(benchmark::State& state) {
  LineBuffer lines(limits::kMaxCommandLineBytes);
  for (auto _ : state) {
    lines.Append(kLine);
    TakeCommands(lines);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_WholeCommand);

void BM_CommandByteByByte(benchmark::State& state) {
  LineBuffer lines(limits::kMaxCommandLineBytes);
  for (auto _ : state) {
    for (const char& byte : kLine) {
      lines.Append({&byte, 1});
      TakeCommands(lines);
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CommandByteByByte);

void BM_PipelinedCommands(benchmark::State& state) {
  std::string segment;
  for (int64_t i = 0; i < state.range(0); ++i) absl::StrAppend(&segment, kLine);
  LineBuffer lines(limits::kMaxCommandLineBytes);
  int64_t commands = 0;
  for (auto _ : state) {
    lines.Append(segment);
    commands += TakeCommands(lines);
  }
  state.SetItemsProcessed(commands);
}
BENCHMARK(BM_PipelinedCommands)->Arg(10)->Arg(1000);

void BM_CommandToWire(benchmark::State& state) {
  const Command command =
      Command::FromLine(std::string(kLine.substr(0, kLine.size() - 2)));
  for (auto _ : state) {
    std::string wire = command.ToWire();
    benchmark::DoNotOptimize(wire);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CommandToWire);

}  // namespace
}  // namespace pinnace::ftp
