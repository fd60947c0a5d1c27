#include "proxy/io/byte_stream.h"

namespace pinnace::io {

void FinishAndClose(std::unique_ptr<ByteStream> stream, absl::Time deadline) {
  stream->Linger(deadline);
}

}  // namespace pinnace::io
