#include "proxy/gateway/tls_material.h"

#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace pinnace::gateway {

TlsMaterial::Stamp TlsMaterial::StampOf(const std::vector<std::string>& files) {
  Stamp stamp;
  for (const std::string& file : files) {
    struct stat info = {};
    if (stat(file.c_str(), &info) != 0) {
      stamp += "-;";
      continue;
    }
    absl::StrAppend(&stamp, info.st_ino, " ", info.st_size, " ",
                    info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, ";");
  }
  return stamp;
}

std::vector<std::string> TlsMaterial::FilesOf(
    const tls::ServerOptions& options) {
  std::vector<std::string> files;
  for (const tls::CertificateFiles& certificate : options.certificates) {
    files.push_back(certificate.cert);
    files.push_back(certificate.key);
  }
  if (!options.client_ca.empty()) files.push_back(options.client_ca);
  if (!options.client_crl.empty()) files.push_back(options.client_crl);
  return files;
}

std::vector<std::string> TlsMaterial::FilesOf(
    const tls::ClientOptions& options) {
  std::vector<std::string> files;
  for (const std::string& file :
       {options.ca, options.own.cert, options.own.key}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

absl::Status TlsMaterial::Load() {
  if (!options_.has_value() || options_->certificates.empty()) {
    return absl::OkStatus();
  }
  const Stamp stamp = StampOf(FilesOf(*options_));
  auto loaded = tls::ServerContext::Load(*options_);
  if (!loaded.ok()) return loaded.status();
  MutexLock lock(&mutex_);
  server_ = *std::move(loaded);
  server_stamp_ = stamp;
  return absl::OkStatus();
}

void TlsMaterial::Refresh() {
  RefreshServer();
  RefreshClients();
}

// Files are read under no lock: every AUTH takes it.
void TlsMaterial::RefreshServer() {
  std::shared_ptr<const tls::ServerContext> former;
  Stamp known;
  {
    MutexLock lock(&mutex_);
    former = server_;
    known = server_stamp_;
  }
  if (former == nullptr) return;
  const Stamp stamp = StampOf(FilesOf(*options_));
  if (stamp == known) return;
  auto loaded = tls::ServerContext::Load(*options_, former.get());
  {
    MutexLock lock(&mutex_);
    server_stamp_ = stamp;
    if (loaded.ok()) server_ = *loaded;
  }
  if (loaded.ok()) {
    Log(LogLevel::kInfo, "gateway.tls: the changed files are in use");
  } else {
    Log(LogLevel::kError,
        absl::StrCat("gateway.tls: the changed files are not used: ",
                     loaded.status().message()));
  }
}

void TlsMaterial::RefreshClients() {
  std::vector<Client> clients;
  {
    MutexLock lock(&mutex_);
    clients = clients_;
  }
  for (const Client& client : clients) {
    const Stamp stamp = StampOf(FilesOf(client.options));
    if (stamp == client.stamp) continue;
    auto loaded = tls::ClientContext::Load(client.options);
    {
      MutexLock lock(&mutex_);
      for (Client& known : clients_) {
        if (!(known.options == client.options)) continue;
        known.stamp = stamp;
        if (loaded.ok()) known.context = *loaded;
      }
    }
    if (loaded.ok()) continue;
    Log(LogLevel::kError,
        absl::StrCat("backend_tls: the changed files are not used: ",
                     loaded.status().message()));
  }
}

std::shared_ptr<const tls::ServerContext> TlsMaterial::server() const {
  MutexLock lock(&mutex_);
  return server_;
}

absl::StatusOr<std::shared_ptr<const tls::ClientContext>>
TlsMaterial::ForBackends(const fleet::BackendTls& tls) {
  const tls::ClientOptions options = {
      .ca = tls.ca, .verify = tls.verify, .own = {tls.cert, tls.key}};
  {
    MutexLock lock(&mutex_);
    const auto found = std::find_if(
        clients_.begin(), clients_.end(),
        [&](const Client& client) { return client.options == options; });
    if (found != clients_.end()) return found->context;
  }
  const Stamp stamp = StampOf(FilesOf(options));
  auto loaded = tls::ClientContext::Load(options);
  if (!loaded.ok()) return loaded.status();
  MutexLock lock(&mutex_);
  if (clients_.size() >= limits::kMaxTlsClientContexts) {
    clients_.erase(clients_.begin());
  }
  clients_.push_back({options, stamp, *loaded});
  return *std::move(loaded);
}

}  // namespace pinnace::gateway
