// The ways a stream can arrive: whole, byte by byte, and cut in two at every
// place. A parser must give the same result for each. For tests only.
#ifndef PINNACE_PROXY_FTP_TESTING_SPLITS_H_
#define PINNACE_PROXY_FTP_TESTING_SPLITS_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace pinnace::ftp::testing {

using Pieces = std::vector<absl::string_view>;

inline Pieces ByteByByte(absl::string_view stream) {
  Pieces pieces;
  for (size_t i = 0; i < stream.size(); ++i) {
    pieces.push_back(stream.substr(i, 1));
  }
  return pieces;
}

// The first way is whole.
inline std::vector<Pieces> EverySplit(absl::string_view stream) {
  std::vector<Pieces> ways = {{stream}, ByteByByte(stream)};
  for (size_t i = 0; i <= stream.size(); ++i) {
    ways.push_back({stream.substr(0, i), stream.substr(i)});
  }
  return ways;
}

}  // namespace pinnace::ftp::testing

#endif  // PINNACE_PROXY_FTP_TESTING_SPLITS_H_
