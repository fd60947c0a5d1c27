// Who calls a method, and whether that role may: every method of every service
// asks it first. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_AUTHENTICATOR_H_
#define PINNACE_CONTROL_PLANE_SERVICE_AUTHENTICATOR_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "control-plane/access/access_policy.h"
#include "control-plane/access/permission.h"
#include "control-plane/registry/caller.h"
#include "control-plane/service/in_process_proof.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace pinnace::service {

class Authenticator {
 public:
  explicit Authenticator(access::AccessPolicy policy);

  // For the channels within the process.
  const InProcessProof& within() const { return within_; }

  // For calls from now on. Streams that are open ask again.
  void Replace(access::AccessPolicy policy) ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<const access::AccessPolicy> policy() const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // UNAUTHENTICATED, or PERMISSION_DENIED as access::Authorise(); `id` is what
  // the call is about. A channel within the process is the local operator's, as
  // every caller is while the policy is open.
  absl::StatusOr<registry::Caller> Admit(const grpc::ServerContextBase& context,
                                         access::Method method,
                                         absl::string_view id = "") const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::StatusOr<access::Identity> Identify(
      const grpc::ServerContextBase& context) const;

  const InProcessProof within_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const access::AccessPolicy> policy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_AUTHENTICATOR_H_
