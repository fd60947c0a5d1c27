// The backends of a farm, or those of one zone of it, with what the farm's
// policy needs to draw from them. What is live in it goes on from pick to pick;
// all else is immutable. Any thread.
#ifndef PINNACE_PROXY_FLEET_BACKEND_GROUP_H_
#define PINNACE_PROXY_FLEET_BACKEND_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/fleet/alias_table.h"
#include "proxy/fleet/farm.h"
#include "proxy/fleet/load.h"
#include "proxy/fleet/maglev_table.h"
#include "proxy/fleet/weighted_turn.h"

namespace pinnace::fleet {

class BackendGroup {
 public:
  // What it is made for: a table of maglev is not worth its making for one
  // pick.
  enum class Use : uint8_t { kOnePick, kSnapshot };

  // `places` are indices of farm.backends.
  BackendGroup(const Farm& farm, std::vector<uint32_t> places, Use use);
  static BackendGroup AllOf(const Farm& farm, Use use);

  size_t size() const { return places_.size(); }
  // `farm` is the one it was made of, or a later one with the same backends.
  const Backend& At(const Farm& farm, size_t member) const {
    return farm.backends[places_[member]];
  }
  const LoadScale& load_scale() const { return load_scale_; }

  // Each only with the policy that is named so.
  const AliasTable& p2c() const { return *p2c_; }
  WeightedTurn& weighted() const { return *weighted_; }
  const MaglevTable* maglev() const { return maglev_.get(); }  // or null

 private:
  std::vector<uint32_t> places_;
  LoadScale load_scale_;
  std::unique_ptr<const AliasTable> p2c_;
  std::unique_ptr<WeightedTurn> weighted_;
  std::unique_ptr<const MaglevTable> maglev_;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_BACKEND_GROUP_H_
