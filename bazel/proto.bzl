"""C++ from .proto files with Debian's protoc and its gRPC plugin."""

def cc_grpc_library(name, protos, visibility = None):
    """One cc_library for all of `protos` (messages, services, canonical JSON).

    Args:
      name: the library's name.
      protos: .proto files of this package, included by their path from the root.
      visibility: as for cc_library.
    """
    stems = [p[:-len(".proto")] for p in protos]
    headers = [s + e for s in stems for e in [".pb.h", ".grpc.pb.h"]]
    sources = [s + e for s in stems for e in [".pb.cc", ".grpc.pb.cc"]]
    native.genrule(
        name = name + "_generated",
        srcs = protos,
        outs = headers + sources,
        cmd = "/usr/bin/protoc -I. -I/usr/include " +
              "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
              "--cpp_out=$(GENDIR) --grpc_out=$(GENDIR) $(SRCS)",
    )
    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        copts = ["-Wno-error"],
        visibility = visibility,
        deps = ["//bazel/system:grpc"],
    )
