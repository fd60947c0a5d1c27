#include "control-plane/service/server_credentials.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "proxy/tls/certificate_files.h"

namespace pinnace::service {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsServerCredentialsOptions;

absl::Status In(absl::string_view field, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("control_plane.tls.", field,
                                                  ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(
    const v1::ControlPlaneTlsConfig& config, ClientCertificate client,
    absl::Duration refresh) {
  if (config.cert().empty()) return grpc::InsecureServerCredentials();
  absl::Status good = tls::CheckKeyPair(config.cert(), config.key());
  if (!good.ok()) return In("cert and key", good);
  TlsServerCredentialsOptions options(
      std::make_shared<FileWatcherCertificateProvider>(
          config.key(), config.cert(), config.client_ca(),
          static_cast<unsigned>(absl::ToInt64Seconds(refresh))));
  options.watch_identity_key_cert_pairs();
  if (config.client_ca().empty()) {
    return grpc::experimental::TlsServerCredentials(options);
  }
  good = tls::CheckAuthorities(config.client_ca());
  if (!good.ok()) return In("client_ca", good);
  options.watch_root_certs();
  switch (client) {
    case ClientCertificate::kRequired:
      options.set_cert_request_type(
          GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
      break;
    case ClientCertificate::kOptional:
      // One that is shown is verified all the same.
      options.set_cert_request_type(
          GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
      break;
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace pinnace::service
