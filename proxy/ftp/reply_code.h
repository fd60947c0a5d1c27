// A name for every reply code that we send or test (RFC 959 §4.2, RFC 2228,
// RFC 2389, RFC 2428, RFC 3659, RFC 4217, RFC 7151). Any thread.
#ifndef PINNACE_PROXY_FTP_REPLY_CODE_H_
#define PINNACE_PROXY_FTP_REPLY_CODE_H_

#include <cstdint>

namespace pinnace::ftp {

enum class ReplyCode : uint16_t {
  kDataAlreadyOpen = 125,
  kOpeningData = 150,
  kOk = 200,
  kSuperfluous = 202,
  kSystemStatus = 211,
  kFileStatus = 213,
  kHelp = 214,
  kSystemType = 215,
  kReady = 220,
  kGoodbye = 221,
  kDataOpen = 225,
  kTransferComplete = 226,
  kPassive = 227,
  kExtendedPassive = 229,
  kLoggedIn = 230,
  kSecurityExchangeDone = 234,
  kFileActionOk = 250,
  kPathName = 257,
  kNeedPassword = 331,
  kNeedAccount = 332,
  kPending = 350,
  kServiceClosing = 421,
  kCannotOpenData = 425,
  kTransferAborted = 426,
  kInvalidCredentials = 430,
  kFileUnavailableNow = 450,
  kLocalError = 451,
  kInsufficientStorage = 452,
  kSyntaxError = 500,
  kArgumentError = 501,
  kNotImplemented = 502,
  kBadSequence = 503,
  kParameterNotImplemented = 504,
  kDataUnprotected = 521,  // RFC 4217 §9
  // RFC 2428 §2; and RFC 4217 §9: TLS of the data connection failed.
  kNetworkProtocolUnsupported = 522,
  kDataTlsFailed = 522,
  kNotLoggedIn = 530,
  kProtectionDenied = 533,
  kDeniedByPolicy = 534,
  kProtectionUnsupported = 536,
  kFileUnavailable = 550,
  kStorageExceeded = 552,
  kFileNameNotAllowed = 553,
};

// The first digit (RFC 959 §4.2).
enum class Severity : uint8_t {
  kPreliminary = 1,
  kCompletion = 2,
  kIntermediate = 3,
  kTransient = 4,
  kPermanent = 5,
};

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_REPLY_CODE_H_
