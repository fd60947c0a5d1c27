// A process that commits without end is killed at any moment: what it said was
// committed is there, and the commit it was in is there whole or not at all.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "control-plane/store/sqlite_store.h"
#include "gtest/gtest.h"

namespace pinnace::store {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);
constexpr int kRounds = 25;
constexpr int kKeys = 12;

// What the store must hold after each commit, told by its number alone: commit
// n makes version n.
class Model {
 public:
  explicit Model(uint64_t seed) : seed_(seed) {}

  uint64_t version() const { return version_; }
  const std::map<std::string, Record>& records() const { return records_; }

  // The next commit: one to four keys, put or deleted.
  std::vector<Write> Next() {
    std::mt19937_64 random(seed_ + ++version_);
    std::vector<Write> writes;
    const size_t count = 1 + random() % 4;
    while (writes.size() < count) {
      const std::string key = absl::StrCat("k", random() % kKeys);
      if (std::any_of(writes.begin(), writes.end(),
                      [&](const Write& write) { return write.key == key; })) {
        continue;
      }
      writes.push_back(NextOf(key, random()));
    }
    return writes;
  }

 private:
  Write NextOf(const std::string& key, uint64_t random) {
    auto found = records_.find(key);
    const bool is_there = found != records_.end();
    Write write = {.key = key,
                   .expected_version = is_there ? found->second.version : 0};
    if (is_there && random % 3 == 0) {
      records_.erase(found);
      return write;
    }
    write.value =
        std::string(random % 9000, static_cast<char>('a' + random % 26));
    records_[key] = {key, *write.value, version_};
    return write;
  }

  const uint64_t seed_;
  uint64_t version_ = 0;
  std::map<std::string, Record> records_;
};

// Never returns: commits on from what is there, and tells each version.
[[noreturn]] void CommitForever(const std::string& path, uint64_t seed,
                                int tell) {
  auto store = SqliteStore::Open(path, kNow);
  if (!store.ok()) _exit(1);
  const absl::StatusOr<Contents> contents = (*store)->ReadAll();
  if (!contents.ok()) _exit(2);
  Model model(seed);
  while (model.version() < contents->version) model.Next();
  while (true) {
    const absl::StatusOr<uint64_t> version =
        (*store)->Commit(model.Next(), {.time = kNow, .actor = "child"});
    if (!version.ok() || *version != model.version()) _exit(3);
    if (write(tell, &*version, sizeof *version) != sizeof *version) _exit(4);
  }
}

// Kills a child after `wanted` commits and a moment; the last it told of.
uint64_t KilledAfter(const std::string& path, uint64_t seed, int wanted,
                     absl::Duration moment) {
  int tell[2];
  EXPECT_EQ(pipe(tell), 0);
  const pid_t child = fork();
  if (child == 0) CommitForever(path, seed, tell[1]);
  close(tell[1]);
  uint64_t acknowledged = 0;
  for (int i = 0; i < wanted; ++i) {
    if (read(tell[0], &acknowledged, sizeof acknowledged) <= 0) break;
  }
  absl::SleepFor(moment);  // To be anywhere in a commit.
  kill(child, SIGKILL);
  while (read(tell[0], &acknowledged, sizeof acknowledged) > 0) {
  }
  close(tell[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
  return acknowledged;
}

TEST(SqliteCrashTest, NoAcknowledgedCommitIsLostAndNoneIsHalfThere) {
  const std::string path = testing::TempDir() + "/crash.db";
  for (const char* end : {"", "-wal", "-shm"}) {
    std::remove((path + end).c_str());
  }
  const uint64_t seed = std::random_device()();
  std::mt19937_64 random(seed);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t acknowledged = KilledAfter(
        path, seed, 1 + random() % 40, absl::Microseconds(random() % 3000));
    auto store = SqliteStore::Open(path, kNow);
    ASSERT_TRUE(store.ok()) << store.status();
    const absl::StatusOr<Contents> contents = (*store)->ReadAll();
    ASSERT_TRUE(contents.ok()) << contents.status();
    ASSERT_GE(contents->version, acknowledged);
    ASSERT_LE(contents->version, acknowledged + 1);
    Model model(seed);
    while (model.version() < contents->version) model.Next();
    ASSERT_EQ(contents->records.size(), model.records().size());
    for (const Record& record : contents->records) {
      const Record& wanted = model.records().at(record.key);
      ASSERT_EQ(record.value, wanted.value) << record.key;
      ASSERT_EQ(record.version, wanted.version) << record.key;
    }
    const auto audit = (*store)->ReadAudit({.limit = 1});
    ASSERT_TRUE(audit.ok()) << audit.status();
    ASSERT_EQ((*audit)[0].version, contents->version);
    ASSERT_EQ((*audit)[0].id, contents->version);
  }
}

}  // namespace
}  // namespace pinnace::store
