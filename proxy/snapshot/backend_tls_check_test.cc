#include "proxy/snapshot/backend_tls_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace pinnace::snapshot {
namespace {

std::string ProblemsOf(const std::string& text) {
  v1::BackendTls tls;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &tls));
  FieldProblems problems;
  CheckBackendTls(tls, "farm.backend_tls", problems);
  return absl::StrJoin(
      problems, "\n", [](std::string* out, const FieldProblem& problem) {
        absl::StrAppend(out, problem.field, ": ", problem.problem);
      });
}

TEST(BackendTlsCheckTest, TakesWhatMakesSense) {
  for (const char* text : {
           "",
           "mode: MODE_NONE",
           "mode: MODE_NONE data_protection: DATA_PROTECTION_SAME",
           "mode: MODE_EXPLICIT",
           "mode: MODE_IMPLICIT ca: '/ca' cert: '/cert' key: '/key'",
           "mode: MODE_EXPLICIT data_protection: DATA_PROTECTION_CLEAR",
           "mode: MODE_EXPLICIT data_protection: DATA_PROTECTION_PRIVATE",
           "mode: MODE_EXPLICIT skip_verification: true server_name: 'a.b-c_d'",
           "mode: MODE_EXPLICIT server_name: '10.0.0.1'",
           "mode: MODE_EXPLICIT server_name: '2001:db8::1'",
       }) {
    EXPECT_EQ(ProblemsOf(text), "") << text;
  }
}

TEST(BackendTlsCheckTest, NothingIsSetWithoutAMode) {
  for (const char* mode : {"", "mode: MODE_NONE "}) {
    const auto problems = [mode](const char* rest) {
      return ProblemsOf(absl::StrCat(mode, rest));
    };
    EXPECT_EQ(problems("ca: '/ca'"),
              "farm.backend_tls.ca: needs backend_tls.mode");
    EXPECT_EQ(problems("server_name: 'a'"),
              "farm.backend_tls.server_name: needs backend_tls.mode");
    EXPECT_EQ(problems("skip_verification: true"),
              "farm.backend_tls.skip_verification: needs backend_tls.mode");
    EXPECT_EQ(problems("cert: '/c' key: '/k'"),
              "farm.backend_tls.cert: needs backend_tls.mode\n"
              "farm.backend_tls.key: needs backend_tls.mode");
    EXPECT_EQ(problems("data_protection: DATA_PROTECTION_CLEAR"),
              "farm.backend_tls.data_protection: needs backend_tls.mode");
    EXPECT_EQ(problems("data_protection: DATA_PROTECTION_PRIVATE"),
              "farm.backend_tls.data_protection: needs backend_tls.mode");
  }
}

TEST(BackendTlsCheckTest, NamesTheFieldThatIsWrong) {
  const auto problems = [](absl::string_view rest) {
    return ProblemsOf(absl::StrCat("mode: MODE_EXPLICIT ", rest));
  };
  EXPECT_EQ(ProblemsOf("mode: 7"), "farm.backend_tls.mode: unknown value 7");
  EXPECT_EQ(problems("data_protection: 7"),
            "farm.backend_tls.data_protection: unknown value 7");
  const std::string must =
      "must be an absolute path of at most 4096 characters, not ";
  EXPECT_EQ(problems("ca: 'ca.pem'"),
            absl::StrCat("farm.backend_tls.ca: ", must, "\"ca.pem\""));
  EXPECT_EQ(problems("cert: 'c' key: '/k'"),
            absl::StrCat("farm.backend_tls.cert: ", must, "\"c\""));
  EXPECT_EQ(problems("cert: '/c' key: 'k'"),
            absl::StrCat("farm.backend_tls.key: ", must, "\"k\""));
  const std::string longest = absl::StrCat("/", std::string(4095, 'a'));
  EXPECT_EQ(problems(absl::StrCat("ca: '", longest, "'")), "");
  EXPECT_EQ(problems(absl::StrCat("ca: '", longest, "a'"))
                .rfind("farm.backend_tls.ca: must be an absolute path", 0),
            0u);
  EXPECT_EQ(problems("cert: '/c'"),
            "farm.backend_tls.cert: needs backend_tls.key");
  EXPECT_EQ(problems("key: '/k'"),
            "farm.backend_tls.key: needs backend_tls.cert");
  EXPECT_EQ(problems("skip_verification: true ca: '/ca'"),
            "farm.backend_tls.skip_verification: cannot be set together with "
            "backend_tls.ca, which it would ignore");
  for (const std::string& name :
       {std::string("a b"), std::string("*.example"), std::string("a:21"),
        std::string("[::1]"), std::string(256, 'a')}) {
    EXPECT_EQ(problems(absl::StrCat("server_name: '", name, "'"))
                  .rfind("farm.backend_tls.server_name: must be a host name or "
                         "an IP address of at most 255 characters, not ",
                         0),
              0u)
        << name;
  }
}

}  // namespace
}  // namespace pinnace::snapshot
