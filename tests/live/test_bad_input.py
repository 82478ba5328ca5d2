#!/usr/bin/python3
"""Does any octet from outside hurt the server? Malformed messages of every kind, each followed by a good one.

The good one must be answered at once; what comes back for the malformed one must be a whole message with QR
set, not longer than a client without EDNS takes, or nothing where nothing may be said.
"""
import contextlib
import os
import random
import re
import socket
import unittest

import lib
from lib import FORMERR, NOERROR, NXDOMAIN, QR, TYPES, Reply, framed, header, name_wire, opt, option, query, question
from lib import u16, u32

ZONE = "compute.gba"
CORPUS = os.path.join(lib.TOP, "tests", "fuzz", "corpus")
GOOD = query(ZONE, "SOA", ident=0xFEED)
RCODES = set(range(0, 11)) | {16, 23}
TSIG_FIXED = bytes.fromhex("00006100aa00012c")


def setUpModule():
    global server
    zone = {"file": lib.sample_zone(lib.fresh_folder()), "index": True}
    server = lib.Server({ZONE: zone}, http=True, identity="bad.input", log_level="debug").start()


def tearDownModule():
    server.stop()


def resident_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def tsig(rdata=None, owner=name_wire("some.key"), rclass=255, ttl=0):
    if rdata is None:
        rdata = name_wire("hmac-sha256") + TSIG_FIXED + u16(32) + bytes(32) + u16(1) + u16(0) + u16(0)
    return owner + u16(TYPES["TSIG"]) + u16(rclass) + u32(ttl) + u16(len(rdata)) + rdata


def corpus(door):
    """The seeds of a fuzz door, as octets."""
    folder = os.path.join(CORPUS, door)
    if not os.path.isdir(folder):
        return []
    seeds = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as seed:
            seeds.append(seed.read())
    return seeds


class Bad(unittest.TestCase):
    def setUp(self):
        self.sockets = {transport: lib.open_socket(server, transport) for transport in lib.TRANSPORTS}
        self.resident = resident_kib(server.process)

    def tearDown(self):
        for peer in self.sockets.values():
            peer.close()
        self.assertTrue(server.is_alive(), server.log()[-4000:])
        self.assertLess(resident_kib(server.process) - self.resident, 16 * 1024)

    def send(self, wires, transports=lib.TRANSPORTS):
        """Send each message and a good one behind it; returns the replies to the bad ones."""
        replies = []
        for wire in wires:
            for transport in transports:
                self.context = f"{transport}, {len(wire)} octets {wire[:300].hex()}"
                if transport.startswith("udp"):
                    reply = self.send_udp(self.sockets[transport], wire)
                else:
                    reply = self.send_tcp(transport, wire)
                if reply is not None:
                    self.check(reply, wire, transport)
                    replies.append(reply)
        return replies

    @staticmethod
    def is_due(wire):
        """Silence is allowed for answers and for what is shorter than a header, for nothing else."""
        return len(wire) >= 12 and not wire[2] & 0x80

    @staticmethod
    def is_good(answer):
        return answer.id == 0xFEED and answer.opcode == 0 and answer.rcode == NOERROR and len(answer.answer) == 1

    def collect(self, wire, receive):
        """The reply to a message and that to the good one behind it, in whatever order; returns the first."""
        reply, good = None, None
        while good is None or (reply is None and self.is_due(wire)):
            answer = Reply(receive())
            if good is None and self.is_good(answer):
                good = answer
            else:
                self.assertIsNone(reply, "two answers to one message")
                reply = answer
        return reply

    def send_udp(self, peer, wire):
        peer.send(wire)
        peer.send(GOOD)
        return self.collect(wire, lambda: peer.recv(65535))

    def send_tcp(self, transport, wire):
        peer = self.sockets[transport]
        if len(wire) >= 12:
            peer.sendall(framed(wire) + framed(GOOD))
            return self.collect(wire, lambda: lib.read_framed(peer))
        peer.sendall(framed(wire))
        self.assertTrue(lib.ended(peer))
        peer.close()
        self.sockets[transport] = lib.open_socket(server, transport)
        self.assertEqual(lib.ask(server, ZONE, "SOA", transport).rcode, NOERROR)
        return None

    def check(self, reply, wire, transport):
        self.assertTrue(self.is_due(wire), "an answer where nothing may be said")
        self.assertTrue(reply.flags & QR)
        self.assertEqual(reply.id, int.from_bytes(wire[:2], "big"))
        self.assertIn(reply.rcode, RCODES)
        self.assertEqual(reply.opcode, wire[2] >> 3 & 15)
        if transport.startswith("udp"):
            self.assertLessEqual(len(reply.wire), 1232)

    def test_truncated(self):
        """Every beginning of a good message."""
        options = option(10, bytes(8)) + option(3) + option(8, b"\0\1\x18\0\1\2\3")
        record = name_wire("x." + ZONE) + u16(1) * 2 + u32(1) + u16(4) + bytes(4)
        whole = [query(ZONE, "SOA", ident=1, edns=opt(options=options)),
                 header(1, 5 << 11, ns=1, ar=1) + question(ZONE, "SOA") + record + tsig(),
                 header(1, ar=2) + question(ZONE, "SOA") + opt() + tsig()]
        for wire in whole:
            replies = self.send(wire[:length] for length in range(len(wire)))
            self.assertEqual({reply.rcode for reply in replies} - {FORMERR, 9}, set())

    def test_bits(self):
        """Every bit of a good message turned."""
        wire = query("lumi.eurohpc." + ZONE, "A", ident=1, edns=opt(options=option(10, bytes(8)) + option(3)))
        wires = [wire[:at] + bytes([wire[at] ^ 1 << bit]) + wire[at + 1:]
                 for at in range(2, len(wire)) for bit in range(8)]
        self.send(wires, ["udp4", "tcp4"])

    def test_octets(self):
        """Every octet of a good message set to the values that break parsers."""
        wire = (header(1, ar=2) + question("main.lumi.eurohpc." + ZONE, "ANY")
                + opt(options=option(8, b"\0\2\x10\0\1\2")) + tsig())
        wires = [wire[:at] + bytes([value]) + wire[at + 1:] for at in range(2, len(wire))
                 for value in (0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xFF)]
        self.send(wires, ["udp4"])

    def test_names(self):
        """Names: pointers forward, to themselves, into the header, in circles; label types; too long."""
        tail = u16(1) + u16(1)
        deep = b"".join(b"\1x" for _ in range(127))
        long = b"\x3f" + b"x" * 63
        names = [b"\xc0\x0c", b"\xc0\x00", b"\xc0\x0b", b"\xc0\x0d", b"\xff\xff", b"\xc0\xff", b"\xc0",
                 b"\1a\xc0\x0c", b"\1a\xc0\x0e", b"\1a\0\xc0", b"\1a", b"\x40", b"\x40" + bytes(64), b"\x80abc\0",
                 b"\xbf" + bytes(70), b"\x41\x08" + bytes(8), long[:-1], long, b"\x3f" * 300, long * 4 + b"\0",
                 long * 3 + b"\x3e" + b"x" * 62 + b"\0", deep, deep + b"\0", deep + b"\1y\0"]
        replies = self.send(header(1) + name + tail for name in names)
        good = [reply for reply in replies if reply.rcode != FORMERR]
        self.assertEqual({reply.rcode for reply in good} - {lib.REFUSED}, set())
        second = [header(1, an=1) + question(ZONE) + name + tail + u32(1) + u16(4) + bytes(4) for name in names]
        second += [header(1, ar=1) + question(ZONE) + name + tail + u32(1) + u16(4) + bytes(4) for name in names]
        self.send(second)

    def test_pointer_bomb(self):
        """Messages of 64 KiB full of pointers to pointers cost no time to speak of."""
        chain = b"".join(u16(0xC000 | max(12, 12 + 2 * i)) for i in range(8000))
        end = u16(1) * 2 + u32(0) + u16(0)
        bomb = header(1, ar=3000) + b"\0" + u16(1) * 2 + chain + (b"\xff\xfe" + end) * 3000
        long = b"\x3f" + b"x" * 63
        name = long * 3 + b"\0"
        many = header(1, ar=5000) + name + u16(1) * 2 + (u16(0xC00C) + end) * 5000
        before = server.cpu_s()
        tcp = [transport for transport in lib.TRANSPORTS if transport.startswith("tcp")]
        self.send([bomb[:65535], many[:65535]] * 10, tcp)
        self.assertLess(server.cpu_s() - before, 10)
        for seed in corpus("message"):
            self.send([seed], tcp)

    def test_counts(self):
        """Counts that lie, in every section, for every opcode."""
        numbers = 0, 1, 2, 255, 65535
        tails = b"", question(ZONE, "SOA"), question(ZONE, "SOA") + opt(), bytes(600)
        rest = (0, 0, 65535), (65535, 0, 0), (0, 2, 0), (1, 1, 1), (65535, 65535, 65535)
        wires = [header(1, opcode << 11, qd, an, ns, ar) + tail
                 for opcode in (0, 2, 4, 5, 6, 15) for qd in (0, 1, 65535) for an, ns, ar in rest for tail in tails]
        wires += [header(1, 0, qd, 0, 0, ar) + question(ZONE) for qd in numbers for ar in numbers]
        self.send(wires, ["udp4", "tcp4"])

    def test_edns(self):
        """OPT records that lie: lengths, many options, options twice, every code with odd lengths."""
        asked = question(ZONE, "SOA")
        rows = [opt(options=option(code, bytes(length))) for code in [*range(0, 22), 100, 65001, 65535]
                for length in (0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 40, 41)]
        rows += [opt(options=option(65001) * count) for count in (15, 16, 17, 100)]
        rows += [opt(options=b"\0\x0a\xff\xff"), opt(options=b"\0"), opt()[:-2] + u16(1), opt()[:-2] + u16(65535)]
        rows += [opt(size=size, flags=flags, version=version, ext_rcode=rcode) for size in (0, 1, 65535)
                 for flags in (0, 0xFFFF) for version in (0, 1, 255) for rcode in (0, 255)]
        replies = self.send((header(1, ar=1) + asked + row for row in rows), ["udp4", "tcp4"])
        self.assertGreater(len(replies), len(rows))
        many = Reply(lib.exchange(server, header(1, ar=1) + asked + opt(options=option(65001) * 17)))
        self.assertEqual(many.rcode, FORMERR)

    def test_tsig(self):
        """TSIG records that lie: cut, in the middle, twice, of another class, with odd lengths inside."""
        asked = question(ZONE, "SOA")
        whole = name_wire("hmac-sha256") + TSIG_FIXED + u16(32) + bytes(32) + u16(1) + u16(0) + u16(0)
        rows = [header(1, ar=1) + asked + tsig(whole[:length]) for length in range(len(whole))]
        rows += [header(1, ar=2) + asked + tsig() + opt(), header(1, ar=2) + asked + tsig() + tsig(),
                 header(1, an=1) + asked + tsig(), header(1, ns=1) + asked + tsig(),
                 header(1, ar=1) + asked + tsig(rclass=1), header(1, ar=1) + asked + tsig(ttl=1),
                 header(1, ar=1) + asked + tsig(owner=b"\xc0\x0c"),
                 header(1, ar=1) + asked + tsig(whole + b"x"), header(1, ar=1) + asked + tsig(b"\xc0\x0c" + whole[13:]),
                 header(1, ar=1) + asked + tsig(whole.replace(u16(32), u16(65535), 1)),
                 header(1, ar=1) + asked + tsig(name_wire("x" * 63 + "." + "y" * 63) + whole[13:]),
                 header(1, 5 << 11, ar=1) + asked + tsig(), header(1, 4 << 11, ar=1) + asked + tsig()]
        replies = self.send(rows)
        self.assertEqual({reply.rcode for reply in replies} - {FORMERR, lib.NOTAUTH, lib.NOTIMP}, set())
        for seed in corpus("tsig"):
            self.send([seed[:60000]], ["tcp4"])
            self.send([seed[:4000]], ["udp4"])

    def test_update(self):
        """UPDATE messages that lie: types, classes, lengths, names out of the zone, records of the server's own."""
        def record(owner, rtype, rclass, ttl, rdata):
            return name_wire(owner) + u16(rtype) + u16(rclass) + u32(ttl) + u16(len(rdata)) + rdata

        zone, rows = question(ZONE, "SOA"), []
        for rtype in 0, 1, 5, 6, 41, 128, 249, 250, 251, 252, 255, 65360, 65361, 65535:
            for rclass in 0, 1, 3, 254, 255, 65535:
                for rdata in b"", bytes(4), b"\xc0\x0c", bytes(300):
                    rows.append(header(1, 5 << 11, ns=1) + zone + record("x." + ZONE, rtype, rclass, 0, rdata))
                    rows.append(header(1, 5 << 11, an=1) + zone + record("x." + ZONE, rtype, rclass, 0, rdata))
        rows += [header(1, 5 << 11, ns=1) + zone + record("x.example", 1, 1, 1, bytes(4)),
                 header(1, 5 << 11, ns=1) + zone + record("_compute._tcp." + ZONE, 12, 1, 1, b"\0")]
        self.send(rows, ["udp4"])
        self.send(rows[::7], ["tcp4"])
        self.assertEqual(lib.ask(server, "x." + ZONE, "A").rcode, NXDOMAIN)

    def test_noise(self):
        """Noise of all lengths, alone and behind a good header."""
        rng = random.Random(4)
        lengths = [*range(0, 64), *(rng.randrange(64, 1500) for _ in range(150)), 4095, 4096, 4097, 9000, 60000]
        self.send((rng.randbytes(length) for length in lengths), ["udp4", "tcp4"])
        self.send((header(rng.randrange(65000), 0, rng.randrange(3), 0, 0, rng.randrange(3)) + rng.randbytes(length)
                   for length in lengths), ["udp4", "tcp4"])
        self.send((GOOD[:12] + rng.randbytes(length) for length in lengths if length < 2000))

    def test_mutations(self):
        """Good messages with random changes: octets, cuts, doubled and shuffled parts."""
        rng = random.Random(5)
        seeds = [seed[:4000] for door in ("message", "edns", "update", "tsig", "name") for seed in corpus(door)]
        seeds += [query("x." + ZONE, "CRES", edns=opt()), GOOD]
        wires = []
        for _ in range(1500):
            wire = bytearray(rng.choice(seeds))
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(wire) + 1)
                end = min(len(wire), at + rng.randrange(20))
                kind = rng.randrange(4)
                if kind == 0 and at < len(wire):
                    wire[at] = rng.randrange(256)
                elif kind == 1:
                    del wire[at:end]
                elif kind == 2:
                    wire[at:at] = wire[at:end]
                else:
                    wire[at:at] = rng.randbytes(rng.randrange(8))
            if len(wire) > 2 and rng.random() < 0.8:
                wire[2] &= 0x7F
            wires.append(bytes(wire))
        self.send(wires, ["udp4", "tcp4"])

    def test_longer_than_the_buffer(self):
        """A datagram longer than the server reads is malformed, also where its beginning alone would be good."""
        start = header(1, ar=1) + question(ZONE, "SOA")
        for length in (*range(1200, 4200, 100), 4095, 4096, 4097, 8192, 8193, 16385, 65000):
            padding = length - len(start) - len(opt()) - 4
            wire = start + opt(options=option(12, bytes(padding)))
            self.assertEqual(len(wire), length)
            replies = self.send([wire + b"x"], ["udp4"])
            self.assertEqual([reply.rcode for reply in replies], [FORMERR], length)
        self.assertGreater(server.counters()["udp_oversize"], 0)

    def test_amplification(self):
        """What can not be answered costs no more octets back than it brought."""
        for wire in (header(1) + bytes(100), header(1, 15 << 11) + bytes(100), query(ZONE, "SOA")[:20],
                     query("example.org", "ANY")):
            for reply in self.send([wire], ["udp4"]):
                self.assertLessEqual(len(reply.wire), max(12, len(wire)))

    def test_log(self):
        """Names with line ends, escapes and quotes do not forge lines of the log, nor break a terminal."""
        evil = b"\x16\n2026 error forged x=1\r\x1b[3" + b'\4"\\\t='
        for rtype in "A", "ANY", "AXFR", "SOA":
            self.send([header(1) + evil + b"\7compute\3gba\0" + u16(TYPES[rtype]) + u16(1)])
        with contextlib.suppress(AssertionError):
            server.control("show", "x\\010y." + ZONE)
        server.control("zone export", "x\n2026 error forged")
        text = server.log()
        self.assertNotRegex(text, r"(?m)^2026 error forged")
        self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f]")
        for line in text.splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info|debug) \w+( |$)")


class Raw(unittest.TestCase):
    """Datagrams that only root can send."""

    def setUp(self):
        try:
            self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
            self.raw.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        except PermissionError:
            self.skipTest("raw sockets are not allowed here")
        self.addCleanup(self.raw.close)

    def send(self, source, target, payload):
        """One datagram with a source of our choice; the kernel fills in the checksum of the IP header."""
        def address(host):
            return socket.inet_aton(host)

        udp = u16(source[1]) + u16(target[1]) + u16(8 + len(payload)) + u16(0) + payload
        ip = bytes([0x45, 0]) + u16(20 + len(udp)) + u16(1) + u16(0) + bytes([64, 17]) + u16(0)
        self.raw.sendto(ip + address(source[0]) + address(target[0]) + udp, (target[0], 0))

    def test_port_0(self):
        """A datagram from port 0 is not answered, and counted."""
        with server.counts(query_udp4=1, drop_source=1, answer_noerror=1, cookie_none=1):
            self.send(("127.0.0.1", 0), ("127.0.0.1", server.port), GOOD)

    def test_from_itself(self):
        """A datagram that claims to come from the server itself makes no loop."""
        before = server.counters()["query_udp4"]
        for wire in GOOD, header(1) + b"rubbish", query("example.org", "A"):
            self.send(("127.0.0.1", server.port), ("127.0.0.1", server.port), wire)
        for _ in range(50):
            self.assertEqual(lib.ask(server, ZONE, "SOA").rcode, NOERROR)
        self.assertLessEqual(server.counters()["query_udp4"] - before, 50 + 2 * 3)

    def test_two_servers(self):
        """Two servers set against each other by spoofed packets fall silent at once."""
        with lib.Server({ZONE: {"file": lib.sample_zone(lib.fresh_folder())}}) as other:
            for wire in GOOD, header(1) + b"rubbish", header(1, 15 << 11), query(ZONE, "A", flags=QR):
                before = server.counters()
                self.send(("127.0.0.1", other.port), ("127.0.0.1", server.port), wire)
                lib.until(lambda: server.counters()["query_udp4"] > before["query_udp4"], "the packet came")
                for _ in range(20):
                    self.assertEqual(lib.ask(other, ZONE, "SOA").rcode, NOERROR)
                self.assertLessEqual(server.counters()["query_udp4"] - before["query_udp4"], 1)
            self.assertLessEqual(other.counters()["drop_response"], 4)


class Addresses(unittest.TestCase):
    def test_wildcard(self):
        """Bound to all addresses, the server answers each query from the address that it was sent to."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # is 127.0.0.2 ours?
            try:
                probe.bind(("127.0.0.2", 0))
            except OSError:
                self.skipTest("only one loopback address")
        other = lib.Server({ZONE: {"file": lib.sample_zone(lib.fresh_folder())}})
        other.hosts = ["0.0.0.0"] + (["[::]"] if lib.HAS_IPV6 else [])
        with other:
            for host in "127.0.0.1", "127.0.0.2", "127.99.1.2":
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                    peer.settimeout(lib.DEADLINE_S)
                    peer.connect((host, other.port))  # answers from elsewhere do not arrive
                    peer.send(GOOD)
                    self.assertEqual(Reply(peer.recv(4096)).rcode, NOERROR)
            for transport in lib.TRANSPORTS:
                self.assertEqual(lib.ask(other, ZONE, "SOA", transport).rcode, NOERROR)


if __name__ == "__main__":
    lib.main()
