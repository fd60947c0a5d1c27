// How many TCP segments a socket has received: apart, as the kernel's header
// for it and the C library's exclude each other.
#ifndef PINNACE_PROXY_IO_TESTING_SEGMENTS_H_
#define PINNACE_PROXY_IO_TESTING_SEGMENTS_H_

#include <cstdint>

namespace pinnace::io {

uint32_t SegmentsReceived(int fd);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TESTING_SEGMENTS_H_
