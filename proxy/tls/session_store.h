// Sessions of TLS 1.2 clients that know session ids, but no tickets (RFC 5246
// §7.3; curl is one): an id says which control session it is of, and only that
// one's data connections resume it. Any thread.
#ifndef PINNACE_PROXY_TLS_SESSION_STORE_H_
#define PINNACE_PROXY_TLS_SESSION_STORE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "openssl/ssl.h"
#include "proxy/base/mutex.h"

namespace pinnace::tls {

class SessionStore {
 public:
  using Id = std::array<unsigned char, SSL_MAX_SSL_SESSION_ID_LENGTH>;

  // A new one, that nobody can guess, for a session of `owner`.
  static Id NewId(uint64_t owner);
  // Whose an id would be, if it is one of ours.
  static std::optional<uint64_t> OwnerIn(absl::Span<const unsigned char> id);

  // Keeps a copy; the owner's oldest goes when it has too many.
  void Put(uint64_t owner, SSL_SESSION* session) ABSL_LOCKS_EXCLUDED(mutex_);
  // A copy, the caller's to free; null when there is none of that id.
  SSL_SESSION* Find(absl::Span<const unsigned char> id)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The control session has ended.
  void Forget(uint64_t owner) ABSL_LOCKS_EXCLUDED(mutex_);
  size_t owners() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  using Sessions = std::vector<std::unique_ptr<SSL_SESSION, Free>>;

  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, Sessions> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_SESSION_STORE_H_
