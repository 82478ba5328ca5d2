#!/usr/bin/python3
"""Can Prometheus read what the server counts? The HTTP listener with /metrics, and all that is not /metrics."""
import contextlib
import http.client
import os
import re
import socket
import threading
import unittest

import lib
from lib import Reply, opt, query

ZONE = "metrics.test"
TEXT = """
@ 300 SOA ns host 7 7200 3600 1209600 60
@ 300 NS ns
ns 300 A 192.0.2.1
www 300 A 192.0.2.10
"""
HOSTILE = ['quo\\"te.test', "new\\010line.test", "back\\\\slash.test", "br\\}ace.test", "\\195\\164\\255\\000.test"]
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|\+?Inf|NaN)"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'


def setUpModule():
    global server
    names = [ZONE, *HOSTILE]
    server = lib.Server(http=True)
    for i, name in enumerate(names):
        server.set_zone(name, {"file": lib.write(os.path.join(server.folder, f"zone{i}"), TEXT)})
    server.start()


def tearDownModule():
    server.stop()


def ask_http(method, path, body=None, headers=None):
    """(status, headers, text)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=lib.DEADLINE_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def raw_http(data, part=None):
    """Octets to the listener and what comes back until it closes; nothing when it cuts us off."""
    with socket.create_connection(("127.0.0.1", server.http_port), 15) as peer:
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(data), part or len(data) or 1):
                peer.sendall(data[at:at + (part or len(data))])
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_WR)
            answer = b""
            while more := peer.recv(65536):
                answer += more
            return answer
        return b""


class Page:
    """/metrics read by the rules of the Prometheus text format 0.0.4: whoever breaks one raises."""

    def __init__(self, text):
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        self.samples, self.types, self.helps = {}, {}, {}
        family = None
        for number, line in enumerate(text[:-1].split("\n"), 1):
            if match := re.fullmatch(rf"# HELP ({NAME}) (.*)", line):
                family = match.group(1)
                self.once(self.helps, family, match.group(2), number)
            elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
                if match.group(1) != family:
                    raise ValueError(f"line {number}: TYPE of another family")
                self.once(self.types, family, match.group(2), number)
            else:
                self.sample(line, family, number)
        if set(self.helps) != set(self.types):
            raise ValueError("HELP or TYPE is missing")

    @staticmethod
    def once(table, key, value, number):
        if key in table:
            raise ValueError(f"line {number}: {key} comes twice")
        table[key] = value

    def sample(self, line, family, number):
        match = re.fullmatch(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? ({VALUE})", line)
        if not match:
            raise ValueError(f"line {number} is no sample: {line!r}")
        labels = tuple(re.findall(LABEL, match.group(2) or ""))
        ending = r"_(bucket|sum|count)$" if self.types.get(family) == "histogram" else "$"
        if re.sub(ending, "", match.group(1)) != family:
            raise ValueError(f"line {number}: {match.group(1)} stands below {family}")
        self.once(self.samples, (match.group(1), labels), float(match.group(match.lastindex)), number)

    def get(self, name, **labels):
        return self.samples[(name, tuple(sorted(labels.items())))]


def page():
    status, _, text = ask_http("GET", "/metrics")
    if status != 200:
        raise AssertionError(f"status {status}")
    return Page(text)


class Metrics(unittest.TestCase):
    maxDiff = None

    def test_format(self):
        """The page is text of format 0.0.4: every line parses, no series comes twice, types and names agree."""
        status, headers, text = ask_http("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertRegex(headers["Content-Type"], r"^text/plain; version=0\.0\.4")
        whole = Page(text)
        for family, kind in whole.types.items():
            self.assertEqual(family.endswith("_total"), kind == "counter", family)
            self.assertRegex(family, r"^(suanyu|process)_[a-z0-9_]+$")
            self.assertNotEqual(whole.helps[family], "")
        self.assertGreater(len(whole.samples), 60)

    def test_all_counters(self):
        """Every counter of the control socket is on the page, with the same sum."""
        counters = server.counters()
        samples = [value for (name, _), value in page().samples.items() if name.endswith("_total")]
        self.assertEqual(len(samples), len(counters))
        moving = counters["http_request"] + counters["control_command"]
        self.assertAlmostEqual(sum(samples), sum(counters.values()), delta=moving + 10)

    def test_moves(self):
        """Counters move by what was asked, and by nothing else."""
        before = page()
        for _ in range(3):
            lib.ask(server, f"nowhere.{ZONE}", "A")
        lib.ask(server, f"www.{ZONE}", "A", "tcp4", edns=opt())
        lib.exchange(server, lib.header(1, 15 << 11, 0))
        with contextlib.suppress(TimeoutError):
            lib.exchange(server, query(ZONE, "A", flags=lib.QR), timeout_s=0.2)
        after = page()
        moved = {key: value - before.samples[key] for key, value in after.samples.items()
                 if key[0].endswith("_total") and value != before.samples[key]}
        expected = {("queries", (("transport", "udp4"),)): 5, ("queries", (("transport", "tcp4"),)): 1,
                    ("answers", (("rcode", "NXDOMAIN"),)): 3, ("answers", (("rcode", "NOERROR"),)): 1,
                    ("answers", (("rcode", "NOTIMP"),)): 1, ("dropped", (("reason", "response"),)): 1,
                    ("opcode_unknown", ()): 1, ("edns_queries", ()): 1, ("tcp_messages", ()): 1, ("tcp_opened", ()): 1,
                    ("cookies", (("state", "none"),)): 4, ("http_requests", ()): 1}
        moved.pop(("suanyu_tcp_closed_total", (("reason", "closed"),)), None)
        named = {(f"suanyu_{name}_total", labels): number for (name, labels), number in expected.items()}
        self.assertEqual(moved, named)

    def test_histogram(self):
        """Answer times are a cumulative histogram in seconds whose count is that of all answers."""
        lib.ask(server, ZONE, "SOA")
        whole = page()
        buckets = [(float(dict(labels)["le"].replace("+Inf", "inf")), value) for (name, labels), value in
                   whole.samples.items() if name == "suanyu_answer_seconds_bucket"]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual([value for _, value in buckets], sorted(value for _, value in buckets))
        self.assertEqual(buckets[-1][0], float("inf"))
        self.assertEqual(buckets[-1][1], whole.get("suanyu_answer_seconds_count"))
        self.assertGreater(whole.get("suanyu_answer_seconds_sum"), 0)
        self.assertLess(whole.get("suanyu_answer_seconds_sum"), 60)

    def test_gauges(self):
        """Zones, store and process are told as gauges."""
        whole = page()
        self.assertEqual(whole.get("suanyu_zone_records", zone=f"{ZONE}."), 4)
        self.assertEqual(whole.get("suanyu_zone_serial", zone=f"{ZONE}."), 7)
        self.assertGreater(whole.get("suanyu_zone_bytes", zone=f"{ZONE}."), 0)
        self.assertLessEqual(whole.get("suanyu_store_used_bytes"), whole.get("suanyu_store_size_bytes"))
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            resident = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) << 10
        self.assertAlmostEqual(whole.get("process_resident_memory_bytes"), resident, delta=16 << 20)

    def test_hostile_labels(self):
        """Zone names with quotes, line ends, backslashes and odd octets neither break the page nor vanish."""
        names = [dict(labels)["zone"] for (name, labels), _ in page().samples.items() if name == "suanyu_zone_records"]
        self.assertEqual(len(names), 1 + len(HOSTILE))
        for name in names:
            self.assertRegex(name, r"^[ -~]+$")

    def test_long_labels(self):
        """Zones whose long names differ only at their end are still series of their own."""
        long = 63 * "\\001"
        names = [f"{long}.{long}.{letter}.test" for letter in "ab"]
        path = lib.write(os.path.join(server.folder, "long"), TEXT)
        for name in names:
            server.zones[name] = {"file": path}
        self.assertTrue(server.reload())
        try:
            status, _, text = ask_http("GET", "/metrics")
            self.assertEqual(status, 200)
            Page(text)
        finally:
            for name in names:
                del server.zones[name]
            self.assertTrue(server.reload())

    def test_readers(self):
        """curl reads it; promtool, where it is installed, finds nothing to say."""
        lib.need("curl")
        url = f"http://127.0.0.1:{server.http_port}/metrics"
        result = lib.run(["curl", "-sSf", url])
        self.assertEqual(result.returncode, 0, result.stderr)
        Page(result.stdout)
        if lib.find_program("promtool"):
            checked = lib.run(["promtool", "check", "metrics"], stdin=None, input=result.stdout)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


class Http(unittest.TestCase):
    def test_head(self):
        """HEAD gives the headers of GET and no body."""
        status, headers, text = ask_http("HEAD", "/metrics")
        self.assertEqual((status, text), (200, ""))
        self.assertGreater(int(headers["Content-Length"]), 1000)

    def test_other_paths(self):
        """Every other path is 404."""
        for path in ("/", "/metrics/", "/metricsx", "/Metrics", "/metrics%00", "/../metrics", "//metrics",
                     "/" + "x" * 2000, "/%2e%2e/metrics", "/metrics/../metrics"):
            self.assertEqual(ask_http("GET", path)[0], 404, path)
        self.assertEqual(ask_http("GET", "/metrics?x=1")[0], 200)

    def test_other_methods(self):
        """Every other method is 405 and told what is allowed."""
        for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW":
            status, headers, _ = ask_http(method, "/metrics")
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)
        self.assertEqual(ask_http("POST", "/absent")[0], 404)

    def test_body(self):
        """A request with a body is refused before the body is taken."""
        self.assertIn(ask_http("GET", "/metrics", b"x" * 100)[0], (200, 413))
        answer = raw_http(b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        self.assertRegex(answer[:20], rb"^(HTTP/1\.1 4\d\d|$)")

    def test_headers(self):
        """Answers are not cached and not sniffed."""
        _, headers, _ = ask_http("GET", "/metrics")
        self.assertEqual((headers["Cache-Control"], headers["X-Content-Type-Options"]), ("no-store", "nosniff"))
        self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_malformed(self):
        """Malformed requests get a 4xx or the end of the connection, and the listener goes on."""
        rows = [b"", b"\r\n", b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"\0\1\2\3" * 100,
                b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n",
                b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"x" * 200000]
        for row in rows:
            answer = raw_http(row)
            self.assertTrue(answer == b"" or re.match(rb"HTTP/1\.[01] (4\d\d|5\d\d|200) ", answer), answer[:60])
            self.assertEqual(ask_http("GET", "/metrics")[0], 200)

    def test_slow_request(self):
        """A request in single octets is answered."""
        answer = raw_http(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 1)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "))

    def test_many_connections(self):
        """Connections that say nothing do not lock others out for long, nor do they touch the name service."""
        with contextlib.ExitStack() as stack:
            for _ in range(80):
                with contextlib.suppress(OSError):
                    stack.enter_context(socket.create_connection(("127.0.0.1", server.http_port), 5))
            self.assertEqual(lib.ask(server, ZONE, "SOA").rcode, lib.NOERROR)
        lib.until(self.is_there, "the page is there again")

    @staticmethod
    def is_there():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return ask_http("GET", "/metrics")[0] == 200
        return False

    def test_many_readers(self):
        """Many readers at once, while queries come, all get whole pages whose counters never fall."""
        errors = []

        def read():
            last = 0.0
            try:
                for _ in range(10):
                    now = page().get("suanyu_queries_total", transport="udp4")
                    if now < last:
                        errors.append(f"{now} after {last}")
                    last = now
            except (AssertionError, ValueError, OSError) as error:
                errors.append(repr(error))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(Reply(lib.exchange(server, query(ZONE, "SOA"))).rcode, lib.NOERROR)
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def test_off(self):
        """Without http_listen nothing listens."""
        with lib.Server({ZONE: TEXT}) as other:
            folder = f"/proc/{other.process.pid}"
            try:
                links = [os.readlink(f"{folder}/fd/{name}") for name in os.listdir(f"{folder}/fd")]
            except PermissionError:
                self.skipTest("the server's descriptors are not ours to see")
            own = {link[8:-1] for link in links if link.startswith("socket:[")}
            ports = set()
            for name in "tcp", "tcp6":
                with open(f"{folder}/net/{name}", encoding="ascii") as table:
                    for line in list(table)[1:]:
                        words = line.split()
                        if words[3] == "0A" and words[9] in own:
                            ports.add(int(words[1].split(":")[1], 16))
            self.assertEqual(ports, {other.port})


if __name__ == "__main__":
    lib.main()
