#include "proxy/config/admin_check.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/secret_file.h"

namespace pinnace::config {
namespace {

using snapshot::FieldProblems;

// How the log and the audit call whoever has the token of `token_file`.
constexpr char kOperatorName[] = "admin";

// A value that an earlier field has, too.
class Seen {
 public:
  explicit Seen(FieldProblems& problems) : problems_(problems) {}
  void Add(const std::string& value, const std::string& field,
           absl::string_view what) {
    if (value.empty()) return;
    const auto [earlier, is_new] = seen_.insert({value, field});
    if (is_new) return;
    problems_.push_back(
        {field, absl::StrCat(what, " is that of ", earlier->second, ", too")});
  }

 private:
  FieldProblems& problems_;
  std::map<std::string, std::string> seen_;
};

std::string PathOf(int index) {
  return absl::StrCat("admin.tokens[", index, "]");
}

std::vector<AdminToken> Read(const v1::AdminConfig& admin,
                             FieldProblems& problems) {
  std::vector<AdminToken> tokens;
  Seen secrets(problems);
  const auto read = [&](const std::string& path, const std::string& field,
                        const std::string& name, v1::Role role) {
    absl::StatusOr<std::string> secret = ReadTokenFile(path);
    if (!secret.ok()) {
      problems.push_back({field, std::string(secret.status().message())});
      return;
    }
    secrets.Add(*secret, field, "its token");
    tokens.push_back({name, role, *std::move(secret)});
  };
  if (!admin.token_file().empty()) {
    read(admin.token_file(), "admin.token_file", kOperatorName,
         v1::ROLE_OPERATOR);
  }
  for (int i = 0; i < admin.tokens_size(); ++i) {
    const v1::TokenConfig& token = admin.tokens(i);
    read(token.file(), PathOf(i) + ".file", token.name(), token.role());
  }
  return tokens;
}

}  // namespace

void CheckAdmin(const v1::AdminConfig& admin, FieldProblems& problems) {
  const std::optional<Address> address = Address::Parse(admin.listen());
  if (address.has_value() && !address->ip.IsLoopback() &&
      admin.token_file().empty() && admin.tokens().empty()) {
    problems.push_back(
        {"admin.listen", absl::StrCat(address->ToString(),
                                      " is not a loopback address: it needs "
                                      "admin.token_file or admin.tokens")});
  }
  if (admin.tokens_size() > limits::kMaxTokens) {
    problems.push_back(
        {"admin.tokens",
         absl::StrCat("at most ", limits::kMaxTokens, " are taken")});
  }
  Seen names(problems);
  Seen files(problems);
  if (!admin.token_file().empty()) {
    names.Add(kOperatorName, "admin.token_file", "its name");
    files.Add(admin.token_file(), "admin.token_file", "its file");
  }
  for (int i = 0; i < admin.tokens_size(); ++i) {
    const v1::TokenConfig& token = admin.tokens(i);
    const std::string path = PathOf(i);
    snapshot::CheckName(token.name(), path + ".name", problems);
    names.Add(token.name(), path + ".name", "its name");
    files.Add(token.file(), path + ".file", "its file");
    if (token.role() != v1::ROLE_UNSPECIFIED &&
        token.role() != v1::ROLE_VIEWER && token.role() != v1::ROLE_OPERATOR) {
      problems.push_back(
          {path + ".role",
           "must be viewer or operator: others have no admin pages"});
    }
    if (token.ids_size() > 0) {
      problems.push_back(
          {path + ".ids", "is not for the tokens of the admin pages"});
    }
  }
}

void CheckAdminFiles(const v1::AdminConfig& admin, FieldProblems& problems) {
  Read(admin, problems);
}

absl::StatusOr<std::vector<AdminToken>> ReadAdminTokens(
    const v1::AdminConfig& admin) {
  FieldProblems problems;
  std::vector<AdminToken> tokens = Read(admin, problems);
  const absl::Status status = snapshot::StatusOf(problems);
  if (!status.ok()) return status;
  return tokens;
}

}  // namespace pinnace::config
