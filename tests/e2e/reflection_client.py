"""A gRPC client that knows of a server only what server reflection tells it.

reflection_client.py HOST:PORT [TOKEN_FILE] answers every line of its input
with one line, both JSON:
  {"services": true}                               {"services": ["a.B", ...]}
  {"method": "a.B/C", "request": {}, "seconds": 5} {"response": {}}, or
                                                   {"code": "", "message": ""}
Runs under Debian's /usr/bin/python3 with python3-grpcio. The two protocols
that gRPC itself defines, reflection and health, are compiled from Debian's
grpc-proto; nothing else is.
"""

import json
import subprocess
import sys

import grpc
from google.protobuf import descriptor_pb2
from google.protobuf import descriptor_pool
from google.protobuf import json_format
from google.protobuf import message_factory

_PROTOS = "/usr/share/grpc-proto"
_REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
_STANDARD = {
    _REFLECTION: "grpc/reflection/v1alpha/reflection.proto",
    "grpc.health.v1.Health": "grpc/health/v1/health.proto",
}
_DEFAULT_SECONDS = 5


def compiled(path):
  """FileDescriptorProtos of one of grpc-proto's files."""
  done = subprocess.run(
      ["protoc", f"--proto_path={_PROTOS}", "--include_imports",
       "--descriptor_set_out=/dev/stdout", path],
      stdout=subprocess.PIPE, check=True)
  return descriptor_pb2.FileDescriptorSet.FromString(done.stdout).file


class Types:
  """A pool of message types that grows as the server describes them."""

  def __init__(self):
    self._pool = descriptor_pool.DescriptorPool()
    self._factory = message_factory.MessageFactory(self._pool)
    self._added = set()

  def has_file(self, name):
    return name in self._added

  def add(self, file):
    """Once all that it imports is there."""
    if file.name not in self._added:
      self._pool.AddSerializedFile(file.SerializeToString())
      self._added.add(file.name)

  def message(self, descriptor):
    return self._factory.GetPrototype(descriptor)

  def service(self, name):
    return self._pool.FindServiceByName(name)


class Client:
  """Unary calls by name, over one channel."""

  def __init__(self, server, token):
    # A server that is started again is to be found at once.
    self._channel = grpc.insecure_channel(server, options=[
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 5000),  # For one attempt.
        ("grpc.max_reconnect_backoff_ms", 200)])
    self._metadata = [("authorization", f"Bearer {token}")] if token else None
    self._types = Types()
    self._services = {}
    for name, path in _STANDARD.items():
      for file in compiled(path):
        self._types.add(file)
      self._services[name] = self._types.service(name)

  def services(self):
    answer = self._reflect(list_services="")
    return [service.name
            for service in answer.list_services_response.service]

  def call(self, method, request, seconds):
    service, _, name = method.partition("/")
    described = self._service(service).methods_by_name[name]
    message = json_format.ParseDict(
        request, self._types.message(described.input_type)())
    # wait_for_ready: a channel makes progress only while a call waits. One that
    # failed at once would never see that the server is back.
    response = self._channel.unary_unary(
        f"/{service}/{name}",
        request_serializer=lambda one: one.SerializeToString(),
        response_deserializer=self._types.message(
            described.output_type).FromString,
    )(message, timeout=seconds, metadata=self._metadata, wait_for_ready=True)
    return json_format.MessageToDict(response, preserving_proto_field_name=True)

  def _service(self, name):
    if name not in self._services:
      self._learn(self._reflect(file_containing_symbol=name))
      self._services[name] = self._types.service(name)
    return self._services[name]

  def _learn(self, answer):
    files = {}
    for described in answer.file_descriptor_response.file_descriptor_proto:
      file = descriptor_pb2.FileDescriptorProto.FromString(described)
      files[file.name] = file
    for name in files:
      self._add(name, files)

  def _add(self, name, files):
    if self._types.has_file(name):
      return
    if name not in files:
      self._learn(self._reflect(file_by_filename=name))
      return
    for needed in files[name].dependency:
      self._add(needed, files)
    self._types.add(files[name])

  def _reflect(self, **question):
    service = self._services[_REFLECTION]
    method = service.methods_by_name["ServerReflectionInfo"]
    ask = self._types.message(method.input_type)(**question)
    answers = self._channel.stream_stream(
        f"/{_REFLECTION}/ServerReflectionInfo",
        request_serializer=lambda one: one.SerializeToString(),
        response_deserializer=self._types.message(
            method.output_type).FromString,
    )(iter([ask]), timeout=_DEFAULT_SECONDS, metadata=self._metadata,
      wait_for_ready=True)
    answer = next(answers)
    if answer.HasField("error_response"):
      raise LookupError(f"reflection: {answer.error_response.error_message}")
    return answer


def answer_to(client, question):
  try:
    if question.get("services"):
      return {"services": client.services()}
    return {"response": client.call(
        question["method"], question.get("request", {}),
        question.get("seconds", _DEFAULT_SECONDS))}
  except grpc.RpcError as error:
    return {"code": error.code().name, "message": error.details()}


def main():
  token = None
  if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="ascii") as file:
      token = file.readline().strip()
  client = Client(sys.argv[1], token)
  for line in sys.stdin:
    print(json.dumps(answer_to(client, json.loads(line))), flush=True)


if __name__ == "__main__":
  main()
