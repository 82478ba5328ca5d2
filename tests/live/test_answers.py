#!/usr/bin/python3
"""What does the server answer from a zone? Every authoritative case, seen by dig, kdig and drill.

One table of cases over a small zone: question, RCODE, AA, the three sections and the counters that move.
Then the sample zone as people and DNS-SD clients look at it.
"""
import unittest

import lib
from lib import AA, NOERROR, NXDOMAIN, TC, TYPES, YXDOMAIN, name_wire, opt, option, query, u16

LONG = ".".join([63 * letter for letter in "abc"])  # 192 octets of labels
ZONE = f"""
$ORIGIN answers.test.
$TTL 3600
@            SOA   ns1 host 2026 7200 3600 1209600 60
@            NS    ns1
@            NS    ns.elsewhere.example.
@            MX    10 mail
@            MX    20 mail2
@            TXT   "apex"
ns1          A     192.0.2.1
ns1          AAAA  2001:db8::1
mail         A     192.0.2.2
mail         AAAA  2001:db8::2
mail2        A     192.0.2.3
www    100   A     192.0.2.10
www    100   A     192.0.2.11
www          TXT   "one" "two"
a.b.c.deep   TXT   "deep"
dot\\.ted    A     192.0.2.12
alias        CNAME www
alias2       CNAME alias
dangling     CNAME nothing
out          CNAME www.unserved.example.
cross        CNAME target.second.test.
crossgone    CNAME gone.second.test.
loop1        CNAME loop2
loop2        CNAME loop1
self         CNAME self
to-ent       CNAME c.deep
to-sub       CNAME host.sub
to-wild      CNAME any.wild
*.wild       A     192.0.2.20
*.wild       TXT   "wild"
exact.wild   A     192.0.2.21
a.ent.wild   A     192.0.2.22
*.cwild      CNAME www
*.swild      CNAME x.swild
*.nwild      MX    5 mail
sub          NS    ns.sub
sub          NS    ns.other
sub          DS    1 13 2 {64 * "a"}
ns.sub       A     192.0.2.53
ns.sub       AAAA  2001:db8::53
*.sub        A     192.0.2.54
ns.other     A     192.0.2.55
bare         NS    ns.elsewhere.example.
deleg.a.b    NS    ns1
dn           DNAME target
dn           TXT   "beside"
x.target     A     192.0.2.30
dn2          DNAME dn
dnout        DNAME unserved.example.
dnlong       DNAME {LONG}
dngrow       DNAME more.dngrow
_sip._tcp    SRV   0 5 5060 www
_sip._tcp    SRV   1 5 5060 ns.elsewhere.example.
svc          SVCB  1 www alpn=h2
svcself      SVCB  1 . port=8443
svcself      A     192.0.2.40
svcalias     SVCB  0 svc
ptr          PTR   www
child        NS    ns.child
child        DS    2 13 2 {64 * "b"}
ns.child     A     192.0.2.60
big          TXT   {" ".join('"' + 200 * letter + '"' for letter in "abcdefg")}
"""
ZONE += "".join(f"fat NS ns{i}.fat\nns{i}.fat A 192.0.2.{i}\nns{i}.fat AAAA 2001:db8::{i}\n" for i in range(10, 23))
ZONE += "".join(f"many MX {i} m{i}.many\nm{i}.many A 192.0.2.{i}\nm{i}.many AAAA 2001:db8::{i}\n"
                for i in range(10, 20))
SECOND = """
$ORIGIN second.test.
$TTL 300
@ SOA ns1.answers.test. host.answers.test. 1 7200 3600 1209600 30
@ NS ns1.answers.test.
target A 192.0.2.70
@ MX 10 mail.answers.test.
"""
CHILD = """
$ORIGIN child.answers.test.
$TTL 300
@ SOA ns host 7 7200 3600 1209600 30
@ NS ns
ns A 192.0.2.60
www A 192.0.2.61
"""
SOA = "@ SOA ns1.answers.test. host.answers.test. 2026 7200 3600 1209600 60"
SECOND_SOA = "second.test. SOA ns1.answers.test. host.answers.test. 1 7200 3600 1209600 30"
CHILD_SOA = "child SOA ns.child.answers.test. host.child.answers.test. 7 7200 3600 1209600 30"
WWW = ["www A 192.0.2.10", "www A 192.0.2.11"]
NS1 = ["ns1 A 192.0.2.1", "ns1 AAAA 2001:db8::1"]
MAIL = ["mail A 192.0.2.2", "mail AAAA 2001:db8::2"]
SUB = ["sub NS ns.sub", "sub NS ns.other"]
SUB_GLUE = ["ns.sub A 192.0.2.53", "ns.sub AAAA 2001:db8::53", "ns.other A 192.0.2.55"]


def case(sentence, name, rtype, answer=(), authority=(), additional=(), rcode="NOERROR", aa=True, **counters):
    return sentence, name, rtype, list(answer), list(authority), list(additional), rcode, aa, counters


# Names without a last dot are below answers.test, in questions and records.
CASES = [
    case("SOA of the apex", "@", "SOA", [SOA]),
    case("NS of the apex with addresses", "@", "NS", ["@ NS ns1", "@ NS ns.elsewhere.example."], (), NS1),
    case("MX with addresses of all exchanges", "@", "MX", ["@ MX 10 mail", "@ MX 20 mail2"], (),
         MAIL + ["mail2 A 192.0.2.3"]),
    case("two addresses", "www", "A", WWW),
    case("strings of a TXT", "www", "TXT", ['www TXT "one" "two"']),
    case("an escaped dot in a label", "dot\\.ted", "A", ["dot\\.ted A 192.0.2.12"]),
    case("upper case in the question", "WWW", "A", WWW),
    case("no data of the type", "www", "AAAA", (), [SOA], nodata=1),
    case("no data of the type at the apex", "@", "A", (), [SOA], nodata=1),
    case("an empty non-terminal", "c.deep", "A", (), [SOA], nodata=1),
    case("the highest empty non-terminal", "deep", "TXT", (), [SOA], nodata=1),
    case("below empty non-terminals", "a.b.c.deep", "TXT", ['a.b.c.deep TXT "deep"']),
    case("beside an empty non-terminal", "x.c.deep", "A", (), [SOA], (), "NXDOMAIN"),
    case("no such name", "nowhere", "A", (), [SOA], (), "NXDOMAIN"),
    case("no such name, deep down", "a.b.c.d.nowhere", "A", (), [SOA], (), "NXDOMAIN"),
    case("below a name that exists", "below.www", "A", (), [SOA], (), "NXDOMAIN"),
    case("CNAME asked for", "alias", "CNAME", ["alias CNAME www"]),
    case("CNAME followed", "alias", "A", ["alias CNAME www"] + WWW, alias_cname=1),
    case("CNAME followed to no data", "alias", "AAAA", ["alias CNAME www"], [SOA], alias_cname=1, nodata=1),
    case("two CNAME followed", "alias2", "A", ["alias2 CNAME alias", "alias CNAME www"] + WWW, alias_cname=2),
    case("CNAME to a name that does not exist", "dangling", "A", ["dangling CNAME nothing"], [SOA], (), "NXDOMAIN",
         alias_cname=1),
    case("CNAME out of all zones", "out", "A", ["out CNAME www.unserved.example."], alias_cname=1),
    case("CNAME into another zone of ours", "cross", "A",
         ["cross CNAME target.second.test.", "target.second.test. A 192.0.2.70"], alias_cname=1),
    case("CNAME to nothing in another zone of ours", "crossgone", "A", ["crossgone CNAME gone.second.test."],
         [SECOND_SOA], (), "NXDOMAIN", alias_cname=1),
    case("CNAME loop, each record once", "loop1", "A", ["loop1 CNAME loop2", "loop2 CNAME loop1"], alias_cname=2),
    case("CNAME to itself, once", "self", "A", ["self CNAME self"], alias_cname=1),
    case("CNAME to an empty non-terminal", "to-ent", "A", ["to-ent CNAME c.deep"], [SOA], alias_cname=1, nodata=1),
    case("CNAME below a cut: AA of the alias, then the referral", "to-sub", "A", ["to-sub CNAME host.sub"], SUB,
         SUB_GLUE, alias_cname=1, referral=1),
    case("CNAME to a wildcard", "to-wild", "A", ["to-wild CNAME any.wild", "any.wild A 192.0.2.20"], alias_cname=1,
         wildcard=1),
    case("wildcard", "foo.wild", "A", ["foo.wild A 192.0.2.20"], wildcard=1),
    case("wildcard for several labels", "foo.bar.wild", "TXT", ['foo.bar.wild TXT "wild"'], wildcard=1),
    case("wildcard without the type", "foo.wild", "MX", (), [SOA], wildcard=1, nodata=1),
    case("the wildcard by its own name", "*.wild", "A", ["*.wild A 192.0.2.20"]),
    case("the parent of a wildcard", "wild", "A", (), [SOA], nodata=1),
    case("a name beside the wildcard hides it", "exact.wild", "TXT", (), [SOA], nodata=1),
    case("below a name beside the wildcard", "foo.exact.wild", "A", (), [SOA], (), "NXDOMAIN"),
    case("an empty non-terminal hides the wildcard", "ent.wild", "A", (), [SOA], nodata=1),
    case("below an empty non-terminal", "foo.ent.wild", "A", (), [SOA], (), "NXDOMAIN"),
    case("below the wildcard's own name", "foo.*.wild", "A", (), [SOA], (), "NXDOMAIN"),
    case("wildcard CNAME", "x.cwild", "A", ["x.cwild CNAME www"] + WWW, alias_cname=1, wildcard=1),
    case("wildcard CNAME asked for", "x.cwild", "CNAME", ["x.cwild CNAME www"], wildcard=1),
    case("wildcard MX with addresses", "x.nwild", "MX", ["x.nwild MX 5 mail"], (), MAIL, wildcard=1),
    case("referral", "host.sub", "A", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("referral for the cut itself", "sub", "A", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("referral for NS of the cut", "sub", "NS", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("referral for glue", "ns.sub", "A", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("no wildcard below a cut", "*.sub", "A", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("referral without glue", "x.bare", "A", (), ["bare NS ns.elsewhere.example."], aa=False, referral=1),
    case("referral to a name of this zone", "x.deleg.a.b", "A", (), ["deleg.a.b NS ns1"], NS1, aa=False, referral=1),
    case("empty non-terminal above a cut", "a.b", "A", (), [SOA], nodata=1),
    case("DS at a cut is the parent's", "sub", "DS", [f"sub DS 1 13 2 {64 * 'A'}"]),
    case("no DS at a cut", "bare", "DS", (), [SOA], nodata=1),
    case("DS below a cut", "x.sub", "DS", (), SUB, SUB_GLUE, aa=False, referral=1),
    case("DNAME followed", "x.dn", "A", ["dn DNAME target", "x.dn CNAME x.target", "x.target A 192.0.2.30"],
         alias_dname=1),
    case("DNAME to a name that does not exist", "y.z.dn", "A", ["dn DNAME target", "y.z.dn CNAME y.z.target"], [SOA],
         (), "NXDOMAIN", alias_dname=1),
    case("two DNAME followed", "x.dn2", "A",
         ["dn2 DNAME dn", "x.dn2 CNAME x.dn", "dn DNAME target", "x.dn CNAME x.target", "x.target A 192.0.2.30"],
         alias_dname=2),
    case("DNAME out of all zones", "w.dnout", "A",
         ["dnout DNAME unserved.example.", "w.dnout CNAME w.unserved.example."],
         alias_dname=1),
    case("the owner of a DNAME is not redirected", "dn", "TXT", ['dn TXT "beside"']),
    case("no data at the owner of a DNAME", "dn", "A", (), [SOA], nodata=1),
    case("DNAME asked for", "dn", "DNAME", ["dn DNAME target"]),
    case("DNAME to a name that is too long", 63 * "d" + ".dnlong", "A", [f"dnlong DNAME {LONG}"], (), (), "YXDOMAIN",
         alias_dname=1),
    case("SRV with addresses of targets that are ours", "_sip._tcp", "SRV",
         ["_sip._tcp SRV 0 5 5060 www", "_sip._tcp SRV 1 5 5060 ns.elsewhere.example."], (), WWW),
    case("PTR with what stands at its target", "ptr", "PTR", ["ptr PTR www"], (), WWW + ['www TXT "one" "two"']),
    case("MX with addresses in another zone of ours", "second.test.", "MX", ["second.test. MX 10 mail"], (), MAIL),
    case("a zone below a zone answers itself", "www.child", "A", ["www.child A 192.0.2.61"]),
    case("SOA of a zone below a zone", "child", "SOA", [CHILD_SOA]),
    case("negative answer of a zone below a zone", "x.child", "A", (), [CHILD_SOA], (), "NXDOMAIN"),
    case("DS of a zone below a zone is the parent's", "child", "DS", [f"child DS 2 13 2 {64 * 'B'}"]),
]


def full(text):
    """A record with all names absolute: words without a dot at their end that the zone knows get its name."""
    owner, rtype, rdata = text.split(" ", 2)
    if rtype in ("NS", "CNAME", "DNAME", "MX", "SRV", "PTR"):
        *numbers, target = rdata.split(" ")
        rdata = " ".join([*numbers, absolute(target)])
    return f"{absolute(owner).lower()} {rtype} {rdata}"


def absolute(name):
    if name == "@":
        return "answers.test."
    return name if name.endswith(".") else f"{name}.answers.test."


def setUpModule():
    global server, sample
    zones = {"answers.test": ZONE, "second.test": SECOND, "child.answers.test": CHILD}
    server = lib.Server(zones).start()
    zone = {"file": lib.sample_zone(lib.fresh_folder()), "index": True}
    small = {"file": zone["file"], "index": True, "index_max": 5}
    sample = [lib.Server({"compute.gba": options}).start() for options in (zone, small)]


def tearDownModule():
    for each in [server, *sample]:
        each.stop()


class Table(unittest.TestCase):
    maxDiff = None

    def check(self, printed, row):
        sentence, name, rtype, answer, authority, additional, rcode, aa, _ = row
        self.context = f"{sentence}: {name} {rtype}\n{printed.text}"
        self.assertEqual(printed.status, rcode)
        self.assertEqual("aa" in printed.flags, aa, "AA")
        self.assertNotIn("tc", printed.flags)
        for section, expected in ("answer", answer), ("authority", authority), ("additional", additional):
            self.assertEqual(printed.short(getattr(printed, section)), sorted(map(full, expected)), section)

    def check_all(self, client, *args, count=False, **options):
        for row in CASES:
            name, rtype, rcode, counters = row[1], row[2], row[6], row[8]
            self.context = row[0]
            expected = {f"answer_{rcode.lower()}": 1, "query_udp4": 1, "cookie_none": 1, **counters}
            question = absolute(name), rtype
            if count:
                with server.counts(**expected):
                    printed = client(server, *args, *question, **options)
            else:
                printed = client(server, *args, *question, **options)
            self.check(printed, row)

    def test_dig(self):
        """dig sees every case as the table says, over UDP, and the counters say the same."""
        self.check_all(lib.dig, "+noedns", count=True)

    def test_dig_tcp(self):
        """dig sees every case as the table says, over TCP and IPv6."""
        self.check_all(lib.dig, "+noedns", transport="tcp6" if lib.HAS_IPV6 else "tcp4")

    def test_kdig(self):
        """kdig sees every case as the table says."""
        self.check_all(lib.kdig)

    def test_drill(self):
        """drill sees every case as the table says."""
        lib.need("drill")
        rows = CASES[:]
        for row in CASES:  # its text form of a few types is its own
            if row[2] == "DS":
                rows.remove(row)
        for row in rows:
            printed = lib.drill(server, absolute(row[1]), row[2])
            self.check(printed, row)

    def test_order_of_chain(self):
        """Records of a chain of aliases stand in the order in which a resolver follows them."""
        reply = lib.ask(server, "x.dn2.answers.test", "A")
        owners = [record.owner.replace(".answers.test", "") for record in reply.answer]
        self.assertEqual(owners, ["dn2", "x.dn2", "dn", "x.dn", "x.target"])
        reply = lib.ask(server, "alias2.answers.test", "A")
        self.assertEqual([record.owner.split(".")[0] for record in reply.answer], ["alias2", "alias", "www", "www"])

    def test_ttl(self):
        """TTLs are those of the zone; a negative answer's is the lesser of the SOA's and its minimum."""
        self.assertEqual({record.ttl for record in lib.ask(server, "www.answers.test", "A").answer}, {100})
        self.assertEqual(lib.ask(server, "answers.test", "SOA").answer[0].ttl, 3600)
        for name, soa_ttl in ("nowhere.answers.test", 60), ("deep.answers.test", 60), ("no.second.test", 30):
            self.assertEqual([record.ttl for record in lib.ask(server, name, "A").authority], [soa_ttl])
        made = [record for record in lib.ask(server, "x.dn.answers.test", "A").answer if record.type == 5]
        self.assertEqual([record.ttl for record in made], [3600])  # RFC 6672: that of the DNAME

    def test_rotation_is_stable(self):
        """The same question gets the same octets each time."""
        wires = {lib.exchange(server, query("www.answers.test", "A")) for _ in range(20)}
        self.assertEqual(len(wires), 1)


class Sizes(unittest.TestCase):
    def test_truncated(self):
        """An RRset that does not fit over UDP gives TC and no records, and comes whole over TCP."""
        with server.counts(query_udp4=1, answer_noerror=1, cookie_none=1, truncated=1):
            reply = lib.ask(server, "big.answers.test", "TXT")
        self.assertTrue(reply.flags & TC)
        self.assertEqual(reply.counts, [1, 0, 0, 0])
        reply = lib.ask(server, "big.answers.test", "TXT", edns=opt(4096))  # our own limit is 1232
        self.assertTrue(reply.flags & TC)
        self.assertEqual(reply.counts, [1, 0, 0, 1])
        for transport in "tcp4", "tcp6":
            if transport in lib.TRANSPORTS:
                reply = lib.ask(server, "big.answers.test", "TXT", transport)
                self.assertEqual((reply.flags & TC, len(reply.answer[0].rdata)), (0, 7 * 201))
        for client, args in (lib.dig, ("+noedns", "+ignore")), (lib.kdig, ()), (lib.drill, ()):
            printed = client(server, *args, "big.answers.test", "TXT")
            self.assertIn("tc", printed.flags)
            self.assertEqual(printed.answer, [])

    def test_glue_does_not_fit(self):
        """A referral whose in-domain glue does not fit has TC; with room enough it is whole (RFC 9471)."""
        with server.counts(query_udp4=1, answer_noerror=1, cookie_none=1, referral=1, truncated=1):
            reply = lib.ask(server, "x.fat.answers.test", "A")
        self.assertTrue(reply.flags & TC)
        self.assertFalse(reply.flags & AA)
        reply = lib.ask(server, "x.fat.answers.test", "A", edns=opt(1232))
        self.assertFalse(reply.flags & (TC | AA))
        self.assertEqual(reply.counts, [1, 0, 13, 27])

    def test_optional_records_do_not_fit(self):
        """Addresses that are only helpful are left out without TC, whole RRsets at a time."""
        reply = lib.ask(server, "many.answers.test", "MX")
        self.assertFalse(reply.flags & TC)
        self.assertEqual(len(reply.answer), 10)
        self.assertGreater(len(reply.additional), 0)
        self.assertLess(len(reply.additional), 20)
        whole = lib.ask(server, "many.answers.test", "MX", "tcp4")
        self.assertEqual(len(whole.additional), 20)

    def test_growing_alias(self):
        """A DNAME that makes the name longer each time is used once; the resolver goes on if it wants."""
        for transport in "udp4", "tcp4":
            reply = lib.ask(server, "x.dngrow.answers.test", "A", transport)
            self.assertEqual((reply.rcode, reply.types(reply.answer)), (NOERROR, [TYPES["DNAME"], TYPES["CNAME"]]))
        name = b"\1x" * 116 + name_wire("dngrow.answers.test")
        self.assertEqual(lib.ask(server, name, "A", "tcp4").rcode, YXDOMAIN)

    def test_wildcard_loop(self):
        """A wildcard CNAME that points to itself is followed once for each name."""
        for transport in "udp4", "tcp4":
            reply = lib.ask(server, "a.swild.answers.test", "A", transport)
            owners = [record.owner for record in reply.answer]
            self.assertEqual(reply.rcode, NOERROR)
            self.assertEqual(owners[0], "a.swild.answers.test")
            self.assertEqual(len(owners), len(set(owners)))

    def test_longest_name(self):
        """Names of 255 octets and of 127 labels are answered, longer ones are malformed."""
        name = name_wire("answers.test")
        many = b"\1y" * ((255 - len(name)) // 2) + name
        reply = lib.ask(server, many, "A")
        self.assertEqual((reply.rcode, reply.questions[0][:-4]), (NXDOMAIN, many))
        self.assertEqual(lib.ask(server, b"\1y" + many, "A").rcode, lib.FORMERR)
        exact = bytes([255 - len(b"\1y" * 60 + name) - 1]) + b"z" * (255 - len(b"\1y" * 60 + name) - 1)
        if len(exact) <= 64:
            self.assertEqual(lib.ask(server, exact + b"\1y" * 60 + name, "A").rcode, NXDOMAIN)


class Special(unittest.TestCase):
    def test_any(self):
        """ANY over UDP is one RRset, over TCP all of the name; a name without data has none (RFC 8482)."""
        with server.counts(query_udp4=1, answer_noerror=1, cookie_none=1, query_any=1):
            reply = lib.ask(server, "answers.test", "ANY")
        self.assertEqual((reply.rcode, len(set(reply.types(reply.answer)))), (NOERROR, 1))
        self.assertFalse(reply.flags & TC)
        with server.counts(query_tcp4=1, tcp_opened=1, tcp_message=1, answer_noerror=1, cookie_none=1, query_any=1):
            reply = lib.ask(server, "answers.test", "ANY", "tcp4")
        self.assertEqual(sorted(set(reply.types(reply.answer))), [2, 6, 15, 16])
        self.assertEqual(len(reply.answer), 6)
        reply = lib.ask(server, "deep.answers.test", "ANY")
        self.assertEqual((reply.rcode, reply.counts[1:3]), (NOERROR, [0, 1]))
        self.assertEqual(lib.ask(server, "nowhere.answers.test", "ANY").rcode, NXDOMAIN)
        self.assertEqual(lib.ask(server, "alias.answers.test", "ANY").types(
            lib.ask(server, "alias.answers.test", "ANY").answer), [5])
        reply = lib.ask(server, "big.answers.test", "ANY")  # never a reason for TC
        self.assertFalse(reply.flags & TC)

    def test_service_binding(self):
        """SVCB brings addresses of its target, "." means the owner, and an alias brings the service."""
        a, aaaa, svcb = TYPES["A"], TYPES["AAAA"], TYPES["SVCB"]
        reply = lib.ask(server, "svc.answers.test", "SVCB")
        self.assertEqual([(record.owner, record.type) for record in reply.additional],
                         [("www.answers.test", a)] * 2)
        reply = lib.ask(server, "svcself.answers.test", "SVCB")
        self.assertEqual([(record.owner, record.type) for record in reply.additional], [("svcself.answers.test", a)])
        self.assertEqual(reply.answer[0].rdata, u16(1) + b"\0" + u16(3) + u16(2) + u16(8443))
        reply = lib.ask(server, "svcalias.answers.test", "SVCB")
        self.assertIn(("svc.answers.test", svcb), [(record.owner, record.type) for record in reply.additional])
        self.assertNotIn(aaaa, reply.types(reply.additional))

    def test_no_compression_in_new_types(self):
        """Targets of SRV, DNAME and SVCB are never compressed, those of MX may be (RFC 3597 section 4)."""
        www = name_wire("www.answers.test")
        reply = lib.ask(server, "_sip._tcp.answers.test", "SRV")
        self.assertIn(u16(0) + u16(5) + u16(5060) + www, [record.rdata for record in reply.answer])
        self.assertIn(www, lib.ask(server, "svc.answers.test", "SVCB").answer[0].rdata)
        self.assertEqual(lib.ask(server, "dn.answers.test", "DNAME").answer[0].rdata, name_wire("target.answers.test"))

    def test_zone_version(self):
        """ZONEVERSION tells labels of the zone and the serial of the answer, where it is asked for (RFC 9660)."""
        for name, version in ("www.answers.test", b"\2\0" + (2026).to_bytes(4, "big")), \
                ("nowhere.child.answers.test", b"\3\0" + (7).to_bytes(4, "big")):
            reply = lib.ask(server, name, "A", edns=opt(options=option(19)))
            self.assertEqual(reply.options, {19: version})
        reply = lib.ask(server, "example.org", "A", edns=opt(options=option(19)))
        self.assertNotIn(19, reply.options)
        self.assertEqual(lib.ask(server, "www.answers.test", "A", edns=opt()).options, {})

    def test_unserved_zone(self):
        """Names above and beside our zones are REFUSED, not referred."""
        for name in "test", ".", "answers.testx", "xanswers.test", "unserved.example":
            reply = lib.ask(server, name, "NS")
            self.assertEqual((reply.rcode, reply.counts), (lib.REFUSED, [1, 0, 0, 0]))


class Sample(unittest.TestCase):
    """The zone of zones/sample as a user sees it."""

    maxDiff = None

    @staticmethod
    def attribute(key, value):
        return u16(key) + u16(len(value)) + value

    def expected_lumi(self):
        pairs = [(1, b"\2"), (2, b"eurohpc-ju-sample"), (4, b"FI"), (5, b"Kajaani"), (9, b"\1")]
        return b"\0" + b"".join(self.attribute(key, value) for key, value in pairs)

    def test_centre(self):
        """A centre's record, asked for by number, has the octets that docs/records.md describes."""
        rdata = self.expected_lumi()
        reply = lib.ask(sample[0], "lumi.eurohpc.compute.gba", "CENTRE")
        self.assertEqual([record.rdata for record in reply.answer], [rdata])
        for client, args in (lib.dig, ("+noedns",)), (lib.kdig, ()), (lib.drill, ()):
            printed = client(sample[0], *args, "lumi.eurohpc.compute.gba", "TYPE65360")
            owner, ttl, rtype, text = printed.answer[0]
            self.assertEqual((owner, ttl, rtype), ("lumi.eurohpc.compute.gba.", 300, "TYPE65360"))
            self.assertEqual(text.replace(" ", "").upper(), f"\\#{len(rdata)}{rdata.hex()}".upper())

    def test_unit(self):
        """A figure is exact in its unit: 539.13 PFLOP/s are 539130000 GFLOP/s."""
        reply = lib.ask(sample[0], "main.lumi.eurohpc.compute.gba", "CRES")
        self.assertIn(self.attribute(39, (539130000).to_bytes(4, "big")), reply.answer[0].rdata)

    def test_gateway(self):
        """A centre's gateway: address, location and service, with the address beside the service."""
        name = "lumi.eurohpc.compute.gba"
        printed = lib.dig(sample[0], "+noedns", name, "LOC")
        self.assertEqual(printed.short(printed.answer),
                         [f"{name}. LOC 64 13 0.000 N 27 44 0.000 E 0.00m 20000m 10000m 1000m"])
        printed = lib.dig(sample[0], "+noedns", name, "SVCB")
        self.assertEqual(printed.short(printed.additional), [f"{name}. A 198.51.100.1", f"{name}. AAAA 2001:db8:e::1"])

    def test_browsing(self):
        """DNS-SD browsing finds every pool, by kind, and below its centre, with TXT beside the pointers."""
        base = "compute.gba"
        pools = lib.ask(sample[0], f"_compute._tcp.{base}", "PTR", "tcp4")
        targets = {lib.read_name(pools.wire, record.rdata_at)[0] for record in pools.answer}
        self.assertEqual(len(targets), 23)
        self.assertIn("main.lumi.eurohpc.compute.gba", targets)
        self.assertEqual({record.owner for record in pools.additional if record.type == TYPES["TXT"]}, targets)
        kinds = lib.ask(sample[0], f"_hpc._sub._compute._tcp.{base}", "PTR", "tcp4")
        of_kind = {lib.read_name(kinds.wire, record.rdata_at)[0] for record in kinds.answer}
        self.assertTrue(of_kind < targets)
        printed = lib.dig(sample[0], "+noedns", f"_pool.lumi.eurohpc.{base}", "PTR")
        self.assertEqual(printed.short(printed.answer),
                         [f"_pool.lumi.eurohpc.{base}. PTR main.lumi.eurohpc.{base}."])
        printed = lib.dig(sample[0], "+noedns", f"_compute._tcp.{base}", "TXT")
        self.assertRegex(printed.short(printed.answer)[0], r'"total=23".*"shown=23"')

    def test_browsing_limit(self):
        """With index_max 5 a list shows the first five pools in name order and tells the total."""
        def in_order(name):
            return [label.encode() for label in reversed(name.split("."))]

        replies = [lib.ask(each, "_compute._tcp.compute.gba", "PTR", "tcp4") for each in sample]
        shown = [[lib.read_name(reply.wire, record.rdata_at)[0] for record in reply.answer] for reply in replies]
        self.assertEqual(sorted(shown[1]), sorted(sorted(shown[0], key=in_order)[:5]))
        printed = lib.dig(sample[1], "+noedns", "_compute._tcp.compute.gba", "TXT")
        self.assertRegex(printed.short(printed.answer)[0], r'"total=23".*"shown=5"')

    def test_mirror(self):
        """The TXT of a centre and of a pool repeat their attributes for stock clients."""
        printed = lib.dig(sample[0], "+noedns", "lumi.eurohpc.compute.gba", "TXT")
        text = printed.short(printed.answer)[0]
        for string in '"kind=hpc"', '"jur=FI"', '"az=Kajaani"', '"state=active"':
            self.assertIn(string, text)
        printed = lib.dig(sample[0], "+noedns", "main.lumi.eurohpc.compute.gba", "TXT")
        self.assertIn('"gco2=79"', printed.short(printed.answer)[0])

    def test_unknown_pool(self):
        """An unknown name is NXDOMAIN, and the SOA says that this may be kept for 30 seconds."""
        printed = lib.dig(sample[0], "+noedns", "nowhere.eurohpc.compute.gba", "A")
        self.assertEqual((printed.status, printed.answer), ("NXDOMAIN", []))
        self.assertEqual([(owner, ttl, rtype) for owner, ttl, rtype, _ in printed.authority],
                         [("compute.gba.", 30, "SOA")])


if __name__ == "__main__":
    lib.main()
