// What a client says first, of TLS: any bytes, in one piece and byte by byte.
// The engine waits, answers or gives up, and keeps no more than a handshake's
// bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/tls/server_context.h"
#include "proxy/tls/tls_engine.h"
#include "tests/support/test_authority.h"

namespace pinnace::tls {
namespace {

const std::shared_ptr<const ServerContext>& Context() {
  static const auto& context = *[] {
    static auto& authority = *new testing::TestAuthority("fuzz");
    const testing::TestAuthority::Files files = authority.Issue(
        "gateway", {.common_name = "gateway", .names = "DNS:gateway"});
    return new std::shared_ptr<const ServerContext>(*ServerContext::Load(
        {.certificates = {{files.cert, files.key}}}, nullptr));
  }();
  return context;
}

void Feed(absl::string_view bytes, size_t piece) {
  const std::unique_ptr<TlsEngine> engine =
      TlsEngine::Server(Context(), {.session = 1});
  std::array<char, 4096> plain;
  while (!bytes.empty()) {
    engine->Feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (!engine->Read(absl::MakeSpan(plain)).ok()) break;
    PINNACE_CHECK(!engine->is_secured());
  }
  PINNACE_CHECK(engine->output().size() <= limits::kMaxHandshakeBytes);
}

}  // namespace
}  // namespace pinnace::tls

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  pinnace::tls::Feed(bytes, bytes.size());
  pinnace::tls::Feed(bytes, 1);
  return 0;
}
