// A gateway whose backends are lost under running sessions, and replaced.
#include <string>
#include <vector>

#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

class FailoverTest : public GatewayTest {
 protected:
  FailoverTest() {
    options_.workers = 1;  // Its round robin then has one order.
    farm_.failover.replace_backend = true;
    farm_.failover.resume_downloads = true;
  }

  // The one that the first session meets, which dies in its first download, and
  // the one that is left.
  void StartTwo(const std::string& first_time, const std::string& second_time) {
    std::vector<PlainBackend*> both;
    for (const std::string& time : {first_time, second_time}) {
      PlainBackend::Behaviour behaviour;
      behaviour.dies_in_download = both.empty();
      behaviour.answers["SIZE"] = absl::StrCat("213 ", content_.size());
      behaviour.answers["MDTM"] = absl::StrCat("213 ", time);
      behaviour.answers["PWD"] = "257 \"/in\" is it";
      both.push_back(&AddBackend(kLoopback, behaviour));
      both.back()->SetFile("file", content_);
    }
    Start();
    dying_ = both[0];
    left_ = both[1];
  }

  int64_t Counted(metrics::Counter counter) const {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }

  const std::string content_ = [] {
    std::string content;
    while (content.size() < 3'000'000) {
      absl::StrAppend(&content, "line ", content.size(), "\n");
    }
    return content;
  }();
  PlainBackend* dying_ = nullptr;
  PlainBackend* left_ = nullptr;
};

TEST_F(FailoverTest, ADownloadGoesOnFromAnotherBackend) {
  StartTwo("20260101120000", "20260101120000");
  PlainClient client(ipv4());
  client.Login();
  EXPECT_EQ(client.Command("TYPE I"), "200 OK");
  EXPECT_EQ(client.Command("CWD in"), "200 OK");
  std::string content;
  EXPECT_EQ(client.Download(Mode::kEpsv, "RETR file", &content), "226 Done");
  EXPECT_TRUE(content == content_) << content.size() << " bytes";
  EXPECT_THAT(dying_->verbs(), Contains("RETR"));
  // With REST, unless the loss was heard of before the first byte had gone.
  EXPECT_THAT(left_->verbs(), Contains("RETR"));
  EXPECT_EQ(Counted(metrics::Counter::kDownloadsResumed), 1);
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
  EXPECT_EQ(client.Command("QUIT"), "221 Goodbye.");
}

TEST_F(FailoverTest, NotOfAnotherFile) {
  StartTwo("20260101120000", "20260101120001");
  PlainClient client(ipv4());
  client.Login();
  EXPECT_EQ(client.Command("TYPE I"), "200 OK");
  std::string content;
  EXPECT_THAT(client.Download(Mode::kPasv, "RETR file", &content),
              StartsWith("426"));
  EXPECT_LT(content.size(), content_.size());
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
  EXPECT_EQ(Counted(metrics::Counter::kBackendsReplaced), 1);
}

TEST_F(FailoverTest, AnIdleSessionAndItsDataPathMoveOn) {
  StartTwo("20260101120000", "20260101120000");
  PlainClient client(ipv4());
  client.Login();
  ASSERT_TRUE(client.OpenData(Mode::kPasv));
  BlockingSocket data = client.TakeData();
  dying_->Stop();
  EXPECT_THAT(client.Command("RETR file"), StartsWith("150"));
  EXPECT_TRUE(data.ReceiveToEnd() == content_);
  EXPECT_EQ(client.Reply(), "226 Done");
}

TEST_F(FailoverTest, WithNobodyLeftTheClientHears421) {
  StartTwo("20260101120000", "20260101120000");
  PlainClient client(ipv4());
  client.Login();
  left_->Stop();
  dying_->Stop();
  EXPECT_THAT(client.Command("PWD"),
              StartsWith("421 The backend was lost. No backend is available"));
}

}  // namespace
}  // namespace pinnace::integration
