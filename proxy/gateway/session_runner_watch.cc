// What can be seen of a session: facts for who looks, events, and what its
// transfers move. session_runner.cc has what it does.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/gateway/secrets.h"
#include "proxy/gateway/session_runner.h"
#include "proxy/gateway/worker.h"

namespace pinnace::gateway {

using session::Direction;
using session::Leg;
using session::Outbox;

Event SessionRunner::NewEvent(Event::Kind kind, bool ok) const {
  return {.kind = kind,
          .ok = ok,
          .time = worker_.loop().now(),
          .session = session_.id(),
          .client = session_.start().client,
          .user = Printable(session_.user()),
          .farm = session_.backend_link().farm(),
          .backend = session_.backend()};
}

session::SessionFacts SessionRunner::facts() const {
  session::SessionFacts facts = session_.facts();
  int64_t untold = 0;
  if (facts.transfer.has_value() && data_ != nullptr) {
    const absl::Time now = worker_.loop().now();
    facts.transfer->path = WithoutUrlSecrets(facts.transfer->path);
    facts.transfer->bytes = data_->bytes_moved();
    facts.transfer->rate = meter_.Rate(facts.transfer->bytes, now);
    facts.transfer->client_local =
        data_->local(Leg::kClient).value_or(Address());
    facts.transfer->backend_local =
        data_->local(Leg::kBackend).value_or(Address());
    untold = meter_.Untold(facts.transfer->bytes);
  }
  const bool download = meter_.direction() == Direction::kDownload;
  facts.bytes_to_client = meter_.to_client() + (download ? untold : 0);
  facts.bytes_to_backend = meter_.to_backend() + (download ? 0 : untold);
  facts.public_address = worker_.PublicAddressFor(session_.start());
  if (!session_.user().empty()) {
    facts.pin = worker_.PinKeyOf(facts.farm, facts.client.ip, session_.user());
  }
  return facts;
}

void SessionRunner::TellMoved() {
  if (data_ == nullptr) return;
  meter_.SeeFirstByte(data_->first_byte());
  meter_.Tell(data_->bytes_moved(), worker_.counters());
}

void SessionRunner::SampleTransfer() {
  TellMoved();
  if (data_ != nullptr) {
    meter_.Sample(data_->bytes_moved(), worker_.loop().now());
  }
}

void SessionRunner::EndMoving() {
  TellMoved();
  if (moving_place_.has_value()) worker_.RemoveMoving(this);
}

void SessionRunner::TellEndOf(const session::ReportTransfer& action,
                              const Outbox& out) {
  using metrics::Histogram;
  const absl::string_view trouble = out.Bytes(action.trouble);
  TellMoved();
  meter_.Tell(action.bytes, worker_.counters());
  metrics::Histograms& histograms = worker_.histograms();
  histograms.Add(Histogram::kTransferBytes, static_cast<double>(action.bytes));
  histograms.Add(Histogram::kTransferSeconds, action.duration);
  if (action.bytes > 0 && action.duration > absl::ZeroDuration()) {
    histograms.Add(Histogram::kTransferRate,
                   static_cast<double>(action.bytes) /
                       absl::ToDoubleSeconds(action.duration));
  }
  const absl::Time started = worker_.loop().now() - action.duration;
  if (meter_.is_running() && meter_.first_byte() != absl::InfiniteFuture()) {
    histograms.Add(
        Histogram::kFirstByte,
        std::max(meter_.first_byte() - started, absl::ZeroDuration()));
  }
  meter_.End();
  timeline_.Note(
      absl::StrCat("transfer over, ", action.bytes, " bytes",
                   trouble.empty() ? "" : ": ", WithoutUrlSecrets(trouble)),
      worker_.loop().now());
  Event event = NewEvent(Event::Kind::kTransferEnd, trouble.empty());
  event.text =
      Printable(WithoutUrlSecrets(trouble), limits::kMaxEventTextBytes);
  event.transfer = session::TransferFacts{
      .verb = std::string(ftp::VerbName(action.verb)),
      .path = Printable(WithoutUrlSecrets(out.Bytes(action.path))),
      .client_mode = {},
      .backend_mode = {},
      .bytes = action.bytes,
      .client_data = {},
      .backend_data = {},
      .started = started,
      .client_local = {},
      .backend_local = {},
      .rate = action.duration > absl::ZeroDuration()
                  ? static_cast<int64_t>(static_cast<double>(action.bytes) /
                                         absl::ToDoubleSeconds(action.duration))
                  : 0};
  worker_.events().Add(event);
}

}  // namespace pinnace::gateway
