#include "tests/support/action_text.h"

#include <concepts>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/verb.h"

namespace pinnace::testing {
namespace {

using namespace session;  // NOLINT: every action is named below.

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

struct Describe {
  const Outbox& out;
  std::string path;  // " path=3", or empty

  std::string Printed(const Text& text) const {
    return Printable(out.Bytes(text));
  }

  std::string operator()(const SendClient&) const { return ""; }
  std::string operator()(const SendBackend&) const { return ""; }
  std::string operator()(const SecureClient&) const { return "secure-client"; }
  std::string operator()(const SecureBackend&) const {
    return "secure-backend";
  }
  std::string operator()(const ClearClient&) const { return "clear-client"; }
  std::string operator()(const ConnectBackend& a) const {
    return absl::StrCat("connect-backend address=",
                        AddressOf(a, out).ToString());
  }
  std::string operator()(const CloseBackend&) const { return "close-backend"; }
  std::string operator()(const TakeLease& a) const {
    const std::string slice =
        a.slice.has_value() ? absl::StrCat(" slice=", a.slice->ToString()) : "";
    return absl::StrCat("take-lease", path, slice,
                        a.is_protected ? " protected=yes" : "",
                        a.fxp_peers != nullptr ? " peers=yes" : "");
  }
  std::string operator()(const ListenForBackend&) const {
    return absl::StrCat("listen-for-backend", path);
  }
  std::string operator()(const DialClient& a) const {
    return absl::StrCat("dial-client", path, " target=", a.target.ToString(),
                        " from=", a.from.ToString(),
                        a.to_own_port ? " own-port=yes" : "");
  }
  std::string operator()(const DialBackend& a) const {
    const std::string header = absl::BytesToHexString(out.Bytes(a.header));
    return absl::StrCat("dial-backend", path, " target=", a.target.ToString(),
                        header.empty() ? "" : " header=", header);
  }
  std::string operator()(const StartRelay& a) const {
    return absl::StrCat(
        "start-relay", path, " direction=",
        a.direction == Direction::kDownload ? "download" : "upload",
        a.client_protected ? " client=tls" : "",
        a.backend_protected ? " backend=tls" : "",
        a.tolerates_missing_close_notify ? " tolerant=yes" : "",
        a.holds_end ? " holds-end=yes" : "",
        a.max_bytes > 0 ? absl::StrCat(" max-bytes=", a.max_bytes)
                        : std::string());
  }
  std::string operator()(const PassEnd&) const {
    return absl::StrCat("pass-end", path);
  }
  std::string operator()(const DropBackendLeg&) const {
    return absl::StrCat("drop-backend-leg", path);
  }
  std::string operator()(const CloseDataPath& a) const {
    return absl::StrCat("close-data-path", path, " how=",
                        a.how == Closing::kFinished ? "finished" : "reset");
  }
  std::string operator()(const PauseClient&) const { return "pause-client"; }
  std::string operator()(const ResumeClient&) const { return "resume-client"; }
  std::string operator()(const ReportLogin& a) const {
    return absl::StrCat("report-login accepted=", a.accepted ? "yes" : "no",
                        " code=", a.code);
  }
  std::string operator()(const ReportTransfer& a) const {
    return absl::StrCat(
        "report-transfer verb=", ftp::VerbName(a.verb),
        " path=", Quoted(Printed(a.path)), " bytes=", a.bytes,
        " seconds=", absl::ToInt64Seconds(a.duration),
        a.resumes > 0 ? absl::StrCat(" resumes=", a.resumes) : std::string(),
        " code=", a.code, " trouble=", Quoted(Printed(a.trouble)));
  }
  std::string operator()(const ReportBackendReplaced& a) const {
    return absl::StrCat("report-backend-replaced former=", Printed(a.former));
  }
  std::string operator()(const ReportBackendTrouble& a) const {
    return absl::StrCat("report-backend-trouble backend=", Printed(a.backend),
                        " trouble=", Quoted(Printed(a.trouble)));
  }
  std::string operator()(const EndSession& a) const {
    return absl::StrCat("end-session reason=", EndReasonName(a.reason));
  }
};

}  // namespace

std::string ActionText(const Action& action, const Outbox& out,
                       DataPathId path) {
  const DataPathId own = PathOf(action);
  return std::visit(
      Describe{out, own == path ? "" : absl::StrCat(" path=", own)}, action);
}

HostPort AddressOf(const ConnectBackend& action, const Outbox& out) {
  return {std::string(out.Bytes(action.host)), action.port};
}

DataPathId PathOf(const Action& action) {
  return std::visit(
      [](const auto& a) -> DataPathId {
        if constexpr (requires {
                        requires std::same_as<decltype(a.path), DataPathId>;
                      }) {
          return a.path;
        } else {
          return 0;
        }
      },
      action);
}

bool IsReport(const Action& action) {
  return std::holds_alternative<ReportLogin>(action) ||
         std::holds_alternative<ReportTransfer>(action) ||
         std::holds_alternative<ReportBackendTrouble>(action) ||
         std::holds_alternative<ReportBackendReplaced>(action);
}

absl::string_view LegName(Leg leg) {
  return leg == Leg::kClient ? "client" : "backend";
}

}  // namespace pinnace::testing
