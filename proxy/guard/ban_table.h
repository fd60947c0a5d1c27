// Who is banned now. One table in each gateway and each control plane; they
// tell each other what has changed, and of two that know of one ban the later
// word counts, so that one that was lifted does not come back by an old report.
// Any thread.
#ifndef PINNACE_PROXY_GUARD_BAN_TABLE_H_
#define PINNACE_PROXY_GUARD_BAN_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/mutex.h"
#include "proxy/base/user_name.h"
#include "proxy/guard/ban.h"

namespace pinnace::guard {

class BanTable {
 public:
  // The last word on one ban.
  struct Change {
    Ban ban;
    // At `ban.started`; kept in mind until `ban.expires`, when it would have
    // been over.
    bool is_lifted = false;
    std::string from;      // who told of it; empty: it was said here
    uint64_t version = 0;  // of the table, by which it has this
  };
  struct Changes {
    std::vector<Change> changes;
    uint64_t version = 0;  // they are all up to it
  };

  // At `max_bans` room is made, and counted: by those lifted, then by those
  // of gateways, then by those of operators; whichever is over first.
  explicit BanTable(size_t max_bans) : max_bans_(max_bans) {}

  // The ban that ends last of those on this client whatever its user; with
  // `user`, as the client sent it, of those on that user alone.
  std::optional<Ban> Find(const IpAddress& client, absl::Time now) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<Ban> Find(const IpAddress& client, absl::string_view user,
                          absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes a ban or changes one; what is said here is the last word. As it is
  // kept.
  Ban Add(Ban ban) ABSL_LOCKS_EXCLUDED(mutex_);
  // False when there is none. `from`: as Change.from.
  bool Lift(absl::string_view key, absl::Time now, absl::string_view from = {})
      ABSL_LOCKS_EXCLUDED(mutex_);
  enum class Merged : uint8_t {
    kTaken,
    kNothingNew,  // the word here is as late, or it is over
    kIsLifted,    // later than that: who told of it has not heard
  };
  // What another table has.
  Merged Merge(Change change, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

  std::vector<Ban> List(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);
  // What has changed since that version, the oldest first and at most `most`.
  Changes Since(uint64_t version, size_t most, absl::Time now) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t version() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that have run out unseen included.
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t evictions() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Name {
    IpAddress network;
    int prefix_bits = 0;
    std::string user;

    friend bool operator==(const Name&, const Name&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Name& name) {
      return H::combine(std::move(state), name.network, name.prefix_bits,
                        name.user);
    }
  };
  using Entries = absl::node_hash_map<Name, Change>;
  // Who goes first when there is no room: by rank, end and version.
  using Order = std::tuple<int, absl::Time, uint64_t>;
  // Bans by the length of their prefix: the lengths to look for.
  template <size_t kLengths>
  using Lengths = std::array<int64_t, kLengths>;

  static Name NameOf(const Ban& ban) {
    return {ban.client.network, ban.client.prefix_bits, UserKey(ban.user)};
  }
  static Order OrderOf(const Change& entry);
  int64_t& LengthOf(const Ban& ban) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Ban> FindOf(const IpAddress& client, const std::string& user,
                            absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Put(Change change, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Index(Change& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unindex(const Change& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const Change& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseOver(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bans_;
  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Change*> by_version_ ABSL_GUARDED_BY(mutex_);
  std::map<Order, Change*> by_order_ ABSL_GUARDED_BY(mutex_);
  Lengths<33> ipv4_ ABSL_GUARDED_BY(mutex_) = {};
  Lengths<129> ipv6_ ABSL_GUARDED_BY(mutex_) = {};
  // Not lifted. Changed under the lock; without one who looks for a ban waits
  // for nobody.
  std::atomic<size_t> live_{0};
  size_t of_users_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_BAN_TABLE_H_
