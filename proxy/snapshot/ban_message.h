// Bans and what has become of them, as messages and back. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_BAN_MESSAGE_H_
#define PINNACE_PROXY_SNAPSHOT_BAN_MESSAGE_H_

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/session.pb.h"
#include "proxy/guard/ban_table.h"

namespace pinnace::snapshot {

inline constexpr size_t kMaxBanReasonBytes = 256;

v1::Ban BanMessage(const guard::Ban& ban);
// One that is lifted is told as a ban that ends when it starts.
v1::Ban ChangeMessage(const guard::BanTable::Change& change);
// INVALID_ARGUMENT names the field. Of one that is lifted it is not known when
// it would have been over: it is taken for the longest that a gateway makes.
absl::StatusOr<guard::BanTable::Change> ChangeOf(const v1::Ban& message);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_BAN_MESSAGE_H_
