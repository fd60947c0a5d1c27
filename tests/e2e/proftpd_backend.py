"""ProFTPD with a password file of its own."""

import backends


class Proftpd(backends.Backend):
  kind = "proftpd"
  further_users = ()  # With the same password.

  def _command(self):
    first, last = backends.PASSIVE_PORTS
    secret = backends.hashed(self.password)
    users = self.write_file("users", "".join(
        f"{user}:{secret}:65534:65534::{self.root}:/bin/sh\n"
        for user in (self.user, *self.further_users)))
    config = self.write_file("proftpd.conf", f"""
ServerName "{self.name}"
ServerType standalone
Port {backends.PORT}
UseIPv6 on
DefaultAddress {self.host.ipv4} {self.host.ipv6}
SocketBindTight on
DefaultServer on
User nobody
Group nogroup
AuthUserFile {users}
AuthOrder mod_auth_file.c
RequireValidShell off
DefaultRoot ~
Umask 022
UseReverseDNS off
PassivePorts {first} {last}
MaxInstances 500
TimeoutLinger 30
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
WtmpLog off
DelayEngine off
ControlsEngine off
PidFile {self.folder}/pid
ScoreboardFile {self.folder}/scoreboard
SystemLog none
TransferLog none
""")
    return [backends.unpacked("usr/sbin/proftpd"), "-n", "-q", "-c", config]
