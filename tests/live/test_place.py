#!/usr/bin/python3
"""Does the server place who asks? Client subnets (RFC 7871) in and out, files of regions and their errors.

A plain answer is the same for everybody: its scope is 0. Files are checked whole, by --check, at the start and
by a reload.
"""
import ipaddress
import os
import unittest

import lib
import mmdb
from lib import FORMERR, NOERROR, NXDOMAIN, REFUSED, TC, opt, option, u16

SUANYUD = os.path.join(lib.BIN, "suanyud")
SUBNET, COOKIE, NSID = 8, 10, 3
ZONE = """
$ORIGIN place.test.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.10
big TXT "{0}" "{0}" "{0}" "{0}" "{0}"
""".format("x" * 250)
GOOD = """regions:
  - name: "440305"
    prefixes: [127.0.0.0/8, "::1"]
    latitude: 22.5
    longitude: 113.9
  - {name: "440100", prefixes: [192.0.2.0/24]}
"""
BAD = [  # what GOOD becomes, line and column of the error inside the file, a word of it
    (GOOD.replace("192.0.2.0/24", "192.0.2.1/24"), "6:33", "behind the length"),
    (GOOD.replace("192.0.2.0/24", "127.0.0.0/8"), "6:33", "twice"),
    (GOOD.replace("latitude: 22.5", "latitude: 91"), "4:15", "degrees from -90 to 90"),
    (GOOD.replace("    latitude: 22.5\n", ""), "4:16", "together"),
    (GOOD.replace("name: \"440100\"", "nome: x"), "6:6", "nome"),
    ("", "1:1", "empty"),
]


def subnet(network, scope=0):
    """The data of a client subnet option."""
    network = ipaddress.ip_network(network)
    octets = network.network_address.packed[:(network.prefixlen + 7) // 8]
    return u16({4: 1, 6: 2}[network.version]) + bytes([network.prefixlen, scope]) + octets


class ClientSubnet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = lib.Server({"place.test": ZONE}, identity="here")
        cls.regions = lib.write(os.path.join(cls.server.folder, "regions.yaml"), GOOD)
        cls.server.options["regions"] = cls.regions
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ask(self, name, data, rtype="A", transport="udp4", size=1232, more=b""):
        edns = opt(size, option(SUBNET, data) + more)
        return lib.ask(self.server, f"{name}.place.test", rtype, transport, edns=edns)

    def test_a_subnet_comes_back_with_scope_0(self):
        """A plain answer, a negative one too, brings the subnet back with scope 0."""
        for network in "192.0.2.0/24", "127.0.0.1/32", "128.0.0.0/1", "0.0.0.0/0", "2001:db8::/56", "::/0", "::1/128":
            for name, rcode in ("www", NOERROR), ("none", NXDOMAIN):
                for transport in lib.TRANSPORTS:
                    with self.subTest(network=network, name=name, transport=transport):
                        reply = self.ask(name, subnet(network), transport=transport)
                        self.assertEqual((reply.rcode, reply.options.get(SUBNET)), (rcode, subnet(network)))

    def test_no_family_is_no_place(self):
        """A subnet without family and bits comes back as it is."""
        self.assertEqual(self.ask("www", bytes(4)).options, {SUBNET: bytes(4)})

    def test_who_sends_none_gets_none(self):
        """Who sends no subnet gets none."""
        self.assertEqual(lib.ask(self.server, "www.place.test", edns=opt()).options, {})

    def test_it_stands_beside_other_options(self):
        """The subnet stands behind other options and before an extended error."""
        reply = self.ask("www", subnet("192.0.2.0/24"), more=option(NSID) + option(COOKIE, bytes(8)))
        self.assertEqual(list(reply.options), [NSID, COOKIE, SUBNET])
        reply = lib.ask(self.server, "www.elsewhere.test", edns=opt(options=option(SUBNET, subnet("192.0.2.0/24"))))
        self.assertEqual((reply.rcode, list(reply.options)), (REFUSED, [SUBNET, lib.EDE]))

    def test_it_has_its_room_in_a_cut_answer(self):
        """An answer that is cut keeps its subnet, and its size."""
        for size in range(512, 1400, 97):
            reply = self.ask("big", subnet("2001:db8::/128"), "TXT", size=size)
            self.assertLessEqual(len(reply.wire), max(size, 512))
            self.assertEqual(reply.options.get(SUBNET), subnet("2001:db8::/128"))
            self.assertEqual(bool(reply.flags & TC), not reply.answer)

    def test_a_malformed_one_is_refused(self):
        """A malformed subnet is FORMERR (RFC 7871 7.1.2)."""
        rows = [
            ("scope in a query", subnet("192.0.2.0/24", 24)), ("bits behind the prefix", b"\0\1\x17\0\xc0\0\3"),
            ("too long for IPv4", b"\0\1\x21\0\xc0\0\2\1\0"), ("too long for IPv6", b"\0\2\x81\0" + bytes(17)),
            ("address too short", b"\0\1\x18\0\xc0\0"), ("address too long", b"\0\1\x18\0\xc0\0\2\0"),
            ("unknown family", b"\0\3\0\0"), ("no family, but bits", b"\0\0\x08\0\1"), ("cut", b"\0\1\x18"), ("", b""),
        ]
        for label, data in rows:
            with self.subTest(label=label), self.server.counts(query_udp4=1, edns=1, answer_formerr=1):
                reply = self.ask("www", data)
                self.assertEqual((reply.rcode, reply.answer, reply.options), (FORMERR, [], {}))

    def test_dig_and_kdig_read_it(self):
        """dig and kdig read the subnet that comes back."""
        lib.need("dig", "kdig")
        for client in "dig", "kdig":
            for network in "192.0.2.0/24", "2001:db8::/56":
                printed = lib.run([client, "@127.0.0.1", "-p", str(self.server.port), f"+subnet={network}", "+norec",
                                   "www.place.test", "A"]).stdout
                with self.subTest(client=client, network=network):
                    self.assertRegex(printed, rf"CLIENT-SUBNET: {network}/0\b")
                    self.assertIn("192.0.2.10", printed)


class Files(unittest.TestCase):
    def make(self, **files):
        """A server with files beside its configuration, and its options regions and geo as they are given."""
        server = lib.Server({"place.test": ZONE})
        for option_name, content in files.items():
            server.options[option_name] = lib.write(os.path.join(server.folder, option_name), content)
        self.addCleanup(server.stop, check=False)
        return server

    def check(self, server):
        server.write_config()
        return lib.run([SUANYUD, "-c", server.config_path, "--check"])

    def test_check_shows_the_place_in_the_file(self):
        """--check shows what is wrong with a file of regions, and where."""
        server = self.make(regions=GOOD, geo=mmdb.make(mmdb.PLACES))
        done = self.check(server)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for text, place, word in BAD:
            with self.subTest(word=word):
                path = lib.write(server.options["regions"], text)
                done = self.check(server)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, rf"^{server.config_path}:\d+:\d+: {path}:{place}: ")
                self.assertIn(word, done.stderr)

    def test_check_shows_a_file_that_can_not_be_read(self):
        """--check shows a file that is absent, or no MaxMind file."""
        for name, content in ("geo", b"this is no such file"), ("geo", mmdb.make(mmdb.PLACES)[:-40]), ("geo", b""):
            with self.subTest(content=content[:10]):
                server = self.make(**{name: content})
                done = self.check(server)
                self.assertEqual(done.returncode, 1)
                self.assertIn(server.options[name], done.stderr)
        for name in "regions", "geo":
            server = self.make()
            server.options[name] = os.path.join(server.folder, "absent")
            self.assertIn("No such file", self.check(server).stderr)

    def test_a_bad_file_ends_the_start(self):
        """A bad file of regions ends the start."""
        server = self.make(regions=BAD[0][0])
        server.write_config()
        server.spawn()
        self.assertEqual(server.process.wait(lib.DEADLINE_S), 1)
        self.assertIn("behind the length", server.log())
        server.close()

    def test_a_reload_takes_all_or_nothing(self):
        """A reload with a bad file changes nothing at all."""
        server = self.make(regions=GOOD, geo=mmdb.make(mmdb.PLACES)).start()
        self.assertTrue(server.reload())
        for text, place, word in BAD:
            with self.subTest(word=word):
                lib.write(server.options["regions"], text)
                server.options["ecs"] = False
                self.assertFalse(server.reload())
                self.assertIn(f"{server.options['regions']}:{place}: ", server.log())
                edns = opt(options=option(SUBNET, subnet("192.0.2.0/24")))
                reply = lib.ask(server, "www.place.test", edns=edns)
                self.assertEqual(reply.options, {SUBNET: subnet("192.0.2.0/24")})
        lib.write(server.options["regions"], GOOD)
        self.assertTrue(server.reload())
        self.assertEqual(lib.ask(server, "www.place.test", edns=edns).options, {})  # ecs is off now
        server.options.update(ecs=True, regions=None, geo=None)
        self.assertTrue(server.reload())
        self.assertEqual(len(lib.ask(server, "www.place.test", edns=edns).options), 1)
        server.stop()

    def test_a_maxmind_file_is_replaced_by_renaming(self):
        """A MaxMind file is replaced by renaming, then a reload."""
        server = self.make(geo=mmdb.make(mmdb.PLACES)).start()
        path = server.options["geo"]
        new = lib.write(path + ".new", mmdb.make({"127.0.0.0/8": mmdb.place("CN")}, epoch=1800000000))
        os.replace(new, path)
        self.assertTrue(server.reload())
        self.assertEqual(lib.ask(server, "www.place.test").rcode, NOERROR)
        server.stop()

    def test_the_sample_is_a_good_file(self):
        """The sample file of regions is a good one."""
        with open(os.path.join(lib.SAMPLE, "regions.yaml"), encoding="utf-8") as file:
            server = self.make(regions=file.read())
        self.assertEqual(self.check(server).returncode, 0)

    def test_the_file_of_the_unit_tests_is_what_its_writer_makes(self):
        """The MaxMind file of the unit tests is what its writer makes."""
        with open(mmdb.SAMPLE, "rb") as file:
            self.assertEqual(file.read(), mmdb.make(mmdb.PLACES))


if __name__ == "__main__":
    lib.main()
