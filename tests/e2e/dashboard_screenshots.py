"""The pictures of the documentation: docs/dashboard-*.png."""

import contextlib
import pathlib

_DOCS = pathlib.Path(__file__).parents[2] / "docs"
_ROUNDS = 110  # Of clients that come and go: what the charts show.
_STANDING = 24


def _come_and_go(world, number):
  """A few short sessions; one is seen, so that rounds take their time."""
  for client in range(1 + number % 4):
    with world.connect(100 + client) as session:
      session.download()
      if client == 0:
        world.browser.until_count(
            f"tr[data-session]:has-text('{session.address}')", 1)


def take(world):
  browser = world.browser
  with contextlib.ExitStack() as stack:
    browser.open(world.url, width=1440, height=1180)
    browser.wait("[data-backend='a'] >> text=Healthy")
    browser.click(".windows >> text=2 min")
    standing = []
    moving = []
    for number in range(_ROUNDS):
      if number % 2 == 0 and len(standing) < _STANDING:
        standing.append(stack.enter_context(world.connect(len(standing))))
        if len(standing) % 3 == 0:
          standing[-1].begin_download()
          moving.append(standing[-1])
      for session in moving:
        session.read_some()
      _come_and_go(world, number)
    browser.shot(_DOCS / "dashboard-light.png", full=True)
    browser.scheme("dark")
    browser.click("tr[data-session]:has(.moving) >> nth=0")
    browser.wait("dialog.drawer .transfer")
    browser.wait("dialog.drawer .timeline li")
    browser.shot(_DOCS / "dashboard-dark.png")
    browser.press("Escape")
    browser.scheme("light")
    browser.size(400, 860)
    browser.evaluate("window.scrollTo(0, 0)")
    browser.shot(_DOCS / "dashboard-phone.png")
