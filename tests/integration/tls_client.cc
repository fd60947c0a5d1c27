#include "tests/integration/tls_client.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"

namespace pinnace::integration {

bool SecureSocket::Flush() {
  const std::string bytes = std::exchange(engine_->output(), {});
  return bytes.empty() || socket_.Send(bytes);
}

bool SecureSocket::Hear() {
  fed_ = socket_.Receive();
  if (fed_.empty()) return false;
  engine_->Feed(fed_);
  return true;
}

bool SecureSocket::Handshake() {
  while (true) {
    if (!engine_->Read({}).ok()) return false;
    if (!Flush()) return false;
    if (engine_->is_secured()) return true;
    if (!Hear()) return false;
  }
}

bool SecureSocket::Send(absl::string_view bytes) {
  return engine_->Write(bytes).ok() && Flush();
}

std::string SecureSocket::Receive() {
  char buffer[16 * 1024];
  while (true) {
    const absl::StatusOr<size_t> size = engine_->Read(absl::MakeSpan(buffer));
    if (!size.ok()) return "";
    if (*size > 0) return std::string(buffer, *size);
    if (engine_->peer_closed() || !Hear()) return "";
  }
}

std::string SecureSocket::ReceiveToEnd() {
  std::string content;
  for (std::string bytes; !(bytes = Receive()).empty();) content += bytes;
  return content;
}

void SecureSocket::Close() {
  engine_->CloseNotify();
  Flush();
  socket_.ShutdownWrite();
  ReceiveToEnd();
  socket_.Close();
}

TlsClient::TlsClient(const Address& gateway, ClientContextPtr context,
                     std::string name)
    : context_(std::move(context)),
      name_(std::move(name)),
      plain_(BlockingSocket::Connect(gateway)) {
  Reply();
}

bool TlsClient::Secure() {
  if (!absl::StartsWith(Command("AUTH TLS"), "234")) return false;
  secure_ = std::make_unique<SecureSocket>(
      std::move(plain_),
      tls::TlsEngine::Client(context_,
                             {.server_name = name_, .sessions = sessions_}));
  return secure_->Handshake();
}

std::string TlsClient::Login() {
  Command("USER alice");
  return Command("PASS secret");
}

bool TlsClient::Protect() {
  return absl::StartsWith(Command("PBSZ 0"), "200") &&
         absl::StartsWith(Command("PROT P"), "200");
}

std::string TlsClient::Reply() {
  while (true) {
    const size_t end = lines_.find("\r\n");
    if (end != std::string::npos) {
      const std::string line = lines_.substr(0, end);
      lines_.erase(0, end + 2);
      if (line.size() > 3 && line[3] == ' ') return line;
      continue;
    }
    const std::string bytes =
        secure_ == nullptr ? plain_.Receive() : secure_->Receive();
    if (bytes.empty()) return "";
    lines_ += bytes;
  }
}

std::string TlsClient::Command(absl::string_view line) {
  const std::string bytes = absl::StrCat(line, "\r\n");
  if (secure_ == nullptr) {
    plain_.Send(bytes);
  } else {
    secure_->Send(bytes);
  }
  return Reply();
}

BlockingSocket TlsClient::OpenData() {
  const std::optional<uint16_t> port =
      ftp::ParseExtendedPassiveText(Command("EPSV"));
  if (!port.has_value()) return BlockingSocket();
  BlockingSocket data =
      BlockingSocket::Connect(secure_->socket().PeerAddress().WithPort(*port));
  data.Send(data_header_);
  return data;
}

SecureSocket TlsClient::SecureData(BlockingSocket data) {
  return {std::move(data),
          tls::TlsEngine::Client(
              context_,
              {.server_name = name_, .is_data = true, .sessions = sessions_})};
}

std::string TlsClient::Download(absl::string_view command,
                                std::string* content) {
  SecureSocket data = SecureData(OpenData());
  const std::string begun = Command(command);
  if (!absl::StartsWith(begun, "1")) return begun;
  if (!data.Handshake()) return "";
  *content = data.ReceiveToEnd();
  data.Close();
  return Reply();
}

std::string TlsClient::Upload(absl::string_view command,
                              absl::string_view content) {
  SecureSocket data = SecureData(OpenData());
  const std::string begun = Command(command);
  if (!absl::StartsWith(begun, "1")) return begun;
  if (!data.Handshake()) return "";
  data.Send(content);
  data.Close();
  return Reply();
}

}  // namespace pinnace::integration
