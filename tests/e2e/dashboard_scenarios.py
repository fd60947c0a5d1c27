"""What the dashboard has to do, as its operator sees it.

A scenario gets a DashboardWorld: a gateway of the farm `main` with the
backends a and b, its page's address, and a browser. Rows of the table of
sessions are found by the client's address.
"""

import contextlib

SHORTLY = 2.0  # Seconds: what happens shows within.
ROWS = "tr[data-session]"


def row(session):
  return f"{ROWS}:has-text('{session.address}')"


def card(backend):
  return f"[data-backend='{backend}']"


@contextlib.contextmanager
def page(world, url=None, expected=(), **how):
  """The dashboard, open and answered. `expected`: words of problems that
  belong to the scenario."""
  browser = world.browser
  answer = browser.open(url or world.url, **how)
  assert answer["status"] == 200, answer
  yield browser
  found = [problem for problem in browser.problems()
           if not any(words in problem for words in expected)]
  assert not found, found


def answered(browser):
  """Waits until the data is there."""
  browser.wait(f"{card('a')} >> text=Healthy")
  browser.wait(f"{card('b')} >> text=Healthy")


def confirm(browser, action):
  browser.click(f"dialog.confirm button:has-text('{action}')")
  browser.until_count("dialog.confirm[open]", 0)


def shows_the_gateway(world):
  with page(world) as browser:
    answered(browser)
    browser.until_text("header.top h1", world.name)
    browser.until_text(".top-state", "Ready")
    browser.until_text(".condition", "All is well.")
    browser.until_text(".condition", "2 of 2")
    browser.until_count(".heat i", world.ports)
    browser.until_text("#gateways tbody", world.name)
    assert "default-src 'none'" in browser.open(world.url)["headers"][
        "content-security-policy"]


def charts_are_drawn_and_told(world):
  with page(world) as browser, world.connect():
    answered(browser)
    browser.until(
        lambda: "1 now" in browser.evaluate(
            "document.querySelector('.plot').getAttribute('aria-label')"),
        "a session in the chart's words")
    browser.until_count(".plot-wait", 0)
    assert browser.count(".plot canvas") == 4
    for words in ("Sessions over", "Throughput over", "Latency, p99 over"):
      assert browser.count(f"[role=img][aria-label^='{words}']") == 1, words


def sessions_appear_and_vanish(world):
  with page(world) as browser:
    answered(browser)
    browser.wait("#sessions >> text=No sessions now")
    session = world.connect()
    browser.until_count(row(session), 1, SHORTLY)
    browser.until_text(row(session), session.user, SHORTLY)
    session.quit()
    browser.until_count(row(session), 0, SHORTLY)
    browser.wait("#sessions >> text=No sessions now")


def a_transfer_is_seen_whole(world):
  # The drawer may ask for the session just when it has ended.
  with page(world, expected=("404",)) as browser, world.connect() as session:
    answered(browser)
    session.begin_download()
    browser.until_text(row(session), "RETR", SHORTLY)
    browser.click(f"{row(session)} >> button")
    drawer = "dialog.drawer[open]"
    browser.until_text(f"{drawer} .transfer", "big.bin")
    # The four ends: client, gateway, gateway, backend; each with its port.
    browser.until(
        lambda: all(":" in text for text in
                    browser.texts(f"{drawer} .end .mono")),
        "four addresses")
    assert browser.count(f"{drawer} .end") == 4
    browser.until(
        lambda: not browser.text(f"{drawer} .transfer-numbers strong")
        .startswith("0 B"), "bytes that were moved")
    browser.until_text(f"{drawer} .timeline", "RETR /data/big.bin")
    assert "PASS" in browser.text(f"{drawer} .timeline")
    assert session.password not in browser.text("body")
    session.quit()
    browser.until_text(f"{drawer} .drawer-head", "Ended")
    browser.press("Escape")
    browser.until_count(drawer, 0)


def search_finds(world):
  with page(world) as browser, contextlib.ExitStack() as stack:
    answered(browser)
    sessions = [stack.enter_context(world.connect(number))
                for number in range(3)]
    browser.until_count(ROWS, 3)
    wanted = sessions[1]
    browser.fill("#sessions input[type=search]", wanted.host)
    browser.until_count(ROWS, 1)
    assert browser.count(row(wanted)) == 1
    browser.fill("#sessions input[type=search]", "nobody-has-this-name")
    browser.wait("text=No session fits")
    browser.fill("#sessions input[type=search]", "")
    browser.until_count(ROWS, 3)
    browser.choose("#sessions select >> nth=0", "transfer")
    browser.wait("text=No session fits")
    wanted.begin_download()
    browser.until_count(row(wanted), 1, SHORTLY)
    browser.choose("#sessions select >> nth=0", "")
    backend = browser.texts(f"{row(wanted)} >> td >> nth=3")[0].split()[0]
    browser.choose("#sessions select >> nth=1", backend)
    browser.until(
        lambda: all(text.split()[0] == backend for text in
                    browser.texts(f"{ROWS} >> td:nth-child(4)")),
        f"only sessions of {backend}")


def tables_are_sorted_and_paged(world):
  with page(world) as browser, contextlib.ExitStack() as stack:
    answered(browser)
    sessions = [stack.enter_context(world.connect(number))
                for number in range(18)]
    browser.until_text(".pager-where", "1–15 of 18")
    assert browser.count(ROWS) == 15
    browser.click(".pager >> text=Next")
    browser.until_text(".pager-where", "16–18 of 18")
    browser.until_count(ROWS, 3)
    browser.click("#sessions th >> text=Client")
    browser.until_text(".pager-where", "1–15 of 18")

    def clients():
      return browser.texts(f"{ROWS} >> td:nth-child(3)")

    browser.until(lambda: row(sessions[0]) and
                  sessions[0].address == clients()[0], "the first client first")
    assert browser.count("th[aria-sort=ascending]") == 1
    browser.click("#sessions th >> text=Client")
    browser.wait("th[aria-sort=descending]")
    browser.until(lambda: sessions[0].address not in clients(),
                  "the first client on the last page")
    browser.choose(".pager select", "50")
    browser.until_count(ROWS, 18)
    assert clients()[-1] == sessions[0].address


def a_session_is_killed(world):
  with page(world, expected=("404",)) as browser, world.connect() as session:
    answered(browser)
    browser.until_count(row(session), 1)
    browser.click(row(session))
    browser.click("dialog.drawer >> text=End session")
    confirm(browser, "Cancel")
    assert session.lives()
    browser.click("dialog.drawer >> text=End session")
    confirm(browser, "End session")
    session.want_421()
    browser.until_text("dialog.drawer .drawer-head", "Ended")
    browser.until_text(".notice", "was ended")
    browser.press("Escape")
    browser.until_count(row(session), 0, SHORTLY)


def a_backend_is_drained_and_resumed(world):
  with page(world) as browser:
    answered(browser)
    browser.click("role=button[name='Drain backend a']")
    confirm(browser, "Drain")
    browser.until_text(card("a"), "Draining", SHORTLY + 1)
    browser.until_text(".condition", "1 of 2")
    for number in range(4):
      with world.connect(number) as session:
        browser.until_text(row(session), "b")
        assert session.backend() == "b"
    browser.click("role=button[name='Resume backend a']")
    confirm(browser, "Resume")
    browser.until(lambda: "Draining" not in browser.text(card("a")),
                  "a to be in use")
    browser.wait("role=button[name='Drain backend a']")
    browser.until_text(".condition", "2 of 2")


def a_ban_is_lifted(world):
  with page(world) as browser:
    answered(browser)
    browser.wait("#bans >> text=Nobody is banned")
    world.ban("203.0.113.9/32", "tried the door")
    browser.until_text("#bans tbody", "tried the door")
    browser.click("role=button[name='Lift the ban of 203.0.113.9/32']")
    confirm(browser, "Lift ban")
    browser.wait("#bans >> text=Nobody is banned")
    browser.until(lambda: not world.bans(), "the control plane to hear of it")


def a_pin_is_dropped(world):
  with page(world) as browser:
    answered(browser)
    with world.connect(7) as session:
      pin = f"#pins tr:has-text('{session.host}')"
      browser.until_count(pin, 1)
      browser.fill("#pins input", "no-such-pin")
      browser.until_count(pin, 0)
      browser.fill("#pins input", session.host)
      browser.until_count(pin, 1)
    browser.click(f"{pin} >> text=Drop")
    confirm(browser, "Drop pin")
    browser.until_count(pin, 0)


_BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def colours_follow_the_system_and_the_switch(world):
  with page(world) as browser:
    answered(browser)
    light = browser.evaluate(_BACKGROUND)
    browser.scheme("dark")
    browser.until(lambda: browser.evaluate(_BACKGROUND) != light, "dark")
    dark = browser.evaluate(_BACKGROUND)
    browser.click(".theme-switch")  # system, light, dark, system
    assert browser.evaluate(_BACKGROUND) == light
    browser.reload()
    answered(browser)
    assert browser.evaluate(_BACKGROUND) == light
    browser.scheme("light")
    browser.click(".theme-switch")
    assert browser.evaluate(_BACKGROUND) == dark
    browser.click(".theme-switch")
    assert browser.evaluate(_BACKGROUND) == light


_OVERFLOW = ("document.documentElement.scrollWidth - "
             "document.documentElement.clientWidth")


def a_phone_has_no_sideways_scroll(world):
  with page(world, width=400, height=800) as browser, \
      world.connect() as session:
    answered(browser)
    session.begin_download()
    browser.until_count(row(session), 1)
    assert browser.evaluate(_OVERFLOW) == 0
    browser.click(f"{row(session)} >> button")
    browser.wait("dialog.drawer >> text=big.bin")
    assert browser.evaluate(_OVERFLOW) == 0
    assert browser.evaluate(
        "(() => { const box = document.querySelector('.drawer-scroll');"
        " return box.scrollWidth - box.clientWidth })()") == 0


def everything_goes_by_keyboard(world):
  focused = "document.activeElement.textContent"
  with page(world) as browser, world.connect() as session:
    answered(browser)
    browser.until_count(row(session), 1)
    browser.press("Tab")
    assert "Skip" in browser.evaluate(focused)
    opener = f"{row(session)} >> button"
    browser.focus(opener)
    number = browser.texts(opener)[0]
    browser.press("Enter")
    browser.wait("dialog.drawer[open]")
    browser.press("Escape")
    browser.until_count("dialog.drawer[open]", 0)
    assert browser.evaluate(focused) == number
    browser.focus("role=button[name='Drain backend a']")
    browser.press("Enter")
    browser.wait("dialog.confirm[open]")
    # The question is not answered by the key that asked it.
    assert browser.evaluate(focused) == "Cancel"
    browser.press("Enter")
    browser.until_count("dialog.confirm[open]", 0)
    assert "Draining" not in browser.text(card("a"))
    assert browser.evaluate(focused) == "Drain"


def axe_finds_nothing_serious(world):
  with page(world) as browser, world.connect() as session:
    world.ban("203.0.113.9/32", "tried the door")
    answered(browser)
    session.begin_download()
    browser.until_text(row(session), "RETR")
    browser.until_text("#bans tbody", "tried the door")
    for scheme in ("light", "dark"):
      browser.scheme(scheme)
      assert browser.axe() == []
      browser.click(f"{row(session)} >> button")
      browser.wait("dialog.drawer >> text=big.bin")
      assert browser.axe() == []
      browser.click("dialog.drawer >> text=End session")
      browser.wait("dialog.confirm[open]")
      assert browser.axe() == []
      browser.press("Escape")
      browser.until_count("dialog.confirm[open]", 0)
      browser.press("Escape")
      browser.until_count("dialog[open]", 0)
    browser.size(400, 800)
    assert browser.axe() == []
    world.unban("203.0.113.9/32")


_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.shifts.push(entry.value + ' ' + entry.sources.map(
        (source) => source.node && (source.node.id || source.node.className)));
  }
}).observe({type: 'layout-shift', buffered: false});
"""


def nothing_moves_while_live(world):
  with page(world) as browser:
    answered(browser)
    browser.until_count(".plot-wait", 0)
    browser.evaluate(_WATCH_SHIFTS)
    for number in range(3):
      with world.connect(number) as session:
        session.begin_download()
        browser.until_text(row(session), "RETR")
      browser.until_count(row(session), 0)
    world.ban("203.0.113.9/32", "tried the door")
    browser.until_text("#bans tbody", "tried the door")
    world.unban("203.0.113.9/32")
    browser.wait("#bans >> text=Nobody is banned")
    shifts = browser.evaluate("window.shifts")
    # Rows come and go inside of their tables, which stay as they are.
    moved = [shift for shift in shifts if float(shift.split()[0]) > 0.005]
    assert not moved, moved


def a_token_is_asked(world):
  with world.with_token() as (url, token), \
      page(world, url, expected=("401",)) as browser:
    browser.wait("dialog.token[open]")
    assert browser.axe() == []
    browser.press("Escape")
    assert browser.count("dialog.token[open]") == 1
    browser.fill("#token", "wrong")
    browser.press("Enter")
    browser.until_text("dialog.token", "does not know this token")
    browser.fill("#token", token)
    browser.press("Enter")
    browser.until_count("dialog.token[open]", 0)
    answered(browser)
    assert token in browser.evaluate("JSON.stringify(sessionStorage)")
    assert token not in browser.evaluate("JSON.stringify(localStorage)")
    assert token not in browser.evaluate("document.cookie + location.href")
    browser.reload()
    answered(browser)
    browser.click("text=Forget token")
    browser.wait("dialog.token[open]")
    assert browser.evaluate("sessionStorage.length") == 0


def a_lost_gateway_is_told_and_found_again(world):
  lost = ("Failed to load resource", "ERR_")
  with page(world, expected=lost) as browser:
    answered(browser)
    world.kill_gateway()
    browser.wait("text=has not answered since")
    assert browser.axe() == []
    world.start_gateway()
    browser.click("text=Try now")
    browser.until_count(".lost", 0, 15)
    answered(browser)
    with world.connect() as session:
      browser.until_count(row(session), 1, SHORTLY)


ALL = [
    shows_the_gateway,
    charts_are_drawn_and_told,
    sessions_appear_and_vanish,
    a_transfer_is_seen_whole,
    search_finds,
    tables_are_sorted_and_paged,
    a_session_is_killed,
    a_backend_is_drained_and_resumed,
    a_ban_is_lifted,
    a_pin_is_dropped,
    colours_follow_the_system_and_the_switch,
    a_phone_has_no_sideways_scroll,
    everything_goes_by_keyboard,
    axe_finds_nothing_serious,
    nothing_moves_while_live,
    a_token_is_asked,
    a_lost_gateway_is_told_and_found_again,
]
