#include "proxy/ftp/features.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proxy/base/limits.h"

namespace pinnace::ftp {
namespace {

// MODE because a gateway relays bytes as they are: only stream mode is true
// for both legs. MIC, CONF and ENC protect a control connection, not two.
constexpr absl::string_view kHopByHop[] = {
    "AUTH", "ADAT", "PBSZ", "PROT", "CCC",  "MIC",  "CONF",
    "ENC",  "CPSV", "SSCN", "PRET", "SPSV", "LPRT", "LPSV",
    "HOST", "EPSV", "EPRT", "PASV", "MODE",
};

absl::string_view NameOf(absl::string_view line) {
  return line.substr(0, line.find(' '));
}

absl::string_view ParametersOf(absl::string_view line) {
  line.remove_prefix(NameOf(line).size());
  return absl::StripLeadingAsciiWhitespace(line);
}

bool SameName(absl::string_view line, absl::string_view other) {
  return absl::EqualsIgnoreCase(NameOf(line), NameOf(other));
}

bool HoldsLine(const std::vector<std::string>& lines, absl::string_view line) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& held) {
    return absl::EqualsIgnoreCase(held, line);
  });
}

// One word of "type*;size;": its name, and whether it is marked.
struct Choice {
  absl::string_view name;
  bool marked = false;
};

std::vector<Choice> ChoicesOf(absl::string_view line) {
  std::vector<Choice> choices;
  for (absl::string_view word :
       absl::StrSplit(ParametersOf(line), ';', absl::SkipWhitespace())) {
    word = absl::StripAsciiWhitespace(word);
    const bool marked = absl::ConsumeSuffix(&word, "*");
    if (!word.empty()) choices.push_back({word, marked});
  }
  return choices;
}

// "type*;size" of what two lines have both, in the order of the first.
std::string CommonChoices(absl::string_view line, absl::string_view other) {
  const std::vector<Choice> theirs = ChoicesOf(other);
  std::vector<std::string> common;
  for (const Choice& ours : ChoicesOf(line)) {
    const auto same =
        std::find_if(theirs.begin(), theirs.end(), [&](const Choice& choice) {
          return absl::EqualsIgnoreCase(choice.name, ours.name);
        });
    if (same == theirs.end()) continue;
    common.push_back(
        absl::StrCat(ours.name, ours.marked && same->marked ? "*" : ""));
  }
  return absl::StrJoin(common, ";");
}

// What of `line` the list `others` offers too; empty when nothing.
std::string CommonPart(const std::string& line,
                       const std::vector<std::string>& others) {
  if (HoldsLine(others, line)) return line;
  const bool facts = SameName(line, "MLST");
  if (!facts && !SameName(line, "HASH")) return "";
  const auto other = std::find_if(
      others.begin(), others.end(),
      [&](const std::string& held) { return SameName(held, line); });
  if (other == others.end()) return "";
  const std::string common = CommonChoices(line, *other);
  if (common.empty()) return "";
  // RFC 3659 §7.8: a semicolon behind every fact, the last one too.
  return absl::StrCat(NameOf(line), " ", common, facts ? ";" : "");
}

}  // namespace

FeatureList FeatureList::FromReply(const Reply& reply) {
  const std::vector<absl::string_view> lines = reply.Lines();
  if (!reply.Is(ReplyCode::kSystemStatus) || lines.size() < 3) return {};
  return FromLines({lines.begin() + 1, lines.end() - 1});
}

FeatureList FeatureList::FromLines(std::vector<std::string> lines) {
  FeatureList list;
  for (const std::string& line : lines) {
    if (list.lines_.size() == limits::kMaxFeatures) break;
    const absl::string_view feature = absl::StripAsciiWhitespace(line);
    if (feature.empty() || HoldsLine(list.lines_, feature)) continue;
    list.lines_.emplace_back(feature);
  }
  return list;
}

bool FeatureList::Has(absl::string_view name) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string& line) {
                       return absl::EqualsIgnoreCase(NameOf(line), name);
                     });
}

FeatureList FeatureList::Intersect(const FeatureList& other) const {
  FeatureList common;
  for (const std::string& line : lines_) {
    std::string part = CommonPart(line, other.lines_);
    if (!part.empty()) common.lines_.push_back(std::move(part));
  }
  return common;
}

FeatureList FeatureList::WithoutHopByHop() const {
  FeatureList rest;
  std::copy_if(lines_.begin(), lines_.end(), std::back_inserter(rest.lines_),
               [](const std::string& line) {
                 return std::none_of(std::begin(kHopByHop), std::end(kHopByHop),
                                     [&](absl::string_view name) {
                                       return absl::EqualsIgnoreCase(
                                           NameOf(line), name);
                                     });
               });
  return rest;
}

void FeatureList::Add(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (!line.empty() && !Has(NameOf(line))) lines_.emplace_back(line);
}

}  // namespace pinnace::ftp
