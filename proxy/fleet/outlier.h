// Backends that fail sessions are left out for a while, without a probe: when,
// for how long, and how many at once. Any thread.
#ifndef PINNACE_PROXY_FLEET_OUTLIER_H_
#define PINNACE_PROXY_FLEET_OUTLIER_H_

#include <optional>

#include "absl/time/time.h"
#include "proxy/fleet/farm.h"
#include "proxy/fleet/outlier_record.h"

namespace pinnace::fleet {

// A connect (or a 421 at login) or a data connection of `backend`, which is one
// of the farm's, failed. For how long it is left out from now on; nothing: it
// is not, or not yet, or was already.
//
// As many failures of one kind in a row as farm.outlier_ejection says eject it;
// each further time in a row it is for twice as long. At most `most_percent` of
// the farm's backends are out at once, but one always may be, and the last one
// that is usable always stays.
std::optional<absl::Duration> NoteFailure(const Farm& farm,
                                          const Backend& backend,
                                          FailureKind kind, absl::Time now);

// Failures and ejections of the kind are forgotten; an ejection that runs goes
// on to its end.
void NoteSuccess(BackendStatus& status, FailureKind kind);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_OUTLIER_H_
