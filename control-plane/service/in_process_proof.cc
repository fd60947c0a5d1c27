#include "control-plane/service/in_process_proof.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "openssl/crypto.h"
#include "openssl/rand.h"
#include "proxy/base/check.h"

namespace pinnace::service {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

constexpr char kHeader[] = "pinnace-in-process";

std::string NewSecret() {
  std::array<unsigned char, 32> bytes;
  PINNACE_CHECK(RAND_bytes(bytes.data(), bytes.size()) == 1);
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

class ProofInterceptor final : public Interceptor {
 public:
  explicit ProofInterceptor(const std::string& secret) : secret_(secret) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert({kHeader, secret_});
    }
    methods->Proceed();
  }

 private:
  const std::string secret_;
};

class ProofInterceptors final : public ClientInterceptorFactoryInterface {
 public:
  explicit ProofInterceptors(std::string secret) : secret_(std::move(secret)) {}

  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override {
    return new ProofInterceptor(secret_);
  }

 private:
  const std::string secret_;
};

}  // namespace

InProcessProof::InProcessProof() : secret_(NewSecret()) {}

std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>>
InProcessProof::Interceptors() const {
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<ProofInterceptors>(secret_));
  return interceptors;
}

bool InProcessProof::IsShownBy(const grpc::ServerContextBase& context) const {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kHeader);
  return found != metadata.end() && found->second.size() == secret_.size() &&
         CRYPTO_memcmp(found->second.data(), secret_.data(), secret_.size()) ==
             0;
}

}  // namespace pinnace::service
