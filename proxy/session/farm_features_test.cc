#include "proxy/session/farm_features.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::session {
namespace {

using ::testing::ElementsAre;

using Lines = std::vector<std::string>;

// Each backend's FEAT; no value: it has not been asked.
fleet::Farm FarmOf(std::vector<std::optional<Lines>> offers) {
  fleet::Farm farm;
  for (std::optional<Lines>& lines : offers) {
    fleet::Backend backend;
    if (lines.has_value()) {
      backend.status->SetFeatures(
          std::make_shared<const Lines>(*std::move(lines)));
    }
    farm.backends.push_back(std::move(backend));
  }
  return farm;
}

Lines Features(const fleet::Farm& farm) {
  return FarmFeatures({&farm}).lines();
}

TEST(FarmFeaturesTest, OnlyTheGatewaysOwnOfNobody) {
  EXPECT_THAT(FarmFeatures({}).lines(), ElementsAre("EPRT", "EPSV", "HOST"));
  EXPECT_THAT(Features(FarmOf({})), ElementsAre("EPRT", "EPSV", "HOST"));
  EXPECT_THAT(Features(FarmOf({std::nullopt, std::nullopt})),
              ElementsAre("EPRT", "EPSV", "HOST"));
}

TEST(FarmFeaturesTest, WhatEveryBackendOffers) {
  EXPECT_THAT(Features(FarmOf({Lines{"UTF8", "SIZE", "MDTM"},
                               Lines{"MDTM", "UTF8", "TVFS"}})),
              ElementsAre("UTF8", "MDTM", "EPRT", "EPSV", "HOST"));
  // One that offers nothing at all has been asked.
  EXPECT_THAT(Features(FarmOf({Lines{"UTF8"}, Lines{}})),
              ElementsAre("EPRT", "EPSV", "HOST"));
}

TEST(FarmFeaturesTest, WhatEveryFarmOffers) {
  const fleet::Farm one = FarmOf({Lines{"UTF8", "SIZE"}});
  const fleet::Farm other = FarmOf({Lines{"SIZE", "MDTM"}});
  EXPECT_THAT(FarmFeatures({&one, &other}).lines(),
              ElementsAre("SIZE", "EPRT", "EPSV", "HOST"));
}

TEST(FarmFeaturesTest, BackendsOfOneKindShareAList) {
  fleet::Farm farm = FarmOf(
      {Lines{"UTF8", "SIZE"}, Lines{"SIZE", "MDTM"}, Lines{"MDTM", "SIZE"}});
  for (fleet::Backend& backend : FarmOf({Lines{}, Lines{}}).backends) {
    backend.status->SetFeatures(farm.backends[0].status->features());
    farm.backends.push_back(backend);
  }
  EXPECT_THAT(Features(farm), ElementsAre("SIZE", "EPRT", "EPSV", "HOST"));
}

TEST(FarmFeaturesTest, WhoWasNotAskedDoesNotCount) {
  EXPECT_THAT(Features(FarmOf({std::nullopt, Lines{"SIZE"}})),
              ElementsAre("SIZE", "EPRT", "EPSV", "HOST"));
}

// What the gateway cannot honour from end to end, it does not repeat.
TEST(FarmFeaturesTest, NothingHopByHop) {
  EXPECT_THAT(Features(FarmOf({Lines{"AUTH TLS", "PBSZ", "PROT", "MODE Z",
                                     "PRET", "CPSV", "EPSV", "SIZE"}})),
              ElementsAre("SIZE", "EPRT", "EPSV", "HOST"));
}

}  // namespace
}  // namespace pinnace::session
