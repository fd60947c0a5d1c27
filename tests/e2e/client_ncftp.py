"""ncftp: its tools ncftpget and ncftpput for single files, its shell for the
rest. IPv4 only; PASV or PORT only."""

import os
import re

import clients
import steps


class Ncftp(clients.Client):
  name = "ncftp"
  modes = clients.both_families(("PASV", "PORT"), ())
  steps = clients.EVERY_STEP - {steps.NameList}

  def run(self, target, mode, wanted, folder):
    if all(isinstance(step, (steps.Get, steps.Put, steps.Append,
                             steps.AbortedGet))
           for step in wanted) and not _plain_gets(wanted):
      return "".join(_tool(target, mode, step, folder) for step in wanted)
    return _shell(target, mode, wanted, folder)


def _plain_gets(wanted):
  return len(wanted) > 1 and all(
      isinstance(step, steps.Get) and not step.offset for step in wanted)


def _tool(target, mode, step, folder):
  """One file with ncftpget or ncftpput; base names are alike on both sides."""
  options = ["-V", "-d", "/dev/stderr", "-t", "15", "-r", "0",
             "-u", target.user, "-p", target.password, "-P", str(target.port),
             "-F" if mode.passive else "-E"]
  match step:
    case steps.AbortedGet():
      command = ["ncftpget", "-c", *options, target.address, step.remote]
      return clients.execute(
          clients.pipe_to_head([step.local, *command]), folder)
    case steps.Get():
      flags = ["-z" if step.offset else "-Z"] + (["-a"] if step.ascii else [])
      return clients.execute(
          ["ncftpget", *options, *flags, target.address,
           os.path.dirname(step.local) or ".", step.remote], folder)
    case steps.Put():
      flags = ["-z" if step.offset else "-Z"] + (["-a"] if step.ascii else [])
      return clients.execute(
          ["ncftpput", "-s", *options, *flags, target.address,
           os.path.dirname(step.remote), step.local], folder)
    case steps.Append():
      return clients.execute(
          ["ncftpput", *options, "-A", target.address,
           os.path.dirname(step.remote), step.local], folder)
  raise ValueError(step)


def _shell(target, mode, wanted, folder):
  lines = [
      f"open -u {target.user} -p {target.password} -P {target.port} "
      f"{target.address}",
      f"set passive {'on' if mode.passive else 'off'}",
      "debug 9",
      *[_command(step) for step in wanted],
      "quit",
  ]
  transcript = clients.execute(["ncftp"], folder, "\n".join(lines) + "\n")
  for step in wanted:
    if isinstance(step, steps.List):
      # The shell has no redirection; what it printed is the listing.
      (folder / step.local).write_text(transcript)
  if re.search(r"Not connected|Could not|Unknown host|refused", transcript):
    raise clients.ClientFailed(transcript)
  return transcript


def _command(step):
  match step:
    case steps.Login():
      return "pwd"
    case steps.List():
      return f"ls -l {step.folder}"
    case steps.Get():
      return f"get -z {step.remote} {step.local}"
    case steps.Rename():
      return f"rename {step.old} {step.new}"
    case steps.Delete():
      return f"rm {step.remote}"
    case steps.MakeDirectory():
      return f"mkdir {step.remote}"
  raise ValueError(step)
