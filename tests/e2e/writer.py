"""A caller of the registry that writes at random and knows what it was told.

Each writer has farms, backends and routes of its own, so that what it may find
there is one state; after a write that was never answered, one of two.
"""

import collections
import random

import registry
import waiting

# What a call ends with when the control plane dies under it, or is away.
_NO_ANSWER = ("UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED", "UNKNOWN")
_BALANCES = ("BALANCE_ROUND_ROBIN", "BALANCE_WEIGHTED",
             "BALANCE_LEAST_SESSIONS", "BALANCE_P2C", "BALANCE_MAGLEV")


def patient(call):
  """call() once the control plane answers."""
  last = None

  def answer():
    nonlocal last
    try:
      return (call(),)
    except registry.Refused as refusal:
      if refusal.code not in _NO_ANSWER:
        raise
      last = refusal
      return None

  try:
    return waiting.until(answer, "the control plane to answer", 20)[0]
  except waiting.Timeout as timeout:
    raise AssertionError(f"{timeout}: {last}") from timeout


class Writer:
  """One thread. `ctl` runs `pinnace ctl`; a writer with it uses it."""

  def __init__(self, name, seed, client, ctl=None):
    self.name = name
    self.acknowledged = collections.Counter()  # By (method, subject).
    self.unanswered = collections.Counter()
    self.newest_version = 0
    self._client = client
    self._ctl = ctl
    self._random = random.Random(seed)
    self._farm = f"farm-{name}"
    self._state = {}  # Subject, as the audit has it, to what must be there.
    self._made = 0

  def begin(self):
    while not self._of("farm"):
      self._write("SetFarm", f"farm/{self._farm}",
                  {"name": self._farm, "balance": "BALANCE_ROUND_ROBIN",
                   "pin_ttl": "60s"})

  def write_something(self):
    kinds = [self._set_farm, self._set_route, self._register]
    if self._of("backend"):
      kinds += [self._turn, self._deregister, self._change, self._turn]
    if self._of("route"):
      kinds += [self._delete_route]
    self._random.choice(kinds)()

  def compare(self):
    """AssertionError unless the registry has what it acknowledged."""
    for subject, wanted in self._state.items():
      found = patient(lambda subject=subject: self._read(subject))
      assert found == wanted, (
          f"{subject}: acknowledged {wanted}, but there is {found}")

  def _of(self, kind):
    return [subject for subject, value in self._state.items()
            if value and subject.startswith(f"{kind}/")]

  def _set_farm(self):
    before = self._state[f"farm/{self._farm}"]
    self._write("SetFarm", f"farm/{self._farm}", {
        "name": self._farm, "pin_ttl": f"{self._random.randrange(1, 9999)}s",
        "balance": self._random.choice(
            [one for one in _BALANCES if one != before["balance"]])})

  def _set_route(self):
    name = f"{self.name}-{self._random.randrange(4)}"
    self._write("SetRoute", f"route/{name}", {
        "name": name, "order": self._random.randrange(1, 10**9),
        "user": f"{self.name}-{self._random.randrange(10**9)}*",
        "farm": self._farm})

  def _delete_route(self):
    subject = self._random.choice(self._of("route"))
    self._write("DeleteRoute", subject, None)

  def _register(self):
    self._made += 1
    new_farm = self._random.random() < 0.3  # Made by the registration.
    self._write("RegisterBackend", f"backend/{self.name}-{self._made}", {
        "farm": f"{self._farm}-{self._made}" if new_farm else self._farm,
        "id": f"{self.name}-{self._made}",
        "address": f"10.9.{self._made // 250}.{self._made % 250 + 1}:21",
        "weight": self._random.randrange(1, 1001), "draining": False})

  def _change(self):
    subject = self._random.choice(self._of("backend"))
    before = self._state[subject]
    self._write("RegisterBackend", subject,
                {**before, "weight": before["weight"] % 1000 + 1})

  def _turn(self):
    subject = self._random.choice(self._of("backend"))
    before = self._state[subject]
    self._write("ResumeBackend" if before["draining"] else "DrainBackend",
                subject, {**before, "draining": not before["draining"]})

  def _deregister(self):
    subject = self._random.choice(self._of("backend"))
    self._write("DeregisterBackend", subject, None)

  def _write(self, method, subject, after):
    before = self._state.get(subject)
    try:
      record = self._do(method, subject, after)
      self.newest_version = max(self.newest_version,
                                int(record.get("version", 0)))
      self._state[subject] = after
      self.acknowledged[method, subject] += 1
    except registry.Refused as refusal:
      if refusal.code not in _NO_ANSWER:
        raise
      found = patient(lambda: self._read(subject))
      assert found in (before, after), (
          f"{subject}: {method} was not answered; there was {before}, it asked "
          f"for {after}, and there is {found}")
      self._state[subject] = found
      self.unanswered[method, subject] += 1

  def _do(self, method, subject, after):
    key = subject.partition("/")[2]
    if self._ctl and "Backend" in method:
      return self._by_ctl(method, key, after)
    if method == "SetFarm":
      return self._client.call(method, farm=after)
    if method == "SetRoute":
      return self._client.call(method, route=after)
    if method == "DeleteRoute":
      return self._client.call(method, name=key)
    if method == "RegisterBackend":
      return self._client.register(after["farm"], key, after["address"],
                                   weight=after["weight"])
    return self._client.call(method, id=key)

  def _by_ctl(self, method, key, after):
    verb = method.removesuffix("Backend").lower()
    arguments = [key]
    if verb == "register":
      arguments = ["--farm", after["farm"], "--id", key, "--address",
                   after["address"], "--weight", str(after["weight"])]
    done = self._ctl("backend", verb, *arguments)
    if done.returncode == 0:
      return {}
    code = next((code for code in _NO_ANSWER if code in done.stderr), "OTHER")
    raise registry.Refused(f"ctl backend {verb}", code, done.stderr)

  def _read(self, subject):
    kind, _, key = subject.partition("/")
    if kind == "backend":
      return self._backend(key)
    plural = f"{kind}s"
    answer = self._client.call(f"List{plural.capitalize()}")
    for record in answer.get(plural, []):
      if record[kind]["name"] == key:
        # The farm's and route's own words, defaults apart.
        return {field: record[kind].get(field)
                for field in self._fields(kind)}
    return None

  @staticmethod
  def _fields(kind):
    return (("name", "pin_ttl", "balance") if kind == "farm"
            else ("name", "order", "user", "farm"))

  def _backend(self, key):
    try:
      record = self._client.call("GetBackend", id=key)
    except registry.Refused as refusal:
      if refusal.code == "NOT_FOUND":
        return None
      raise
    backend = record["backend"]
    return {"farm": record["farm"], "id": backend["id"],
            "address": backend["address"], "weight": backend["weight"],
            "draining": backend.get("state") == "STATE_DRAINING"}
