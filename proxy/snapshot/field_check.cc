#include "proxy/snapshot/field_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::snapshot {

absl::Status StatusOf(const FieldProblems& problems) {
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(problems[0].field, ": ", problems[0].problem));
}

void CheckName(absl::string_view name, const std::string& path,
               FieldProblems& problems) {
  const bool allowed =
      !name.empty() && name.size() <= kMaxNameBytes &&
      absl::ascii_isalnum(name[0]) &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
      });
  if (allowed) return;
  problems.push_back(
      {path, name.empty()
                 ? "must be set"
                 : absl::StrCat("must be 1 to 128 letters, digits, '.', '_' or "
                                "'-' and begin with a letter or digit, not ",
                                Quoted(name))});
}

std::string FieldPath(const std::string& path, absl::string_view field) {
  return path.empty() ? std::string(field) : absl::StrCat(path, ".", field);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, kMaxNameBytes), "\"");
}

void FieldCheck::Complain(absl::string_view field, std::string problem) const {
  problems_.push_back({FieldPath(path_, field), std::move(problem)});
}

void FieldCheck::Duration(absl::string_view field,
                          const google::protobuf::Duration& duration,
                          absl::Duration least, absl::Duration most) const {
  const absl::Duration value = DurationOf(duration);
  if (value >= least && value <= most) return;
  Complain(field, absl::StrCat("must be ", absl::FormatDuration(least), " to ",
                               absl::FormatDuration(most), ", not ",
                               absl::FormatDuration(value)));
}

void FieldCheck::Number(absl::string_view field, uint32_t value, uint32_t least,
                        uint32_t most) const {
  if (value >= least && value <= most) return;
  Complain(field,
           absl::StrCat("must be ", least, " to ", most, ", not ", value));
}

void FieldCheck::Enum(absl::string_view field, int value,
                      bool (*is_valid)(int)) const {
  if (is_valid(value)) return;
  Complain(field, absl::StrCat("unknown value ", value));
}

}  // namespace pinnace::snapshot
