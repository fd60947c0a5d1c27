#include "proxy/tls/kernel_tls.h"

#include <cstdio>
#include <fstream>

#include "gtest/gtest.h"

namespace pinnace::tls {
namespace {

TEST(KernelTlsTest, IsAWordOfTheList) {
  EXPECT_TRUE(ListsTls("espintcp mptcp tls\n"));
  EXPECT_TRUE(ListsTls("tls"));
  EXPECT_FALSE(ListsTls("espintcp mptcp\n"));
  EXPECT_FALSE(ListsTls("notls tlsx\n"));
  EXPECT_FALSE(ListsTls(""));
}

TEST(KernelTlsTest, TheNoteSaysWhichItIs) {
  const std::string path = ::testing::TempDir() + "/available_ulp";
  std::ofstream(path) << "mptcp tls\n";
  EXPECT_EQ(KernelTlsNote(path),
            "TLS records are made in user space; kernel TLS is offered and not "
            "used");
  std::remove(path.c_str());
  EXPECT_EQ(KernelTlsNote(path),
            "TLS records are made in user space; kernel TLS is not offered by "
            "this kernel");
}

}  // namespace
}  // namespace pinnace::tls
