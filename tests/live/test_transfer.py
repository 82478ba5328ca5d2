#!/usr/bin/python3
"""Can every standard server and client fetch a zone, one whole version of it, while it goes on changing?

AXFR by dig, kdig and dnspython with and without TSIG, refusals, peers that read slowly, and Knot, NSD and BIND
as secondaries that fetch when they start.
"""
import re
import socket
import threading
import time
import unittest

import lib
import secondaries
import updates
from lib import AA, FORMERR, NOERROR, NOTAUTH, QR, RD, REFUSED, TYPES, Reply, u32
from updates import ANY, IN, K1, Key, rr, sign, update_wire

if updates.dns:
    import dns.query
    import dns.zone

ZONE = f"""
$ORIGIN all.test.
$TTL 300
@         SOA   ns1 Host 2026 7200 3600 1209600 60
@         NS    ns1
@         NS    ns.sub
@         MX    10 mail
ns1       A     192.0.2.1
ns1       AAAA  2001:db8::1
mail 60   A     192.0.2.2
Upper     TXT   "Upper" "case"
a.b.c     TXT   ""
*.wild    A     192.0.2.3
alias     CNAME www.elsewhere.example.
dn        DNAME elsewhere.example.
sub       NS    ns.sub
sub       DS    1 13 2 {64 * "a"}
ns.sub    A     192.0.2.53
_sip._tcp SRV   0 5 5060 mail
svc       SVCB  1 . alpn=h2 port=8443
loc       LOC   22 32 0.000 N 114 3 0.000 E 10m
odd\\.dot  TYPE4711 \\# 3 0a0b0c
""" + "".join(f'many{number} TXT "{200 * "x"}{number}"\n' for number in range(200))
SMALL = """
$ORIGIN {zone}.
$TTL 300
@   SOA ns1 host {serial} 7200 3600 1209600 60
@   NS  ns1
ns1 A   192.0.2.1
"""
BIG = f'big TYPE4711 \\# 60000 {60000 * "ab"}\nafter.big A 192.0.2.1\n'
LARGE_NAMES = 20000  # of centres and their pools


def large_zone():
    """Centres with addresses and pools with what they offer, as registrars have them."""
    lines = [SMALL.format(zone="large.test", serial=7).rstrip("\n")]
    for number in range(LARGE_NAMES // 2):
        a, b = number // 250, number % 250
        kind = ("ai", "hpc", "cloud", "edge")[number % 4]
        lines += [f"c{number} CENTRE . kind={kind} region={440000 + number % 500}",
                  f"c{number} A 10.1.{a}.{b}", f"c{number} AAAA 2001:db8::{number:x}",
                  f"p.c{number} CRES . cpu={number + 64} mem=4t acc=ascend-910b accn=8",
                  f"p.c{number} CLOAD . obs=1767225600 cpuf={number % 64} run={number % 9}",
                  f"p.c{number} SVCB 1 c{number} port={6000 + b}"]
    return "\n".join(lines) + "\n"


def heavy_zone():
    """Ten megabytes: more than systems keep on the way to a peer that does not read."""
    texts = " ".join(f'"{200 * letter}"' for letter in "abcdefghij")
    return SMALL.format(zone="heavy.test", serial=1) + "".join(f"t{number} TXT {texts}\n" for number in range(5000))


K2 = Key("k2", "hmac-sha512")
FETCH_RULES = [{"key": "k2"}, {"source": ["127.0.0.1"]}]


def setUpModule():
    global server, compute
    updates.need_dnspython()
    zones = {
        "all.test": {"text": ZONE, "transfer": FETCH_RULES},
        "large.test": {"text": large_zone(), "transfer": FETCH_RULES, "update": updates.ALL},
        "big.test": {"text": SMALL.format(zone="big.test", serial=1) + BIG, "transfer": FETCH_RULES},
        "heavy.test": {"text": heavy_zone(), "transfer": FETCH_RULES, "update": updates.ALL},
        "closed.test": {"text": SMALL.format(zone="closed.test", serial=1)},
        "keyed.test": {"text": SMALL.format(zone="keyed.test", serial=1),
                       "transfer": [{"key": "k2", "source": ["127.0.0.1"]}]},
        "old.test": {"text": SMALL.format(zone="old.test", serial=0xFFFFFFF0), "transfer": FETCH_RULES},
    }
    server = updates.Server(zones, [K1, K2], tcp_stall_s=3).start()
    sample = {"file": lib.sample_zone(lib.fresh_folder()), "index": True, "transfer": updates.FETCH}
    compute = updates.Server({"compute.gba": sample}).start()


def tearDownModule():
    server.stop()
    compute.stop()


# --- printed transfers ----------------------------------------------------------------------------


def normal(text):
    """The records of a printed transfer as sorted lines: blanks, quotes, parts of hex, letters' cases and TSIG
    do not count."""
    lines = []
    for line in text.lower().splitlines():
        if not line or line.startswith(";"):
            continue
        owner, ttl, _, rtype, rdata = (line.replace('"', "").split(None, 4) + [""])[:5]
        if rtype.startswith("type"):
            words = rdata.split()
            rdata = " ".join([*words[:2], "".join(words[2:])])
        elif rtype == "loc":
            rdata = re.sub(r"\.0+\b|\.00m", lambda zeros: "m" if zeros.group().endswith("m") else "", rdata)
        elif rtype == "ds":
            rdata = rdata.replace(" ", "")
        if rtype != "tsig":
            lines.append(f"{owner} {ttl} {rtype} {' '.join(rdata.split())}")
    return sorted(lines)


def dig_axfr(peer, zone, *args):
    lib.need("dig")
    where = ["@127.0.0.1", "-p", str(peer.port)]
    return lib.run(["dig", *where, "-r", f"+time={lib.DEADLINE_S}", "+tries=1", *args, "axfr", zone]).stdout


def kdig_axfr(peer, zone, *args):
    lib.need("kdig")
    where = ["@127.0.0.1", "-p", str(peer.port)]
    return lib.run(["kdig", *where, f"+timeout={lib.DEADLINE_S}", "+retry=0", *args, "axfr", zone]).stdout


# --- transfers as octets --------------------------------------------------------------------------


def request(zone, rtype="AXFR", serial=None, ident=0x1234, flags=0):
    """AXFR, or IXFR from a serial."""
    if serial is None:
        return lib.header(ident, flags, 1) + lib.question(zone, rtype)
    soa = rr(zone, "SOA", IN, 0, b"\0\0" + u32(serial) + bytes(16))
    return lib.header(ident, flags, 1, ns=1) + lib.question(zone, rtype) + soa


class Transfer:
    """A transfer under way on a connection; messages are read when asked for. small: little is on its way."""

    def __init__(self, on, wire, small=False, source=None):
        self.peer = socket.socket()
        self.peer.settimeout(lib.DEADLINE_S)
        if small:
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if source:
            self.peer.bind((source, 0))
        self.peer.connect(("127.0.0.1", on.port))
        self.peer.sendall(lib.framed(wire))
        self.messages, self.soas = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def next(self):
        """The next message, or None behind the last one."""
        if self.soas == 2:
            return None
        wire = lib.read_framed(self.peer)
        if wire is None:
            raise AssertionError(f"the server ended the transfer after {len(self.messages)} messages")
        self.messages.append(Reply(wire))
        self.soas += self.messages[-1].types(self.messages[-1].answer).count(TYPES["SOA"])
        if self.messages[-1].rcode or len(self.messages) == 1 and self.soas == 0:
            raise AssertionError(f"no transfer: rcode {self.messages[-1].rcode} {self.messages[-1].ede}")
        return self.messages[-1]

    def all(self):
        """All records."""
        while self.next():
            pass
        return [record for message in self.messages for record in message.answer]


def fetch(on, zone, **options):
    with Transfer(on, request(zone), **options) as transfer:
        return transfer.all()


def texts_of(records):
    """owner -> text of TXT records of one string each."""
    return {record.owner: record.rdata[1:].decode() for record in records if record.type == TYPES["TXT"]}


class Clients(unittest.TestCase):
    maxDiff = 2000

    def test_same_for_all(self):
        """dig and kdig see the same zone, SOA first and last; suanyu counts as many records."""
        for peer, zone in (server, "all.test"), (server, "large.test"), (compute, "compute.gba"):
            with self.subTest(zone):
                by_dig, by_kdig = dig_axfr(peer, zone), kdig_axfr(peer, zone)
                records = [line for line in by_dig.splitlines() if line and not line.startswith(";")]
                self.assertEqual(records[0].split(), records[-1].split())
                self.assertIn("SOA", records[0].split())
                self.assertEqual(normal(by_dig), normal(by_kdig))
                self.assertEqual(self.count_of(peer, zone), len(records) - 1)

    def count_of(self, peer, name):
        rows = peer.control("zone list")[1]["zones"]
        return next(row["records"] for row in rows if row["name"] == f"{name}.")

    def test_content(self):
        """dnspython fetches what the zone file says, no record more and none less."""
        wanted = dns.zone.from_text(ZONE, "all.test.", relativize=False, check_origin=False)
        found = dns.zone.from_xfr(dns.query.xfr("127.0.0.1", "all.test", port=server.port, relativize=False),
                                  relativize=False)
        self.assertEqual(set(wanted.iterate_rdatas()), set(found.iterate_rdatas()))

    def test_signed(self):
        """dig, kdig and dnspython fetch the same with TSIG, and find every message signed."""
        plain = dig_axfr(server, "large.test")
        for key in K1, K2:
            by_dig = dig_axfr(server, "large.test", "-y", key.of_bind)
            self.assertNotIn("verify", by_dig)
            self.assertIn("TSIG", by_dig)
            self.assertEqual(normal(by_dig), normal(plain))
            by_kdig = kdig_axfr(server, "all.test", "-y", key.of_bind)
            self.assertNotIn("WARNING", by_kdig)
            self.assertEqual(normal(by_kdig), normal(kdig_axfr(server, "all.test")))
            self.assertEqual(updates.axfr(server, "all.test", key), updates.axfr(server, "all.test"))

    def test_signed_with_right(self):
        """A rule with a key lets in who signs with it, and nobody else from the same address."""
        self.assertEqual(len(updates.axfr(server, "keyed.test", K2)), 4)
        self.assertIn("Transfer failed", dig_axfr(server, "keyed.test"))
        self.assertIn("Transfer failed", dig_axfr(server, "keyed.test", "-y", K1.of_bind))

    def test_counters(self):
        """A transfer is counted."""
        with Transfer(server, request("old.test")) as transfer:
            transfer.all()
        octets = sum(len(message.wire) for message in transfer.messages)
        with server.counts(transfer_axfr=1, transfer_octets=octets, query_tcp4=1, tcp_message=1, tcp_opened=1,
                           cookie_none=1):
            fetch(server, "old.test")


class Messages(unittest.TestCase):
    def test_form(self):
        """Every message says whose it is; the question stands in the first, the SOA at both ends and nowhere else."""
        for flags in 0, RD:
            with Transfer(server, request("large.test", ident=0xABCD, flags=flags)) as transfer:
                records = transfer.all()
                self.assertGreater(len(transfer.messages), 50)
                heads = {(message.id, message.flags) for message in transfer.messages}
                self.assertEqual(heads, {(0xABCD, QR | AA | flags)})
                self.assertEqual(transfer.messages[0].questions, [lib.question("large.test", "AXFR")])
                self.assertEqual({(*message.counts[2:],) for message in transfer.messages}, {(0, 0)})
                soas = [number for number, record in enumerate(records) if record.type == TYPES["SOA"]]
                self.assertEqual(soas, [0, len(records) - 1])
                transfer.peer.sendall(lib.framed(lib.query("large.test", "SOA", ident=7)))
                self.assertEqual(Reply(lib.read_framed(transfer.peer)).id, 7, "the connection lives on")

    def test_every_message_signed(self):
        """Every message of a signed transfer ends in its own TSIG, whose time is that of the message."""
        with Transfer(server, sign(request("heavy.test"), K2), small=True) as transfer:
            first = updates.Tsig(transfer.next())
            time.sleep(1.5)
            while transfer.next():
                pass
            signatures = [updates.Tsig(message) for message in transfer.messages]
            self.assertEqual(len({signature.mac for signature in signatures}), len(transfer.messages))
            self.assertEqual({signature.original_id for signature in signatures}, {0x1234})
            self.assertGreater(signatures[-1].time, first.time, "a reader may take longer than the fudge")
            additional = {tuple(message.types(message.additional)) for message in transfer.messages}
            self.assertEqual(additional, {(TYPES["TSIG"],)})

    def test_large_record(self):
        """A record that is longer than usual messages gets a long one, signed or not; the rest follows."""
        for wire in request("big.test"), sign(request("big.test"), K2):
            with Transfer(server, wire) as transfer:
                owners = sorted(record.owner for record in transfer.all())
                self.assertEqual(owners, ["after.big.big.test", "big.big.test", *3 * ["big.test"], "ns1.big.test"])
                self.assertEqual(len([message for message in transfer.messages if len(message.wire) > 60000]), 1)

    def test_largest_record(self):
        """The largest record that an update can bring can be transferred with a signature."""
        zone = "huge.test"
        options = {"text": SMALL.format(zone=zone, serial=1), "update": updates.ALL, "transfer": updates.FETCH}
        with updates.Server({zone: options}) as own:
            size = 65535
            while size > 64000:
                wire = sign(update_wire(zone, (), [rr(f"b.{zone}", 4711, IN, 60, bytes(size))]))
                if len(wire) <= 65535 and Reply(lib.exchange(own, wire, "tcp4")).rcode == NOERROR:
                    break
                size -= 1
            self.assertGreater(size, 64000)
            self.assertIn(("b.huge.test.", 60, 4711), [record[:3] for record in updates.axfr(own, zone, K1)])

    def test_beside_queries(self):
        """Two transfers and two queries on one connection are all answered, each message by its ID."""
        wires = [lib.query("all.test", "SOA", ident=1), request("all.test", ident=2),
                 lib.query("old.test", "NS", ident=3), request("large.test", ident=4),
                 lib.query("large.test", "NS", ident=5)]
        with lib.open_socket(server, "tcp4", lib.DEADLINE_S) as peer:
            peer.sendall(b"".join(map(lib.framed, wires)))
            found = {ident: [] for ident in range(1, 6)}
            while min(found[ident].count(TYPES["SOA"]) for ident in (2, 4)) < 2 or not all(found.values()):
                reply = Reply(lib.read_framed(peer))
                found[reply.id] += reply.types(reply.answer)
        self.assertEqual([found[1], found[3], found[5]], [[TYPES["SOA"]], [TYPES["NS"]], [TYPES["NS"]]])
        self.assertEqual(len(found[2]), len(fetch(server, "all.test")))
        self.assertEqual(len(found[4]), len(fetch(server, "large.test")))

    def test_left_early(self):
        """Peers that leave amid their transfers leave nothing behind."""
        for number in range(100):
            with Transfer(server, request("large.test")) as transfer:
                if number % 2:
                    transfer.next()
        self.assertEqual(len(fetch(server, "old.test")), 4)
        lib.until(lambda: self.connections() <= 1, "their connections are gone")

    def connections(self):
        counters = server.counters()
        return counters["tcp_opened"] - sum(counters[f"tcp_{why}"] for why in
                                            ("closed", "error", "evicted", "malformed", "timeout"))

    def test_ixfr(self):
        """IXFR gets the SOA alone when it is up to date, ahead, or came by UDP; else the whole zone."""
        rows = [
            ("up to date", "all.test", 2026, 1),
            ("ahead", "all.test", 2027, 1),
            ("far ahead", "all.test", 2026 + 0x7FFFFFFF, 1),
            ("behind", "all.test", 2025, 2),
            ("behind by serial arithmetic", "all.test", 2026 + 0x80000001, 2),
            ("behind across the wrap", "old.test", 0xFFFFFFEF, 2),
            ("ahead across the wrap", "old.test", 3, 1),
        ]
        for sentence, zone, serial, soas in rows:
            for key in None, K2:
                with self.subTest(sentence, key=bool(key)):
                    wire = request(zone, "IXFR", serial)
                    wire = sign(wire, key) if key else wire
                    if soas == 1:
                        reply = Reply(lib.exchange(server, wire, "tcp4"))
                        self.assertEqual([reply.rcode, reply.types(reply.answer)], [NOERROR, [TYPES["SOA"]]])
                    else:
                        with Transfer(server, wire) as transfer:
                            self.assertEqual(len(transfer.all()), len(fetch(server, zone)))
                            self.assertEqual(transfer.messages[0].questions, [lib.question(zone, "IXFR")])
                    reply = Reply(lib.exchange(server, wire, "udp4"))
                    self.assertEqual([reply.rcode, reply.types(reply.answer)], [NOERROR, [TYPES["SOA"]]])

    def test_ixfr_clients(self):
        """dig and kdig ask for IXFR and take the whole zone as its answer."""
        for client in "dig", "kdig":
            lib.need(client)
            done = lib.run([client, "@127.0.0.1", "-p", str(server.port), "+tcp", "-t", "ixfr=1", "all.test"])
            self.assertEqual(normal(done.stdout), normal(dig_axfr(server, "all.test")))


class Refusals(unittest.TestCase):
    def check(self, sentence, wire, rcode, text="", transport="tcp4", source=None):
        with self.subTest(sentence), lib.open_socket(server, transport, source=source) as peer:
            wire = updates.append(wire, lib.opt()) if text else wire
            peer.sendall(wire if transport == "udp4" else lib.framed(wire))
            reply = Reply(peer.recv(65535) if transport == "udp4" else lib.read_framed(peer))
            self.assertEqual([reply.rcode, reply.answer], [rcode, []])
            if text:
                self.assertIn(text, reply.ede[1])
            return reply

    def test_refused(self):
        """Who has no right gets REFUSED with the reason, for AXFR and IXFR, over TCP and UDP."""
        why = "no rule lets this peer fetch the zone"
        for rtype, serial in ("AXFR", None), ("IXFR", 0), ("IXFR", 1):
            self.check("a closed zone", request("closed.test", rtype, serial), REFUSED, why)
            self.check("from elsewhere", request("all.test", rtype, serial), REFUSED, why, source="127.0.0.2")
            self.check("without the key", request("keyed.test", rtype, serial), REFUSED, why)
        self.check("IXFR by UDP", request("closed.test", "IXFR", 1), REFUSED, why, "udp4")
        unsigned = Transfer(server, sign(request("keyed.test"), K2), source="127.0.0.2")
        with self.assertRaisesRegex(AssertionError, "rcode 5"), unsigned:
            unsigned.all()

    def test_wrong(self):
        """A zone that is not here is NOTAUTH; AXFR by UDP and IXFR without a SOA are FORMERR."""
        self.check("below a zone", request("a.all.test"), NOTAUTH, "no zone of this name")
        self.check("not served", request("nowhere.test"), REFUSED)
        self.check("AXFR by UDP", request("all.test"), FORMERR, transport="udp4")
        self.check("IXFR without SOA", request("all.test", "IXFR"), FORMERR)

    def test_signature(self):
        """A wrong signature ends before any right is looked at."""
        for key, error in (Key("unknown"), updates.BADKEY), (Key("k2", "hmac-sha512", b"x" * 64), updates.BADSIG):
            reply = self.check(error, sign(request("all.test"), key), NOTAUTH)
            self.assertEqual(updates.Tsig(reply).error, error)


class Slow(unittest.TestCase):
    def test_holds_nobody(self):
        """Many peers that do not read keep nobody from queries, updates and transfers of their own."""
        wires = [request("heavy.test") for _ in range(20)]
        slow = [Transfer(server, wire, small=True) for wire in wires]
        try:
            for transfer in slow:
                transfer.next()
            started = time.monotonic()
            for number in range(50):
                self.assertEqual(lib.ask(server, "all.test", "SOA", "udp4" if number % 2 else "tcp4").rcode, NOERROR)
            update = update_wire("heavy.test", (), [rr("slow.heavy.test", 1, IN, 60, bytes(4))])
            self.assertEqual(Reply(lib.exchange(server, sign(update))).rcode, NOERROR)
            self.assertGreater(len(fetch(server, "large.test")), LARGE_NAMES)
            self.assertLess(time.monotonic() - started, lib.DEADLINE_S)
        finally:
            for transfer in slow:
                transfer.peer.close()

    def test_too_many(self):
        """Beyond 64 transfers at one time a peer is told to come back, and may when others are through."""
        slow = [Transfer(server, request("heavy.test"), small=True) for _ in range(64)]
        try:
            for transfer in slow:
                transfer.next()
            reply = Reply(lib.exchange(server, updates.append(request("heavy.test"), lib.opt()), "tcp4"))
            self.assertEqual(reply.rcode, lib.SERVFAIL)
            self.assertIn("too many transfers", reply.ede[1])
        finally:
            for transfer in slow:
                transfer.peer.close()

        def is_free():
            return Reply(lib.exchange(server, request("old.test"), "tcp4")).rcode == NOERROR

        lib.until(is_free, "transfers are taken again")

    def test_reads_at_last(self):
        """A peer that reads slowly gets the version of its beginning, whatever has become of the zone since."""
        before = fetch(server, "heavy.test")
        with Transfer(server, request("heavy.test"), small=True) as transfer:
            transfer.next()
            for number in range(20):
                changes = [rr(f"t{number}.heavy.test", ANY, ANY), rr(f"n{number}.heavy.test", 1, IN, 60, bytes(4))]
                update = sign(update_wire("heavy.test", (), changes))
                self.assertEqual(Reply(lib.exchange(server, update)).rcode, NOERROR)
                transfer.next()
            late = transfer.all()
        self.assertEqual(self.keys(late), self.keys(before))
        after = self.keys(fetch(server, "heavy.test"))
        self.assertNotEqual(after, self.keys(before))
        self.assertIn(("n19.heavy.test", 60, 1), after)

    def keys(self, records):
        return sorted((record.owner, record.ttl, record.type) for record in records)

    def test_never_reads(self):
        """A peer that does not read at all is cut off."""
        before = server.counters()["tcp_timeout"]
        with Transfer(server, request("heavy.test"), small=True):
            lib.until(lambda: server.counters()["tcp_timeout"] > before, "it is cut off")


class Moving(unittest.TestCase):
    def publish(self, on, zone, stop, failed):
        """Change pairs of names, both in one update, many in flight, until told to stop."""
        number, waiting = 0, 0
        with lib.open_socket(on, "tcp4", lib.DEADLINE_S) as peer:
            while not stop.is_set():
                while waiting < 32:
                    number, waiting = number + 1, waiting + 1
                    text = str(number).encode()
                    names = [f"{side}{number % 50}.{zone}" for side in ("left", "right")]
                    changes = [change for name in names for change in
                               (rr(name, "TXT", ANY), rr(name, "TXT", IN, 60, bytes([len(text)]) + text))]
                    peer.sendall(lib.framed(sign(update_wire(zone, (), changes))))
                waiting -= 1
                if Reply(lib.read_framed(peer)).rcode != NOERROR:
                    failed.append("an update was refused")
                    return

    def test_consistent(self):
        """Every transfer amid updates is one committed version: SOAs are equal, and so are names changed together."""
        zone = "moving.test"
        filling = "".join(f"fill{number} TXT {200 * 'x'}\n" for number in range(3000))
        options = {"text": SMALL.format(zone=zone, serial=1) + filling, "update": updates.ALL,
                   "transfer": updates.FETCH}
        with updates.Server({zone: options}, in_memory=True) as own:
            stop, failed, serials = threading.Event(), [], []
            writer = threading.Thread(target=self.publish, args=(own, zone, stop, failed))
            writer.start()
            try:
                end = time.monotonic() + 10
                while len(serials) < 2 or (len(serials) < 40 and time.monotonic() < end):
                    if serials:
                        lib.until(lambda: updates.serial(own, zone) != serials[-1], "the zone moves")
                    with Transfer(own, request(zone), small=len(serials) % 2 == 0) as transfer:
                        records = transfer.all()
                    self.assertEqual(records[0].rdata[-20:], records[-1].rdata[-20:])
                    serials.append(updates.soa_serial(records[0], zone))
                    texts = texts_of(records)
                    self.assertEqual(len([owner for owner in texts if owner.startswith("fill")]), 3000)
                    for owner, text in texts.items():
                        if owner.startswith("left"):
                            self.assertEqual(text, texts[owner.replace("left", "right")], f"serial {serials[-1]}")
            finally:
                stop.set()
                writer.join()
            self.assertEqual(failed, [])
            self.assertEqual(serials, sorted(serials))
            self.assertEqual(len(set(serials)), len(serials), "the zone moved meanwhile")


class Secondaries(unittest.TestCase):
    def check(self, name, primary, zones, key):
        lib.need(secondaries.KINDS[name].program)
        peer = secondaries.KINDS[name](primary, zones, key)
        as_key = ["-y", key.of_bind] if key else []
        try:
            peer.start()
            for zone in zones:
                with self.subTest(zone, secondary=name):
                    ours, theirs = normal(dig_axfr(primary, zone, *as_key)), normal(dig_axfr(peer, zone))
                    self.assertGreater(len(ours), 3)
                    if ours != theirs:
                        missing, extra = set(ours) - set(theirs), set(theirs) - set(ours)
                        missing, extra = (str(sorted(lines)[:5])[:1000] for lines in (missing, extra))
                        self.fail(f"missing there: {missing}\nonly there: {extra}")
        finally:
            peer.stop()

    def test_bind(self):
        """BIND fetches our zones when it starts, and holds what we hold."""
        self.check("Bind", server, ["all.test", "big.test", "large.test"], None)
        self.check("Bind", compute, ["compute.gba"], None)

    def test_bind_signed(self):
        """BIND fetches our zones with TSIG."""
        self.check("Bind", server, ["all.test", "large.test", "keyed.test"], K2)

    def test_knot(self):
        """Knot fetches our zones when it starts, and holds what we hold."""
        self.check("Knot", server, ["all.test", "big.test", "large.test"], None)
        self.check("Knot", compute, ["compute.gba"], None)

    def test_knot_signed(self):
        """Knot fetches our zones with TSIG."""
        self.check("Knot", server, ["all.test", "large.test", "keyed.test"], K2)

    def test_nsd(self):
        """NSD fetches our zones when it starts, by AXFR and by IXFR, and holds what we hold."""
        self.check("Nsd", server, ["all.test", "large.test"], None)
        self.check("NsdAxfr", server, ["all.test", "large.test"], None)
        self.check("Nsd", compute, ["compute.gba"], None)

    def test_nsd_signed(self):
        """NSD fetches our zones with TSIG."""
        self.check("Nsd", server, ["all.test", "large.test", "keyed.test"], K2)


if __name__ == "__main__":
    lib.main()
