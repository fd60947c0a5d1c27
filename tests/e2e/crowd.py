"""Many sessions that act at one moment."""

import threading

# Sessions that log in at one time: vsftpd's listen queue holds 32, and what
# it has no room for comes back seconds later, all together.
_LOGINS_AT_ONCE = 16


def together(count, prepare, act, seconds=60):
  """In `count` threads: prepare(i), wait for all, act(i, prepared).

  Raises AssertionError with the failures of all threads. The threads are in
  the caller's network namespace.
  """
  gate = threading.Barrier(count)
  door = threading.Semaphore(_LOGINS_AT_ONCE)
  failures = []

  def one(number):
    try:
      with door:
        prepared = prepare(number)
      gate.wait(seconds)
      act(number, prepared)
    except threading.BrokenBarrierError:
      pass  # Another one failed, and says so.
    except Exception as failure:  # pylint: disable=broad-except
      gate.abort()
      failures.append(f"#{number}: {type(failure).__name__}: {failure}")

  threads = [threading.Thread(target=one, args=(number,), daemon=True)
             for number in range(count)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join(seconds)
  if any(thread.is_alive() for thread in threads):
    failures.append(f"some threads hang after {seconds} s")
  if failures:
    raise AssertionError(f"{len(failures)} of {count} failed:\n" +
                         "\n".join(failures[:20]))
