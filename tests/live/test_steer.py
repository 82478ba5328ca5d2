#!/usr/bin/python3
"""Do services with CPOL answer with the pools that it says, spread askers, and keep a first choice when told to?"""
import collections
import json
import os
import tempfile
import time

import lib
import pools
import updates
from lib import NOERROR, SERVFAIL, TYPES
from pools import CPOL, NAME, service

SUBNET = 8  # option code of a client subnet


def zone(more):
    return pools.zone() + more


class Services(pools.Case):
    def setUp(self):
        updates.need_dnspython()

    def test_a_service_answers_with_what_fits(self):
        """addresses, services and names are chosen; what is stored at the name is answered as it is"""
        text = zone('svc CPOL . by=load:1 need="cpu-20"\nsvc MX 5 mail\n')
        with pools.server(text) as server:
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            reply = service(server, "svc", "SVCB")
            self.assertEqual([record.rdata[:2] for record in reply.answer], [b"\0\1", b"\0\2"])
            self.assertEqual(pools.pointers(service(server, "svc", "PTR")), [f"a.one.{NAME}", f"b.two.{NAME}"])
            self.assertTrue(pools.strings(service(server, "svc", "TXT").answer[0])[0].startswith("2/4 pools"))
            self.assertEqual(service(server, "svc", "MX").types(service(server, "svc", "MX").answer), [TYPES["MX"]])
            self.assertEqual(service(server, "svc", CPOL).types(service(server, "svc", CPOL).answer), [CPOL])
            reply = service(server, "svc", "AAAA")
            self.assertEqual((reply.rcode, reply.answer, reply.types(reply.authority)), (NOERROR, [], [TYPES["SOA"]]))

    def test_stored_addresses_are_the_fall_back(self):
        """addresses stored at the name are told when nothing fits, and only then"""
        text = zone('svc CPOL . need="cpu-20"\nsvc A 192.0.2.99\nnone CPOL . need="cpu-2000"\n')
        with pools.server(text) as server:
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            pools.load(server, "a.one", cpuf=1)
            pools.load(server, "b.two", cpuf=1)
            reply = service(server, "svc")
            self.assert_addresses(reply, "192.0.2.99")
            self.assertIn("0/4 pools", reply.ede[1])
            self.assert_none(service(server, "none"), NOERROR, "0/4 pools")

    def test_members(self):
        """PTR records at the name are its members, and nobody else is chosen"""
        text = zone(f"svc CPOL . by=load:1\nsvc PTR b.two\nsvc PTR c.two\nsvc PTR x.two\n")
        with pools.server(text) as server:
            reply = service(server, "svc", "SVCB")
            self.assertEqual(len(reply.answer), 2)
            self.assertEqual(len(service(server, "svc", "PTR").answer), 3)
            self.assert_addresses(service(server, "svc"), "192.0.2.2")
            lines = pools.strings(service(server, "svc", "TXT").answer[0])
            self.assertIn("2/4", lines[0])

    def test_a_service_without_a_good_requirement(self):
        """a requirement that can not be read is refused by update, and named where a file brought it"""
        with pools.server(zone('svc CPOL . need="cpu-20"\nbad CPOL . need="cpu-20 frob-7"\n')) as server:
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            message = updates.message(NAME)
            message.add("svc", 300, pools.dns.rdata.from_text(1, CPOL, pools.generic("CPOL", "need=cpu-20 frob-7")))
            answer = updates.exchange(server, message)
            self.assertEqual(updates.rcode_of(answer), "REFUSED")
            self.assertIn("frob-7", answer.options[0].text)
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            reply = service(server, "bad")
            self.assertEqual(reply.rcode, SERVFAIL)
            self.assertIn("frob-7", reply.ede[1])

    def test_groups_overflow_in_order(self):
        """groups are tried in order: the next one only when the one before has nothing"""
        text = zone('svc CPOL . by=load:1 need="cpu-20" order=beta,ai\n')
        with pools.server(text) as server:
            self.assert_addresses(service(server, "svc"), "192.0.2.2")
            pools.load(server, "b.two", cpuf=1)
            self.assert_addresses(service(server, "svc"), "192.0.2.11")
            pools.load(server, "b.two", cpuf=30)
            self.assert_addresses(service(server, "svc"), "192.0.2.2")

    def test_policy_by_update(self):
        """another CPOL is another answer at once"""
        with pools.server(zone('svc CPOL . by=load:1 need="cpu-20"\n')) as server:
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            pools.change(server, "svc CPOL need=cpu-20 by-fcfs|top=1")
            self.assert_addresses(service(server, "svc"), "192.0.2.11")
            pools.change(server, "svc CPOL need=cpu-20 on-two")
            self.assert_addresses(service(server, "svc"), "192.0.2.2")


class Spread(pools.Case):
    def setUp(self):
        updates.need_dnspython()

    def test_equals_take_turns_by_weight(self):
        """1,000 askers spread over equal pools as their free capacity says"""
        text = pools.HEAD + "one CENTRE . kind=ai\nsvc CPOL . by=fcfs:1\n" + "".join(
            f"p{number}.one CRES . cpu={total} since=5\np{number}.one CLOAD . obs={int(time.time())} cpuf={total}\n"
            f"p{number}.one A 192.0.2.{number}\n" for number, total in enumerate((59, 29, 9), 1))
        with pools.server(text) as server:
            firsts = collections.Counter(pools.addresses(service(server, "svc"))[0] for _ in range(1000))
            self.assertEqual(sum(firsts.values()), 1000)
            for address, share in ("192.0.2.1", 600), ("192.0.2.2", 300), ("192.0.2.3", 100):
                self.assertTrue(abs(firsts[address] - share) <= 5, firsts)
            for rtype in "SVCB", "PTR":
                for _ in range(20):
                    reply = service(server, "svc", rtype)
                    self.assertEqual(len(reply.answer), 3)
                    if rtype == "SVCB":
                        self.assertEqual([record.rdata[1] for record in reply.answer], [1, 2, 3])

    def test_a_sticky_service_keeps_its_first_choice(self):
        """with sticky the first choice stays, unless it is full; the TTL says so"""
        text = zone('svc CPOL . by=load:1 need="cpu-20" sticky=30\n')
        with pools.server(text) as server:
            reply = service(server, "svc")
            self.assert_addresses(reply, "192.0.2.11", "192.0.2.2")
            self.assertTrue(all(10 < record.ttl <= 30 for record in reply.answer), reply.answer)
            pools.load(server, "a.one", cpuf=40)
            self.assert_addresses(service(server, "svc"), "192.0.2.11", "192.0.2.2")
            self.assertEqual(pools.pointers(service(server, "svc", "PTR")), [f"a.one.{NAME}", f"b.two.{NAME}"])
            pools.load(server, "a.one", cpuf=1)
            self.assert_addresses(service(server, "svc"), "192.0.2.2")
            pools.load(server, "a.one", cpuf=90)
            self.assert_addresses(service(server, "svc"), "192.0.2.2", "192.0.2.11")

    def test_where_no_place_counts_all_have_one_first_choice(self):
        """askers of two regions get one cached answer, so its first choice is one as well"""
        text = zone('svc CPOL . by=load:1 need="cpu-20" sticky=300\n')
        regions = "".join(f"  - {{name: r{number}, prefixes: [{network}]}}\n"
                          for number, network in enumerate(("192.0.2.0/24", "198.51.100.0/24")))
        with tempfile.TemporaryDirectory() as folder:
            path = lib.write(os.path.join(folder, "regions.yaml"), "regions:\n" + regions)
            with pools.server(text, regions=path, ecs="on") as server:
                def first(network):
                    octets = lib.u16(1) + bytes([24, 0]) + bytes(int(octet) for octet in network.split(".")[:3])
                    edns = lib.opt(options=lib.option(SUBNET, octets))
                    return pools.addresses(lib.ask(server, f"svc.{NAME}", edns=edns))[0]
                self.assertEqual(first("192.0.2.0"), "192.0.2.11")
                pools.load(server, "a.one", cpuf=40)
                self.assertEqual(first("198.51.100.0"), "192.0.2.11")
                self.assertEqual(first("192.0.2.0"), "192.0.2.11")
                lines = pools.strings(service(server, "svc", "TXT").answer[0])
                self.assertRegex(lines[1], r"^a\.one .* sticky (300|29\d) s$")
                told = json.loads(server.suanyu("--json", "explain", f"svc.{NAME}").stdout)
                self.assertEqual(told["first"], f"a.one.{NAME}.")
                self.assertIn(told["sticky_s"], range(200, 301))


if __name__ == "__main__":
    lib.main()
