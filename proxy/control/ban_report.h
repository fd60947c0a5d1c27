// What a gateway reports of its bans: all that it knows in the first report of
// a stream, then what it has made, changed or lifted itself. And what it is
// told of others'. Pure. One thread.
#ifndef PINNACE_PROXY_CONTROL_BAN_REPORT_H_
#define PINNACE_PROXY_CONTROL_BAN_REPORT_H_

#include <cstdint>

#include "absl/time/time.h"
#include "protos/pinnace/v1/discovery.pb.h"
#include "proxy/guard/ban_table.h"

namespace pinnace::control {

class BanReport {
 public:
  // As many as a message should have; the next report goes on.
  void AddTo(const guard::BanTable& bans, absl::Time now, v1::Report& report);

 private:
  bool told_any_ = false;
  uint64_t told_ = 0;        // all up to this version of the table
  uint64_t first_ends_ = 0;  // what was there at the first report
};

// A word of the control plane; what is not well-formed is left out.
void TakeBans(const v1::BanUpdate& update, absl::Time now,
              guard::BanTable& bans);

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_BAN_REPORT_H_
