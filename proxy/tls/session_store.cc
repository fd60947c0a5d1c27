#include "proxy/tls/session_store.h"

#include <algorithm>
#include <cstring>

#include "openssl/rand.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace pinnace::tls {
namespace {

absl::Span<const unsigned char> IdOf(const SSL_SESSION* session) {
  unsigned size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return {id, size};
}

}  // namespace

SessionStore::Id SessionStore::NewId(uint64_t owner) {
  Id id;
  std::memcpy(id.data(), &owner, sizeof(owner));
  PINNACE_CHECK(RAND_bytes(id.data() + sizeof(owner),
                           static_cast<int>(id.size() - sizeof(owner))) == 1);
  return id;
}

std::optional<uint64_t> SessionStore::OwnerIn(
    absl::Span<const unsigned char> id) {
  if (id.size() != Id().size()) return std::nullopt;
  uint64_t owner = 0;
  std::memcpy(&owner, id.data(), sizeof(owner));
  return owner;
}

void SessionStore::Put(uint64_t owner, SSL_SESSION* session) {
  MutexLock lock(&mutex_);
  Sessions& sessions = sessions_[owner];
  if (sessions.size() >= limits::kTlsTickets) sessions.erase(sessions.begin());
  sessions.emplace_back(SSL_SESSION_dup(session));
}

SSL_SESSION* SessionStore::Find(absl::Span<const unsigned char> id) {
  const std::optional<uint64_t> owner = OwnerIn(id);
  if (!owner.has_value()) return nullptr;
  MutexLock lock(&mutex_);
  const auto sessions = sessions_.find(*owner);
  if (sessions == sessions_.end()) return nullptr;
  for (const auto& session : sessions->second) {
    const absl::Span<const unsigned char> known = IdOf(session.get());
    if (std::equal(id.begin(), id.end(), known.begin(), known.end())) {
      return SSL_SESSION_dup(session.get());
    }
  }
  return nullptr;
}

void SessionStore::Forget(uint64_t owner) {
  MutexLock lock(&mutex_);
  sessions_.erase(owner);
}

size_t SessionStore::owners() const {
  MutexLock lock(&mutex_);
  return sessions_.size();
}

}  // namespace pinnace::tls
