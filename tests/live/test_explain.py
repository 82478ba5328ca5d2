#!/usr/bin/python3
"""Does `suanyu explain` tell what a query gets, and why?"""
import json
import time
import unittest

import lib

ZONE = "explain.test"
NOW = int(time.time())
TEXT = f"""
$ORIGIN {ZONE}.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
near  CENTRE . kind=ai region=440300 op=one state=active
      A 192.0.2.11
      CNET 440300. region=440300 medium=ip rtt=1ms
      CNET 810000. region=810000 medium=inet rtt=20ms
far   CENTRE . kind=ai region=810000 op=two state=active
      A 192.0.2.12
      CNET 440300. region=440300 medium=inet rtt=20ms
      CNET 810000. region=810000 medium=ip rtt=1ms
a.near CRES . acc=nvidia-h20-96g accn=64 price=9 cur=CNY per=card-h
a.near 30 CLOAD . obs={NOW} accf=32
b.far  CRES . acc=nvidia-h20-96g accn=64 price=5 cur=CNY per=card-h
b.far  30 CLOAD . obs={NOW} accf=24
few.far CRES . acc=nvidia-h20-96g accn=64
few.far 30 CLOAD . obs={NOW} accf=2
other.far CRES . acc=nvidia-v100-32g accn=64
other.far 30 CLOAD . obs={NOW} accf=64
old.near CRES . acc=nvidia-h20-96g accn=64
old.near 30 CLOAD . obs={NOW - 1000} accf=64
mute.near CRES . acc=nvidia-h20-96g accn=64
shut.near CRES . state=drain acc=nvidia-h20-96g accn=64
shut.near 30 CLOAD . obs={NOW} accf=64
service CPOL . by=price:1 need="accn-8" top=1
        PTR a.near
        PTR b.far
        PTR few.far
        PTR mute.near
"""
SECOND = """
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.1
c CENTRE . kind=ai
p.c CRES . acc=nvidia-h20-96g accn=8
"""
REGIONS = """
regions:
  - {name: "440300", prefixes: [127.0.0.0/8, 10.1.0.0/16]}
  - {name: "810000", prefixes: [10.2.0.0/16, "2001:db8:2::/48"]}
"""
WORDS = "acc-nvidia-h20-96g.accn-8"
REFUSED = 1


def setUpModule():
    global server
    server = lib.Server({ZONE: TEXT})
    server.options["regions"] = lib.write(f"{server.folder}/regions.yaml", REGIONS)
    server.start()
    lib.until(has_table, "the table of pools")


def has_table():
    return server.control("explain", "kind-ai", "", ZONE)[0] == "ok"


def tearDownModule():
    server.stop()


class Explain(unittest.TestCase):
    maxDiff = None

    def ask(self, *args):
        result = server.suanyu("--json", *args[:-1], "explain", args[-1])
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def refuse(self, *args):
        result = server.suanyu(*args)
        self.assertEqual((result.returncode, result.stdout), (REFUSED, ""))
        return result.stderr

    @staticmethod
    def order(told):
        return [pool["name"] for pool in sorted(told["pools"], key=lambda pool: pool["rank"] or 99) if pool["rank"]]

    @staticmethod
    def pool(told, name):
        return next(pool for pool in told["pools"] if pool["name"] == f"{name}.{ZONE}.")

    def answered(self, name):
        """The pools of an answer in its order. Those that count as equal change places."""
        return [rdata for _, _, rtype, rdata in lib.dig(server, name, "PTR").answer if rtype == "PTR"]

    def test_reasons(self):
        """Each pool that is not chosen has its first reason, what was seen, and what was asked for."""
        told = self.ask(f"{WORDS}.by-load")
        self.assertEqual((told["considered"], told["fits"], told["cut"]), (7, 2, False))
        self.assertEqual(told["reasons"], {"CLOSED": 1, "LACKS": 1, "STALE": 1, "FULL": 2})
        self.assertEqual({pool["name"].split(".")[0]: pool["reason"] for pool in told["pools"]},
                         {"a": "FITS", "b": "FITS", "few": "FULL", "mute": "FULL", "other": "LACKS", "old": "STALE",
                          "shut": "CLOSED"})
        few = self.pool(told, "few.far")
        self.assertEqual((few["test"], few["value"], few["limit"], few["unknown"], few["seen"], few["asked"]),
                         ("accn-8", 2000, 8000, False, "2 cards", "at least 8 cards"))
        mute = self.pool(told, "mute.near")
        self.assertEqual((mute["test"], mute["value"], mute["unknown"], mute["age_s"]), ("accn-8", None, True, None))
        other = self.pool(told, "other.far")
        self.assertEqual((other["test"], other["value"], other["limit"]),
                         ("acc-nvidia-h20-96g", "nvidia-v100-32g", None))
        old = self.pool(told, "old.near")
        self.assertEqual((old["test"], old["limit"], old["asked"]), (None, 60, "at most 60 s"))
        self.assertEqual(old["value"], old["age_s"])
        self.assertTrue(1000 <= old["age_s"] <= time.time() - NOW + 1000)

    def test_scores(self):
        """Each pool that fits has a score that its terms and their weights make."""
        told = self.ask(f"{WORDS}.by-load-30.by-price-10")
        self.assertEqual(told["weights"], {"load": 30, "price": 10})
        for pool in told["pools"][:2]:
            terms = pool["terms"]
            self.assertAlmostEqual(pool["score"], (30 * terms["load"] + 10 * terms["price"]) / 40, delta=1)
            self.assertEqual(pool["unknown_terms"], ["load"])  # nobody says what runs, waits, and how long
        self.assertEqual(self.pool(told, "b.far")["terms"]["price"], 100000)
        self.assertEqual(self.ask(WORDS)["weights"], {"load": 60, "network": 40})

    def test_as_answered(self):
        """The order is that of the answer to a query for the same name."""
        for words in f"{WORDS}.by-price", f"{WORDS}.by-load", f"{WORDS}.by-network", f"{WORDS}.by-price.top-1":
            told = self.ask(words)
            self.assertEqual(told["equal"], 1)  # so that nothing turns
            self.assertEqual(self.answered(f"{words}.find.{ZONE}"), self.order(told), words)
            self.assertEqual(told["answered"], len(self.order(told)))

    def test_words(self):
        """Words may stand behind one another, as a find name, in any order and case: it is the same requirement."""
        canonical = self.ask(f"{WORDS}.by-price")
        self.assertEqual(canonical["requirement"], f"{WORDS}.by-price")
        for words in ([f"by-price.{WORDS}.find.{ZONE}"], [f"BY-PRICE.{WORDS.upper()}.find.{ZONE}."],
                      ["by-price accn-8 acc-nvidia-h20-96g"], ["by-price", "accn-8000m", "acc-nvidia-h20-96g"]):
            result = server.suanyu("--json", "explain", *words)
            told = json.loads(result.stdout)
            self.assertEqual((told["requirement"], told["pools"]), (canonical["requirement"], canonical["pools"]))

    def test_service(self):
        """A service is explained by its CPOL: need, weights, members."""
        told = self.ask(f"service.{ZONE}")
        self.assertEqual((told["name"], told["requirement"]), (f"service.{ZONE}.", "accn-8"))
        self.assertEqual((told["weights"], told["top"], told["fits"]), ({"price": 1}, 1, 2))
        self.assertEqual(told["reasons"], {"MEMBER": 3, "FULL": 2})
        self.assertEqual(self.order(told), [f"b.far.{ZONE}."])
        printed = lib.dig(server, "+noedns", f"service.{ZONE}", "A")
        self.assertEqual([rdata for _, _, _, rdata in printed.answer], ["192.0.2.12"])

    def test_place(self):
        """The address that asks decides where distances begin; near- is stronger, and some do not care."""
        words = f"{WORDS}.by-network"
        first = {}
        for address, place in ("10.1.2.3", "table"), ("10.2.3.4", "table"), ("2001:db8:2::9", "table"), \
                ("192.0.2.7", "nowhere"):
            told = self.ask("--from", address, words)
            self.assertEqual((told["from"], told["place"], told["uses_place"]), (address, place, True))
            first[address] = self.order(told)[0].split(".")[0]
            self.assertEqual(told["pools"][0]["terms"]["network"] > 0, place == "table")
        self.assertEqual((first["10.1.2.3"], first["10.2.3.4"], first["2001:db8:2::9"]), ("a", "b", "b"))
        self.assertEqual(self.ask(words)["from"], "127.0.0.1")
        near = self.ask("--from", "10.2.3.4", f"{words}.near-440300")
        self.assertEqual((near["place"], near["uses_place"], self.order(near)[0]), ("near", False, f"a.near.{ZONE}."))
        self.assertFalse(self.ask(f"{WORDS}.by-price")["uses_place"])

    def test_refusals(self):
        """What can not be explained is refused with the reason, in one line."""
        for args, said in (
                (["accn-many"], "accn-many"), (["moon-8"], "moon-8"), ([f"accn-x.find.{ZONE}"], "accn-x"),
                ([f"ns.{ZONE}"], "no CPOL"), ([f"nowhere.{ZONE}"], "no CPOL"), (["near-moon"], "near-moon"),
                (["--from", "moon", "kind-ai"], "moon is no address"),
                (["--zone", "no.test", "kind-ai"], "no zone no.test"), (["--zone", "..", "kind-ai"], "no zone .."),
                (["a..b"], "a"), (["x" * 4000], "")):
            text = self.refuse(*args[:-1], "explain", args[-1])
            self.assertEqual(text.count("\n"), 1)
            self.assertIn(said, text)

    def test_same_again(self):
        """An explanation changes nothing, and is not counted as a query."""
        before = self.ask(WORDS)
        with server.counts():
            after = self.ask(WORDS)
        same = "requirement", "serial", "table", "weights", "equal", "reasons", "considered"
        self.assertEqual([before[key] for key in same], [after[key] for key in same])
        self.assertEqual(self.order(before), self.order(after))

    def test_text(self):
        """For people it is a table: the chosen first, then the others, with units."""
        text = server.suanyu("explain", f"{WORDS}.by-price").stdout
        lines = text.splitlines()
        self.assertRegex(lines[0], rf"^{WORDS}.by-price  in {ZONE}. serial 1, table \d+$")
        self.assertRegex(lines[1], r"by price:1; load reports count for 60 s")
        self.assertRegex(text, r"2 of 7 pools fit, 2 answered, 1 as equals; holds for ")
        self.assertRegex(text, rf"\n  1  b\.far\.{ZONE}\. +100\.000  100\.000  ")
        self.assertRegex(text, rf"\n  few\.far\.{ZONE}\. +full for accn-8 +2 cards +at least 8 cards ")
        self.assertRegex(text, rf"\n  mute\.near\.{ZONE}\. +full for accn-8 +unknown +at least 8 cards +-\n")
        self.assertLess(text.index("b.far"), text.index("a.near"))
        self.assertLess(text.index("a.near"), text.index("few.far"))

    def test_updates(self):
        """What is learned by update names is still explain update."""
        said = server.suanyu("explain", "update", "-", f"a.near.{ZONE}", "CLOAD").stdout
        self.assertIn("refused: no update rule", said)


class Zones(unittest.TestCase):
    def test_zone(self):
        """Of several zones with pools one must be named; a name says it itself."""
        with lib.Server({ZONE: TEXT, "second.test": SECOND, "empty.test": SECOND.split("c CENTRE")[0]}) as two:
            lib.until(lambda: all(two.control("explain", "kind-ai", "", zone)[0] == "ok"
                                  for zone in (ZONE, "second.test")), "both tables")
            said = two.suanyu("explain", "kind-ai")
            self.assertEqual((said.returncode, said.stdout), (REFUSED, ""))
            self.assertIn("--zone", said.stderr)
            for args in (["--zone", "second.test", "explain", "kind-ai"], ["explain", "kind-ai.find.second.test"]):
                told = json.loads(two.suanyu("--json", *args).stdout)
                self.assertEqual((told["zone"], told["considered"]), ("second.test.", 1))


if __name__ == "__main__":
    lib.main()
