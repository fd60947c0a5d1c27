#include "proxy/io/testing_segments.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pinnace::io {

uint32_t SegmentsReceived(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_segs_in;
}

}  // namespace pinnace::io
