// The command lines of the benchmark's programs: --name VALUE, no more.
#ifndef PINNACE_TESTS_BENCH_NET_ARGUMENTS_H_
#define PINNACE_TESTS_BENCH_NET_ARGUMENTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/port_range.h"

namespace pinnace::bench {

class Arguments {
 public:
  // An unknown name, or a value missing or malformed, ends the process with
  // `usage` and status 2.
  Arguments(int argc, char** argv, const std::vector<std::string>& names,
            std::string usage);

  const std::vector<std::string>& words() const { return words_; }
  bool has(const std::string& name) const { return values_.contains(name); }
  std::string Text(const std::string& name) const;
  int64_t Number(const std::string& name, int64_t if_absent) const;
  Address SocketAddress(const std::string& name) const;
  IpAddress Ip(const std::string& name) const;
  PortRange Ports(const std::string& name) const;

  [[noreturn]] void Refuse() const;

 private:
  std::string usage_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_NET_ARGUMENTS_H_
