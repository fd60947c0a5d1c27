#ifndef PINNACE_PROXY_INGRESS_PROXY_HEADER_H_
#define PINNACE_PROXY_INGRESS_PROXY_HEADER_H_
#include <string>
#include "proxy/base/address.h"
namespace pinnace::ingress {
inline std::string ProxyV2(const Address&, const Address&) { return std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c............", 28); }
}
#endif
