#include "tests/integration/plain_backend.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"

namespace pinnace::integration {

struct PlainBackend::Conversation {
  BlockingSocket& control;
  BlockingSocket listener;  // passive
  Address target;           // active
  size_t restart = 0;
  std::string rename_from;

  void Say(absl::string_view line) { control.Send(absl::StrCat(line, "\r\n")); }
  BlockingSocket OpenData() {
    if (listener.is_open()) {
      BlockingSocket data = listener.Accept();
      listener.Close();
      return data;
    }
    return BlockingSocket::Connect(target);
  }
};

PlainBackend::PlainBackend(const IpAddress& address, Behaviour behaviour)
    : behaviour_(std::move(behaviour)),
      listener_(BlockingSocket::Listen({address, 0})),
      address_(listener_.LocalAddress()),
      acceptor_([this] { AcceptAll(); }) {}

void PlainBackend::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    listener_.ShutdownBoth();
    for (const auto& control : controls_) control->ShutdownBoth();
  }
  if (acceptor_.joinable()) acceptor_.join();
  {
    MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void PlainBackend::AcceptAll() {
  while (true) {
    BlockingSocket accepted = listener_.Accept();
    MutexLock lock(&mutex_);
    if (stopping_) return;
    if (!accepted.is_open()) continue;
    controls_.push_back(std::make_unique<BlockingSocket>(std::move(accepted)));
    BlockingSocket* control = controls_.back().get();
    threads_.emplace_back([this, control] { Serve(control); });
  }
}

void PlainBackend::SetFile(const std::string& name, std::string content) {
  MutexLock lock(&mutex_);
  files_[name] = std::move(content);
}

std::string PlainBackend::File(const std::string& name) const {
  MutexLock lock(&mutex_);
  auto found = files_.find(name);
  return found == files_.end() ? "" : found->second;
}

bool PlainBackend::HasFile(const std::string& name) const {
  MutexLock lock(&mutex_);
  return files_.count(name) > 0;
}

std::vector<std::string> PlainBackend::verbs() const {
  MutexLock lock(&mutex_);
  return verbs_;
}

std::string PlainBackend::data_header() const {
  MutexLock lock(&mutex_);
  return data_header_;
}

void PlainBackend::Serve(BlockingSocket* control) {
  Conversation conversation{.control = *control};
  conversation.Say(behaviour_.greeting);
  while (true) {
    const std::optional<std::string> line = control->ReceiveLine();
    if (!line.has_value() || !OnCommand(conversation, *line)) break;
  }
  control->ShutdownBoth();
}

bool PlainBackend::OnCommand(Conversation& conversation,
                             const std::string& line) {
  const size_t space = line.find(' ');
  const std::string verb = absl::AsciiStrToUpper(line.substr(0, space));
  const std::string argument =
      space == std::string::npos ? "" : line.substr(space + 1);
  {
    MutexLock lock(&mutex_);
    verbs_.push_back(verb);
  }
  auto answer = behaviour_.answers.find(verb);
  if (answer != behaviour_.answers.end()) {
    conversation.Say(answer->second);
  } else if (verb == "USER") {
    conversation.Say("331 Password, please");
  } else if (verb == "PASS") {
    ++logins_;
    conversation.Say("230 Welcome");
  } else if (verb == "FEAT") {
    conversation.Say("211-Features\r\n SIZE\r\n REST STREAM\r\n211 End");
  } else if (verb == "QUIT") {
    conversation.Say("221 Bye");
    return false;
  } else if (verb == "PASV" || verb == "EPSV") {
    Passive(conversation, verb);
  } else if (verb == "PORT" || verb == "EPRT") {
    Active(conversation, verb, argument);
  } else if (verb == "REST") {
    conversation.restart = std::stoul(argument);
    conversation.Say("350 Restarting");
  } else if (verb == "RETR") {
    if (HasFile(argument)) {
      Download(conversation, File(argument));
    } else {
      conversation.Say("550 No such file");
    }
  } else if (verb == "LIST" || verb == "NLST") {
    std::string listing;
    {
      MutexLock lock(&mutex_);
      for (const auto& [name, content] : files_) listing += name + "\r\n";
    }
    Download(conversation, listing);
  } else if (verb == "STOR") {
    Upload(conversation, argument);
  } else if (verb == "ABOR") {
    conversation.Say("226 Nothing to abort");
  } else {
    conversation.Say("200 OK");
  }
  return true;
}

void PlainBackend::Passive(Conversation& conversation,
                           const std::string& verb) {
  conversation.listener =
      BlockingSocket::Listen(conversation.control.LocalAddress().WithPort(0));
  const Address address = conversation.listener.LocalAddress();
  conversation.Say(
      verb == "EPSV"
          ? absl::StrCat("229 ", ftp::FormatExtendedPassiveText(address.port))
          : absl::StrCat("227 ", ftp::FormatPassiveText(address)));
}

void PlainBackend::Active(Conversation& conversation, const std::string& verb,
                          const std::string& argument) {
  conversation.listener.Close();
  conversation.target = verb == "PORT"
                            ? *ftp::ParsePortArgument(argument)
                            : ftp::ParseEprtArgument(argument).address;
  conversation.Say("200 Active");
}

BlockingSocket PlainBackend::OpenData(Conversation& conversation) {
  BlockingSocket data = conversation.OpenData();
  if (behaviour_.data_header_bytes == 0) return data;
  std::string header = data.ReceiveExactly(behaviour_.data_header_bytes);
  MutexLock lock(&mutex_);
  data_header_ = std::move(header);
  return data;
}

void PlainBackend::Download(Conversation& conversation,
                            const std::string& content) {
  conversation.Say("150 Here it comes");
  BlockingSocket data = OpenData(conversation);
  const std::string rest =
      content.substr(std::min(content.size(), conversation.restart));
  conversation.restart = 0;
  if (behaviour_.dies_in_download) {
    data.Send(rest.substr(0, rest.size() / 2));
    conversation.control.ShutdownBoth();
    return;
  }
  const bool sent = data.is_open() && data.Send(rest);
  data.Close();
  conversation.Say(sent ? "226 Done" : "426 Broken");
}

void PlainBackend::Upload(Conversation& conversation, const std::string& name) {
  conversation.Say("150 Send it");
  BlockingSocket data = OpenData(conversation);
  if (!behaviour_.upload_reply.empty()) {
    data.Receive();
    data.Close();
    conversation.Say(behaviour_.upload_reply);
    return;
  }
  std::string content = data.ReceiveToEnd();
  const bool broken = data.was_reset();
  if (!broken) SetFile(name, std::move(content));
  conversation.Say(broken ? "426 Broken" : "226 Stored");
}

}  // namespace pinnace::integration
