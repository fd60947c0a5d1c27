"""tnftp, the BSD client, with commands on its standard input.

It goes on after a failed command, so its replies are looked at.
"""

import re

import clients
import steps


class Tnftp(clients.Client):
  name = "tnftp"
  modes = clients.both_families(clients.IPV4_MODES, clients.IPV6_MODES)

  def run(self, target, mode, wanted, folder):
    extended = "on" if mode.verb in ("EPSV", "EPRT") else "off"
    lines = [f"epsv {extended}"]
    lines += [f"open {target.address} {target.port}",
              f"user {target.user} {target.password}", "binary"]
    for step in wanted:
      lines += _step(step)
    flag = "-p" if mode.passive else "-A"
    transcript = clients.execute(
        ["tnftp", "-ndiv", flag], folder, "\n".join([*lines, "bye", ""]))
    aborted = any(isinstance(step, steps.AbortedGet) for step in wanted)
    refused = re.search(r"^(?:[45]\d\d[ -]).*|^tnftp: .*|Not connected.*",
                        transcript, re.MULTILINE)
    if refused and not aborted and not _harmless(refused[0]):
      raise clients.ClientFailed(f"{refused[0]}\n{transcript}")
    return transcript


def _harmless(line):
  """Commands it tries by itself: FEAT, SIZE or MDTM may be refused."""
  return bool(re.match(r"5\d\d ", line)) and "tnftp" not in line and bool(
      re.search(r"not understood|not implemented|Unknown command|"
                r"SIZE|ASCII|regular file", line, re.IGNORECASE))


def _step(step):
  match step:
    case steps.Login():
      return ["pwd"]
    case steps.List():
      return [f"ls {step.folder} {step.local}"]
    case steps.NameList():
      return [f"nlist {step.folder} {step.local}"]
    case steps.Get():
      return _typed(step, f"get {step.remote} {step.local}")
    case steps.Put():
      return _typed(step, f"put {step.local} {step.remote}")
    case steps.Append():
      return [f"append {step.local} {step.remote}"]
    case steps.Rename():
      return [f"rename {step.old} {step.new}"]
    case steps.Delete():
      return [f"delete {step.remote}"]
    case steps.MakeDirectory():
      return [f"mkdir {step.remote}"]
    case steps.AbortedGet():
      return [f'get {step.remote} "|head -c {steps.ABORT_AFTER} '
              f'> {step.local}"']
  raise ValueError(step)


def _typed(step, command):
  restart = [f"restart {step.offset}"] if step.offset else []
  kind = "ascii" if step.ascii else "binary"
  return [kind, *restart, command]
