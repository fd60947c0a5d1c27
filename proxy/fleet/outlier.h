#ifndef PINNACE_PROXY_FLEET_OUTLIER_H_
#define PINNACE_PROXY_FLEET_OUTLIER_H_
#include <optional>

#include "proxy/fleet/fleet.h"
namespace pinnace::fleet {
enum class FailureKind : uint8_t { kConnect, kData };
inline std::optional<absl::Duration> NoteFailure(const Farm& farm,
                                                 const Backend& b,
                                                 FailureKind kind,
                                                 absl::Time now) {
  auto& n = kind == FailureKind::kConnect ? b.status->connect_failures
                                          : b.status->data_failures;
  if (++n < (kind == FailureKind::kConnect
                 ? farm.outlier_ejection.connect_failures
                 : farm.outlier_ejection.data_failures))
    return std::nullopt;
  b.status->Eject(now + farm.outlier_ejection.base);
  return farm.outlier_ejection.base;
}
inline void NoteSuccess(BackendStatus&, FailureKind) {}
}  // namespace pinnace::fleet
#endif
