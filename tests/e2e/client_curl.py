"""curl: all steps of a session in one command, which keeps its connection."""

import clients
import steps


class Curl(clients.Client):
  modes = clients.both_families(clients.IPV4_MODES, clients.IPV6_MODES)

  def __init__(self, name="curl", tls_max="1.3"):
    self.name = name
    self._tls_max = tls_max

  _MODE_OPTIONS = {
      "PASV": ["--disable-epsv"],
      "EPSV": [],
      "PORT": ["--ftp-port", "-", "--disable-eprt"],
      "EPRT": ["--ftp-port", "-"],
  }

  def run(self, target, mode, wanted, folder):
    command = ["curl"]
    for number, step in enumerate(wanted):
      command += ["--next"] if number else []
      command += ["-sS", "-v",
                  "--connect-timeout", "10", "--user",
                  f"{target.user}:{target.password}",
                  *self._MODE_OPTIONS[mode.verb], *self._tls(target.tls),
                  *_step(target, step)]
    return clients.execute(command, folder)

  def _tls(self, tls):
    if tls is None:
      return []
    # Either fails when the control connection cannot be TLS; the former demands
    # TLS of the data connections too.
    return ["--ssl-reqd" if tls.private else "--ftp-ssl-control",
            "--tls-max", self._tls_max, "--cacert", tls.ca]


def _step(target, step):
  url = target.url
  match step:
    case steps.Login():
      return ["-I", "-o", "login.out", url()]
    case steps.List():
      return ["-o", step.local, url(step.folder + "/")]
    case steps.NameList():
      return ["-l", "-o", step.local, url(step.folder + "/")]
    case steps.Get():
      ascii_option = ["-B"] if step.ascii else []
      resume = ["-C", str(step.offset)] if step.offset else []
      return [*ascii_option, *resume, "-o", step.local, url(step.remote)]
    case steps.Put():
      ascii_option = ["-B"] if step.ascii else []
      resume = ["-C", "-"] if step.offset else []
      return [*ascii_option, *resume, "-T", step.local, url(step.remote)]
    case steps.Append():
      return ["-a", "-T", step.local, url(step.remote)]
    case steps.Rename():
      return _quote(target, f"RNFR {step.old}", f"RNTO {step.new}")
    case steps.Delete():
      return _quote(target, f"DELE {step.remote}")
    case steps.MakeDirectory():
      return _quote(target, f"MKD {step.remote}")
    case steps.AbortedGet():
      # curl closes the data connection when it has its range.
      return ["-r", f"0-{steps.ABORT_AFTER - 1}", "-o", step.local,
              url(step.remote)]
  raise ValueError(step)


def _quote(target, *commands):
  options = [word for command in commands for word in ("-Q", command)]
  return ["-I", "-o", "quote.out", *options, target.url()]
