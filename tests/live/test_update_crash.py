#!/usr/bin/python3
"""Is every acknowledged update there after kill -9, and none half there?

Publishers with many updates in flight are cut off at random moments. Each update changes two names together, or
a load whose mirror the server writes. On one connection updates are done in their order, so that after a restart
the names of a publisher show how many were done: at least those that were acknowledged. A failure shows the
seed of its random moments; SUANYU_SEED repeats them, SUANYU_ROUNDS asks for more.
"""
import os
import random
import select
import time
import unittest

import lib
import updates
from lib import NOERROR, Reply
from updates import ANY, CLOAD, IN, ours, rr, sign, update_wire

ROUNDS = int(os.environ.get("SUANYU_ROUNDS", 1000 if lib.LONG else 30))
SECONDS = 3000 if lib.LONG else 120  # no round begins later
SHORT_S, LONG_S = 0.4, 2.5  # of a round, at most
LONG_EVERY = 5  # rounds, beginning with the first
LONG_LEAST = 3 * LONG_EVERY  # updates acknowledged in a long one
WINDOW = 16  # updates in flight of one publisher
PAIRS = 10  # that one publisher changes in turn
TXT = lib.TYPES["TXT"]
ZONES = "crash.test", "second.test"
TEXT = """
$ORIGIN {zone}.
$TTL 300
@     SOA ns host 1 7200 3600 1209600 60
@     NS  ns
ns    A   192.0.2.1
pcl   CENTRE . kind=ai
p.pcl CRES . cpu=1000000000
"""


def setUpModule():
    updates.need_dnspython()


class Publisher:
    """One connection. Its updates are operations (place, value or None); `base` is what they began with."""

    def __init__(self, zone, name):
        self.zone, self.name = zone, name
        self.base = {}
        self.value = 0
        self.restart()

    def restart(self):
        self.operations, self.acknowledged, self.idents, self.input = [], 0, {}, b""

    def places(self):
        return [f"{self.name}-{number}" for number in range(PAIRS)]

    def changes(self, place, value):
        """Both names of a pair get a new text, or go."""
        names = [f"{side}-{place}.{self.zone}" for side in ("left", "right")]
        changes = [rr(name, TXT, ANY) for name in names]
        text = str(value).encode()
        return changes + ([rr(name, TXT, IN, 60, bytes([len(text)]) + text) for name in names] if value else [])

    def draw(self, dice):
        self.value += 1
        return dice.choice(self.places()), self.value if dice.randrange(5) else None

    def found(self, records):
        """{place: value} of a transferred zone; what is half there is an error."""
        values = {}
        for place in self.places():
            left, right = (records.get((f"{side}-{place}.{self.zone}.", TXT)) for side in ("left", "right"))
            if left != right:
                raise AssertionError(f"half there: left-{place} {left}, right-{place} {right}")
            if left:
                values[place] = int(left[0].strip('"'))
        return values

    # the connection

    def connect(self, server):
        self.peer = lib.open_socket(server, "tcp4")
        self.peer.setblocking(False)

    def send(self, dice):
        """Fill the window."""
        while len(self.operations) - self.acknowledged < WINDOW:
            place, value = self.draw(dice)
            ident = next(updates.idents) % 65536
            wire = lib.framed(sign(update_wire(self.zone, (), self.changes(place, value), ident=ident)))
            if self.peer.send(wire) != len(wire):
                raise AssertionError("the window is small enough for any socket's buffer")
            self.operations.append((place, value))
            self.idents[ident] = len(self.operations)

    def receive(self):
        """Take the answers that are there; False when the server is gone."""
        try:
            data = self.peer.recv(65536)
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        self.input += data
        while len(self.input) >= 2 and len(self.input) >= 2 + int.from_bytes(self.input[:2], "big"):
            size = 2 + int.from_bytes(self.input[:2], "big")
            reply, self.input = Reply(self.input[2:size]), self.input[size:]
            if reply.rcode != NOERROR:
                raise AssertionError(f"an update was answered by {reply.rcode} {reply.ede}")
            self.acknowledged = max(self.acknowledged, self.idents[reply.id])
        return bool(data)

    def check(self, records):
        """The zone is what the base and some first operations make, all acknowledged ones among them."""
        found, state = self.found(records), dict(self.base)
        for number in range(len(self.operations) + 1):
            if number >= self.acknowledged and state == found:
                break
            if number == len(self.operations):
                raise AssertionError(f"{self.name}: {self.acknowledged} of {len(self.operations)} acknowledged; "
                                     f"base {self.base}, then {self.operations}: found {found}")
            place, value = self.operations[number]
            state.pop(place, None)
            if value:
                state[place] = value
        self.base = found


class Load(Publisher):
    """Publishes the load of one pool; the mirror has its figure, too."""

    def places(self):
        return ["load"]

    def draw(self, dice):
        self.value += 1
        return "load", self.value

    def changes(self, place, value):
        return [rr(f"p.pcl.{self.zone}", CLOAD, IN, 30, ours(obs=int(time.time()), cpuf=value))]

    def found(self, records):
        load, mirror = (records.get((f"p.pcl.{self.zone}.", rtype)) for rtype in (CLOAD, TXT))
        if not load:
            return {}
        rdata = bytes.fromhex(load[0].split(None, 2)[2].replace(" ", ""))
        values = {}
        at = 1
        while at < len(rdata):
            key, size = (int.from_bytes(rdata[i:i + 2], "big") for i in (at, at + 2))
            values[key] = int.from_bytes(rdata[at + 4:at + 4 + size], "big")
            at += 4 + size
        if f'"cpuf={values[updates.KEYS["cpuf"]]}"' not in mirror[0]:
            raise AssertionError(f"the mirror does not follow: {load}, {mirror}")
        return {"load": values[updates.KEYS["cpuf"]]}


def is_killed(publishers, server, dice, is_long):
    """Publish until the server is killed at a random moment; after a long time, however slow the disk is, some
    updates are sure to be acknowledged and others to be in flight."""
    for publisher in publishers:
        publisher.restart()
        publisher.connect(server)
    end = time.monotonic() + dice.uniform(0, LONG_S if is_long else SHORT_S)
    limit = time.monotonic() + lib.DEADLINE_S
    while time.monotonic() < end or (is_long and sum(one.acknowledged for one in publishers) < LONG_LEAST):
        if time.monotonic() > max(end, limit):
            raise AssertionError(f"hardly an update was acknowledged\n{server.log()[-2000:]}")
        for publisher in publishers:
            publisher.send(dice)
        select.select([publisher.peer for publisher in publishers], [], [], 0.001)
        for publisher in publishers:
            if not publisher.receive():
                raise AssertionError(f"the server has closed a connection:\n{server.log()[-2000:]}")
    if is_long:
        for publisher in publishers:
            publisher.send(dice)
    server.process.kill()
    server.process.wait()
    for publisher in publishers:
        publisher.peer.settimeout(lib.DEADLINE_S)
        while publisher.receive():  # what was sent before the end was acknowledged
            pass
        publisher.peer.close()
    server.close()


class Crash(unittest.TestCase):
    def records(self, server, zone):
        found = updates.axfr(server, zone)
        self.assertEqual(found[0], found[-1])
        records = {}
        for owner, _, rtype, rdata in found[:-1]:
            records.setdefault((owner, rtype), []).append(rdata)
        return records

    def check(self, server, publishers):
        for zone in ZONES:
            records = self.records(server, zone)
            for publisher in publishers:
                if publisher.zone == zone:
                    publisher.check(records)

    def test_kill(self):
        """After kill -9 amid updates every acknowledged one is there and none is half there."""
        seed = int(os.environ.get("SUANYU_SEED", 0)) or random.SystemRandom().randrange(1, 2 ** 32)
        dice = random.Random(seed)
        publishers = [Publisher(zone, f"{zone[0]}{number}") for zone in ZONES for number in range(2)]
        publishers += [Load(zone, "load") for zone in ZONES]
        zones = {zone: {"text": TEXT.format(zone=zone), "index": True, "update": updates.ALL,
                        "transfer": updates.FETCH} for zone in ZONES}
        server = updates.Server(zones, store={"checkpoint_s": 1}).start()
        end, rounds, acknowledged, lost = time.monotonic() + SECONDS, 0, 0, 0
        try:
            for number in range(ROUNDS):
                if time.monotonic() > end:
                    break
                self.context = f"SUANYU_SEED={seed}, round {number}, {acknowledged} acknowledged so far"
                is_killed(publishers, server, dice, number % LONG_EVERY == 0)
                if number % 3 == 2:  # once more, while it starts
                    server.spawn()
                    time.sleep(dice.uniform(0, 0.03))
                    server.kill()
                server.start()
                self.check(server, publishers)
                rounds += 1
                acknowledged += sum(publisher.acknowledged for publisher in publishers)
                lost += sum(len(publisher.operations) - publisher.acknowledged for publisher in publishers)
        finally:
            server.stop(check=False)
        self.assertGreater(acknowledged, rounds, "updates acknowledged")
        self.assertGreater(lost, rounds, "updates in flight when the server was killed")

    def test_stop(self):
        """A server that is told to stop amid updates ends well, and nothing acknowledged is lost."""
        dice = random.Random(1)
        zone = ZONES[0]
        publishers = [Publisher(zone, "a"), Publisher(zone, "b")]
        with updates.Server({zone: {"text": TEXT.format(zone=zone), "update": updates.ALL,
                                    "transfer": updates.FETCH}}) as server:
            for _ in range(5):
                for publisher in publishers:
                    publisher.restart()
                    publisher.connect(server)
                end = time.monotonic() + 0.2
                while time.monotonic() < end:
                    for publisher in publishers:
                        publisher.send(dice)
                        publisher.receive()
                server.stop()
                for publisher in publishers:
                    publisher.peer.settimeout(lib.DEADLINE_S)
                    while publisher.receive():
                        pass
                    publisher.peer.close()
                server.start()
                for publisher in publishers:
                    publisher.check(self.records(server, zone))


if __name__ == "__main__":
    lib.main()
