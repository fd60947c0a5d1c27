#include "cli/ctl_verbs.h"

#include <iterator>
#include <utility>
#include <vector>

#include "cli/completion_values.h"
#include "cli/ctl_backend.h"
#include "cli/ctl_ban.h"
#include "cli/ctl_farm.h"
#include "cli/ctl_gateway.h"
#include "cli/ctl_policy.h"
#include "cli/ctl_registry.h"
#include "cli/ctl_route.h"
#include "cli/ctl_session.h"

namespace pinnace::cli {

absl::Span<const CtlVerb> CtlVerbs() {
  static const auto& verbs = *[] {
    auto* all = new std::vector<CtlVerb>;
    for (auto of_noun :
         {&BackendVerbs, &FarmVerbs, &RouteVerbs, &PolicyVerbs, &SessionVerbs,
          &PinVerbs, &BanVerbs, &PortVerbs, &GatewayVerbs, &RegistryVerbs,
          &CompletionValueVerbs}) {
      std::vector<CtlVerb> verbs = of_noun();
      std::move(verbs.begin(), verbs.end(), std::back_inserter(*all));
    }
    return all;
  }();
  return verbs;
}

}  // namespace pinnace::cli
