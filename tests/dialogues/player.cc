#include "tests/dialogues/player.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "tests/dialogues/stage.h"

namespace pinnace::dialogues {
namespace {

constexpr std::array<size_t, 7> kOddSizes = {1, 2, 3, 5, 7, 13, 101};
constexpr size_t kMostLinesShown = 24;

bool IsBytes(LineKind kind) {
  return kind == LineKind::kClientSends || kind == LineKind::kBackendSends;
}

std::vector<Scene> ScenesOf(const Dialogue& dialogue) {
  std::vector<Scene> scenes(1);  // The first is the greeting: no input.
  for (const Line& line : dialogue.lines) {
    if (line.kind == LineKind::kSetting) continue;
    if (IsExpected(line.kind)) {
      scenes.back().expected.push_back(&line);
      continue;
    }
    if (!scenes.back().expected.empty() || scenes.size() == 1) {
      scenes.emplace_back();
    }
    scenes.back().inputs.push_back(&line);
  }
  return scenes;
}

std::vector<Deed> ExpectedDeeds(const Scene& scene) {
  std::vector<Deed> deeds;
  for (const Line* line : scene.expected) {
    if (line->kind == LineKind::kAction) {
      deeds.push_back({line->kind, line->text});
      continue;
    }
    // As the stage does: cut at line ends.
    absl::string_view text = line->text;
    while (!text.empty()) {
      const size_t newline = text.find('\n');
      const size_t size =
          newline == absl::string_view::npos ? text.size() : newline + 1;
      deeds.push_back({line->kind, std::string(text.substr(0, size))});
      text.remove_prefix(size);
    }
  }
  return deeds;
}

class Performance {
 public:
  explicit Performance(Delivery delivery) : delivery_(delivery) {}

  Stage& stage() { return stage_; }

  // Plays the inputs of one scene; returns what is wrong with the file.
  std::string PlayInputs(const Scene& scene) {
    for (size_t i = 0; i < scene.inputs.size(); ++i) {
      const Line& line = *scene.inputs[i];
      std::string error;
      if (IsBytes(line.kind)) {
        std::string bytes = line.text;
        while (i + 1 < scene.inputs.size() &&
               scene.inputs[i + 1]->kind == line.kind) {
          bytes += scene.inputs[++i]->text;
        }
        DeliverBytes(line.kind, bytes);
      } else if (line.kind == LineKind::kQuery) {
        error = stage_.Ask(line);
      } else {
        error = stage_.Happen(line);
      }
      if (!error.empty())
        return absl::StrCat("line ", line.number, ": ", error);
    }
    return "";
  }

 private:
  void DeliverBytes(LineKind kind, absl::string_view bytes) {
    while (!bytes.empty()) {
      const size_t size = std::min(NextSize(bytes.size()), bytes.size());
      if (kind == LineKind::kClientSends) {
        stage_.ClientSends(bytes.substr(0, size));
      } else {
        stage_.BackendSends(bytes.substr(0, size));
      }
      bytes.remove_prefix(size);
    }
  }

  size_t NextSize(size_t all) {
    switch (delivery_) {
      case Delivery::kWhole:
        return all;
      case Delivery::kByteWise:
        return 1;
      case Delivery::kOddChunks:
        return kOddSizes[next_size_++ % kOddSizes.size()];
    }
    return all;
  }

  const Delivery delivery_;
  Stage stage_;
  size_t next_size_ = 0;
};

std::string Diff(const Dialogue& dialogue, const Scene& scene) {
  const std::vector<Deed> expected = ExpectedDeeds(scene);
  size_t same = 0;
  while (same < expected.size() && same < scene.deeds.size() &&
         expected[same] == scene.deeds[same]) {
    ++same;
  }
  if (same == expected.size() && same == scene.deeds.size() &&
      scene.error.empty()) {
    return "";
  }
  // The line of the first difference, or the last line of the scene.
  int number = 1;
  for (const Line* line : scene.inputs) number = line->number;
  for (size_t i = 0; i < scene.expected.size() && i <= same; ++i) {
    number = scene.expected[i]->number;
  }
  std::string diff = absl::StrCat(dialogue.name, ":", number, ": ");
  if (!scene.error.empty()) absl::StrAppend(&diff, scene.error);
  absl::StrAppend(&diff, "\n");
  for (const Line* line : scene.inputs) {
    absl::StrAppend(&diff, "  after line ", line->number, "\n");
  }
  const auto show = [&diff](absl::string_view mark,
                            const std::vector<Deed>& deeds, size_t begin) {
    for (size_t i = begin; i < deeds.size(); ++i) {
      if (i >= begin + kMostLinesShown) {
        absl::StrAppend(&diff, mark, "... ", deeds.size() - i, " more\n");
        return;
      }
      absl::StrAppend(&diff, mark, DeedText(deeds[i]), "\n");
    }
  };
  show("    ",
       {expected.begin() + (same > 3 ? same - 3 : 0), expected.begin() + same},
       0);
  show("  - ", expected, same);
  show("  + ", scene.deeds, same);
  return diff;
}

}  // namespace

std::string DeedText(const Deed& deed) {
  switch (deed.kind) {
    case LineKind::kClientReceives:
      return absl::StrCat("C< ", EncodeBytes(deed.text));
    case LineKind::kBackendReceives:
      return absl::StrCat("B> ", EncodeBytes(deed.text));
    default:  // Nothing else is a deed.
      return absl::StrCat("!  ", deed.text);
  }
}

Played Play(const Dialogue& dialogue, Delivery delivery,
            OnDifference on_difference) {
  Played played;
  Performance performance(delivery);
  for (const Line& line : dialogue.lines) {
    if (line.kind != LineKind::kSetting) continue;
    const std::string error = performance.stage().Set(line);
    if (!error.empty()) {
      played.diff = absl::StrCat(dialogue.name, ":", line.number, ": ", error);
      return played;
    }
  }
  performance.stage().Start();
  for (Scene& scene : ScenesOf(dialogue)) {
    scene.error = performance.PlayInputs(scene);
    scene.deeds = performance.stage().TakeDeeds();
    if (scene.error.empty()) scene.error = performance.stage().broken_rule();
    if (played.diff.empty()) played.diff = Diff(dialogue, scene);
    played.scenes.push_back(std::move(scene));
    if (!played.diff.empty() && on_difference == OnDifference::kStop) {
      return played;
    }
  }
  performance.stage().Finish();
  if (played.diff.empty() && !performance.stage().broken_rule().empty()) {
    played.diff = absl::StrCat(
        dialogue.name, ": at the end: ", performance.stage().broken_rule());
  }
  return played;
}

}  // namespace pinnace::dialogues
