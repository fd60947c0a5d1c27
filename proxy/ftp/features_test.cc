#include "proxy/ftp/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"

namespace pinnace::ftp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Lines = std::vector<std::string>;

TEST(FeatureList, FromReply) {
  const auto lines = [](int code, const char* wire) {
    return FeatureList::FromReply(Reply::Verbatim(code, wire)).lines();
  };
  EXPECT_THAT(lines(211,
                    "211-Features:\r\n EPSV\r\n\tMDTM \r\n\r\nsize\r\n Epsv\r\n"
                    " REST STREAM\r\n AUTH TLS\r\n AUTH SSL\r\n211 End\r\n"),
              ElementsAre("EPSV", "MDTM", "size", "REST STREAM", "AUTH TLS",
                          "AUTH SSL"));
  EXPECT_THAT(lines(211, "211-Features:\n211-EPSV\n211-SIZE\n211 End\n"),
              ElementsAre("EPSV", "SIZE"));
  EXPECT_THAT(lines(211, "211-No features\r\n211 End\r\n"), IsEmpty());
  EXPECT_THAT(lines(211, "211 EPSV\r\n"), IsEmpty());
  EXPECT_THAT(lines(200, "200-a\r\n EPSV\r\n200 b\r\n"), IsEmpty());
  EXPECT_THAT(lines(502, "502 What?\r\n"), IsEmpty());
}

TEST(FeatureList, KeepsNoMoreThanItsCap) {
  Lines lines;
  for (size_t i = 0; i < limits::kMaxFeatures + 9; ++i) {
    lines.push_back(absl::StrCat("F", i));
  }
  const FeatureList list = FeatureList::FromLines(lines);
  EXPECT_EQ(list.lines().size(), limits::kMaxFeatures);
  EXPECT_EQ(list.lines().back(), absl::StrCat("F", limits::kMaxFeatures - 1));
}

TEST(FeatureList, Has) {
  const FeatureList list = FeatureList::FromLines({"REST STREAM", "size"});
  EXPECT_TRUE(list.Has("rest"));
  EXPECT_TRUE(list.Has("SIZE"));
  EXPECT_FALSE(list.Has("STREAM"));
  EXPECT_FALSE(list.Has("SIZ"));
  EXPECT_FALSE(list.Has(""));
}

struct IntersectCase {
  const char* name;
  Lines ours;
  Lines theirs;
  Lines common;
};

TEST(FeatureList, Intersect) {
  const IntersectCase kCases[] = {
      {"nothing", {}, {"SIZE"}, {}},
      {"our order", {"SIZE", "MDTM"}, {"mdtm", "SIZE"}, {"SIZE", "MDTM"}},
      {"one of two", {"SIZE", "MDTM"}, {"SIZE", "TVFS"}, {"SIZE"}},
      {"other parameters", {"REST STREAM"}, {"REST"}, {}},
      {"same parameters", {"REST STREAM"}, {"REST Stream"}, {"REST STREAM"}},
      {"one name, many lines",
       {"AUTH TLS", "AUTH SSL"},
       {"AUTH SSL"},
       {"AUTH SSL"}},
      {"facts",
       {"MLST type*;size*;modify;perm*;"},
       {"MLST Modify*;Type*;Size;UNIX.mode;"},
       {"MLST type*;size;modify;"}},
      {"facts without a last semicolon",
       {"MLST type*;size"},
       {"MLST size; type* ;"},
       {"MLST type*;size;"}},
      {"no fact in common", {"MLST type*;"}, {"MLST size*;"}, {}},
      {"no facts at all", {"MLST"}, {"MLST"}, {"MLST"}},
      {"facts on one side", {"MLST type*;"}, {"MLST"}, {}},
      {"no MLST", {"MLST type*;"}, {"SIZE"}, {}},
      {"facts of nothing", {"MLST ;*;"}, {"MLST *; ;"}, {}},
      {"hashes",
       {"HASH SHA-256*;SHA-1;MD5"},
       {"hash MD5;SHA-256*"},
       {"HASH SHA-256*;MD5"}},
      {"hash marks differ",
       {"HASH SHA-256*;MD5"},
       {"HASH SHA-256;MD5*"},
       {"HASH SHA-256;MD5"}},
      {"no hash in common", {"HASH MD5"}, {"HASH SHA-1"}, {}},
  };
  for (const IntersectCase& c : kCases) {
    EXPECT_EQ(FeatureList::FromLines(c.ours)
                  .Intersect(FeatureList::FromLines(c.theirs))
                  .lines(),
              c.common)
        << c.name;
  }
}

TEST(FeatureList, WithoutHopByHop) {
  const FeatureList list = FeatureList::FromLines(
      {"AUTH TLS", "PBSZ",   "PROT",         "CCC",  "ADAT",    "MIC",
       "CONF",     "ENC",    "UTF8",         "CPSV", "SSCN",    "PRET",
       "SPSV",     "LPRT",   "LPSV",         "HOST", "epsv",    "EPRT",
       "PASV",     "MODE Z", "MODE Z LEVEL", "SIZE", "HOSTNAME"});
  EXPECT_THAT(list.WithoutHopByHop().lines(),
              ElementsAre("UTF8", "SIZE", "HOSTNAME"));
}

TEST(FeatureList, Add) {
  FeatureList list = FeatureList::FromLines({"REST STREAM"});
  list.Add("EPSV");
  list.Add(" AUTH TLS ");
  list.Add("auth SSL");
  list.Add("REST");
  list.Add("");
  EXPECT_THAT(list.lines(), ElementsAre("REST STREAM", "EPSV", "AUTH TLS"));
}

}  // namespace
}  // namespace pinnace::ftp
