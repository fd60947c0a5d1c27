// A backend failed a login: for outlier ejection and the log. One thread.
#ifndef PINNACE_PROXY_SESSION_BACKEND_TROUBLE_H_
#define PINNACE_PROXY_SESSION_BACKEND_TROUBLE_H_

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/session/backend_link.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

inline void NoteLoginFailure(const BackendLink& link, absl::string_view why,
                             Turn& turn) {
  const std::optional<absl::Duration> left_out =
      link.NoteFailure(fleet::FailureKind::kConnect, turn.snapshot, turn.now);
  turn.Do(ReportBackendTrouble{
      turn.Keep(link.id()),
      left_out.has_value()
          ? turn.Keep(absl::StrCat(why, "; left out for ",
                                   absl::FormatDuration(*left_out)))
          : turn.Keep(why),
      left_out.has_value()});
}

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_BACKEND_TROUBLE_H_
