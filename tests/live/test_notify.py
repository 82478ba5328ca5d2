#!/usr/bin/python3
"""Do secondaries learn of a change at once, and are they left in peace when there are many?

Knot, NSD and BIND as secondaries of a zone whose refresh is two hours: what they serve soon after an
update, they were told of.
"""
import os
import socket
import time
import unittest

import lib
import peers
import updates
from updates import IN, K1, Key, rr, sign, update_wire

ZONE = """
$ORIGIN {name}.
$TTL 300
@   SOA ns host {serial} 7200 3600 1209600 60
@   NS  ns
ns  A   192.0.2.1
www A   192.0.2.10
"""
BURST = 500
DELAY_S = 0.2  # notify_delay as it comes


def text(serial=100, name="told.test"):
    return ZONE.format(name=name, serial=serial)


def zone(*ports):
    return {"text": text(), "update": updates.ALL, "transfer": updates.FETCH,
            "notify": [f"127.0.0.1:{port}" for port in ports]}


class KnotSecondary(peers.Knot):
    primary = None

    def config(self):
        head = super().config().split("zone:\n")[0]
        return f"""{head}
remote:
  - id: primary
    address: 127.0.0.1@{self.primary.port}
acl:
  - id: told
    address: 127.0.0.1
    action: notify
zone:
""" + "".join(f"  - domain: {name}\n    master: primary\n    acl: told\n" for name in self.zones)


class KnotWithKey(KnotSecondary):
    """Believes who signs alone."""

    def config(self):
        key = f"key:\n  - id: {K1.name}\n    algorithm: {K1.algorithm}\n    secret: {K1.base64}\n"
        text = super().config().replace("remote:\n", key + "remote:\n", 1)
        return text.replace("    address: 127.0.0.1\n    action", f"    address: 127.0.0.1\n    key: {K1.name}\n    action")


class NsdSecondary(peers.Nsd):
    primary = None

    def config(self):
        head = super().config().split("zone:\n")[0].replace("server:\n", "server:\n  xfrd-reload-timeout: 0\n", 1)
        return head + "".join(f"""zone:
  name: "{name}"
  zonefile: "{self.path(name)}"
  allow-notify: 127.0.0.1 NOKEY
  request-xfr: 127.0.0.1@{self.primary.port} NOKEY
""" for name in self.zones)


class BindSecondary(peers.Peer):
    program = "named"
    primary = None

    def command(self):
        return ["-g", "-n", "1", "-c", self.path("config")]

    def config(self):
        return f"""options {{
  directory "{self.folder}";
  pid-file none;
  session-keyfile none;
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  notify no;
}};
controls {{ }};
""" + "".join(f"""zone "{name}" {{
  type secondary;
  file "{self.path(name)}";
  primaries {{ 127.0.0.1 port {self.primary.port}; }};
}};
""" for name in self.zones)


SECONDARIES = (KnotSecondary, NsdSecondary, BindSecondary)


def send_change(server, number):
    """One update of its own, by hand: adds an address. Returns its RCODE."""
    change = rr(f"n{number}.told.test", "A", IN, 60, bytes([192, 0, 2, number % 256]))
    return lib.Reply(lib.exchange(server, sign(update_wire("told.test", (), [change])))).rcode


def serials(server, peer):
    return [updates.serial(one, "told.test") for one in (server, peer)]


class Secondaries(unittest.TestCase):
    def serve(self, kind):
        """Our server and a secondary of it, which has the zone and has answered what it was told."""
        lib.need(kind.program)
        peer = kind({"told.test": None})
        server = updates.Server({"told.test": zone(peer.port)})
        self.addCleanup(peer.stop)
        peer.primary = server.start()
        self.addCleanup(server.stop)
        peer.start()
        lib.until(lambda: server.counters()["notify_answered"] > 0, "the secondary has answered")
        return server, peer

    def nsupdate(self, server, change):
        lines = f"server 127.0.0.1 {server.port}\nzone told.test\n{change}\nsend\n"
        done = lib.run([*updates.NSUPDATE, "-y", K1.of_bind], input=lines, stdin=None)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check_follows(self, kind):
        server, peer = self.serve(kind)
        lib.need("nsupdate")
        self.nsupdate(server, "update add new.told.test 60 A 192.0.2.77")
        lib.until(lambda: lib.ask(peer, "new.told.test").answer, f"{kind.program} serves the new record")
        path = lib.write(os.path.join(server.folder, "next.zone"), text(serial=5000))
        self.assertEqual(server.control("zone import", "told.test", path)[0], "ok")
        lib.until(lambda: serials(server, peer) == [5000, 5000], f"{kind.program} has the imported zone")

    def test_knot_follows(self):
        """Knot serves what nsupdate has added, and a zone that was imported, without waiting for its refresh."""
        self.check_follows(KnotSecondary)

    def test_knot_with_key(self):
        """Knot believes a NOTIFY that is signed with the zone's key, and its signed answer is believed."""
        lib.need("knotd")
        peer = KnotWithKey({"told.test": None})
        server = updates.Server({"told.test": {**zone(peer.port), "notify_key": "k1"}})
        self.addCleanup(peer.stop)
        peer.primary = server.start()
        self.addCleanup(server.stop)
        peer.start()
        lib.until(lambda: server.counters()["notify_answered"] > 0, "the secondary has answered")
        self.assertEqual(send_change(server, 7), 0)
        lib.until(lambda: lib.ask(peer, "n7.told.test").answer, "Knot serves the new record")
        self.assertEqual(server.counters()["notify_refused"], 0)

    def test_nsd_follows(self):
        """NSD does so, too."""
        self.check_follows(NsdSecondary)

    def test_bind_follows(self):
        """BIND does so, too."""
        self.check_follows(BindSecondary)

    def test_burst(self):
        """Of a burst of updates a secondary is told a few times, and ends with the last of them."""
        server, peer = self.serve(KnotSecondary)
        before, begin = server.counters()["notify_sent"], time.monotonic()
        for number in range(BURST):
            self.assertEqual(send_change(server, number), 0)
        lib.until(lambda: len(set(serials(server, peer))) == 1, "the secondary has the last serial")
        took = time.monotonic() - begin
        sent = server.counters()["notify_sent"] - before
        self.assertGreater(sent, 0)
        self.assertLessEqual(sent, took / DELAY_S + 2, f"{BURST} updates in {took:.2f} s")
        last = lib.ask(peer, f"n{BURST - 1}.told.test").answer
        self.assertEqual([record.rdata for record in last], [bytes([192, 0, 2, (BURST - 1) % 256])])


class Configuration(unittest.TestCase):
    def listener(self):
        """A socket that is told, and its port."""
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(peer.close)
        peer.settimeout(lib.DEADLINE_S)
        peer.bind(("127.0.0.1", 0))
        return peer, peer.getsockname()[1]

    def take(self, peer):
        """Take a NOTIFY, answer it, and return the serial that it tells."""
        wire, sender = peer.recvfrom(65535)
        told = lib.Reply(wire)
        self.assertEqual(told.flags, 4 << 11 | lib.AA)
        self.assertEqual(told.counts, [1, 1, 0, 0])
        peer.sendto(wire[:2] + lib.u16(lib.QR | lib.AA | 4 << 11) + wire[4:], sender)
        return updates.soa_serial(told.answer[0], "told.test")

    def test_reload(self):
        """A secondary that a reload adds is told at once, and one that it removes is told no more."""
        first, first_port = self.listener()
        second, second_port = self.listener()
        with updates.Server({"told.test": zone(first_port)}) as server:
            self.assertEqual(self.take(first), 100)
            server.set_zone("told.test", zone(second_port))
            self.assertTrue(server.reload())
            self.assertEqual(self.take(second), 100)
            with server.counts(notify_sent=1, notify_answered=1, update_done=1, query_udp4=1, cookie_none=1):
                self.assertEqual(send_change(server, 1), 0)
                self.assertEqual(self.take(second), 101)
            first.setblocking(False)
            with self.assertRaises(BlockingIOError):
                first.recv(1)

    def test_signed(self):
        """A secondary with a key is told with a signature, and only its own signed answer counts."""
        peer, port = self.listener()
        told = {**zone(port), "notify_key": "k1"}
        with updates.Server({"told.test": told}) as server:
            wire, sender = peer.recvfrom(65535)
            self.assertEqual(lib.Reply(wire).counts, [1, 1, 0, 1])
            asked = updates.dns.message.from_wire(wire, keyring=K1.of_dnspython)  # raises on a wrong MAC
            self.assertEqual(asked.opcode(), updates.dns.opcode.NOTIFY)
            answer = updates.dns.message.make_response(asked)
            bare = wire[:2] + lib.u16(lib.QR | lib.AA | 4 << 11) + lib.u16(1) + bytes(6) + lib.question("told.test", "SOA")
            peer.sendto(bare, sender)
            peer.sendto(sign(bare, Key("k1", secret=b"another secret, another MAC: 012")), sender)
            again, sender = peer.recvfrom(65535)  # those did not count
            self.assertEqual(again[:2], wire[:2])
            self.assertNotEqual(again, wire, "the time and the MAC")
            answer = updates.dns.message.make_response(updates.dns.message.from_wire(again, keyring=K1.of_dnspython))
            with server.counts(notify_answered=1):
                peer.sendto(answer.to_wire(), sender)

    def test_key_without_secondary(self):
        """A key that nobody gave is an error of the configuration."""
        with updates.Server({"told.test": zone()}) as server:
            server.set_zone("told.test", {**zone(), "notify_key": "k2"})
            self.assertFalse(server.reload())

    def test_silent(self):
        """A secondary that is silent at first is told again; who stops the server meanwhile does not wait."""
        peer, port = self.listener()
        with updates.Server({"told.test": zone(port)}, in_memory=True) as server:
            first, _ = peer.recvfrom(65535)
            again, _ = peer.recvfrom(65535)
            self.assertEqual(first, again)
            begin = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - begin, 4, "the third time would be 4 s after the second")


if __name__ == "__main__":
    lib.main()
