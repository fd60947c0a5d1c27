"""Behind a real balancer that hides its clients' addresses and says them in
PROXY headers, of both versions, over both families."""

import catalog
import cells
import clients
import content
import crowd
import haproxy
import operations
import session as sessions
import world as worlds

_PROGRAMS = ("curl", "lftp")
_OPERATIONS = [operation for operation in operations.ALL
               if operation.name in ("get-1KiB", "get-0B", "put")]


def _serve(world, *backends, **keys):
  """A gateway that others than the balancer may still look at."""
  return world.serve(
      [world.farm("main", *backends)],
      proxy_protocol={"control": "optional", "data": "required",
                      "trusted": [world.hosts.balancer.ipv4]},
      **keys)


def programs_behind_haproxy(world):
  """Each in every mode; an active one is dialled by the address it has."""
  world.needs_gateway()
  backend = world.backends["left"]
  with _serve(world, "left") as server, haproxy.Haproxy(
      world.hosts, server.ports["main"]):
    for program in _PROGRAMS:
      for mode in catalog.CLIENTS[program].modes:
        for port in (haproxy.CONTROL_V2, haproxy.CONTROL_V1):
          _one_program(world, backend, program, mode, port)


def _one_program(world, backend, program, mode, port):
  target = clients.Target(world.hosts.balancer.address(mode.family), port,
                          backend.user, backend.password)
  for operation in _OPERATIONS:
    cell = cells.Cell(backend.name, program, mode, operation)
    try:
      cell.run(target, backend, world.hosts.work, world.fixtures)
    except AssertionError as failure:
      raise AssertionError(f"{cell.name} port {port}: {failure}") from failure


def clients_behind_haproxy_share_one_port(world):
  """Forty addresses behind one: each is seen as its own, and has its own."""
  world.needs_gateway()
  balancer = world.hosts.balancer
  one_port = "50000-50000"
  with _serve(world, "left", "right",
              public_ports=[one_port]) as server, haproxy.Haproxy(
                  world.hosts, server.ports["main"], one_port):

    held = []

    def prepare(number):
      port = haproxy.CONTROL_V1 if number % 3 else haproxy.CONTROL_V2
      session = sessions.Session(balancer.ipv4, port, world.address(number))
      held.append(session)
      return session.login(world.backends["left"])

    def act(number, session):
      payload = content.make(f"balanced {number}", 64 * content.KIB)
      name = f"/w/balanced-{number}"
      host, _ = where = session.passive("PASV")
      assert host == balancer.ipv4, f"announced: {host}"
      with session.dial(where) as data:
        session.command(f"STOR {name}", "150", "125")
        data.sendall(payload)
      session.want("226")
      received = session.download(f"RETR {name}", "EPSV")
      assert received == payload, "another file came back"
      session.command(f"DELE {name}", "250")

    crowd.together(40, prepare, act)
    seen = {found["client"].rpartition(":")[0]
            for found in worlds.sessions(server)}
    wanted = {world.address(number) for number in range(40)}
    assert wanted <= seen, f"not seen: {sorted(wanted - seen)}"
    for session in held:
      session.quit()


ALL = [
    programs_behind_haproxy,
    clients_behind_haproxy_share_one_port,
]
