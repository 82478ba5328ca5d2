#!/usr/bin/python3
"""Does a secondary get what it has missed, and no more than that, however long it was away?

IXFR by dig, kdig and dnspython, and by hand: one condensed difference. A journal that is trimmed, killed servers,
imports, readers that are slow; and Knot, NSD and BIND as secondaries that follow.
"""
import os
import random
import threading
import time
import unittest

import lib
import secondaries
import test_transfer
import updates
from lib import NOERROR, TYPES, Reply
from test_transfer import K2, dig_axfr, normal, request
from updates import ANY, IN, NONE, rr, sign, update_wire

if updates.dns:
    import dns.query
    import dns.versioned
    import dns.xfr

ZONE = """
$ORIGIN {name}.
$TTL 300
@     SOA  ns1 Host {serial} 7200 3600 1209600 60
@     NS   ns1
ns1   A    192.0.2.1
www   A    192.0.2.10
text  TXT  "old"
"""
BEHIND = 100000  # updates that a secondary has missed
WINDOW = 128  # updates in flight
HOT = 50  # names that all of them change


def setUpModule():
    updates.need_dnspython()


def zone(serial=100, filling=0, name="moving.test", **options):
    text = ZONE.format(name=name, serial=serial) + "".join(f"fill{n} TXT {200 * 'x'}\n" for n in range(filling))
    return {"text": text, "update": updates.ALL, "transfer": [{"key": "k2"}, {"source": ["127.0.0.1"]}], **options}


def serve(case, zones=None, **options):
    server = updates.Server(zones or {"moving.test": zone()}, [updates.K1, K2], **options)
    server.start()
    case.addCleanup(server.stop)
    return server


def text(value):
    value = str(value).encode()
    return bytes([len(value)]) + value


def change(server, *changes, name="moving.test"):
    reply = Reply(lib.exchange(server, sign(update_wire(name, (), changes)), "tcp4"))
    if reply.rcode != NOERROR:
        raise AssertionError(f"refused: {reply.rcode} {reply.ede}")


def put(owner, value, name="moving.test", ttl=60):
    """Replace the text of a name."""
    owner = f"{owner}.{name}"
    return [rr(owner, "TXT", ANY), rr(owner, "TXT", IN, ttl, text(value))]


def publish(server, count, window=WINDOW, name="moving.test"):
    """So many updates of HOT names, each after the other, many in flight."""
    with lib.open_socket(server, "tcp4", lib.DEADLINE_S) as peer:
        sent = done = 0
        while done < count:
            while sent < count and sent - done < window:
                changes = put(f"hot{sent % HOT}", sent, name)
                peer.sendall(lib.framed(sign(update_wire(name, (), changes))))
                sent += 1
            if Reply(lib.read_framed(peer)).rcode != NOERROR:
                raise AssertionError(f"update {done} was refused")
            done += 1


class Answer:
    """An answer to IXFR, whole: kind is "axfr" or "ixfr"; for the latter removed and added are without SOAs."""

    def __init__(self, server, serial, name="moving.test", key=None, small=False):
        wire = request(name, "IXFR", serial)
        self.transfer = test_transfer.Transfer(server, sign(wire, key) if key else wire, small)
        self.name, self.records, self.octets = name, [], 0

    def next(self):
        message = lib.read_framed(self.transfer.peer)
        if message is None:
            raise AssertionError(f"it ended after {len(self.records)} records")
        self.octets += len(message)
        self.transfer.messages.append(Reply(message))
        if self.transfer.messages[-1].rcode:
            raise AssertionError(f"rcode {self.transfer.messages[-1].rcode}")
        self.records += self.transfer.messages[-1].answer

    def soas(self):
        return [number for number, record in enumerate(self.records) if record.type == TYPES["SOA"]]

    def read(self):
        with self.transfer.peer:
            while len(self.records) < 2 or len(self.soas()) < (4 if self.soas()[1:2] == [1] else 2):
                self.next()
        soas = self.soas()
        self.serial = updates.soa_serial(self.records[0], self.name)
        self.kind = "axfr" if len(soas) == 2 else "ixfr"
        if soas[-1] != len(self.records) - 1 or len({self.records[n].rdata[-20:] for n in soas if n != 1}) > 1:
            raise AssertionError(f"SOAs that do not stand around one difference: {soas}")
        if self.kind == "ixfr":
            self.old_soa = self.records[1]
            self.removed, self.added = self.records[2:soas[2]], self.records[soas[2] + 1:-1]
        return self

    def shown(self):
        return [sorted((record.owner.split(".")[0], record.ttl, record.type, record.rdata) for record in half)
                for half in (self.removed, self.added)]


def ixfr(server, serial, **options):
    return Answer(server, serial, **options).read()


def versioned(server, name="moving.test"):
    """What a secondary holds: by AXFR now, later by what it gets."""
    held = dns.versioned.Zone(name, relativize=False)
    follow(server, held)
    return held


def follow(server, held, key=None):
    """Bring it up to date as dnspython does, which refuses what does not fit: by IXFR if there is something."""
    query, _ = dns.xfr.make_query(held, keyring=key.of_dnspython if key else None)
    dns.query.inbound_xfr("127.0.0.1", held, query, server.port, timeout=lib.DEADLINE_S, lifetime=lib.DEADLINE_S)


def records_of(held):
    return sorted((name.to_text().lower(), rdataset.ttl, int(rdataset.rdtype),
                   updates.folded(rdataset.rdtype, rdata.to_text()))
                  for name, rdataset in held.iterate_rdatasets() for rdata in rdataset)


def whole(server, name="moving.test"):
    return sorted(updates.axfr(server, name)[1:])  # its SOA stands at the end, too


def moved(server, before):
    """How many transfers of each kind were begun since."""
    after = server.counters()
    return [after[f"transfer_{kind}"] - before[f"transfer_{kind}"] for kind in ("axfr", "ixfr", "ixfr_whole")]


class Answers(unittest.TestCase):
    maxDiff = 2000

    def expect_equal(self, server, held):
        self.assertEqual(records_of(held), whole(server))

    def test_condensed(self):
        """What came and went in between does not show, nor do the SOAs of the versions in between."""
        server = serve(self)
        old = lib.ask(server, "moving.test", "SOA").answer[0]
        change(server, *put("text", "one"), *put("gone", "g"))
        change(server, *put("text", "two"), rr("www.moving.test", "A", NONE, 0, bytes([192, 0, 2, 10])))
        change(server, rr("gone.moving.test", "TXT", ANY), rr("ns1.moving.test", "A", IN, 60, bytes([192, 0, 2, 1])))
        answer = ixfr(server, 100)
        self.assertEqual([answer.kind, answer.serial], ["ixfr", 103])
        self.assertEqual([answer.old_soa.rdata[-20:], answer.old_soa.ttl], [old.rdata[-20:], old.ttl])
        self.assertEqual(answer.shown(), [
            [("ns1", 300, 1, bytes([192, 0, 2, 1])), ("text", 300, 16, text("old")),
             ("www", 300, 1, bytes([192, 0, 2, 10]))],
            [("ns1", 60, 1, bytes([192, 0, 2, 1])), ("text", 60, 16, text("two"))]])
        later = ixfr(server, 102)
        self.assertEqual([len(later.removed), len(later.added)], [2, 1])
        with server.counts(transfer_ixfr=1, transfer_octets=answer.octets, query_tcp4=1, tcp_message=1, tcp_opened=1,
                           cookie_none=1):
            ixfr(server, 100)

    def test_alone(self):
        """Who is up to date, ahead, or asks by UDP gets the SOA alone."""
        server = serve(self)
        change(server, *put("text", "one"))
        for serial, transport in (101, "tcp4"), (102, "tcp4"), (101 + 0x7FFFFFFF, "tcp4"), (100, "udp4"):
            reply = Reply(lib.exchange(server, request("moving.test", "IXFR", serial), transport))
            self.assertEqual([updates.soa_serial(record, "moving.test") for record in reply.answer], [101])

    def test_unknown_serial(self):
        """From a serial that the zone never had, or that it had before the journal began, the whole zone comes."""
        server = serve(self)
        for number in range(5):
            change(server, *put("text", number))
        soa = b"\0\0" + lib.u32(5000) + bytes(16)
        change(server, rr("moving.test", "SOA", IN, 60, soa))
        change(server, *put("text", "last"))
        before = server.counters()
        for serial in 99, 4000, (5001 - 0x7FFFFFFF) % (1 << 32):
            answer = ixfr(server, serial)
            self.assertEqual([answer.kind, answer.serial, len(answer.records)], ["axfr", 5001, 6])
        self.assertEqual(moved(server, before), [0, 0, 3])
        for serial in 100, 103, 105, 5000:
            self.assertEqual(ixfr(server, serial).kind, "ixfr")

    def test_clients(self):
        """dig (also without EDNS) and kdig print the same difference, signed or not, and find every signature right."""
        server = serve(self)
        change(server, *put("text", "one"), *put("new", "n"))
        shown = normal("".join(f"{line}\n" for line in """
            moving.test. 300 IN SOA ns1.moving.test. Host.moving.test. 101 7200 3600 1209600 60
            moving.test. 300 IN SOA ns1.moving.test. Host.moving.test. 100 7200 3600 1209600 60
            text.moving.test. 300 IN TXT "old"
            moving.test. 300 IN SOA ns1.moving.test. Host.moving.test. 101 7200 3600 1209600 60
            text.moving.test. 60 IN TXT "one"
            new.moving.test. 60 IN TXT "n"
            moving.test. 300 IN SOA ns1.moving.test. Host.moving.test. 101 7200 3600 1209600 60""".split("\n")))
        where = ["@127.0.0.1", "-p", str(server.port)]
        for key in (), ("-y", updates.K1.of_bind), ("-y", K2.of_bind):
            for client in (["dig", "-r", "+noedns", f"+time={lib.DEADLINE_S}", "+tries=1"],
                           ["dig", "-r", f"+time={lib.DEADLINE_S}", "+tries=1"],
                           ["kdig", f"+timeout={lib.DEADLINE_S}", "+retry=0"]):
                with self.subTest(client, key=key):
                    lib.need(client[0])
                    out = lib.run([*client, *where, *key, "moving.test", "ixfr=100"]).stdout
                    self.assertEqual(normal(out), shown, out)
                    self.assertNotRegex(out, "(?i)warning|couldn't verify|bad ")

    def test_large(self):
        """A difference of many messages, each with its own signature, makes the same zone."""
        server = serve(self, {"moving.test": zone(filling=3000)})
        held = versioned(server)
        for start in range(0, 1200, 100):
            changes = [one for n in range(start, start + 100)
                       for one in (rr(f"fill{n}.moving.test", "TXT", ANY), *put(f"more{n}", f"{n}" + 200 * "y"))]
            change(server, *changes)
        before = server.counters()
        answer = ixfr(server, 100, key=K2)
        self.assertGreater(len(answer.transfer.messages), 20)
        self.assertTrue(all(message.types(message.additional) == [TYPES["TSIG"]]
                            for message in answer.transfer.messages))
        self.assertEqual([len(answer.removed), len(answer.added)], [1200, 1200])
        follow(server, held, K2)
        self.assertEqual(moved(server, before), [0, 2, 0])
        self.expect_equal(server, held)

    def test_larger_than_the_zone(self):
        """A difference larger than the zone is not worth it: the zone comes."""
        server = serve(self, {"moving.test": zone(filling=500)})
        change(server, *[rr(f"fill{n}.moving.test", "TXT", ANY) for n in range(490)])
        self.assertEqual(ixfr(server, 100).kind, "axfr")

    def test_random_walk(self):
        """Secondaries that ask now and then have the zone that an AXFR shows, with names of the server's own."""
        centre = "pcl CENTRE . kind=ai\np.pcl CRES . cpu=4\n"
        options = zone(index=True)
        options["text"] += centre
        server = serve(self, {"moving.test": options}, in_memory=True)
        dice = random.Random(os.environ.get("SUANYU_SEED", 1995))
        secondaries = [versioned(server) for _ in range(3)]
        before = server.counters()
        for number in range(300):
            changes = []
            for _ in range(dice.randrange(1, 4)):
                owner = f"n{dice.randrange(12)}"
                changes += dice.choice([
                    put(owner, dice.randrange(3), ttl=dice.choice([60, 300])),
                    [rr(f"{owner}.moving.test", "TXT", IN, dice.choice([60, 300]), text(dice.randrange(5)))],
                    [rr(f"{owner}.moving.test", "TXT", NONE, 0, text(dice.randrange(5)))],
                    [rr(f"{owner}.moving.test", ANY, ANY)],
                    [rr(f"q{dice.randrange(4)}.pcl.moving.test", updates.CRES, ANY)],
                    [rr(f"q{dice.randrange(4)}.pcl.moving.test", updates.CRES, IN, 60,
                        updates.ours(cpu=dice.randrange(1, 9)))],
                ])
            change(server, *changes)
            if dice.randrange(4) == 0:
                held = dice.choice(secondaries)
                follow(server, held)
                self.expect_equal(server, held)
        for held in secondaries:
            follow(server, held)
            self.expect_equal(server, held)
        _, ixfrs, wholes = moved(server, before)
        self.assertGreater(ixfrs, 40)
        self.assertEqual(wholes, 0)


class Journal(unittest.TestCase):
    def test_far_behind(self):
        """Who has missed 100,000 updates gets what is different: as many records as have changed."""
        server = serve(self, {"moving.test": zone(filling=1000)}, in_memory=True)
        held = versioned(server)
        publish(server, BEHIND)
        answer = ixfr(server, 100)
        self.assertEqual([answer.kind, len(answer.removed), len(answer.added)], ["ixfr", 0, HOT])
        self.assertLess(answer.octets, 4000)
        self.assertGreater(answer.serial, 100 + BEHIND // 2000)
        before = server.counters()
        follow(server, held)
        self.assertEqual(moved(server, before), [0, 1, 0])
        self.assertEqual(records_of(held), whole(server))

    def test_trimmed(self):
        """A journal is kept up to its limit; who was away for longer gets the zone, who was not, what is new."""
        server = serve(self, {"moving.test": zone(journal_max=20000)}, store={"checkpoint_s": 1})
        held = versioned(server)
        for number in range(300):
            change(server, *put(f"n{number % 20}", number))
        lib.until(lambda: ixfr(server, 100).kind == "axfr", "the oldest changes are gone")
        last = ixfr(server, 390)
        self.assertEqual([last.kind, last.serial], ["ixfr", 400])
        before = server.counters()
        follow(server, held)
        self.assertEqual(moved(server, before), [0, 0, 1])
        self.assertEqual(records_of(held), whole(server))

    def test_shown(self):
        """suanyu tells how far back a journal reaches."""
        server = serve(self)
        for number in range(5):
            change(server, *put("text", number))
        done = server.suanyu("zone", "journal", "moving.test")
        self.assertRegex(done.stdout, r"^moving\.test\.: from serial 100 to 105, 5 changes, [0-9.]+ \w+\n$")
        self.assertEqual(server.control("zone journal", "moving.test")[1]["octets"],
                         int(server.suanyu("--json", "zone", "journal", "moving.test").stdout.split('"octets":')[1]
                             .strip(" }\n")))
        self.assertEqual(server.control("zone journal", "nowhere.test")[0], "error")

    def test_none_kept(self):
        """With a journal of no octets nothing is kept beyond the checkpoint."""
        server = serve(self, {"moving.test": zone(journal_max=0)}, store={"checkpoint_s": 1})
        change(server, *put("text", "one"))
        lib.until(lambda: ixfr(server, 100).kind == "axfr", "it is gone")

    def test_killed(self):
        """After kill -9, before and after a checkpoint, secondaries go on from where they were."""
        server = serve(self, store={"checkpoint_s": 1})
        held = versioned(server)
        for round_ in range(3):
            for number in range(5):
                change(server, *put(f"n{number}", f"{round_}"))
            if round_ == 1:
                time.sleep(1.2)  # over a checkpoint: not waited for, either way must do
            server.kill()
            server.start()
            before = server.counters()
            self.assertEqual(ixfr(server, 100).kind, "ixfr")
            follow(server, held)
            self.assertEqual(moved(server, before), [0, 2, 0])
            self.assertEqual(records_of(held), whole(server))

    def test_import(self):
        """An import is a change like others: secondaries get what it has changed."""
        server = serve(self)
        held = versioned(server)
        change(server, *put("text", "one"))

        def load(serial, extra):
            path = lib.write(os.path.join(server.folder, "next.zone"),
                             ZONE.format(name="moving.test", serial=serial) + extra)
            self.assertEqual(server.control("zone import", "moving.test", path)[0], "ok")

        load(200, "new A 192.0.2.99\n")
        answer = ixfr(server, 100)
        self.assertEqual([answer.kind, answer.serial, answer.removed, len(answer.added)], ["ixfr", 200, [], 1])
        change(server, *put("text", "two"))
        before = server.counters()
        follow(server, held)
        self.assertEqual(moved(server, before), [0, 1, 0])
        self.assertEqual(records_of(held), whole(server))
        load(201, "other A 192.0.2.98\n")  # the serial that is there: taken, but no news to anybody
        self.assertIn("serial_not_raised", server.log())
        self.assertEqual(lib.ask(server, "other.moving.test").rcode, NOERROR)
        change(server, *put("text", "three"))
        self.assertEqual(ixfr(server, 200).kind, "axfr")
        server.restart()
        self.assertEqual(ixfr(server, 201).kind, "ixfr")
        self.assertEqual(ixfr(server, 200).kind, "axfr")


class Slow(unittest.TestCase):
    def test_holds_nobody(self):
        """A slow reader of a large difference keeps nobody back, and gets the version of its beginning."""
        heavy = zone(journal_max=1 << 28)
        heavy["text"] += "".join(f't{n} TXT {10 * (" " + 200 * "x")}\n' for n in range(6000))
        server = serve(self, {"moving.test": heavy}, tcp_stall_s=600, in_memory=True, store={"checkpoint_s": 1})
        held = versioned(server)
        for start in range(0, 2400, 20):  # more than systems keep on the way to a peer that does not read
            change(server, *[one for n in range(start, start + 20) for one in
                             (rr(f"t{n}.moving.test", "TXT", ANY),
                              rr(f"t{n}.moving.test", "TXT", IN, 60, 10 * text(200 * "z")))])
        answer = Answer(server, 100, small=True)
        answer.next()
        begin = time.monotonic()
        for number in range(100):
            change(server, *put("hot", number))
        follow(server, held)
        self.assertEqual(records_of(held), whole(server))
        self.assertLess(time.monotonic() - begin, lib.DEADLINE_S)
        answer.read()
        self.assertEqual([answer.serial, len(answer.removed), len(answer.added)], [220, 2400, 2400])

    def test_gone(self):
        """Peers that leave before their answer is made leave nothing behind; the server may stop meanwhile."""
        server = serve(self, {"moving.test": zone(filling=2000)}, in_memory=True)
        publish(server, 20000, window=8)
        for number in range(200):
            transfer = test_transfer.Transfer(server, request("moving.test", "IXFR", 100))
            if number % 3 == 0:
                lib.read_framed(transfer.peer)
            transfer.peer.close()
        self.assertEqual(ixfr(server, 100).kind, "ixfr")
        peers = [test_transfer.Transfer(server, request("moving.test", "IXFR", 100)) for _ in range(60)]
        server.stop()
        for transfer in peers:
            transfer.peer.close()

    def test_dropped(self):
        """A zone that a reload takes away while its differences are made does not harm anybody."""
        zones = {"moving.test": zone(filling=2000), "stays.test": zone(name="stays.test")}
        server = serve(self, zones, in_memory=True)
        publish(server, 10000, window=8)
        kept = server.zones["moving.test"]
        for round_ in range(10):
            peers = [test_transfer.Transfer(server, request("moving.test", "IXFR", 100)) for _ in range(30)]
            if round_ % 2:
                server.zones["moving.test"] = kept
            else:
                del server.zones["moving.test"]
            self.assertTrue(server.reload())
            for transfer in peers:
                transfer.peer.close()
        self.assertEqual(ixfr(server, 100).kind, "ixfr")

    def test_amid_updates(self):
        """Differences asked for amid updates are each one committed version."""
        server = serve(self, {"moving.test": zone(filling=200)}, in_memory=True)
        held = versioned(server)
        writer = threading.Thread(target=publish, args=(server, 20000))
        writer.start()
        try:
            for _ in range(40):
                follow(server, held)
        finally:
            writer.join()
        follow(server, held)
        self.assertEqual(records_of(held), whole(server))


class Secondaries(unittest.TestCase):
    def is_equal(self, server, peer):
        """Does the peer, which may not have the zone yet, have our serial?"""
        found = lib.ask(peer, "moving.test", "SOA").answer
        return bool(found) and updates.soa_serial(found[0], "moving.test") == updates.serial(server, "moving.test")

    def check(self, kind, key=None):
        lib.need(kind.program, "dig")
        peer = kind(None, ["moving.test"], key)
        options = zone(filling=300, notify=[f"127.0.0.1:{peer.port}"])
        server = peer.primary = serve(self, {"moving.test": options}, store={"checkpoint_s": 1})
        self.addCleanup(peer.stop)
        peer.start()
        before = server.counters()
        for round_ in range(4):
            publish(server, 300)
            change(server, *put("text", round_), *put(f"n{round_}", 100 * "n"),
                   rr(f"fill{round_}.moving.test", ANY, ANY))
            lib.until(lambda: self.is_equal(server, peer), f"{kind.program} has followed")
        _, ixfrs, wholes = moved(server, before)
        self.assertGreaterEqual(ixfrs, 4)
        self.assertEqual(wholes, 0)
        self.assertEqual(normal(dig_axfr(server, "moving.test")), normal(dig_axfr(peer, "moving.test")))

    def test_knot(self):
        """Knot follows by IXFR alone, and holds what we hold."""
        self.check(secondaries.Knot)
        self.check(secondaries.Knot, K2)

    def test_nsd(self):
        """NSD does so, too."""
        self.check(secondaries.Nsd)
        self.check(secondaries.Nsd, K2)

    def test_bind(self):
        """BIND does so, too."""
        self.check(secondaries.Bind)
        self.check(secondaries.Bind, K2)


if __name__ == "__main__":
    lib.main()
