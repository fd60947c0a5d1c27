#include "proxy/session/fault_reply.h"

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"

namespace pinnace::session {

ftp::Reply CannotOpenData(absl::string_view why) {
  return ftp::Reply::OneLine(
      ftp::ReplyCode::kCannotOpenData,
      absl::StrCat("Cannot open data connection: ", why));
}

ftp::Reply NoLease(LeaseRefusal why) {
  switch (why) {
    case LeaseRefusal::kPoolFull:
      break;
    case LeaseRefusal::kTooManyPending:
      return CannotOpenData(
          "too many data connections of your address are awaited, try again.");
  }
  return CannotOpenData(
      "no public port is free for your address; the port pool is full, try "
      "again.");
}

ftp::Reply BrokenLeg(Leg leg, LegFault fault, absl::string_view why) {
  const absl::string_view whose =
      leg == Leg::kClient ? "your" : "the backend's";
  const auto aborted = [&](absl::string_view what) {
    return ftp::Reply::OneLine(
        ftp::ReplyCode::kTransferAborted,
        absl::StrCat("Transfer aborted: ", whose, " data connection ", what));
  };
  switch (fault) {
    case LegFault::kBroken:
      return aborted("broke.");
    case LegFault::kTruncated:
      return aborted("ended without close_notify, the file may be cut.");
    case LegFault::kTooLarge:
      return ftp::Reply::OneLine(
          ftp::ReplyCode::kStorageExceeded,
          absl::StrCat("Upload refused: ", why, " are not allowed here."));
    case LegFault::kHandshake:
    case LegFault::kForeignSession:
      break;
  }
  if (leg == Leg::kBackend) return aborted(absl::StrCat("failed: ", why, "."));
  return ftp::Reply::OneLine(
      ftp::ReplyCode::kDataTlsFailed,
      absl::StrCat("Your data connection failed: ", Printable(why, 120), "."));
}

}  // namespace pinnace::session
