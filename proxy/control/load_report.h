// What a gateway reports of its backends: all of them in the first report of a
// stream and when others have come or gone, then those that have changed. Pure.
// One thread.
#ifndef PINNACE_PROXY_CONTROL_LOAD_REPORT_H_
#define PINNACE_PROXY_CONTROL_LOAD_REPORT_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "protos/pinnace/v1/discovery.pb.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::control {

class LoadReport {
 public:
  // Sets `backends`, `full` and `sessions`.
  void AddTo(const snapshot::Snapshot& snapshot, absl::Time now,
             v1::Report& report);

 private:
  // What was told last, by backend id, as bytes of the message.
  absl::flat_hash_map<std::string, std::string> told_;
  bool told_any_ = false;
};

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_LOAD_REPORT_H_
