// The data paths of a session: leases, listeners, dials, the relay.
#include <algorithm>
#include <memory>
#include <utility>

#include "tests/simulation/model_shell.h"

namespace pinnace::simulation {

using session::DataPathId;
using session::Direction;
using session::Leg;
using session::LegFault;
using session::Session;
using session::Turn;

namespace {

const absl::Duration kLongestSilence = absl::Minutes(1);

}  // namespace

void ModelShell::OnDataAccepted(DataPathId path, const IpAddress& from,
                                DataLegPtr leg) {
  if (path_.id != path) {
    leg->got_reset = true;
    return;
  }
  path_.lease = Lease::kNone;
  path_.mistaken = leg->session != id();
  OpenLeg(path, Leg::kClient, {from, 40001}, std::move(leg));
}

void ModelShell::OnLeaseGranted(DataPathId path, const IpAddress& source,
                                uint16_t port) {
  if (path_.id != path || path_.lease != Lease::kWaiting) {
    gateway_.leases().Release({id(), path}, source, port);
    return;
  }
  path_.lease = Lease::kHeld;
  path_.port = port;
  rules_.OnLease();
  Deliver(
      [&](Session& session, Turn& turn) { session.OnLease(path, port, turn); });
}

void ModelShell::Do(const session::TakeLease& action) {
  path_.id = action.path;
  const ports::LeaseTable::Taken taken = gateway_.leases().Take(
      {id(), action.path}, session_.start().client.ip, action.slice);
  std::optional<uint16_t> port;
  auto why = session::LeaseRefusal::kPoolFull;
  switch (taken.outcome) {
    case ports::LeaseTable::Outcome::kWaiting:
      path_.lease = Lease::kWaiting;
      return;
    case ports::LeaseTable::Outcome::kGranted:
      path_.lease = Lease::kHeld;
      path_.port = taken.port;
      port = taken.port;
      break;
    case ports::LeaseTable::Outcome::kRefused:
      break;
    case ports::LeaseTable::Outcome::kTooManyPending:
      why = session::LeaseRefusal::kTooManyPending;
      break;
  }
  agenda_.After(absl::ZeroDuration(), [this, path = action.path, port, why] {
    if (path_.id != path) return;
    rules_.OnLease();
    Deliver([&](Session& session, Turn& turn) {
      session.OnLease(path, port, turn, why);
    });
  });
}

void ModelShell::Do(const session::ListenForBackend& action) {
  path_.id = action.path;
  std::optional<Address> address;
  if (!random_.OneIn(20)) {
    path_.listening = gateway_.NextListeningPort();
    address = {IpAddress::FromIpv4({10, 0, 0, 254}), path_.listening};
  }
  agenda_.After(absl::ZeroDuration(), [this, path = action.path, address,
                                       relay = path_.relay_number] {
    if (!IsRelay(path, relay)) return;
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendListening(path, address, turn);
    });
  });
}

bool ModelShell::AcceptFromBackend(uint16_t port, DataLegPtr leg) {
  if (session_.has_ended() || path_.id == 0 || path_.listening != port ||
      path_.backend != nullptr) {
    return false;
  }
  const DataPathId path = path_.id;
  agenda_.After(absl::ZeroDuration(),
                [this, path, leg = std::move(leg), relay = path_.relay_number] {
                  if (!IsRelay(path, relay))
                    return CloseLeg(leg, session::Closing::kReset);
                  OpenLeg(path, Leg::kBackend, {IpAddress(), 20}, leg);
                });
  return true;
}

void ModelShell::OpenLeg(DataPathId path, Leg leg, const Address& from,
                         DataLegPtr end) {
  (leg == Leg::kClient ? path_.client : path_.backend) = std::move(end);
  rules_.OnLegOpen(leg);
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegOpen(path, leg, from, turn);
  });
}

void ModelShell::FailLeg(DataPathId path, Leg leg) {
  rules_.OnLegFailed(leg);
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegFailed(path, leg, "connection refused", turn);
  });
}

void ModelShell::Do(const session::DialBackend& action) {
  path_.id = action.path;
  ModelBackend* server = gateway_.BackendAt(action.target.ip);
  if (server == nullptr) return Fault("the gateway is sent to a third host");
  const absl::Duration delay = random_.Delay(
      random_.OneIn(15) ? absl::Seconds(25) : absl::Milliseconds(100));
  agenda_.After(delay, [this, path = action.path, server,
                        target = action.target, relay = path_.relay_number] {
    if (!IsRelay(path, relay)) return;
    const DataLegPtr leg = std::make_shared<DataLeg>();
    ModelBackend::Connection* listener = server->ListenerOf(target.port);
    if (listener == nullptr || !listener->AcceptData(leg)) {
      return FailLeg(path, Leg::kBackend);
    }
    OpenLeg(path, Leg::kBackend, target, leg);
  });
}

void ModelShell::Do(const session::DialClient& action) {
  agenda_.After(random_.Delay(absl::Seconds(1)),
                [this, path = action.path, target = action.target] {
                  if (path_.id != path) return;
                  const DataLegPtr leg = std::make_shared<DataLeg>();
                  if (!client_->AcceptActive(target.port, leg)) {
                    return FailLeg(path, Leg::kClient);
                  }
                  OpenLeg(path, Leg::kClient, target, leg);
                });
}

void ModelShell::Do(const session::StartRelay& action) {
  path_.relaying = true;
  path_.asked = action;
  path_.pause = absl::Milliseconds(20);
  if (action.client_protected != audit_.data_is_private()) {
    Fault("the client's leg is not as its PROT");
  }
  if (action.backend_protected != backend_->is_private() &&
      !backend_->babbles()) {
    Fault("the backend's leg is not as its PROT");
  }
  if (action.client_protected || action.backend_protected) {
    return ShakeDataHands(action.path);
  }
  LookAgain(action.path, absl::ZeroDuration());
}

void ModelShell::LookAgain(DataPathId path, absl::Duration after) {
  agenda_.After(after, [this, path, relay = path_.relay_number] {
    if (IsRelay(path, relay)) Relay(path);
  });
}

void ModelShell::Relay(DataPathId path) {
  if (path_.id != path || session_.has_ended()) return;
  const bool download = is_download();
  DataLeg& from = download ? *path_.backend : *path_.client;
  DataLeg& to = download ? *path_.client : *path_.backend;
  const Leg source = download ? Leg::kBackend : Leg::kClient;
  const Leg sink = download ? Leg::kClient : Leg::kBackend;
  if (to.peer_gone ||
      (to.breaks_at.has_value() && to.received >= *to.breaks_at)) {
    to.peer_gone = true;
    return BreakRelay(path, sink, LegFault::kBroken);
  }
  if (from.peer_gone) return BreakRelay(path, source, LegFault::kBroken);
  const bool is_silent =
      !from.source.has_value() ||
      (from.source->stalls && from.sent == from.source->bytes());
  if (is_silent) {
    path_.pause = std::min(path_.pause * 2, kLongestSilence);
    return LookAgain(path, path_.pause);
  }
  if (!path_.begin.has_value()) path_.begin = from.source->begin;
  const int64_t left = from.source->bytes() - from.sent;
  const int64_t size = std::min<int64_t>(left, 1 + random_.Below(4000));
  const int64_t most = path_.asked.max_bytes;
  if (most > 0 && path_.moved + size > most) {
    return BreakRelay(path, source, LegFault::kTooLarge);
  }
  for (int64_t i = 0; i < size; ++i) {
    to.checksum +=
        DataLeg::ByteAt(from.source->tag, from.source->begin + from.sent++);
  }
  to.received += size;
  path_.moved += size;
  if (size < left) {
    return LookAgain(path,
                     random_.Delay(random_.OneIn(30) ? absl::Minutes(3)
                                                     : absl::Milliseconds(50)));
  }
  if (from.source->stalls) return LookAgain(path, path_.pause);
  if (from.source->breaks) {
    from.peer_gone = true;
    if (from.changed) from.changed();
    return BreakRelay(path, source, LegFault::kBroken);
  }
  const bool is_protected =
      download ? path_.asked.backend_protected : path_.asked.client_protected;
  if (from.source->truncates && is_protected &&
      !path_.asked.tolerates_missing_close_notify) {
    from.peer_gone = true;
    return BreakRelay(path, source, LegFault::kTruncated);
  }
  EndRelay(path);
}

void ModelShell::Do(const session::PassEnd& action) {
  agenda_.After(absl::ZeroDuration(),
                [this, path = action.path, relay = path_.relay_number] {
                  if (IsRelay(path, relay)) PassEndOn(path);
                });
}

void ModelShell::Do(const session::DropBackendLeg& action) {
  if (path_.id != action.path) return;
  CloseLeg(std::exchange(path_.backend, nullptr), session::Closing::kReset);
  ++path_.relay_number;
  path_.listening = 0;
}

void ModelShell::EndRelay(DataPathId path) {
  if (!path_.asked.holds_end) return PassEndOn(path);
  Deliver([this, path](Session& session, Turn& turn) {
    session.OnSourceEnded(path, path_.moved, turn);
  });
}

void ModelShell::PassEndOn(DataPathId path) {
  const bool download = is_download();
  (download ? path_.client : path_.backend)->got_end = true;
  path_.done = true;
  for (const DataLegPtr& leg : {path_.client, path_.backend}) {
    if (leg->changed) leg->changed();
  }
  Deliver([this, path](Session& session, Turn& turn) {
    session.OnRelayDone(path, path_.moved, turn);
  });
}

void ModelShell::BreakRelay(DataPathId path, Leg leg, LegFault fault) {
  Deliver([this, path, leg, fault](Session& session, Turn& turn) {
    session.OnRelayBroken(path, leg, fault, "model", path_.moved, turn);
  });
}

void ModelShell::CloseLeg(const DataLegPtr& leg, session::Closing how) {
  if (leg == nullptr || leg->is_closed()) return;
  if (how == session::Closing::kReset) {
    leg->got_reset = true;
  } else {
    // A plain close() looks like the end of the file.
    leg->got_early_end = true;
  }
  if (leg->changed) leg->changed();
}

void ModelShell::Do(const session::CloseDataPath& action) {
  ClosePath(action.how);
}

void ModelShell::ClosePath(session::Closing how) {
  if (path_.lease != Lease::kNone) {
    gateway_.leases().Release(
        {id(), path_.id}, session_.start().client.ip,
        path_.lease == Lease::kHeld ? path_.port : uint16_t{0});
  }
  CloseLeg(path_.client, how);
  CloseLeg(path_.backend, how);
  path_ = Path();
}

// What is not so about the transfer that is just reported as done.
std::string ModelShell::WhatIsUntrue() const {
  if (!path_.done) return "success before the last byte has gone";
  const bool download = is_download();
  const DataLeg& from = download ? *path_.backend : *path_.client;
  const DataLeg& to = download ? *path_.client : *path_.backend;
  if (!to.got_end) return "success without an end of file";
  const int64_t begin = path_.begin.value_or(0);
  if (to.received != from.source->size - begin ||
      to.checksum != DataLeg::Checksum(*from.source, begin)) {
    return "success, but the content is another";
  }
  ++(download ? gateway_.tally().downloads : gateway_.tally().uploads);
  return "";
}

}  // namespace pinnace::simulation
