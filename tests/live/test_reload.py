#!/usr/bin/python3
"""Can the server be told new things, and stopped, while everybody asks? SIGHUP, SIGTERM and SIGINT under load."""
import contextlib
import os
import re
import select
import signal
import socket
import threading
import unittest

import lib
from lib import NOERROR, REFUSED, Reply, framed, opt, option, query

TEXT = """
$ORIGIN {name}.
$TTL 300
@ SOA ns host {serial} 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.{last}
"""


def zone(name, serial=1, last=10):
    return TEXT.format(name=name, serial=serial, last=last)


def resident_kib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


class Traffic(threading.Thread):
    """Asks without a pause until it is stopped; remembers RCODEs and what was not answered."""

    WINDOW = 16

    def __init__(self, server, names, transport):
        super().__init__()
        self.server, self.names, self.transport = server, names, transport
        self.halt = threading.Event()
        self.rcodes = {name: set() for name in names}
        self.count = 0
        self.error = None

    def run(self):
        try:
            with lib.open_socket(self.server, self.transport, 10) as peer:
                while not self.halt.is_set():
                    self.round(peer)
        except (OSError, ValueError) as error:
            self.error = f"{self.transport} after {self.count} answers: {error!r}"

    def round(self, peer):
        names = [self.names[i % len(self.names)] for i in range(self.WINDOW)]
        wires = [query(f"www.{name}", "A", ident=i) for i, name in enumerate(names)]
        if self.transport.startswith("tcp"):
            peer.sendall(b"".join(map(framed, wires)))
        else:
            for wire in wires:
                peer.send(wire)
        missing = set(range(self.WINDOW))
        while missing:
            reply = Reply(lib.read_framed(peer) or b"" if self.transport.startswith("tcp") else peer.recv(4096))
            missing.remove(reply.id)
            self.rcodes[names[reply.id]].add(reply.rcode)
            self.count += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.halt.set()
        self.join()


class Reload(unittest.TestCase):
    def setUp(self):
        self.server = lib.Server({"keep.test": zone("keep.test")}, http=True, identity="first", workers=2).start()
        self.addCleanup(self.server.stop, check=False)

    def rcode(self, name, rtype="A"):
        return lib.ask(self.server, f"www.{name}", rtype).rcode

    def wait_served(self, *names):
        self.assertEqual([self.rcode(name) for name in names], [NOERROR] * len(names))

    def test_zone_comes_and_goes(self):
        """A zone is added and removed by SIGHUP, time after time, and no query is dropped, by UDP or TCP."""
        transports = lib.TRANSPORTS * 2
        come, names = {"file": lib.write(f"{self.server.folder}/come", zone("come.test"))}, ["keep.test", "come.test"]
        threads = [Traffic(self.server, names, transport) for transport in transports]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                self.server.set_zone("come.test", come)
                self.assertTrue(self.server.reload())
                self.assertEqual(self.rcode("come.test"), NOERROR)
                del self.server.zones["come.test"]
                self.assertTrue(self.server.reload())
                self.assertEqual(self.rcode("come.test"), REFUSED)
        finally:
            for thread in threads:
                thread.halt.set()
            for thread in threads:
                thread.join()
        for thread in threads:
            self.assertIsNone(thread.error)
            self.assertEqual(thread.rcodes["keep.test"], {NOERROR})
            self.assertLessEqual(thread.rcodes["come.test"], {NOERROR, REFUSED})
            self.assertGreater(thread.count, 100)
        self.assertEqual({REFUSED, NOERROR}, set().union(*(thread.rcodes["come.test"] for thread in threads)))
        self.server.stop()

    def test_dnsperf(self):
        """dnsperf loses no query while the server reloads."""
        lib.need("dnsperf")
        questions = "www.keep.test A\nkeep.test SOA\nnx.keep.test A\n"
        data = lib.write(os.path.join(self.server.folder, "queries"), questions)
        result = []
        command = ["dnsperf", "-s", "127.0.0.1", "-p", str(self.server.port), "-d", data, "-l", "3", "-c", "4",
                   "-Q", "5000"]
        thread = threading.Thread(target=lambda: result.append(lib.run(command)))
        before = self.server.counters()["query_udp4"]
        thread.start()
        while thread.is_alive():
            self.assertTrue(self.server.reload())
            thread.join(0.05)
        output = result[0].stdout
        self.context = output + result[0].stderr
        sent, done, lost = (int(re.search(rf"Queries {word}:\s+(\d+)", output).group(1))
                            for word in ("sent", "completed", "lost"))
        self.assertEqual((sent, lost), (done, 0))
        self.assertGreater(done, 1000)
        self.assertEqual(self.server.counters()["query_udp4"], before + sent)
        self.server.stop()

    def test_bad_configuration(self):
        """A bad configuration is refused with file, line and column, and the old one goes on."""
        good = lib.yaml(self.server.config())
        rows = [("identity: ", "identityy: ", "identityy"), ("workers: 2", "workers: many", "server.workers"),
                ("workers: 2", "workers: 9999", "server.workers"), ("zones:", "zones: [", ""),
                ("zones:", "bones:", "bones"), ('name: "keep.test"', 'name: "keep..test"', "name"),
                ("workers: 2", "workers: 2\n  workers: 3", "workers"),
                ("control:", "control: &anchor", "anchor"), ("workers: 2", "workers: !!str 2", "tag")]
        for old, new, text in rows:
            self.context = new
            bad = good.replace(old, new)
            self.assertNotEqual(bad, good)
            self.server.write_config(bad)
            before = len(self.server.log())
            with self.server.counts(config_reload_failed=1):
                self.assertFalse(self.server.hup())
            line = re.search(r"error reload_failed .*", self.server.log()[before:]).group()
            self.assertRegex(line, rf"file={re.escape(self.server.config_path)} line=\d+ column=\d+ text=")
            self.assertIn(text, line)
            number = int(re.search(r"line=(\d+)", line).group(1))
            self.assertLessEqual(abs(number - bad[:bad.index(new)].count("\n") - 1), 1 + new.count("\n"))
            self.wait_served("keep.test")
        os.remove(self.server.config_path)
        self.assertFalse(self.server.hup())
        self.assertTrue(self.server.reload())
        self.server.stop()

    def test_policies(self):
        """A file of policies is loaded again with the configuration; one with errors refuses all of it."""
        path = os.path.join(self.server.folder, "policies.yaml")
        text = lib.yaml(self.server.config()) + "policies: policies.yaml\n"
        for policies, is_good in (("policies: [{name: a, need: accn-8}]", True), ("policies: [{name: a, need: accn-x}]", False),
                                  ("policies: [{name: a, order: b}]", False), ("policies: [{name: b}]", True)):
            with open(path, "w", encoding="ascii") as out:
                out.write(policies + "\n")
            self.server.write_config(text if is_good else text.replace("identity: ", "identity: not-"))
            before = len(self.server.log())
            counter = "config_reload_ok" if is_good else "config_reload_failed"
            with self.server.counts(**{counter: 1}):
                self.assertEqual(self.server.hup(), is_good)
            self.assertEqual(f"{path}:1:" in self.server.log()[before:], not is_good)
            self.assertEqual(lib.ask(self.server, "id.server", "TXT", rclass=3).answer[0].rdata, b"\5first")
        self.server.stop()

    def test_bad_zone(self):
        """A new zone with errors is refused with their places; nothing of that configuration takes effect."""
        self.server.set_zone("good.test", zone("good.test"))
        self.server.set_zone("bad.test", zone("bad.test") + "x A 192.0.2.999\ny MX\n")
        self.server.options["identity"] = "second"
        self.server.options["log_level"] = "debug"
        before = len(self.server.log())
        with self.server.counts(config_reload_failed=1, zone_load_failed=1, zone_load_ok=1):
            self.assertFalse(self.server.reload())
        log = self.server.log()[before:]
        path = re.escape(self.server.zones["bad.test"]["file"])
        for line in 8, 9:
            self.assertRegex(log, rf"file={path} line={line} column=\d+ text=")
        self.wait_served("keep.test")
        self.assertEqual([self.rcode("good.test"), self.rcode("bad.test")], [REFUSED, REFUSED])
        self.assertEqual(lib.ask(self.server, "id.server", "TXT", rclass=3).answer[0].rdata, b"\5first")
        self.assertEqual(self.server.control("log-level")[1], {"level": "info"})
        self.server.set_zone("bad.test", zone("bad.test"))
        self.assertTrue(self.server.reload())
        self.wait_served("keep.test", "good.test", "bad.test")
        self.server.stop()

    def test_bad_zone_leaves_others(self):
        """A refused reload does not touch the zones that are served: server-written names stay as they were."""
        sample = lib.sample_zone(self.server.folder)
        self.server.set_zone("compute.gba", {"file": sample, "index": True})
        self.assertTrue(self.server.reload())
        before = self.server.control("zone export", "compute.gba")[2]
        self.assertIn("_compute._tcp", before)
        self.server.set_zone("compute.gba", {"file": sample, "index": False})
        self.server.set_zone("bad.test", "rubbish\n")
        self.assertFalse(self.server.reload())
        self.assertEqual(self.server.control("zone export", "compute.gba")[2], before)
        del self.server.zones["bad.test"]
        self.assertTrue(self.server.reload())
        self.assertNotIn("_compute._tcp", self.server.control("zone export", "compute.gba")[2])
        self.server.restart()
        self.assertNotIn("_compute._tcp", self.server.control("zone export", "compute.gba")[2])
        self.server.stop()

    def test_options(self):
        """Identity, NSID, cookies, payload and version take effect at the reload."""
        def seen():
            reply = lib.ask(self.server, "www.keep.test", "A", edns=opt(4096, option(3) + option(10, bytes(8))))
            version = lib.ask(self.server, "version.bind", "TXT", rclass=3)
            return reply.options.get(3), 10 in reply.options, reply.opt.rclass, version.rcode

        self.assertEqual(seen(), (b"first", True, 1232, REFUSED))
        self.server.options.update(identity="second", cookies=False, udp_payload=512, version="suanyu")
        self.assertTrue(self.server.reload())
        self.assertEqual(seen(), (b"second", False, 512, NOERROR))
        self.server.options.update(nsid=False)
        self.assertTrue(self.server.reload())
        self.assertEqual(seen(), (None, False, 512, NOERROR))
        self.server.stop()

    def test_options_of_the_start(self):
        """What can not change while the server runs is told in the log, and the rest of the file is obeyed."""
        self.server.options.update(workers=1, identity="second")
        self.assertTrue(self.server.reload())
        self.assertRegex(self.server.log(), r"warn config_restart ")
        self.assertEqual(lib.ask(self.server, "id.server", "TXT", rclass=3).answer[0].rdata, b"\6second")
        self.server.stop()

    def test_store_is_the_truth(self):
        """A zone that comes back comes from the store: its file is not read again, and may be gone."""
        self.server.set_zone("come.test", zone("come.test", last=20))
        self.assertTrue(self.server.reload())
        path = self.server.zones["come.test"]["file"]
        lib.write(path, zone("come.test", serial=2, last=30))
        self.assertTrue(self.server.reload())  # not an import
        self.assertEqual(lib.ask(self.server, "www.come.test", "A").answer[0].rdata[3], 20)
        entry = self.server.zones.pop("come.test")
        self.assertTrue(self.server.reload())
        os.remove(path)
        self.server.zones["come.test"] = entry
        self.assertTrue(self.server.reload())
        self.assertEqual(lib.ask(self.server, "www.come.test", "A").answer[0].rdata[3], 20)
        self.server.stop()

    def test_many_signals(self):
        """Signals one after the other, faster than they can be obeyed, do no harm."""
        done = threading.Event()

        def listen():  # a service manager takes what it is told, or the server would wait
            with contextlib.suppress(OSError, ValueError):  # closed at the end
                while not done.is_set():
                    if select.select([self.server.notify], [], [], 0.05)[0]:
                        self.server.notify.recv(4096)

        manager = threading.Thread(target=listen)
        manager.start()
        try:
            with Traffic(self.server, ["keep.test"], "udp4") as traffic:
                for _ in range(200):
                    self.server.process.send_signal(signal.SIGHUP)
                lib.until(lambda: self.server.counters()["config_reload_ok"] > 0, "a reload")
                self.wait_served("keep.test")
            self.assertIsNone(traffic.error)
            self.server.stop()
        finally:
            self.server.stop(check=False)
            done.set()
            manager.join()

    def test_no_leak(self):
        """Reloads do not make the server grow."""
        if lib.is_sanitized():
            self.skipTest("the memory of a sanitizer grows by itself")
        self.server.set_zone("compute.gba", {"file": lib.sample_zone(self.server.folder), "index": True})

        def cycle(times):
            for _ in range(times):
                entry = self.server.zones.pop("compute.gba")
                self.assertTrue(self.server.reload())
                self.server.zones["compute.gba"] = entry
                self.assertTrue(self.server.reload())

        cycle(10)
        before = resident_kib(self.server)
        cycle(40)
        self.assertLess(resident_kib(self.server) - before, 6 * 1024)
        self.server.stop()

    def test_notify(self):
        """The service manager hears when the server reloads, is ready again, and stops."""
        said = []

        def listen():
            while select.select([self.server.notify], [], [], 0)[0]:
                said.extend(self.server.notify.recv(4096).decode().split("\n"))
            return said

        self.server.process.send_signal(signal.SIGHUP)
        lib.until(lambda: "READY=1" in listen(), "READY=1 after SIGHUP")
        self.assertLess(said.index("RELOADING=1"), said.index("READY=1"))
        self.server.process.send_signal(signal.SIGTERM)
        lib.until(lambda: "STOPPING=1" in listen(), "STOPPING=1 after SIGTERM")
        self.server.finish()


class Stop(unittest.TestCase):
    def stop_under_load(self, number):
        server = lib.Server({"keep.test": zone("keep.test")}, workers=2).start()
        threads = [Traffic(server, ["keep.test"], transport) for transport in lib.TRANSPORTS]
        for thread in threads:
            thread.start()
        try:
            lib.until(lambda: all(thread.count > 200 for thread in threads), "traffic")
            server.process.send_signal(number)
            server.finish()  # within its time, though the traffic never ends
        finally:
            for thread in threads:
                thread.halt.set()
            server.stop(check=False)
        for thread in threads:
            thread.join()
            self.assertEqual(thread.rcodes["keep.test"], {NOERROR})
        self.assertFalse(os.path.exists(server.socket_path))
        return server

    def test_term(self):
        """SIGTERM under load is a clean stop: exit status 0, the control socket is gone, no error in the log."""
        server = self.stop_under_load(signal.SIGTERM)
        self.assertRegex(server.log(), r"info stopping ")
        self.assertNotRegex(server.log(), r"Z error ")

    def test_int(self):
        """SIGINT is a clean stop, too."""
        self.stop_under_load(signal.SIGINT)

    def test_stop_while_reloading(self):
        """SIGTERM right behind SIGHUP is a clean stop."""
        for _ in range(10):
            server = lib.Server({"keep.test": zone("keep.test")}).start()
            server.process.send_signal(signal.SIGHUP)
            server.process.send_signal(signal.SIGTERM)
            server.finish()

    def test_stop_twice(self):
        """Signals that come while the server stops do not turn a clean stop into a broken one."""
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            server = lib.Server({"keep.test": zone("keep.test")}).start()
            server.process.send_signal(signal.SIGTERM)
            while server.process.poll() is None:
                server.process.send_signal(number)
                select.select([], [], [], 0.001)
            server.finish()

    def test_stop_with_idle_connections(self):
        """Open TCP connections do not hold up the stop, and they are closed, not forgotten."""
        server = lib.Server({"keep.test": zone("keep.test")}, tcp_idle_s=3600, tcp_stall_s=3600).start()
        peers = [lib.open_socket(server, transport) for transport in lib.TRANSPORTS if transport.startswith("tcp")]
        try:
            peers[0].sendall(framed(query("www.keep.test", "A")))
            self.assertEqual(Reply(lib.read_framed(peers[0])).rcode, NOERROR)
            server.stop()  # within its time, which is far from theirs
            self.assertTrue(all(lib.ended(peer) for peer in peers))
        finally:
            for peer in peers:
                peer.close()

    def test_start_again_at_once(self):
        """The addresses are free for the next start right after the stop, connections or not."""
        server = lib.Server({"keep.test": zone("keep.test")}).start()
        for _ in range(5):
            with lib.open_socket(server, "tcp4") as peer:
                peer.sendall(framed(query("www.keep.test", "A")))
                self.assertIsNotNone(lib.read_framed(peer))
                server.restart()
        self.assertEqual(lib.ask(server, "www.keep.test", "A").rcode, NOERROR)
        server.stop()

    def test_address_taken(self):
        """An address that another program holds is an error at the start that names it; exit status 1."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            server = lib.Server({"keep.test": zone("keep.test")})
            server.port = holder.getsockname()[1]
            server.write_config()
            server.spawn()
            self.assertEqual(server.process.wait(lib.DEADLINE_S), 1)
            server.close()
            self.assertRegex(server.log(), rf"error .*{server.port}")


if __name__ == "__main__":
    lib.main()
