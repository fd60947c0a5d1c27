// A script for one session as bytes: first settings of the world, then
// operations until the bytes end. Every byte string is a script, and what makes
// no sense at its place is skipped. For tests only.
#ifndef PINNACE_TESTS_FUZZ_SESSION_SCRIPT_H_
#define PINNACE_TESTS_FUZZ_SESSION_SCRIPT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::fuzz {

// One byte each; a new one goes behind the last, as its number is a part of
// corpus files. What stands behind an operation in the script is in brackets.
enum class Operation : uint8_t {
  kProceed,      // what would happen next if all went well
  kClientLine,   // [which of kClientLines]
  kClientText,   // [size, bytes]
  kClientFlood,  // [which of kClientLines, how often as a power of two]
  kClientCut,    // [size of the pieces that its bytes arrive in; 0: whole]
  kClientFin,
  kClientBroken,
  kClientSecured,  // [its names]
  kClientCleared,
  kClientTakes,   // all that is unsent
  kClientStalls,  // takes nothing from now on
  kBackendConnected,
  kBackendConnectFailed,  // [culprit]
  kBackendAgrees,   // answers the oldest command as a server does that is well
  kBackendRefuses,  // [which of kRefusals]
  kBackendLine,     // [which of kBackendLines]
  kBackendText,     // [size, bytes]
  kBackendFlood,    // [which of kBackendLines, how often as a power of two]
  kBackendCut,      // as kClientCut
  kBackendSecured,
  kBackendEnd,        // [culprit]
  kLease,             // [outcome]
  kBackendListening,  // [outcome]
  kLegOpen,           // [leg, from where]
  kLegFailed,         // [leg, culprit]
  kBytesMove,         // [how many]
  kSourceEnded,
  kRelayDone,
  kRelayBroken,  // [leg, fault]
  kTimePasses,   // [how much, and whether deadlines are late]
  kDeadline,     // the next one comes
  kDrain,
  kBackendChanges,  // [which, how]
  kKill,
  kPolicies,  // [which]
  kBan,       // [whom]
  kOthers,    // [sessions of the same user come or go]
  kStale,     // [news of a data path that is closed]
  kCount
};

// What clients say. Only at the end: an index is a part of corpus files.
inline constexpr absl::string_view kClientLines[] = {
    "USER anna",
    "PASS secret",
    "USER bob",
    "PASS",
    "ACCT books",
    "QUIT",
    "REIN",
    "NOOP",
    "FEAT",
    "SYST",
    "HELP",
    "STAT",
    "STAT /a",
    "ABOR",
    "PASV",
    "EPSV",
    "EPSV ALL",
    "EPSV 1",
    "EPSV 2",
    "EPSV x",
    "PORT 192,0,2,10,200,1",
    "PORT 10,0,0,1,200,1",
    "PORT 192,0,2,10,0,21",
    "EPRT |1|192.0.2.10|51201|",
    "EPRT |2|2001:db8::10|51201|",
    "EPRT |3|x|1|",
    "RETR a",
    "STOR a",
    "APPE a",
    "STOU",
    "LIST",
    "NLST b",
    "MLSD",
    "MLST a",
    "REST 100",
    "REST 0",
    "REST x",
    "TYPE I",
    "TYPE A",
    "MODE S",
    "MODE B",
    "STRU F",
    "STRU R",
    "AUTH TLS",
    "AUTH SSL",
    "AUTH GSSAPI",
    "ADAT x",
    "PBSZ 0",
    "PBSZ x",
    "PROT P",
    "PROT C",
    "PROT S",
    "PROT x",
    "CCC",
    "OPTS UTF8 ON",
    "OPTS MLST type;",
    "OPTS HASH x",
    "CLNT test",
    "HOST ftp.example.com",
    "HOST other.example.com",
    "CWD d",
    "CWD /",
    "CDUP",
    "PWD",
    "MKD d",
    "RMD d",
    "DELE a",
    "RNFR a",
    "RNTO b",
    "SIZE a",
    "MDTM a",
    "MFMT 20260101000000 a",
    "SITE UMASK 022",
    "SITE CHMOD 600 a",
    "SMNT x",
    "LANG en",
    "ALLO 100",
    "XFOO bar",
    "CPSV",
    "",
    "A B\tC",
    "USER",
    "RETR /secret/x",
    "XPWD",
    "HASH a",
    "RETR ../a",
};

// What backends say, asked or not.
inline constexpr absl::string_view kBackendLines[] = {
    "220 Ready.",
    "120 In a moment.",
    "220-First\r\n331 is no end\r\n220 Ready.",
    "331 Password, please.",
    "230 Logged in.",
    "332 Account, please.",
    "234 Begin TLS.",
    "200 OK.",
    "150 Here it comes.",
    "125 Going on.",
    "226 Done.",
    "250 Done.",
    "229 Entering Extended Passive Mode (|||51201|)",
    "229 Nonsense",
    "227 Entering Passive Mode (10,0,0,1,200,1).",
    "227 Entering Passive Mode (10,9,9,9,200,1).",
    "227 Nonsense",
    "257 \"/home\" is current.",
    "257 \"/no\rwhere\" is current.",
    "213 100",
    "213 20260101000000",
    "350 Go on.",
    "421 Closing.",
    "425 No data connection.",
    "426 Aborted.",
    "450 Busy.",
    "500 What?",
    "502 Not here.",
    "504 Not that.",
    "530 No.",
    "550 No such file.",
    "552 Full.",
    "631 Secret.",
    "SSH-2.0-Backend",
    "",
    "215 UNIX",
    "221 Bye.",
    "226-Many\r\n lines\r\n226 Done.",
    "999 Strange.",
    "213 200",
};

inline constexpr absl::string_view kRefusals[] = {
    "500 What?", "502 Not here.", "530 No.",      "550 No.",
    "450 Busy.", "421 Too many.", "332 Account.", "331 Password.",
};

struct Settings {
  // Eight bits of choices in each byte; session_world.cc reads them.
  static constexpr size_t kBytes = 6;
  std::array<uint8_t, kBytes> bytes{};

  // `bits` of byte `byte`, from bit `first` on.
  int Get(size_t byte, int first, int bits) const {
    return (bytes[byte] >> first) & ((1 << bits) - 1);
  }
};

class ScriptReader {
 public:
  ScriptReader(const uint8_t* data, size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}

  bool at_end() const { return left_.empty(); }
  // 0 behind the end.
  uint8_t Byte() {
    if (left_.empty()) return 0;
    const char byte = left_.front();
    left_.remove_prefix(1);
    return static_cast<uint8_t>(byte);
  }
  Operation NextOperation() {
    return static_cast<Operation>(Byte() % static_cast<int>(Operation::kCount));
  }
  absl::string_view Bytes() {
    const size_t wanted = Byte();
    const size_t size = std::min(wanted, left_.size());
    const absl::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }
  template <typename T, size_t N>
  const T& Of(const T (&choices)[N]) {
    return choices[Byte() % N];
  }
  Settings ReadSettings() {
    Settings settings;
    for (uint8_t& byte : settings.bytes) byte = Byte();
    return settings;
  }

 private:
  absl::string_view left_;
};

}  // namespace pinnace::fuzz

#endif  // PINNACE_TESTS_FUZZ_SESSION_SCRIPT_H_
