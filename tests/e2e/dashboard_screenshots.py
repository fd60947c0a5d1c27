"""The pictures of the documentation: docs/dashboard-*.png."""

import contextlib
import pathlib

_DOCS = pathlib.Path(__file__).parents[2] / "docs"
_CHARTS_HAVE = "document.querySelectorAll('.events li').length"


def take(world):
  """Of whatever the world shows; some sessions with it."""
  browser = world.browser
  with contextlib.ExitStack() as stack:
    browser.open(world.url, width=1440, height=1180)
    browser.wait("[data-backend='a'] >> text=Healthy")
    for number in range(24):
      session = stack.enter_context(world.connect(number))
      if number % 3 == 0:
        session.begin_download()
    browser.until(lambda: browser.evaluate(_CHARTS_HAVE) >= 30, "activity")
    browser.until_count("tr[data-session]", 15)
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
