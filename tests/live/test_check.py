#!/usr/bin/python3
"""Does `suanyud --check` find what is wrong with a configuration, and where? A table of configurations."""
import os
import pwd
import re
import unittest

import lib

SUANYUD = os.path.join(lib.BIN, "suanyud")
GOOD = """server:
  listen: [127.0.0.1:5300, "[::1]:5300"]
  http_listen: [127.0.0.1:8080]
  workers: 1
  identity: ns1.compute.gba
control:
  socket: run/suanyud.sock
store:
  path: run/store
keys:
  - name: k1
    algorithm: hmac-sha256
    secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=
zones:
  - name: compute.gba
    file: zone.txt
    index: on
    transfer:
      - {source: 127.0.0.0/8}
    update:
      - {key: k1, owner: "**", types: [any]}
"""
ACCEPTANCE = """server:
  listen: [127.0.0.1:5300]          # UDP and TCP; IPv6 as "[::1]:5300"
  tls_listen: [127.0.0.1:8853]      # ignored with a warning until it stands
  http_listen: [127.0.0.1:8080]     # metrics and API; loopback unless told otherwise
  workers: 1                        # UDP threads; default: one per core
  identity: ns1.compute.gba
control:
  socket: run/suanyud.sock
store:
  kind: lmdb
  path: run/store
keys:
  - name: k1
    algorithm: hmac-sha256
    secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=
zones:
  - name: compute.gba
    file: zone.txt
    index: on
    transfer:
      - {source: 127.0.0.0/8}
    update:
      - {key: k1, owner: "**", types: [any]}
    notify: []
"""

# What is replaced in GOOD, by what; line and column of the error (0: not looked at), words of its text.
BAD = [
    ("workers: 1", "workers: one", 4, 12, ["server.workers", "number", "one"]),
    ("workers: 1", "workers: -1", 4, 12, ["server.workers", "0", "256"]),
    ("workers: 1", "workers: 257", 4, 12, ["server.workers", "0", "256", "257"]),
    ("workers: 1", "workers: 1.5", 4, 12, ["server.workers", "number"]),
    ("workers: 1", "workers: 010", 4, 12, ["server.workers"]),
    ("workers: 1", "workers: 99999999999999999999", 4, 12, ["server.workers"]),
    ("workers: 1", "workers: [1]", 4, 12, ["server.workers"]),
    ("workers: 1", "workers: {}", 4, 12, ["server.workers"]),
    ("workers: 1", "workers:", 4, 0, ["server.workers"]),
    ("workers: 1", "worker: 1", 4, 3, ["worker"]),
    ("workers: 1", "workers: 1\n  workers: 2", 5, 3, ["workers"]),
    ("workers: 1", "workers: &a 1", 4, 0, ["anchor"]),
    ("workers: 1", "workers: *a", 4, 0, ["alias"]),
    ("workers: 1", "workers: !!int 1", 4, 0, ["tag"]),
    ("workers: 1", "workers: 1\n---\nserver: {}", 5, 0, ["document"]),
    ("workers: 1", "workers: 'o\x1b[31mne'", 4, 0, []),
    ("workers: 1", "workers: 1\n  udp_payload: 511", 5, 16, ["server.udp_payload", "512", "4096"]),
    ("workers: 1", "workers: 1\n  cookies: maybe", 5, 12, ["server.cookies", "yes"]),
    ("workers: 1", "workers: 1\n  cookies: True", 5, 12, ["server.cookies"]),
    ("workers: 1", "workers: 1\n  tcp_idle_s: 2w", 5, 15, ["server.tcp_idle_s"]),
    ("workers: 1", "workers: 1\n  tcp_idle_s: 2h", 5, 15, ["server.tcp_idle_s", "1h"]),
    ("workers: 1", "workers: 1\n  receive_buffer: 1k", 5, 19, ["server.receive_buffer", "64k"]),
    ("workers: 1", "workers: 1\n  cookie_secret: c2hvcnQ=", 5, 18, ["server.cookie_secret", "16"]),
    ("workers: 1", "workers: 1\n  cookie_secret: '!!!'", 5, 18, ["server.cookie_secret", "base64"]),
    ("workers: 1", "workers: 1\n  log_level: loud", 5, 14, ["server.log_level", "error", "debug", "loud"]),
    ("identity: ns1.compute.gba", "identity: ''", 5, 13, ["server.identity"]),
    ("identity: ns1.compute.gba", f"identity: {256 * 'x'}", 5, 13, ["server.identity", "255"]),
    ("[127.0.0.1:5300, ", "[127.0.0.256:5300, ", 2, 12, ["server.listen", "127.0.0.256:5300"]),
    ("[127.0.0.1:5300, ", "[127.0.0.1, ", 2, 12, ["server.listen"]),
    ("[127.0.0.1:5300, ", "[127.0.0.1:0, ", 2, 12, ["server.listen"]),
    ("[127.0.0.1:5300, ", "[127.0.0.1:65536, ", 2, 12, ["server.listen"]),
    ("[127.0.0.1:5300, ", "[localhost:5300, ", 2, 12, ["server.listen", "localhost:5300"]),
    ('"[::1]:5300"]', "127.0.0.1:5300]", 2, 28, ["twice"]),
    ('[127.0.0.1:5300, "[::1]:5300"]', "[]", 2, 0, ["listen"]),
    ('"[::1]:5300"]', '"[::1]:5300"', 0, 0, []),
    ("store:\n  path: run/store", "store: {}", 8, 0, ["store.path"]),
    ("store:\n  path: run/store\n", "", 0, 0, ["store"]),
    ("path: run/store", "path: run/store\n  kind: sqlite", 10, 9, ["store.kind", "lmdb", "sqlite"]),
    ("path: run/store", "path: run/store\n  map_size: 1", 10, 13, ["store.map_size", "1m"]),
    ("socket: run/suanyud.sock", f"socket: /{110 * 'x'}", 7, 11, ["control.socket", "107"]),
    ("name: k1", "name: k..1", 11, 11, ["keys[0].name"]),
    ("name: k1", "algorithmus: x", 11, 5, ["algorithmus"]),
    ("  - name: k1\n    algorithm", "  - algorithm", 11, 0, ["keys[0].name"]),
    ("algorithm: hmac-sha256", "algorithm: hmac-md5", 12, 16, ["keys[0].algorithm", "hmac-sha256", "hmac-md5"]),
    ("    secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=\n", "", 11, 0, ["secret"]),
    ("secret: c2VjcmV0", "secret_file: k1.key\n    secret: c2VjcmV0", 0, 0, ["secret"]),
    ("secret: c2VjcmV0", "secret: c2VjcmV*", 13, 13, ["keys[0].secret", "base64"]),
    ("zones:", "  - {name: K1., secret: c2VjcmV0c2VjcmV0c2VjcmV0}\nzones:", 14, 0, ["k1.", "twice"]),
    ("name: compute.gba", "name: compute..gba", 15, 11, ["zones[0].name", "compute..gba"]),
    ("name: compute.gba", f"name: {64 * 'x'}.gba", 15, 11, ["zones[0].name"]),
    ("index: on", "index: 1", 17, 12, ["zones[0].index", "yes"]),
    ("index: on", "index: on\n    index_max: 0", 18, 16, ["zones[0].index_max", "1"]),
    ("{source: 127.0.0.0/8}", "{source: 127.0.0.1/8}", 19, 18, ["zones[0].transfer[0].source", "127.0.0.1/8"]),
    ("{source: 127.0.0.0/8}", "{source: 127.0.0.0/33}", 19, 18, ["zones[0].transfer[0].source"]),
    ("{source: 127.0.0.0/8}", "{}", 19, 9, ["key", "source"]),
    ("{source: 127.0.0.0/8}", "{key: k2}", 19, 15, ["k2"]),
    ("key: k1, owner", "key: k2, owner", 21, 15, ["k2"]),
    ('owner: "**", ', "", 21, 9, ["zones[0].update[0].owner"]),
    ('owner: "**"', 'owner: "a.**"', 21, 0, ["owner"]),
    ("types: [any]", "types: [bogus]", 21, 0, ["types", "bogus"]),
    ("types: [any]", "types: []", 21, 0, ["no type"]),
    ("types: [any]", "types: [any], durability: relaxed", 21, 0, ["CLOAD"]),
    ("{key: k1, owner", "{source: 10.0.0.0/8, owner", 21, 18, ["without a key", "forged"]),
    ("zones:\n", "zones:\n  - {name: Compute.GBA.}\n", 16, 0, ["compute.gba.", "twice"]),
    ("zones:\n", "zones: none\nmore:\n", 14, 8, ["zones"]),
    ("server:", "\tserver:", 1, 0, []),
    ("server:", "server: :", 1, 0, []),
    ("server:", "[server]:", 1, 0, []),
    ("server:", "\xff\xfeserver:", 1, 0, []),
]
# Weak, not wrong: what is replaced, by what; words of the warning.
WEAK = [
    ("{key: k1, owner", "{source: 127.0.0.1, owner", ["update", "key", "every program on this machine"]),
    ("secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=", "secret: c2hvcnQ=", ["weak", "16"]),
    ("http_listen: [127.0.0.1:8080]", "http_listen: [0.0.0.0:8080]", ["everybody"]),
]


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = lib.fresh_folder()
        self.path = os.path.join(self.folder, "suanyud.yaml")

    def check(self, text, mode=0o640):
        with open(self.path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode("latin-1" if "\xff" in text else "utf-8"))
        os.chmod(self.path, mode)
        result = lib.run([SUANYUD, "-c", self.path, "--check"])
        self.context = f"{text[:4000]}\n{result.stdout[:1000]}{result.stderr[:1000]}"
        return result

    def test_good(self):
        """A good configuration is said to be good, with status 0, and nothing is made or opened."""
        for text in GOOD, ACCEPTANCE, "store: {path: x}\n", "store:\n  path: x\n\n# nothing more\n":
            result = self.check(text)
            self.assertEqual((result.returncode, result.stderr.count("error")), (0, 0))
            self.assertIn("ok", result.stdout)
        self.assertEqual(os.listdir(self.folder), ["suanyud.yaml"])

    def test_bad(self):
        """Each bad configuration ends with status 1 and one line: file, line, column, key, what was expected."""
        for old, new, line, column, words in BAD:
            with self.subTest(new):
                self.assertEqual(GOOD.count(old), 1, old)
                result = self.check(GOOD.replace(old, new))
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                lines = [each for each in result.stderr.splitlines() if ": warning: " not in each]
                self.assertEqual(len(lines), 1)
                place = re.match(rf"{re.escape(self.path)}:(\d+):(\d+): .", lines[0])
                self.assertTrue(place, lines[0])
                if line:
                    self.assertEqual(int(place.group(1)), line, "line")
                if column:
                    self.assertEqual(int(place.group(2)), column, "column")
                for word in words:
                    self.assertIn(word, lines[0])
                self.assertRegex(lines[0], r"^[\x20-\x7e]*$")

    def test_policies(self):
        """A file of policies is checked with the configuration: the place inside it is told, too."""
        path = os.path.join(self.folder, "policies.yaml")
        text = GOOD + "policies: policies.yaml\n"
        for policies, words in (("policies: [{name: green, need: accn-8 on-pcl, by: {carbon: 1}}]\n", None),
                                ("policies:\n- name: green\n  need: accn-8x\n", ":3:9: need: accn-8x: expected"),
                                ("policies: [{name: green}, {name: green}]\n", ":1:34: policy green is given twice"),
                                ("policies: [{name: green, order: own}]\n", ":1:33: order: no group own"),
                                ("policies: [{name: green, by: {speed: 1}}]\n", "speed")):
            with open(path, "w", encoding="ascii") as out:
                out.write(policies)
            result = self.check(text)
            self.assertEqual(result.returncode, 1 if words else 0)
            if words:
                place = f"{self.path}:{text.count(chr(10))}:11: {path}"
                self.assertTrue(result.stderr.startswith(place), result.stderr)
                self.assertIn(words, result.stderr)
        os.remove(path)
        self.assertEqual(self.check(text).returncode, 1)

    def test_weak(self):
        """What is weak is told with its place, and the status is 0."""
        for old, new, words in WEAK:
            self.assertEqual(GOOD.count(old), 1, old)
            result = self.check(GOOD.replace(old, new))
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stderr, rf"(?m)^{re.escape(self.path)}:\d+:\d+: warning: ")
            for word in words:
                self.assertIn(word, result.stderr)
        self.assertIn("secret", self.check(GOOD, mode=0o644).stderr)
        self.assertNotIn("everybody", self.check(GOOD, mode=0o640).stderr)
        self.assertRegex(self.check(ACCEPTANCE).stderr, r"tls_listen")

    def test_secret_file(self):
        """A secret in a file: read beside the configuration, refused when everybody may read it or it is no secret."""
        text = GOOD.replace("secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=", "secret_file: k1.secret")
        secret = os.path.join(self.folder, "k1.secret")
        result = self.check(text)
        self.assertEqual(result.returncode, 1)
        self.assertIn("k1.secret", result.stderr)
        for content, mode, status in (("c2VjcmV0c2VjcmV0c2VjcmV0\n", 0o600, 0), ("c2VjcmV0c2VjcmV0c2VjcmV0", 0o640, 0),
                                      ("c2VjcmV0c2VjcmV0c2VjcmV0\n", 0o644, 1), ("no base64!\n", 0o600, 1),
                                      ("", 0o600, 1), ("x" * 100000, 0o600, 1)):
            with open(secret, "w", encoding="ascii") as out:
                out.write(content)
            os.chmod(secret, mode)
            self.assertEqual(self.check(text).returncode, status, (content[:20], oct(mode)))

    def test_hostile(self):
        """Deep, long, endless and binary configurations end with status 1, and soon."""
        rows = [b"", b"\0" * 1000, b"\xff" * 1000, b"[" * 100000, b"{a: " * 100000, b"a: " * 100000, b"-" * 100000,
                b"- " * 100000, b"? " * 50000, b"\n" * 100000, b"store: {path: x}\n" * 1000, b"a: &a [*a]\n",
                b"server: {identity: \"" + b"x" * 1000000 + b"\"}\n", b"%YAML 9.9\n---\nstore: {path: x}\n",
                b"store: {path: \"a\\0b\"}\n", b"store: {path: x}\n...\nmore", b"'unclosed", b"\"\\uD800\"",
                b"!!binary x",
                b"zones: [" + b"{name: a.test}, " * 1000 + b"]\nstore: {path: x}\n", b" " * (9 << 20)]
        for row in rows:
            result = self.check(row)
            self.assertEqual(result.returncode, 1, row[:60])
            self.assertNotEqual(result.stderr, "")
            self.assertLess(len(result.stderr), 4000)

    def test_many_zones(self):
        """Ten thousand zones and keys are checked within seconds."""
        zones = "".join(f"  - {{name: z{i}.test, file: z}}\n" for i in range(10000))
        keys = "".join(f"  - {{name: k{i}, secret: c2VjcmV0c2VjcmV0c2VjcmV0}}\n" for i in range(10000))
        result = self.check(f"store: {{path: x}}\nkeys:\n{keys}zones:\n{zones}")
        self.assertEqual(result.returncode, 0)
        self.assertIn("10000", result.stdout)

    def test_no_file(self):
        """A file that is not there, is a folder, or may not be read is an error that names it."""
        for path in os.path.join(self.folder, "absent"), self.folder, "/dev/null", "/proc/self/mem":
            result = lib.run([SUANYUD, "-c", path, "--check"])
            self.assertEqual((result.returncode, result.stdout), (1, ""), path)
            self.assertIn(path, result.stderr)

    def test_start_says_the_same(self):
        """The start of the server refuses a bad configuration with the same words and status."""
        text = GOOD.replace("workers: 1", "workers: one")
        checked = self.check(text)
        started = lib.run([SUANYUD, "-c", self.path])
        self.assertEqual((started.returncode, started.stderr), (1, checked.stderr))

    def test_usage(self):
        """A wrong command line ends with status 2; --help, --version and --options end with 0."""
        for args in [], ["--check"], ["-c"], ["--bogus"], ["-c", "a", "b"], ["--check", "-c"]:
            result = lib.run([SUANYUD, *args])
            self.assertEqual((result.returncode, result.stdout), (2, ""), args)
            self.assertIn("usage", result.stderr)
        for args, word in (["--help"], "--check"), (["--version"], "suanyud "), (["--options"], "server.workers"):
            result = lib.run([SUANYUD, *args])
            self.assertEqual((result.returncode, result.stderr), (0, ""), args)
            self.assertIn(word, result.stdout)

    def test_options(self):
        """--options prints every option of the manual page, one a line, fields between tabs."""
        lines = lib.run([SUANYUD, "--options"]).stdout.splitlines()
        self.assertEqual({line.count("\t") for line in lines}, {5})
        keys = [line.split("\t")[0] for line in lines]
        self.assertEqual(len(keys), len(set(keys)))
        with open(os.path.join(lib.TOP, "docs", "config.md"), encoding="utf-8") as manual:
            text = manual.read()
        for key in keys:
            self.assertIn(f"`{key.rpartition('.')[2]}`", text)

    @unittest.skipUnless(lib.IS_ROOT, "only root can start as root")
    def test_root(self):
        """The server never stays root: it becomes the user of its configuration, or nobody, or ends."""
        for user in "root", "no-such-user":
            server = lib.Server({}, user=user)
            server.write_config()
            server.spawn()
            self.assertEqual(server.process.wait(lib.DEADLINE_S), 1)
            server.close()
            self.assertIn(user, re.search(r"error \w+ .*", server.log()).group())
        for user in None, "daemon":
            server = lib.Server({}, user=user)
            os.chown(server.run, *pwd.getpwnam(user or "nobody")[2:4])
            with server:
                with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
                    facts = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
                entry = pwd.getpwnam(user or "nobody")
                self.assertEqual(facts["Uid"].split(), [str(entry.pw_uid)] * 4)
                self.assertEqual(facts["Gid"].split(), [str(entry.pw_gid)] * 4)
                self.assertNotIn("0", facts["Groups"].split())
                self.assertEqual(facts["NoNewPrivs"], "1")
                self.assertEqual(int(facts["CapEff"], 16), 0)


if __name__ == "__main__":
    lib.main()
