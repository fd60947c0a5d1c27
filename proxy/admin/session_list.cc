#include "proxy/admin/session_list.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/control/gateway_facts.h"

namespace pinnace::admin {
namespace {

using session::SessionFacts;

constexpr Parameter kFilters[] = {
    {"user", ParameterType::kText, "only of this user, its whole name"},
    {"client", ParameterType::kText,
     "only of this IP address, or of this network (10.0.0.0/8)"},
    {"backend", ParameterType::kText, "only on this backend"},
    {"farm", ParameterType::kText, "only of this farm"},
    {"phase", ParameterType::kText, "only in this phase: \"ready\", ..."},
    {"q", ParameterType::kText,
     "only with this text in the user, client, backend, farm or id"},
};
constexpr Parameter kPage[] = {
    {"limit", ParameterType::kNumber, "rows: 1 to 1000; 100 when not given"},
    {"offset", ParameterType::kNumber, "rows that are left out before them"},
};

std::vector<Parameter> ListParameters(const char* order_by) {
  std::vector<Parameter> all(std::begin(kFilters), std::end(kFilters));
  all.push_back({"order_by", ParameterType::kText, order_by});
  all.insert(all.end(), std::begin(kPage), std::end(kPage));
  return all;
}

// Negative, 0 or positive, as the first stands before, with or behind the
// second.
using Compare = int (*)(const SessionFacts& a, const SessionFacts& b);

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// As a function pointer: C++20's lambdas may be arguments of templates.
template <auto value>
int By(const SessionFacts& a, const SessionFacts& b) {
  return Order(value(a), value(b));
}

struct Field {
  absl::string_view name;
  Compare compare;
};

constexpr Field kSessionFields[] = {
    {"id", &By<[](const SessionFacts& s) { return s.id; }>},
    {"user",
     &By<[](const SessionFacts& s) -> const std::string& { return s.user; }>},
    {"client", &By<[](const SessionFacts& s) {
       return std::pair(s.client.ip, s.client.port);
     }>},
    {"backend", &By<[](const SessionFacts& s) -> const std::string& {
       return s.backend;
     }>},
    {"farm",
     &By<[](const SessionFacts& s) -> const std::string& { return s.farm; }>},
    {"phase",
     &By<[](const SessionFacts& s) -> const std::string& { return s.phase; }>},
    {"started", &By<[](const SessionFacts& s) { return s.started; }>},
    {"last_command", &By<[](const SessionFacts& s) { return s.last_command; }>},
    {"commands", &By<[](const SessionFacts& s) { return s.commands; }>},
    {"transfers", &By<[](const SessionFacts& s) { return s.transfers; }>},
    {"bytes", &By<[](const SessionFacts& s) {
       return s.bytes_to_client + s.bytes_to_backend;
     }>},
};
constexpr Field kTransferFields[] = {
    {"session", &By<[](const SessionFacts& s) { return s.id; }>},
    {"bytes", &By<[](const SessionFacts& s) { return s.transfer->bytes; }>},
    {"rate", &By<[](const SessionFacts& s) { return s.transfer->rate; }>},
    {"started", &By<[](const SessionFacts& s) { return s.transfer->started; }>},
};

struct Filter {
  explicit Filter(Query& query)
      : user(query.Text("user")),
        client(query.Network("client")),
        backend(query.Text("backend")),
        farm(query.Text("farm")),
        phase(query.Text("phase")),
        q(absl::AsciiStrToLower(query.Text("q"))) {}

  bool Admits(const SessionFacts& facts) const {
    return (user.empty() || facts.user == user) &&
           (!client.has_value() || client->Contains(facts.client.ip)) &&
           (backend.empty() || facts.backend == backend) &&
           (farm.empty() || facts.farm == farm) &&
           (phase.empty() || facts.phase == phase) &&
           (q.empty() || HasText(facts));
  }
  bool HasText(const SessionFacts& facts) const {
    const auto has = [this](const std::string& text) {
      return absl::StrContains(absl::AsciiStrToLower(text), q);
    };
    return has(facts.user) || has(facts.client.ToString()) ||
           has(facts.backend) || has(facts.farm) || has(absl::StrCat(facts.id));
  }

  const std::string user;
  const std::optional<Cidr> client;
  const std::string backend;
  const std::string farm;
  const std::string phase;
  const std::string q;  // in lower case
};

// The rows of the page in their order, and how many there are on all pages.
struct Selected {
  std::vector<const SessionFacts*> rows;
  int64_t total = 0;
};

template <typename Admits>
Selected Select(const std::vector<SessionFacts>& sessions, Admits admits,
                absl::Span<const Field> fields, Query& query) {
  std::vector<absl::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  const Query::Order order = query.OrderBy("order_by", names);
  const Query::Page page = query.PageOf();
  Selected selected;
  if (!query.status().ok()) return selected;
  for (const SessionFacts& facts : sessions) {
    if (admits(facts)) selected.rows.push_back(&facts);
  }
  selected.total = static_cast<int64_t>(selected.rows.size());
  const Compare compare = fields[order.field].compare;
  std::sort(selected.rows.begin(), selected.rows.end(),
            [&](const SessionFacts* a, const SessionFacts* b) {
              const int which = compare(*a, *b);
              // The same on every page.
              if (which == 0) return a->id < b->id;
              return order.descending ? which > 0 : which < 0;
            });
  const auto begin = std::min(page.offset, selected.total);
  const auto end = std::min(begin + page.limit, selected.total);
  selected.rows = {selected.rows.begin() + begin, selected.rows.begin() + end};
  return selected;
}

}  // namespace

std::vector<Parameter> SessionParameters() {
  return ListParameters(
      "id (when not given), user, client, backend, farm, phase, started, "
      "last_command, commands, transfers or bytes; \" desc\" behind it turns "
      "it round");
}

std::vector<Parameter> TransferParameters() {
  return ListParameters(
      "session (when not given), bytes, rate or started; \" desc\" behind it "
      "turns it round");
}

v1::ListSessionsResponse SessionPage(const std::vector<SessionFacts>& sessions,
                                     const std::string& gateway, Query& query) {
  const Filter filter(query);
  const Selected selected = Select(
      sessions,
      [&filter](const SessionFacts& facts) { return filter.Admits(facts); },
      kSessionFields, query);
  v1::ListSessionsResponse list;
  list.set_total(selected.total);
  for (const SessionFacts* facts : selected.rows) {
    v1::Session& session = *list.add_sessions();
    session = control::SessionMessage(*facts);
    session.set_gateway(gateway);
  }
  return list;
}

v1::ListTransfersResponse TransferPage(
    const std::vector<SessionFacts>& sessions, const std::string& gateway,
    Query& query) {
  const Filter filter(query);
  const Selected selected = Select(
      sessions,
      [&filter](const SessionFacts& facts) {
        return facts.transfer.has_value() && filter.Admits(facts);
      },
      kTransferFields, query);
  v1::ListTransfersResponse list;
  list.set_total(selected.total);
  for (const SessionFacts* facts : selected.rows) {
    v1::RunningTransfer& transfer = *list.add_transfers();
    transfer.set_gateway(gateway);
    transfer.set_session(facts->id);
    transfer.set_user(facts->user);
    transfer.set_client(facts->client.ToString());
    transfer.set_farm(facts->farm);
    transfer.set_backend(facts->backend);
    *transfer.mutable_transfer() = control::TransferMessage(*facts->transfer);
  }
  return list;
}

}  // namespace pinnace::admin
