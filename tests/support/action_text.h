// Actions in the words of the golden conversations: "take-lease",
// "dial-backend target=10.0.0.7:51201". For tests only.
#ifndef PINNACE_TESTS_SUPPORT_ACTION_TEXT_H_
#define PINNACE_TESTS_SUPPORT_ACTION_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/session/action.h"

namespace pinnace::testing {

// `path` is the data path that goes without saying; another one is named. What
// others have said is made printable. Empty for SendClient and SendBackend:
// their bytes speak for themselves.
std::string ActionText(const session::Action& action,
                       const session::Outbox& out, session::DataPathId path);

HostPort AddressOf(const session::ConnectBackend& action,
                   const session::Outbox& out);

// The data path an action speaks of; 0 when it speaks of none.
session::DataPathId PathOf(const session::Action& action);

// ReportLogin, ReportTransfer, ReportBackendTrouble: news for the log.
bool IsReport(const session::Action& action);

absl::string_view LegName(session::Leg leg);

}  // namespace pinnace::testing

#endif  // PINNACE_TESTS_SUPPORT_ACTION_TEXT_H_
