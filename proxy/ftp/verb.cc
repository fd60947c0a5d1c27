#include "proxy/ftp/verb.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace pinnace::ftp {
namespace {

// In the order of Verb.
constexpr absl::string_view kNames[] = {
    "USER", "PASS", "ACCT", "CWD",  "CDUP", "SMNT", "REIN", "QUIT", "PORT",
    "PASV", "TYPE", "STRU", "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO",
    "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD",  "MKD",  "PWD",  "LIST",
    "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP", "XCWD", "XCUP", "XMKD",
    "XPWD", "XRMD", "AUTH", "ADAT", "PBSZ", "PROT", "CCC",  "MIC",  "CONF",
    "ENC",  "FEAT", "OPTS", "EPRT", "EPSV", "LANG", "MDTM", "SIZE", "MLST",
    "MLSD", "HOST", "MFMT", "MFF",  "MFCT", "CLNT", "HASH", "CPSV", "SSCN",
    "PRET", "SPSV", "LPRT", "LPSV",
};
constexpr size_t kVerbCount = static_cast<size_t>(Verb::kOther);
static_assert(std::size(kNames) == kVerbCount);

constexpr size_t kLongestVerb = 4;

// A verb of up to four letters as one number: its length, then its letters.
constexpr uint64_t Pack(absl::string_view upper) {
  uint64_t packed = upper.size();
  for (const char c : upper) packed = packed << 8 | static_cast<uint8_t>(c);
  return packed;
}

struct Row {
  uint64_t packed = 0;
  Verb verb = Verb::kOther;
  constexpr bool operator<(const Row& other) const {
    return packed < other.packed;
  }
};

constexpr std::array<Row, kVerbCount> SortedRows() {
  std::array<Row, kVerbCount> rows;
  for (size_t i = 0; i < kVerbCount; ++i) {
    rows[i] = {Pack(kNames[i]), static_cast<Verb>(i)};
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}
constexpr std::array<Row, kVerbCount> kRows = SortedRows();

}  // namespace

Verb VerbFromText(absl::string_view text) {
  if (text.size() > kLongestVerb) return Verb::kOther;
  char upper[kLongestVerb];
  std::transform(text.begin(), text.end(), upper, absl::ascii_toupper);
  const uint64_t packed = Pack(absl::string_view(upper, text.size()));
  const auto* row = std::lower_bound(kRows.begin(), kRows.end(), Row{packed});
  return row != kRows.end() && row->packed == packed ? row->verb : Verb::kOther;
}

absl::string_view VerbName(Verb verb) {
  return verb == Verb::kOther ? "OTHER" : kNames[static_cast<size_t>(verb)];
}

}  // namespace pinnace::ftp
