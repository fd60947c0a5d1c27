"""A real balancer in front of the gateway, which sees no client's address but
by the PROXY headers that the balancer sends."""

import signal
import subprocess
import textwrap

import waiting

PROGRAM = "/usr/sbin/haproxy"
CONTROL_V2 = 21
CONTROL_V1 = 22


class Haproxy:
  """A context manager. Over IPv4 data connections are v2's, over IPv6 v1's."""

  def __init__(self, topology, control_port, data_ports="50000-50063"):
    self._host = topology.balancer
    self._gateway = topology.gateway.ipv4
    self._control_port = control_port
    self._data_ports = data_ports
    self._file = topology.work / "haproxy.cfg"
    self._log = topology.work / "haproxy.log"
    self._process = None

  def _config(self):
    binds = f"{self._host.ipv4}:{{0}},[{self._host.ipv6}]:{{0}}".format
    control = f"server gateway {self._gateway}:{self._control_port}"
    # Its own checks come as LOCAL and want a greeting: without one nobody is
    # let through for long.
    checks = "check inter 200ms fall 1 rise 1"
    return textwrap.dedent(f"""\
        global
          maxconn 2000
        defaults
          mode tcp
          timeout connect 5s
          timeout client 1m
          timeout server 1m
        listen control_v2
          bind {binds(CONTROL_V2)}
          option tcp-check
          tcp-check expect rstring ^220
          {control} send-proxy-v2 check-send-proxy {checks}
        listen control_v1
          bind {binds(CONTROL_V1)}
          option tcp-check
          tcp-check expect rstring ^220
          {control} send-proxy check-send-proxy {checks}
        listen data_v2
          bind {self._host.ipv4}:{self._data_ports}
          server gateway {self._gateway} send-proxy-v2
        listen data_v1
          bind [{self._host.ipv6}]:{self._data_ports}
          server gateway {self._gateway} send-proxy
        """)

  def __enter__(self):
    self._file.write_text(self._config(), encoding="ascii")
    with open(self._log, "ab") as log:
      self._process = subprocess.Popen(
          self._host.namespace.command(PROGRAM, "-db", "-f", str(self._file)),
          stdin=subprocess.DEVNULL, stdout=log, stderr=log,
          start_new_session=True)
    try:
      self._host.namespace.call(
          waiting.until, self._is_ready, "a greeting through haproxy")
    except BaseException:
      self.__exit__()
      raise
    return self

  def _is_ready(self):
    if self._process.poll() is not None:
      raise AssertionError(f"haproxy ended at once:\n{self.log()}")
    return all(waiting.greets(address, port)
               for address in (self._host.ipv4, self._host.ipv6)
               for port in (CONTROL_V2, CONTROL_V1))

  def __exit__(self, *_):
    if self._process.poll() is None:
      self._process.send_signal(signal.SIGTERM)
    self._process.wait()

  def log(self):
    return self._log.read_text(errors="replace")[-4000:]
