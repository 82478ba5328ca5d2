#!/usr/bin/python3
"""Does the sample zone live? Its texts, the publisher of its loads, and tools/run as a stranger runs it."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import unittest

import lib
import updates

sys.dont_write_bytecode = True
sys.path.insert(0, lib.SAMPLE)

import load  # noqa: E402

ZONE = "compute.gba"
KEY = updates.Key("sample-load")
RULES = [{"key": KEY.name, "owner": ["**"], "types": ["CLOAD"], "durability": "relaxed"}]


def script(name, *args):
    return [sys.executable, os.path.join(lib.SAMPLE, name), *args]


class Texts(unittest.TestCase):
    def test_load(self):
        """load.py makes the committed file again, byte for byte, and the texts agree with each other."""
        with open(os.path.join(lib.SAMPLE, "load.zone"), encoding="utf-8") as committed:
            again = lib.run(script("load.py", "--seed", "7", "--obs", "1735689600", "--out", "-"))
            self.assertEqual((again.stdout, again.stderr), (committed.read(), ""))
        checked = lib.run(script("load.py", "--check"))
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_waves(self):
        """Whatever the time, free figures stay within the totals, and pools that must disagree stay apart."""
        found = load.pools(list(load.records(load.TOP, skip=("load.zone",))))
        for at in range(1790000000, 1790004000, 97):
            utils = {}
            for pool, cres in found.items():
                figures = load.load(pool, cres, 7, at)
                self.assertEqual(list(load.check_load({key: str(value) for key, value in figures.items()}, cres)), [])
                self.assertTrue(all(value >= 0 for value in figures.values() if isinstance(value, int)))
                utils[pool] = figures["util"]
            for owner, (low, high) in load.BUSY.items():
                self.assertTrue(low <= utils[f"{owner}.{load.APEX}"] <= high, (owner, at))

    def test_smooth(self):
        """From one round to the next a load moves a little, and it does move."""
        found = load.pools(list(load.records(load.TOP, skip=("load.zone",))))
        moved = set()
        for pool, cres in found.items():
            utils = [load.load(pool, cres, 7, at)["util"] for at in range(1790000000, 1790001300, 5)]
            steps = [abs(one - other) for one, other in zip(utils, utils[1:])]
            self.assertLessEqual(max(steps), 6, pool)
            moved.add(len(set(utils)) > 1)
        self.assertEqual(moved, {True})


class Publisher(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lib.need("nsupdate")
        folder = lib.fresh_folder()
        zone = {"file": lib.sample_zone(folder), "index": True, "update": RULES}
        cls.server = updates.Server({ZONE: zone}, keys=[KEY]).start()
        cls.key = lib.write(os.path.join(folder, "key"),
                            f'key "{KEY.name}" {{ algorithm {KEY.algorithm}; secret "{KEY.base64}"; }};\n')

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def command(self, *args, key=None):
        return script("publish.py", "--key", key or self.key, "--port", str(self.server.port), *args)

    @contextlib.contextmanager
    def publishing(self, **options):
        process = subprocess.Popen(self.command("--every", "0.2"), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        lib.started.append(process)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(lib.DEADLINE_S)

    def loads(self, name="ai.gz-sample"):
        """attribute -> number of a pool's load, as the server tells it."""
        kind, shown, _ = self.server.control("show", f"{name}.{ZONE}")
        self.assertEqual(kind, "ok")
        found = [record for record in shown["records"] if record["type"] == "CLOAD"]
        self.assertEqual(len(found), 1)
        return {attr["name"]: attr.get("number", attr["value"]) for attr in found[0]["attrs"]}

    def test_once(self):
        """One message replaces the load of every pool by what load.py says for now."""
        before = int(time.time())
        sent = lib.run(self.command("--once"))
        self.assertEqual((sent.returncode, sent.stdout, sent.stderr), (0, "", ""))
        found = load.pools(list(load.records(load.TOP, skip=("load.zone",))))
        lib.until(lambda: self.loads()["obs"] >= before, "what was answered shortly before it is seen (relaxed)")
        for pool, cres in found.items():
            seen = self.loads(pool[:-len(load.APEX) - 1])
            self.assertTrue(before <= seen["obs"] <= time.time())
            meant = load.load(pool, cres, 7, seen["obs"])
            if "accf" in meant:
                meant["accf"] *= 1000
            self.assertEqual(seen, meant)

    def test_again(self):
        """It says one line, goes on while its server is away, says that, and ends quietly when told."""
        with self.publishing() as process:
            self.assertIn("sample loads of 23 pools", process.stdout.readline())
            first = lib.until(lambda: self.loads()["obs"], "a load")
            self.server.stop()
            self.assertIn("sample loads: ", process.stderr.readline())
            self.server.start()
            lib.until(lambda: self.loads()["obs"] > first, "a newer load after the restart")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(lib.DEADLINE_S), 0)
            self.assertEqual(process.stdout.read(), "")

    def test_orphan(self):
        """It ends when the process that started it is gone."""
        line = " ".join(self.command("--every", "60"))
        shell = lib.run(["bash", "-c", f"exec 3< <(exec {line} 2>/dev/null); read -r said <&3; echo $said"])
        pid = int(re.search(r"pid (\d+)", shell.stdout).group(1))
        lib.until(lambda: not os.path.exists(f"/proc/{pid}"), "the publisher's end")

    def test_refused(self):
        """With a key that the server does not know it says so and fails."""
        wrong = lib.write(os.path.join(self.server.folder, "wrong"), f'key "other" {{ algorithm hmac-sha256; '
                          f'secret "{KEY.base64}"; }};\n')
        sent = lib.run(self.command("--once", key=wrong))
        self.assertEqual(sent.returncode, 1)
        self.assertRegex(sent.stderr, "publish.py: sample loads: .*(NOTAUTH|BADKEY)")

    def test_rule(self):
        """Its key may change loads and nothing else."""
        for rtype, permitted in ("CLOAD", True), ("CRES", False), ("any", False):
            told = self.server.suanyu("--json", "explain", "update", KEY.name, f"ai.gz-sample.{ZONE}", rtype)
            self.assertIn(f'"permitted":{str(permitted).lower()}', told.stdout)


class Run(unittest.TestCase):
    def test_once(self):
        """tools/run --once shows everything as it should be, ends with 0 and leaves nothing behind."""
        lib.need("dig", "nsupdate")
        folder = lib.fresh_folder()
        lib.give(folder)
        done = lib.run([os.path.join(lib.TOP, "tools", "run"), "--once", "--dir", folder],
                       env={**os.environ, "SUANYU_BIN": lib.BIN})
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotIn("WRONG", done.stdout)
        pid = int(re.search(r"publish.py, pid (\d+)", done.stdout).group(1))
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertFalse(os.path.exists(os.path.join(folder, "run", "suanyud.sock")))


if __name__ == "__main__":
    lib.main()
