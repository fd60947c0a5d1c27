"""One session of Python's ftplib; reads what to do as JSON from its input."""

import ftplib
import json
import socket
import ssl
import sys

import steps


class Session(ftplib.FTP):
  """FTP with each of the four data commands on either family."""

  verb = "PASV"

  def makepasv(self):
    if self.verb == "PASV":
      return super().makepasv()
    _, port = ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())
    return self.sock.getpeername()[0], port

  def sendport(self, host, port):
    if self.verb == "PORT":
      return super().sendport(host, port)
    return super().sendeprt(host, port)

  def sendeprt(self, host, port):
    if self.verb == "PORT":
      return super().sendport(host, port)
    return super().sendeprt(host, port)


class TlsSession(Session, ftplib.FTP_TLS):
  """The same with TLS. The authority and name are verified."""

  implicit = False
  reuse = False

  def connect(self, host, port):
    if not self.implicit:
      return super().connect(host, port)
    self.host, self.port = host, port
    plain = socket.create_connection((host, port), self.timeout)
    self.sock = self.context.wrap_socket(plain, server_hostname=host)
    self.af = self.sock.family
    self.file = self.sock.makefile("r", encoding=self.encoding)
    self.welcome = self.getresp()
    return self.welcome

  def ntransfercmd(self, cmd, rest=None):
    data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
    if self._prot_p:
      data = self.context.wrap_socket(
          data, server_hostname=self.host,
          session=self.sock.session if self.reuse else None)
      assert data.session_reused == self.reuse, "session reuse"
    return data, size


def opened(tls):
  if tls is None:
    return Session(timeout=20)
  ftp = TlsSession(context=ssl.create_default_context(cafile=tls["ca"]),
                   timeout=20)
  ftp.implicit, ftp.reuse = tls["implicit"], tls["reuse"]
  return ftp


def protect(ftp, tls):
  ftp.sendcmd("PBSZ 0")
  if tls["private"]:
    ftp.prot_p()
  else:
    ftp.prot_c()


def login(ftp, _):
  ftp.pwd()


def listing(ftp, step):
  lines = []
  ftp.retrlines(f"LIST {step['folder']}", lines.append)
  write(step, "\n".join(lines).encode())


def name_list(ftp, step):
  write(step, "\n".join(ftp.nlst(step["folder"])).encode())


def get(ftp, step):
  if step["ascii"]:
    lines = []
    ftp.retrlines(f"RETR {step['remote']}", lines.append)
    write(step, "".join(line + "\n" for line in lines).encode())
    return
  with open(step["local"], "ab" if step["offset"] else "wb") as out:
    ftp.retrbinary(f"RETR {step['remote']}", out.write, blocksize=1 << 18,
                   rest=step["offset"] or None)


def put(ftp, step):
  with open(step["local"], "rb") as source:
    if step["ascii"]:
      ftp.storlines(f"STOR {step['remote']}", source)
      return
    source.seek(step["offset"])
    ftp.storbinary(f"STOR {step['remote']}", source, blocksize=1 << 18,
                   rest=step["offset"] or None)


def append(ftp, step):
  with open(step["local"], "rb") as source:
    ftp.storbinary(f"APPE {step['remote']}", source)


def aborted_get(ftp, step):
  ftp.voidcmd("TYPE I")
  data = ftp.transfercmd(f"RETR {step['remote']}")
  received = b""
  while len(received) < steps.ABORT_AFTER:
    received += data.recv(steps.ABORT_AFTER - len(received))
  write(step, received)
  ftp.putline("ABOR")
  data.close()
  # One reply or two, as the server has it: all that come before NOOP's.
  ftp.putline("NOOP")
  while not ftp.getmultiline().startswith("200"):
    pass


def write(step, data):
  with open(step["local"], "wb") as out:
    out.write(data)


DO = {
    "Login": login, "List": listing, "NameList": name_list, "Get": get,
    "Put": put, "Append": append, "AbortedGet": aborted_get,
    "Rename": lambda ftp, step: ftp.rename(step["old"], step["new"]),
    "Delete": lambda ftp, step: ftp.delete(step["remote"]),
    "MakeDirectory": lambda ftp, step: ftp.mkd(step["remote"]),
}


def main():
  request = json.load(sys.stdin)
  ftp = opened(request["tls"])
  ftp.set_debuglevel(1)
  ftp.verb = request["verb"]
  ftp.set_pasv(request["verb"] in ("PASV", "EPSV"))
  ftp.connect(request["address"], request["port"])
  ftp.login(request["user"], request["password"])
  if request["tls"]:
    protect(ftp, request["tls"])
  for step in request["steps"]:
    DO[step["kind"]](ftp, step)
  ftp.quit()


if __name__ == "__main__":
  main()
