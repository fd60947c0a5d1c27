// Does the kernel offer TLS of its own (Documentation/networking/tls.rst)? What
// a gateway says of it at its start. Any thread.
#ifndef PINNACE_PROXY_TLS_KERNEL_TLS_H_
#define PINNACE_PROXY_TLS_KERNEL_TLS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::tls {

// The words of the kernel's list of protocols that a TCP socket may be given
// have "tls" among them.
bool ListsTls(absl::string_view available_protocols);

// One line for the log.
std::string KernelTlsNote(
    absl::string_view path = "/proc/sys/net/ipv4/tcp_available_ulp");

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_KERNEL_TLS_H_
