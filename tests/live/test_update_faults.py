#!/usr/bin/python3
"""What does a failing disk do to updates? Is everything acknowledged there, nothing half there, and nobody needed?

Each update changes several names together. The n-th write or sync of a commit, for every n, ends the server, as
kill -9 does or as a power cut, which takes some of what was not synced; or it fails, and then acknowledging
stops, answering goes on, and the store comes back by itself when the fault is gone. A failure shows the seed of
its random moments; SUANYU_SEED repeats them.
"""
import concurrent.futures
import errno
import os
import random
import re
import resource
import select
import time
import unittest
import urllib.request

import faults
import lib
import test_update_crash as crash
import updates
from faults import CUT, FAIL, FAIL_AFTER, KILL_AFTER, KILL_BEFORE, SHORT, SYNCS, WRITES, each_call
from lib import NOERROR, SERVFAIL
from updates import ANY, IN, rr

if updates.dns:
    import dns.query
    import dns.xfr
    import dns.zone

ZONE = "fault.test"
ROUNDS = int(os.environ.get("SUANYU_ROUNDS", 1000 if lib.LONG else 40))
SECONDS = 2000 if lib.LONG else 15  # no random round begins later
CALL_MAX = 60  # of a random power cut
QUIET_S = 4  # several times what a checkpoint waits for
TRIES = 10
SEEDS = 40 if lib.LONG else 3  # power cuts at each call
AT_ONCE = 6  # servers side by side, where waiting is most of the work
SIZE = 4 << 20  # octets of the small file system
TXT = lib.TYPES["TXT"]
TEXT = """
$ORIGIN fault.test.
$TTL 300
@     SOA ns host 1 7200 3600 1209600 60
@     NS  ns
ns    A   192.0.2.1
left  TXT 0
right TXT 0
""" + "".join(f"base-{number} A 192.0.2.2\n" for number in range(1, 100))


def setUpModule():
    updates.need_dnspython()
    faults.need_shim()


def text(value):
    data = value if isinstance(value, bytes) else str(value).encode()
    return bytes([len(data)]) + data


class Publisher:
    """One update after the other: each replaces left and right, adds two names of its own, and takes one away."""

    def __init__(self, server):
        self.server = server
        self.acknowledged, self.limbo = [], None  # numbers; limbo: neither acknowledged nor refused
        self.number = 0
        self.copy = None  # of a secondary that follows by IXFR

    def changes(self, number):
        both = [rr(f"{side}.{ZONE}", "TXT", kind, 300 * (kind == IN), text(number) if kind == IN else b"")
                for kind in (ANY, IN) for side in ("left", "right")]
        both.append(rr(f"base-{number}.{ZONE}", "ANY", ANY))
        return both + [rr(f"{side}-{number}.{ZONE}", "A", IN, 300, bytes([192, 0, 2, 1])) for side in "nm"]

    def send(self, changes):
        wire = updates.update_wire(ZONE, (), changes, additional=[lib.opt()])
        return lib.Reply(lib.exchange(self.server, updates.sign(wire), "tcp4"))

    def publish(self):
        """The next update; its reply, or None when the server ended first."""
        self.number += 1
        self.limbo = self.number
        try:
            reply = self.send(self.changes(self.number))
        except (TimeoutError, ConnectionError):
            return None
        if reply.rcode == NOERROR:
            self.acknowledged.append(self.number)
        self.limbo = None
        return reply

    def must(self):
        reply = self.publish()
        if reply is None or reply.rcode != NOERROR:
            raise AssertionError(f"not acknowledged: {reply and (reply.rcode, reply.ede)}\n{self.server.log()[-1500:]}")

    def found(self):
        """The numbers that are whole in the zone; what is half there is an error."""
        records = updates.axfr(self.server, ZONE)
        owners = {owner for owner, _, _, _ in records}
        sides = [{int(match.group(1)) for match in (re.match(rf"{side}-(\d+)\.", owner) for owner in owners) if match}
                 for side in "nm"]
        values = [[rdata for owner, _, _, rdata in records if owner == f"{side}.{ZONE}."] for side in ("left", "right")]
        last = max(sides[0], default=0)
        if sides[0] != sides[1] or values != [[f'"{last}"']] * 2:
            raise AssertionError(f"half there: {sides}, {values}")
        bases = {int(match.group(1)) for match in (re.match(r"base-(\d+)\.", owner) for owner in owners) if match}
        if bases != set(range(1, 100)) - sides[0]:
            raise AssertionError(f"half there: {sides[0]} done, and of the names that go are left {sorted(bases)}")
        serial = int(records[0][3].split()[2])
        if serial != 1 + len(sides[0]):
            raise AssertionError(f"serial {serial} after {len(sides[0])} updates")
        self.follow(records)
        return sides[0]

    def follow(self, records):
        """A secondary that comes by IXFR has the same zone as one that fetches all of it."""
        if self.copy is None:
            self.copy = dns.zone.Zone(ZONE, relativize=False)
        query, _ = dns.xfr.make_query(self.copy)
        dns.query.inbound_xfr("127.0.0.1", self.copy, query, port=self.server.port, timeout=lib.DEADLINE_S)
        copied = sorted((owner.to_text(), ttl, int(rdata.rdtype), updates.folded(rdata.rdtype, rdata.to_text()))
                        for owner, ttl, rdata in self.copy.iterate_rdatas())
        if copied != sorted(records[:-1]):
            raise AssertionError("IXFR and AXFR differ")

    def check(self):
        """All that was acknowledged is there, and nothing else but, perhaps, what nobody knows of."""
        found, sure = self.found(), set(self.acknowledged)
        if found not in (sure, sure | {self.limbo}):
            raise AssertionError(f"acknowledged {sorted(sure)}, unknown {self.limbo}, found {sorted(found)}")
        self.acknowledged, self.limbo = sorted(found), None


def configured(**options):
    return {ZONE: {"text": TEXT, "update": updates.ALL, "transfer": updates.FETCH, **options}}


def start(**options):
    server = faults.Server(configured(), **options).start()
    return server, Publisher(server)


def restart(server):
    """After its death: at once ready, and with nothing to complain of."""
    before = len(server.log())
    server.lift()
    server.start()
    said = [line for line in server.log()[before:].splitlines() if re.search(r"Z (warn|error) ", line)]
    if [line for line in said if "config_" not in line]:
        raise AssertionError(f"the start after a crash is not silent: {said}")
    if server.cpu_s() > 5:
        raise AssertionError("the start after a crash is slow")


class Kill(unittest.TestCase):
    def walk(self, server, publisher, action, seed=0):
        """Publish with a server that ends at call 1, 2, ... of the commit, until a commit has no more calls."""
        for at in each_call():
            self.context = f"action {action}, call {at}, seed {seed}"
            server.arm(action, at, seed=seed + at)
            reply = publisher.publish()
            if reply is not None:
                self.assertEqual(reply.rcode, NOERROR)
                self.assertGreater(at, 3, "calls of a commit: pages, sync, the page that makes it valid")
                return
            server.wait_end()
            restart(server)
            publisher.check()
            server.lift()
            publisher.must()
            publisher.check()

    def test_each_call(self):
        """kill -9 before and after each write and sync of a commit loses nothing and leaves nothing half."""
        server, publisher = start()
        for action in KILL_BEFORE, KILL_AFTER:
            self.walk(server, publisher, action)
        server.stop()

    def test_power_cut(self):
        """A power cut at each call, which takes any part of what was not synced, loses nothing either."""
        server, publisher = start()
        dice = random.Random(7)
        for _ in range(SEEDS):
            self.walk(server, publisher, CUT, dice.randrange(1 << 40))
        server.stop()

    def test_checkpoint(self):
        """The same for the commits of the checkpoint."""
        self.side_by_side(self.kill_checkpoint, (KILL_BEFORE, KILL_AFTER, CUT) if lib.LONG else (KILL_AFTER, CUT))

    def test_first_start(self):
        """A first start that ends at any call leaves what the next one can use."""
        self.side_by_side(self.kill_first_start, (KILL_BEFORE, KILL_AFTER, CUT) if lib.LONG else (KILL_AFTER, CUT))

    def side_by_side(self, walk, actions):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for action, calls in zip(actions, pool.map(walk, actions)):
                self.assertGreater(calls, 4, f"calls of action {action}")

    def kill_checkpoint(self, action):
        server, publisher = start(store={"checkpoint_s": 1}, in_memory=True)
        for at in each_call():
            if not self.is_ended_by_checkpoint(server, publisher, action, at):
                break  # this checkpoint had fewer calls
            server.wait_end()
            restart(server)
            publisher.check()
        server.stop()
        return at

    def is_ended_by_checkpoint(self, server, publisher, action, at):
        """Something to save, then the checkpoint: true when it met its end. Its calls follow one another at once,
        as no disk is below; without any it came before the fault was armed, and the next one has to do."""
        for _ in range(TRIES):
            publisher.must()
            server.arm(action, at, seed=at)
            calls, quiet = 0, time.monotonic() + QUIET_S
            while server.is_alive() and time.monotonic() < quiet:
                if server.calls != calls:
                    calls, quiet = server.calls, time.monotonic() + QUIET_S
                select.select([], [], [], 0.01)
            if calls or not server.is_alive():
                return not server.is_alive()
        raise AssertionError("there is no checkpoint")

    def kill_first_start(self, action):
        for at in each_call():
            server = faults.Server(configured())
            server.write_config()
            server.arm(action, at, seed=at)
            server.spawn()
            try:
                server.wait_ready()
                server.stop()
                break
            except AssertionError:
                server.wait_end()
            restart(server)
            publisher = Publisher(server)
            publisher.check()
            publisher.must()
            server.stop()
        return at

    def test_random(self):
        """Power cuts amid many updates in flight, at random calls: every acknowledged one is there."""
        seed = int(os.environ.get("SUANYU_SEED", 0)) or random.SystemRandom().randrange(1, 2 ** 32)
        dice = random.Random(seed)
        publishers = [crash.Publisher(ZONE, f"p{number}") for number in range(3)]
        server = faults.Server(configured(), store={"checkpoint_s": 1}).start()
        end, acknowledged = time.monotonic() + SECONDS, 0
        for number in range(ROUNDS):
            if time.monotonic() > end:
                break
            self.context = f"SUANYU_SEED={seed}, round {number}, {acknowledged} acknowledged so far"
            at = dice.randrange(1, CALL_MAX) if number else CALL_MAX  # once it is sure to be late enough for some
            server.arm(dice.choice([KILL_BEFORE, KILL_AFTER, CUT, CUT]), at, seed=dice.randrange(1 << 40))
            self.flood(publishers, server, dice)
            server.wait_end()
            restart(server)
            records = {}
            for owner, _, rtype, rdata in updates.axfr(server, ZONE)[:-1]:
                records.setdefault((owner, rtype), []).append(rdata)
            for publisher in publishers:
                publisher.check(records)
                acknowledged += publisher.acknowledged
        self.assertGreater(acknowledged, number, "updates acknowledged")
        server.stop()

    def flood(self, publishers, server, dice):
        """Many updates in flight until the server is gone; then the answers that it still gave."""
        for publisher in publishers:
            publisher.restart()
            publisher.connect(server)
        alive, calls, limit = True, 0, time.monotonic() + lib.DEADLINE_S
        while alive:
            if server.calls != calls:
                calls, limit = server.calls, time.monotonic() + lib.DEADLINE_S
            self.assertLess(time.monotonic(), limit, "it never ended")
            select.select([publisher.peer for publisher in publishers], [], [], 0.01)
            for publisher in publishers:
                try:
                    publisher.send(dice)
                except ConnectionError:
                    alive = False
                alive &= publisher.receive()
        for publisher in publishers:
            publisher.peer.settimeout(lib.DEADLINE_S)
            while publisher.receive():
                pass
            publisher.peer.close()


FAULTS = {  # label: what is done to the call, its errno, what calls, and what the store is then
    "EIO": (FAIL, errno.EIO, WRITES | SYNCS, "failed"),
    "ENOSPC": (FAIL, errno.ENOSPC, WRITES | SYNCS, "full"),
    "EDQUOT": (FAIL, errno.EDQUOT, WRITES, "full"),
    "a short write": (SHORT, 0, WRITES, "failed"),
    "done, and yet an error": (FAIL_AFTER, errno.EIO, WRITES | SYNCS, "failed"),
}


class Failure(unittest.TestCase):
    def refused(self, publisher):
        """The next update is refused, and its sender is told why."""
        reply = publisher.publish()
        self.assertIsNotNone(reply)
        self.assertEqual(reply.rcode, SERVFAIL)
        self.assertIn("store", reply.ede[1])
        return reply

    def answers_go_on(self, server, publisher):
        reply = lib.ask(server, f"left.{ZONE}", "TXT")
        self.assertEqual([record.rdata for record in reply.answer], [text(max(publisher.acknowledged))])
        publisher.check()  # by transfers

    def one(self, label, at, sticky):
        """One fault at one call of a commit; false when the commit has not so many."""
        action, error, kinds, state = FAULTS[label]
        server, publisher = start()
        with self.subTest(f"{label} at call {at}{' and later' if sticky else ''}"):
            publisher.must()
            server.arm(action, at, error, sticky, kinds)
            reply = publisher.publish()
            if reply is not None and reply.rcode == NOERROR:
                self.assertEqual(server.hits, 0, "acknowledged although a call failed")
                server.stop()
                return False
            self.assertEqual(reply.rcode, SERVFAIL)
            words = "full" if state == "full" else "failed"
            self.assertRegex(reply.ede[1], f"^the store (is )?{words}: ")
            self.answers_go_on(server, publisher)
            if sticky:
                facts = server.status()
                self.assertEqual(facts["store_state"], state)
                self.assertTrue(facts["store_error"])
                self.refused(publisher)
                self.answers_go_on(server, publisher)
            server.lift()
            server.wait_state("ok")
            publisher.check()
            publisher.must()
            server.kill()
            restart(server)
            publisher.check()  # what was refused is not there either
            server.stop()
        return True

    def walk(self, label, sticky):
        for at in each_call():
            if not self.one(label, at, sticky):
                return at
        return 0

    def test_each_call(self):
        """Any error at any call of a commit: the group is refused, answers go on, and it comes back by itself."""
        every = [(label, sticky) for label in FAULTS for sticky in (False, True)]
        rows = every if lib.LONG else [("EIO", True), ("ENOSPC", False), ("a short write", False),
                                       ("done, and yet an error", True)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for row, calls in zip(rows, pool.map(lambda row: self.walk(*row), rows)):
                self.assertGreater(calls, 2, row)

    def test_sync(self):
        """After a sync that failed nothing is acknowledged, though the next sync on the same file would succeed."""
        server, publisher = start()
        publisher.must()
        server.arm(FAIL, 1, errno.EIO, kinds=SYNCS)
        self.refused(publisher)
        calls = server.calls
        self.refused(publisher)
        self.assertEqual(server.calls, calls, "no sync is tried again on the same descriptor")
        server.wait_state("ok")
        publisher.must()
        server.kill()
        restart(server)
        publisher.check()
        server.stop()

    def test_it_says_so(self):
        """Status, metrics, counters and log tell of a failure and of its end."""
        server = faults.Server(configured(), http=True).start()
        publisher = Publisher(server)

        def gauge(state):
            with urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/metrics", timeout=lib.DEADLINE_S) as page:
                found = re.search(rf'^suanyu_store_state{{state="{state}"}} (\d)$', page.read().decode(), re.M)
            return int(found.group(1))

        self.assertEqual((gauge("ok"), gauge("failed")), (1, 0))
        self.assertRegex(server.suanyu("status").stdout, r"store state +ok\n")
        server.arm(FAIL, 1, errno.EIO, sticky=True)
        before = server.counters()
        self.refused(publisher)
        after = server.counters()
        for name in "store_failed", "update_refused":
            self.assertEqual(after[name] - before[name], 1, name)
        self.assertEqual((gauge("ok"), gauge("failed")), (0, 1))
        shown = server.suanyu("status").stdout
        self.assertRegex(shown, r"store state +failed for .*, last error: Input/output error\n")
        self.assertRegex(server.log(), r" error store_failed .*state=failed error=\"Input/output error\"")
        lib.until(lambda: "store_reopen_failed" in server.log(), "it is tried again")
        server.lift()
        server.wait_state("ok")
        self.assertEqual((gauge("ok"), gauge("failed")), (1, 0))
        self.assertRegex(server.log(), r" info store_recovered .*after_ms=\d+ zones_saved=0")
        self.assertEqual(server.counters()["store_recovered"], 1)
        publisher.must()
        server.stop()

    def test_import_and_checkpoint(self):
        """An import or a checkpoint that fails is told, harms nothing, and stops acknowledging, too."""
        server, publisher = start(store={"checkpoint_s": 1})
        publisher.must()
        server.arm(FAIL, 1, errno.EIO, kinds=SYNCS)
        path = lib.write(os.path.join(server.folder, "next"), TEXT.replace("TXT 0", "TXT imported"))
        kind, error, _ = server.control("zone import", ZONE, path)
        self.assertEqual(kind, "error")
        self.assertIn("Input/output error", str(error))
        publisher.check()
        server.wait_state("ok")
        publisher.must()
        server.arm(FAIL, 1, errno.EIO, sticky=True)
        lib.until(lambda: "checkpoint_failed" in server.log(), "the checkpoint fails")
        self.refused(publisher)
        server.lift()
        server.wait_state("ok")
        publisher.must()
        server.kill()
        restart(server)
        publisher.check()
        server.stop()

    def test_stop_while_failed(self):
        """A server whose store has failed can be stopped, and starts with all that was acknowledged."""
        server, publisher = start()
        publisher.must()
        server.arm(FAIL, 1, errno.EIO, sticky=True)
        self.refused(publisher)
        server.stop()
        restart(server)
        publisher.check()
        server.stop()


class Room(unittest.TestCase):
    def fill(self, publisher, until_s=30):
        """Large records until one is refused; the reply, and how many were taken."""
        end, taken = time.monotonic() + until_s, 0
        while time.monotonic() < end:
            large = [rr(f"large-{taken}-{part}.{ZONE}", "TXT", IN, 300, 8 * text(b"x" * 250)) for part in range(20)]
            reply = publisher.send(large)
            if reply.rcode != NOERROR:
                return reply, taken
            taken += 1
        raise AssertionError(f"never refused in {taken} updates")

    def removed(self, publisher, number):
        return publisher.send([rr(f"large-{number}-{part}.{ZONE}", "ANY", ANY) for part in range(20)]).rcode

    def replaced(self, publisher, value):
        return publisher.send([rr(f"left.{ZONE}", "TXT", ANY), rr(f"left.{ZONE}", "TXT", IN, 300, text(value))]).rcode

    def small_disk(self, server):
        """A file system of a few MiB below the store; a visible skip where nothing can be mounted."""
        os.mkdir(server.store_path)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "none", server.store_path]
        if not lib.IS_ROOT or lib.run(command).returncode:
            raise unittest.SkipTest("nothing can be mounted here")
        self.addCleanup(lib.run, ["umount", "-l", server.store_path])
        lib.give(server.store_path)

    def check_refusals(self, server, publisher, taken):
        """No record is added, while others go and are replaced; answers go on."""
        self.assertEqual(self.replaced(publisher, "fresh"), NOERROR)
        self.assertEqual(self.removed(publisher, taken - 1), NOERROR)
        reply = publisher.send([rr(f"more-{part}.{ZONE}", "A", IN, 300, bytes(4)) for part in range(3)])
        self.assertEqual(reply.rcode, SERVFAIL)
        self.assertEqual(lib.ask(server, f"left.{ZONE}", "TXT").answer[0].rdata, text("fresh"))
        self.assertEqual(server.status()["store_state"], "ok")

    def test_short(self):
        """Before a small disk is full, records are refused, removing goes on, and room that is made is used."""
        server = faults.Server(configured(), store={"checkpoint_s": 1}, http=True)
        self.small_disk(server)
        server.start()
        publisher = Publisher(server)
        reply, taken = self.fill(publisher)
        self.assertRegex(reply.ede[1], "nearly full: records can only be removed or replaced")
        self.assertRegex(server.log(), r" warn store_room_low .*(?s:.*) error store_room_short ")
        self.assertRegex(server.suanyu("status").stdout, r"store room +.* left, too short to add records\n")
        self.assertEqual(server.counters()["store_failed"], 0)
        self.check_refusals(server, publisher, taken)
        for number in range(taken - 1):
            self.assertEqual(self.removed(publisher, number), NOERROR)
        lib.until(lambda: server.status()["store_alarm"] == 0, "there is room again")
        self.assertEqual(publisher.send([rr(f"more.{ZONE}", "A", IN, 300, bytes(4))]).rcode, NOERROR)
        server.kill()
        server.start()
        self.assertEqual(lib.ask(server, f"more.{ZONE}", "A").answer[0].rdata, bytes(4))
        server.stop()

    def test_full_disk(self):
        """A disk that others have filled refuses the group whole; it goes on by itself when there is room again."""
        server = faults.Server(configured(), store={"checkpoint_s": 1})
        self.small_disk(server)
        server.start()
        publisher = Publisher(server)
        publisher.must()
        ballast = os.path.join(server.store_path, "ballast")
        file = os.open(ballast, os.O_CREAT | os.O_WRONLY)
        with self.assertRaisesRegex(OSError, "No space"):
            while True:
                os.write(file, bytes(4096))
        os.close(file)
        reply = publisher.send([rr(f"large-{part}.{ZONE}", "TXT", IN, 300, 8 * text(b"x" * 250)) for part in range(20)])
        self.assertEqual(reply.rcode, SERVFAIL)
        self.assertRegex(reply.ede[1], "^the store is (full: .*|nearly full: .*)")
        publisher.check()
        server.kill()  # at the limit, and started on a disk that is still full
        restart_full(server)
        publisher.check()
        os.remove(ballast)
        lib.until(lambda: server.status()["store_alarm"] == 0, "there is room again")
        publisher.must()
        publisher.check()
        server.stop()

    def test_size_limit(self):
        """A file that would pass the size limit of the process is an error, not the end of the process."""
        server = faults.Server(configured(), store={"checkpoint_s": 1})
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, before[1]))  # the server takes it over
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, before)
        server.start()
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        publisher = Publisher(server)
        reply, taken = self.fill(publisher)
        self.assertRegex(reply.ede[1], "nearly full: records can only be removed or replaced")
        self.check_refusals(server, publisher, taken)
        server.kill()
        server.start()
        self.assertEqual(lib.ask(server, f"large-0-0.{ZONE}", "TXT", "tcp4").rcode, NOERROR)
        server.stop()

    def test_map_grows(self):
        """A map that is too small grows while updates and queries run, without a single refusal."""
        server, publisher = start(store={"map_size": "1m", "checkpoint_s": 1})
        for number in range(300):
            reply = publisher.send([rr(f"grow-{number}-{part}.{ZONE}", "TXT", IN, 300, 8 * text(b"x" * 250))
                                    for part in range(10)])
            self.assertEqual((reply.rcode, reply.ede), (NOERROR, None))
            self.assertEqual(lib.ask(server, f"grow-{number}-9.{ZONE}", "TXT", "tcp4").rcode, NOERROR)
            server.status()  # reads the store meanwhile
        self.assertGreaterEqual(server.status()["store_size"], 8 << 20)
        self.assertEqual(server.counters()["store_failed"], 0)
        server.kill()
        server.start()
        for number in range(300):
            self.assertEqual(lib.ask(server, f"grow-{number}-0.{ZONE}", "TXT", "tcp4").rcode, NOERROR)
        server.stop()


def restart_full(server):
    server.lift()
    server.start()
    lib.until(lambda: server.status()["store_alarm"] == 2, "the alarm is on again")


if __name__ == "__main__":
    lib.main()
