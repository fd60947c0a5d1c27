// docs/REFERENCE.md: every metric and every path of the admin pages, from the
// tables that answer them. Pure. Any thread.
#ifndef PINNACE_PROXY_ADMIN_REFERENCE_H_
#define PINNACE_PROXY_ADMIN_REFERENCE_H_

#include <string>

namespace pinnace::admin {

std::string ReferenceText();

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_REFERENCE_H_
