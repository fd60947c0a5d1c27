"""The four backends with TLS: what each can demand of those who come to it."""

import pathlib

import backends
import proftpd_backend
import pureftpd_backend
import pyftpdlib_backend
import vsftpd_backend
import waiting


class TlsVsftpd(vsftpd_backend.Vsftpd):
  """Offers explicit TLS and demands nothing."""
  certificate = None  # Set before start().

  _SETTINGS = {
      "ssl_enable": "YES", "allow_anon_ssl": "YES", "ssl_ciphers": "HIGH",
      "force_anon_logins_ssl": "NO", "force_anon_data_ssl": "NO",
      "require_ssl_reuse": "NO",
  }
  demands = {}

  def _command(self):
    command = super()._command()
    settings = {**self._SETTINGS, **self.demands,
                "rsa_cert_file": self.certificate.cert,
                "rsa_private_key_file": self.certificate.key,
                "xferlog_enable": "YES",
                "vsftpd_log_file": self.folder / "vsftpd.log"}
    with open(self.folder / "vsftpd.conf", "a", encoding="utf-8") as config:
      config.writelines(f"{key}={value}\n" for key, value in settings.items())
    return command


class DemandingVsftpd(TlsVsftpd):
  """TLS everywhere, and data connections that resume the session."""
  demands = {"force_anon_logins_ssl": "YES", "force_anon_data_ssl": "YES",
             "require_ssl_reuse": "YES"}


class TlsProftpd(proftpd_backend.Proftpd):
  certificate = None
  required = "off"

  def _command(self):
    command = super()._command()
    modules = pathlib.Path(backends.unpacked("usr/lib/proftpd"))
    with open(self.folder / "proftpd.conf", "a", encoding="utf-8") as config:
      config.write(f"""
ModulePath {modules}
LoadModule mod_tls.c
TLSEngine on
TLSRequired {self.required}
TLSECCertificateFile {self.certificate.cert}
TLSECCertificateKeyFile {self.certificate.key}
TLSLog {self.folder}/tls.log
""")
    return command


class DemandingProftpd(TlsProftpd):
  """TLS everywhere; mod_tls demands session reuse unless told not to."""
  required = "on"


class TlsPureFtpd(pureftpd_backend.PureFtpd):
  certificate = None
  level = 1

  def _command(self):
    return [*super()._command(), f"--tls={self.level}",
            f"--certfile={self.certificate.both}"]


class DemandingPureFtpd(TlsPureFtpd):
  """TLS for the control connection; data connections as the client likes."""
  level = 2


class TlsPyftpdlib(pyftpdlib_backend.Pyftpdlib):
  certificate = None
  demand = "offered"

  def _command(self):
    return [*super()._command(), self.certificate.both, self.demand]


class DemandingPyftpdlib(TlsPyftpdlib):
  demand = "required"


class ImplicitPyftpdlib(TlsPyftpdlib):
  """TLS from the first byte, for clients with a certificate."""
  authority = None  # The path of their authority's.

  def _command(self):
    return [*pyftpdlib_backend.Pyftpdlib._command(self), self.certificate.both,
            "implicit", self.authority]

  def wait_ready(self):
    self.host.namespace.call(
        waiting.until, lambda: waiting.accepts(self.host.ipv4, backends.PORT),
        f"{self.name} to listen; see {self.log()}")


# By the name that a run gives its backend.
KINDS = {
    "vsftpd-reuse": DemandingVsftpd, "vsftpd": TlsVsftpd,
    "proftpd-required": DemandingProftpd, "proftpd": TlsProftpd,
    "pureftpd-required": DemandingPureFtpd, "pureftpd": TlsPureFtpd,
    "pyftpdlib-required": DemandingPyftpdlib, "pyftpdlib": TlsPyftpdlib,
}
# For a scenario, not for the matrix.
APART = {"implicit": ImplicitPyftpdlib}
DEMAND_CONTROL = frozenset(name for name in KINDS if "-" in name)
DEMAND_DATA = DEMAND_CONTROL - {"pureftpd-required"}
DEMAND_REUSE = frozenset({"vsftpd-reuse", "proftpd-required", "proftpd"})

# Pure-FTPd has neither a session cache nor tickets.
GIVE_NO_SESSION = frozenset({"pureftpd", "pureftpd-required"})


def start(topology, fixtures, authority, names=(*KINDS, *APART)):
  """Starts those on the hosts of their names; returns them by name.

  Their certificates are for their addresses and NAME.backend.test.
  """
  started = {}
  for name in names:
    host = topology.backends[name]
    kind = KINDS.get(name) or APART[name]
    backend = kind(name, host, topology.work / name, fixtures)
    if name in APART:
      backend.authority = authority.cert
    backend.certificate = authority.issue(
        name, host.ipv4, host.ipv6, f"{name}.backend.test")
    backend.start()
    started[name] = backend
  for backend in started.values():
    backend.wait_ready()
  return started
