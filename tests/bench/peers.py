"""What is measured: Pinnace and what people put in its place.

Each candidate writes its configuration and names its command. A blind one
knows no FTP: it forwards every port, and the backend announces its address.
"""

import json
import pathlib

import layout
from from_e2e import backends

LISTED = ("direct", "relay", "haproxy", "nginx", "modproxy")
DEFAULT = ("direct", "relay", "haproxy", "modproxy")

# Enough for 8,000 idle sessions and the load on top.
_MOST_SESSIONS = 9500
_MOST_FILES = 20000


class Candidate:
  """A subclass gives `name` and command()."""

  name = None
  cpus = layout.GATEWAY_CPU
  address = layout.GATEWAY
  blind = False
  # stdout and stderr go to /dev/null.
  quiet = False
  # A slow one does a part of the work: what is reported is per unit.
  work_divisor = 1
  most_idle_sessions = None
  # The part of the work that may fail without the number being withheld.
  tolerated_failures = 0.0

  def command(self, ports, folder, binaries):
    """Writes what it needs into `folder`; returns its command line."""
    raise NotImplementedError


class Direct(Candidate):
  """No proxy: what load and backend can do by themselves."""
  name = "direct"
  address = layout.BACKEND

  def command(self, ports, folder, binaries):
    return None


class Pinnace(Candidate):
  name = "pinnace"
  quiet = True
  workers = 1

  def command(self, ports, folder, binaries):
    config = {
        "gateway": {
            "workers": self.workers,
            "listeners": [{"address": ports.target(layout.GATEWAY)}],
            "public_ports": [ports.data_range],
            "public_address": {"default": layout.GATEWAY},
            "max_sessions": _MOST_SESSIONS,
            "timeouts": {"idle": "1h"},
        },
        "admin": {"listen": f"127.0.0.1:{ports.admin}"},
        "farms": [{"name": "main", "backends": [
            {"id": "a", "address": ports.target(layout.BACKEND)}]}],
    }
    # JSON is YAML.
    file = _write(folder, "pinnace.yaml", json.dumps(config, indent=1))
    return [binaries.pinnace, "proxy", "--config", file]


class PinnaceOnTwo(Pinnace):
  """Two workers. The second shares its processor with load and backend."""
  name = "pinnace2"
  cpus = layout.BOTH_CPUS
  workers = 2


class Relay(Candidate):
  """The least that any proxy has to do: accept, connect, splice."""
  name = "relay"
  blind = True

  def command(self, ports, folder, binaries):
    return [binaries.relay, "--listen", layout.GATEWAY, "--to", layout.BACKEND,
            "--ports", f"{ports.control},{ports.data_range}"]


class Haproxy(Candidate):
  name = "haproxy"
  blind = True

  def command(self, ports, folder, binaries):
    # maxpipes: its own choice, a quarter of maxconn, would exceed the files.
    file = _write(folder, "haproxy.cfg", f"""
global
  nbthread 1
  maxconn {_MOST_SESSIONS}
  maxpipes 200
defaults
  mode tcp
  maxconn {_MOST_SESSIONS}
  option splice-auto
  option splice-request
  option splice-response
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen control
  bind {ports.target(layout.GATEWAY)}
  server b {ports.target(layout.BACKEND)}
listen data
  bind {layout.GATEWAY}:{ports.data_range}
  server b {layout.BACKEND}
""")
    return ["/usr/sbin/haproxy", "-db", "-f", file]


class Nginx(Candidate):
  name = "nginx"
  blind = True

  def command(self, ports, folder, binaries):
    file = _write(folder, "nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile {_MOST_FILES};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{
  worker_connections {_MOST_FILES};
  accept_mutex off;
}}
stream {{
  access_log off;
  proxy_connect_timeout 10s;
  proxy_timeout 1h;
  server {{
    listen {ports.target(layout.GATEWAY)} backlog=1024;
    proxy_pass {ports.target(layout.BACKEND)};
  }}
  server {{
    listen {layout.GATEWAY}:{ports.data_range} backlog=1024;
    proxy_pass {layout.BACKEND}:$server_port;
  }}
}}
""")
    return ["/usr/sbin/nginx", "-e", "stderr", "-c", file]


class ModProxy(Candidate):
  """ProFTPD with mod_proxy: the other gateway that knows FTP.

  It has a process per session: thousands of idle ones would measure the
  memory of the machine. Two processes now and then listen on one port, and
  one of them says 425: with 100 ports that is never quite zero.
  """
  name = "modproxy"
  work_divisor = 10
  most_idle_sessions = 500
  tolerated_failures = 0.01

  def command(self, ports, folder, binaries):
    tables = pathlib.Path(folder) / "tables"
    tables.mkdir(mode=0o700)
    # Random: the other policies read the tables, and a table that another
    # session has locked ends the login. mod_tls: only for the OpenSSL in it.
    file = _write(folder, "proftpd.conf", f"""
ModulePath {backends.unpacked("usr/lib/proftpd")}
LoadModule mod_tls.c
LoadModule mod_proxy.c
ServerName "bench"
ServerType standalone
DefaultAddress {layout.GATEWAY}
Port {ports.control}
SocketBindTight on
UseIPv6 off
UseReverseDNS off
DefaultServer on
User root
Group root
PassivePorts {ports.first_data} {ports.last_data}
MaxInstances none
tcpBackLog 255
TimeoutIdle 3600
TimeoutLogin 3600
TimeoutNoTransfer 3600
TimeoutStalled 3600
WtmpLog off
DelayEngine off
ControlsEngine off
AllowOverwrite on
ScoreboardFile {folder}/scoreboard
PidFile {folder}/pid
SystemLog none
TransferLog none
ProxyEngine on
ProxyTLSEngine off
ProxyRole reverse
ProxyTables {tables}
ProxyReverseServers ftp://{ports.target(layout.BACKEND)}
ProxyReverseConnectPolicy Random
""")
    return [backends.unpacked("usr/sbin/proftpd"), "-n", "-q", "-c", file]


def _write(folder, name, text):
  path = pathlib.Path(folder) / name
  path.write_text(text, encoding="ascii")
  path.chmod(0o600)
  return path


ALL = {candidate.name: candidate for candidate in (
    Direct(), Pinnace(), PinnaceOnTwo(), Relay(), Haproxy(), Nginx(),
    ModProxy())}
