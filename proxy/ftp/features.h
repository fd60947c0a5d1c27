// The list of a FEAT reply (RFC 2389 §3): what a backend offers, reduced to
// what every backend of the farm and the gateway offer. Any thread.
#ifndef PINNACE_PROXY_FTP_FEATURES_H_
#define PINNACE_PROXY_FTP_FEATURES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/ftp/reply.h"

namespace pinnace::ftp {

class FeatureList {
 public:
  FeatureList() = default;
  // The features of a 211 reply: its lines between the first and the last, in
  // order, trimmed, without empty and repeated ones, at most kMaxFeatures.
  // Empty for any other reply.
  static FeatureList FromReply(const Reply& reply);
  static FeatureList FromLines(std::vector<std::string> lines);

  bool Has(absl::string_view name) const;  // first word; case does not matter
  const std::vector<std::string>& lines() const { return lines_; }

  // In this list's order: lines whose first word both have. The facts of MLST
  // ("MLST type*;size*;") and the algorithms of HASH ("HASH SHA-1*;MD5") are
  // intersected one by one (a `*` mark stays only where both have it; no fact
  // in common: dropped); any other line whose parameters differ is kept only
  // when both lists hold the identical line.
  FeatureList Intersect(const FeatureList& other) const;

  // Without what a gateway in the middle cannot honour: AUTH, PBSZ, PROT, CCC,
  // ADAT, MIC, CONF, ENC, CPSV, SSCN, PRET, SPSV, LPRT, LPSV, HOST, EPSV, EPRT,
  // PASV, "MODE Z" and other MODE lines. The gateway adds its own.
  FeatureList WithoutHopByHop() const;

  // Adds `line` unless its first word is there already.
  void Add(absl::string_view line);

 private:
  std::vector<std::string> lines_;
};

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_FEATURES_H_
