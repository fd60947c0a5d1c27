// The verbs that the gateway knows by name. Any other verb is kOther and is
// passed on verbatim after login. Any thread.
#ifndef PINNACE_PROXY_FTP_VERB_H_
#define PINNACE_PROXY_FTP_VERB_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::ftp {

enum class Verb : uint8_t {
  // RFC 959
  kUser,
  kPass,
  kAcct,
  kCwd,
  kCdup,
  kSmnt,
  kRein,
  kQuit,
  kPort,
  kPasv,
  kType,
  kStru,
  kMode,
  kRetr,
  kStor,
  kStou,
  kAppe,
  kAllo,
  kRest,
  kRnfr,
  kRnto,
  kAbor,
  kDele,
  kRmd,
  kMkd,
  kPwd,
  kList,
  kNlst,
  kSite,
  kSyst,
  kStat,
  kHelp,
  kNoop,
  // RFC 775 X-forms
  kXcwd,
  kXcup,
  kXmkd,
  kXpwd,
  kXrmd,
  // RFC 2228, RFC 4217
  kAuth,
  kAdat,
  kPbsz,
  kProt,
  kCcc,
  kMic,
  kConf,
  kEnc,
  // RFC 2389, RFC 2428, RFC 2640, RFC 3659, RFC 7151
  kFeat,
  kOpts,
  kEprt,
  kEpsv,
  kLang,
  kMdtm,
  kSize,
  kMlst,
  kMlsd,
  kHost,
  // draft-somers-ftp-mfxx, draft-peterson-streamlined-ftp-command-extensions,
  // draft-bryan-ftp-hash, and others in common use
  kMfmt,
  kMff,
  kMfct,
  kClnt,
  kHash,
  // Two servers speaking to each other (FXP), or a data channel of their own
  // making: never passed on.
  kCpsv,
  kSscn,
  kPret,
  kSpsv,
  kLprt,
  kLpsv,
  kOther,
};

// Case does not matter (RFC 959 §5.3).
Verb VerbFromText(absl::string_view text);

// Upper case, as on the wire; "OTHER" for kOther.
absl::string_view VerbName(Verb verb);

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_VERB_H_
