// The PROXY protocol as it comes in, versions 1 and 2 (haproxy's
// proxy-protocol.txt §2): whom a connection is really from, and which address
// it was made to, by the word of the balancer in front. Total: any bytes give a
// value. Refuses what is longer than limits::kMaxProxyHeaderBytes. Any thread.
#ifndef PINNACE_PROXY_INGRESS_PROXY_READER_H_
#define PINNACE_PROXY_INGRESS_PROXY_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace::ingress {

struct ProxyHeader {
  struct Ends {
    Address source;
    Address destination;

    friend bool operator==(const Ends&, const Ends&) = default;
  };
  // Nothing: the connection's own count (LOCAL, UNKNOWN, and families that are
  // no TCP over IP).
  std::optional<Ends> ends;
  size_t size = 0;  // what follows is the connection's own
};

struct ProxyReading {
  enum class Status : uint8_t {
    kNeedMore,   // so far it may be one
    kNoHeader,   // it begins otherwise
    kHeader,     // a whole one
    kMalformed,  // it begins as one does
  };
  Status status = Status::kNeedMore;
  ProxyHeader header;    // of kHeader
  const char* why = "";  // of kMalformed; "" is none
};

// `bytes`: all that has come of a connection.
ProxyReading ReadProxyHeader(absl::string_view bytes);

// What those of either version begin with has come, and is not whole yet, or
// not at all: the same question where a header is out of place.
enum class ProxySignature : uint8_t { kAbsent, kPart, kWhole };
ProxySignature FindProxySignature(absl::string_view bytes);
// Of the longer signature: more than that need not be kept to look for one.
inline constexpr size_t kProxySignatureBytes = 12;

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_PROXY_READER_H_
