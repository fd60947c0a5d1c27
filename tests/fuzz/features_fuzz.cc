// Any two FEAT lists, divided by the first NUL: the caps hold, what both offer
// is in each, and a list survives being sent and read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/features.h"

namespace pinnace::ftp {
namespace {

std::string NameOf(const std::string& line) {
  return line.substr(0, line.find(' '));
}

bool HasControlBytes(const FeatureList& list) {
  return std::any_of(
      list.lines().begin(), list.lines().end(), [](const std::string& line) {
        return std::any_of(line.begin(), line.end(), absl::ascii_iscntrl);
      });
}

void CheckList(const FeatureList& list) {
  PINNACE_CHECK(list.lines().size() <= limits::kMaxFeatures);
  for (const std::string& line : list.lines()) {
    PINNACE_CHECK(!line.empty());
    PINNACE_CHECK(line == absl::StripAsciiWhitespace(line));
    PINNACE_CHECK(list.Has(NameOf(line)));
  }
  PINNACE_CHECK(FeatureList::FromLines(list.lines()).lines() == list.lines());
  PINNACE_CHECK(list.Intersect(list).lines() == list.lines());

  const FeatureList rest = list.WithoutHopByHop();
  PINNACE_CHECK(rest.WithoutHopByHop().lines() == rest.lines());
  for (const char* name : {"AUTH", "EPSV", "MODE", "HOST"}) {
    PINNACE_CHECK(!rest.Has(name));
  }
  FeatureList more = rest;
  more.Add("EPSV");
  PINNACE_CHECK(more.lines().size() == rest.lines().size() + 1);
  more.Add("epsv");
  PINNACE_CHECK(more.lines().size() == rest.lines().size() + 1);

  // Control bytes become spaces on the way.
  if (HasControlBytes(list)) return;
  const Reply reply = Reply::ManyLines(ReplyCode::kSystemStatus,
                                       "Features:", list.lines(), "End");
  PINNACE_CHECK(FeatureList::FromReply(reply).lines() == list.lines());
}

void CheckPair(const FeatureList& a, const FeatureList& b) {
  const FeatureList common = a.Intersect(b);
  PINNACE_CHECK(common.lines().size() <= a.lines().size());
  for (const std::string& line : common.lines()) {
    PINNACE_CHECK(a.Has(NameOf(line)) && b.Has(NameOf(line)));
  }
  PINNACE_CHECK(common.Intersect(b).lines() == common.lines());
}

void Check(absl::string_view text) {
  const size_t nul = std::min(text.find('\0'), text.size());
  const auto list = [](absl::string_view lines) {
    return FeatureList::FromLines(absl::StrSplit(lines, '\n'));
  };
  const FeatureList a = list(text.substr(0, nul));
  const FeatureList b = list(text.substr(std::min(nul + 1, text.size())));
  CheckList(a);
  CheckList(b);
  CheckPair(a, b);
  CheckPair(b, a);
  CheckList(FeatureList::FromReply(Reply::Verbatim(211, std::string(text))));
}

}  // namespace
}  // namespace pinnace::ftp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pinnace::ftp::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
