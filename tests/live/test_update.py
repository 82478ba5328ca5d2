#!/usr/bin/python3
"""Does the server take dynamic updates as RFC 2136 says, from whom it should and from nobody else?

Stock clients first (nsupdate, knsupdate, dnspython), then every refusal by messages made by hand: their
RCODE, their extended error, and that nothing has changed.
"""
import os
import time
import unittest
import unittest.mock

import lib
import updates
from lib import FORMERR, NOERROR, NOTAUTH, NXDOMAIN, REFUSED, Reply, name_wire, u16
from updates import ANY, CENTRE, CLOAD, CRES, IN, K1, NONE, Key, ours, rr, sign, update_wire

if updates.dns:
    import dns.tsig

ZONE = """
$ORIGIN upd.test.
$TTL 300
@         SOA   ns1 host 100 7200 3600 1209600 60
@         NS    ns1
@         NS    ns2
@         A     192.0.2.1
ns1       A     192.0.2.2
ns2       A     192.0.2.3
a         A     192.0.2.10
a         A     192.0.2.11
a         TXT   "x"
mx        MX    10 Host
al        CNAME a
d         DNAME other.
below.ent A     192.0.2.20
*.w       A     192.0.2.30
u         TYPE4711 \\# 2 0a0b
"""
COMPUTE = """
$ORIGIN compute.test.
$TTL 300
@      SOA    ns1 host 1 7200 3600 1209600 60
@      NS     ns1
ns1    A      192.0.2.2
pcl    CENTRE . kind=ai region=440300
gpu.pcl CRES  . cpu=100 mem=10g acc=ascend-910b accn=8
tj     CENTRE . kind=hpc region=120000
cpu.tj CRES   . cpu=1000
"""
POLICY = """
$ORIGIN policy.test.
$TTL 300
@ SOA ns1 host 1 7200 3600 1209600 60
@ NS  ns1
ns1 A 192.0.2.2
pcl CENTRE . kind=ai
tj  CENTRE . kind=hpc
cpu.tj CRES . cpu=1000
"""
ALGORITHMS = "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"
KEYS = [Key(f"key-{algorithm}", algorithm) for algorithm in ALGORITHMS]
PCL, TJ, ONE, NET, NOTHING = (Key(name) for name in ("pcl.centre", "tj.centre", "one", "net", "nothing"))
RULES = [
    {"key": "pcl.centre", "owner": ["**.pcl"], "types": ["any"]},
    {"key": "tj.centre", "owner": ["**.tj"], "types": ["CENTRE", "CRES", "CLOAD", "A", "AAAA"]},
    {"key": "one", "owner": ["*.one", "x.*.two"], "types": ["TXT"]},
    {"key": "net", "source": ["127.0.0.2"], "owner": ["net"], "types": ["A"]},
    {"source": ["127.0.0.3"], "owner": ["open", "@"], "types": ["TXT"]},
]


def setUpModule():
    global server
    updates.need_dnspython()
    every = [{"key": key.name, "owner": ["**"], "types": ["any"]} for key in (K1, *KEYS)]
    zones = {
        "upd.test": {"text": ZONE, "update": every, "transfer": updates.FETCH},
        "compute.test": {"text": COMPUTE, "index": True, "update": updates.ALL, "transfer": updates.FETCH},
        "policy.test": {"text": POLICY, "update": RULES},
        "closed.test": {"text": ZONE.replace("upd.test", "closed.test")},
    }
    server = updates.Server(zones, [K1, *KEYS, PCL, TJ, ONE, NET, NOTHING]).start()


def tearDownModule():
    server.stop()


def a(number):
    return bytes([192, 0, 2, number])


def txt(text):
    return bytes([len(text)]) + text.encode()


def send(wire, key=K1, transport="udp4", edns=True, **wrong):
    """The reply to an update made by hand, signed by a key (None: not signed)."""
    wire = updates.append(wire, lib.opt()) if edns else wire
    return Reply(lib.exchange(server, sign(wire, key, **wrong) if key else wire, transport))


def send_changes(*changes, zone="upd.test", key=K1, transport="udp4"):
    return send(update_wire(zone, (), changes), key, transport)


class Unchanged(unittest.TestCase):
    """Cases after which nothing has changed."""

    def check(self, reply, rcode, text=None):
        self.context = f"{reply.rcode} {reply.ede}"
        self.assertEqual(reply.flags >> 11 & 31, 0x10 | 5, "QR and opcode")
        self.assertEqual(reply.rcode, rcode)
        self.assertEqual(reply.counts[1:3], [0, 0], "records in the answer")
        if text is not None:
            self.assertIsNotNone(reply.ede, "an extended error")
            self.assertIn(text, reply.ede[1])

    def check_rows(self, rows, zone="upd.test", **options):
        before = updates.serial(server, zone)
        for sentence, wire, rcode, *text in rows:
            with self.subTest(sentence):
                self.check(send(wire, **options), rcode, *text)
        self.assertEqual(updates.serial(server, zone), before, "the serial")


class Clients(unittest.TestCase):
    def run_client(self, command, text):
        lib.need(command[0])
        # not lib.run: its stdin is closed
        path = lib.write(os.path.join(server.folder, "client.txt"), text)
        with open(path, encoding="utf-8") as stdin:
            done = lib.run(command, stdin=stdin)
        self.context = f"{command}\n{text}\n{done.stdout}{done.stderr}"
        return done

    def nsupdate(self, text, *args, key=K1):
        head = f"server 127.0.0.1 {server.port}\nzone upd.test\n"
        return self.run_client([*updates.NSUPDATE, "-y", key.of_bind, *args], f"{head}{text}send\nanswer\n")

    def knsupdate(self, text, *args, key=K1):
        head = f"server 127.0.0.1 {server.port}\nzone upd.test.\n"
        return self.run_client([*updates.KNSUPDATE, "-y", key.of_bind, *args], f"{head}{text}send\nanswer\n")

    def check_done(self, done, name, rtype, expected):
        self.assertEqual(done.returncode, 0)
        self.assertEqual(lib.dig(server, name, rtype).short(lib.dig(server, name, rtype).answer), sorted(expected))

    def test_nsupdate(self):
        """nsupdate adds and deletes over UDP, and everybody sees it at once."""
        before = updates.serial(server, "upd.test")
        done = self.nsupdate("update add ns.upd.test 60 A 192.0.2.77\nupdate add ns.upd.test 60 TXT \"a b\" c\n")
        self.check_done(done, "ns.upd.test.", "A", ["ns.upd.test. A 192.0.2.77"])
        self.check_done(done, "ns.upd.test.", "TXT", ['ns.upd.test. TXT "a b" "c"'])
        self.assertIn("status: NOERROR", done.stdout)
        self.assertEqual(updates.serial(server, "upd.test"), before + 1)
        done = self.nsupdate("update delete ns.upd.test TXT\nupdate delete ns.upd.test A 192.0.2.77\n")
        self.check_done(done, "ns.upd.test.", "A", [])
        self.assertEqual(updates.serial(server, "upd.test"), before + 2)

    def test_nsupdate_tcp(self):
        """nsupdate -v does the same over TCP."""
        opened = server.counters()["tcp_opened"]
        done = self.nsupdate("update add nst.upd.test 60 A 192.0.2.78\n", "-v")
        self.check_done(done, "nst.upd.test.", "A", ["nst.upd.test. A 192.0.2.78"])
        self.assertGreater(server.counters()["tcp_opened"], opened)

    def test_nsupdate_prerequisites(self):
        """nsupdate tells a failed prerequisite by its name."""
        change = "update add never.upd.test 60 A 192.0.2.79\n"
        for need, said in (("yxdomain nothing.upd.test", "NXDOMAIN"), ("nxdomain a.upd.test", "YXDOMAIN"),
                           ("yxrrset a.upd.test AAAA", "NXRRSET"), ("nxrrset a.upd.test A", "YXRRSET"),
                           ("yxrrset a.upd.test A 192.0.2.10", "NXRRSET")):
            with self.subTest(need):
                done = self.nsupdate(f"prereq {need}\n{change}")
                self.assertIn(f"update failed: {said}", done.stderr)
        self.assertEqual(lib.ask(server, "never.upd.test").rcode, NXDOMAIN)
        done = self.nsupdate("prereq yxrrset a.upd.test A 192.0.2.11\nprereq yxrrset a.upd.test A 192.0.2.10\n"
                             "prereq nxdomain fresh.upd.test\nupdate add fresh.upd.test 60 A 192.0.2.80\n")
        self.check_done(done, "fresh.upd.test.", "A", ["fresh.upd.test. A 192.0.2.80"])

    def test_nsupdate_algorithms(self):
        """nsupdate signs by each algorithm, over UDP and TCP."""
        for number, key in enumerate(KEYS):
            for args in (), ("-v",):
                with self.subTest(key.algorithm, args=args):
                    name = f"alg{number}{len(args)}.upd.test"
                    done = self.nsupdate(f"update add {name} 60 A 192.0.2.{number}\n", *args, key=key)
                    self.check_done(done, f"{name}.", "A", [f"{name}. A 192.0.2.{number}"])

    def test_nsupdate_ours(self):
        """nsupdate carries records of our types in the form of unknown types."""
        load = ours(cpu=4)
        done = self.nsupdate(f"update add pool.upd.test 60 TYPE65361 \\# {len(load)} {load.hex()}\n")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(lib.ask(server, "pool.upd.test", CRES).answer[0].rdata, load)

    def test_nsupdate_bad_key(self):
        """nsupdate says that a key is wrong."""
        for key, said in ((Key("unknown"), "BADKEY"), (Key("k1", secret=b"x" * 32), "BADSIG")):
            done = self.nsupdate("update add never.upd.test 60 A 192.0.2.79\n", key=key)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stdout + done.stderr)

    def test_knsupdate(self):
        """knsupdate adds and deletes over UDP and TCP."""
        for args in (), ("-v",):
            done = self.knsupdate("add kns.upd.test. 60 A 192.0.2.81\nadd kns.upd.test. 60 MX 5 a\n", *args)
            self.check_done(done, "kns.upd.test.", "A", ["kns.upd.test. A 192.0.2.81"])
            done = self.knsupdate("del kns.upd.test. MX\ndel kns.upd.test. A 192.0.2.81\n", *args)
            self.check_done(done, "kns.upd.test.", "A", [])
            self.assertEqual(lib.ask(server, "kns.upd.test").rcode, NXDOMAIN)

    def test_knsupdate_prerequisites(self):
        """knsupdate tells a failed prerequisite by its name."""
        done = self.knsupdate("prereq nxdomain a.upd.test.\nadd never.upd.test. 60 A 192.0.2.79\n")
        self.assertIn("YXDOMAIN", done.stdout + done.stderr)
        done = self.knsupdate("prereq nxrrset fresh2.upd.test. A\nadd fresh2.upd.test. 60 A 192.0.2.82\n")
        self.check_done(done, "fresh2.upd.test.", "A", ["fresh2.upd.test. A 192.0.2.82"])

    def test_dnspython(self):
        """dnspython updates by each algorithm and transport, and finds each answer signed."""
        for number, key in enumerate(KEYS):
            for tcp in False, True:
                with self.subTest(key.algorithm, tcp=tcp):
                    update = updates.message("upd.test", key)
                    update.present("a", "A")
                    update.absent(f"py{number}{tcp}")
                    update.replace(f"py{number}{tcp}", 60, "A", f"192.0.2.{number}")
                    answer = updates.exchange(server, update, tcp)
                    self.assertEqual(updates.rcode_of(answer), "NOERROR")
                    self.assertEqual(updates.records(server, f"py{number}{tcp}.upd.test", "A"), [f"192.0.2.{number}"])

    def test_after_kill(self):
        """What was acknowledged is there after kill -9 and a restart."""
        zones = {"z.test": {"text": ZONE.replace("upd.test", "z.test"), "update": updates.ALL}}
        with updates.Server(zones) as own:
            update = updates.message("z.test")
            update.add("kept", 60, "A", "192.0.2.99")
            self.assertEqual(updates.rcode_of(updates.exchange(own, update)), "NOERROR")
            own.kill()
            own.start()
            self.assertEqual(updates.records(own, "kept.z.test", "A"), ["192.0.2.99"])
            self.assertEqual(updates.serial(own, "z.test"), 101)

    def test_counters(self):
        """Updates done and refused are counted."""
        with server.counts(query_udp4=1, edns=1, cookie_none=1, update_done=1):
            send(update_wire("upd.test"))
        with server.counts(query_udp4=1, edns=1, cookie_none=1, update_refused=1):
            send(update_wire("upd.test", [rr("a.upd.test", ANY, NONE)]))
        with server.counts(query_udp4=1, edns=1, cookie_none=1, answer_refused=1):
            send(update_wire("upd.test"), key=None)


A, AAAA, TXT, NS, SOA = 1, 28, 16, 2, 6
HOST = u16(10) + name_wire("hOST.upd.test")
NEEDS = [
    ("an RRset is there", [rr("a.upd.test", A, ANY)], NOERROR),
    ("an RRset that is not there", [rr("a.upd.test", AAAA, ANY)], updates.NXRRSET),
    ("an RRset at a name that is not there", [rr("b.upd.test", A, ANY)], updates.NXRRSET),
    ("an RRset by wildcard is not there", [rr("x.w.upd.test", A, ANY)], updates.NXRRSET),
    ("an RRset behind a CNAME is not there", [rr("al.upd.test", A, ANY)], updates.NXRRSET),
    ("a CNAME is there", [rr("al.upd.test", 5, ANY)], NOERROR),
    ("no RRset of a type", [rr("a.upd.test", AAAA, NONE)], NOERROR),
    ("no RRset of a type that is there", [rr("a.upd.test", A, NONE)], updates.YXRRSET),
    ("a name in use", [rr("a.upd.test", ANY, ANY)], NOERROR),
    ("a name in any case", [rr("A.uPd.TEST", ANY, ANY)], NOERROR),
    ("a name not in use", [rr("b.upd.test", ANY, NONE)], NOERROR),
    ("a name in use that is not", [rr("b.upd.test", ANY, ANY)], NXDOMAIN),
    ("an empty non-terminal is not in use", [rr("ent.upd.test", ANY, ANY)], NXDOMAIN),
    ("a name not in use that is", [rr("a.upd.test", ANY, NONE)], updates.YXDOMAIN),
    ("the very RRset, in another order", [rr("a.upd.test", A, IN, 0, a(11)), rr("a.upd.test", A, IN, 0, a(10))],
     NOERROR),
    ("the very RRset, one record twice", [rr("a.upd.test", A, IN, 0, a(n)) for n in (10, 11, 10)], NOERROR),
    ("a part of the RRset", [rr("a.upd.test", A, IN, 0, a(10))], updates.NXRRSET),
    ("more than the RRset", [rr("a.upd.test", A, IN, 0, a(n)) for n in (10, 11, 12)], updates.NXRRSET),
    ("two RRsets at once", [rr("a.upd.test", A, IN, 0, a(10)), rr("a.upd.test", TXT, IN, 0, txt("x")),
                            rr("a.upd.test", A, IN, 0, a(11))], NOERROR),
    ("two RRsets, the second not so", [rr("a.upd.test", A, IN, 0, a(10)), rr("a.upd.test", A, IN, 0, a(11)),
                                       rr("a.upd.test", TXT, IN, 0, txt("y"))], updates.NXRRSET),
    ("names in RDATA in any case", [rr("mx.upd.test", 15, IN, 0, HOST)], NOERROR),
    ("an unknown type by its octets", [rr("u.upd.test", 4711, IN, 0, b"\x0a\x0b")], NOERROR),
    ("an unknown type with other octets", [rr("u.upd.test", 4711, IN, 0, b"\x0a\x0c")], updates.NXRRSET),
    ("the first of several decides", [rr("b.upd.test", ANY, ANY), rr("a.upd.test", A, NONE)], NXDOMAIN),
    ("a TTL", [rr("a.upd.test", A, ANY, 1)], FORMERR),
    ("a TTL with a value", [rr("a.upd.test", A, IN, 1, a(10))], FORMERR),
    ("RDATA where none belongs", [rr("a.upd.test", A, ANY, 0, a(10))], FORMERR),
    ("RDATA where a set is to be absent", [rr("b.upd.test", A, NONE, 0, a(10))], FORMERR),
    ("another class", [rr("a.upd.test", A, 3)], FORMERR),
    ("ANY in the zone's class", [rr("a.upd.test", ANY, IN)], FORMERR),
    ("a name outside of the zone", [rr("a.test", ANY, ANY)], updates.NOTZONE),
    ("a name above the zone", [rr("test", ANY, NONE)], updates.NOTZONE),
]
CHANGES = [
    ("a name outside of the zone", [rr("a.other", A, IN, 1, a(1))], updates.NOTZONE),
    ("a name whose end looks like the zone", [rr("xupd.test", A, IN, 1, a(1))], updates.NOTZONE),
    ("a good one, then one outside", [rr("g.upd.test", A, IN, 1, a(1)), rr("a.other", A, IN, 1, a(1))],
     updates.NOTZONE),
    ("another class", [rr("b.upd.test", A, 3, 1, a(1))], FORMERR),
    ("add ANY", [rr("b.upd.test", ANY, IN, 1, a(1))], FORMERR),
    ("add AXFR", [rr("b.upd.test", 252, IN, 1, a(1))], FORMERR),
    ("add MAILB", [rr("b.upd.test", 253, IN, 1, a(1))], FORMERR),
    ("add type 0", [rr("b.upd.test", 0, IN, 1, a(1))], FORMERR),
    ("add OPT", [rr("b.upd.test", 41, IN, 1)], FORMERR),
    ("add NXNAME", [rr("b.upd.test", 128, IN, 1)], FORMERR),
    ("add TKEY", [rr("b.upd.test", 249, IN, 1)], FORMERR),
    ("add RDATA that is too short", [rr("b.upd.test", A, IN, 1, a(1)[:3])], FORMERR),
    ("add RDATA that is too long", [rr("b.upd.test", A, IN, 1, a(1) + b"x")], FORMERR),
    ("add no RDATA", [rr("b.upd.test", A, IN, 1)], FORMERR),
    ("delete a set with a TTL", [rr("a.upd.test", A, ANY, 1)], FORMERR),
    ("delete a set with RDATA", [rr("a.upd.test", A, ANY, 0, a(10))], FORMERR),
    ("delete a set of type AXFR", [rr("a.upd.test", 252, ANY)], FORMERR),
    ("delete a record with a TTL", [rr("a.upd.test", A, NONE, 1, a(10))], FORMERR),
    ("delete a record of type ANY", [rr("a.upd.test", ANY, NONE)], FORMERR),
    ("malformed SVCB", [rr("b.upd.test", 64, IN, 1, u16(1) + b"\0" + u16(3) + u16(1) + b"x")], FORMERR),
    ("malformed record of ours", [rr("b.upd.test", CRES, IN, 1, b"\0" + u16(34) + u16(2) + b"x")], FORMERR),
    ("a good one, then one malformed", [rr("g.upd.test", A, IN, 1, a(1)), rr("b.upd.test", A, IN, 1, b"")], FORMERR),
    ("RRSIG", [rr("b.upd.test", 46, IN, 1, u16(1) + b"\x0d\x02" + bytes(14) + b"\1t\0a")], REFUSED,
     "the server alone writes this type"),
    ("delete NSEC", [rr("a.upd.test", 47, ANY)], REFUSED, "the server alone writes this type"),
]


class Rcodes(Unchanged):
    def test_prerequisites(self):
        """Every prerequisite of RFC 2136 section 3.2 gets its RCODE, and only good ones let a change through."""
        for number, (sentence, needs, rcode) in enumerate(NEEDS):
            with self.subTest(sentence):
                name = f"n{number}.needs.upd.test"
                before = updates.serial(server, "upd.test")
                self.check(send(update_wire("upd.test", needs, [rr(name, A, IN, 1, a(1))])), rcode)
                done = 1 if rcode == NOERROR else 0
                self.assertEqual(updates.serial(server, "upd.test"), before + done)
                self.assertEqual(len(lib.ask(server, name).answer), done)

    def test_prescan(self):
        """Every wrong change of RFC 2136 section 3.4.1 gets its RCODE, and nothing of its message is done."""
        self.check_rows([(sentence, update_wire("upd.test", (), changes), *rest)
                         for sentence, changes, *rest in CHANGES])
        self.assertEqual(lib.ask(server, "g.upd.test").rcode, NXDOMAIN)
        self.assertEqual(lib.ask(server, "b.upd.test").rcode, NXDOMAIN)

    def test_zone_section(self):
        """The zone section is one SOA of a zone that is served here under this very name."""
        one = [rr("a.upd.test", A, IN, 1, a(1))]
        two = lib.header(1, updates.UPDATE, 2) + 2 * lib.question("upd.test", "SOA")
        self.check_rows([
            ("no such zone", update_wire("elsewhere.test", (), one), NOTAUTH, "no zone of this name"),
            ("a name in a zone", update_wire("a.upd.test", (), one), NOTAUTH, "no zone of this name"),
            ("the name above", update_wire("test", (), one), NOTAUTH, "no zone of this name"),
            ("class CH", update_wire("upd.test", (), one, zone_class=3), NOTAUTH),
        ])
        self.check_rows([
            ("type A", update_wire("upd.test", (), one, zone_type="A"), FORMERR),
            ("two zones", two, FORMERR),
            ("no zone", lib.header(1, updates.UPDATE, 0), FORMERR),
            ("half a zone", (lib.header(1, updates.UPDATE, 1) + lib.question("upd.test", "SOA"))[:-2], FORMERR),
            ("fewer records than counted", lib.header(1, updates.UPDATE, 1, 0, 2) +
             lib.question("upd.test", "SOA") + one[0], FORMERR),
        ], key=None, edns=False)

    def test_header_flags(self):
        """Bits of the header that mean nothing in an update change nothing, and do not come back."""
        reply = send(update_wire("upd.test", ident=0x4321, flags=updates.UPDATE | 0x07F0))
        self.assertEqual(reply.rcode, NOERROR)
        self.assertEqual(reply.flags & 0x07F0, 0)
        self.assertEqual([reply.id, *reply.counts[1:3]], [0x4321, 0, 0])

    def test_no_change(self):
        """What changes nothing leaves the serial as it is."""
        before = updates.serial(server, "upd.test")
        for sentence, changes in (
            ("nothing", []),
            ("a record that is there", [rr("a.upd.test", A, IN, 300, a(10))]),
            ("deleting what is not there", [rr("a.upd.test", AAAA, ANY), rr("b.upd.test", ANY, ANY),
                                            rr("a.upd.test", A, NONE, 0, a(99))]),
            ("add and delete", [rr("b.upd.test", A, IN, 300, a(1)), rr("b.upd.test", ANY, ANY)]),
            ("delete and add", [rr("a.upd.test", TXT, ANY), rr("a.upd.test", TXT, IN, 300, txt("x"))]),
            ("delete and add, in another order", [rr("a.upd.test", A, NONE, 0, a(10)),
                                                  rr("a.upd.test", A, IN, 300, a(10))]),
            ("SOA and NS of the apex", [rr("upd.test", SOA, ANY), rr("upd.test", NS, ANY)]),
            ("other data at a CNAME", [rr("al.upd.test", A, IN, 300, a(1))]),
            ("a CNAME at other data", [rr("a.upd.test", 5, IN, 300, name_wire("b.test"))]),
            ("a SOA elsewhere", [rr("a.upd.test", SOA, IN, 300, b"\0\0" + bytes(20))]),
            ("a SOA with an old serial", [rr("upd.test", SOA, IN, 300, b"\0\0" + lib.u32(before) + bytes(16))]),
        ):
            with self.subTest(sentence):
                self.assertEqual(send_changes(*changes).rcode, NOERROR)
                self.assertEqual(updates.serial(server, "upd.test"), before)

    def test_serial_given(self):
        """An update that sets the SOA decides the serial; the next one counts on from there."""
        zone = "serial.test"
        with updates.Server({zone: {"text": ZONE.replace("upd.test", zone), "update": updates.ALL}}) as own:
            for serial, after in ((1000, 1000), (999, 1000), (0x80000000, 0x80000000), (0xFFFFFFFF, 0xFFFFFFFF)):
                wire = update_wire(zone, (), [rr(zone, SOA, IN, 300, b"\0\0" + lib.u32(serial) + bytes(16))])
                self.assertEqual(Reply(lib.exchange(own, sign(wire))).rcode, NOERROR)
                self.assertEqual(updates.serial(own, zone), after)
            wire = update_wire(zone, (), [rr(f"x.{zone}", A, IN, 300, a(1))])
            self.assertEqual(Reply(lib.exchange(own, sign(wire))).rcode, NOERROR)
            self.assertEqual(updates.serial(own, zone), 1, "after all ones comes 1, not 0")


class Changes(unittest.TestCase):
    def test_kinds(self):
        """Adding, replacing and deleting do what RFC 2136 section 3.4.2 says, in the order of the message."""
        name = "c.upd.test"
        steps = [
            ([rr(name, A, IN, 60, a(1)), rr(name, A, IN, 60, a(2)), rr(name, TXT, IN, 60, txt("t"))],
             {"A": ["192.0.2.1", "192.0.2.2"], "TXT": ['"t"']}),
            ([rr(name, A, NONE, 0, a(1))], {"A": ["192.0.2.2"], "TXT": ['"t"']}),
            ([rr(name, A, ANY), rr(name, A, IN, 60, a(3))], {"A": ["192.0.2.3"], "TXT": ['"t"']}),
            ([rr(name, A, IN, 60, a(4)), rr(name, A, ANY)], {"A": [], "TXT": ['"t"']}),
            ([rr(name, 5, IN, 60, name_wire("x.test"))], {"CNAME": [], "TXT": ['"t"']}),
            ([rr(name, ANY, ANY), rr(name, 5, IN, 60, name_wire("x.test"))], {"CNAME": ["x.test."], "TXT": []}),
            ([rr(name, 5, IN, 60, name_wire("y.test"))], {"CNAME": ["y.test."]}),
            ([rr(name, ANY, ANY)], {"CNAME": []}),
        ]
        for number, (changes, expected) in enumerate(steps):
            with self.subTest(number):
                self.assertEqual(send_changes(*changes).rcode, NOERROR)
                for rtype, rdata in expected.items():
                    self.assertEqual(updates.records(server, name, rtype), rdata)
        self.assertEqual(lib.ask(server, name).rcode, NXDOMAIN)

    def test_ttl(self):
        """A new TTL holds for the whole RRset; one above 2^31 counts as 0."""
        name = "ttl.upd.test"
        for ttl, seen in ((60, 60), (70, 70), (0x80000001, 0)):
            self.assertEqual(send_changes(rr(name, A, IN, 60, a(1)), rr(name, A, IN, ttl, a(2))).rcode, NOERROR)
            self.assertEqual({record.ttl for record in lib.ask(server, name).answer}, {seen})

    def test_apex(self):
        """The apex keeps its SOA and a last NS."""
        zone = "apex.test"
        with updates.Server({zone: {"text": ZONE.replace("upd.test", zone), "update": updates.ALL}}) as own:
            changes = [rr(zone, ANY, ANY), *(rr(zone, NS, NONE, 0, name_wire(f"ns{n}.{zone}")) for n in (1, 2))]
            wire = sign(update_wire(zone, (), changes))
            self.assertEqual(Reply(lib.exchange(own, wire)).rcode, NOERROR)
            self.assertEqual(updates.records(own, zone, "A"), [])
            self.assertEqual(updates.records(own, zone, "NS"), [f"ns2.{zone}."])
            self.assertEqual(updates.serial(own, zone), 101)

    def test_large(self):
        """A message of nearly 64 KiB over TCP is one change; with one bad record at its end it is none."""
        before = updates.serial(server, "upd.test")
        names = [f"l{number}.large.upd.test" for number in range(1500)]
        changes = [rr(name, A, IN, 60, a(number % 256)) for number, name in enumerate(names)]
        wire = update_wire("upd.test", (), [*changes, rr("a.other", A, IN, 60, a(1))])
        self.assertGreater(len(wire), 50000)
        self.assertEqual(send(wire, transport="tcp4").rcode, updates.NOTZONE)
        self.assertEqual(lib.ask(server, names[0]).rcode, NXDOMAIN)
        self.assertEqual(send(update_wire("upd.test", (), changes), transport="tcp4").rcode, NOERROR)
        self.assertEqual(updates.serial(server, "upd.test"), before + 1)
        for number in 0, 700, 1499:
            self.assertEqual(updates.records(server, names[number], "A"), [f"192.0.2.{number % 256}"])

    def test_limits(self):
        """More records at a name than the zone allows are refused, and nothing is done."""
        zone = "limit.test"
        options = {"text": ZONE.replace("upd.test", zone), "update": updates.ALL, "records_max": 10, "types_max": 5}
        with updates.Server({zone: options}) as own:
            for sentence, changes in (("records", [rr(f"r.{zone}", A, IN, 60, a(n)) for n in range(11)]),
                                      ("types", [rr(f"r.{zone}", 4000 + n, IN, 60) for n in range(6)])):
                with self.subTest(sentence):
                    wire = updates.append(update_wire(zone, (), changes), lib.opt())
                    reply = Reply(lib.exchange(own, sign(wire)))
                    self.assertEqual(reply.rcode, REFUSED)
                    self.assertIn(f"r.{zone}", reply.ede[1])
                    self.assertEqual(lib.ask(own, f"r.{zone}").rcode, NXDOMAIN)
            self.assertEqual(updates.serial(own, zone), 100)


class Tsig(Unchanged):
    WIRE = update_wire("upd.test", (), [rr("signed.upd.test", A, IN, 60, a(1))], ident=0x1234)

    def exchange(self, request, transport="udp4"):
        return Reply(lib.exchange(server, request, transport))

    def check_error(self, request, rcode, error, key=None):
        """The RCODE and the error in TSIG; signed by a key, or (None) not signed."""
        before = updates.serial(server, "upd.test")
        for transport in "udp4", "tcp4":
            reply = self.exchange(request, transport)
            self.check(reply, rcode)
            tsig = updates.Tsig(reply)
            self.assertEqual(tsig.error, error)
            self.assertEqual([tsig.name, tsig.original_id], [updates.Tsig(Reply(request)).name, 0x1234])
            if key:
                self.assertTrue(tsig.is_right(reply, request, key), "the answer's signature")
            else:
                self.assertEqual(tsig.mac, b"")
        self.assertEqual(updates.serial(server, "upd.test"), before)
        return tsig

    def check_formerr(self, request):
        before = updates.serial(server, "upd.test")
        for transport in "udp4", "tcp4":
            reply = self.exchange(request, transport)
            self.check(reply, FORMERR)
            self.assertEqual(reply.additional, [])
        self.assertEqual(updates.serial(server, "upd.test"), before)

    def test_good(self):
        """A good signature is answered by a good one."""
        for key in KEYS:
            with self.subTest(key.algorithm):
                request = sign(update_wire("upd.test"), key)
                reply = self.exchange(request)
                self.check(reply, NOERROR)
                self.assertTrue(updates.Tsig(reply).is_right(reply, request, key))
                self.assertLess(abs(updates.Tsig(reply).time - time.time()), 10)

    def test_names(self):
        """Names of key and algorithm count in any case, and an ID that was changed on the way does not count."""
        request = sign(update_wire("upd.test"), name="K1", algorithm="HMAC-SHA256")
        self.check(self.exchange(request), NOERROR)
        request = sign(update_wire("upd.test", ident=0x1234))
        reply = self.exchange(b"\xab\xcd" + request[2:])
        self.check(reply, NOERROR)
        self.assertEqual(reply.id, 0xABCD)
        self.assertTrue(updates.Tsig(reply).is_right(reply, request))

    def test_bad_key(self):
        """A key that is unknown, or known for another algorithm: NOTAUTH, BADKEY, not signed."""
        self.check_error(sign(self.WIRE, Key("unknown")), NOTAUTH, updates.BADKEY)
        self.check_error(sign(self.WIRE, Key("k1", "hmac-sha512")), NOTAUTH, updates.BADKEY)
        self.check_error(sign(self.WIRE, algorithm="hmac-md5.sig-alg.reg.int"), NOTAUTH, updates.BADKEY)

    def test_bad_signature(self):
        """A wrong secret, or one octet changed on the way: NOTAUTH, BADSIG, not signed."""
        self.check_error(sign(self.WIRE, Key("k1", secret=b"s" * 32)), NOTAUTH, updates.BADSIG)
        good = sign(self.WIRE)
        for at in 3, len(self.WIRE) - 1:
            bad = bytearray(good)
            bad[at] ^= 0x10
            self.check_error(bytes(bad), NOTAUTH, updates.BADSIG)

    def test_bad_time(self):
        """A time too far from ours: NOTAUTH, BADTIME, signed, with both times."""
        for skew_s in -400, 400:
            request = sign(self.WIRE, skew_s=skew_s)
            tsig = self.check_error(request, NOTAUTH, updates.BADTIME, K1)
            asked = updates.Tsig(Reply(request))
            self.assertEqual([tsig.time, tsig.fudge], [asked.time, asked.fudge])
            self.assertLess(abs(int.from_bytes(tsig.other, "big") - time.time()), 10)
        self.check(self.exchange(sign(update_wire("upd.test"), skew_s=-200)), NOERROR)
        self.check(self.exchange(sign(update_wire("upd.test"), skew_s=200)), NOERROR)
        self.check_error(sign(self.WIRE, skew_s=-200, fudge=100), NOTAUTH, updates.BADTIME, K1)

    def test_bad_time_dnspython(self):
        """dnspython on a host whose clock is wrong sees BADTIME, BADKEY and BADSIG as such."""
        now = time.time()
        with unittest.mock.patch("time.time", lambda: now - 1000):
            with self.assertRaises(dns.tsig.PeerBadTime):
                updates.exchange(server, updates.message("upd.test"))
        with self.assertRaises(dns.tsig.PeerBadKey):
            updates.exchange(server, updates.message("upd.test", Key("unknown")))
        with self.assertRaises(dns.tsig.PeerBadSignature):
            updates.exchange(server, updates.message("upd.test", Key("k1", secret=b"s" * 32)))

    def test_truncated(self):
        """A MAC cut short is refused: BADTRUNC from half the hash on, FORMERR below and above the hash."""
        self.check_error(sign(self.WIRE, mac_len=16), NOTAUTH, updates.BADTRUNC, K1)
        for mac in b"", bytes(9), bytes(15), bytes(33):
            self.check_formerr(sign(self.WIRE, mac=mac))

    def test_place(self):
        """TSIG stands last, and once; else FORMERR."""
        good = sign(self.WIRE)
        self.check_formerr(updates.append(good, lib.opt()))
        self.check_formerr(sign(good))
        record = good[len(self.WIRE):]
        head = lib.header(0x1234, updates.UPDATE, 1, 0, 1, 0) + lib.question("upd.test", "SOA")
        self.check_formerr(head + record)

    def test_key_without_rule(self):
        """A key that no rule names may do nothing, and its refusal is signed."""
        request = sign(self.WIRE, NOTHING)
        reply = self.exchange(request)
        self.check(reply, REFUSED)
        self.assertTrue(updates.Tsig(reply).is_right(reply, request, NOTHING))

    def test_unsigned(self):
        """An update without a signature is refused, by UDP and TCP, over both families."""
        before = updates.serial(server, "upd.test")
        for transport in lib.TRANSPORTS:
            reply = send(self.WIRE, key=None, transport=transport)
            self.check(reply, REFUSED, "no rule lets this peer")
            self.assertEqual([record.type for record in reply.additional], [lib.TYPES["OPT"]])
        self.assertEqual(updates.serial(server, "upd.test"), before)
        self.check(send(update_wire("closed.test")), REFUSED, "no rule lets this peer")


class Policy(Unchanged):
    def try_change(self, key, *changes, source=None, transport="udp4"):
        wire = updates.append(update_wire("policy.test", (), changes), lib.opt())
        wire = sign(wire, key) if key else wire
        with lib.open_socket(server, transport, source=source) as peer:
            peer.sendall(wire if transport == "udp4" else lib.framed(wire))
            return Reply(peer.recv(65535) if transport == "udp4" else lib.read_framed(peer))

    def allow(self, key, *changes, **options):
        before = updates.serial(server, "policy.test")
        self.check(self.try_change(key, *changes, **options), NOERROR)
        self.assertEqual(updates.serial(server, "policy.test"), before + 1)

    def refuse(self, key, *changes, text="no rule permits it", **options):
        before = updates.serial(server, "policy.test")
        self.check(self.try_change(key, *changes, **options), REFUSED, text)
        self.assertEqual(updates.serial(server, "policy.test"), before)

    def test_centre(self):
        """A centre writes what is its own; what is another's is refused with name, type and reason."""
        load = ours(obs=int(time.time()), cpuf=1)
        self.allow(PCL, rr("pool.pcl.policy.test", CRES, IN, 60, ours(cpu=8)))
        self.allow(TJ, rr("cpu.tj.policy.test", CLOAD, IN, 60, load))
        self.allow(PCL, rr("a.b.c.pcl.policy.test", TXT, IN, 60, txt("deep")))
        self.allow(PCL, rr("PCL.policy.test", TXT, IN, 60, txt("itself")))
        self.refuse(PCL, rr("cpu.tj.policy.test", CLOAD, IN, 60, load), text="cpu.tj.policy.test. CLOAD")
        self.refuse(PCL, rr("cpu.tj.policy.test", CLOAD, ANY))
        self.refuse(PCL, rr("cpu.tj.policy.test", ANY, ANY))
        self.refuse(PCL, rr("xpcl.policy.test", A, IN, 60, a(1)))
        self.refuse(PCL, rr("policy.test", TXT, IN, 60, txt("apex")))

    def test_types(self):
        """A rule permits its types, and deleting a whole name only with any."""
        self.allow(TJ, rr("h.tj.policy.test", A, IN, 60, a(1)), rr("h.tj.policy.test", AAAA, IN, 60, bytes(16)))
        self.refuse(TJ, rr("h.tj.policy.test", TXT, IN, 60, txt("no")),
                    text="h.tj.policy.test. TXT: no rule permits it")
        self.refuse(TJ, rr("h.tj.policy.test", ANY, ANY))
        self.refuse(TJ, rr("h.tj.policy.test", A, IN, 60, a(2)), rr("h.tj.policy.test", TXT, IN, 60, txt("no")))
        self.assertEqual(updates.records(server, "h.tj.policy.test", "A"), ["192.0.2.1"])
        self.allow(TJ, rr("h.tj.policy.test", A, ANY), rr("h.tj.policy.test", AAAA, NONE, 0, bytes(16)))

    def test_patterns(self):
        """A star is one label, whichever; names are compared in any case."""
        self.allow(ONE, rr("x.ONE.policy.test", TXT, IN, 60, txt("1")))
        self.allow(ONE, rr("X.y.Two.policy.test", TXT, IN, 60, txt("2")))
        for name in "one", "x.y.one", "y.y.two", "x.two", "x.a.b.two":
            self.refuse(ONE, rr(f"{name}.policy.test", TXT, IN, 60, txt("no")))

    def test_source(self):
        """A rule with a network holds from there alone, by UDP and TCP; one without a key takes unsigned updates."""
        for number, transport in enumerate(("udp4", "tcp4")):
            there = {"source": "127.0.0.2", "transport": transport}
            open_to = {"source": "127.0.0.3", "transport": transport}
            net = rr("net.policy.test", A, IN, 60, a(number))
            self.allow(NET, net, **there)
            self.refuse(NET, net, text="no rule lets this peer", transport=transport)
            self.refuse(None, net, text="no rule lets this peer", **there)
            self.allow(None, rr("open.policy.test", TXT, IN, 60, txt(f"o{number}")), **open_to)
            self.allow(None, rr("policy.test", TXT, IN, 60, txt(f"o{number}")), **open_to)
            self.refuse(None, rr("open.policy.test", A, IN, 60, a(1)), **open_to)
            self.refuse(None, rr("open.policy.test", TXT, IN, 60, txt("o")), text="no rule lets", transport=transport)

    def test_prerequisites_of_strangers(self):
        """Who may change nothing learns nothing by prerequisites."""
        for needs in [rr("pcl.policy.test", ANY, ANY)], [rr("pcl.policy.test", ANY, NONE)]:
            wire = updates.append(update_wire("policy.test", needs), lib.opt())
            self.check(Reply(lib.exchange(server, wire)), REFUSED, "no rule lets this peer")
            self.check(Reply(lib.exchange(server, sign(wire, NOTHING))), REFUSED, "no rule lets this peer")

    def test_reload(self):
        """New rules hold from the reload on."""
        zone = "reload.test"
        closed = {"text": ZONE.replace("upd.test", zone), "update": [{**updates.ALL[0], "owner": ["b"]}]}
        with updates.Server({zone: closed}) as own:
            def rcode():
                wire = update_wire(zone, (), [rr(f"a.{zone}", A, IN, 60, a(77))])
                return Reply(lib.exchange(own, sign(wire))).rcode

            self.assertEqual(rcode(), REFUSED)
            own.set_zone(zone, {**own.zones[zone], "update": updates.ALL})
            self.assertTrue(own.reload())
            self.assertEqual(rcode(), NOERROR)
            self.assertEqual(len(lib.ask(own, f"a.{zone}").answer), 3)


class Compute(Unchanged):
    def check_refused(self, text, *changes):
        before = updates.serial(server, "compute.test")
        self.check(send_changes(*changes, zone="compute.test"), REFUSED, text)
        self.assertEqual(updates.serial(server, "compute.test"), before)

    def change(self, *changes):
        """One update, one serial more."""
        before = updates.serial(server, "compute.test")
        self.check(send_changes(*changes, zone="compute.test"), NOERROR)
        self.assertEqual(updates.serial(server, "compute.test"), before + 1)

    def load(self, name, **attributes):
        return rr(f"{name}.compute.test", CLOAD, IN, 30, ours(**attributes))

    def test_load(self):
        """A load moves forward in time and fits its pool; a refusal names attribute and figures."""
        now = int(time.time())
        self.change(self.load("gpu.pcl", obs=now - 10, cpuf=100, accf=8000))
        self.check_refused("obs: ", self.load("gpu.pcl", obs=now - 11, cpuf=1))
        self.check_refused("older than the stored", self.load("gpu.pcl", obs=now - 11, cpuf=1))
        self.check_refused("cpuf", self.load("gpu.pcl", obs=now, cpuf=101))
        self.check_refused("accf", self.load("gpu.pcl", obs=now, accf=8001))
        self.check_refused("in the future", self.load("gpu.pcl", obs=now + 1000, cpuf=1))
        self.check_refused("obs", self.load("gpu.pcl", cpuf=1))
        self.check_refused("needs a CRES", self.load("other.pcl", obs=now, cpuf=1))
        self.check_refused("needs a CRES", rr("gpu.pcl.compute.test", CRES, ANY))
        self.check_refused("acc", rr("n.pcl.compute.test", CRES, IN, 30, ours(accn=1000)))
        self.check_refused("cur", rr("n.pcl.compute.test", CRES, IN, 30, ours(price=5)))
        stored = ours(obs=now - 10, cpuf=100, accf=8000)
        self.assertEqual(lib.ask(server, "gpu.pcl.compute.test", CLOAD).answer[0].rdata, stored)
        self.change(self.load("gpu.pcl", obs=now - 10, cpuf=90))
        self.change(self.load("gpu.pcl", obs=now, cpuf=0))
        self.assertEqual(len(lib.ask(server, "gpu.pcl.compute.test", CLOAD).answer), 1, "it replaces the old one")

    def test_owned_names(self):
        """Names that the server writes are refused to everybody, with the reason."""
        for name in "_pool.pcl", "_compute._tcp", "_ai._sub._compute._tcp", "_new._sub._compute._tcp", "_pool.new":
            for change in (rr(f"{name}.compute.test", 12, IN, 60, name_wire("x.test")),
                           rr(f"{name}.compute.test", TXT, IN, 60, txt("x")), rr(f"{name}.compute.test", ANY, ANY)):
                self.check_refused(f"{name}.compute.test. ", change)
                self.check_refused("the server alone writes this name", change)
        for name in "find", "cpu-8.find":
            self.check_refused("the server computes what this name answers", rr(f"{name}.compute.test", A, IN, 60, a(1)))
            reply = send_changes(rr(f"{name}.compute.test", ANY, ANY), zone="compute.test")
            self.assertEqual(reply.rcode, NOERROR)  # what is there from before may go
        for change in (rr("pcl.compute.test", TXT, IN, 60, txt("x")), rr("gpu.pcl.compute.test", TXT, ANY)):
            self.check_refused("the server alone writes TXT", change)
        self.change(rr("plain.compute.test", TXT, IN, 60, txt("x")))

    def names(self, zone_records, name, rtype):
        owner = f"{name}.compute.test."
        return sorted(record[3] for record in zone_records if record[0] == owner and record[2] == rtype)

    def test_index_follows(self):
        """Lists and mirror follow a new centre, its load and its end, each under the very next serial."""
        now = int(time.time())
        pool = "x.new.compute.test."
        self.change(rr("new.compute.test", CENTRE, IN, 60, ours(kind=b"\1", region="310000")),
                    rr("x.new.compute.test", CRES, IN, 60, ours(cpu=8)))
        found = updates.axfr(server, "compute.test")
        for name in "_pool.new", "_compute._tcp", "_ai._sub._compute._tcp":
            self.assertIn(pool, self.names(found, name, 12), name)
        self.assertIn("cputotal=8", self.names(found, "x.new", TXT)[0])
        self.assertIn("kind=ai", self.names(found, "new", TXT)[0])
        self.assertIn('"total=', self.names(found, "_compute._tcp", TXT)[0])

        self.change(self.load("x.new", obs=now, cpuf=5))
        self.assertIn("cpuf=5", self.names(updates.axfr(server, "compute.test"), "x.new", TXT)[0])
        self.assertIn("cpuf=5", updates.records(server, "x.new.compute.test", "TXT")[0])

        self.change(rr("x.new.compute.test", ANY, ANY))
        found = updates.axfr(server, "compute.test")
        for name in "_pool.new", "_compute._tcp", "_ai._sub._compute._tcp":
            self.assertNotIn(pool, self.names(found, name, 12), name)
        self.assertEqual(lib.ask(server, "x.new.compute.test", "TXT").rcode, NXDOMAIN)
        self.change(rr("new.compute.test", ANY, ANY))
        self.assertEqual(lib.ask(server, "new.compute.test", "TXT").rcode, NXDOMAIN)

    def test_bad_neighbour(self):
        """A name so full that its mirror has no room spoils nobody else's update."""
        zone = "full.test"
        options = {"text": COMPUTE.replace("compute.test", zone), "index": True, "update": updates.ALL,
                   "types_max": 5}
        with updates.Server({zone: options}) as own:
            full = [rr(f"f.{zone}", 4000 + n, IN, 60) for n in range(4)]
            full.append(rr(f"f.{zone}", CENTRE, IN, 60, ours(kind=b"\1")))
            good = [rr(f"good.{zone}", A, IN, 60, a(1))]
            wires = [update_wire(zone, (), changes, ident=n) for n, changes in enumerate((good, full, good))]
            with lib.open_socket(own, "tcp4") as peer:
                peer.sendall(b"".join(lib.framed(sign(wire)) for wire in wires))
                found = dict((reply.id, reply.rcode) for reply in (Reply(lib.read_framed(peer)) for _ in wires))
            self.assertEqual([found[0], found[2]], [NOERROR, NOERROR])
            self.assertIn(found[1], (NOERROR, REFUSED))
            self.assertEqual(len(lib.ask(own, f"good.{zone}").answer), 1)


class Transport(unittest.TestCase):
    def replies(self, peer, count):
        """So many replies of a connection by their ID."""
        found = {}
        for _ in range(count):
            wire = lib.read_framed(peer)
            self.assertIsNotNone(wire, "the server closed the connection")
            reply = Reply(wire)
            self.assertNotIn(reply.id, found)
            found[reply.id] = reply
        return found

    def test_between_queries(self):
        """An update between two queries on one TCP connection: all are answered, and the connection lives on."""
        update = sign(update_wire("upd.test", (), [rr("tcp.upd.test", A, IN, 60, a(1))], ident=2))
        wires = [lib.query("a.upd.test", ident=1), update, lib.query("ns1.upd.test", ident=3)]
        for transport in [name for name in lib.TRANSPORTS if name.startswith("tcp")]:
            with lib.open_socket(server, transport) as peer:
                peer.sendall(b"".join(map(lib.framed, wires)))
                found = self.replies(peer, 3)
                self.assertEqual({ident: reply.rcode for ident, reply in found.items()}, {1: 0, 2: 0, 3: 0})
                self.assertEqual([len(found[1].answer), len(found[2].answer), len(found[3].answer)], [2, 0, 1])
                self.assertTrue(updates.Tsig(found[2]).is_right(found[2], update))
                peer.sendall(lib.framed(lib.query("tcp.upd.test", ident=4)))
                self.assertEqual(len(self.replies(peer, 1)[4].answer), 1)

    def test_pipelined(self):
        """Hundreds of updates in one go on a TCP connection are all answered and done."""
        count = 400
        wires = [sign(update_wire("upd.test", (), [rr(f"p{n}.pipe.upd.test", A, IN, 60, a(n % 256))], ident=n))
                 for n in range(count)]
        with lib.open_socket(server, "tcp4", 20) as peer:
            peer.sendall(b"".join(map(lib.framed, wires)))
            self.assertEqual({reply.rcode for reply in self.replies(peer, count).values()}, {NOERROR})
        for n in 0, 200, 399:
            self.assertEqual(updates.records(server, f"p{n}.pipe.upd.test", "A"), [f"192.0.2.{n % 256}"])

    def test_closed_early(self):
        """A peer that leaves before its answers hurts nobody; what it sent may be done or not, but whole."""
        for number in range(20):
            changes = [rr(f"{side}{number}.early.upd.test", A, IN, 60, a(1)) for side in ("left", "right")]
            wire = lib.framed(sign(update_wire("upd.test", (), changes)))
            with lib.open_socket(server, "tcp4") as peer:
                peer.sendall(wire)
        self.assertEqual(send_changes(rr("late.upd.test", A, IN, 60, a(1))).rcode, NOERROR)
        for number in range(20):
            names = [f"{side}{number}.early.upd.test" for side in ("left", "right")]
            # it may be done between two questions, but not stay half done
            lib.until(lambda: len({len(lib.ask(server, name).answer) for name in names}) == 1, "done whole, or not")

    def test_repeated(self):
        """The same signed message again is answered again, but done once."""
        for transport in "udp4", "tcp4":
            name = f"once-{transport}.upd.test"
            before = updates.serial(server, "upd.test")
            wire = sign(update_wire("upd.test", [rr(name, ANY, NONE)], [rr(name, A, IN, 60, a(1))]))
            for _ in range(3):
                reply = Reply(lib.exchange(server, wire, transport))
                self.assertEqual(reply.rcode, NOERROR)
                self.assertTrue(updates.Tsig(reply).is_right(reply, wire))
            self.assertEqual(updates.serial(server, "upd.test"), before + 1)
        again = sign(update_wire("upd.test", [rr(name, ANY, NONE)], [rr(name, A, IN, 60, a(1))]), fudge=299)
        for _ in range(2):  # another message is another update, and its refusal is repeated, too
            self.assertEqual(Reply(lib.exchange(server, again)).rcode, updates.YXDOMAIN)

    def test_repeated_at_once(self):
        """A burst of copies of one message is one update, whichever of them share a commit."""
        for number in range(20):
            name = f"burst{number}.upd.test"
            before = updates.serial(server, "upd.test")
            wire = sign(update_wire("upd.test", [rr(name, ANY, NONE)], [rr(name, A, IN, 60, a(1))]))
            with lib.open_socket(server, "tcp4") as peer:
                peer.sendall(20 * lib.framed(wire))
                rcodes = [Reply(lib.read_framed(peer)).rcode for _ in range(20)]
            self.assertEqual(set(rcodes), {NOERROR})
            self.assertEqual(updates.serial(server, "upd.test"), before + 1)

    def test_one_group(self):
        """Updates of one burst each get their own verdict, in the order in which they came."""
        with lib.open_socket(server, "tcp4") as peer:
            for round_number in range(20):
                name = f"g{round_number}.group.upd.test"
                made = [rr(name, A, IN, 60, a(1))]
                rows = [
                    (update_wire("upd.test", [rr(name, ANY, ANY)], made, ident=0), NXDOMAIN),
                    (update_wire("upd.test", [rr(name, ANY, NONE)], made, ident=1), NOERROR),
                    (update_wire("upd.test", [rr(name, ANY, NONE)], made, ident=2), updates.YXDOMAIN),
                    (update_wire("upd.test", (), [rr(name, ANY, ANY), rr("a.other", A, IN, 1, a(1))], ident=3),
                     updates.NOTZONE),
                    (update_wire("policy.test", (), made, ident=4), REFUSED),
                    (update_wire("upd.test", [rr(name, A, IN, 0, a(1))], [rr(name, A, IN, 60, a(2))], ident=5),
                     NOERROR),
                ]
                peer.sendall(b"".join(lib.framed(sign(wire)) for wire, _ in rows))
                found = self.replies(peer, len(rows))
                self.assertEqual([found[ident].rcode for ident in range(len(rows))], [rcode for _, rcode in rows])
                self.assertEqual(updates.records(server, name, "A"), ["192.0.2.1", "192.0.2.2"])


if __name__ == "__main__":
    lib.main()
