// An operator's ban: a request to a Ban, or what is wrong with it. Pure. Any
// thread.
#ifndef PINNACE_PROXY_SNAPSHOT_BAN_REQUEST_H_
#define PINNACE_PROXY_SNAPSHOT_BAN_REQUEST_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "protos/pinnace/v1/sessions.pb.h"
#include "proxy/guard/ban.h"

namespace pinnace::snapshot {

// From `now` on. INVALID_ARGUMENT names the field.
absl::StatusOr<guard::Ban> BanOf(const v1::AddBanRequest& request,
                                 absl::Time now);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_BAN_REQUEST_H_
