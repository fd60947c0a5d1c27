#include "tests/integration/plain_client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"

namespace pinnace::integration {

PlainClient::PlainClient(const Address& gateway, std::optional<IpAddress> from)
    : from_(from), control_(BlockingSocket::Connect(gateway, from)) {
  greeting_ = Reply();
}

PlainClient::PlainClient(const Address& gateway, Balanced balanced)
    : from_(balanced.from),
      balanced_(std::move(balanced)),
      control_(BlockingSocket::Connect(gateway, from_)) {
  control_.Send(balanced_->header);
  greeting_ = Reply();
}

std::string PlainClient::Reply() {
  std::string code;
  while (true) {
    const std::optional<std::string> line = control_.ReceiveLine();
    if (!line.has_value()) return last_reply_ = "";
    if (code.empty()) code = line->substr(0, 3);
    if (absl::StartsWith(*line, code + " ")) return last_reply_ = *line;
  }
}

std::string PlainClient::Command(absl::string_view line) {
  control_.Send(absl::StrCat(line, "\r\n"));
  return Reply();
}

std::string PlainClient::Login() {
  Command("USER alice");
  return Command("PASS secret");
}

bool PlainClient::OpenData(Mode mode) {
  mode_ = mode;
  switch (mode) {
    case Mode::kPasv: {
      const std::optional<Address> address =
          ftp::ParsePassiveText(Command("PASV"));
      if (!absl::StartsWith(last_reply_, "227") || !address.has_value()) {
        return false;
      }
      data_target_ = *address;
      return true;
    }
    case Mode::kEpsv: {
      const std::optional<uint16_t> port =
          ftp::ParseExtendedPassiveText(Command("EPSV"));
      if (!absl::StartsWith(last_reply_, "229") || !port.has_value()) {
        return false;
      }
      data_target_ = control_.PeerAddress().WithPort(*port);
      return true;
    }
    case Mode::kPort:
    case Mode::kEprt: {
      const IpAddress ip = balanced_.has_value() ? balanced_->listens_on
                                                 : control_.LocalAddress().ip;
      data_listener_ = BlockingSocket::Listen({ip, 0});
      const Address address = data_listener_.LocalAddress();
      Command(mode == Mode::kPort
                  ? absl::StrCat("PORT ", ftp::FormatPortArgument(address))
                  : absl::StrCat("EPRT ", ftp::FormatEprtArgument(address)));
      return absl::StartsWith(last_reply_, "200");
    }
  }
  return false;
}

BlockingSocket PlainClient::TakeData() {
  if (mode_ == Mode::kPasv || mode_ == Mode::kEpsv) {
    if (!balanced_.has_value()) {
      return BlockingSocket::Connect(data_target_, from_);
    }
    BlockingSocket data = BlockingSocket::Connect(
        control_.PeerAddress().WithPort(data_target_.port), from_);
    data.Send(balanced_->data_header);
    return data;
  }
  BlockingSocket data = data_listener_.Accept();
  data_listener_.Close();
  return data;
}

std::string PlainClient::Download(Mode mode, absl::string_view command,
                                  std::string* content) {
  content->clear();
  if (!OpenData(mode)) return last_reply_;
  BlockingSocket data;
  const bool passive = mode == Mode::kPasv || mode == Mode::kEpsv;
  if (passive) data = TakeData();
  if (!absl::StartsWith(Command(command), "1")) return last_reply_;
  if (!passive) data = TakeData();
  *content = data.ReceiveToEnd();
  return Reply();
}

std::string PlainClient::Upload(Mode mode, absl::string_view command,
                                absl::string_view content) {
  if (!OpenData(mode)) return last_reply_;
  BlockingSocket data;
  const bool passive = mode == Mode::kPasv || mode == Mode::kEpsv;
  if (passive) data = TakeData();
  if (!absl::StartsWith(Command(command), "1")) return last_reply_;
  if (!passive) data = TakeData();
  data.Send(content);
  data.Close();
  return Reply();
}

}  // namespace pinnace::integration
