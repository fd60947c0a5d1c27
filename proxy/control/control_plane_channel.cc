#include "proxy/control/control_plane_channel.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/support/client_interceptor.h"
#include "proxy/base/limits.h"
#include "proxy/base/secret_file.h"
#include "proxy/tls/certificate_files.h"

namespace pinnace::control {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::TlsChannelCredentialsOptions;

// Snapshots of 10,000 backends fit.
constexpr int kMaxMessageBytes = 64 * 1024 * 1024;
constexpr int kKeepaliveMilliseconds = 10'000;
// The channel's own wait before it dials again, jittered; a caller's comes on
// top.
constexpr int kFirstRedialMilliseconds = 100;
constexpr int kLastRedialMilliseconds = 1'000;

absl::Status In(absl::string_view field, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(field, ": ", status.message()));
}

// The token of now, or the last one that could be read.
class TokenSource {
 public:
  TokenSource(std::string path, std::string token)
      : path_(std::move(path)), token_(std::move(token)) {}

  std::string Token() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    absl::StatusOr<std::string> token = ReadTokenFile(path_);
    if (token.ok()) token_ = *std::move(token);
    return token_;
  }

 private:
  const std::string path_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
};

// Puts the token before every call. gRPC's own call credentials would not go
// without TLS, which a loopback address does not need.
class TokenInterceptor final : public Interceptor {
 public:
  explicit TokenInterceptor(TokenSource& source) : source_(source) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert(
          {"authorization", absl::StrCat("Bearer ", source_.Token())});
    }
    methods->Proceed();
  }

 private:
  TokenSource& source_;
};

class TokenInterceptors final : public ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptors(std::unique_ptr<TokenSource> source)
      : source_(std::move(source)) {}

  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override {
    return new TokenInterceptor(*source_);
  }

 private:
  const std::unique_ptr<TokenSource> source_;
};

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const v1::ControlPlaneAccess& access) {
  if (access.cert().empty() != access.key().empty()) {
    return absl::InvalidArgumentError("cert and key: one needs the other");
  }
  if (access.ca().empty()) {
    if (access.cert().empty()) return grpc::InsecureChannelCredentials();
    return absl::InvalidArgumentError("cert: needs ca");
  }
  absl::Status good = tls::CheckAuthorities(access.ca());
  if (!good.ok()) return In("ca", good);
  TlsChannelCredentialsOptions options;
  const auto refresh =
      static_cast<unsigned>(absl::ToInt64Seconds(limits::kCertificateRefresh));
  options.watch_root_certs();
  if (access.cert().empty()) {
    options.set_certificate_provider(
        std::make_shared<FileWatcherCertificateProvider>(access.ca(), refresh));
    return grpc::experimental::TlsCredentials(options);
  }
  good = tls::CheckKeyPair(access.cert(), access.key());
  if (!good.ok()) return In("cert and key", good);
  options.watch_identity_key_cert_pairs();
  options.set_certificate_provider(
      std::make_shared<FileWatcherCertificateProvider>(
          access.key(), access.cert(), access.ca(), refresh));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> ControlPlaneChannel(
    const std::string& address, const v1::ControlPlaneAccess& access) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials =
      CredentialsOf(access);
  if (!credentials.ok()) return credentials.status();
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> interceptors;
  if (!access.token_file().empty()) {
    absl::StatusOr<std::string> token = ReadTokenFile(access.token_file());
    if (!token.ok()) return In("token_file", token.status());
    interceptors.push_back(std::make_unique<TokenInterceptors>(
        std::make_unique<TokenSource>(access.token_file(), *std::move(token))));
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // A control plane that is gone without a word is noticed.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMilliseconds);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS,
                   kFirstRedialMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastRedialMilliseconds);
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      address, *credentials, arguments, std::move(interceptors));
}

}  // namespace pinnace::control
