// Certificates and keys of both legs, loaded: one set for all workers. Any
// thread.
#ifndef PINNACE_PROXY_GATEWAY_TLS_MATERIAL_H_
#define PINNACE_PROXY_GATEWAY_TLS_MATERIAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/farm_options.h"
#include "proxy/tls/client_context.h"
#include "proxy/tls/server_context.h"
#include "proxy/tls/tls_options.h"

namespace pinnace::gateway {

class TlsMaterial {
 public:
  explicit TlsMaterial(std::optional<tls::ServerOptions> options)
      : options_(std::move(options)) {}

  // Loads what clients are shown. The error names the file.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mutex_);
  // Loads anew what has changed on disk since. A set that is not good stays
  // out: the former one goes on, and the log says why, once for each state of
  // the files.
  void Refresh() ABSL_LOCKS_EXCLUDED(mutex_);

  // Null when there is none.
  std::shared_ptr<const tls::ServerContext> server() const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // For the backends of a farm; read at the first call.
  absl::StatusOr<std::shared_ptr<const tls::ClientContext>> ForBackends(
      const fleet::BackendTls& tls) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Sizes and times of change of some files, as one value.
  using Stamp = std::string;
  struct Client {
    tls::ClientOptions options;
    Stamp stamp;
    std::shared_ptr<const tls::ClientContext> context;
  };

  void RefreshServer() ABSL_LOCKS_EXCLUDED(mutex_);
  void RefreshClients() ABSL_LOCKS_EXCLUDED(mutex_);
  static Stamp StampOf(const std::vector<std::string>& files);
  static std::vector<std::string> FilesOf(const tls::ServerOptions& options);
  static std::vector<std::string> FilesOf(const tls::ClientOptions& options);

  const std::optional<tls::ServerOptions> options_;
  mutable Mutex mutex_;
  std::shared_ptr<const tls::ServerContext> server_ ABSL_GUARDED_BY(mutex_);
  Stamp server_stamp_ ABSL_GUARDED_BY(mutex_);
  // One for each set of options among the farms: few.
  std::vector<Client> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_TLS_MATERIAL_H_
