"""pyftpdlib as a program: pyftpdlib_server.py ROOT USER PASSWORD PORT A B
[PEM offered|required].

The last two are for TLS, which needs python3-openssl. Runs under Debian's
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

  Handler.authorizer = authorizer
  # "::" serves IPv4 too. One process per session: in one loop for all, 1.5.7
  # now and then forgets a session of which data is waiting.
  server = servers.MultiprocessFTPServer(("::", port), Handler)
  server.max_cons = 1000
  server.serve_forever()


if __name__ == "__main__":
  main()
