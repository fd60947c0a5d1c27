#include "proxy/config/tls_check.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/tls/certificate_files.h"

namespace pinnace::config {
namespace {

using snapshot::FieldProblems;

bool UsesTls(const v1::ListenerConfig& listener) {
  return listener.tls() != v1::ListenerConfig::TLS_UNSPECIFIED &&
         listener.tls() != v1::ListenerConfig::TLS_NONE;
}

std::string CertificatePath(int index) {
  return absl::StrCat("gateway.tls.certificates[", index, "]");
}

void CheckListeners(const v1::GatewayConfig& gateway, FieldProblems& problems) {
  if (gateway.tls().certificates_size() > 0) return;
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    if (!UsesTls(gateway.listeners(i))) continue;
    problems.push_back({absl::StrCat("gateway.listeners[", i, "].tls"),
                        "needs gateway.tls.certificates: [{cert: FILE, key: "
                        "FILE}]"});
  }
}

void CheckDataSource(const v1::GatewayConfig& gateway,
                     FieldProblems& problems) {
  if (gateway.data_source() != v1::GatewayConfig::DATA_SOURCE_TLS_SESSION) {
    return;
  }
  if (!gateway.has_tls() || gateway.listeners().empty()) {
    problems.push_back({"gateway.data_source",
                        "tls_session needs gateway.tls, and listeners with "
                        "TLS"});
    return;
  }
  if (gateway.tls().session_reuse() == v1::TlsConfig::SESSION_REUSE_OFF) {
    problems.push_back({"gateway.data_source",
                        "tls_session needs gateway.tls.session_reuse to be "
                        "prefer or require, not off"});
  }
  // A clear connection says nothing of whose it is.
  if (!gateway.tls().require_private_data()) {
    problems.push_back({"gateway.data_source",
                        "tls_session needs gateway.tls.require_private_data: "
                        "true"});
  }
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    if (UsesTls(gateway.listeners(i))) continue;
    problems.push_back({absl::StrCat("gateway.listeners[", i, "].tls"),
                        "data_source tls_session needs TLS on every listener"});
  }
}

void CheckCertificates(const v1::TlsConfig& tls, FieldProblems& problems) {
  if (tls.certificates().empty() ||
      tls.certificates_size() > limits::kMaxServerCertificates) {
    problems.push_back(
        {"gateway.tls.certificates",
         absl::StrCat("must be 1 to ", limits::kMaxServerCertificates, ", not ",
                      tls.certificates_size())});
  }
  for (int i = 0; i < tls.certificates_size(); ++i) {
    const auto check = [&](const char* field, const std::string& path) {
      if (!path.empty()) return;
      problems.push_back({CertificatePath(i) + field, "must be set"});
    };
    check(".cert", tls.certificates(i).cert());
    check(".key", tls.certificates(i).key());
  }
}

}  // namespace

void CheckClientTls(const v1::GatewayConfig& gateway, FieldProblems& problems) {
  CheckListeners(gateway, problems);
  CheckDataSource(gateway, problems);
  if (!gateway.has_tls()) return;
  const v1::TlsConfig& tls = gateway.tls();
  CheckCertificates(tls, problems);
  if (!tls.min_version().empty() && tls.min_version() != "1.2" &&
      tls.min_version() != "1.3") {
    problems.push_back({"gateway.tls.min_version",
                        absl::StrCat("must be \"1.2\" or \"1.3\", not ",
                                     snapshot::Quoted(tls.min_version()))});
  }
  if (!tls.client_ca().empty()) return;
  if (!tls.client_crl().empty()) {
    problems.push_back({"gateway.tls.client_crl", "needs client_ca"});
  }
  if (tls.require_client_certificate()) {
    problems.push_back(
        {"gateway.tls.require_client_certificate", "needs client_ca"});
  }
}

void CheckClientTlsFiles(const v1::GatewayConfig& gateway,
                         FieldProblems& problems) {
  const v1::TlsConfig& tls = gateway.tls();
  // Whether it is as it should be.
  const auto check = [&](std::string field, const absl::Status& status) {
    if (!status.ok()) {
      problems.push_back({std::move(field), std::string(status.message())});
    }
    return status.ok();
  };
  for (int i = 0; i < tls.certificates_size(); ++i) {
    const v1::TlsConfig::Certificate& files = tls.certificates(i);
    if (check(CertificatePath(i) + ".cert",
              tls::CheckAuthorities(files.cert()))) {
      check(CertificatePath(i) + ".key",
            tls::CheckKeyPair(files.cert(), files.key()));
    }
  }
  if (!tls.client_ca().empty()) {
    check("gateway.tls.client_ca", tls::CheckAuthorities(tls.client_ca()));
  }
  if (!tls.client_crl().empty()) {
    check("gateway.tls.client_crl",
          tls::CheckRevocationLists(tls.client_crl()));
  }
}

}  // namespace pinnace::config
