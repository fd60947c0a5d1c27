#include "tests/integration/probed_backend.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/ftp/data_address.h"

namespace pinnace::integration {

struct ProbedBackend::Conversation {
  BlockingSocket& control;
  BlockingSocket listener;  // passive
  Address target;           // active

  void Say(absl::string_view line) { control.Send(absl::StrCat(line, "\r\n")); }
};

ProbedBackend::ProbedBackend(const IpAddress& address)
    : listener_(BlockingSocket::Listen({address, 0})),
      address_(listener_.LocalAddress()),
      acceptor_([this] { AcceptAll(); }) {}

ProbedBackend::~ProbedBackend() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    listener_.ShutdownBoth();
    for (const auto& control : controls_) control->ShutdownBoth();
  }
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void ProbedBackend::Set(Behaviour behaviour) {
  MutexLock lock(&mutex_);
  behaviour_ = std::move(behaviour);
}

ProbedBackend::Behaviour ProbedBackend::behaviour() const {
  MutexLock lock(&mutex_);
  return behaviour_;
}

std::vector<std::string> ProbedBackend::verbs() const {
  MutexLock lock(&mutex_);
  return verbs_;
}

std::string ProbedBackend::proxy_header() const {
  MutexLock lock(&mutex_);
  return proxy_header_;
}

std::string ProbedBackend::data_header() const {
  MutexLock lock(&mutex_);
  return data_header_;
}

void ProbedBackend::AcceptAll() {
  while (true) {
    BlockingSocket accepted = listener_.Accept();
    MutexLock lock(&mutex_);
    if (stopping_) return;
    if (!accepted.is_open()) continue;
    ++sessions_;
    controls_.push_back(std::make_unique<BlockingSocket>(std::move(accepted)));
    BlockingSocket* control = controls_.back().get();
    threads_.emplace_back([this, control] { Serve(control); });
  }
}

void ProbedBackend::Serve(BlockingSocket* control) {
  Conversation conversation{.control = *control};
  const Behaviour behaviour = this->behaviour();
  std::string header;
  while (header.size() < behaviour.proxy_header_bytes) {
    const std::string bytes = control->Receive();
    if (bytes.empty()) break;
    header += bytes;
  }
  {
    MutexLock lock(&mutex_);
    proxy_header_ = header;
  }
  if (!behaviour.greeting.empty()) conversation.Say(behaviour.greeting);
  while (true) {
    const std::optional<std::string> line = control->ReceiveLine();
    if (!line.has_value() || !OnCommand(conversation, *line)) break;
  }
  control->ShutdownBoth();
}

bool ProbedBackend::OnCommand(Conversation& conversation,
                              const std::string& line) {
  const size_t space = line.find(' ');
  const std::string verb = line.substr(0, space);
  const std::string argument =
      space == std::string::npos ? "" : line.substr(space + 1);
  {
    MutexLock lock(&mutex_);
    verbs_.push_back(verb);
  }
  const Behaviour behaviour = this->behaviour();
  auto answer = behaviour.answers.find(verb);
  if (answer != behaviour.answers.end()) {
    if (!answer->second.empty()) conversation.Say(answer->second);
  } else if (verb == "FEAT") {
    conversation.Say("211-Features\r\n SIZE\r\n REST STREAM\r\n211 End");
  } else if (verb == "USER") {
    conversation.Say("331 Password, please");
  } else if (verb == "PASS") {
    const bool right =
        behaviour.password.empty() || argument == behaviour.password;
    conversation.Say(right ? "230 Welcome"
                           : absl::StrCat("530 Not ", argument));
  } else if (verb == "EPSV" || verb == "PASV") {
    conversation.listener =
        BlockingSocket::Listen(conversation.control.LocalAddress().WithPort(0));
    const Address address = conversation.listener.LocalAddress();
    conversation.Say(
        verb == "EPSV"
            ? absl::StrCat("229 ", ftp::FormatExtendedPassiveText(address.port))
            : absl::StrCat("227 ", ftp::FormatPassiveText(address)));
  } else if (verb == "PORT" || verb == "EPRT") {
    conversation.target = verb == "PORT"
                              ? *ftp::ParsePortArgument(argument)
                              : ftp::ParseEprtArgument(argument).address;
    conversation.Say("200 Active");
  } else if (verb == "LIST") {
    List(conversation);
  } else {
    conversation.Say("221 Bye");
    return false;
  }
  return true;
}

void ProbedBackend::List(Conversation& conversation) {
  conversation.Say("150 Here it comes");
  BlockingSocket data = conversation.listener.is_open()
                            ? conversation.listener.Accept()
                            : BlockingSocket::Connect(conversation.target);
  std::string header = data.ReceiveExactly(this->behaviour().data_header_bytes);
  {
    MutexLock lock(&mutex_);
    data_header_ = std::move(header);
  }
  data.Send("-rw-r--r-- 1 ftp ftp 1 Jan 01 00:00 file\r\n");
  data.Close();
  conversation.Say("226 Done");
}

}  // namespace pinnace::integration
