"""Certificates for one run, made with the openssl command."""

import ipaddress
import subprocess
import typing

_DAYS = "30"
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certificate(typing.NamedTuple):
  """Paths of PEM files."""
  cert: str
  key: str
  both: str  # One file with the two, for servers that want it so.


class Authority:
  """Signs what it is asked to. `cert` is what its believers are given."""

  def __init__(self, folder, name):
    folder.mkdir()
    folder.chmod(0o755)
    self._folder = folder
    self.cert = str(folder / "ca.pem")
    self._key = str(folder / "ca.key")
    _openssl("req", "-x509", "-days", _DAYS, *_NEW_KEY, "-subj", f"/CN={name}",
             "-keyout", self._key, "-out", self.cert)

  def issue(self, label, *names, common_name=None):
    """For host names and IP addresses; with none it is a client's."""
    cert, key, both = (
        self._folder / f"{label}{end}" for end in (".pem", ".key", ".both.pem"))
    request = _openssl("req", "-new", *_NEW_KEY, "-keyout", key,
                       "-subj", f"/CN={common_name or label}")
    extensions = self._folder / f"{label}.extensions"
    extensions.write_text(
        f"subjectAltName={','.join(_alternative(name) for name in names)}\n"
        "extendedKeyUsage=serverAuth,clientAuth\n" if names else
        "extendedKeyUsage=clientAuth\n", encoding="ascii")
    cert.write_bytes(_openssl(
        "x509", "-req", "-days", _DAYS, "-CA", self.cert, "-CAkey", self._key,
        "-extfile", extensions, given=request))
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    key.chmod(0o600)
    both.chmod(0o600)
    return Certificate(str(cert), str(key), str(both))

  def revocation_list(self, *revoked):
    """The path of a list (PEM) that names these certificates."""
    database = self._folder / "revoked.txt"
    database.write_text("", encoding="ascii")
    config = self._folder / "revoked.cnf"
    config.write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={database}\ndefault_md=sha256\n"
        "default_crl_days=30\n", encoding="ascii")
    signer = ["-config", config, "-cert", self.cert, "-keyfile", self._key]
    for certificate in revoked:
      _openssl("ca", *signer, "-revoke", certificate.cert)
    found = self._folder / "crl.pem"
    _openssl("ca", *signer, "-gencrl", "-out", found)
    return str(found)


def _alternative(name):
  try:
    return f"IP:{ipaddress.ip_address(name)}"
  except ValueError:
    return f"DNS:{name}"


def _openssl(*arguments, given=None):
  done = subprocess.run(["openssl", *map(str, arguments)], input=given,
                        capture_output=True, check=False)
  if done.returncode != 0:
    raise AssertionError(f"openssl {arguments[0]}: {done.stderr.decode()}")
  return done.stdout
