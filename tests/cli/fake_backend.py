"""An FTP server that logs everybody in and has no files: one thread per session."""

import socketserver
import threading

REPLIES = {
    "USER": "331 Password?",
    "PASS": "230 Welcome.",
    "FEAT": "211 None",
    "QUIT": "221 Goodbye.",
}


class _Session(socketserver.StreamRequestHandler):

  def handle(self):
    self._say("220 fake backend")
    for line in self.rfile:
      verb = line.decode(errors="replace").split(" ")[0].strip().upper()
      self._say(REPLIES.get(verb, "200 Fine."))
      if verb == "QUIT":
        return

  def _say(self, reply):
    self.wfile.write(f"{reply}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
  daemon_threads = True
  allow_reuse_address = True

  def handle_error(self, request, client_address):
    """A gateway that hangs up is none."""


class FakeBackend:
  """A context manager."""

  def __init__(self):
    self._server = _Server(("127.0.0.1", 0), _Session)
    self.address = "127.0.0.1:%d" % self._server.server_address[1]

  def __enter__(self):
    threading.Thread(target=self._server.serve_forever, daemon=True).start()
    return self

  def __exit__(self, *_):
    self._server.shutdown()
    self._server.server_close()
