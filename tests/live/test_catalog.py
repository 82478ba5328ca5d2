#!/usr/bin/python3
"""Does a zone that is added here appear at all secondaries, without a restart and without their configuration?

Knot and BIND follow a catalog of ours: they know of no zone but the catalog.
"""
import os
import random
import threading
import unittest

import catalogs
import lib
import updates
from updates import K1

CATALOG = "catalog.test"
ZONE = """
$ORIGIN {name}.
$TTL 300
@   SOA ns host {serial} 7200 3600 1209600 60
@   NS  ns
ns  A   192.0.2.1
www A   192.0.2.10
"""
OTHERS = 40  # zones added one after the other
KILLS = 300 if lib.LONG else 15
K2 = updates.Key("k2")


def text(name, serial=100):
    return ZONE.format(name=name, serial=serial)


def producer(*ports, **more):
    return {"catalog": "producer", "transfer": [{"key": "k1"}], "update": updates.ALL,
            "notify": [f"127.0.0.1:{port}" for port in ports], **more}


def start(test, zones, **options):
    server = updates.Server(zones, identity="ns1.example.test", **options).start()
    test.addCleanup(server.stop)
    return server


def soa_rcode(server, name):
    return lib.ask(server, name, "SOA").rcode


def serial_of(server, name):
    """None where the server has no such zone (yet)."""
    reply = lib.ask(server, name, "SOA")
    return updates.soa_serial(reply.answer[0], name) if reply.answer else None


class Base(unittest.TestCase):
    def ok(self, server, *args):
        result = server.suanyu(*args)
        self.assertEqual((result.returncode, result.stderr), (0, ""), args)
        return result.stdout

    def refused(self, server, *args):
        result = server.suanyu(*args)
        self.assertEqual((result.returncode, result.stdout), (1, ""), args)
        return result.stderr

    def write(self, server, name, content):
        return lib.write(os.path.join(server.folder, name), content)

    def listed(self, server):
        """name -> what zone list says of it."""
        kind, result, _ = server.control("zone list")
        self.assertEqual(kind, "ok")
        return {zone["name"]: zone for zone in result["zones"]}

    def members(self, server, catalog=CATALOG, key=K1):
        """Members by transfer of the catalog: name -> label."""
        updates.need_dnspython()
        found = {}
        for owner, _, rtype, rdata in updates.axfr(server, catalog, key):
            if rtype == lib.TYPES["PTR"]:
                found[rdata] = owner.split(".", maxsplit=1)[0]
        return found

    def nsupdate(self, server, zone, change):
        lib.need("nsupdate")
        lines = f"server 127.0.0.1 {server.port}\nzone {zone}\n{change}\nsend\n"
        done = lib.run([*updates.NSUPDATE, "-y", K1.of_bind], input=lines, stdin=None)
        self.assertEqual(done.returncode, 0, done.stderr)


class Consumers(Base):
    def follow(self, kind):
        """A consumer that knows the catalog alone, and the server that makes it."""
        lib.need(kind.program)
        peer = kind(None, [CATALOG], K1)
        server = start(self, {CATALOG: producer(peer.port)})
        peer.primary = server
        peer.start()
        self.addCleanup(peer.stop)
        return server, peer

    def check_follows(self, kind):
        server, peer = self.follow(kind)
        path = self.write(server, "file.zone", text("file.test"))
        self.ok(server, "zone", "add", "empty.test")
        self.ok(server, "zone", "add", "file.test", path)
        lib.until(lambda: soa_rcode(peer, "empty.test") == 0, "the consumer serves the new zone")
        lib.until(lambda: lib.ask(peer, "www.file.test").answer, "the consumer serves the zone of the file")
        self.assertEqual(updates.serial(peer, "file.test"), 100)
        self.nsupdate(server, "empty.test", "update add new.empty.test 60 A 192.0.2.77")
        lib.until(lambda: lib.ask(peer, "new.empty.test").answer, "the consumer is told of an update of a member")
        self.ok(server, "zone", "remove", "file.test")
        lib.until(lambda: soa_rcode(peer, "file.test") != 0, "the consumer has dropped the zone")
        self.assertEqual(soa_rcode(peer, "empty.test"), 0)
        for number in range(OTHERS):
            self.ok(server, "zone", "add", f"n{number}.test")
        lib.until(lambda: all(soa_rcode(peer, f"n{number}.test") == 0 for number in range(OTHERS)),
                  "the consumer serves all zones")
        server.restart()
        self.ok(server, "zone", "add", "after.test")
        lib.until(lambda: soa_rcode(peer, "after.test") == 0, "the consumer follows after a restart")

    def test_knot_follows(self):
        """Knot serves what is added, drops what is removed, and follows members' changes."""
        self.check_follows(catalogs.Knot)

    def test_bind_follows(self):
        """BIND does so, too."""
        self.check_follows(catalogs.Bind)

    def test_reset(self):
        """A zone that was removed and added again is another one: the consumer takes an older serial."""
        server, peer = self.follow(catalogs.Knot)
        self.ok(server, "zone", "add", "again.test", self.write(server, "new.zone", text("again.test", 2000)))
        lib.until(lambda: serial_of(peer, "again.test") == 2000, "the consumer serves the zone")
        self.ok(server, "zone", "remove", "again.test")
        self.ok(server, "zone", "add", "again.test", self.write(server, "old.zone", text("again.test", 1000)))
        lib.until(lambda: serial_of(peer, "again.test") == 1000, "the consumer has the new zone")


def consumer(primary, **more):
    return {"catalog": "consumer", "primary": [f"127.0.0.1:{primary.port}"], "primary_key": "k1",
            "transfer": updates.FETCH, **more}


class Ours(Base):
    """We as a consumer."""

    def follow(self, primary, port, **more):
        """Our server on a port that the primary knows."""
        server = updates.Server({CATALOG: consumer(primary, **more)})
        server.port = port
        server.start()
        self.addCleanup(server.stop)
        return server

    def wait_served(self, server, *names):
        for name in names:
            lib.until(lambda: soa_rcode(server, name) == 0, f"{name} is served")

    def wait_gone(self, server, *names):
        for name in names:
            lib.until(lambda: soa_rcode(server, name) == 5, f"{name} is not served")

    def test_ours(self):
        """We follow a catalog of our own: members come, change and go, also when we were away."""
        port = lib.free_port()
        first = start(self, {CATALOG: producer(port, notify_key="k1")})
        second = self.follow(first, port)
        self.ok(first, "zone", "add", "empty.test")
        self.ok(first, "zone", "add", "file.test", self.write(first, "file.zone", text("file.test")))
        self.wait_served(second, "empty.test", "file.test")
        self.nsupdate(first, "empty.test", "update add new.empty.test 60 A 192.0.2.77")
        lib.until(lambda: lib.ask(second, "new.empty.test").answer, "the update is followed")
        zones = self.listed(second)
        self.assertEqual(zones["empty.test."]["member_of"], "catalog.test.")
        self.assertEqual(zones["catalog.test."]["catalog"], "consumer")
        self.assertEqual(zones["file.test."]["secondary"]["primaries"], [f"127.0.0.1:{first.port}"])
        self.assertRegex(self.ok(second, "zone", "list"), r"file\.test\. .* secondary +ok .* catalog\.test\.\n")
        self.assertIn("another server's", self.refused(second, "zone", "remove", "file.test"))
        self.assertIn("no producer", self.refused(second, "zone", "add", "other.test"))
        self.assertEqual(soa_rcode(second, CATALOG), 0)  # from here it may be fetched
        self.ok(first, "zone", "remove", "empty.test")
        self.wait_gone(second, "empty.test")
        second.kill()
        self.ok(first, "zone", "remove", "file.test")
        self.ok(first, "zone", "add", "third.test")
        second.start()
        self.wait_served(second, "third.test")
        self.wait_gone(second, "file.test")
        first.stop()
        second.restart()
        self.assertEqual(soa_rcode(second, "third.test"), 0)
        self.assertEqual(set(self.listed(second)), {"catalog.test.", "third.test."})

    def test_chain(self):
        """A consumer of a consumer has the same members."""
        ports = lib.free_port(), lib.free_port()
        first = start(self, {CATALOG: producer(ports[0], notify_key="k1")})
        second = self.follow(first, ports[0], notify=[f"127.0.0.1:{ports[1]}"], notify_key="k1")
        third = self.follow(second, ports[1])
        for number in range(10):
            self.ok(first, "zone", "add", f"n{number}.test")
        self.wait_served(third, *(f"n{number}.test" for number in range(10)))
        self.ok(first, "zone", "remove", "n3.test")
        self.wait_gone(third, "n3.test")
        self.assertEqual(self.members(third), self.members(first))

    def test_renewed(self):
        """A member that was removed and added again begins anew, with its older serial."""
        port = lib.free_port()
        first = start(self, {CATALOG: producer(port, notify_key="k1")})
        second = self.follow(first, port)
        self.ok(first, "zone", "add", "again.test", self.write(first, "new.zone", text("again.test", 2000)))
        lib.until(lambda: serial_of(second, "again.test") == 2000, "the first one is served")
        second.kill()  # it sees the label alone
        self.ok(first, "zone", "remove", "again.test")
        self.ok(first, "zone", "add", "again.test", self.write(first, "old.zone", text("again.test", 1000)))
        second.start()
        lib.until(lambda: serial_of(second, "again.test") == 1000, "the second one is served")
        second.kill()
        first.stop()
        second.start()
        self.assertEqual(serial_of(second, "again.test"), 1000)

    def test_knot(self):
        """We follow a catalog that Knot generates."""
        lib.need("knotd")
        port = lib.free_port()
        knot = catalogs.KnotProducer(CATALOG, K1, port)
        self.addCleanup(knot.stop)
        knot.set_members({name: text(name) for name in ("a.test", "b.test")})
        knot.start()
        server = self.follow(knot, port)
        self.wait_served(server, "a.test", "b.test")
        knot.set_members({name: text(name) for name in ("b.test", "c.test")})
        knot.reload()
        self.wait_served(server, "b.test", "c.test")
        self.wait_gone(server, "a.test")


HANDMADE = """
$ORIGIN {name}.
$TTL 0
@ SOA invalid. invalid. 1 3600 600 2147483646 0
@ NS invalid.
version TXT 2
"""


class Handmade(Base):
    """Catalogs that are plain zones of a primary, so that they may say anything."""

    def setUp(self):
        port = lib.free_port()
        self.names = [CATALOG, "second.catalog.test", "a.test", "b.test"]
        plain = {"transfer": [{"key": "k1"}], "update": updates.ALL, "notify": [f"127.0.0.1:{port}"],
                 "notify_key": "k1"}
        zones = {name: {**plain, "text": HANDMADE.format(name=name) if "catalog" in name else text(name)}
                 for name in self.names}
        self.primary = start(self, zones)
        self.server = updates.Server({name: consumer(self.primary, catalog_max=4) for name in self.names[:2]})
        self.server.port = port
        self.server.start()
        self.addCleanup(self.server.stop)

    def change(self, *lines, catalog=CATALOG):
        self.nsupdate(self.primary, catalog, "\n".join(f"update {line}" for line in lines))
        lib.until(lambda: updates.serial(self.primary, catalog) == serial_of(self.server, catalog),
                  "the change has come")

    def served(self):
        return [name for name in self.names[2:] if soa_rcode(self.server, name) == 0]

    def wait(self, *names):
        lib.until(lambda: self.served() == list(names), f"{names} are served")

    def test_broken(self):
        """A catalog that is broken keeps its members, also over a restart, until it is whole again."""
        self.change(f"add x.zones.{CATALOG} 0 PTR a.test")
        self.wait("a.test")
        breaks = [f"del version.{CATALOG} TXT", f"add y.zones.{CATALOG} 0 PTR a.test",
                  f"add x.zones.{CATALOG} 0 PTR b.test", f"add version.{CATALOG} 0 TXT 3",
                  f"add coo.x.zones.{CATALOG} 0 PTR b.test\nupdate add coo.x.zones.{CATALOG} 0 PTR c.test"]
        mends = [f"add version.{CATALOG} 0 TXT 2", f"del y.zones.{CATALOG}", f"del x.zones.{CATALOG} PTR b.test",
                 f"del version.{CATALOG} TXT 3", f"del coo.x.zones.{CATALOG}"]
        for count, (what, mend) in enumerate(zip(breaks, mends), 1):
            self.change(what, f"add z.zones.{CATALOG} 0 PTR b.test")
            lib.until(lambda: self.server.log().count("catalog_broken") >= count, "it is told")
            self.assertEqual(self.served(), ["a.test"], what)
            self.server.restart()
            self.assertEqual(self.served(), ["a.test"], what)
            self.change(f"del z.zones.{CATALOG}", mend)
            self.assertEqual(self.served(), ["a.test"])
            self.server.restart()
            self.assertEqual(self.served(), ["a.test"])
        self.change(*(f"add n{number}.zones.{CATALOG} 0 PTR n{number}.test" for number in range(4)))
        self.assertEqual(self.served(), ["a.test"])  # too many
        self.assertEqual(len(self.listed(self.server)), 3)

    def test_moves(self):
        """A zone goes to another catalog by the word of its own one, with its data; not otherwise."""
        other = "second.catalog.test"
        self.change(f"add x.zones.{CATALOG} 0 PTR a.test")
        self.wait("a.test")

        def owner():
            return self.listed(self.server)["a.test."].get("member_of")

        self.change(f"add x.zones.{other} 0 PTR a.test", catalog=other)
        self.assertEqual(owner(), "catalog.test.")
        self.assertIn("catalog_clash", self.server.log())
        refreshed = self.server.counters()["zone_load_ok"]
        self.change(f"add coo.x.zones.{CATALOG} 0 PTR {other}")
        lib.until(lambda: owner() == "second.catalog.test.", "it has moved")
        self.assertEqual(self.served(), ["a.test"])  # at once: it has its data
        self.change(f"del x.zones.{CATALOG}", f"del coo.x.zones.{CATALOG}")
        self.assertEqual((owner(), self.served()), ("second.catalog.test.", ["a.test"]))
        self.server.restart()
        self.assertEqual((owner(), self.served()), ("second.catalog.test.", ["a.test"]))
        self.change(f"del x.zones.{other}", catalog=other)
        self.wait()
        self.assertGreaterEqual(self.server.counters()["zone_load_ok"], refreshed)

    def test_clash(self):
        """A configured zone is not touched by a catalog that lists it."""
        self.server.set_zone("here.test", lib.write(os.path.join(self.server.folder, "here"), text("here.test", 5)))
        self.assertTrue(self.server.reload())
        self.change(f"add x.zones.{CATALOG} 0 PTR here.test", f"add y.zones.{CATALOG} 0 PTR {CATALOG}",
                    f"add z.zones.{CATALOG} 0 PTR b.test")
        self.wait("b.test")
        self.assertEqual(serial_of(self.server, "here.test"), 5)
        self.change(f"del x.zones.{CATALOG}")
        self.server.restart()
        self.assertEqual(serial_of(self.server, "here.test"), 5)


class Producer(Base):
    def test_queries(self):
        """Who may not fetch the catalog may not ask it either, nor by an alias; who may, may."""
        zone = text("public.test") + f"alias CNAME version.{CATALOG}.\nlist PTR version.{CATALOG}.\n"
        server = start(self, {CATALOG: producer(), "public.test": {"text": zone}})
        self.ok(server, "zone", "add", "member.test")
        for name, rtype in (CATALOG, "SOA"), (f"version.{CATALOG}", "TXT"), (f"no.{CATALOG}", "A"):
            reply = lib.ask(server, name, rtype)
            self.assertEqual((reply.rcode, reply.counts[1:3]), (5, [0, 0]), name)
        reply = lib.ask(server, "alias.public.test", "TXT")
        self.assertEqual((reply.rcode, reply.counts[1:]), (0, [1, 0, 0]))
        reply = lib.ask(server, "list.public.test", "PTR")
        self.assertEqual((reply.rcode, reply.counts[1:]), (0, [1, 0, 0]))
        signed = lib.Reply(lib.exchange(server, updates.sign(lib.query(CATALOG, "SOA"))))
        self.assertEqual((signed.rcode, signed.counts[1]), (0, 1))
        self.assertEqual(lib.ask(server, "member.test", "SOA").rcode, 0)

    def test_updates(self):
        """The template's update rules are the members'; nobody updates the catalog itself."""
        server = start(self, {CATALOG: producer()})
        self.ok(server, "zone", "add", "member.test")
        self.nsupdate(server, "member.test", "update add a.member.test 60 A 192.0.2.1")
        self.assertTrue(lib.ask(server, "a.member.test").answer)
        change = updates.rr(f"x.zones.{CATALOG}", "PTR", updates.IN, 0, lib.name_wire("evil.test"))
        wire = updates.sign(updates.update_wire(CATALOG, (), [change]))
        self.assertEqual(lib.Reply(lib.exchange(server, wire)).rcode, 5)
        self.assertIn("not imported", self.refused(server, "zone", "import", CATALOG,
                                                   self.write(server, "c.zone", text(CATALOG))))

    def test_durable(self):
        """After kill -9 the zones that were added are there, with what was published; those removed are not."""
        server = start(self, {CATALOG: producer()})
        for number in range(10):
            self.ok(server, "zone", "add", f"n{number}.test")
        self.nsupdate(server, "n1.test", "update add a.n1.test 60 A 192.0.2.1")
        self.ok(server, "zone", "remove", "n2.test")
        before = self.members(server)
        server.kill()
        server.start()
        self.assertEqual(self.members(server), before)
        self.assertEqual({f"n{number}.test." for number in range(10) if number != 2}, set(before))
        self.assertTrue(lib.ask(server, "a.n1.test").answer)
        self.assertEqual(soa_rcode(server, "n2.test"), 5)
        self.ok(server, "zone", "add", "n2.test")  # without what it had
        self.assertEqual(self.listed(server)["n2.test."]["records"], 2)
        self.assertNotEqual(self.members(server)["n2.test."], "")

    def test_kills(self):
        """However often the server is killed while zones come and go, what it acknowledged holds."""
        rng = random.Random(9432)
        server = start(self, {CATALOG: producer()})
        known = {}  # name -> it is a member, as the server last said
        for _ in range(KILLS):
            ending = threading.Timer(rng.uniform(0.01, 0.3), server.process.kill)
            ending.start()
            open_name = None
            while True:
                name = f"n{rng.randrange(6)}.test."
                try:
                    open_name = name
                    kind, _, _ = server.control("zone remove" if known.get(name) else "zone add", name)
                    self.assertEqual(kind, "ok")
                    known[name] = not known.get(name)
                    open_name = None
                except (OSError, AssertionError):
                    break
            ending.join()
            server.close()
            server.start()
            members = set(self.members(server))
            if open_name:
                known[open_name] = open_name in members
            self.assertEqual(members, {name for name, is_member in known.items() if is_member})
            for name in known:
                self.assertEqual(soa_rcode(server, name), 0 if known[name] else 5, name)
            self.assertEqual(len(self.listed(server)), len(members) + 1)

    def test_reload(self):
        """A reload keeps the members, under changed options; they leave and come back with their catalog."""
        server = start(self, {CATALOG: producer()}, keys=(K1, K2))
        self.ok(server, "zone", "add", "member.test")
        server.set_zone(CATALOG, producer(transfer=[{"key": "k2"}]))
        self.assertTrue(server.reload())
        self.assertEqual(set(self.members(server, key=K2)), {"member.test."})
        self.assertEqual(soa_rcode(server, "member.test"), 0)
        updates.need_dnspython()
        with self.assertRaises(Exception):
            self.members(server, key=K1)
        self.assertTrue(updates.axfr(server, "member.test", K2))
        del server.zones[CATALOG]  # not served any more, but not lost
        server.set_zone("other.test", {"text": text("other.test")})
        self.assertTrue(server.reload())
        self.assertEqual(soa_rcode(server, "member.test"), 5)
        server.set_zone(CATALOG, producer())
        self.assertTrue(server.reload())
        self.assertEqual(soa_rcode(server, "member.test"), 0)
        self.assertEqual(set(self.members(server)), {"member.test."})

    def test_collisions(self):
        """A name is in one place: configured, or in one catalog."""
        other = producer()
        server = start(self, {CATALOG: producer(catalog_max=2), "other.catalog.test": other,
                              "here.test": {"text": text("here.test")}})
        self.assertIn("configured", self.refused(server, "zone", "add", "here.test", "--catalog", CATALOG))
        self.assertIn("configured", self.refused(server, "zone", "add", CATALOG, "--catalog", CATALOG))
        self.assertIn("several", self.refused(server, "zone", "add", "a.test"))
        self.assertIn("not configured", self.refused(server, "zone", "add", "a.test", "--catalog", "here.test"))
        self.ok(server, "zone", "add", "a.test", "--catalog", CATALOG)
        self.assertIn("already", self.refused(server, "zone", "add", "A.test", "--catalog", "other.catalog.test"))
        self.ok(server, "zone", "add", "b.test", "--catalog", "OTHER.catalog.test.")
        self.ok(server, "zone", "add", "c.test", "--catalog", CATALOG)
        self.assertIn("full", self.refused(server, "zone", "add", "d.test", "--catalog", CATALOG))
        self.assertIn("configured", self.refused(server, "zone", "remove", "here.test"))
        self.assertIn("not served", self.refused(server, "zone", "remove", "no.test"))
        zones = self.listed(server)
        self.assertEqual(zones["a.test."]["member_of"], "catalog.test.")
        self.assertEqual(zones["b.test."]["member_of"], "other.catalog.test.")
        self.assertEqual(zones["other.catalog.test."]["catalog"], "producer")
        self.assertNotIn("member_of", zones["here.test."])
        self.assertRegex(self.ok(server, "zone", "list"), r"a\.test\. .* catalog\.test\.\n")
        # a member that the configuration takes over is the configuration's from then on
        server.set_zone("a.test", {})
        self.assertTrue(server.reload())
        self.assertNotIn("member_of", self.listed(server)["a.test."])
        self.assertIn("catalog_clash", server.log())
        server.restart()
        self.assertEqual(soa_rcode(server, "a.test"), 0)

    def test_files(self):
        """A file with errors adds nothing; a broken name neither."""
        server = start(self, {CATALOG: producer()})
        before = updates.axfr(server, CATALOG, K1) if updates.dns else None
        bad = self.write(server, "bad.zone", "$ORIGIN bad.test.\n@ 60 IN A 1.2.3\n")
        self.assertIn("bad.zone:2:", self.refused(server, "zone", "add", "bad.test", bad))
        self.assertIn("No such file", self.refused(server, "zone", "add", "bad.test", "/nowhere"))
        self.assertIn("no zone name", self.refused(server, "zone", "add", "bad..test"))
        self.assertEqual(soa_rcode(server, "bad.test"), 5)
        self.assertEqual(set(self.listed(server)), {"catalog.test."})
        if before:
            self.assertEqual(updates.axfr(server, CATALOG, K1), before)
        odd = "..%2fetc\\047passwd.$ORIGIN.\\\"quoted\\\".test"
        self.ok(server, "zone", "add", odd[2:])
        self.assertEqual(len(self.listed(server)), 2)

    def test_servers(self):
        """A zone without a file gets the name servers of the catalog, else this server's identity."""
        server = start(self, {CATALOG: producer(name_servers=["a.ns.test", "b.ns.test"]),
                              "other.catalog.test": producer()})
        self.ok(server, "zone", "add", "two.test", "--catalog", CATALOG)
        self.ok(server, "zone", "add", "one.test", "--catalog", "other.catalog.test")
        names = [sorted(record.rdata for record in lib.ask(server, zone, "NS").answer)
                 for zone in ("two.test", "one.test")]
        self.assertEqual([len(found) for found in names], [2, 1])
        self.assertIn(b"ns1", names[1][0])
        nameless = updates.Server({CATALOG: producer()}, identity="nick").start()
        self.addCleanup(nameless.stop)
        self.assertIn("name_servers", self.refused(nameless, "zone", "add", "a.test"))

    def test_stored(self):
        """A zone that was configured once joins with what the store has of it."""
        server = start(self, {CATALOG: producer(), "moves.test": {"text": text("moves.test", 77)}})
        del server.zones["moves.test"]
        self.assertTrue(server.reload())
        self.assertEqual(soa_rcode(server, "moves.test"), 5)
        self.assertIn("serial 77", self.ok(server, "zone", "add", "moves.test"))
        self.assertTrue(lib.ask(server, "www.moves.test").answer)
        server.restart()
        self.assertTrue(lib.ask(server, "www.moves.test").answer)
        self.ok(server, "zone", "remove", "moves.test")
        server.restart()
        self.assertEqual(soa_rcode(server, "moves.test"), 5)
        self.assertIn("serial 1,", self.ok(server, "zone", "add", "moves.test"))


if __name__ == "__main__":
    lib.main()
