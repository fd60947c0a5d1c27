"""Chromium, through tests/e2e/dashboard/browser.mjs."""

import json
import pathlib
import subprocess

import waiting

_FOLDER = pathlib.Path(__file__).with_name("dashboard")


class Browser:
  """A context manager. `command` puts a command line where the browser is to
  run: a network namespace's command()."""

  def __init__(self, command=lambda *words: list(words)):
    self._command = command
    self._process = None

  def __enter__(self):
    self._process = subprocess.Popen(
        self._command("node", str(_FOLDER / "browser.mjs")),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return self

  def __exit__(self, *_):
    self._process.stdin.close()  # The program's end.
    try:
      self._process.wait(10)
    except subprocess.TimeoutExpired:
      self._process.kill()
      self._process.wait()
    self._process.stdout.close()

  def _do(self, name, **options):
    self._process.stdin.write(json.dumps({"do": name, **options}) + "\n")
    self._process.stdin.flush()
    line = self._process.stdout.readline()
    if not line:
      raise RuntimeError("the browser has ended")
    result = json.loads(line)
    if "error" in result:
      raise AssertionError(f"{name} {options}: {result['error']}")
    return result["answer"]

  def open(self, url, **how):
    """`width`, `height`, `scheme`; returns the page's status and headers."""
    return self._do("open", url=url, **how)

  def reload(self):
    self._do("reload")

  def scheme(self, value):
    self._do("scheme", value=value)

  def size(self, width, height):
    self._do("size", width=width, height=height)

  def click(self, target):
    self._do("click", target=target)

  def fill(self, target, value):
    self._do("fill", target=target, value=value)

  def choose(self, target, value):
    self._do("choose", target=target, value=value)

  def focus(self, target):
    self._do("focus", target=target)

  def press(self, key):
    self._do("press", key=key)

  def wait(self, target):
    self._do("wait", target=target)

  def count(self, target):
    return self._do("count", target=target)

  def texts(self, target):
    return self._do("texts", target=target)

  def text(self, target):
    return "\n".join(self.texts(target))

  def evaluate(self, script):
    return self._do("evaluate", script=script)

  def shot(self, path, full=False):
    self._do("shot", path=str(path), full=full)

  def problems(self):
    """Console errors, errors of the page, requests to other origins."""
    return self._do("problems")

  def axe(self):
    return self._do("axe")

  def until(self, condition, what, seconds=10.0):
    """As waiting.until, but the failure says what the page shows."""
    try:
      return waiting.until(condition, what, seconds, every=0.05)
    except waiting.Timeout as timeout:
      shown = self.text("body")[:1500]
      raise AssertionError(f"{timeout}; the page:\n{shown}") from None

  def until_text(self, target, wanted, seconds=10.0):
    self.until(lambda: wanted in self.text(target),
               f"{wanted!r} in {target}", seconds)

  def until_count(self, target, wanted, seconds=10.0):
    self.until(lambda: self.count(target) == wanted,
               f"{wanted} of {target}", seconds)
