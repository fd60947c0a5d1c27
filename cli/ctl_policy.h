// `pinnace ctl policy ...`.
#ifndef PINNACE_CLI_CTL_POLICY_H_
#define PINNACE_CLI_CTL_POLICY_H_

#include <string>
#include <vector>

#include "cli/ctl_invocation.h"
#include "protos/pinnace/v1/policy.pb.h"

namespace pinnace::cli {

std::vector<CtlVerb> PolicyVerbs();

// As cells of a table with this heading.
std::vector<std::string> PolicyHeading();
std::vector<std::string> PolicyCells(const v1::Policy& policy);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_POLICY_H_
