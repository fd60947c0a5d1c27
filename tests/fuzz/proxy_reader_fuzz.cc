// Any bytes at the begin of a connection: what is said of them does not change
// with more to come, is within them, and an address that was read is written
// and read again as the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_header.h"
#include "proxy/ingress/proxy_reader.h"
#include "proxy/ingress/proxy_rules.h"

namespace pinnace::ingress {
namespace {

using Status = ProxyReading::Status;

void CheckSame(const ProxyReading& a, const ProxyReading& b) {
  PINNACE_CHECK(a.status == b.status);
  PINNACE_CHECK(absl::string_view(a.why) == b.why);
  PINNACE_CHECK(a.header.ends == b.header.ends);
  PINNACE_CHECK(a.header.size == b.header.size);
}

void CheckHeader(const ProxyHeader& header, absl::string_view bytes) {
  PINNACE_CHECK(header.size > 0 && header.size <= bytes.size());
  PINNACE_CHECK(header.size <= limits::kMaxProxyHeaderBytes);
  if (!header.ends.has_value()) return;
  const std::string written =
      ProxyV2(header.ends->source, header.ends->destination);
  const ProxyReading again = ReadProxyHeader(written);
  PINNACE_CHECK(again.status == Status::kHeader);
  PINNACE_CHECK(again.header.ends == header.ends);
  PINNACE_CHECK(again.header.size == written.size());
}

void CheckReading(const ProxyReading& reading, absl::string_view bytes) {
  const ProxySignature signature = FindProxySignature(bytes);
  switch (reading.status) {
    case Status::kNeedMore:
      PINNACE_CHECK(signature != ProxySignature::kAbsent);
      PINNACE_CHECK(bytes.size() < limits::kMaxProxyHeaderBytes);
      break;
    case Status::kNoHeader:
      PINNACE_CHECK(signature == ProxySignature::kAbsent);
      break;
    case Status::kHeader:
      PINNACE_CHECK(signature == ProxySignature::kWhole);
      CheckHeader(reading.header, bytes);
      break;
    case Status::kMalformed:
      PINNACE_CHECK(signature == ProxySignature::kWhole);
      PINNACE_CHECK(reading.why[0] != '\0');
      break;
  }
}

void CheckVerdicts(const ProxyReading& reading, absl::string_view bytes) {
  using Kind = HeaderVerdict::Kind;
  for (const HeaderRule rule :
       {HeaderRule::kMay, HeaderRule::kMust, HeaderRule::kMustNot}) {
    const HeaderVerdict verdict = Judge(rule, reading);
    PINNACE_CHECK((verdict.kind == Kind::kWait) ==
                  (reading.status == Status::kNeedMore));
    if (verdict.kind != Kind::kWait) continue;
    for (const Silence silence : {Silence::kTimedOut, Silence::kEnded}) {
      PINNACE_CHECK(JudgeSilence(rule, silence, bytes).kind != Kind::kWait);
    }
  }
}

}  // namespace
}  // namespace pinnace::ingress

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using pinnace::ingress::ProxyReading;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ProxyReading whole = pinnace::ingress::ReadProxyHeader(bytes);
  pinnace::ingress::CheckReading(whole, bytes);
  pinnace::ingress::CheckVerdicts(whole, bytes);
  // Until it is known what it is, more is asked for; from then on it stays so.
  bool is_known = false;
  const size_t most = std::min<size_t>(size, 300);
  for (size_t come = 0; come <= most; ++come) {
    const ProxyReading part =
        pinnace::ingress::ReadProxyHeader(bytes.substr(0, come));
    pinnace::ingress::CheckReading(part, bytes.substr(0, come));
    if (part.status == ProxyReading::Status::kNeedMore) {
      PINNACE_CHECK(!is_known);
      continue;
    }
    is_known = true;
    pinnace::ingress::CheckSame(part, whole);
  }
  return 0;
}
