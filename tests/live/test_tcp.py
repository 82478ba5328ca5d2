#!/usr/bin/python3
"""Does the server keep its promises over TCP? Pipelining, odd pieces, limits, time-outs (RFC 7766)."""
import contextlib
import os
import re
import select
import socket
import time
import unittest

import lib
from lib import FORMERR, NOERROR, NXDOMAIN, Reply, framed, opt, option, query

ZONE = "tcp.test"
TEXT = """
$ORIGIN tcp.test.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.10
""" + "".join(f"big TXT \"{letter * 250}\"\n" for letter in "abcdefghijklmnopqrstuvwxyz")
TCP = [name for name in lib.TRANSPORTS if name.startswith("tcp")]
IDLE_S, STALL_S = 2, 1
KEEPALIVE = 11


def setUpModule():
    global server
    server = lib.Server({ZONE: TEXT}, tcp_idle_s=30, tcp_stall_s=30).start()


def tearDownModule():
    server.stop()


def www(ident=1, **options):
    return query(f"www.{ZONE}", "A", ident=ident, **options)


def is_served(peer):
    """A query on this connection is answered."""
    try:
        peer.sendall(framed(www()))
        return lib.read_framed(peer) is not None
    except (TimeoutError, ConnectionError):
        return False


def is_turned_away(other):
    """A new connection is closed without an answer; it may end before it has begun."""
    try:
        with lib.open_socket(other, "tcp4") as peer:
            return lib.ended(peer)
    except ConnectionError:
        return True


class Messages(unittest.TestCase):
    def test_pipelining(self):
        """A thousand queries in one go are all answered, each once."""
        count = 1000
        for transport in TCP:
            expected = {f"query_{transport}": count, "tcp_message": count, "answer_noerror": count}
            with server.counts(tcp_opened=1, cookie_none=count, **expected), lib.open_socket(server, transport) as peer:
                peer.sendall(b"".join(framed(www(ident=i)) for i in range(count)))
                self.assertEqual(sorted(Reply(lib.read_framed(peer)).id for _ in range(count)), list(range(count)))

    def test_many_rounds(self):
        """A connection serves query after query; it is not closed behind an answer."""
        with lib.open_socket(server, "tcp4") as peer:
            for i in range(200):
                peer.sendall(framed(www(ident=i)))
                self.assertEqual(Reply(lib.read_framed(peer)).id, i)

    def test_octet_by_octet(self):
        """Queries may come octet by octet, with the length split, and several in odd pieces."""
        wire = framed(www(ident=7)) + framed(www(ident=8, edns=opt())) + framed(www(ident=9))
        for size in 1, 3, 7, 31, len(wire) - 1:
            with lib.open_socket(server, "tcp4") as peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(0, len(wire), size):
                    peer.send(wire[at:at + size])
                self.assertEqual([Reply(lib.read_framed(peer)).id for _ in range(3)], [7, 8, 9])

    def test_one_write(self):
        """Length and message of an answer come in one piece."""
        with lib.open_socket(server, "tcp4") as peer:
            peer.sendall(framed(www()))
            data = peer.recv(65535)
        self.assertEqual(int.from_bytes(data[:2], "big"), len(data) - 2)

    def test_longest_message(self):
        """A message of 65535 octets is read and answered; one that is shorter than a header ends the connection."""
        padding = option(12, bytes(65535 - len(www(edns=opt())) - 4))
        wire = www(edns=opt(options=padding))
        self.assertEqual(len(wire), 65535)
        with lib.open_socket(server, "tcp4") as peer:
            peer.sendall(framed(wire) + framed(www(ident=2)))
            self.assertEqual(Reply(lib.read_framed(peer)).rcode, NOERROR)
            self.assertEqual(Reply(lib.read_framed(peer)).id, 2)
        for length in 0, 1, 11:
            with server.counts(tcp_opened=1, tcp_malformed=1), lib.open_socket(server, "tcp4") as peer:
                peer.sendall(bytes([0, length]) + www())
                self.assertTrue(lib.ended(peer))

    def test_bad_messages_between(self):
        """A malformed message gets its FORMERR and the connection goes on; answers before a short one still leave."""
        with lib.open_socket(server, "tcp4") as peer:
            wires = www(ident=1), www()[:-1], b"\0\2" + bytes(200), www(ident=3)
            peer.sendall(b"".join(map(framed, wires)))
            replies = [Reply(lib.read_framed(peer)) for _ in range(4)]
            self.assertEqual([reply.rcode for reply in replies], [NOERROR, FORMERR, FORMERR, NOERROR])
            peer.sendall(framed(www(ident=4)) + b"\0\5short")
            self.assertEqual(Reply(lib.read_framed(peer)).id, 4)
            self.assertTrue(lib.ended(peer))

    def test_half_close(self):
        """A client that closes its side after its queries still gets all answers, then the end."""
        for transport in TCP:
            with lib.open_socket(server, transport) as peer:
                peer.sendall(b"".join(framed(www(ident=i)) for i in range(100)))
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual([Reply(lib.read_framed(peer)).id for _ in range(100)], list(range(100)))
                self.assertEqual(peer.recv(1), b"")

    def test_half_close_in_a_message(self):
        """A client that closes inside a message gets the end, no answer to half a query."""
        with lib.open_socket(server, "tcp4") as peer:
            peer.sendall(framed(www(ident=1)) + framed(www())[:-3])
            peer.shutdown(socket.SHUT_WR)
            self.assertEqual(Reply(lib.read_framed(peer)).id, 1)
            self.assertEqual(peer.recv(1), b"")

    def test_reset(self):
        """Clients that reset their connection in the middle leave nothing behind."""
        opened = server.counters()["tcp_opened"]
        for i in range(50):
            peer = lib.open_socket(server, "tcp4")
            peer.sendall(framed(query(f"big.{ZONE}", "TXT")) * 50 + b"\0")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if i % 2:  # the others may be gone before they are accepted
                peer.recv(100)
            peer.close()

        def all_gone():
            now = server.counters()
            gone = sum(now[f"tcp_{why}"] for why in ("closed", "error", "evicted", "malformed", "timeout"))
            return now["tcp_opened"] >= opened + 25 and gone == now["tcp_opened"]

        lib.until(all_gone, "all connections are gone")

    def test_slow_reader(self):
        """A client that asks and does not read costs bounded memory, and gets every answer when it reads."""
        wire = framed(query(f"big.{ZONE}", "TXT"))
        with lib.open_socket(server, "tcp4", 20) as peer:
            before, asked, sent = self.resident(), server.counters()["tcp_message"], 0
            peer.setblocking(False)
            quiet = 0
            while quiet < 3 and sent < 20000 * len(wire):  # until the server does not take more
                try:
                    sent += peer.send((wire * 64)[sent % len(wire):])
                    quiet = 0
                except BlockingIOError:
                    select.select([], [peer], [], 0.2)
                    quiet += not select.select([], [peer], [], 0)[1]
            self.assertLess(self.resident() - before, 16 << 20)
            self.assertEqual(lib.ask(server, ZONE, "SOA", "tcp4").rcode, NOERROR)  # others are served meanwhile
            self.assertLess(server.counters()["tcp_message"] - asked, 10000)  # it stopped to read
            peer.settimeout(lib.DEADLINE_S)
            whole = sent // len(wire)
            self.assertGreater(whole, 100)
            for _ in range(whole):
                self.assertEqual(Reply(lib.read_framed(peer)).rcode, NOERROR)

    @staticmethod
    def resident():
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) << 10

    def test_large_answers(self):
        """Answers longer than UDP can carry come whole, many in a row."""
        with lib.open_socket(server, "tcp4") as peer:
            peer.sendall(framed(query(f"big.{ZONE}", "TXT")) * 50)
            for _ in range(50):
                reply = Reply(lib.read_framed(peer))
                self.assertEqual((len(reply.answer), reply.flags & lib.TC), (26, 0))

    def test_keepalive(self):
        """edns-tcp-keepalive tells the idle time-out in units of 100 ms, only over TCP, only when asked well."""
        reply = lib.ask(server, f"www.{ZONE}", "A", "tcp4", edns=opt(options=option(KEEPALIVE)))
        self.assertEqual(reply.options.get(KEEPALIVE), lib.u16(300))
        self.assertNotIn(KEEPALIVE, lib.ask(server, f"www.{ZONE}", "A", edns=opt(options=option(KEEPALIVE))).options)
        self.assertNotIn(KEEPALIVE, lib.ask(server, f"www.{ZONE}", "A", "tcp4", edns=opt()).options)
        reply = lib.ask(server, f"www.{ZONE}", "A", "tcp4", edns=opt(options=option(KEEPALIVE, b"\0\1")))
        self.assertEqual(reply.options, {})

    def test_clients(self):
        """dig and kdig keep a connection for several queries."""
        lib.need("dig", "kdig")
        before = server.counters()["tcp_opened"]
        ask = ["@127.0.0.1", "-p", str(server.port), "+tcp", "+keepopen", f"www.{ZONE}", "A", f"nx.{ZONE}", "A"]
        result = lib.run(["dig", "-r", *ask])
        self.assertEqual((result.stdout.count("status: NOERROR"), result.stdout.count("status: NXDOMAIN")), (1, 1))
        result = lib.run(["kdig", "@127.0.0.1", "-p", str(server.port), "+tcp", "+keepopen",
                          "-q", f"www.{ZONE}", "-t", "A", "-q", f"nx.{ZONE}", "-t", "A"])
        self.assertEqual((result.stdout.count("status: NOERROR"), result.stdout.count("status: NXDOMAIN")), (1, 1))
        self.assertLessEqual(server.counters()["tcp_opened"] - before, 4)

    def test_dnsperf(self):
        """dnsperf over TCP loses nothing."""
        lib.need("dnsperf")
        data = lib.write(os.path.join(server.folder, "queries"), f"www.{ZONE} A\nbig.{ZONE} TXT\nnx.{ZONE} A\n")
        result = lib.run(["dnsperf", "-m", "tcp", "-s", "127.0.0.1", "-p", str(server.port), "-d", data, "-n", "300",
                          "-c", "10", "-q", "50"])
        self.context = result.stdout
        self.assertRegex(result.stdout, r"Queries lost:\s+0 ")
        self.assertRegex(result.stdout, r"Queries completed:\s+900 ")


class Limits(unittest.TestCase):
    def server_with(self, **options):
        other = lib.Server({ZONE: TEXT}, **{"tcp_idle_s": 30, "tcp_stall_s": 30, **options}).start()
        self.addCleanup(other.stop)
        return other

    def open(self, stack, other, transport="tcp4", **options):
        return stack.enter_context(lib.open_socket(other, transport, **options))

    def test_per_address(self):
        """Connections over the limit of one address are refused; other addresses are served."""
        other = self.server_with(tcp_connections_per_address=3)
        with contextlib.ExitStack() as stack:
            peers = [self.open(stack, other) for _ in range(3)]
            self.assertTrue(all(is_served(peer) for peer in peers))
            with other.counts(tcp_refused=2):
                self.assertTrue(is_turned_away(other))
                self.assertTrue(is_turned_away(other))
            self.assertTrue(is_served(self.open(stack, other, source="127.0.0.2")))
            if lib.HAS_IPV6:
                self.assertTrue(is_served(self.open(stack, other, "tcp6")))
            self.assertTrue(all(is_served(peer) for peer in peers))
            peers[0].close()
            lib.until(lambda: is_served(self.open(stack, other)), "a place is free again")

    def test_in_all(self):
        """When all places are taken the connection that is idle for longest makes room for a new one."""
        other = self.server_with(tcp_connections=4)
        with contextlib.ExitStack() as stack:
            peers = [self.open(stack, other) for _ in range(4)]
            for peer in peers:
                self.assertTrue(is_served(peer))
            self.assertTrue(is_served(peers[0]))  # now the second one is idle for longest
            with other.counts(tcp_opened=2, tcp_evicted=2, tcp_message=2, query_tcp4=2, answer_noerror=2,
                              cookie_none=2):
                fifth = self.open(stack, other)
                self.assertTrue(is_served(fifth))
                sixth = self.open(stack, other)
                self.assertTrue(is_served(sixth))
            self.assertTrue(lib.ended(peers[1]))
            self.assertTrue(lib.ended(peers[2]))
            self.assertTrue(all(is_served(peer) for peer in (peers[0], peers[3], fifth, sixth)))

    def test_busy_stay(self):
        """A connection in the middle of a message is not idle and stays; the newcomer is refused when all are busy."""
        other = self.server_with(tcp_connections=3)
        with contextlib.ExitStack() as stack:
            peers = [self.open(stack, other) for _ in range(3)]
            for peer in peers:
                # in one piece with a whole query, so that its answer tells that the half was seen
                peer.sendall(framed(www(ident=4)) + framed(www(ident=5))[:9])
                self.assertEqual(Reply(lib.read_framed(peer)).id, 4)
            with other.counts(tcp_refused=1):
                self.assertTrue(is_turned_away(other))
            for peer in peers:
                peer.sendall(framed(www(ident=5))[9:])
                self.assertEqual(Reply(lib.read_framed(peer)).id, 5)

    def test_idle(self):
        """An idle connection is closed after the configured time, not before; a query starts the time anew."""
        other = self.server_with(tcp_idle_s=IDLE_S)
        with contextlib.ExitStack() as stack:
            fresh, used = self.open(stack, other), self.open(stack, other)
            start = time.monotonic()
            self.assertTrue(is_served(used))
            for peer in fresh, used:
                self.assertTrue(lib.ended(peer))
                self.assertGreater(time.monotonic() - start, IDLE_S - 0.3)
            self.assertLess(time.monotonic() - start, IDLE_S + 10)
        lib.until(lambda: other.counters()["tcp_timeout"] == 2, "both are counted")

    def test_query_keeps_alive(self):
        """A connection that asks again and again lives longer than the idle time."""
        other = self.server_with(tcp_idle_s=1)
        with lib.open_socket(other, "tcp4") as peer:
            end = time.monotonic() + 2.5
            while time.monotonic() < end:
                self.assertTrue(is_served(peer))
                select.select([peer], [], [], 0.2)

    def test_stall(self):
        """A message that does not get complete is dropped after the stall time, however its octets trickle."""
        other = self.server_with(tcp_stall_s=STALL_S)
        wire = framed(www())
        start = time.monotonic()
        with lib.open_socket(other, "tcp4", 0.1) as peer:
            gone = False
            for octet in wire[:-1] + wire[:-1]:  # never complete in time
                with contextlib.suppress(TimeoutError):
                    try:
                        peer.send(bytes([octet]))
                        gone = not peer.recv(1)
                    except ConnectionError:
                        gone = True
                if gone or time.monotonic() - start > 15:
                    break
        self.assertTrue(gone)
        self.assertGreater(time.monotonic() - start, STALL_S - 0.3)
        lib.until(lambda: other.counters()["tcp_timeout"] == 1, "counted as a time-out")

    def test_stall_of_reader(self):
        """A client that does not take its answers is dropped after the stall time."""
        other = self.server_with(tcp_stall_s=STALL_S)
        with lib.open_socket(other, "tcp4") as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.setblocking(False)
            wire = framed(query(f"big.{ZONE}", "TXT")) * 64

            def is_dropped():
                with contextlib.suppress(BlockingIOError):
                    try:
                        peer.send(wire)
                    except ConnectionError:
                        pass
                return other.counters()["tcp_timeout"] + other.counters()["tcp_error"] > 0

            lib.until(is_dropped, "the reader that stalls is dropped")
        self.assertEqual(lib.ask(other, ZONE, "SOA", "tcp4").rcode, NOERROR)

    def test_flood_of_connections(self):
        """Far more connections than places: the server serves on, over UDP and TCP, and forgets them all."""
        other = self.server_with(tcp_connections=50, tcp_connections_per_address=1000)
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                self.open(stack, other)
            self.assertEqual(lib.ask(other, ZONE, "SOA").rcode, NOERROR)
            self.assertTrue(is_served(self.open(stack, other)))
            now = other.counters()
            self.assertLessEqual(now["tcp_opened"] - now["tcp_evicted"], 50)
        lib.until(lambda: is_served(self.open_once(other)), "places are free again")

    def open_once(self, other):
        peer = lib.open_socket(other, "tcp4")
        self.addCleanup(peer.close)
        return peer

    def test_no_descriptors(self):
        """A server that runs out of file descriptors goes on and recovers."""
        other = lib.Server({ZONE: TEXT}, files=64, tcp_connections=5000, tcp_connections_per_address=5000).start()
        self.addCleanup(other.stop)
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                self.open(stack, other)
            self.assertEqual(lib.ask(other, ZONE, "SOA").rcode, NOERROR)
        lib.until(lambda: is_served(self.open_once(other)), "connections are taken again")
        self.assertEqual(lib.ask(other, f"nx.{ZONE}", "A", "tcp4").rcode, NXDOMAIN)


if __name__ == "__main__":
    lib.main()
