#include "proxy/fleet/maglev_table.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "proxy/base/check.h"
#include "proxy/fleet/stable_hash.h"
#include "proxy/fleet/weighted_turn.h"

namespace pinnace::fleet {
namespace {

// Primes. With a hundred slots for each backend a share is right to about one
// part in a hundred. Growing past kFewMembers moves most clients, once.
constexpr size_t kFewMembers = 1000;
constexpr uint64_t kSlotsOfFew = 65'537;
constexpr uint64_t kSlotsOfMany = 655'373;

constexpr uint16_t kFree = std::numeric_limits<uint16_t>::max();

// The order in which one member wants the slots.
class Preference {
 public:
  Preference(absl::string_view id, uint64_t slots)
      : slots_(slots),
        skip_(StableHash(id, /*seed=*/1) % (slots - 1) + 1),
        slot_(StableHash(id, /*seed=*/0) % slots) {}

  uint64_t TakeNext() {
    const uint64_t slot = slot_;
    slot_ += skip_;
    if (slot_ >= slots_) slot_ -= slots_;
    return slot;
  }

 private:
  uint64_t slots_;
  uint64_t skip_;
  uint64_t slot_;
};

}  // namespace

MaglevTable::MaglevTable(absl::Span<const Member> members) {
  if (members.empty()) return;
  PINNACE_CHECK(members.size() < kFree);
  const uint64_t slots =
      members.size() <= kFewMembers ? kSlotsOfFew : kSlotsOfMany;
  std::vector<uint16_t> by_id(members.size());
  std::iota(by_id.begin(), by_id.end(), uint16_t{0});
  std::sort(by_id.begin(), by_id.end(), [&](uint16_t a, uint16_t b) {
    return members[a].id < members[b].id;
  });
  std::vector<int> weights;
  std::vector<Preference> preferences;
  for (const uint16_t member : by_id) {
    weights.push_back(members[member].weight);
    preferences.emplace_back(members[member].id, slots);
  }
  WeightedTurn turn(weights);
  slots_.assign(slots, kFree);
  for (uint64_t filled = 0; filled < slots; ++filled) {
    // Each has one slot at least, however little it weighs among the others.
    const size_t chooser =
        filled < by_id.size() ? static_cast<size_t>(filled) : turn.Next();
    uint64_t slot = preferences[chooser].TakeNext();
    while (slots_[slot] != kFree) slot = preferences[chooser].TakeNext();
    slots_[slot] = by_id[chooser];
  }
}

}  // namespace pinnace::fleet
