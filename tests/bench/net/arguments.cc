#include "tests/bench/net/arguments.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"

namespace pinnace::bench {

Arguments::Arguments(int argc, char** argv,
                     const std::vector<std::string>& names, std::string usage)
    : usage_(std::move(usage)) {
  std::vector<option> options;
  for (const std::string& name : names) {
    options.push_back({name.c_str(), required_argument, nullptr, 0});
  }
  options.push_back({});
  int index = 0;
  int found;
  while ((found = getopt_long(argc, argv, "", options.data(), &index)) == 0) {
    values_[names[index]] = optarg;
  }
  if (found != -1) Refuse();
  words_.assign(argv + optind, argv + argc);
}

void Arguments::Refuse() const {
  std::fprintf(stderr, "usage: %s\n", usage_.c_str());
  std::exit(2);
}

std::string Arguments::Text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) Refuse();
  return found->second;
}

int64_t Arguments::Number(const std::string& name, int64_t if_absent) const {
  if (!has(name)) return if_absent;
  int64_t number;
  if (!absl::SimpleAtoi(Text(name), &number)) Refuse();
  return number;
}

Address Arguments::SocketAddress(const std::string& name) const {
  const std::optional<Address> address = Address::Parse(Text(name));
  if (!address.has_value()) Refuse();
  return *address;
}

IpAddress Arguments::Ip(const std::string& name) const {
  const std::optional<IpAddress> ip = IpAddress::Parse(Text(name));
  if (!ip.has_value()) Refuse();
  return *ip;
}

PortRange Arguments::Ports(const std::string& name) const {
  const std::optional<PortRange> range = PortRange::Parse(Text(name));
  if (!range.has_value()) Refuse();
  return *range;
}

}  // namespace pinnace::bench
