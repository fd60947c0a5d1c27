// What a health probe says to a backend and makes of the answers: greeting,
// FEAT, login, LIST over a data connection. Pure: bytes and events in, actions
// out. The result comes once, and what happens after it is dropped. One thread.
#ifndef PINNACE_PROXY_GATEWAY_PROBE_SCRIPT_H_
#define PINNACE_PROXY_GATEWAY_PROBE_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/fleet/fleet.h"
#include "proxy/ftp/reply_reader.h"
#include "proxy/gateway/probe_schedule.h"

namespace pinnace::gateway {

class ProbeScript {
 public:
  struct Options {
    fleet::ProbeKind kind = fleet::ProbeKind::kConnect;
    fleet::DataMode data_mode = fleet::DataMode::kPassive;
    bool allow_foreign_data_address = false;
    bool lacks_epsv = false;  // known from before
    fleet::ProxyProtocol proxy_protocol = fleet::ProxyProtocol::kOff;
    fleet::ProxyProtocol data_proxy_protocol = fleet::ProxyProtocol::kOff;
    fleet::BackendTlsMode tls = fleet::BackendTlsMode::kNone;
    bool private_data = false;  // PROT P; with `tls`
    std::string user;
    std::string password;  // never in a trouble text
  };
  struct Result {
    std::string trouble;  // at which step, and what; empty: it is well
    // The gateway could not ask: that says nothing of the backend.
    bool is_inconclusive = false;
    // The lines of its FEAT reply, none when it has no FEAT. Nothing when the
    // probe did not come so far.
    std::optional<std::vector<std::string>> features;
    bool lacks_epsv = false;

    ProbeOutcome outcome() const {
      if (is_inconclusive) return ProbeOutcome::kInconclusive;
      return trouble.empty() ? ProbeOutcome::kWell : ProbeOutcome::kFailed;
    }
  };

  struct Send {
    std::string bytes;
  };
  // A TLS handshake on the control connection, and on the data connection that
  // is open.
  struct Secure {};
  struct SecureData {};
  struct DialData {
    Address target;
  };
  // On the data connection that is open.
  struct SendData {
    std::string bytes;
  };
  // For one connection of the backend's host, on our address toward it.
  struct ListenForData {};
  struct CloseData {};  // It has been read to its end.
  // The last one. `said_quit`: the backend is waited for, shortly.
  struct Finish {
    Result result;
    bool said_quit = false;
  };
  using Action = std::variant<Send, Secure, SecureData, DialData, SendData,
                              ListenForData, CloseData, Finish>;
  using Actions = std::vector<Action>;

  explicit ProbeScript(Options options);

  Actions OnConnected(const Address& peer);
  // Whose fault a data connection, or the control connection, is that does not
  // come about.
  enum class Culprit : uint8_t { kBackend, kGateway };
  Actions OnConnectFailed(absl::string_view why, Culprit culprit);
  Actions OnSecured();
  Actions OnBytes(absl::string_view bytes);
  // Of the control connection.
  Actions OnEnd(absl::string_view why);
  Actions OnListening(const Address& address);
  Actions OnDataOpen();
  Actions OnDataBytes(size_t count);
  Actions OnDataEnd();
  Actions OnDataFailed(absl::string_view why, Culprit culprit);
  // The time of the whole probe is over.
  Actions OnTimeout(absl::Duration timeout);

 private:
  enum class Step : uint8_t {
    kConnect,
    kTls,
    kGreeting,
    kAuth,
    kFeatures,
    kUser,
    kPassword,
    kFeaturesAgain,  // It wanted a login first.
    kBufferSize,
    kProtection,
    kExtendedPassive,
    kPassive,
    kDialData,
    kListen,
    kActive,
    kList,
    kDone,
  };

  Actions Take() { return std::exchange(actions_, {}); }
  void Command(Step step, absl::string_view line);
  void OnReply(const ftp::Reply& reply);
  void OnGreeting(const ftp::Reply& reply);
  void OnAuthReply(const ftp::Reply& reply);
  void StartTls();
  void OnFeatures(const ftp::Reply& reply);
  void OnLoginReply(const ftp::Reply& reply);
  void LoggedIn();
  void OpenData();
  void MakeDataPath();
  void AskPassive();
  void OnPassiveReply(const ftp::Reply& reply);
  void OnActiveReply(const ftp::Reply& reply);
  void OnListReply(const ftp::Reply& reply);
  void FinishIfListed();
  absl::string_view StepName() const;
  std::string Missing() const;
  // The answer to the present step is a no.
  void Refused(const ftp::Reply& reply);
  void Fail(absl::string_view what);
  enum class Parting : uint8_t { kQuit, kNone };
  void End(std::string trouble, Parting parting);

  const Options options_;
  Address peer_;
  Step step_ = Step::kConnect;
  ftp::ReplyReader replies_;
  Actions actions_;
  Result result_;
  // Of the listing.
  bool data_open_ = false;
  bool data_ended_ = false;
  bool list_begun_ = false;  // a 150
  bool list_done_ = false;   // a 226
  size_t listed_bytes_ = 0;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBE_SCRIPT_H_
