#include "proxy/tls/kernel_tls.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace pinnace::tls {

bool ListsTls(absl::string_view available_protocols) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(available_protocols, absl::ByAnyChar(" \t\n"));
  return std::find(words.begin(), words.end(), "tls") != words.end();
}

std::string KernelTlsNote(absl::string_view path) {
  std::ifstream file{std::string(path)};
  const std::string protocols{std::istreambuf_iterator<char>(file), {}};
  // The engine is bytes to bytes: it has no socket to give to the kernel.
  return absl::StrCat("TLS records are made in user space; kernel TLS is ",
                      ListsTls(protocols) ? "offered and not used"
                                          : "not offered by this kernel");
}

}  // namespace pinnace::tls
