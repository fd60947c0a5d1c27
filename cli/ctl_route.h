// `pinnace ctl route ...`.
#ifndef PINNACE_CLI_CTL_ROUTE_H_
#define PINNACE_CLI_CTL_ROUTE_H_

#include <vector>

#include "cli/ctl_invocation.h"
#include "protos/pinnace/v1/route.pb.h"

namespace pinnace::cli {

std::vector<CtlVerb> RouteVerbs();

// As cells of a table with this heading.
std::vector<std::string> RouteHeading();
std::vector<std::string> RouteCells(const v1::Route& route);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_ROUTE_H_
