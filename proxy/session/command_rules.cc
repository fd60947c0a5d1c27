#include "proxy/session/command_rules.h"

#include <array>
#include <cstddef>

#include "proxy/base/check.h"

namespace pinnace::session {
namespace {

using ftp::Verb;

constexpr CommandRule kCommandRules[] = {
    {Verb::kUser, When::kAlways, ArgumentRule::kRequired, Effect::kUser},
    {Verb::kPass, When::kAlways, ArgumentRule::kAny, Effect::kPass},
    {Verb::kAcct, When::kAlways, ArgumentRule::kRequired, Effect::kAcct},
    {Verb::kCwd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kCdup, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kSmnt, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kRein, When::kAlways, ArgumentRule::kAny, Effect::kRein},
    {Verb::kQuit, When::kAlways, ArgumentRule::kAny, Effect::kQuit},
    {Verb::kPort, When::kLoggedIn, ArgumentRule::kRequired, Effect::kActive},
    {Verb::kPasv, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassive},
    {Verb::kType, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kStru, When::kLoggedIn, ArgumentRule::kRequired, Effect::kStru},
    {Verb::kMode, When::kLoggedIn, ArgumentRule::kRequired, Effect::kMode},
    {Verb::kRetr, When::kLoggedIn, ArgumentRule::kRequired, Effect::kDownload},
    {Verb::kStor, When::kLoggedIn, ArgumentRule::kRequired, Effect::kUpload},
    {Verb::kStou, When::kLoggedIn, ArgumentRule::kAny, Effect::kUpload},
    {Verb::kAppe, When::kLoggedIn, ArgumentRule::kRequired, Effect::kUpload},
    {Verb::kAllo, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kRest, When::kLoggedIn, ArgumentRule::kRequired, Effect::kRest},
    {Verb::kRnfr, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kRnto, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kAbor, When::kAlways, ArgumentRule::kAny, Effect::kAbor},
    {Verb::kDele, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kRmd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMkd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kPwd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kList, When::kLoggedIn, ArgumentRule::kAny, Effect::kDownload},
    {Verb::kNlst, When::kLoggedIn, ArgumentRule::kAny, Effect::kDownload},
    {Verb::kSite, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kSyst, When::kAlways, ArgumentRule::kAny, Effect::kBeforeLogin},
    {Verb::kStat, When::kLoggedIn, ArgumentRule::kAny, Effect::kStat},
    {Verb::kHelp, When::kAlways, ArgumentRule::kAny, Effect::kBeforeLogin},
    {Verb::kNoop, When::kAlways, ArgumentRule::kAny, Effect::kBeforeLogin},
    {Verb::kXcwd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kXcup, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kXmkd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kXpwd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kXrmd, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kAuth, When::kAlways, ArgumentRule::kRequired, Effect::kAuth},
    {Verb::kAdat, When::kAlways, ArgumentRule::kAny, Effect::kAdat},
    {Verb::kPbsz, When::kAlways, ArgumentRule::kAny, Effect::kPbsz},
    {Verb::kProt, When::kAlways, ArgumentRule::kAny, Effect::kProt},
    {Verb::kCcc, When::kAlways, ArgumentRule::kAny, Effect::kCcc},
    {Verb::kMic, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kConf, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kEnc, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kFeat, When::kAlways, ArgumentRule::kAny, Effect::kFeat},
    {Verb::kOpts, When::kAlways, ArgumentRule::kRequired, Effect::kBeforeLogin},
    {Verb::kEprt, When::kLoggedIn, ArgumentRule::kRequired,
     Effect::kExtendedActive},
    {Verb::kEpsv, When::kLoggedIn, ArgumentRule::kAny,
     Effect::kExtendedPassive},
    {Verb::kLang, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMdtm, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kSize, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMlst, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMlsd, When::kLoggedIn, ArgumentRule::kAny, Effect::kDownload},
    {Verb::kHost, When::kAlways, ArgumentRule::kRequired, Effect::kHost},
    {Verb::kMfmt, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMff, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kMfct, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kClnt, When::kAlways, ArgumentRule::kRequired, Effect::kBeforeLogin},
    {Verb::kHash, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
    {Verb::kCpsv, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kSscn, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kPret, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kSpsv, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kLprt, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kLpsv, When::kAlways, ArgumentRule::kAny, Effect::kNotOffered},
    {Verb::kOther, When::kLoggedIn, ArgumentRule::kAny, Effect::kPassOn},
};

constexpr size_t kVerbs = static_cast<size_t>(Verb::kOther) + 1;
static_assert(sizeof(kCommandRules) / sizeof(kCommandRules[0]) == kVerbs);

// Rows stand in the order of the enum, so that a look-up is an index.
constexpr bool RowsFollowVerbs() {
  for (size_t i = 0; i < kVerbs; ++i) {
    if (static_cast<size_t>(kCommandRules[i].verb) != i) return false;
  }
  return true;
}
static_assert(RowsFollowVerbs());

}  // namespace

const CommandRule& RuleFor(ftp::Verb verb) {
  return kCommandRules[static_cast<size_t>(verb)];
}

bool NeedsBackend(Effect effect) {
  switch (effect) {
    case Effect::kPassOn:
    case Effect::kPassive:
    case Effect::kExtendedPassive:
    case Effect::kActive:
    case Effect::kExtendedActive:
    case Effect::kDownload:
    case Effect::kUpload:
    case Effect::kRest:
    case Effect::kMode:
    case Effect::kStru:
    case Effect::kStat:
    case Effect::kBeforeLogin:
      return true;
    case Effect::kUser:
    case Effect::kPass:
    case Effect::kAcct:
    case Effect::kRein:
    case Effect::kQuit:
    case Effect::kAbor:
    case Effect::kFeat:
    case Effect::kHost:
    case Effect::kAuth:
    case Effect::kAdat:
    case Effect::kPbsz:
    case Effect::kProt:
    case Effect::kCcc:
    case Effect::kNotOffered:
      return false;
  }
  return false;
}

bool IsRepeatable(Verb verb) {
  switch (verb) {
    case Verb::kCwd:
    case Verb::kCdup:
    case Verb::kXcwd:
    case Verb::kXcup:
    case Verb::kPwd:
    case Verb::kXpwd:
    case Verb::kType:
    case Verb::kStru:
    case Verb::kMode:
    case Verb::kAllo:
    case Verb::kRest:
    case Verb::kSyst:
    case Verb::kStat:
    case Verb::kHelp:
    case Verb::kNoop:
    case Verb::kOpts:
    case Verb::kClnt:
    case Verb::kLang:
    case Verb::kMdtm:
    case Verb::kSize:
    case Verb::kMlst:
    case Verb::kHash:
      return true;
    default:  // Of what is not known, or changes files, one answer is lost.
      return false;
  }
}

bool KeepsRest(Effect effect) {
  switch (effect) {
    case Effect::kPassive:
    case Effect::kExtendedPassive:
    case Effect::kActive:
    case Effect::kExtendedActive:
    case Effect::kDownload:
    case Effect::kUpload:
    case Effect::kRest:
      return true;
    case Effect::kPassOn:
    case Effect::kUser:
    case Effect::kPass:
    case Effect::kAcct:
    case Effect::kRein:
    case Effect::kQuit:
    case Effect::kAbor:
    case Effect::kMode:
    case Effect::kStru:
    case Effect::kStat:
    case Effect::kFeat:
    case Effect::kHost:
    case Effect::kAuth:
    case Effect::kAdat:
    case Effect::kPbsz:
    case Effect::kProt:
    case Effect::kCcc:
    case Effect::kNotOffered:
    case Effect::kBeforeLogin:
      return false;
  }
  return false;
}

}  // namespace pinnace::session
