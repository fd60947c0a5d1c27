"""moody_server.py FOLDER USER PASSWORD PORT A B: pyftpdlib that reads the
file FOLDER/mood and writes down in FOLDER/seen what it met."""

import os
import sys

from pyftpdlib import authorizers
from pyftpdlib import handlers
from pyftpdlib import servers


def main():
  folder, user, password = sys.argv[1:4]
  port, first, last = (int(argument) for argument in sys.argv[4:7])
  authorizer = authorizers.DummyAuthorizer()
  authorizer.add_user(user, password, os.path.join(folder, "root"),
                      perm="elradfmwMT")

  def mood(what):
    with open(os.path.join(folder, "seen"), "a", encoding="ascii") as seen:
      seen.write(f"{what}\n")
    with open(os.path.join(folder, "mood"), encoding="ascii") as file:
      return file.read()

  class Handler(handlers.FTPHandler):
    passive_ports = range(first, last + 1)

    def handle(self):
      if mood("connect") != "silent":
        super().handle()

    def ftp_LIST(self, path):
      if mood("list") == "hangs at list":
        return None  # No reply, and nothing over the data connection.
      return super().ftp_LIST(path)

  Handler.authorizer = authorizer
  server = servers.MultiprocessFTPServer(("::", port), Handler)
  server.max_cons = 1000
  server.serve_forever()


if __name__ == "__main__":
  main()
