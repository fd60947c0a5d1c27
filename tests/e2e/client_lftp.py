"""lftp, with a script. It has no way to send APPE."""

import clients
import steps


class Lftp(clients.Client):
  name = "lftp"
  # Over IPv4 its active mode is PORT, over IPv6 EPRT; neither can be chosen.
  modes = clients.both_families(("PASV", "EPSV", "PORT"), clients.IPV6_MODES)
  steps = clients.EVERY_STEP - {steps.Append}

  def run(self, target, mode, wanted, folder):
    script = "\n".join([
        "debug 9",
        "set cmd:fail-exit true",
        "set net:max-retries 1",
        "set net:timeout 10",
        *_tls(target.tls),
        "set ftp:auto-passive-mode false",
        f"set ftp:passive-mode {str(mode.passive).lower()}",
        f"set ftp:prefer-epsv {str(mode.verb == 'EPSV').lower()}",
        "set xfer:clobber true",
        f"open -u {target.user},{target.password} -p {target.port} "
        f"{target.scheme}://{target.host_in_url}",
        *[_step(step) for step in wanted],
    ])
    (folder / "script").write_text(script + "\n")
    return clients.execute(["lftp", "--norc", "-f", "script"], folder)


def _tls(tls):
  if tls is None:
    return ["set ftp:ssl-allow false"]
  protect = str(tls.private).lower()
  return ["set ftp:ssl-force true",
          f"set ftp:ssl-protect-data {protect}",
          f"set ftp:ssl-protect-list {protect}",
          f"set ssl:ca-file {tls.ca}",
          "set ssl:verify-certificate true",
          "set ssl:check-hostname true"]


def _step(step):
  match step:
    case steps.Login():
      return "cd /data"
    case steps.List():
      return f"ls {step.folder} > {step.local}"
    case steps.NameList():
      return f"nlist {step.folder} > {step.local}"
    case steps.Get():
      return f"get {_flags(step)} {step.remote} -o {step.local}"
    case steps.Put():
      return f"put {_flags(step)} {step.local} -o {step.remote}"
    case steps.Rename():
      return f"mv {step.old} {step.new}"
    case steps.Delete():
      return f"rm {step.remote}"
    case steps.MakeDirectory():
      return f"mkdir {step.remote}"
    case steps.AbortedGet():
      return f"cat {step.remote} | head -c {steps.ABORT_AFTER} > {step.local}"
  raise ValueError(step)


def _flags(step):
  return " ".join((["-c"] if step.offset else []) +
                  (["-a"] if step.ascii else []))
