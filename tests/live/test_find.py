#!/usr/bin/python3
"""Do names below find answer with the pools that fit, for every stock client, and say why when none does?"""
import os
import socket
import time
import unittest

import lib
import pools
import updates
from lib import AA, NOERROR, NXDOMAIN, SERVFAIL, TC, TYPES, dig, kdig, until
from pools import NAME, ask, strings


class Answers(pools.Case):
    @classmethod
    def setUpClass(cls):
        updates.need_dnspython()
        cls.server = pools.server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_addresses_come_in_order_of_preference(self):
        """addresses come in the order of preference, by every transport, from the pool or its centre"""
        for transport in lib.TRANSPORTS:
            reply = ask(self.server, "cpu-20.by-load", transport=transport)
            self.assert_addresses(reply, "192.0.2.11", "192.0.2.2")
            self.assertTrue(reply.flags & AA)
            self.assertTrue(all(1 <= record.ttl <= 10 for record in reply.answer), reply.answer)
        reply = ask(self.server, "cpu-20.by-load", "AAAA")  # a.one has addresses of its own, though none of IPv6
        self.assertEqual((reply.rcode, reply.answer), (NOERROR, []))
        self.assertEqual(reply.types(reply.authority), [TYPES["SOA"]])

    def test_stock_clients(self):
        """dig, kdig and dnspython see addresses, services, names and the explanation"""
        for client in dig, kdig:
            found = client(self.server, f"cpu-20.by-load.find.{NAME}", "SVCB")
            self.assertEqual(found.status, "NOERROR")
            rdatas = [rdata.replace('"', "") for _, _, _, rdata in found.answer]
            self.assertEqual(rdatas, [f"1 a.one.{NAME}. alpn=h2 port=8443", f"2 two.{NAME}. ipv4hint=192.0.2.2"])
            found = client(self.server, f"cpu-20.by-load.find.{NAME}", "SRV")
            self.assertEqual([rdata.split()[0::2] for _, _, _, rdata in found.answer], [["1", "8443"]])
            self.assertTrue(found.answer[0][3].endswith(f" a.one.{NAME}."))
            found = client(self.server, f"cpu-20.by-load.find.{NAME}", "PTR")
            self.assertEqual([rdata for _, _, _, rdata in found.answer], [f"a.one.{NAME}.", f"b.two.{NAME}."])
        self.assertEqual(updates.records(self.server, f"cpu-20.by-load.find.{NAME}", "A"), ["192.0.2.11", "192.0.2.2"])

    def test_the_explanation_names_every_pool(self):
        """TXT is one record: the summary, chosen pools in order, then the others with their reasons"""
        reply = ask(self.server, "cpu-20.by-load", "TXT")
        self.assertEqual(len(reply.answer), 1)
        lines = strings(reply.answer[0])
        self.assertEqual(len(lines), 5)
        self.assertTrue(lines[0].startswith("2/4 pools"), lines)
        for line, words in zip(lines[1:], (["a.one"], ["b.two"], ["c.two", "full"], ["d.two", "stale"])):
            for word in words:
                self.assertIn(word, line)

    def test_order_and_case_do_not_matter(self):
        """labels in any order and case are one requirement, which is ranked once"""
        self.assert_addresses(ask(self.server, "mem-200.cpu-30"), "192.0.2.11", "192.0.2.2")
        with self.server.counts(query_udp4=2, edns=2, cookie_none=2, answer_noerror=2, find_hit=2):
            self.assert_addresses(ask(self.server, "cpu-30.mem-200"), "192.0.2.11", "192.0.2.2")
            self.assert_addresses(ask(self.server, "CPU-30.Mem-200"), "192.0.2.11", "192.0.2.2")

    def test_other_types(self):
        """find itself and other types have no data, and wildcards take nothing away"""
        for name, rtype in ((f"find.{NAME}", "A"), (f"find.{NAME}", "TXT"), (f"cpu-1.find.{NAME}", "MX"),
                            (f"cpu-1.find.{NAME}", "DS"), (f"cpu-1.find.{NAME}", "SOA")):
            reply = lib.ask(self.server, name, rtype)
            self.assertEqual((reply.rcode, reply.answer, reply.types(reply.authority)),
                             (NOERROR, [], [TYPES["SOA"]]), (name, rtype))
        self.assert_none(ask(self.server, "wild", "TXT"), NXDOMAIN, "wild")
        self.assertEqual(strings(lib.ask(self.server, f"wild.{NAME}", "TXT").answer[0]), ["wild"])

    def test_any(self):
        """ANY is a HINFO by UDP, and the names of the pools by TCP"""
        reply = ask(self.server, "cpu-20.by-load", "ANY")
        self.assertEqual(reply.types(reply.answer), [TYPES["HINFO"]])
        reply = ask(self.server, "cpu-20.by-load", "ANY", "tcp4")
        self.assertEqual(pools.pointers(reply), [f"a.one.{NAME}", f"b.two.{NAME}"])

    def test_aliases_lead_here(self):
        """an alias in our zone may lead to a find name"""
        reply = lib.ask(self.server, f"alias.{NAME}")
        self.assertEqual(reply.types(reply.answer), [TYPES["CNAME"], TYPES["A"], TYPES["A"]])
        self.assertEqual(pools.addresses(reply), ["192.0.2.11", "192.0.2.2"])
        self.assertEqual(reply.answer[1].owner, f"cpu-20.by-load.find.{NAME}")
        reply = lib.ask(self.server, f"text.{NAME}", "SVCB")
        self.assertEqual(reply.types(reply.answer), [TYPES["CNAME"], TYPES["SVCB"], TYPES["SVCB"]])
        self.assertEqual([record.rdata[:2] for record in reply.answer[1:]], [b"\0\1", b"\0\2"])

    def test_malformed_requirements(self):
        """an unknown word or a bad value has no such name, and the extended error names the label"""
        for words, label in (("frobnicate-7", "frobnicate-7"), ("cpu-many", "cpu-many"), ("cpu-1.by-magic", "by-magic"),
                             ("accn-8x", "accn-8x"), ("cpu", "cpu"), ("near-nowhere-at-all.cpu-1", "near-nowhere-at-all")):
            for rtype in "A", "TXT", "MX":
                self.assert_none(ask(self.server, words, rtype), NXDOMAIN, label)
        sixteen = ".".join(f"cpu-ge-{number}" for number in range(1, 17))
        self.assert_addresses(ask(self.server, sixteen + ".by-load"[:0]), "192.0.2.11", "192.0.2.2")
        self.assert_none(ask(self.server, sixteen + ".mem-1"), NXDOMAIN, "16")

    def test_nothing_fits(self):
        """when nothing fits there are no data, and the extended error says what the pools lack"""
        self.assert_none(ask(self.server, "acc-ascend-910b"), NOERROR, "0/4 pools", "acc=ascend-910b")
        self.assert_none(ask(self.server, "cpu-95"), NOERROR, "0/4 pools", "full", "stale")
        lines = strings(ask(self.server, "cpu-95", "TXT").answer[0])
        self.assertEqual(len(lines), 5)

    def test_getaddrinfo(self):
        """a program that only knows getaddrinfo gets the best pool"""
        if os.geteuid() != 0:
            raise unittest.SkipTest("a mount namespace and port 53 need root")
        lib.need("unshare", "getent", "mount", "dig")
        if lib.run(["unshare", "-m", "true"]).returncode != 0:
            raise unittest.SkipTest("no mount namespaces here")
        folder = lib.fresh_folder()
        for number in range(153, 200):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((f"127.0.0.{number}", 53))
                    break
                except OSError:
                    continue
        else:
            raise unittest.SkipTest("no free loopback address with port 53")
        host = f"127.0.0.{number}"
        resolv = lib.write(os.path.join(folder, "resolv.conf"), f"nameserver {host}\n")
        switch = lib.write(os.path.join(folder, "nsswitch.conf"), "hosts: dns\n")
        # no addresses of a subnet of this machine: getaddrinfo prefers those (RFC 6724 rule 9)
        server = pools.server(pools.zone().replace("192.0.2.", "203.0.113."))
        server.hosts, server.port = [host], 53
        with server:
            until(lambda: "NOERROR" in lib.run(["dig", f"@{host}", f"cpu-1.find.{NAME}"]).stdout, "the table is made")
            found = lib.run(["unshare", "-m", "sh", "-c",
                             f"mount --bind {resolv} /etc/resolv.conf && mount --bind {switch} /etc/nsswitch.conf && "
                             f"getent ahostsv4 cpu-20.by-load.find.{NAME}"])
        self.assertEqual(found.stdout.split()[:1], ["203.0.113.11"], found.stderr)
        self.assertIn("203.0.113.2 ", found.stdout)


class Changes(pools.Case):
    def setUp(self):
        updates.need_dnspython()

    def test_updates_move_answers(self):
        """the next query after an update has another answer"""
        with pools.server() as server:
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.11", "192.0.2.2")
            for round_ in range(4):  # one after the other: none waits for time to pass
                pools.load(server, "a.one", cpuf=10)
                self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.2")
                pools.load(server, "a.one", cpuf=90)
                self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.11", "192.0.2.2")
            pools.load(server, "d.two", cpuf=99)
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.14", "192.0.2.11", "192.0.2.2")
            pools.change(server, "a.one A 192.0.2.111")
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.14", "192.0.2.111", "192.0.2.2")

    def test_answers_end_with_their_data(self):
        """the TTL ends when a load report gets too old, and then the pool is out"""
        text = pools.HEAD + "one CENTRE . kind=ai\n" + pools.pool("a.one", "192.0.2.11", 57, "cpuf=90") + \
            pools.pool("b.one", "192.0.2.12", 0, "cpuf=50")
        with pools.server(text) as server:
            reply = ask(server, "cpu-20.by-load")
            self.assert_addresses(reply, "192.0.2.11", "192.0.2.12")
            self.assertTrue(all(record.ttl <= 4 for record in reply.answer), reply.answer)
            until(lambda: pools.addresses(ask(server, "cpu-20.by-load")) == ["192.0.2.12"], "the old report is out")
            self.assertTrue(any("stale" in line for line in strings(ask(server, "cpu-20.by-load", "TXT").answer[0])))

    def test_secondary(self):
        """a secondary of ours answers from the zone that it fetched, and follows it"""
        with pools.server() as primary:
            zone = {"primary": [f"127.0.0.1:{primary.port}"]}
            with lib.Server({NAME: zone}) as secondary:
                until(lambda: pools.addresses(ask(secondary, "cpu-20.by-load")) == ["192.0.2.11", "192.0.2.2"],
                      "the secondary answers")
                pools.load(primary, "a.one", cpuf=10)
                self.assertEqual(secondary.suanyu("zone", "refresh", NAME).returncode, 0)
                until(lambda: pools.addresses(ask(secondary, "cpu-20.by-load")) == ["192.0.2.2"], "it follows")

    def test_restart_and_reload(self):
        """answers are the same after a restart and after a reload"""
        with pools.server() as server:
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.11", "192.0.2.2")
            self.assertTrue(server.reload())
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.11", "192.0.2.2")
            server.restart()
            self.assert_addresses(ask(server, "cpu-20.by-load"), "192.0.2.11", "192.0.2.2")

    def test_other_zones(self):
        """find is a name like any other where there are no centres, or the zone says so"""
        plain = pools.HEAD + 'find TXT "ours"\n*.find TXT "wild"\n'
        with lib.Server({NAME: plain}) as server:
            self.assertEqual(strings(lib.ask(server, f"find.{NAME}", "TXT").answer[0]), ["ours"])
            reply = until(lambda: lib.ask(server, f"cpu-1.find.{NAME}", "TXT").answer, "the table of pools is made")
            self.assertEqual(strings(reply[0]), ["wild"])
        with updates.Server({NAME: {"text": pools.zone() + '*.find TXT "wild"\n', "choose": False}}) as server:
            self.assertEqual(strings(lib.ask(server, f"cpu-1.find.{NAME}", "TXT").answer[0]), ["wild"])

    def test_nothing_is_stored_below_find(self):
        """with a centre nothing comes below find, by file or update; what is there from before is not seen, and may go"""
        stored = 'x.find TXT "ours"\n'
        with updates.Server({NAME: {"text": pools.HEAD + stored, "update": updates.ALL}}) as server:
            self.assertEqual(until(lambda: strings_of(server, "x.find"), "the table of pools is made"), ["ours"])
            self.assertEqual(change(server, "add", "y.find"), "NOERROR")
            pools.change(server, "one CENTRE kind=ai")
            self.assert_none(ask(server, "x", "TXT"), NXDOMAIN, "x")  # no word of ours
            self.assertEqual(change(server, "add", "z.find"), "REFUSED")
            self.assertEqual(change(server, "add", "find"), "REFUSED")
            self.assertEqual(change(server, "delete", "y.find"), "NOERROR")
            self.assertEqual(change(server, "delete", "one"), "NOERROR")  # the last centre
            self.assertEqual((strings_of(server, "x.find"), strings_of(server, "y.find")), (["ours"], []))
            path = lib.write(os.path.join(server.folder, "bad.zone"), pools.HEAD + stored + "one CENTRE . kind=ai\n")
            found = server.suanyu("zone", "check", NAME, path)
            self.assertIn(f"x.find.{NAME}.: the server computes what this name answers", found.stdout + found.stderr)
            self.assertNotEqual(found.returncode, 0)


def strings_of(server, owner):
    return [text for record in lib.ask(server, f"{owner}.{NAME}", "TXT").answer for text in strings(record)]


def change(server, what, owner):
    """An update of one name; its rcode."""
    message = updates.message(NAME)
    if what == "add":
        message.add(owner, 60, "TXT", "ours")
    else:
        message.delete(owner)
    return updates.rcode_of(updates.exchange(server, message))


REGIONS = """regions:
  - name: "440305"
    prefixes: [127.0.0.0/8, "::1"]
  - name: "440106"
    prefixes: [198.51.100.0/24]
"""
SUBNET = 8


class Places(pools.Case):
    """a.one is near 440305, b.two is near 440106."""

    @classmethod
    def setUpClass(cls):
        updates.need_dnspython()
        paths = "".join(f"{centre} CNET {region}. region={region} medium=ip rtt={rtt}ms\n" for centre, region, rtt in (
            ("one", 440305, 1), ("one", 440106, 9), ("two", 440305, 9), ("two", 440106, 1)))
        cls.server = pools.server(pools.zone() + paths + 'svc CPOL . by=network:1 need="cpu-20" sticky=30\n')
        cls.server.options["regions"] = lib.write(os.path.join(cls.server.folder, "regions.yaml"), REGIONS)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ask_from(self, words, network, rtype="A"):
        address, bits = network.split("/")
        octets = bytes(int(part) for part in address.split("."))[:(int(bits) + 7) // 8]
        subnet = lib.option(SUBNET, lib.u16(1) + bytes([int(bits), 0]) + octets)
        name = f"{words}.find.{NAME}" if words != "svc" else f"svc.{NAME}"
        reply = lib.ask(self.server, name, rtype, edns=lib.opt(options=subnet))
        return reply, reply.options[SUBNET][3]

    def test_the_place_decides(self):
        """who asks from another region gets another first answer, warm and cold, and the scope says for whom"""
        for words in "cpu-20.by-network", "svc":
            for _ in range(3):
                reply, scope = self.ask_from(words, "198.51.100.0/24")
                self.assert_addresses(reply, "192.0.2.2", "192.0.2.11")
                self.assertEqual(scope, 24)
                reply, scope = self.ask_from(words, "127.0.0.0/24")
                self.assert_addresses(reply, "192.0.2.11", "192.0.2.2")
                self.assertEqual(scope, 8)
            name = f"svc.{NAME}" if words == "svc" else f"{words}.find.{NAME}"
            self.assert_addresses(lib.ask(self.server, name), "192.0.2.11", "192.0.2.2")

    def test_what_no_place_changes_is_shared(self):
        """an answer that does not depend on the place has scope 0 and is ranked once for all"""
        with self.server.counts(query_udp4=3, edns=3, cookie_none=3, answer_noerror=3, find_miss=1, find_hit=2):
            for network in "198.51.100.0/24", "127.0.0.0/24", "10.0.0.0/8":
                reply, scope = self.ask_from("cpu-21.by-load", network)
                self.assert_addresses(reply, "192.0.2.11", "192.0.2.2")
                self.assertEqual(scope, 0)

    def test_near_overrides_the_place(self):
        """near- counts instead of the asker's own place"""
        for network in "198.51.100.0/24", "127.0.0.0/24":
            reply, scope = self.ask_from("cpu-20.by-network.near-440106", network)
            self.assert_addresses(reply, "192.0.2.2", "192.0.2.11")
            self.assertEqual(scope, 0)


class Limits(pools.Case):
    def setUp(self):
        updates.need_dnspython()

    def test_long_explanations(self):
        """an explanation of many pools is cut by UDP, and bounded by TCP"""
        text = pools.HEAD + "one CENTRE . kind=ai\n" + "".join(
            pools.pool(f"p{number:03}.one", f"192.0.2.{number}", 0, f"cpuf={number % 101}") for number in range(200))
        with pools.server(text, find_share=100) as server:
            reply = ask(server, "cpu-90.by-load", "TXT")
            self.assertTrue(reply.flags & TC)
            self.assertEqual(reply.answer, [])
            reply = ask(server, "cpu-90.by-load", "TXT", "tcp4")
            lines = strings(reply.answer[0])
            self.assertEqual(len(lines), 64)
            self.assertLessEqual(len(reply.wire), 8192 + 512)
            names = [line.split()[0].rstrip(":") for line in lines[1:]]
            chosen = [name for name in names if any(f"p{free:03}." in name + "." for free in (100, 99, 98, 97))]
            self.assertEqual(names[:len(chosen)][:1], chosen[:1])
            reply = ask(server, "cpu-1.top-64", "A", "tcp4")
            self.assertEqual(len(reply.answer), 64)
            reply = ask(server, "cpu-1.top-64", "PTR")
            self.assertTrue(reply.flags & TC)

    def test_a_flood_of_new_requirements(self):
        """a flood of new requirements is told to come by TCP, and there to try again; warm answers go on"""
        text = pools.HEAD + "one CENTRE . kind=ai\n" + "".join(
            pools.pool(f"p{number}.one", f"192.0.2.{number % 250}", 0, f"cpuf={number % 101} memf={number}")
            for number in range(1000))
        with pools.server(text, find_share=1) as server:
            warm = until(lambda: pools.addresses(ask(server, "cpu-90.by-load")), "there is time to rank")
            self.assertEqual(len(warm), 4)
            cut, number = 0, 0
            with lib.open_socket(server, "udp4") as peer:
                end = time.monotonic() + lib.DEADLINE_S
                while cut < 10 and time.monotonic() < end:
                    for number in range(number + 1, number + 21):
                        peer.send(lib.query(f"cpu-{number % 90 + 1}.mem-ge-{number}.find.{NAME}", ident=number % 65536))
                    for _ in range(20):
                        reply = lib.Reply(peer.recv(4096))
                        if reply.flags & TC:
                            self.assertEqual((reply.rcode, reply.counts[1:3]), (NOERROR, [0, 0]))
                            cut += 1
            self.assertGreaterEqual(cut, 10)
            self.assertEqual(sorted(pools.addresses(ask(server, "cpu-90.by-load"))), sorted(warm))
            refused = None
            with lib.open_socket(server, "tcp4") as peer:
                while not refused and time.monotonic() < end:
                    for number in range(number + 1, number + 21):
                        peer.sendall(lib.framed(lib.query(f"cpu-ge-{number % 90 + 1}.mem-le-{number}.find.{NAME}",
                                                          edns=lib.opt(), ident=number % 65536)))
                    replies = [lib.Reply(lib.read_framed(peer)) for _ in range(20)]
                    refused = next((reply for reply in replies if reply.rcode == SERVFAIL), None)
            self.assertIn("requirements", refused.ede[1])
            counters = server.counters()
            self.assertGreaterEqual(counters["find_limited"], 11)


if __name__ == "__main__":
    lib.main()
