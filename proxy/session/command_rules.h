// One row per verb: what a command needs and what it does. Pure; any thread.
#ifndef PINNACE_PROXY_SESSION_COMMAND_RULES_H_
#define PINNACE_PROXY_SESSION_COMMAND_RULES_H_

#include <cstdint>

#include "proxy/ftp/verb.h"

namespace pinnace::session {

enum class ArgumentRule : uint8_t { kAny, kRequired };

// When a command is served; outside of it the answer is 530.
enum class When : uint8_t { kAlways, kLoggedIn };

enum class Effect : uint8_t {
  kPassOn,  // to the backend, its reply verbatim
  kUser,
  kPass,
  kAcct,
  kRein,
  kQuit,
  kPassive,  // PASV
  kExtendedPassive,
  kActive,  // PORT
  kExtendedActive,
  kDownload,
  kUpload,
  kRest,
  kAbor,
  kMode,
  kStru,
  kStat,  // passed on; answered by the gateway in mid-transfer
  kFeat,
  kHost,
  kAuth,
  kAdat,  // no part of TLS
  kPbsz,
  kProt,
  kCcc,
  kNotOffered,   // never passed on
  kBeforeLogin,  // SYST, NOOP, HELP, OPTS, CLNT: answered here until logged in
};

struct CommandRule {
  ftp::Verb verb;
  When when;
  ArgumentRule argument;
  Effect effect;
};

const CommandRule& RuleFor(ftp::Verb verb);

// Once logged in: only a backend can serve it.
bool NeedsBackend(Effect effect);

// Done twice it is as done once: where its answer is lost with its backend,
// another one may be asked.
bool IsRepeatable(ftp::Verb verb);

// REST is for the command that follows it (RFC 3659 §5.3); only what sets up
// that very transfer may stand between.
bool KeepsRest(Effect effect);

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_COMMAND_RULES_H_
