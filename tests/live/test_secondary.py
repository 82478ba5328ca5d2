#!/usr/bin/python3
"""Is our server a good secondary: of Knot, BIND, NSD and of itself, when all is well and when nothing is?

Primaries that misbehave are sockets of the test, which answer as they are told.
"""
import contextlib
import hmac
import os
import re
import socket
import threading
import time
import unittest

import lib
import primaries
import updates
from updates import IN, K1, Key, rr, sign, update_wire

NAME = "second.test"
ZONE = """
$ORIGIN {name}.
$TTL 300
@   SOA ns host {serial} {refresh} {retry} {expire} 60
@   NS  ns
ns  A   192.0.2.1
www A   192.0.2.{last}
"""
NOT_READY = 14
STORM = 3000
MOMENT_S, TRIES = 2, 5
NOTIFY = 4 << 11


def text(serial=100, refresh=7200, retry=3600, expire=1209600, last=10, more=""):
    return ZONE.format(name=NAME, serial=serial, refresh=refresh, retry=retry, expire=expire, last=last) + more


def serial_of(server):
    """The serial that a server answers with, or None."""
    reply = lib.ask(server, NAME, "SOA")
    return updates.soa_serial(reply.answer[0], NAME) if reply.rcode == 0 and reply.answer else None


def is_equal(one, other):
    return serial_of(one) is not None and serial_of(one) == serial_of(other)


def secondary_zone(port, key=K1, **options):
    zone = {"primary": [f"127.0.0.1:{port}"], "transfer": updates.FETCH, **options}
    return {**zone, "primary_key": key.name} if key else zone


def primary_zone(port, zone_text=None, **options):
    return {"text": zone_text or text(), "update": updates.ALL, "transfer": [{"key": "k1"}],
            "notify": [f"127.0.0.1:{port}"], "notify_key": "k1", **options}


def add_wire(number, key=K1):
    change = rr(f"n{number}.{NAME}", "A", IN, 60, bytes([192, 0, 2, number % 256]))
    return sign(update_wire(NAME, (), [change]), key)


def content(server):
    """All records as the server gives them away, in order."""
    key = K1 if server.zones[NAME].get("transfer", [{}])[0].get("key") else None
    return sorted(set(updates.axfr(server, NAME, key)))


class Case(unittest.TestCase):
    def secondary(self, port, key=K1, keys=(K1,), server=None, store=None, in_memory=False,
                  **options):
        """Our server as a secondary of who listens on a port."""
        second = updates.Server({NAME: secondary_zone(port, key, **options)}, keys=keys, in_memory=in_memory,
                                **(server or {}))
        second.store.update(store or {})
        self.addCleanup(second.stop)
        return second

    def pair(self, zone_text=None, in_memory=False, **options):
        """Our server as a primary, and our server as its secondary, which has the zone."""
        first = updates.Server({}, in_memory=in_memory)
        second = self.secondary(first.port, in_memory=in_memory, **options)
        first.set_zone(NAME, primary_zone(second.port, zone_text))
        self.addCleanup(first.stop)
        first.start()
        second.start()
        self.until_fetched(first, second)
        return first, second

    def until_fetched(self, first, second):
        """A secondary that began without the zone has it, and has counted it, which follows a moment later."""
        self.until_equal(first, second)
        lib.until(lambda: second.counters()["transfer_in_axfr"] == 1, "the transfer is counted")

    def until_equal(self, first, second, deadline_s=lib.DEADLINE_S):
        lib.until(lambda: is_equal(first, second), f"equal serials\n{second.log()[-2000:]}", deadline_s)

    def update(self, server, number, transport="udp4"):
        return lib.Reply(lib.exchange(server, add_wire(number), transport))

    def assert_not_ready(self, server):
        for transport in lib.TRANSPORTS:
            for rtype in "SOA", "A":
                reply = lib.ask(server, "www." + NAME if rtype == "A" else NAME, rtype, transport, edns=lib.opt())
                self.assertEqual((reply.rcode, reply.ede[0]), (lib.SERVFAIL, NOT_READY))
        reply = lib.Reply(lib.exchange(server, lib.query(NAME, "AXFR", edns=lib.opt()), "tcp4"))
        self.assertEqual((reply.rcode, reply.ede[0]), (lib.SERVFAIL, NOT_READY))

    def state(self, server):
        zones = {zone["name"]: zone for zone in server.control("zone list")[1]["zones"]}
        return zones[NAME + "."]["secondary"]["state"]


class OfOthers(Case):
    def serve(self, kind):
        lib.need(kind.program)
        second = self.secondary(1)
        first = kind(NAME, text(), second.port, K1)
        self.addCleanup(first.stop)
        second.set_zone(NAME, secondary_zone(first.port))
        first.start()
        second.start()
        self.until_fetched(first, second)
        return first, second

    def check_updates(self, kind):
        first, second = self.serve(kind)
        before = second.counters()
        for number in range(5):
            self.assertEqual(self.update(first, number).rcode, 0)
            self.until_equal(first, second)
        after = second.counters()
        self.assertGreater(after["transfer_in_ixfr"], before["transfer_in_ixfr"], second.log()[-3000:])
        self.assertEqual(after["transfer_in_axfr"], before["transfer_in_axfr"], second.log()[-3000:])
        self.assertEqual([r.rdata for r in lib.ask(second, "n4." + NAME).answer], [bytes([192, 0, 2, 4])])

    def test_knot(self):
        """A zone of Knot is fetched with TSIG, followed at each signed NOTIFY, and by IXFR."""
        self.check_updates(primaries.Knot)

    def test_bind(self):
        """So is a zone of BIND."""
        self.check_updates(primaries.Bind)

    def test_nsd(self):
        """A zone of NSD is fetched, and followed when its file is another."""
        first, second = self.serve(primaries.Nsd)
        first.replace(text(serial=101, last=77))
        lib.until(lambda: [r.rdata for r in lib.ask(second, "www." + NAME).answer] == [bytes([192, 0, 2, 77])],
                  f"the new file is there\n{second.log()[-2000:]}")
        self.assertEqual(serial_of(second), 101)

    def check_storm(self, kind):
        first, second = self.serve(kind)
        peer = lib.open_socket(first, "tcp4")
        self.addCleanup(peer.close)
        for number in range(500):
            peer.sendall(lib.framed(add_wire(number)))
            self.assertEqual(lib.Reply(lib.read_framed(peer)).rcode, 0)
        self.until_equal(first, second)
        first.zones[NAME] = {"transfer": [{"key": "k1"}]}
        self.assertEqual(content(second), content(first))

    def test_storm_of_bind(self):
        """After a storm of updates at BIND our copy is the same, record by record."""
        updates.need_dnspython()
        self.check_storm(primaries.Bind)

    def test_storm_of_knot(self):
        """After a storm of updates at Knot, too."""
        updates.need_dnspython()
        self.check_storm(primaries.Knot)


class OfOurselves(Case):
    def test_follow(self):
        """A change at the primary is at the secondary within a moment of it."""
        first, second = self.pair(in_memory=True)
        took = []
        while not took or (len(took) < TRIES and took[-1] >= MOMENT_S):  # a slow moment may be the machine's
            begin = time.monotonic()
            self.assertEqual(self.update(first, len(took)).rcode, 0)
            self.until_equal(first, second)
            took.append(time.monotonic() - begin)
        self.assertLess(took[-1], MOMENT_S, took)

    def test_chain(self):
        """A secondary tells its own secondaries, as a primary does."""
        first, second = self.pair()
        third = self.secondary(second.port, key=None)
        second.set_zone(NAME, secondary_zone(first.port, notify=[f"127.0.0.1:{third.port}"]))
        self.assertTrue(second.reload())
        third.start()
        self.until_equal(first, third)
        self.assertEqual(self.update(first, 7).rcode, 0)
        self.until_equal(first, third)
        self.assertEqual([r.rdata for r in lib.ask(third, "n7." + NAME).answer], [bytes([192, 0, 2, 7])])

    def test_storm(self):
        """Thousands of updates one after the other: at equal serials both zones are equal, record by record."""
        updates.need_dnspython()
        first, second = self.pair()
        peer = lib.open_socket(first, "tcp4")
        self.addCleanup(peer.close)
        for begin in range(0, STORM, 50):
            wires = [add_wire(number) for number in range(begin, begin + 50)]
            peer.sendall(b"".join(lib.framed(wire) for wire in wires))
            for _ in wires:
                self.assertEqual(lib.Reply(lib.read_framed(peer)).rcode, 0)
        self.until_equal(first, second)
        self.assertEqual(content(second), content(first))
        self.assertEqual(len(content(first)), STORM + 4)
        self.assertEqual(second.counters()["transfer_in_axfr"], 1, "the first one; then changes")
        lib.until(lambda: second.counters()["transfer_in_ixfr"] > 0, "a change is counted")

    def test_import(self):
        """A zone that was imported at the primary is taken over, also when its serial falls."""
        first, second = self.pair()
        for serial, last in (5000, 20), (50, 30):
            path = lib.write(os.path.join(first.folder, f"{serial}.zone"), text(serial=serial, last=last))
            self.assertEqual(first.control("zone import", NAME, path)[0], "ok")
            if serial == 50:  # a lower serial is no news: somebody has to say so
                self.assertEqual(second.suanyu("zone", "refresh", NAME).returncode, 0)
            self.until_equal(first, second)
            self.assertEqual([r.rdata for r in lib.ask(second, "www." + NAME).answer], [bytes([192, 0, 2, last])])
        self.assertEqual(self.update(first, 1).rcode, 0)
        self.until_equal(first, second)

    def test_restart(self):
        """What was fetched is served after a restart and after kill -9, without any primary."""
        first, second = self.pair()
        self.assertEqual(self.update(first, 1).rcode, 0)
        self.until_equal(first, second)
        serial = serial_of(second)
        first.stop()
        second.restart()
        self.assertEqual(serial_of(second), serial)
        second.kill()
        second.start()
        self.assertEqual(serial_of(second), serial)
        first.start()
        self.assertEqual(self.update(first, 2).rcode, 0)
        self.until_equal(first, second)

    def test_no_data(self):
        """Without any primary the server starts, and says SERVFAIL with Not Ready of the zone; others are served."""
        first = updates.Server({})
        second = self.secondary(first.port)
        second.set_zone("own.test", {"text": "$ORIGIN own.test.\n@ 60 SOA n h 1 2 3 4 5\n@ 60 NS n\n"
                                             "alias 60 CNAME www." + NAME + ".\n"})
        second.start()
        self.assert_not_ready(second)
        self.assertEqual(self.state(second), "loading")
        self.assertEqual(lib.ask(second, "own.test", "SOA").rcode, 0)
        alias = lib.ask(second, "alias.own.test", "A")
        self.assertEqual((alias.rcode, len(alias.answer)), (0, 1))
        first.set_zone(NAME, primary_zone(second.port))
        self.addCleanup(first.stop)
        first.start()
        self.until_equal(first, second)
        self.assertEqual(len(lib.ask(second, "alias.own.test", "A").answer), 2)

    def test_expire(self):
        """Without a primary the zone is served until it expires, then SERVFAIL, also after a restart; it comes back."""
        first, second = self.pair(text(refresh=1, retry=1, expire=4), in_memory=True)
        first.stop()
        self.assertIsNotNone(serial_of(second))
        lib.until(lambda: self.state(second) == "expired", "the zone has expired")
        self.assert_not_ready(second)
        self.assertEqual(second.counters()["zone_expired"], 1)
        self.assertIn("1 expired", second.suanyu("status").stdout)
        second.restart()
        self.assert_not_ready(second)
        first.start()
        lib.until(lambda: serial_of(second) is not None, "the zone is back")
        self.assertEqual(second.counters()["transfer_in_axfr"], 0, "nothing is fetched that we have")

    def test_expire_option(self):
        """The EXPIRE option tells what is left, and a secondary's secondary heeds it."""
        first, second = self.pair(text(expire=1000))

        def left(server):
            reply = lib.ask(server, NAME, "SOA", edns=lib.opt(options=lib.option(9)))
            return int.from_bytes(reply.options[9], "big")
        self.assertEqual(left(first), 1000)
        self.assertIn(left(second), range(900, 1001))
        first.stop()
        lib.until(lambda: left(second) < 999, "time passes")
        third = self.secondary(second.port, key=None)
        third.start()
        lib.until(lambda: serial_of(third) is not None, "the third has the zone")
        self.assertLess(left(third), 1000)

    def test_reload(self):
        """A reload adds the first secondary zone, gives it another primary, and takes it away."""
        first, other = updates.Server({}), updates.Server({})
        second = updates.Server({"own.test": {"text": "$ORIGIN own.test.\n@ 60 SOA n h 1 2 3 4 5\n@ 60 NS n\n"}})
        for server, last in (first, 10), (other, 99):
            server.set_zone(NAME, primary_zone(second.port, text(serial=100 + last, last=last)))
            self.addCleanup(server.stop)
            server.start()
        self.addCleanup(second.stop)
        second.start()
        for server in first, other:
            second.set_zone(NAME, secondary_zone(server.port))
            self.assertTrue(second.reload())
            self.until_equal(server, second)
        del second.zones[NAME]
        self.assertTrue(second.reload())
        self.assertEqual(lib.ask(second, NAME, "SOA").rcode, lib.REFUSED)

    def test_becomes_primary(self):
        """A secondary becomes a primary by reload, takes updates, and becomes a secondary again."""
        first, second = self.pair()
        second.set_zone(NAME, {"update": updates.ALL, "transfer": [{"key": "k1"}]})
        self.assertTrue(second.reload())
        self.assertEqual(self.update(second, 1).rcode, 0)
        self.assertEqual(len(lib.ask(second, "n1." + NAME).answer), 1)
        second.set_zone(NAME, secondary_zone(first.port))
        self.assertTrue(second.reload())
        self.assertEqual(second.suanyu("zone", "refresh", NAME).returncode, 0)
        lib.until(lambda: not lib.ask(second, "n1." + NAME).answer, "the primary's zone is back")

    def test_list(self):
        """`zone list` shows role, state and times; refreshing what is no secondary zone is an error."""
        first, second = self.pair()
        listed = second.suanyu("zone", "list").stdout
        self.assertRegex(listed, r"ZONE +SERIAL .*ROLE +STATE +REFRESHED +NEXT\n")
        self.assertRegex(listed, rf"{NAME}\. +100 .* secondary  ok ")
        self.assertNotIn("ROLE", first.suanyu("zone", "list").stdout)
        self.assertIn("no secondary zone", first.suanyu("zone", "refresh", NAME).stderr)
        kind, error, _ = second.control("zone import", NAME, os.path.join(first.folder, NAME + ".zone"))
        self.assertEqual(kind, "error")
        self.assertIn("primary", error["text"])


class Notify(Case):
    def wire(self, serial=None, key=None, name=NAME):
        soa = (lib.name_wire("ns") + lib.name_wire("h") + lib.u32(serial) + lib.u32(1) * 4) if serial else None
        answers = rr(name, "SOA", IN, 300, soa) if serial else b""
        wire = lib.header(77, NOTIFY | lib.AA, 1, 1 if serial else 0) + lib.question(name, "SOA") + answers
        return sign(wire, key) if key else wire

    def test_who(self):
        """Only a primary's NOTIFY with its key counts; all are answered, and nothing more than asking follows."""
        first, second = self.pair()
        rows = [(self.wire(500, K1), "127.0.0.1", 0), (self.wire(None, K1), "127.0.0.1", 0),
                (self.wire(500), "127.0.0.1", lib.REFUSED), (self.wire(500, K1), "127.0.0.2", lib.REFUSED),
                (self.wire(500, K1, "other.test"), "127.0.0.1", lib.NOTAUTH),
                (self.wire(500, Key("k9")), "127.0.0.1", lib.NOTAUTH)]
        for wire, source, rcode in rows:
            with lib.open_socket(second, "udp4", source=source) as peer:
                peer.send(wire)
                reply = lib.Reply(peer.recv(65535))
            self.assertEqual((reply.id, reply.opcode, reply.rcode), (77, 4, rcode))
            self.assertEqual(bool(reply.flags & lib.AA), rcode == 0)
        lib.until(lambda: second.counters()["refresh_ok"] >= 2, "the primary is asked")
        self.assertEqual(second.counters()["transfer_in_axfr"], 1, "and has nothing new")
        self.assertEqual(serial_of(second), 100)
        del first

    def test_hint(self):
        """A NOTIFY of a serial that we have is answered and asks nobody."""
        first, second = self.pair()
        lib.until(lambda: second.counters()["notify_in_taken"] > 0, "the primary has told us")
        before = second.counters()["refresh_ok"]
        for _ in range(20):
            self.assertEqual(lib.Reply(lib.exchange(second, self.wire(100, K1))).rcode, 0)
        time_limit = time.monotonic() + 0.5
        lib.until(lambda: time.monotonic() > time_limit, "a while passes")
        self.assertLessEqual(second.counters()["refresh_ok"], before + 1)
        del first

    def test_flood(self):
        """A flood of NOTIFY with a serial that the primary never has costs a few questions and no transfer."""
        first, second = self.pair()
        begin, before = time.monotonic(), second.counters()
        with lib.open_socket(second, "udp4") as peer:
            for _ in range(2000):
                peer.send(self.wire(999999, K1))
                peer.recv(65535)
        took = time.monotonic() - begin
        after = second.counters()
        self.assertEqual(after["transfer_in_axfr"], before["transfer_in_axfr"])
        self.assertLessEqual(after["refresh_ok"] - before["refresh_ok"], took / 0.1 + 3)
        del first


class Forward(Case):
    def nsupdate(self, server, *options, key=K1):
        lib.need("nsupdate")
        lines = f"server 127.0.0.1 {server.port}\nzone {NAME}\nupdate add by{len(options)}.{NAME} 60 A 192.0.2.5\nsend\n"
        return lib.run([*updates.NSUPDATE, *options, *(["-y", key.of_bind] if key else [])], input=lines, stdin=None)

    def check(self, first, second):
        for options in [], ["-v"]:
            done = self.nsupdate(second, *options)
            self.assertEqual((done.returncode, done.stderr), (0, ""), second.log()[-2000:])
            lib.until(lambda: lib.ask(second, f"by{len(options)}.{NAME}").answer, "the change came back")
        self.assertEqual(second.counters()["forward_answered"], 2)
        self.until_equal(first, second)

    def test_to_ourselves(self):
        """A signed update goes through us by UDP and by TCP, with a key that only the primary has."""
        other = Key("k2")
        first = updates.Server({}, keys=[K1, other], in_memory=True)
        second = self.secondary(first.port)
        first.set_zone(NAME, {**primary_zone(second.port), "update": [{"key": "k2", "owner": ["**"], "types": ["any"]}]})
        self.addCleanup(first.stop)
        first.start()
        second.start()
        self.until_equal(first, second)
        for options in [], ["-v"]:
            done = self.nsupdate(second, *options, key=other)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lib.until(lambda: lib.ask(second, f"by{len(options)}.{NAME}").answer, "the change came back")

    def check_other(self, kind):
        lib.need(kind.program)
        second = self.secondary(1)
        first = kind(NAME, text(), second.port, K1)
        self.addCleanup(first.stop)
        second.set_zone(NAME, secondary_zone(first.port))
        first.start()
        second.start()
        self.until_equal(first, second)
        self.check(first, second)

    def test_to_bind(self):
        """So it does to BIND."""
        self.check_other(primaries.Bind)

    def test_to_knot(self):
        """And to Knot."""
        self.check_other(primaries.Knot)

    def test_refusals(self):
        """What the primary refuses is refused; unsigned ones and those we may not pass on do not leave us."""
        first, second = self.pair()
        wrong = Key("k1", secret=b"w" * 32)
        reply = lib.Reply(lib.exchange(second, add_wire(1, wrong)))
        self.assertEqual((reply.rcode, updates.Tsig(reply).error), (lib.NOTAUTH, updates.BADSIG))
        unsigned = updates.append(update_wire(NAME, (), [rr("x." + NAME, "A", IN, 60, bytes(4))]), lib.opt())
        reply = lib.Reply(lib.exchange(second, unsigned))
        self.assertEqual((reply.rcode, reply.ede[0]), (lib.REFUSED, 18))
        second.set_zone(NAME, secondary_zone(first.port, forward_updates=False))
        self.assertTrue(second.reload())
        reply = self.update(second, 2)
        self.assertEqual(reply.rcode, lib.REFUSED)
        self.assertEqual(first.counters()["update_done"], 0)

    def test_silence(self):
        """A primary that is silent or away: SERVFAIL in the end, and a flood is bounded meanwhile."""
        first, second = self.pair()
        first.stop()
        wire = update_wire(NAME, (), [rr("x." + NAME, "A", IN, 60, bytes(4))], [lib.opt()])
        for transport in "udp4", "tcp4":
            reply = lib.Reply(lib.exchange(second, sign(wire), transport))
            self.assertEqual((reply.rcode, reply.ede[0]), (lib.SERVFAIL, 22))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole, lib.open_socket(second, "udp4") as peer:
            hole.bind(("127.0.0.1", first.port))
            for number in range(400):
                peer.send(add_wire(number))
            rcodes = [lib.Reply(peer.recv(65535)).rcode for _ in range(300)]
            self.assertEqual(set(rcodes), {lib.SERVFAIL})
            hole.setblocking(False)
            came = 0
            with contextlib.suppress(BlockingIOError):
                while hole.recv(65535):
                    came += 1
            self.assertLessEqual(came, 64 + 8)

    def test_circle(self):
        """Two servers that take each other for the primary do not pass an update round for ever."""
        one, two = updates.Server({}), updates.Server({})
        one.set_zone(NAME, secondary_zone(two.port))
        two.set_zone(NAME, secondary_zone(one.port))
        for server in one, two:
            self.addCleanup(server.stop)
            server.start()
        for transport in "udp4", "tcp4":
            self.assertEqual(self.update(one, 1, transport).rcode, lib.SERVFAIL)
        self.assertLessEqual(one.counters()["forward_answered"] + one.counters()["forward_failed"], 8)


class FakePrimary:
    """A primary of the test: answers SOA by UDP, and what it is told by TCP."""

    def __init__(self, serial, answer, key=K1):
        self.serial, self.answer, self.key = serial, answer, key
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.port = lib.free_port()
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(16)
        self.calls = 0
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.run_udp, self.run_tcp)]
        for thread in self.threads:
            thread.start()

    def soa(self, serial=None):
        numbers = b"".join(lib.u32(number) for number in (serial or self.serial, 1, 1, 600, 60))
        return rr(NAME, "SOA", IN, 300, lib.name_wire("ns." + NAME) + lib.name_wire("h." + NAME) + numbers)

    def message(self, asked, records, question=True):
        head = lib.header(asked.id, lib.QR | lib.AA, 1 if question else 0, len(records))
        return head + (asked.questions[0] if question else b"") + b"".join(records)

    def run_udp(self):
        with contextlib.suppress(OSError):
            while True:
                wire, sender = self.udp.recvfrom(65535)
                asked = lib.Reply(wire)
                self.udp.sendto(self.signed(wire, self.message(asked, [self.soa()])), sender)

    def signed(self, request, answer, key=None):
        """TSIG of a first answer, by hand."""
        key = key or self.key
        if not key or lib.Reply(request).additional[-1].type != lib.TYPES["TSIG"]:
            return answer
        asked = updates.Tsig(lib.Reply(request))
        when = int(time.time())
        digested = lib.u16(len(asked.mac)) + asked.mac + answer
        digested += updates.tsig_variables(key.name, key.algorithm, when, 300)
        mac = hmac.new(key.secret, digested, updates.HASHES[key.algorithm]).digest()
        return updates.append(answer, updates.tsig_rr(key.name, key.algorithm, when, 300, mac,
                                                      int.from_bytes(answer[:2], "big")))

    def run_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.tcp.accept()
                self.calls += 1
                with peer, contextlib.suppress(OSError):
                    wire = lib.read_framed(peer)
                    if wire:
                        self.answer(self, peer, wire)

    def close(self):
        self.udp.close()
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()


class Misbehaviour(Case):
    def fake(self, answer, serial=5, key=None, **options):
        first = FakePrimary(serial, answer, key)
        self.addCleanup(first.close)
        second = self.secondary(first.port, key=key, **options)
        second.start()
        return first, second

    def until_failed(self, second, count=1):
        lib.until(lambda: second.counters()["transfer_in_failed"] >= count, second.log()[-2000:])

    def whole(self, first, wire, *records):
        return first.message(lib.Reply(wire), [first.soa(), *records, first.soa()])

    def test_out_of_zone(self):
        """Records of other zones are dropped, counted and logged; the rest is served."""
        def answer(first, peer, wire):
            peer.sendall(lib.framed(self.whole(first, wire, rr(NAME, "NS", IN, 60, lib.name_wire("ns." + NAME)),
                                               rr("www.bank.test", "A", IN, 60, bytes(4)),
                                               rr("in." + NAME, "A", IN, 60, bytes(4)))))
        _, second = self.fake(answer)
        lib.until(lambda: serial_of(second) == 5, second.log()[-2000:])
        self.assertEqual(len(lib.ask(second, "in." + NAME).answer), 1)
        self.assertEqual(lib.ask(second, "www.bank.test").rcode, lib.REFUSED)
        lib.until(lambda: re.search("transfer_in_dropped .*records=1 ", second.log()), "what was dropped is logged")

    def test_stall(self):
        """A primary that stalls half way is given up, and asked again less and less often."""
        def answer(first, peer, wire):
            message = lib.framed(self.whole(first, wire, rr("a." + NAME, "A", IN, 60, bytes(4))))
            peer.sendall(message[:len(message) // 2])
            lib.ended(peer)
        first, second = self.fake(answer, server={"transfer_stall_s": 1})
        self.until_failed(second, 2)
        self.assert_not_ready(second)
        self.assertLessEqual(first.calls, 4)

    def test_bad_answers(self):
        """What is no transfer changes nothing: bad signature, none, an error, a cut, another's zone, more at the end."""
        def unsigned(first, peer, wire):
            peer.sendall(lib.framed(self.whole(first, wire)))

        def wrong(first, peer, wire):
            peer.sendall(lib.framed(first.signed(wire, self.whole(first, wire), Key("k1", secret=b"w" * 32))))

        def refused(_first, peer, wire):
            peer.sendall(lib.framed(lib.header(lib.Reply(wire).id, lib.QR | 5, 0)))

        def cut(first, peer, wire):
            peer.sendall(lib.framed(self.whole(first, wire))[:-5])

        def trailing(first, peer, wire):
            more = first.message(lib.Reply(wire), [first.soa(), first.soa(), first.soa()])
            peer.sendall(lib.framed(first.signed(wire, more)))

        def noise(_first, peer, _wire):
            peer.sendall(lib.framed(os.urandom(300)))

        def unsigned_end(first, peer, wire):
            asked = lib.Reply(wire)
            peer.sendall(lib.framed(first.signed(wire, first.message(asked, [first.soa()]))))
            peer.sendall(lib.framed(first.message(asked, [first.soa()], False)))

        for answer in unsigned, wrong, refused, cut, trailing, noise, unsigned_end:
            with self.subTest(answer.__name__):
                _, second = self.fake(answer, key=K1)
                self.until_failed(second)
                self.assert_not_ready(second)
                second.stop()

    def test_bad_changes(self):
        """Changes that do not fit are thrown away whole, and the zone is fetched whole."""
        asked_types = []

        def answer(first, peer, wire):
            asked = lib.Reply(wire)
            asked_types.append(int.from_bytes(asked.questions[0][-4:-2], "big"))
            a = rr("a." + NAME, "A", IN, 60, bytes(4))
            if asked_types[-1] == lib.TYPES["AXFR"]:
                peer.sendall(lib.framed(self.whole(first, wire, a)))
            else:
                gone = rr("never." + NAME, "A", IN, 60, bytes(4))
                records = [first.soa(), first.soa(5), a, gone, first.soa(), first.soa()]
                peer.sendall(lib.framed(first.message(asked, records)))
        first, second = self.fake(answer)
        lib.until(lambda: serial_of(second) == 5, second.log()[-2000:])
        first.serial = 6
        lib.until(lambda: serial_of(second) == 6, second.log()[-2000:])
        self.assertEqual(asked_types, [lib.TYPES["AXFR"], lib.TYPES["IXFR"], lib.TYPES["AXFR"]])
        self.assertEqual(len(lib.ask(second, "a." + NAME).answer), 1)

    def test_kill(self):
        """kill -9 in the middle of a transfer: after the restart the old zone is there, or none, never a part."""
        stop = threading.Event()

        def answer(first, peer, wire):
            asked = lib.Reply(wire)
            records = [rr(f"n{number}." + NAME, "A", IN, 60, bytes(4)) for number in range(200)]
            peer.sendall(lib.framed(first.message(asked, [first.soa(), *records])))
            if first.serial == 5 or stop.is_set():
                peer.sendall(lib.framed(first.message(asked, [first.soa()], False)))
            lib.ended(peer)
        first, second = self.fake(answer, server={"transfer_stall_s": 60})
        lib.until(lambda: serial_of(second) == 5, second.log()[-2000:])
        calls, first.serial = first.calls, 6
        lib.until(lambda: first.calls > calls, "the next transfer is under way")
        second.kill()
        second.start()
        self.assertEqual(serial_of(second), 5)
        self.assertEqual(len(lib.ask(second, "n199." + NAME).answer), 1)
        stop.set()

    def test_limit(self):
        """A transfer that is too large is given up."""
        def answer(first, peer, wire):
            asked, number = lib.Reply(wire), 0
            peer.sendall(lib.framed(first.message(asked, [first.soa()])))
            while True:
                records = [rr(f"n{number + i}." + NAME, "A", IN, 60, bytes(4)) for i in range(500)]
                peer.sendall(lib.framed(first.message(asked, records, False)))
                number += 500
        _, second = self.fake(answer, server={"transfer_octets": "1m"})
        self.until_failed(second)
        self.assert_not_ready(second)
        self.assertRegex(second.log(), "transfer_in_failed .*limit")

    def test_second_primary(self):
        """When the first primary is away the second one gives the zone."""
        first = updates.Server({})
        second = self.secondary(first.port)
        first.set_zone(NAME, primary_zone(second.port))
        self.addCleanup(first.stop)
        first.start()
        away = lib.free_port()
        second.set_zone(NAME, {**secondary_zone(first.port),
                               "primary": [f"127.0.0.1:{away}", f"127.0.0.1:{first.port}"]})
        second.start()
        self.until_equal(first, second)


if __name__ == "__main__":
    lib.main()
