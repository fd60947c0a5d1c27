// A dial without descriptors. By itself, and not under sanitizers: they need
// some to look at memory.
#include <sys/resource.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/io/dial.h"
#include "proxy/io/errno_status.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

TEST(DialShortageTest, WithoutDescriptorsItIsOurOwnFault) {
  Loop loop;
  Socket listener = ListenOutside();
  const Address address = listener.LocalAddress().value();
  const Address closed = ListenOutside().LocalAddress().value();
  std::optional<absl::StatusOr<Connected>> result;
  std::unique_ptr<Dial> dial;
  const auto dial_to = [&](const Address& target) {
    result.reset();
    dial = Dial::Start(
        loop, target, {.deadline = loop.now() + absl::Seconds(5)},
        [&](absl::StatusOr<Connected> told) { result = std::move(told); });
    return TurnUntil(loop, [&] { return result.has_value(); });
  };
  rlimit former;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &former), 0);
  const rlimit none = {.rlim_cur = 3, .rlim_max = former.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool done = dial_to(address);
  setrlimit(RLIMIT_NOFILE, &former);
  ASSERT_TRUE(done);
  EXPECT_EQ(
      result->status().message(),
      absl::StrCat("connect to ", address.ToString(), ": Too many open files"));
  EXPECT_TRUE(IsOwnFault(result->status()));
  ASSERT_TRUE(dial_to(closed));
  EXPECT_FALSE(result->ok());
  EXPECT_FALSE(IsOwnFault(result->status()));
}

}  // namespace
}  // namespace pinnace::io
