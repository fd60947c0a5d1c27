"""The sidecar: `pinnace ctl backend register --hold`."""

import unittest

import world


class HoldTest(unittest.TestCase):

  def setUp(self):
    self.world = self.enterContext(world.World())

  def hold(self, *flags, backend="a"):
    return self.enterContext(self.world.hold(backend, "--ttl", "2s", *flags))

  def up(self, backend="a"):
    world.until(lambda: self.world.state(backend) == "STATE_UP", "it is up")

  def session(self):
    """One on backend a that the control plane knows of."""
    client = self.world.log_in(self.world.main)
    self.addCleanup(client.close)
    world.until(lambda: self.world.sessions("a") == 1, "a reported session")
    return client

  def assert_gone(self):
    self.assertEqual(self.world.record("a"), {})

  def test_renews_its_lease_and_deregisters(self):
    holder = self.hold()
    self.up()
    first = self.world.record("a")["expires"]
    world.until(lambda: self.world.record("a")["expires"] != first,
                "a heartbeat")
    holder.stop()
    self.assertEqual(holder.wait(), 0, holder.log())
    self.assert_gone()
    self.assertIn("no sessions left", holder.log())

  def test_waits_for_a_control_plane_that_is_away(self):
    self.world.stop()
    holder = self.hold()
    holder.until_log("the control plane is away")
    self.world.start()
    self.up()

  def test_a_refusal_ends_it(self):
    holder = self.hold("--weight", "5000")
    self.assertEqual(holder.wait(), 1)
    self.assertIn("weight", holder.log())
    self.assert_gone()

  def test_registers_again_when_it_had_run_out(self):
    holder = self.hold()
    self.up()
    self.world.ctl("backend", "deregister", "a")
    holder.until_log("had run out; registering it again")
    self.up()

  def test_a_control_plane_that_stood_still_lets_nothing_run_out(self):
    holder = self.hold()
    self.up()
    version = self.world.record("a")["version"]
    self.world.stand_still(5)
    holder.until_log("the control plane answers again")
    self.assertEqual(self.world.record("a")["version"], version)
    self.assertNotIn("had run out", holder.log())

  def test_waits_for_its_sessions(self):
    holder = self.hold()
    self.up()
    client = self.session()
    holder.stop()
    holder.until_log("1 session left")
    self.assertEqual(self.world.state("a"), "STATE_DRAINING")
    client.say("QUIT", "221")
    self.assertEqual(holder.wait(), 0, holder.log())
    self.assertIn("no sessions left", holder.log())
    self.assert_gone()

  def test_heartbeats_while_it_waits(self):
    holder = self.hold()
    self.up()
    self.session()
    holder.stop()
    holder.until_log("1 session left")
    drained = self.world.record("a")["expires"]
    world.until(lambda: self.world.record("a")["expires"] != drained,
                "a heartbeat during the drain")

  def test_drain_deadline(self):
    holder = self.hold("--drain-deadline", "1s")
    self.up()
    self.session()
    holder.stop()
    self.assertEqual(holder.wait(), 0, holder.log())
    self.assertIn("the drain deadline has passed", holder.log())
    self.assert_gone()

  def test_no_drain(self):
    holder = self.hold("--drain-deadline", "0")
    self.up()
    self.session()
    holder.stop()
    self.assertEqual(holder.wait(), 0, holder.log())
    self.assertNotIn("draining", holder.log())
    self.assert_gone()

  def test_a_second_signal_deregisters_at_once(self):
    holder = self.hold()
    self.up()
    self.session()
    holder.stop()
    holder.until_log("1 session left")
    holder.stop()
    self.assertEqual(holder.wait(), 0, holder.log())
    self.assertNotIn("no sessions left", holder.log())
    self.assert_gone()

  def test_says_when_the_control_plane_is_away_at_the_end(self):
    holder = self.hold()
    self.up()
    self.world.stop()
    holder.stop()
    self.assertEqual(holder.wait(), 1)
    self.assertIn("until its TTL of 2s removes it", holder.log())

  def test_a_drain_of_its_own_ends_with_it(self):
    holder = self.hold()
    self.up()
    holder.stop()
    self.assertEqual(holder.wait(), 0, holder.log())
    self.hold()
    self.up()

  def test_a_drain_that_a_killed_holder_left_ends(self):
    holder = self.hold("--ttl", "1m")
    self.up()
    self.session()
    holder.stop()
    holder.until_log("1 session left")
    holder.kill()
    self.assertEqual(self.world.state("a"), "STATE_DRAINING")
    self.hold()
    self.up()
    self.assertEqual(self.world.record("a")["backend"]["labels"], {})

  def test_an_operators_drain_stays(self):
    holder = self.hold("--ttl", "1m")
    self.up()
    self.world.ctl("backend", "drain", "a")
    holder.kill()
    again = self.hold()
    again.until_log("registered")
    self.assertEqual(self.world.state("a"), "STATE_DRAINING")


if __name__ == "__main__":
  unittest.main()
