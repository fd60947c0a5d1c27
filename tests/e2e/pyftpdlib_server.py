"""pyftpdlib as a program: pyftpdlib_server.py ROOT USER PASSWORD PORT A B
[PEM offered|required | PEM implicit CA].

The last ones are for TLS, which needs python3-openssl; an implicit server also
wants a certificate of its client, by that CA. Runs under Debian's
/usr/bin/python3, which has python3-pyftpdlib.
"""

import sys

from pyftpdlib import authorizers
from pyftpdlib import handlers
from pyftpdlib import servers


def main():
  root, user, password = sys.argv[1:4]
  port, first, last = (int(argument) for argument in sys.argv[4:7])
  authorizer = authorizers.DummyAuthorizer()
  authorizer.add_user(user, password, root, perm="elradfmwMT")

  secure = sys.argv[7:]

  class Handler(handlers.TLS_FTPHandler if secure else handlers.FTPHandler):
    passive_ports = range(first, last + 1)
    if secure:
      certfile = secure[0]
      tls_control_required = tls_data_required = secure[1] == "required"

  if secure[1:2] == ["implicit"]:
    Handler = _implicit(Handler, secure[2])
  Handler.authorizer = authorizer
  # "::" serves IPv4 too. One process per session: in one loop for all, 1.5.7
  # now and then forgets a session of which data is waiting.
  server = servers.MultiprocessFTPServer(("::", port), Handler)
  server.max_cons = 1000
  server.serve_forever()


def _implicit(kind, authority):
  """TLS from the first byte; who shows no certificate is not greeted."""
  from OpenSSL import SSL  # pylint: disable=import-outside-toplevel

  class Implicit(kind):
    def handle(self):
      context = self.get_ssl_context()
      context.load_verify_locations(authority)
      # OpenSSL resumes no verified session without one.
      context.set_session_id(b"pyftpdlib")
      context.set_verify(
          SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
          lambda connection, certificate, number, depth, ok: bool(ok))
      self.secure_connection(context)

    def handle_ssl_established(self):
      super().handle()

  return Implicit


if __name__ == "__main__":
  main()
