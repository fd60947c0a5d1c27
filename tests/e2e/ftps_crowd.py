"""A process with many ftplib sessions, each with one protected transfer, all
at one time. Reads what to do as JSON from its input."""

import io
import json
import sys

import content
import crowd
import ftplib_client

_BYTES = 256 * content.KIB


def payload(number):
  return content.make(f"crowd {number}", _BYTES)


def is_upload(number):
  return number % 2 == 1


def path(number):
  return f"/w/crowd-{number}"


def main():
  request = json.load(sys.stdin)
  first = request["first"]

  def prepare(_):
    ftp = ftplib_client.opened(request["tls"])
    ftp.verb = "EPSV"
    ftp.connect(request["address"], request["port"])
    ftp.login(request["user"], request["password"])
    ftplib_client.protect(ftp, request["tls"])
    ftp.voidcmd("TYPE I")
    return ftp

  def act(number, ftp):
    number += first
    if is_upload(number):
      ftp.storbinary(f"STOR {path(number)}", io.BytesIO(payload(number)))
    else:
      received = io.BytesIO()
      ftp.retrbinary(f"RETR {path(number)}", received.write)
      assert received.getvalue() == payload(number), "other bytes"
    ftp.quit()

  crowd.together(request["count"], prepare, act)


if __name__ == "__main__":
  main()
