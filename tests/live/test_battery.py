#!/usr/bin/python3
"""Does the server ever stay silent? The battery of RFC 8906 section 8, over IPv4 and IPv6, UDP and TCP.

Rows that need only a stock client are asked with dig; rows about octets that no client sends, with
sockets. Each row states the counters that it moves.
"""
import unittest

import lib
from lib import AA, AD, CD, DO, QR, RA, RD, TC, TYPES, Z
from lib import BADVERS, FORMERR, NOERROR, NOTAUTH, NOTIMP, NXDOMAIN, REFUSED
from lib import Reply, framed, header, name_wire, opt, option, query, question, u16, u32

ZONE = "compute.gba"
FOREIGN = "example.org"
IDENTITY = "battery.sample"
COOKIE, NSID, SUBNET, EXPIRE = 10, 3, 8, 9
REAL_TYPES = [1, 2, 5, 6, 12, 13, 15, 16, 17, 18, 24, 25, 28, 29, 30, 33, 35, 37, 39, 42, 43, 44, 45, 46, 47, 48,
              49, 50, 51, 52, 53, 55, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 99, 104, 105, 106, 107, 108, 109,
              256, 257, 258, 259, 260, 261, 262, 32768, 32769, 65280, 65360, 65361, 65362, 65363, 65364, 65365,
              65366, 65367, 65534, 65535, 1000]


def setUpModule():
    global server
    folder = lib.fresh_folder()
    zone = {"file": lib.sample_zone(folder), "index": True}
    server = lib.Server({ZONE: zone}, identity=IDENTITY).start()


def tearDownModule():
    server.stop()


class Row(unittest.TestCase):
    maxDiff = None

    def counts(self, transport, **expected):
        """The counters of one message by a transport, and those given."""
        if transport.startswith("tcp"):
            expected = {"tcp_opened": 1, "tcp_message": 1, **expected}
        return server.counts(**{f"query_{transport}": 1, **expected})

    def each(self, *args, transports=lib.TRANSPORTS, **counters):
        """Ask with dig over every transport, check the counters, and hand on the answers."""
        for transport in transports:
            self.context = f"{transport}, dig {' '.join(args)}"
            with self.counts(transport, **counters):
                printed = lib.dig(server, *args, transport=transport)
            yield printed

    def each_wire(self, wire, transports=lib.TRANSPORTS, **counters):
        """The same with octets of our own."""
        for transport in transports:
            self.context = f"{transport}, octets {wire[:200].hex()}"
            with self.counts(transport, **counters):
                reply = Reply(lib.exchange(server, wire, transport))
            self.assertEqual(reply.id, int.from_bytes(wire[:2], "big"))
            self.assertTrue(reply.flags & QR)
            yield reply

    def assert_soa(self, printed, edns, flags=()):
        """The answer that every row with a plain SOA query wants."""
        self.assertEqual(printed.status, "NOERROR")
        self.assertEqual(printed.flags, {"qr", "aa", *flags})
        self.assertEqual([(owner, rtype) for owner, _, rtype, _ in printed.answer], [(ZONE + ".", "SOA")])
        self.assertEqual(printed.authority, [])
        self.assertEqual(printed.edns_version, 0 if edns else None)
        self.assertIsNone(printed.edns_mbz)
        self.assertEqual(printed.counts[3], 1 if edns else 0)

    def assert_badvers(self, printed):
        self.assertEqual(printed.status, "BADVERS")
        self.assertEqual(printed.edns_version, 0)
        self.assertIsNone(printed.edns_mbz)
        self.assertNotIn("aa", printed.flags)
        self.assertEqual(printed.counts[1:], [0, 0, 1])
        self.assertNotIn("OPT=", printed.text)


class Plain(Row):
    def test_01_plain_soa(self):
        """Row 1: a plain SOA query is answered with AA and without OPT."""
        for printed in self.each("+noedns", "soa", ZONE, answer_noerror=1, cookie_none=1):
            self.assert_soa(printed, edns=False)

    def test_02_unknown_type(self):
        """Row 2: an unknown type at the apex is an empty answer with AA and the SOA in authority."""
        counters = {"answer_noerror": 1, "cookie_none": 1, "nodata": 1}
        for printed in self.each("+noedns", "type1000", ZONE, **counters):
            self.assertEqual(printed.status, "NOERROR")
            self.assertEqual(printed.flags, {"qr", "aa"})
            self.assertEqual(printed.answer, [])
            self.assertEqual([rtype for _, _, rtype, _ in printed.authority], ["SOA"])

    def test_02_all_types(self):
        """Row 2: each known type at the apex is answered: with its records, or with the SOA."""
        for number in REAL_TYPES:
            for transport in lib.TRANSPORTS:
                with self.subTest(type=number, transport=transport):
                    reply = lib.ask(server, ZONE, number, transport)
                    self.assertEqual(reply.rcode, NOERROR)
                    self.assertTrue(reply.flags & AA)
                    self.assertFalse(reply.flags & TC)
                    if reply.answer:
                        self.assertEqual(set(reply.types(reply.answer)), {number})
                    else:
                        self.assertEqual(reply.types(reply.authority), [TYPES["SOA"]])

    def test_03_cd(self):
        """Row 3: CD in the query changes nothing and does not come back."""
        for printed in self.each("+noedns", "+cd", "soa", ZONE, answer_noerror=1, cookie_none=1):
            self.assert_soa(printed, edns=False)

    def test_04_ad(self):
        """Row 4: AD in the query changes nothing and does not come back."""
        for printed in self.each("+noedns", "+ad", "soa", ZONE, answer_noerror=1, cookie_none=1):
            self.assert_soa(printed, edns=False)

    def test_05_z(self):
        """Row 5: the last Z bit of the query changes nothing and does not come back."""
        for printed in self.each("+noedns", "+zflag", "soa", ZONE, answer_noerror=1, cookie_none=1):
            self.assert_soa(printed, edns=False)
            self.assertNotIn("MBZ", printed.text)

    def test_06_bits_of_answers(self):
        """Row 6: AA, TC and RA in a query change nothing, and TC and RA do not come back."""
        for flag in "+aaflag", "+tcflag", "+raflag":
            for printed in self.each("+noedns", flag, "soa", ZONE, answer_noerror=1, cookie_none=1):
                self.assert_soa(printed, edns=False)

    def test_06_all_bits(self):
        """Row 6: all bits of the header but QR and the opcode at once: only RD comes back."""
        wire = query(ZONE, "SOA", flags=AA | TC | RD | RA | Z | AD | CD | 0xF)
        for reply in self.each_wire(wire, answer_noerror=1, cookie_none=1):
            self.assertEqual(reply.flags, QR | AA | RD)
            self.assertEqual(reply.types(reply.answer), [TYPES["SOA"]])

    def test_07_rd(self):
        """Row 7: RD comes back, RA does not appear."""
        for printed in self.each("+noedns", "+rec", "soa", ZONE, answer_noerror=1, cookie_none=1):
            self.assert_soa(printed, edns=False, flags=["rd"])

    def test_08_unknown_opcode(self):
        """Row 8: opcode 15 with a header alone is NOTIMP, without AA and records."""
        counters = {"answer_notimp": 1, "query_notimp": 1}
        for printed in self.each("+noedns", "+opcode=15", "+header-only", **counters):
            self.assertEqual((printed.status, printed.opcode), ("NOTIMP", "RESERVED15"))
            self.assertEqual(printed.flags, {"qr"})
            self.assertEqual(printed.counts[1:], [0, 0, 0])

    def test_08_all_opcodes(self):
        """Row 8: every opcode that is not served is NOTIMP, with flags set, with a question, with OPT, as noise."""
        tails = {
            "header": (header(0, 0, 0), b""),
            "question": (header(0, 0, 1), question(ZONE, "SOA")),
            "question and OPT": (header(0, 0, 1, ar=1), question(ZONE, "SOA") + opt()),
            "noise": (header(0, 0, 7, 9, 1, 3), bytes(range(200))),
        }
        for opcode in set(range(1, 16)) - {4, 5}:  # NOTIFY and UPDATE are served
            for label, (head, tail) in tails.items():
                for flags in 0, AA | TC | RD | RA | Z | AD | CD | 0xF:
                    wire = u16(opcode) + u16(opcode << 11 | flags) + head[4:] + tail
                    for reply in self.each_wire(wire, answer_notimp=1, query_notimp=1):
                        self.assertEqual((reply.rcode, reply.opcode), (NOTIMP, opcode), label)
                        self.assertEqual(reply.flags & (AA | TC | RA | Z | AD | CD), 0, label)
                        self.assertEqual(reply.counts[1:3], [0, 0], label)

    def test_09_tcp(self):
        """Row 9: the plain SOA query over TCP is answered like that over UDP."""
        transports = [name for name in lib.TRANSPORTS if name.startswith("tcp")]
        counters = {"answer_noerror": 1, "cookie_none": 1}
        for printed in self.each("+noedns", "soa", ZONE, transports=transports, **counters):
            self.assert_soa(printed, edns=False)


class Edns(Row):
    counters = {"answer_noerror": 1, "cookie_none": 1, "edns": 1}

    def test_10_edns(self):
        """Row 10: a query with OPT gets an OPT of version 0."""
        for printed in self.each("+edns=0", "soa", ZONE, **self.counters):
            self.assert_soa(printed, edns=True)

    def test_11_version(self):
        """Row 11: EDNS version 1 is BADVERS with version 0, without data and AA."""
        for printed in self.each("+edns=1", "+noednsneg", "soa", ZONE, answer_badvers=1, edns=1):
            self.assert_badvers(printed)

    def test_12_unknown_option(self):
        """Row 12: an unknown option is passed over and not echoed."""
        for printed in self.each("+ednsopt=100", "soa", ZONE, **self.counters):
            self.assert_soa(printed, edns=True)
            self.assertNotIn("OPT=", printed.text)

    def test_13_unknown_flag(self):
        """Row 13: an unknown EDNS flag is passed over and comes back as zero."""
        for printed in self.each("+edns=0", "+ednsflags=0x80", "soa", ZONE, **self.counters):
            self.assert_soa(printed, edns=True)

    def test_14_version_and_flag(self):
        """Row 14: version 1 with an unknown flag is BADVERS, flags zero."""
        for printed in self.each("+edns=1", "+noednsneg", "+ednsflags=0x80", "soa", ZONE, answer_badvers=1, edns=1):
            self.assert_badvers(printed)

    def test_15_version_and_option(self):
        """Row 15: version 1 with an unknown option is BADVERS, the option is not echoed."""
        for printed in self.each("+edns=1", "+noednsneg", "+ednsopt=100", "soa", ZONE, answer_badvers=1, edns=1):
            self.assert_badvers(printed)

    def test_15_version_before_options(self):
        """Row 15: the version is looked at before options: malformed options of version 200 are BADVERS."""
        wire = query(ZONE, "SOA", edns=opt(version=200, options=option(COOKIE, b"short") + option(NSID)))
        for reply in self.each_wire(wire, answer_badvers=1, edns=1):
            self.assertEqual((reply.rcode, reply.counts), (BADVERS, [1, 0, 0, 1]))
            self.assertEqual((reply.options, reply.opt.ttl & 0xFFFF), ({}, 0))

    def test_16_do(self):
        """Row 16: DO comes back; an unsigned zone answers without signatures."""
        for printed in self.each("+dnssec", "soa", ZONE, **self.counters):
            self.assert_soa(printed, edns=True)
            self.assertEqual(printed.edns_flags, {"do"})

    def test_17_version_and_do(self):
        """Row 17: version 1 with DO is BADVERS."""
        for printed in self.each("+edns=1", "+noednsneg", "+dnssec", "soa", ZONE, answer_badvers=1, edns=1):
            self.assert_badvers(printed)

    def test_18_small_buffer(self):
        """Row 18: a DNSKEY query with a buffer of 512 is NOERROR and no longer than that."""
        counters = {**self.counters, "nodata": 1}
        transports = [name for name in lib.TRANSPORTS if name.startswith("udp")]
        args = "+dnssec", "+bufsize=512", "+ignore", "dnskey", ZONE
        for printed in self.each(*args, transports=transports, **counters):
            self.assertEqual((printed.status, printed.edns_version), ("NOERROR", 0))
            self.assertLessEqual(int(printed.text.split("MSG SIZE  rcvd: ")[1].split()[0]), 512)

    def test_18_buffer_sizes(self):
        """Row 18: no answer over UDP is longer than the client's buffer and our limit; TC says what is missing."""
        name = f"_compute._tcp.{ZONE}"
        whole = lib.ask(server, name, "PTR", "tcp4")
        members = [record.rdata for record in whole.answer]
        self.assertGreater(len(members), 10)
        for size, limit in (0, 512), (1, 512), (511, 512), (512, 512), (600, 600), (1232, 1232), (4096, 1232), \
                (65535, 1232):
            with self.subTest(size=size):
                reply = Reply(lib.exchange(server, query(name, "PTR", edns=opt(size))))
                self.assertLessEqual(len(reply.wire), limit)
                if reply.flags & TC:
                    self.assertEqual(reply.answer, [])
                else:
                    self.assertEqual(len(reply.answer), len(members))
        self.assertLessEqual(len(lib.exchange(server, query(name, "PTR"))), 512)

    def test_19_many_options(self):
        """Row 19: cookie, NSID, EXPIRE and a subnet at once: each is right or absent."""
        args = "+cookie", "+nsid", "+expire", "+subnet=0.0.0.0/0", "soa", ZONE
        counters = {**self.counters, "cookie_client": 1}
        del counters["cookie_none"]
        for printed in self.each(*args, **counters):
            self.assert_soa(printed, edns=True)
            self.assertIn("(good)", printed.text)
            self.assertIn(f'("{IDENTITY}")', printed.text)
            self.assertIn("EXPIRE: 604800", printed.text)

    def test_20_options_one_by_one(self):
        """Row 20: NSID, cookie, EXPIRE and subnet one by one."""
        rows = [("+nsid", f'("{IDENTITY}")', "cookie_none"), ("+cookie", "(good)", "cookie_client"),
                ("+expire", "EXPIRE: 604800", "cookie_none"), ("+subnet=192.0.2.0/24", "CLIENT-SUBNET: 192.0.2.0/24/0", "cookie_none"),
                ("+subnet=2001:db8::/56", "CLIENT-SUBNET: 2001:db8::/56/0", "cookie_none"),
                ("+subnet=0", "CLIENT-SUBNET", "cookie_none")]
        for arg, text, cookie in rows:
            for printed in self.each(arg, "soa", ZONE, answer_noerror=1, edns=1, **{cookie: 1}):
                self.assert_soa(printed, edns=True)
                self.assertIn(text, printed.text)

    def test_21_edns_by_tcp(self):
        """Row 21: EDNS and DO over TCP."""
        transports = [name for name in lib.TRANSPORTS if name.startswith("tcp")]
        for arg, flags in ("+edns=0", set()), ("+dnssec", {"do"}):
            for printed in self.each(arg, "soa", ZONE, transports=transports, **self.counters):
                self.assert_soa(printed, edns=True)
                self.assertEqual(printed.edns_flags, flags)

    def test_22_do_and_cd(self):
        """Row 22: DO and CD together."""
        for printed in self.each("+dnssec", "+cd", "soa", ZONE, **self.counters):
            self.assert_soa(printed, edns=True)
            self.assertEqual(printed.edns_flags, {"do"})

    def test_22_flags_of_opt(self):
        """Row 22: of all EDNS flags only DO comes back, and the payload size is our own."""
        for reply in self.each_wire(query(ZONE, "SOA", edns=opt(flags=0xFFFF)), **self.counters):
            self.assertEqual((reply.opt.owner, reply.opt.rclass, reply.opt.ttl), (".", 1232, DO))

    def test_22_opt_first(self):
        """Row 22: the OPT record counts wherever it stands in the additional section."""
        other = name_wire("x.example") + u16(1) + u16(1) + u32(0) + u16(4) + bytes(4)
        wire = header(7, 0, 1, ar=2) + question(ZONE, "SOA") + opt(flags=DO) + other
        for reply in self.each_wire(wire, **self.counters):
            self.assertEqual((reply.rcode, reply.opt.ttl), (NOERROR, DO))


class Foreign(Row):
    def test_23_foreign_name(self):
        """Row 23: a name that is not served is REFUSED with extended error 20, not SERVFAIL, not a referral."""
        counters = {"answer_refused": 1, "cookie_none": 1}
        for name in FOREIGN, ".", "gba", "notcompute.gba":
            for printed in self.each("+edns=0", "soa", name, edns=1, **counters):
                self.assertEqual((printed.status, printed.flags), ("REFUSED", {"qr"}))
                self.assertEqual(printed.counts, [1, 0, 0, 1])
                self.assertIn("EDE: 20", printed.text)
            for printed in self.each("+noedns", "soa", name, **counters):
                self.assertEqual((printed.status, printed.counts), ("REFUSED", [1, 0, 0, 0]))

    def test_24_unknown_key(self):
        """Row 24: TSIG with an unknown key is NOTAUTH with the TSIG error BADKEY, unsigned."""
        key = "hmac-sha256:nobody.key:c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="
        for printed in self.each("-y", key, "soa", ZONE, answer_other=1):
            self.assertEqual((printed.status, printed.flags), ("NOTAUTH", {"qr"}))
            self.assertEqual(printed.counts[1:3], [0, 0])
            self.assertRegex(printed.text, r"(?i)nobody\.key\.\s+0\s+ANY\s+TSIG\s+hmac-sha256\. \d+ 300 0 \d+ BADKEY 0")

    def test_24_unknown_key_octets(self):
        """Row 24: the TSIG record of the error repeats key, algorithm, time and fudge, and has no MAC."""
        key, algorithm = name_wire("No-Body.Key"), name_wire("hmac-sha512")
        fixed = bytes.fromhex("0000deadbeef012c")
        rdata = algorithm + fixed + u16(4) + b"\1\2\3\4" + u16(0x4321) + u16(0) + u16(0)
        tsig = key + u16(TYPES["TSIG"]) + u16(255) + u32(0) + u16(len(rdata)) + rdata
        wire = header(0x4321, 0, 1, ar=1) + question(ZONE, "SOA") + tsig
        for reply in self.each_wire(wire, answer_other=1):
            self.assertEqual((reply.rcode, reply.counts), (NOTAUTH, [1, 0, 0, 1]))
            record = reply.additional[0]
            self.assertEqual((record.owner, record.type, record.rclass, record.ttl),
                             ("no-body.key", TYPES["TSIG"], 255, 0))
            expected = algorithm + fixed + u16(0) + u16(0x4321) + u16(17) + u16(0)
            self.assertEqual(record.rdata, expected)

    def test_25_mixed_case(self):
        """Row 25: the question comes back octet for octet, in the letters of the client."""
        asked = question("cOmPuTe.GbA", "SOA")
        wire = header(1, RD, 1) + asked
        for reply in self.each_wire(wire, answer_noerror=1, cookie_none=1):
            self.assertEqual((reply.rcode, reply.questions), (NOERROR, [asked]))
            self.assertEqual(len(reply.answer), 1)
        asked = question("NoWhere.cOmPuTe.GbA", "A")
        for reply in self.each_wire(header(1, 0, 1) + asked, answer_nxdomain=1, cookie_none=1):
            self.assertEqual((reply.rcode, reply.questions), (NXDOMAIN, [asked]))

    def test_32_chaos(self):
        """Row 32: class CH tells the identity and refuses the version that is not configured."""
        counters = {"query_chaos": 1, "cookie_none": 1}
        for name in "id.server", "hostname.bind", "ID.Server":
            for printed in self.each("+noedns", "ch", "txt", name, answer_noerror=1, **counters):
                self.assertEqual((printed.status, printed.flags), ("NOERROR", {"qr", "aa"}))
                self.assertEqual(printed.short(printed.answer), [f'{name.lower()}. TXT "{IDENTITY}"'])
        for name in "version.bind", "version.server", "authors.bind", ZONE:
            for printed in self.each("+noedns", "ch", "txt", name, answer_refused=1, **counters):
                self.assertEqual((printed.status, printed.counts), ("REFUSED", [1, 0, 0, 0]))

    def test_32_classes(self):
        """Row 32: classes that are not served are REFUSED."""
        for number in 0, 2, 4, 99, 254, 255, 65535:
            wire = query(ZONE, "SOA", rclass=number)
            for reply in self.each_wire(wire, answer_refused=1, cookie_none=1):
                self.assertEqual((reply.rcode, reply.counts), (REFUSED, [1, 0, 0, 0]))
                self.assertFalse(reply.flags & AA)


class Malformed(Row):
    def test_26_counts(self):
        """Row 26: no question without a cookie, or two questions, is FORMERR."""
        wires = [header(1, 0, 0), header(2, 0, 0, ar=1) + opt(), header(3, 0, 2) + question(ZONE) * 2,
                 header(4, 0, 65535) + question(ZONE) * 3]
        for wire in wires:
            edns = {"edns": 1} if wire[1] == 2 else {}
            cookie = {"cookie_none": 1} if wire[1] in (1, 2) else {}
            for reply in self.each_wire(wire, answer_formerr=1, **edns, **cookie):
                self.assertEqual((reply.rcode, reply.counts[1:3]), (FORMERR, [0, 0]))
                self.assertFalse(reply.flags & AA)

    def test_26_cookie_fetch(self):
        """Row 26: no question but a cookie fetches a server cookie, and that one is then good."""
        client = bytes(range(8))
        for transport in lib.TRANSPORTS:
            with self.subTest(transport=transport):
                counters = {"answer_noerror": 1, "edns": 1}
                wire = header(1, 0, 0, ar=1) + opt(options=option(COOKIE, client))
                with self.counts(transport, cookie_client=1, **counters):
                    reply = Reply(lib.exchange(server, wire, transport))
                self.assertEqual((reply.rcode, reply.counts), (NOERROR, [0, 0, 0, 1]))
                cookie = reply.options[COOKIE]
                self.assertEqual((cookie[:8], len(cookie), cookie[8]), (client, 24, 1))
                with self.counts(transport, cookie_good=1, **counters):
                    reply = lib.ask(server, ZONE, "SOA", transport, edns=opt(options=option(COOKIE, cookie)))
                self.assertEqual((reply.rcode, reply.options[COOKIE][:8]), (NOERROR, client))
                wrong = cookie[:-1] + bytes([cookie[-1] ^ 1])
                with self.counts(transport, cookie_bad=1, **counters):
                    reply = lib.ask(server, ZONE, "SOA", transport, edns=opt(options=option(COOKIE, wrong)))
                self.assertEqual((reply.rcode, len(reply.options[COOKIE])), (NOERROR, 24))
                self.assertNotEqual(reply.options[COOKIE], wrong)

    def test_26_cut_and_rubbish(self):
        """Row 26: half a question, rubbish behind the header, octets left over: FORMERR, a header alone."""
        whole = query(ZONE, "SOA")
        wires = [whole[:length] for length in range(12, len(whole))]
        wires += [header() + bytes(range(255)), header() + b"\xff" * 40, whole + b"\0", whole + b"rubbish"]
        wires += [header(an=1) + question(ZONE), header(ar=3) + question(ZONE) + opt()]
        for wire in wires:
            for reply in self.each_wire(wire, answer_formerr=1):
                self.assertEqual((reply.rcode, len(reply.wire)), (FORMERR, 12))
                self.assertEqual(reply.flags & (AA | TC), 0)

    def test_27_opt(self):
        """Row 27: two OPT records, one whose name is not the root, one whose option runs over: FORMERR."""
        asked = question(ZONE, "SOA")
        over = u16(100) + u16(5) + b"1234"
        pointed = opt(owner=b"\xc0\x0c")
        parsed = [header(ar=1) + asked + opt(options=over), header(ar=1) + asked + opt(options=b"\0\0\0")]
        wires = [header(ar=2) + asked + opt() + opt(), header(ar=1) + asked + opt(owner=name_wire("x")),
                 header(ar=1) + asked + pointed, header(an=1) + asked + opt(), header(ns=1) + asked + opt(),
                 header(ar=1) + asked + opt()[:-1], header(ar=1) + asked + opt()[:-2] + b"\0\1"]
        for wire in parsed:
            for reply in self.each_wire(wire, answer_formerr=1, edns=1):
                self.assertEqual((reply.rcode, reply.counts[1:3]), (FORMERR, [0, 0]))
        for wire in wires:
            for reply in self.each_wire(wire, answer_formerr=1):
                self.assertEqual((reply.rcode, reply.counts[1:3]), (FORMERR, [0, 0]))

    def test_27_options_of_wrong_length(self):
        """Row 27: a cookie or subnet that can not be right is FORMERR."""
        rows = [option(COOKIE, b""), option(COOKIE, bytes(7)), option(COOKIE, bytes(9)), option(COOKIE, bytes(15)),
                option(COOKIE, bytes(41)), option(COOKIE, bytes(8)) * 2, option(SUBNET, b""),
                option(SUBNET, b"\0\1\x18\1\1\2\3"), option(SUBNET, b"\0\1\x18\0\1\2"),
                option(SUBNET, b"\0\1\x17\0\1\2\3"), option(SUBNET, b"\0\1\x21\0\1\2\3\4\5"),
                option(SUBNET, b"\0\2\x81\0" + bytes(17))]
        for data in rows:
            wire = query(ZONE, "SOA", edns=opt(options=data))
            for reply in self.each_wire(wire, answer_formerr=1, edns=1):
                self.assertEqual((reply.rcode, reply.counts[1:3]), (FORMERR, [0, 0]))
                self.assertIsNotNone(reply.opt)

    def test_28_response(self):
        """Row 28: a packet with QR=1 is never answered, whatever else it holds."""
        wires = [query(ZONE, "SOA", flags=QR), header(flags=QR | 5 << 11, qd=0), header(flags=QR) + b"rubbish"]
        good = query(ZONE, "SOA", ident=0x7777)
        for wire in wires:
            for transport in lib.TRANSPORTS:
                with self.subTest(transport=transport, wire=wire.hex()):
                    frame = framed if transport.startswith("tcp") else bytes
                    expected = {f"query_{transport}": 2, "drop_response": 1, "answer_noerror": 1, "cookie_none": 1}
                    if transport.startswith("tcp"):
                        expected |= {"tcp_opened": 1, "tcp_message": 2}
                    with server.counts(**expected), lib.open_socket(server, transport) as peer:
                        peer.send(frame(wire))
                        peer.send(frame(good))
                        answer = lib.read_framed(peer) if transport.startswith("tcp") else peer.recv(65535)
                    self.assertEqual(answer[:2], b"\x77\x77")  # the next one is answered, this one was not

    def test_28_short(self):
        """Row 28: up to 11 octets are never answered over UDP, and end a TCP connection."""
        good = query(ZONE, "SOA", ident=0x7777)
        for length in range(12):
            for transport in lib.TRANSPORTS:
                with self.subTest(transport=transport, length=length):
                    expected = {"tcp_opened": 1, "tcp_malformed": 1}
                    if transport.startswith("udp"):
                        expected = {f"query_{transport}": 2, "drop_short": 1, "answer_noerror": 1, "cookie_none": 1}
                    with server.counts(**expected), lib.open_socket(server, transport) as peer:
                        if transport.startswith("tcp"):
                            peer.sendall(framed(good[:length]))
                            self.assertTrue(lib.ended(peer))
                            continue
                        peer.send(good[:length])
                        peer.send(good)
                        self.assertEqual(peer.recv(65535)[:2], b"\x77\x77")

    def test_29_types_never_asked(self):
        """Row 29: NXNAME, OPT, TSIG and type 0 as QTYPE are FORMERR, NXNAME with extended error 30."""
        for rtype, ede in ("OPT", None), ("NXNAME", 30), ("TSIG", None), (0, None):
            wire = query(ZONE, rtype, edns=opt())
            for reply in self.each_wire(wire, answer_formerr=1, cookie_none=1, edns=1):
                self.assertEqual((reply.rcode, reply.counts[1:3]), (FORMERR, [0, 0]))
                self.assertEqual(reply.ede[0] if reply.ede else None, ede)

    def test_29_types_not_served(self):
        """Row 29: TKEY, MAILA and MAILB as QTYPE are NOTIMP."""
        for rtype in "TKEY", "MAILA", "MAILB":
            for reply in self.each_wire(query(ZONE, rtype), answer_notimp=1, cookie_none=1):
                self.assertEqual((reply.rcode, reply.counts[1:]), (NOTIMP, [0, 0, 0]))

    def test_29_transfers(self):
        """Row 29: AXFR by UDP and IXFR without an SOA are FORMERR; a transfer that no rule allows is refused."""
        udp = [name for name in lib.TRANSPORTS if name.startswith("udp")]
        tcp = [name for name in lib.TRANSPORTS if name.startswith("tcp")]
        for reply in self.each_wire(query(ZONE, "AXFR"), transports=udp, answer_formerr=1, cookie_none=1):
            self.assertEqual((reply.rcode, reply.counts[1:]), (FORMERR, [0, 0, 0]))
        for reply in self.each_wire(query(ZONE, "IXFR"), answer_formerr=1, cookie_none=1):
            self.assertEqual((reply.rcode, reply.counts[1:]), (FORMERR, [0, 0, 0]))
        wire = query(ZONE, "AXFR", edns=opt())
        for reply in self.each_wire(wire, transports=tcp, answer_refused=1, cookie_none=1, edns=1):
            self.assertEqual((reply.rcode, reply.counts[1:3], reply.ede[0]), (REFUSED, [0, 0], 18))

    def test_30_update(self):
        """Row 30: UPDATE of a foreign zone is NOTAUTH, with a wrong zone section FORMERR, if not allowed REFUSED."""
        add = name_wire("x." + ZONE) + u16(1) + u16(1) + u32(1) + u16(4) + bytes(4)
        flags = 5 << 11
        rows = [(header(1, flags) + question(FOREIGN, "SOA"), NOTAUTH, "answer_other"),
                (header(2, flags) + question("sub." + ZONE, "SOA"), NOTAUTH, "answer_other"),
                (header(3, flags) + question(ZONE, "A"), FORMERR, "answer_formerr"),
                (header(4, flags, qd=0), FORMERR, "answer_formerr"),
                (header(5, flags, qd=2) + question(ZONE, "SOA") * 2, FORMERR, "answer_formerr"),
                (header(6, flags, ns=2) + question(ZONE, "SOA") + add, FORMERR, "answer_formerr"),
                (header(7, flags, ns=1) + question(ZONE, "SOA") + add + b"x", FORMERR, "answer_formerr"),
                (header(8, flags, ns=1) + question(ZONE, "SOA") + add, REFUSED, "answer_refused")]
        for wire, rcode, counter in rows:
            for transport in lib.TRANSPORTS:
                self.context = f"{transport}, octets {wire.hex()}"
                before = server.counters()
                reply = Reply(lib.exchange(server, wire, transport))
                self.assertEqual((reply.id, reply.opcode, reply.rcode), (wire[1], 5, rcode))
                self.assertEqual(reply.counts[1:], [0, 0, 0])
                self.assertEqual(server.counters()[counter], before[counter] + 1)
        self.assertEqual(lib.ask(server, "x." + ZONE, "A").rcode, NXDOMAIN)

    def test_31_later(self):
        """Rows 30 and 31: DSO is NOTIMP as long as it is not served, NOTIFY of no secondary zone is refused, never silence."""
        rows = [(header(1, 4 << 11 | AA) + question(ZONE, "SOA"), REFUSED, {"answer_refused": 1, "notify_in_refused": 1}),
                (header(2, 4 << 11 | AA) + question(FOREIGN, "SOA"), NOTAUTH,
                 {"answer_other": 1, "notify_in_refused": 1}),
                (header(4, 6 << 11, qd=0) + u16(1) + u16(8) + u32(15000) + u32(15000), NOTIMP,
                 {"answer_notimp": 1, "query_notimp": 1})]
        for wire, rcode, counters in rows:
            counters = counters if rcode == NOTIMP else {**counters, "cookie_none": 1}
            for reply in self.each_wire(wire, **counters):
                self.assertEqual((reply.rcode, reply.opcode), (rcode, wire[2] >> 3 & 15))
                self.assertEqual(reply.counts[1:], [0, 0, 0])


if __name__ == "__main__":
    lib.main()
