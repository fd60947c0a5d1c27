// What an operator sees of one session: a copy, made on the session's worker.
#ifndef PINNACE_PROXY_SESSION_SESSION_FACTS_H_
#define PINNACE_PROXY_SESSION_SESSION_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/base/tls_facts.h"

namespace pinnace::session {

struct TransferFacts {
  std::string verb;          // "RETR"
  std::string path;          // printable
  std::string client_mode;   // "passive", "active"
  std::string backend_mode;  // "passive", "active"
  int64_t bytes = 0;
  uint16_t public_port = 0;  // 0 for an active client leg
  Address client_data;       // zero until connected
  Address backend_data;
  absl::Time started;
  bool client_protected = false;
  bool backend_protected = false;
  Address client_local;  // our ends of the legs; zero until connected
  Address backend_local;
  int64_t rate = 0;  // bytes a second, over the last few seconds
};

struct SessionFacts {
  SessionId id = 0;
  std::string user;      // printable; empty before USER
  std::string listener;  // as configured
  std::string farm;
  BackendId backend;  // empty before one is chosen
  std::string phase;  // "ready", "transfer", ...
  Address client;
  Address local;  // the address of ours that the client reached
  Address backend_address;
  absl::Time started;
  absl::Time last_command;
  int64_t commands = 0;
  int64_t transfers = 0;
  std::optional<TransferFacts> transfer;
  std::optional<TlsFacts> client_tls;  // of the control connections
  std::optional<TlsFacts> backend_tls;
  std::optional<IpAddress> public_address;  // that a 227 announces
  std::string pin;                          // its key; empty: it has none
  int64_t bytes_to_client = 0;              // of all its transfers
  int64_t bytes_to_backend = 0;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_SESSION_FACTS_H_
