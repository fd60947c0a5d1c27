"""Pure-FTPd with one virtual user in a database of its own."""

import subprocess

import backends


class PureFtpd(backends.Backend):
  kind = "pureftpd"

  def _command(self):
    first, last = backends.PASSIVE_PORTS
    database = str(self.folder / "users.pdb")
    # Not `pure-pw useradd`: its hash costs a second of CPU at each login.
    secret = backends.hashed(self.password)
    users = self.write_file(
        "users", f"{self.user}:{secret}:65534:65534::{self.root}/./"
        + ":" * 12 + "\n")
    subprocess.run(
        [backends.unpacked("usr/bin/pure-pw"), "mkdb", database, "-f", users],
        check=True)
    return [
        backends.unpacked("usr/sbin/pure-ftpd"),
        "--bind", f",{backends.PORT}",
        "--login", f"puredb:{database}",
        "--noanonymous", "--chrooteveryone", "--dontresolve",
        "--minuid", "1", "--umask", "022:022",
        "--maxclientsnumber", "500", "--maxclientsperip", "500",
        "--passiveportrange", f"{first}:{last}",
        "--pidfile", str(self.folder / "pid"),
        "--syslogfacility", "none",
    ]
