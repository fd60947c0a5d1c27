"""ProFTPD with a hundred users: for what depends on who logs in."""

import proftpd_backend

USERS = [f"sailor{number}" for number in range(100)]


class Crew(proftpd_backend.Proftpd):
  kind = "crew"
  further_users = ("north-1", "north-2", "mate", *USERS)
