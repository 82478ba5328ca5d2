#!/usr/bin/python3
"""Is the store the truth? Import once, start without zone files, kill -9 at any moment, damage, export and back."""
import os
import random
import re
import select
import shutil
import subprocess
import threading
import time
import unittest

import lib

ZONE = "store.test"
ROUNDS = 12  # kills
THROUGH_EVERY = 3  # of their imports is sure to get through, one of each generation in turn
HEAD = """
$ORIGIN store.test.
$TTL 300
@ SOA ns host {serial} 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
"""
# A zone with every difficulty of text: escapes, wildcards, empty non-terminals, odd and unknown types, long RDATA.
RICH = HEAD.format(serial=4294967295) + r"""
@            MX    10 ns
@            CAA   0 issue "ca.example"
dot\.ted     TXT   "quo\"te" "back\\slash" "semi;colon" "\000\001\255" ""
sp\032ace    TXT   unquoted
\@           A     192.0.2.2
\*           A     192.0.2.3
*.wild       A     192.0.2.4
a.b.c.ent    A     192.0.2.5
big          TXT   """ + " ".join('"' + 255 * letter + '"' for letter in "abcdefgh") + r"""
sub          NS    ns.sub
ns.sub       A     192.0.2.6
sub          DS    60485 13 2 """ + 64 * "D" + r"""
dn           DNAME elsewhere.example.
al           CNAME www.elsewhere.example.
unknown      TYPE1234 \# 5 0102030405
empty        TYPE1234 \# 0
svc          SVCB  1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.7 key65280="va\"lue"
web          HTTPS 0 svc
loc          LOC   52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
naptr        NAPTR 100 50 "s" "http" "" _http._tcp.www
sshfp        SSHFP 4 2 """ + 64 * "E" + r"""
tlsa         TLSA  3 1 1 """ + 64 * "F" + r"""
uri          URI   10 1 "https://example.org/?a=b;c"
_s._tcp      SRV   0 0 0 .
pool.centre  CRES  . cpu=128 mem=1t acc=nvidia-a100-80g accn=8 fp64=1p basis=claimed price=1.25 cur=CNY per=card-h
pool.centre  CLOAD . obs=1735689600 cpuf=64 accf=1500m util=50 health=ok
centre       CENTRE . kind=ai jur=CN region=440300 key60000="new" contact="中心 \"quoted\""
centre       CNET  other medium=otn bw=100g rtt=2ms
centre       CID   . code=cn.440300.20087/402.z01.000017-k status=issued
"""
WORDS = "TYPE6536[0-6]|CENTRE|CRES|CLOAD|CNET|CDATA|CID|CPOL"


def generation(number, names=1500):
    """A zone in which every name tells the same number."""
    return HEAD.format(serial=number) + "".join(f"n{i} TXT \"{number}\"\nn{i}.a.b A 192.0.2.1\n" for i in range(names))


def export(server, zone=ZONE):
    kind, result, text = server.control("zone export", zone)
    if kind != "ok":
        raise AssertionError(f"zone export: {result}")
    return text


def fails(server):
    """Start a server that must not start; its log."""
    server.write_config()
    server.spawn()
    status = server.process.wait(lib.DEADLINE_S)
    server.close()
    if status != 1:
        raise AssertionError(f"exit status {status}, not 1:\n{server.log()[-4000:]}")
    server.check_log()
    return server.log()


def memory_map(server):
    with open(f"/proc/{server.process.pid}/smaps", encoding="utf-8") as smaps:
        return smaps.read()


def anonymous_kib(server):
    return sum(int(size) for size in re.findall(r"^Anonymous:\s+(\d+) kB", memory_map(server), re.M))


def resident_kib(server, name):
    """What of a mapped file is in memory for this process."""
    return sum(int(size) for size in re.findall(rf"/{re.escape(name)}\n(?:.*\n)*?Rss:\s+(\d+) kB", memory_map(server)))


class Start(unittest.TestCase):
    def test_first_start(self):
        """The first start imports the zone file, later ones start from the store, without the file."""
        server = lib.Server({ZONE: RICH}).start()
        before = export(server)
        self.assertEqual(server.counters()["zone_load_ok"], 1)
        path = server.zones[ZONE]["file"]
        os.remove(path)
        server.restart()
        self.assertEqual(export(server), before)
        lib.write(path, "rubbish that nobody reads\n")
        server.restart()
        self.assertEqual(export(server), before)
        server.kill()
        server.start()
        self.assertEqual(export(server), before)
        server.zones[ZONE] = {}  # no file is configured at all
        server.restart()
        self.assertEqual(export(server), before)
        self.assertEqual(lib.ask(server, f"x.wild.{ZONE}", "A").answer[0].rdata, bytes([192, 0, 2, 4]))
        server.stop()

    def test_sample_without_files(self):
        """The sample zone with its index starts from the store and answers the same."""
        path = lib.sample_zone(lib.fresh_folder())
        server = lib.Server({"compute.gba": {"file": path, "index": True}}).start()
        before = export(server, "compute.gba")
        shutil.rmtree(os.path.dirname(path))
        pools = lib.ask(server, "_compute._tcp.compute.gba", "PTR", "tcp4").answer
        self.assertEqual(len(pools), 23)
        server.restart()
        self.assertEqual(export(server, "compute.gba"), before)
        again = lib.ask(server, "_compute._tcp.compute.gba", "PTR", "tcp4").answer
        self.assertEqual([record.rdata for record in again], [record.rdata for record in pools])
        server.stop()

    def test_memory(self):
        """An import takes no more memory in the end than a start from the store, and that takes the zone's own."""
        if lib.is_sanitized():
            raise unittest.SkipTest("a sanitizer's memory is its own")
        with lib.Server({ZONE: HEAD.format(serial=1)}) as server:
            empty = anonymous_kib(server)
        with lib.Server({ZONE: generation(1, 40000)}) as server:
            imported = anonymous_kib(server)
            server.stop()
            server.start()
            started, mapped = anonymous_kib(server), resident_kib(server, "data.mdb")
        self.assertLess(imported - empty, 1.2 * (started - empty))
        self.assertLess(mapped, 1024)

    def test_index_changes(self):
        """Another setting of the index takes effect at the next start, and the zone is the same otherwise."""
        path = lib.sample_zone(lib.fresh_folder())
        server = lib.Server({"compute.gba": {"file": path, "index": False}}).start()
        plain = export(server, "compute.gba")
        self.assertNotIn("_compute._tcp", plain)
        server.zones["compute.gba"]["index"] = True
        server.restart()
        self.assertIn("_compute._tcp", export(server, "compute.gba"))
        server.zones["compute.gba"]["index_max"] = 3
        server.restart()
        self.assertEqual(len(lib.ask(server, "_compute._tcp.compute.gba", "PTR", "tcp4").answer), 3)
        server.zones["compute.gba"] = {"file": path, "index": False}
        server.restart()
        again = export(server, "compute.gba")
        self.assertIn("serial 4\n", again)  # each change of content is a change of serial
        self.assertEqual(again.replace("serial 4", "serial 1").replace(" 4 3600", " 1 3600"), plain)
        server.stop()

    def test_bad_zone(self):
        """A zone file with errors at the first start: every error with its place, status 1, nothing in the store."""
        server = lib.Server({ZONE: HEAD.format(serial=1) + "".join(f"x{i} A 192.0.2.999\n" for i in range(25))})
        log = fails(server)
        path = re.escape(server.zones[ZONE]["file"])
        places = re.findall(rf"file={path} line=(\d+) column=\d+ text=", log)
        self.assertEqual([int(line) for line in places[:20]], list(range(7, 27)))
        lib.write(server.zones[ZONE]["file"], HEAD.format(serial=1))
        server.start()
        self.assertEqual(server.counters()["zone_load_ok"], 1)
        server.stop()

    def test_absent(self):
        """A zone that is neither in the store nor in a file, or whose file is absent, is an error that names it."""
        self.assertIn(ZONE, fails(lib.Server({ZONE: {}})))
        log = fails(lib.Server({ZONE: {"file": "/nonexistent/zone"}}))
        self.assertIn("/nonexistent/zone", log)

    def test_store_is_held(self):
        """A second server on the same store ends with an error; the first one goes on."""
        server = lib.Server({ZONE: RICH}).start()
        second = lib.Server({ZONE: RICH})
        second.store_path = server.store_path
        self.assertIn(server.store_path, fails(second))
        self.assertEqual(lib.ask(server, ZONE, "SOA").rcode, lib.NOERROR)
        server.stop()

    def test_store_not_writable(self):
        """A store that can not be made is an error that names the path."""
        server = lib.Server({ZONE: RICH})
        server.store_path = "/proc/store"
        self.assertIn("/proc/store", fails(server))
        server.store_path = lib.write(os.path.join(server.folder, "plain"), "a file\n")
        self.assertIn(server.store_path, fails(server))

    def test_small_map(self):
        """A store whose map is too small for a zone grows."""
        server = lib.Server({ZONE: generation(1, 20000)}, store={"map_size": "1m"}).start()
        server.restart()
        self.assertEqual(lib.ask(server, f"n19999.{ZONE}", "TXT").answer[0].rdata, b"\x011")
        server.stop()


class Kill(unittest.TestCase):
    def test_kill_during_import(self):
        """kill -9 at any moment of an import leaves a whole zone: the old one or the new one, never a mixture."""
        rng = random.Random(8)
        server = lib.Server({ZONE: generation(1)}).start()
        paths = [lib.write(os.path.join(server.folder, f"g{number}"), generation(number)) for number in (1, 2)]
        begin = time.monotonic()
        self.assertEqual(server.control("zone import", ZONE, paths[1])[0], "ok")
        took, seen = time.monotonic() - begin, []
        for attempt in range(ROUNDS):
            path = paths[attempt % 2]
            command = [os.path.join(lib.BIN, "suanyu"), "-s", server.socket_path, "zone", "import", ZONE, path]
            tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            lib.started.append(tool)
            if attempt % THROUGH_EVERY == THROUGH_EVERY - 1:
                tool.wait(lib.DEADLINE_S)
            else:
                select.select([], [], [], rng.uniform(0, max(0.06, 1.5 * took)))  # chance, nothing waits for it
            server.kill()
            tool.communicate()
            server.start()
            text = export(server)
            numbers = set(re.findall(r'IN TXT "(\d+)"', text))
            self.assertEqual(len(numbers), 1, "a mixture")
            self.assertEqual(len(re.findall(r"IN TXT", text)), 1500)
            self.assertEqual(len(re.findall(r"\.a\.b\.store\.test\. 300 IN A", text)), 1500)
            self.assertIn(f" {next(iter(numbers))} 7200 ", text.splitlines()[1])
            if tool.returncode == 0:  # what was acknowledged stays
                self.assertEqual(numbers, {str(attempt % 2 + 1)})
            seen.append((next(iter(numbers)), tool.returncode))
        server.stop()
        self.assertGreater(len({number for number, _ in seen}), 1, "no import ever got through")

    def test_acknowledged_import(self):
        """An import that was acknowledged is there after a kill -9 that follows at once."""
        server = lib.Server({ZONE: generation(1, 10)}).start()
        for number in range(2, 8):
            path = lib.write(os.path.join(server.folder, "next"), generation(number, 10))
            self.assertEqual(server.control("zone import", ZONE, path)[0], "ok")
            server.kill()
            server.start()
            self.assertEqual(lib.ask(server, f"n3.{ZONE}", "TXT").answer[0].rdata, b"\x01" + str(number).encode())
        server.stop()

    def test_kill_during_first_start(self):
        """kill -9 during the first start leaves a store that the next start can use."""
        rng = random.Random(9)
        for _ in range(5):
            server = lib.Server({ZONE: generation(1, 5000)})
            server.write_config()
            server.spawn()
            select.select([], [], [], rng.uniform(0, 0.15))  # chance
            server.kill()
            server.start()
            self.assertEqual(export(server).count("IN TXT"), 5000)
            server.stop()

    def test_queries_see_whole_zones(self):
        """While imports follow each other, each answer comes from one whole version of the zone."""
        server = lib.Server({ZONE: generation(1, 300)}).start()
        paths = [lib.write(os.path.join(server.folder, f"g{number}"), generation(number, 300)) for number in (1, 2)]
        done = threading.Event()
        errors = []

        def ask():
            wanted = lib.query(f"n7.{ZONE}", "TXT", edns=lib.opt(options=lib.option(19)))
            while not done.is_set():
                reply = lib.Reply(lib.exchange(server, wanted))
                text, version = reply.answer[0].rdata[1:].decode(), int.from_bytes(reply.options[19][2:], "big")
                if int(text) != version:
                    errors.append((text, version))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for i in range(30):
                self.assertEqual(server.control("zone import", ZONE, paths[(i + 1) % 2])[0], "ok")
        finally:
            done.set()
            thread.join()
        self.assertEqual(errors, [])
        server.stop()


class Damage(unittest.TestCase):
    def store_of(self, text):
        """A stopped server with a store, and the path of its data."""
        server = lib.Server({ZONE: text}).start()
        server.stop()
        files = [os.path.join(server.store_path, name) for name in os.listdir(server.store_path)]
        return server, max(files, key=os.path.getsize)

    def change(self, path, change):
        with open(path, "rb") as source:
            data = bytearray(source.read())
        with open(path, "wb") as target:
            target.write(change(data))

    def expect_error(self, server):
        log = fails(server)
        self.assertRegex(log, rf"error (store_open_failed|zone_load_failed) .*({re.escape(server.store_path)}|{ZONE})")

    def test_not_a_store(self):
        """A store file of rubbish, or cut to nothing but its beginning, is a clear error."""
        for label, change in (("rubbish", lambda data: b"rubbish" * 4000), ("text", lambda data: b"hello\n"),
                              ("half a page", lambda data: data[:2000]), ("zeros", lambda data: bytes(len(data)))):
            with self.subTest(label):
                server, path = self.store_of(RICH)
                self.change(path, change)
                self.expect_error(server)

    def test_cut(self):
        """A store that lost its end is a clear error, or it still gives the whole zone."""
        for part in 0.3, 0.6, 0.9:
            with self.subTest(part):
                server, path = self.store_of(generation(1, 3000))
                self.change(path, lambda data, part=part: data[:int(len(data) * part) // 4096 * 4096])
                self.survive(server)

    def survive(self, server):
        """Damage that can not always be seen: an error, or a zone; never a crash."""
        server.write_config()
        server.spawn()
        try:
            server.wait_ready()
        except AssertionError:
            status = server.close()
            self.assertEqual(status, 1, f"not an error but an end by a signal:\n{server.log()[-2000:]}")
            self.assertRegex(server.log(), r"error (store_open_failed|zone_load_failed|store_assert) ")
            return False
        text = export(server)
        for owner in set(re.findall(r"(?m)^([a-z0-9.]+) ", text)):
            for rtype in 1, 2, 5, 15, 16, 33, 64, 255, 65361:
                lib.ask(server, owner, rtype, "tcp4")
        server.stop()
        return True

    def copy_of(self, original, path, change):
        """A server without zone files on a changed copy of a store."""
        server = lib.Server({ZONE: {}})
        os.mkdir(server.store_path)
        copy = shutil.copy(path, server.store_path)
        for each in server.store_path, copy:
            lib.give(each)
        self.change(copy, change)
        self.assertNotEqual(server.store_path, original.store_path)
        return server

    def test_octets_changed(self):
        """Octets that changed inside stored names and records never crash the server, and are mostly found."""
        rng = random.Random(10)
        original, path = self.store_of(RICH + "".join(f"n{i:03} TXT {i}\n" for i in range(100)))
        with open(path, "rb") as source:
            data = source.read()
        image = rb"\x11\x04n\d\d\d\x05store\x04test\x00\x01\x00\x10\x00\x01"  # owner, one RRset: TXT, one record
        places = [match.start() for match in re.finditer(image, data)]
        self.assertGreaterEqual(len(places), 100)
        refused = 0
        for _ in range(40):
            def spoil(data):
                for at in rng.sample(places, rng.choice([1, 3, len(places)])):
                    data[at + rng.randrange(38)] ^= rng.randrange(1, 256)
                return data

            refused += not self.survive(self.copy_of(original, path, spoil))
        self.assertGreater(refused, 20, "damage was hardly ever found")

    def test_lost_page(self):
        """A store in which any one page was lost (all zeros) is a clear error, or still gives the whole zone."""
        original, path = self.store_of(RICH + "".join(f"n{i:03} TXT {i}\n" for i in range(200)))
        refused = 0
        for page in range(2, os.path.getsize(path) // 4096):
            def lose(data, page=page):
                data[page * 4096:(page + 1) * 4096] = bytes(4096)
                return data

            with self.subTest(page):
                refused += not self.survive(self.copy_of(original, path, lose))
        self.assertGreater(refused, 2)

    def test_content_changed(self):
        """A name that does not add up is found when the zone is loaded, also where its zone file is at hand."""
        rows = {"a label longer than the name": (b"\2n7\5store", b"\2n7\77store"),
                "a name of another zone": (b"\2n7\5store", b"\2n7\5stori"),
                "upper case": (b"\2n7\5store", b"\2N7\5store")}
        for label, (old, new) in rows.items():
            with self.subTest(label):
                server, path = self.store_of(generation(7, 300))
                self.change(path, lambda data, old=old, new=new: data.replace(old, new))
                self.expect_error(server)

    def test_other_format(self):
        """A store of another format version is refused by that reason."""
        server, path = self.store_of(HEAD.format(serial=1))
        with open(path, "rb") as source:
            self.assertIn(b"format", source.read())
        self.change(path, lambda data: data.replace(b"format\0\0\0\2", b"format\0\0\0\x63"))
        log = fails(server)
        self.assertRegex(log, r"error store_open_failed .*(format|version)")


class Export(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        sample = {"file": lib.sample_zone(lib.fresh_folder()), "index": True}
        cls.server = lib.Server({ZONE: RICH, "compute.gba": sample}).start()
        cls.texts = {name: export(cls.server, name) for name in (ZONE, "compute.gba")}
        cls.paths = {name: lib.write(os.path.join(cls.server.folder, f"{name}.export"), text)
                     for name, text in cls.texts.items()}
        cls.addClassCleanup(cls.server.stop)

    def test_same_again(self):
        """Export, import, export gives the same text; the import changes no answer."""
        for name, text in self.texts.items():
            questions = sorted(set(re.findall(r"(?m)^([^\s;\\*]+) \d+ IN (\S+)", text)))

            def answers(questions=questions):
                found = []
                for owner, rtype in questions:
                    number = int(rtype[4:]) if rtype.startswith("TYPE") else lib.TYPES.get(rtype)
                    if number is not None:
                        found.append(lib.exchange(self.server, lib.query(owner, number), "tcp4"))
                return found

            before = answers()
            kind, result, _ = self.server.control("zone import", name, self.paths[name])
            self.assertEqual(kind, "ok", result)
            self.assertEqual(export(self.server, name), text)
            self.assertEqual(answers(), before)

    def test_all_there(self):
        """The export has every record of the file, exact in every octet, and the server-written ones."""
        text = self.texts[ZONE]
        for record in (r'dot\.ted.store.test. 300 IN TXT "quo\"te" "back\\slash" "semi;colon" "\000\001\255" ""',
                       "store.test. 300 IN SOA ns.store.test. host.store.test. 4294967295 7200 3600 1209600 60",
                       r"unknown.store.test. 300 IN TYPE1234 \# 5 0102030405",
                       r"empty.store.test. 300 IN TYPE1234 \# 0",
                       "_s._tcp.store.test. 300 IN SRV 0 0 0 ."):
            self.assertIn(record + "\n", text)
        self.assertEqual(len(re.findall(r"(?m)^[^;\s]\S* \d+ IN ", text)), 32)
        self.assertIn("_compute._tcp.compute.gba.", self.texts["compute.gba"])

    def accept(self, command, path):
        lib.need(command[0])
        result = lib.run([lib.find_program(command[0]), *command[1:]])
        self.context = f"{' '.join(command)}\n{result.stdout[-2000:]}{result.stderr[-2000:]}"
        self.assertEqual(result.returncode, 0, path)

    def test_named_checkzone(self):
        """named-checkzone accepts the export, our own types included."""
        for name, path in self.paths.items():
            self.accept(["named-checkzone", "-q", "-i", "none", "-k", "ignore", name, path], path)

    def test_kzonecheck(self):
        """kzonecheck accepts the export."""
        for name, path in self.paths.items():
            self.accept(["kzonecheck", "-o", name, path], path)

    def test_nsd_checkzone(self):
        """nsd-checkzone accepts the export."""
        for name, path in self.paths.items():
            self.accept(["nsd-checkzone", name, path], path)

    def test_ldns_read_zone(self):
        """ldns-read-zone accepts the export."""
        for path in self.paths.values():
            self.accept(["ldns-read-zone", path], path)

    def test_other_server(self):
        """NSD and Knot DNS serve the export with the octets that we serve."""
        import peers  # only here

        lib.need("nsd", "knotd")
        others = [peers.Nsd(self.paths), peers.Knot(self.paths)]
        try:
            for other in others:
                other.start()
            for owner, rtype in (("lumi.eurohpc.compute.gba", 65360), ("main.lumi.eurohpc.compute.gba", 65361),
                                 (f"svc.{ZONE}", 64), (f"loc.{ZONE}", 29), (f"big.{ZONE}", 16),
                                 (f"centre.{ZONE}", 65360),
                                 (f"uri.{ZONE}", 256), (f"naptr.{ZONE}", 35), (f"unknown.{ZONE}", 1234)):
                ours = lib.ask(self.server, owner, rtype, "tcp4")
                for other in others:
                    theirs = lib.ask(other, owner, rtype, "tcp4")
                    self.assertEqual(sorted(record.rdata for record in ours.answer),
                                     sorted(record.rdata for record in theirs.answer), (owner, rtype))
        finally:
            for other in others:
                other.stop()


if __name__ == "__main__":
    lib.main()
