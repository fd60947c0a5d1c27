#include "cli/local_drains.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace pinnace::cli {

const v1::Backend* LocalDrains::Find(const std::string& id) const {
  for (const v1::Farm& farm : of_file_.farms()) {
    for (const v1::Backend& backend : farm.backends()) {
      if (backend.id() == id) return &backend;
    }
  }
  return nullptr;
}

void LocalDrains::Load(const v1::Snapshot& snapshot) {
  of_file_ = snapshot;
  for (auto drained = drained_.begin(); drained != drained_.end();) {
    const v1::Backend* backend = Find(drained->first);
    const bool is_same =
        backend != nullptr && backend->address() == drained->second;
    drained = is_same ? std::next(drained) : drained_.erase(drained);
  }
}

absl::Status LocalDrains::Drain(const std::string& id) {
  const v1::Backend* backend = Find(id);
  if (backend == nullptr) {
    return absl::NotFoundError(absl::StrCat("no backend ", id));
  }
  if (backend->state() == v1::Backend::STATE_DRAINING ||
      !drained_.emplace(id, backend->address()).second) {
    return absl::FailedPreconditionError(
        absl::StrCat("backend ", id, " is drained already"));
  }
  return absl::OkStatus();
}

absl::Status LocalDrains::Resume(const std::string& id) {
  const v1::Backend* backend = Find(id);
  if (backend == nullptr) {
    return absl::NotFoundError(absl::StrCat("no backend ", id));
  }
  if (drained_.erase(id) > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "backend ", id,
      backend->state() == v1::Backend::STATE_DRAINING
          ? " is drained by the configuration file: change it there"
          : " is not drained"));
}

v1::Snapshot LocalDrains::Snapshot() const {
  v1::Snapshot snapshot = of_file_;
  for (v1::Farm& farm : *snapshot.mutable_farms()) {
    for (v1::Backend& backend : *farm.mutable_backends()) {
      if (drained_.count(backend.id()) > 0) {
        backend.set_state(v1::Backend::STATE_DRAINING);
      }
    }
  }
  return snapshot;
}

}  // namespace pinnace::cli
