// The world of a scripted session, as its settings choose it: TLS, farms,
// failover, policies, guards. For tests only. One thread.
#ifndef PINNACE_TESTS_FUZZ_SESSION_WORLD_H_
#define PINNACE_TESTS_FUZZ_SESSION_WORLD_H_

#include <memory>
#include <vector>

#include "proxy/policy/policy.h"
#include "proxy/session/session.h"
#include "tests/fuzz/session_script.h"
#include "tests/support/test_world.h"

namespace pinnace::fuzz {

// Farms, options and guards of `world`; the session that starts in it.
session::Session::Start SetUp(const Settings& settings,
                              testing::TestWorld& world);

// Null: none.
std::shared_ptr<const policy::PolicySet> PoliciesOf(int which);

// `which` backend begins to drain, goes, or is as it was: true if the sessions
// have to be told.
enum class BackendChange : uint8_t { kDrain, kGo, kResume, kCount };
bool ChangeBackend(int which, BackendChange how, testing::TestWorld& world);

}  // namespace pinnace::fuzz

#endif  // PINNACE_TESTS_FUZZ_SESSION_WORLD_H_
