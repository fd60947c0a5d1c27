// The PROXY protocol, version 2, as haproxy's proxy-protocol.txt §2.2 has it:
// the bytes that begin a connection and say whom it is made for. Any thread.
#ifndef PINNACE_PROXY_INGRESS_PROXY_HEADER_H_
#define PINNACE_PROXY_INGRESS_PROXY_HEADER_H_

#include <optional>
#include <string>

#include "proxy/base/address.h"
#include "proxy/base/tls_facts.h"

namespace pinnace::ingress {

// A connection of the gateway's own, made for nobody: a health probe.
std::string ProxyV2Local();

// What a header says besides the addresses.
struct ProxyFacts {
  std::string unique_id;        // PP2_TYPE_UNIQUE_ID; "" says nothing
  std::optional<TlsFacts> tls;  // PP2_TYPE_SSL: the client's own
};

// TCP from `client` to `destination`, the address that the client dialled. If
// only one of them is IPv6, the other goes as an IPv4-mapped IPv6 address: a
// header has one family.
std::string ProxyV2(const Address& client, const Address& destination,
                    const ProxyFacts& facts = {});

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_PROXY_HEADER_H_
