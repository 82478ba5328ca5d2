#!/usr/bin/python3
"""Do leased records go when nobody refreshes them, and only then (RFC 9664)?

Leases here last a few seconds. Whatever is said to happen at a time is asked for until it is so; what must not
happen before a time is looked at until that time has come.
"""
import os
import select
import threading
import time
import unittest

import lib
import secondaries
import sig0
import updates
from updates import CENTRE, CLOAD, CRES, IN, ours, rr, sign, update_wire

try:
    import dns.edns
    import dns.message
    import dns.query
except ImportError:
    dns = None

ZONE = """
$ORIGIN lease.test.
$TTL 300
@    SOA ns host 100 7200 3600 1209600 60
@    NS  ns
ns   A   192.0.2.1
www  A   192.0.2.10
"""
OPTION = 2
SHORT_S = 4
LONG_S = 3600
STORM = 100000 if lib.LONG else 10000
STORM_LEASE_S = 60 if lib.LONG else 10  # enough to publish them all
STORM_MESSAGE = 250  # records of one update
BATCH = 1000  # records of one commit, at most


def setUpModule():
    updates.need_dnspython()


def zone(**options):
    return {"text": ZONE, "update": updates.ALL, "transfer": updates.FETCH, "lease_min_s": 1, **options}


def serve(test, **options):
    server = updates.Server({"lease.test": zone(**options)}, http=True, in_memory=True)  # seconds count
    test.addCleanup(server.stop)
    return server.start()


def lease(update, *seconds):
    """Ask for a lease, and for one of KEY records when there are two numbers."""
    data = b"".join(lib.u32(number) for number in seconds)
    update.use_edns(0, payload=1232, options=[dns.edns.GenericOption(OPTION, data)])
    return update


def granted(answer):
    """The seconds that an answer grants: one number, two, or none."""
    found = [option.to_wire() for option in answer.options if option.otype == OPTION]
    if len(found) > 1:
        raise AssertionError(f"more than one lease option:\n{answer}")
    return [int.from_bytes(data[at:at + 4], "big") for data in found for at in range(0, len(data), 4)]


def send(server, update, rcode="NOERROR", **options):
    answer = updates.exchange(server, update, **options)
    if updates.rcode_of(answer) != rcode:
        raise AssertionError(f"{rcode} was expected:\n{answer}")
    return answer


def send_by_hand(server, changes, *seconds, transport="udp4"):
    """An update with a lease, as octets; returns them for a second time."""
    wire = update_wire("lease.test", (), changes)
    option = lib.opt(options=lib.option(OPTION, b"".join(lib.u32(number) for number in seconds)))
    wire = sign(wire[:10] + lib.u16(1) + wire[12:] + option)
    reply = lib.Reply(lib.exchange(server, wire, transport))
    if reply.rcode != 0:
        raise AssertionError(f"RCODE {reply.rcode}: {reply.ede}")
    return wire, reply.options.get(OPTION)


def address(name, number=77):
    return rr(f"{name}.lease.test", "A", IN, 60, (0xC0000200 + number).to_bytes(4, "big"))


def add(server, seconds, name="leased", rtype="A", rdata="192.0.2.77"):
    update = updates.message("lease.test.")
    update.add(name, 60, rtype, rdata)
    return granted(send(server, lease(update, *seconds) if seconds else update))


def has(server, name="leased", rtype="A"):
    return bool(lib.ask(server, f"{name}.lease.test", rtype).answer)


def serial(server):
    return updates.serial(server, "lease.test")


def stays_until(server, when, name="leased"):
    """The record is there until a moment (of time.monotonic), a little before it at least."""
    while time.monotonic() < when - 0.3:
        if not has(server, name):
            raise AssertionError(f"{name} went {when - time.monotonic():.1f} s before its time")
        select.select([], [], [], 0.05)


def goes(server, name="leased", rtype="A"):
    lib.until(lambda: not has(server, name, rtype), f"{name} {rtype} goes")


class Grants(unittest.TestCase):
    def test_grants(self):
        """What is granted lies within the bounds and says the form of the request; no option, no lease."""
        server = serve(self, lease_min_s=30, lease_max_s=7200, key_lease_max_s=86400)
        for asked, low, high in (((3600,), [3375], [3600]), ((3600, 9000), [3375, 8437], [3600, 9000]),
                                 ((1,), [30], [30]), ((0, 0), [30, 30], [30, 30]),
                                 ((10 ** 6, 10 ** 6), [6750, 81000], [7200, 86400]), ((3600, 60), [3375] * 2, [3600] * 2),
                                 ((), [], [])):
            with self.subTest(asked):
                got = add(server, asked)
                self.assertEqual(len(got), len(low))
                self.assertTrue(all(a <= b <= c for a, b, c in zip(low, got, high)), got)
        self.assertEqual(server.counters()["lease_granted"], 6)

    def test_wrong(self):
        """An option of another length is malformed; a refused update is granted nothing."""
        server = serve(self)
        for length in 0, 3, 5, 7, 9, 12:
            with self.subTest(length):
                update = updates.message("lease.test.")
                update.add("leased", 60, "A", "192.0.2.77")
                update.use_edns(0, payload=1232, options=[dns.edns.GenericOption(OPTION, bytes(length))])
                send(server, update, "FORMERR")
        update = updates.message("lease.test.")
        update.present("nobody")
        update.add("leased", 60, "A", "192.0.2.77")
        self.assertEqual(granted(send(server, lease(update, 60), "NXDOMAIN")), [])
        self.assertFalse(has(server))

    def test_off(self):
        """Where leases are off, the option is ignored and what is published stays."""
        server = serve(self, lease_max_s=0)
        self.assertEqual(add(server, [1]), [])
        stays_until(server, time.monotonic() + 3)
        self.assertEqual(server.counters()["lease_expired"], 0)

    def test_repeated(self):
        """A repeated datagram gets the same grant, and extends nothing."""
        server = serve(self)
        wire, first = send_by_hand(server, [address("leased")], 3600)
        for _ in range(2):
            answer = lib.Reply(lib.exchange(server, wire))
            self.assertEqual((answer.rcode, answer.options[OPTION]), (0, first))
        self.assertEqual(server.counters()["update_done"], 3)
        self.assertEqual(serial(server), 101)


class Expiry(unittest.TestCase):
    def test_refresh(self):
        """A record goes when its lease ends; a refresh extends it, raises no serial and tells nobody."""
        server = serve(self)
        begin = time.monotonic()
        seconds, = add(server, [SHORT_S])
        first = serial(server)
        stays_until(server, begin + seconds / 2)
        before = server.counters()["notify_sent"]
        begin = time.monotonic()
        seconds, = add(server, [SHORT_S])
        stays_until(server, begin + seconds)
        self.assertEqual(serial(server), first)
        self.assertEqual(server.counters()["notify_sent"], before)
        goes(server)
        self.assertEqual(serial(server), first + 1)
        counters = server.counters()
        self.assertEqual((counters["lease_expired"], counters["lease_granted"]), (1, 2))
        self.assertTrue(has(server, "www"))

    def test_permanent(self):
        """Adding a leased record again without the option makes it stay, and deleting it ends its lease."""
        server = serve(self)
        add(server, [2])
        add(server, [], "leased")
        add(server, [2], "gone")
        update = updates.message("lease.test.")
        update.delete("gone")
        update.add("gone", 60, "TXT", "stays")
        send(server, update)
        add(server, [2], "witness")
        goes(server, "witness")
        self.assertTrue(has(server))
        self.assertTrue(has(server, "gone", "TXT"))
        self.assertEqual(server.counters()["lease_expired"], 1)

    def test_key(self):
        """A KEY record has the key's lease: it outlives what was published with it."""
        server = serve(self)
        key = rr("host.lease.test", 25, IN, 60, bytes([2, 0, 3, 13]) + bytes(64))
        begin = time.monotonic()
        _, got = send_by_hand(server, [address("host"), key], 1, 6)
        self.assertEqual(got, lib.u32(1) + lib.u32(6))
        goes(server, "host")
        while time.monotonic() < begin + 5:
            self.assertTrue(has(server, "host", 25))
            select.select([], [], [], 0.05)
        goes(server, "host", 25)

    def test_load(self):
        """An equal observation extends no lease: the load goes, though it is sent again and again."""
        server = serve(self, index=True)
        pool, now = "p.c.lease.test", int(time.time())
        facts = [rr("c.lease.test", CENTRE, IN, 60, ours(kind=1)), rr(pool, CRES, IN, 60, ours(cpu=100))]
        load = rr(pool, CLOAD, IN, 60, ours(obs=now, cpuf=1))
        send_by_hand(server, facts, LONG_S)
        send_by_hand(server, [load], SHORT_S)
        first = serial(server)

        def is_gone():
            if serial(server) == first:
                send_by_hand(server, [load], LONG_S)
            return serial(server) != first

        lib.until(is_gone, "the load goes")
        self.assertTrue(has(server, "p.c", CRES))
        send_by_hand(server, [rr(pool, CLOAD, IN, 60, ours(obs=now + 1, cpuf=1))], LONG_S)
        send_by_hand(server, facts[1:], 1)  # capacity first: its load goes with it
        goes(server, "p.c", CRES)
        self.assertFalse(has(server, "p.c", CLOAD))
        self.assertTrue(has(server, "c", CENTRE))
        self.assertFalse(has(server, "p.c", "TXT"))  # nor its mirror

    def test_import(self):
        """A zone that is imported has no leases: what its file says stays."""
        server = serve(self)
        add(server, [2])
        path = lib.write(os.path.join(server.folder, "next.zone"), ZONE.replace("100", "200") + "leased A 192.0.2.77\n")
        self.assertEqual(server.control("zone import", "lease.test", path)[0], "ok")
        add(server, [2], "witness")
        goes(server, "witness")
        self.assertTrue(has(server))

    def test_reload(self):
        """Leases survive a reload, which changes the bounds."""
        server = serve(self)
        add(server, [SHORT_S])
        server.set_zone("lease.test", zone(lease_max_s=9))
        self.assertTrue(server.reload())
        got, = add(server, [LONG_S], "other")
        self.assertLessEqual(got, 9)
        goes(server)
        self.assertTrue(has(server, "other"))

    def test_status(self):
        """Leases are counted in the status and in the metrics, and listed one by one."""
        server = serve(self)
        add(server, [LONG_S])
        add(server, [LONG_S], "other")
        lib.until(lambda: server.control("status")[1]["leases"] == 2, "two leases")
        page = lib.run(["curl", "-s", f"http://127.0.0.1:{server.http_port}/metrics"]).stdout
        self.assertIn("\nsuanyu_leases 2\n", page)
        listed = server.suanyu("lease", "list", "leased.lease.test").stdout
        self.assertRegex(listed, r"\nleased\.lease\.test\.  A +\d+ min.* 192\.0\.2\.77\n$")
        self.assertEqual(listed.count("\n"), 2)


class Registrations(unittest.TestCase):
    def register(self, server, signer, records, *seconds):
        """A registration (RFC 9665); returns what is granted."""
        wire = sig0.registration(signer, "lease.test", records, lease=seconds)
        reply = lib.Reply(lib.exchange(server, wire))
        self.assertEqual(reply.rcode, 0, reply.ede)
        return reply.options.get(OPTION)

    def test_srp(self):
        """What a host registers goes when it is not renewed; its key stays longer and keeps the name."""
        sig0.need_cryptography()
        server = updates.Server({"lease.test": zone(srp=True)}, sig0_rate=1000, sig0_rate_per_address=1000)
        self.addCleanup(server.stop)
        server.start()
        signer, other = sig0.Signer("c1.lease.test"), sig0.Signer("c1.lease.test")
        records = sig0.host_records(signer) + sig0.service_records(signer, "main", "_hpc._tcp.lease.test")
        self.assertEqual(self.register(server, signer, records, 2, 6), lib.u32(2) + lib.u32(6))
        self.assertTrue(has(server, "main._hpc._tcp", "SRV") and has(server, "_hpc._tcp", "PTR"))
        self.assertLessEqual(lib.ask(server, "c1.lease.test").answer[0].ttl, 2)
        for name, rtype in ("c1", "A"), ("_hpc._tcp", "PTR"), ("main._hpc._tcp", "SRV"), ("main._hpc._tcp", "TXT"):
            goes(server, name, rtype)
        self.assertTrue(has(server, "c1", sig0.KEY))
        taken = sig0.registration(other, "lease.test", sig0.host_records(other), lease=(2, 6))
        self.assertEqual(lib.Reply(lib.exchange(server, taken)).rcode, updates.YXDOMAIN)
        goes(server, "c1", sig0.KEY)
        self.assertEqual(self.register(server, other, sig0.host_records(other), LONG_S, LONG_S)[:2], b"\0\0")
        self.assertEqual(self.register(server, other, sig0.host_records(other), 0, 0), bytes(8))
        self.assertFalse(has(server, "c1") or has(server, "c1", sig0.KEY))
        lib.until(lambda: server.control("status")[1]["leases"] == 0, "no lease is left")


class Secondaries(unittest.TestCase):
    def check(self, kind):
        lib.need(kind.program)
        peer = type("Told", (kind,), {})(None, ["lease.test"])
        server = updates.Server({"lease.test": zone(notify=[f"127.0.0.1:{peer.port}"])})
        peer.primary = server.start()
        self.addCleanup(server.stop)
        peer.start()
        self.addCleanup(peer.stop)
        add(server, [SHORT_S])
        lib.until(lambda: has(peer), f"{kind.program} has the leased record")
        lib.until(lambda: not lib.dig(server, "leased.lease.test", "A").answer, "dig sees it go")
        lib.until(lambda: not has(peer), f"{kind.program} sees it go")
        self.assertEqual(serial(peer), serial(server))

    def test_knot(self):
        """Knot as a secondary sees a leased record come and go."""
        self.check(KnotTold)

    def test_bind(self):
        """BIND does so, too."""
        self.check(secondaries.Bind)


class KnotTold(secondaries.Knot):
    def config(self):
        text = super().config().replace("action: transfer", "action: [transfer, notify]")
        return text


class Restart(unittest.TestCase):
    def test_kill(self):
        """After kill -9 leases are as they were, and none ends before there was time to refresh it."""
        server = serve(self)
        begin = time.monotonic()
        add(server, [5])
        add(server, [LONG_S], "long")
        add(server, [], "forever")
        server.kill()
        while time.monotonic() < begin + 6.5:  # its time is over
            select.select([], [], [], 0.1)
        server.start()
        began = time.monotonic()
        stays_until(server, began + 3)  # 80 % of 5 s, in whole seconds
        goes(server)
        lib.until(lambda: server.control("status")[1]["leases"] == 1, "one lease is left")
        self.assertTrue(has(server, "long") and has(server, "forever"))
        server.restart()
        lib.until(lambda: server.control("status")[1]["leases"] == 1, "one lease is left")
        self.assertFalse(has(server))

    def test_captured(self):
        """A captured update that is sent again after a restart extends no lease."""
        server = serve(self)
        wire, _ = send_by_hand(server, [address("leased")], 2)
        server.kill()
        server.start()
        first = serial(server)

        def is_gone():
            if serial(server) == first:
                self.assertEqual(lib.Reply(lib.exchange(server, wire)).rcode, 0)
            return serial(server) != first

        lib.until(is_gone, "the record goes, though it is sent again and again")


class Storm(unittest.TestCase):
    """Many leases end in one second: after a start those that are due soon get the same grace."""

    def publish(self, server):
        for first in range(0, STORM, STORM_MESSAGE):
            changes = [address(f"s{number}", number) for number in range(first, first + STORM_MESSAGE)]
            send_by_hand(server, changes, STORM_LEASE_S, transport="tcp4")
        return time.monotonic()

    def ask(self, server, done, result):
        """Ask, one query after the other, until all is done; what goes wrong is the result."""
        try:
            with lib.open_socket(server, "udp4") as peer:
                while not done.is_set():
                    result["asked"] += 1
                    peer.send(lib.query("www.lease.test", ident=result["asked"] % 65536))
                    reply = lib.Reply(peer.recv(65535))
                    if reply.id != result["asked"] % 65536 or len(reply.answer) != 1:
                        raise AssertionError(f"another answer: {reply.answer}")
        except Exception as error:  # pylint: disable=broad-except
            result["error"] = error

    def test_storm(self):
        """While they go every query is answered, and they all go, a thousand in one serial."""
        server = updates.Server({"lease.test": zone(lease_min_s=STORM_LEASE_S, lease_max_s=STORM_LEASE_S)},
                                in_memory=True)
        self.addCleanup(server.stop)
        server.start()
        published = self.publish(server)
        last = serial(server)
        while time.monotonic() < published + STORM_LEASE_S * 0.3:  # less is left than the grace will be
            select.select([], [], [], 0.1)
        server.kill()
        server.start()
        self.assertEqual(serial(server), last)
        done, result = threading.Event(), {"asked": 0}
        asker = threading.Thread(target=self.ask, args=(server, done, result))
        asker.start()
        try:
            lib.until(lambda: server.counters()["lease_expired"] == STORM, "all records went", 4 * STORM_LEASE_S)
        finally:
            done.set()
            asker.join()
        self.assertNotIn("error", result)
        self.assertGreater(result["asked"], 0)
        self.assertFalse(has(server, "s0") or has(server, f"s{STORM - 1}"))
        self.assertEqual(serial(server) - last, STORM // BATCH)
        self.assertEqual(len(updates.axfr(server, "lease.test")), 5)
        self.assertIn("lease_storm", server.log())


if __name__ == "__main__":
    lib.main()
