#include "proxy/tls/openssl_error.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "openssl/err.h"
#include "openssl/ssl.h"

namespace pinnace::tls {
namespace {

constexpr int kAlerts = 256;

// OpenSSL's words for it begin with the protocol of the alert's first
// definition ("sslv3 alert bad certificate", "tlsv1 unrecognized name"), which
// is not the one in use.
std::string AlertWords(absl::string_view reason) {
  constexpr absl::string_view kAlert = " alert ";
  size_t start = reason.find(kAlert);
  if (start != absl::string_view::npos) {
    start += kAlert.size();
  } else {
    start = reason.find(' ') + 1;
  }
  return absl::StrCat("the peer's alert: ", reason.substr(start));
}

std::string Words(unsigned long error) {
  if (error == 0) return "unknown failure";
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* reason = ERR_reason_error_string(error);
  if (reason == nullptr) return absl::StrCat("OpenSSL error ", error);
  const int number = ERR_GET_REASON(error);
  const bool is_alert = ERR_GET_LIB(error) == ERR_LIB_SSL &&
                        number >= SSL_AD_REASON_OFFSET &&
                        number < SSL_AD_REASON_OFFSET + kAlerts;
  return is_alert ? AlertWords(reason) : reason;
}

}  // namespace

std::string TakeOpensslError() {
  // The first is the cause, but of a broken record it is some cipher's.
  unsigned long telling = ERR_peek_error();
  while (const unsigned long error = ERR_get_error()) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) continue;
    telling = error;
    break;
  }
  ERR_clear_error();
  return Words(telling);
}

}  // namespace pinnace::tls
