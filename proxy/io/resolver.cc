#include "proxy/io/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/io/uv_status.h"

namespace pinnace::io {
namespace {

std::vector<IpAddress> AddressesOf(const addrinfo* results) {
  std::vector<IpAddress> addresses;
  for (const addrinfo* at = results; at != nullptr; at = at->ai_next) {
    const std::optional<Address> address = Address::FromSockaddr(at->ai_addr);
    if (!address.has_value()) continue;
    if (std::find(addresses.begin(), addresses.end(), address->ip) ==
        addresses.end()) {
      addresses.push_back(address->ip);
    }
  }
  return addresses;
}

}  // namespace

Resolution::Resolution(Loop& loop, std::string host, Done done)
    : host_(std::move(host)),
      done_(std::move(done)),
      finish_(loop, [this] { Finish(); }) {
  if (const auto ip = IpAddress::Parse(host_); ip.has_value()) {
    result_ = std::vector<IpAddress>{*ip};
    finish_.Schedule();
    return;
  }
  request_ = new Request{.uv = {}, .resolution = this};
  request_->uv.data = request_;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  const int code = uv_getaddrinfo(loop.uv(), &request_->uv, OnResolved,
                                  host_.c_str(), nullptr, &hints);
  if (code == 0) return;
  delete std::exchange(request_, nullptr);
  result_ = StatusFromUv(code, absl::StrCat("resolve ", Printable(host_)));
  finish_.Schedule();
}

Resolution::~Resolution() {
  if (request_ == nullptr) return;
  request_->resolution = nullptr;
  // A look-up that runs already cannot be stopped, and ends unheard.
  uv_cancel(reinterpret_cast<uv_req_t*>(&request_->uv));
}

void Resolution::OnResolved(uv_getaddrinfo_t* uv, int code, addrinfo* results) {
  const std::unique_ptr<Request> request(static_cast<Request*>(uv->data));
  Resolution* resolution = request->resolution;
  if (resolution != nullptr) {
    resolution->request_ = nullptr;
    std::vector<IpAddress> addresses = AddressesOf(results);
    if (code == 0 && addresses.empty()) code = UV_EAI_NODATA;
    if (code == 0) {
      resolution->result_ = std::move(addresses);
    } else {
      resolution->result_ = StatusFromUv(
          code, absl::StrCat("resolve ", Printable(resolution->host_)));
    }
  }
  uv_freeaddrinfo(results);
  if (resolution != nullptr) resolution->Finish();
}

void Resolution::Finish() {
  Done done = std::move(done_);
  absl::StatusOr<std::vector<IpAddress>> result = std::move(result_);
  done(std::move(result));  // May destroy this.
}

std::unique_ptr<Resolution> Resolve(Loop& loop, std::string host,
                                    Resolution::Done done) {
  return std::unique_ptr<Resolution>(
      new Resolution(loop, std::move(host), std::move(done)));
}

}  // namespace pinnace::io
