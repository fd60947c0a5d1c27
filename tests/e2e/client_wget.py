"""wget: downloads only, a new session for each file."""

import clients
import steps


class Wget(clients.Client):
  name = "wget"
  # PASV and PORT over IPv4, EPSV and EPRT over IPv6; it has no choice there.
  modes = clients.both_families(("PASV", "PORT"), clients.IPV6_MODES)
  steps = frozenset({steps.List, steps.Get, steps.AbortedGet})

  def run(self, target, mode, wanted, folder):
    common = ["wget", "-d", "--no-config", "--tries=1", "--timeout=15",
              "--no-remove-listing", f"--user={target.user}",
              f"--password={target.password}",
              "--passive-ftp" if mode.passive else "--no-passive-ftp"]
    if all(isinstance(step, steps.Get) for step in wanted) and len(wanted) > 1:
      urls = [target.url(step.remote) for step in wanted]
      return clients.execute([*common, *urls], folder)
    return "".join(_step(common, target, step, folder) for step in wanted)


def _step(common, target, step, folder):
  match step:
    case steps.List():
      return clients.execute(
          [*common, "-O", step.local, target.url(step.folder + "/")], folder)
    case steps.Get():
      resume = ["-c"] if step.offset else []
      kind = ";type=a" if step.ascii else ""
      return clients.execute(
          [*common, *resume, "-O", step.local, target.url(step.remote) + kind],
          folder)
    case steps.AbortedGet():
      command = [*common, "-O", "-", target.url(step.remote)]
      return clients.execute(
          clients.pipe_to_head([step.local, *command]), folder)
  raise ValueError(step)
