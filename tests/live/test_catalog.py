#!/usr/bin/python3
"""Does a zone that is added here appear at all secondaries, without a restart and without their configuration?

Knot and BIND follow a catalog of ours: they know of no zone but the catalog.
"""
import os
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
        done = lib.run(["nsupdate", "-y", K1.of_bind], input=lines, stdin=None)
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
