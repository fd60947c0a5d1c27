"""Every backend and client program there is, and how backends are started."""

import client_curl
import client_ftplib
import client_lftp
import client_ncftp
import client_tnftp
import client_wget
import proftpd_backend
import pureftpd_backend
import pyftpdlib_backend
import vsftpd_backend

BACKENDS = {kind.kind: kind for kind in (
    vsftpd_backend.Vsftpd, proftpd_backend.Proftpd,
    pureftpd_backend.PureFtpd, pyftpdlib_backend.Pyftpdlib)}

CLIENTS = {client.name: client for client in (
    client_curl.Curl(), client_lftp.Lftp(), client_ncftp.Ncftp(),
    client_tnftp.Tnftp(), client_wget.Wget(), client_ftplib.Ftplib())}


def start_backends(topology, fixtures, kinds):
  """Starts {name: kind} on the hosts of those names; returns them by name."""
  backends = {
      name: BACKENDS[kind](name, topology.backends[name],
                           topology.work / name, fixtures)
      for name, kind in kinds.items()
  }
  for backend in backends.values():
    backend.start()
  for backend in backends.values():
    backend.wait_ready()
  return backends
