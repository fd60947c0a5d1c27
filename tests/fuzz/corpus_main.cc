// Runs a fuzz target without libFuzzer: every file of its corpus, then
// mutations of them, the same ones every time. When the target fails, says with
// which input, so that it can become a corpus file.
//   x_corpus_test FOLDER [SEED [MUTATIONS]]
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "proxy/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace pinnace::fuzz {
namespace {

constexpr uint64_t kSeed = 959;
constexpr int kMutations = 20'000;
constexpr size_t kMaxInputBytes = 2048;

std::string current_input;
int current_mutation = 0;  // 0: a corpus file

void ShowInput(int) {
  std::fprintf(stderr, "mutation %d, input: \"", current_mutation);
  for (const char c : current_input) {
    std::fprintf(stderr, "\\x%02x", static_cast<uint8_t>(c));
  }
  std::fprintf(stderr, "\"\n");
}

void Run(const std::string& input) {
  current_input = input;
  // A copy without slack, so that a read past its end is seen.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> ReadCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file),
                        std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, uint64_t seed)
      : corpus_(corpus), random_(seed) {}

  std::string Next() {
    std::string input = Pick();
    for (size_t steps = 1 + Below(6); steps > 0; --steps) Change(&input);
    input.resize(std::min(input.size(), kMaxInputBytes));
    return input;
  }

 private:
  // Not std::uniform_int_distribution: its results differ between libraries.
  size_t Below(size_t end) { return random_() % end; }
  const std::string& Pick() { return corpus_[Below(corpus_.size())]; }

  // One of the bytes that mean something to a parser of FTP.
  char Byte() {
    static constexpr char kBytes[] =
        "\r\n\0\xff\xfe\xfb\xfa\xf4\xf2\xf0 -,;|()*!.:0123456789PASVaz\t";
    return Below(8) == 0 ? static_cast<char>(Below(256))
                         : kBytes[Below(sizeof(kBytes) - 1)];
  }

  void Change(std::string* input) {
    const size_t at = Below(input->size() + 1);
    const size_t length = 1 + Below(8);
    switch (Below(5)) {
      case 0:
        input->insert(at, 1, Byte());
        break;
      case 1:
        if (at < input->size()) (*input)[at] = Byte();
        break;
      case 2:
        input->erase(at, length);
        break;
      case 3:  // Repeated, rarely often enough to reach a cap.
        for (size_t n = 1 + Below(Below(16) == 0 ? 64 : 2); n > 0; --n) {
          input->insert(at, input->substr(at, length));
        }
        break;
      case 4: {
        const std::string& other = Pick();
        const size_t from = Below(other.size() + 1);
        input->insert(at, other, from, Below(64));
        break;
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

int Main(int argc, char** argv) {
  PINNACE_CHECK(argc >= 2);
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : kSeed;
  const int mutations = argc > 3 ? std::atoi(argv[3]) : kMutations;
  std::signal(SIGABRT, ShowInput);

  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  PINNACE_CHECK(!corpus.empty());
  std::printf("%zu files, %d mutations, seed %ju\n", corpus.size(), mutations,
              static_cast<uintmax_t>(seed));
  Run("");
  for (const std::string& input : corpus) Run(input);
  Mutator mutator(corpus, seed);
  for (current_mutation = 1; current_mutation <= mutations;
       ++current_mutation) {
    Run(mutator.Next());
  }
  return 0;
}

}  // namespace
}  // namespace pinnace::fuzz

int main(int argc, char** argv) { return pinnace::fuzz::Main(argc, argv); }
