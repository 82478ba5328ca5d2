#!/usr/bin/python3
"""Can a person see and steer the server? The tool suanyu and the control socket beneath it."""
import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import unittest

import lib

ZONE = "control.test"
TEXT = """
$ORIGIN control.test.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.{last}
"""
REFUSED, USAGE, LOST = 1, 2, 3  # exit status
VERBS = {"log-level", "show", "stats", "status", "zone add", "zone check", "zone export", "zone import", "zone journal",
         "zone list", "zone refresh", "zone remove"}


def setUpModule():
    global server, sample
    server = lib.Server({ZONE: TEXT.format(last=10), "empty.test": TEXT.replace("control", "empty").format(last=1)},
                        http=True).start()
    zone = {"file": lib.sample_zone(lib.fresh_folder()), "index": True}
    sample = lib.Server({"compute.gba": zone}).start()


def tearDownModule():
    server.stop()
    sample.stop()


class Tool(unittest.TestCase):
    maxDiff = None

    def run_ok(self, *args, on=None, **options):
        result = (on or server).suanyu(*args, **options)
        self.context = f"suanyu {' '.join(args)}\n{result.stdout[:2000]}{result.stderr[:2000]}"
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def run_json(self, *args, on=None):
        text = self.run_ok("--json", *args, on=on)
        self.assertEqual(text.count("\n"), 1, "one line")
        return json.loads(text)

    def run_bad(self, status, *args, on=None, **options):
        result = (on or server).suanyu(*args, **options)
        self.context = f"suanyu {' '.join(args)}\n{result.stdout[:2000]}{result.stderr[:2000]}"
        self.assertEqual((result.returncode, result.stdout), (status, ""))
        self.assertNotEqual(result.stderr, "")
        self.assertNotIn("\x1b", result.stderr)
        return result.stderr

    def write(self, name, text):
        return lib.write(os.path.join(server.folder, name), text)


class Looking(Tool):
    def test_status(self):
        """status tells version, process, zones, records, memory and store, for people and for programs."""
        facts = self.run_json("status")
        self.assertEqual(facts["pid"], server.process.pid)
        self.assertEqual((facts["zones"], facts["records"], facts["log_level"]), (2, 8, "info"))
        self.assertGreaterEqual(facts["uptime_s"], 0)
        self.assertGreater(facts["zone_octets"], 0)
        self.assertTrue(0 < facts["store_used"] <= facts["store_size"])
        text = self.run_ok("status")
        for pattern in rf"version +{re.escape(facts['version'])}", r"zones +2\b", r"records +8\b", r"log level +info":
            self.assertRegex(text, pattern)

    def test_stats(self):
        """stats tells what was asked since the last time, for people only what is not 0."""
        before = self.run_json("stats")["counters"]
        lib.ask(server, f"nowhere.{ZONE}", "A")
        lib.ask(server, f"www.{ZONE}", "A", "tcp4")
        after = self.run_json("stats")
        moved = {name: number - before[name] for name, number in after["counters"].items() if number != before[name]}
        moved.pop("tcp_closed", None)
        self.assertEqual(moved.pop("control_command"), 1)
        self.assertEqual(moved, {"query_udp4": 1, "query_tcp4": 1, "answer_nxdomain": 1, "answer_noerror": 1,
                                 "cookie_none": 2, "tcp_opened": 1, "tcp_message": 1})
        times = after["answer_ns"]
        steps = [count for _, count in times["le"]]
        self.assertEqual(steps, sorted(steps), "a histogram is cumulative")
        self.assertEqual(steps[-1] if steps else 0, times["count"])
        self.assertGreater(times["count"], 0)
        text = self.run_ok("stats")
        self.assertRegex(text, r"(?m)^answer_nxdomain +\d+")
        self.assertNotRegex(text, r"(?m)^answer_badvers +0")

    def test_zone_list(self):
        """zone list tells each zone with serial, names, records and memory."""
        zones = self.run_json("zone", "list")["zones"]
        self.assertEqual([zone["name"] for zone in zones], ["control.test.", "empty.test."])
        self.assertEqual([zone["records"] for zone in zones], [4, 4])
        lines = self.run_ok("zone", "list").splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r"ZONE +SERIAL +NAMES +RECORDS")
        self.assertRegex(lines[1], r"^control\.test\. +\d+ +3 +4 ")

    def test_show(self):
        """show tells everything at a name and its pools: units, ages, totals."""
        text = self.run_ok("show", "lumi.eurohpc.compute.gba", on=sample)
        for pattern in (r"kind +hpc", r"az +Kajaani", r"198\.51\.100\.1", r"1 pool\b", r"main\.lumi\.eurohpc",
                        r"fp64 +539\.13 PFLOP/s", r"gco2 +79 g/kWh", r"observed .* ago", r"(?i)total"):
            self.assertRegex(text, pattern)
        facts = self.run_json("show", "lumi.eurohpc.compute.gba", on=sample)
        self.assertEqual((facts["name"], facts["zone"]), ("lumi.eurohpc.compute.gba.", "compute.gba."))
        self.assertIn("CENTRE", [record["type"] for record in facts["records"]])
        self.assertEqual(facts["pools_total"], 1)
        pool = self.run_json("show", "main.lumi.eurohpc.compute.gba", on=sample)
        cres = next(record for record in pool["records"] if record["type"] == "CRES")
        fp64 = next(attribute for attribute in cres["attrs"] if attribute["name"] == "fp64")
        self.assertEqual((fp64["number"], fp64["unit"], fp64["pretty"]), (539130000, "GFLOP/s", "539.13 PFLOP/s"))

    def test_show_any_name(self):
        """show takes names with and without the last dot, in any case, server-written ones, and aliases."""
        for name in "PCL.compute.GBA", "pcl.compute.gba.", "_compute._tcp.compute.gba", "compute.gba":
            self.assertNotEqual(self.run_ok("show", name, on=sample), "")
        self.assertEqual(self.run_bad(REFUSED, "show", "nowhere.compute.gba", on=sample).count("\n"), 1)
        self.assertEqual(self.run_bad(REFUSED, "show", "example.org", on=sample).count("\n"), 1)

    def test_log_level(self):
        """log-level shows the level and sets it."""
        self.assertEqual(self.run_json("log-level"), {"level": "info"})
        self.assertEqual(self.run_json("log-level", "debug"), {"level": "debug"})
        self.assertEqual(self.run_json("log-level"), {"level": "debug"})
        self.assertEqual(self.run_json("status")["log_level"], "debug")
        self.run_ok("log-level", "info")
        self.run_bad(REFUSED, "log-level", "loud")

    def test_commands(self):
        """--commands and --help name every verb, and need no server."""
        result = lib.run([os.path.join(lib.BIN, "suanyu"), "--commands"])
        names = {line.split("\t")[0] for line in result.stdout.splitlines()}
        self.assertLessEqual(VERBS | {"-s", "--json"}, names)
        for args in (["--help"], ["--help", "zone", "import"]):
            result = lib.run([os.path.join(lib.BIN, "suanyu"), *args])
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("zone import", result.stdout)

    def test_completion(self):
        """The completion of bash offers the verbs, the words behind them, and files."""
        lib.need("bash")
        completion = os.path.join(lib.TOP, "tools", "suanyu.bash")

        def offered(*words):
            script = (f'. "{completion}"; COMP_WORDS=({" ".join(words)} ""); COMP_CWORD={len(words)};'
                      ' _suanyu; printf "%s\\n" "${COMPREPLY[@]}"')
            env = {**os.environ, "PATH": f"{lib.BIN}:{os.environ['PATH']}"}
            return set(lib.run(["bash", "-c", script], cwd=server.folder, env=env).stdout.split())

        self.assertLessEqual({"show", "stats", "status", "zone", "log-level"}, offered("suanyu"))
        self.assertEqual(offered("suanyu", "zone"),
                         {"add", "check", "export", "import", "journal", "list", "refresh", "remove"})
        self.assertIn("control.test.zone", offered("suanyu", "zone", "import", ZONE))


class Wrong(Tool):
    def test_usage(self):
        """A wrong command line ends with status 2 and says what is right."""
        rows = [[], ["bogus"], ["zone"], ["zone", "bogus"], ["status", "more"], ["show"], ["show", "a", "b"],
                ["zone", "import"], ["zone", "import", ZONE], ["zone", "import", ZONE, "f", "g"], ["--bogus", "status"],
                ["zone list"]]
        for args in rows[:-1]:
            with server.counts():
                text = self.run_bad(USAGE, *args)
            self.assertRegex(text, r"(?i)usage|try")

    def test_no_server(self):
        """Without a server behind the socket the status is 3, whatever is there instead."""
        folder = lib.fresh_folder()
        dead = os.path.join(folder, "dead.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(dead)  # nobody listens any more
        plain = self.write("plain", "no socket\n")
        for path in os.path.join(folder, "absent.sock"), dead, plain, folder, "x" * 200:
            result = lib.run([os.path.join(lib.BIN, "suanyu"), "-s", path, "status"])
            self.assertEqual((result.returncode, result.stdout), (LOST, ""), path)
            self.assertIn(path[:50], result.stderr)

    def test_server_goes_away(self):
        """A server that goes away or answers rubbish in the middle is an error, not a hang."""
        path = os.path.join(lib.fresh_folder(), "fake.sock")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            listener.settimeout(lib.DEADLINE_S)
            answers = [b"", b"{", b"rubbish\n", b'{"ok":true}\n', b'{"ok":"yes"}\n', b'{"part":3}\n', b"\xff\xfe\n",
                       b"[]\n", b'{"ok":false}\n']
            for answer in answers:
                client = subprocess.Popen([os.path.join(lib.BIN, "suanyu"), "-s", path, "status"],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                lib.started.append(client)
                peer, _ = listener.accept()
                with peer:
                    peer.recv(4096)
                    with contextlib.suppress(OSError):
                        peer.sendall(answer)
                out, err = client.communicate(timeout=lib.DEADLINE_S)
                self.assertIn(client.returncode, (REFUSED, LOST), answer)
                self.assertNotEqual(err, b"")
                self.assertNotIn(b"null", out)

    def test_unknown_zone(self):
        """Verbs of a zone refuse a zone that is not served and a name that is none."""
        path = os.path.join(server.folder, f"{ZONE}.zone")
        for name in "absent.test", "a..b", "x" * 64 + ".test", "sub.control.test":
            for verb in ["export"], ["check"]:
                self.run_bad(REFUSED, "zone", *verb, name)
            self.run_bad(REFUSED, "zone", "import", name, path)

    def test_output_full(self):
        """An output that can not be written is an error."""
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([os.path.join(lib.BIN, "suanyu"), "-s", server.socket_path, "zone", "export", ZONE],
                                    stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertNotEqual(result.stderr, b"")


class Zones(Tool):
    def address(self):
        return lib.ask(server, f"www.{ZONE}", "A").answer[0].rdata[3]

    def test_import(self):
        """zone import replaces the zone at once, by a path relative to where the user stands."""
        self.write("next.zone", TEXT.format(last=77).replace("host 1 ", "host 2 ") + 'new TXT "new"\n')
        with server.counts(zone_load_ok=1):
            facts = self.run_ok("--json", "zone", "import", ZONE, "next.zone", cwd=server.folder)
        facts = json.loads(facts)
        self.assertEqual((facts["zone"], facts["serial"], facts["records"]), (f"{ZONE}.", 2, 5))
        self.assertEqual(self.address(), 77)
        self.assertEqual(lib.ask(server, f"new.{ZONE}", "TXT").rcode, lib.NOERROR)
        first = self.write("first.zone", TEXT.format(last=10).replace("host 1 ", "host 3 "))
        self.assertRegex(self.run_ok("zone", "import", ZONE, first), r"control\.test\. imported")
        self.assertEqual(self.address(), 10)
        self.assertEqual(lib.ask(server, f"new.{ZONE}", "TXT").rcode, lib.NXDOMAIN)

    def test_import_bad(self):
        """A bad zone file is refused with every error at its place, and nothing changes."""
        lines = ["$ORIGIN control.test.", "$TTL 300", "@ SOA ns host 9 7200 3600 1209600 60", "@ NS ns",
                 "ns A 192.0.2.1", "a A 192.0.2.256", "b AAAA zz", "c MX mail", "www A 192.0.2.99", "d BOGUS x",
                 'e TXT "open', "",
                 "out.example. A 192.0.2.1", "f TYPE65360 \\# 3 00", "g CENTRE . kind=palace", "h CRES . cpu=1.5"]
        path = self.write("bad.zone", "\n".join(lines) + "\n")
        export = self.run_ok("zone", "export", ZONE)
        with server.counts(zone_load_failed=1):
            text = self.run_bad(REFUSED, "zone", "import", ZONE, path)
        places = [int(line) for line in re.findall(rf"{re.escape(path)}:(\d+):\d+: .", text)]
        for line in 6, 7, 8, 10, 11, 13, 14, 15, 16:
            self.assertIn(line, places, "an error that was not told")
        self.assertEqual(set(places) - {6, 7, 8, 10, 11, 12, 13, 14, 15, 16}, set())
        self.assertEqual(self.address(), 10)
        self.assertEqual(self.run_ok("zone", "export", ZONE), export)

    def test_twenty_errors(self):
        """Up to twenty errors of a file are told in one pass."""
        bad = "".join(f"x{i} A 192.0.2.{i + 300}\n" for i in range(30))
        path = self.write("many-errors-in-a-file-with-quite-a-long-name.zone", TEXT.format(last=10) + bad)
        for verb in "import", "check":
            text = self.run_bad(REFUSED, "zone", verb, ZONE, path)
            places = re.findall(rf"{re.escape(path)}:(\d+):\d+: ", text)
            self.assertGreaterEqual(len(set(places)), 20, text)

    def test_import_absent(self):
        """A file that is not there, or is none, or may not be read, is refused."""
        secret = self.write("secret.zone", TEXT.format(last=99))
        os.chmod(secret, 0o600)
        paths = [os.path.join(server.folder, "absent"), server.folder, "/dev/null"]
        if lib.IS_ROOT:
            paths.append(secret)  # the server is not root
        for path in paths:
            self.run_bad(REFUSED, "zone", "import", ZONE, path)
        self.assertEqual(self.address(), 10)

    def test_check(self):
        """zone check judges a file, or the configured one, and changes nothing."""
        path = self.write("check.zone", TEXT.format(last=88) + 'more TXT "more"\n')
        facts = self.run_json("zone", "check", ZONE, path)
        self.assertEqual((facts["zone"], facts["names"], facts["records"]), (f"{ZONE}.", 4, 5))
        self.assertEqual(self.run_json("zone", "check", ZONE)["records"], 4)
        self.assertEqual(self.address(), 10)
        without_soa = self.write("soa.zone", "$TTL 5\n@ NS ns\nns A 192.0.2.1\n")
        self.assertIn("SOA", self.run_bad(REFUSED, "zone", "check", ZONE, without_soa))

    def test_export(self):
        """zone export prints the zone, or writes a file in one step that leaves what was there when it fails."""
        text = self.run_ok("zone", "export", ZONE)
        self.assertRegex(text, r"(?m)^www\.control\.test\. 300 IN A 192\.0\.2\.10$")
        path = os.path.join(server.folder, "export.zone")
        self.run_ok("zone", "export", ZONE, path)
        with open(path, encoding="utf-8") as out:
            self.assertEqual(out.read(), text)
        self.run_bad(REFUSED, "zone", "export", "absent.test", path)
        with open(path, encoding="utf-8") as out:
            self.assertEqual(out.read(), text)
        self.run_bad(REFUSED, "zone", "export", ZONE, "/nonexistent/export.zone")
        self.assertEqual([name for name in os.listdir(server.folder) if name.startswith("export.zone.")], [])
        self.assertEqual(json.loads(self.run_ok("--json", "zone", "export", ZONE))["text"], text)


class Socket(Tool):
    def ask_line(self, *lines):
        """Raw lines to the control socket, then no more; what comes back, line by line."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(lib.DEADLINE_S)
            peer.connect(server.socket_path)
            try:
                peer.sendall(b"".join(lines))
                peer.shutdown(socket.SHUT_WR)
                data = b""
                while part := peer.recv(65536):
                    data += part
            except ConnectionError:
                data = b""
        return [json.loads(line) for line in data.splitlines()]

    def test_protocol(self):
        """Several requests on one connection are answered in their order."""
        level, bogus = b'{"cmd":"log-level"}\n', b'{"cmd":"bogus"}\n'
        answers = self.ask_line(level, bogus, b'{"cmd":"zone list","args":[]}\n', level)
        self.assertEqual([answer["ok"] for answer in answers], [True, False, True, True])
        self.assertEqual(answers[0]["result"], {"level": "info"})
        self.assertEqual(set(answers[1]["error"]), {"code", "text"})

    def test_malformed(self):
        """Malformed requests get an error or the end of the connection, and the server goes on."""
        deep = b'{"cmd":"status","args":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
        rows = [b"\n", b"rubbish\n", b"{\n", b"[]\n", b"null\n", b'"status"\n', b'{"cmd":1}\n',
                b'{"cmd":"status","x":1}\n', b'{"cmd":"status","cmd":"status"}\n', b'{"cmd":"status","args":"x"}\n',
                b'{"cmd":"status","args":[1]}\n', b'{"cmd":"status","args":["x"]}\n', b'{"cmd":"show","args":["a\\u0000b"]}\n',
                b"\xff\xfe\n", b"\0\n",
                b'{"cmd":"show","args":["' + b"x" * 5000 + b'"]}\n', deep, b'{"cmd":"status"} {"cmd":"status"}\n',
                b'{"cmd":"zone import","args":["control.test","relative"]}\n',
                b'{"cmd":"log-level","args":["info\\nforged line"]}\n', b"x" * 200000 + b"\n", b"x" * 200000]
        for row in rows:
            self.context = repr(row[:100])
            for answer in self.ask_line(row):
                self.assertFalse(answer["ok"])
        self.assertEqual(self.ask_line(b'{"cmd":"log-level"}\n')[0]["result"], {"level": "info"})
        self.assertNotRegex(server.log(), r"(?m)^forged")

    def test_mode(self):
        """The socket belongs to the server's user and is closed to others."""
        info = os.stat(server.socket_path)
        self.assertTrue(stat.S_ISSOCK(info.st_mode))
        self.assertEqual(stat.S_IMODE(info.st_mode) & 0o007, 0)
        owner = pwd.getpwnam(lib.USER).pw_uid if lib.IS_ROOT else os.geteuid()
        self.assertEqual(info.st_uid, owner)

    @unittest.skipUnless(lib.IS_ROOT, "only root can become somebody else")
    def test_other_users(self):
        """Users other than root and the server's own are refused, by the socket's mode and by their credentials."""
        lib.need("setpriv")
        folder = lib.fresh_folder()
        tool = shutil.copy(os.path.join(lib.BIN, "suanyu"), folder)
        os.chmod(tool, 0o755)

        def status_as(user):
            entry = pwd.getpwnam(user)
            become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
            return lib.run([*become, tool, "-s", server.socket_path, "status"])

        self.assertEqual(status_as(lib.USER).returncode, 0)
        result = status_as("daemon")
        self.assertEqual((result.returncode, result.stdout), (LOST, ""))
        mode = stat.S_IMODE(os.stat(server.socket_path).st_mode)
        os.chmod(server.socket_path, 0o777)
        try:
            with server.counts():
                before = server.counters()["control_refused"]
                result = status_as("daemon")
                self.assertEqual(server.counters()["control_refused"], before + 1)
        finally:
            os.chmod(server.socket_path, mode)
        self.assertIn(result.returncode, (REFUSED, LOST))
        self.assertEqual(result.stdout, "")
        self.assertRegex(server.log(), r"control_refused .*uid=\d+")

    def test_many_connections(self):
        """Connections over the limit are refused, and a slow one does not keep others waiting."""
        with contextlib.ExitStack() as stack:
            held = []
            for _ in range(40):
                peer = stack.enter_context(socket.socket(socket.AF_UNIX))
                peer.settimeout(lib.DEADLINE_S)
                peer.connect(server.socket_path)
                held.append(peer)
            refused = 0
            for peer in held[-10:]:
                data = b""
                with contextlib.suppress(ConnectionError):
                    data = peer.recv(4096)
                refused += b'"ok":true' not in data
            self.assertEqual(refused, 10)
            held[0].sendall(b'{"cmd":"log-level"}\n')
            self.assertIn(b'"ok":true', held[0].recv(4096))
            self.assertEqual(lib.ask(server, ZONE, "SOA").rcode, lib.NOERROR)
        lib.until(lambda: server.suanyu("status").returncode == 0, "the control socket is free again")

    def test_stale_socket(self):
        """A socket that a killed server left is taken over; one that is served by another is not."""
        other = lib.Server({ZONE: TEXT.format(last=1)}).start()
        try:
            other.kill()
            self.assertTrue(os.path.exists(other.socket_path))
            other.start()
            self.assertEqual(other.suanyu("status").returncode, 0)
            second = lib.Server({ZONE: TEXT.format(last=2)})
            second.socket_path = other.socket_path
            second.write_config()
            second.spawn()
            self.assertEqual(second.process.wait(lib.DEADLINE_S), 1)
            second.close()
            self.assertIn(other.socket_path, second.log())
            self.assertEqual(other.suanyu("--json", "status").returncode, 0)
            self.assertEqual(json.loads(other.suanyu("--json", "status").stdout)["pid"], other.process.pid)
        finally:
            other.stop()
        self.assertFalse(os.path.exists(other.socket_path), "removed at a clean stop")

    def test_stop_while_asked(self):
        """SIGTERM in the middle of commands is still a clean stop."""
        other = lib.Server({ZONE: TEXT.format(last=1)}).start()
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                peer = stack.enter_context(socket.socket(socket.AF_UNIX))
                peer.connect(other.socket_path)
                path = json.dumps(os.path.join(other.folder, f"{ZONE}.zone")).encode()
                peer.sendall(b'{"cmd":"zone import","args":["control.test",' + path + b"]}\n" * 20)
            other.process.send_signal(signal.SIGTERM)
            other.stop()


if __name__ == "__main__":
    lib.main()
