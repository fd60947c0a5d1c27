// Sessions, transfers, pins and bans.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/admin/json.h"
#include "proxy/admin/routes.h"
#include "proxy/admin/session_list.h"
#include "proxy/base/printable.h"
#include "proxy/base/steady_clock.h"
#include "proxy/control/gateway_facts.h"
#include "proxy/snapshot/ban_message.h"
#include "proxy/snapshot/ban_request.h"

namespace pinnace::admin {
namespace {

absl::StatusOr<SessionId> SessionIdOf(const std::string& text) {
  SessionId id = 0;
  if (absl::SimpleAtoi(text, &id)) return id;
  return absl::InvalidArgumentError(
      absl::StrCat("not a session id: ", Printable(text, 64)));
}

Response NoSession(SessionId id) {
  return Error(404, absl::StrCat("no session ", id));
}

}  // namespace

Response Routes::Sessions(Call& call) {
  const v1::ListSessionsResponse list =
      SessionPage(gateway_.Sessions(), options_.about.name(), call.query);
  return call.query.status().ok() ? Answer(list) : Error(call.query.status());
}

Response Routes::Transfers(Call& call) {
  const v1::ListTransfersResponse list =
      TransferPage(gateway_.Sessions(), options_.about.name(), call.query);
  return call.query.status().ok() ? Answer(list) : Error(call.query.status());
}

Response Routes::Session(Call& call) {
  const absl::StatusOr<SessionId> id = SessionIdOf(call.argument);
  if (!id.ok()) return Error(id.status());
  const std::optional<session::SessionFacts> facts = gateway_.FindSession(*id);
  if (!facts.has_value()) return NoSession(*id);
  v1::Session session = control::SessionMessage(*facts);
  session.set_gateway(options_.about.name());
  return Answer(session);
}

Response Routes::Timeline(Call& call) {
  const absl::StatusOr<SessionId> id = SessionIdOf(call.argument);
  if (!id.ok()) return Error(id.status());
  const uint64_t after = call.query.Number("after", 0, UINT64_MAX, 0);
  if (!call.query.status().ok()) return Error(call.query.status());
  const auto entries = gateway_.TimelineOf(*id, after);
  if (!entries.has_value()) return NoSession(*id);
  v1::GetTimelineResponse timeline;
  for (const gateway::TimelineEntry& entry : *entries) {
    *timeline.add_entries() = control::TimelineEntryMessage(entry);
  }
  return Answer(timeline);
}

Response Routes::KillSession(Call& call) {
  const absl::StatusOr<SessionId> id = SessionIdOf(call.argument);
  if (!id.ok()) return Error(id.status());
  return gateway_.KillSession(*id) ? Done() : NoSession(*id);
}

Response Routes::Pins(Call& call) {
  const std::string q = call.query.Text("q");
  const Query::Page page = call.query.PageOf();
  if (!call.query.status().ok()) return Error(call.query.status());
  std::vector<std::pair<std::string, fleet::PinTable::Pin>> pins;
  for (fleet::PinTable::Pin& pin : gateway_.Pins()) {
    std::string key = pin.Key();
    if (!absl::StrContains(key, q) && !absl::StrContains(pin.backend, q)) {
      continue;
    }
    pins.emplace_back(std::move(key), std::move(pin));
  }
  std::sort(pins.begin(), pins.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  v1::ListPinsResponse list;
  const auto size = static_cast<int64_t>(pins.size());
  for (int64_t i = page.offset; i < std::min(size, page.offset + page.limit);
       ++i) {
    v1::Pin& pin = *list.add_pins();
    pin = control::PinMessage(pins[static_cast<size_t>(i)].second);
    pin.set_gateway(options_.about.name());
  }
  return Answer(list);
}

Response Routes::DeletePin(Call& call) {
  if (gateway_.DeletePin(call.argument)) return Done();
  return Error(404, absl::StrCat("no pin ", Printable(call.argument, 256)));
}

Response Routes::Bans(Call&) {
  v1::ListBansResponse list;
  for (const guard::Ban& ban : gateway_.guard().bans().List(SteadyNow())) {
    *list.add_bans() = snapshot::BanMessage(ban);
  }
  std::sort(
      list.mutable_bans()->begin(), list.mutable_bans()->end(),
      [](const v1::Ban& a, const v1::Ban& b) { return a.key() < b.key(); });
  return Answer(list);
}

Response Routes::AddBan(Call& call) {
  v1::AddBanRequest request;
  const absl::Status parsed = FromJson(call.request.body, request);
  if (!parsed.ok()) return Error(parsed);
  absl::StatusOr<guard::Ban> ban = snapshot::BanOf(request, SteadyNow());
  if (!ban.ok()) return Error(ban.status());
  return Answer(
      snapshot::BanMessage(gateway_.guard().bans().Add(*std::move(ban))));
}

Response Routes::LiftBan(Call& call) {
  if (gateway_.guard().bans().Lift(call.argument, SteadyNow())) return Done();
  return Error(404, absl::StrCat("no ban ", Printable(call.argument, 256)));
}

}  // namespace pinnace::admin
