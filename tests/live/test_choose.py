#!/usr/bin/python3
"""Does the server choose as docs/policies.md says?

A plain model of the page, and the model by hand.
"""
import os
import random
import re
import unittest
from dataclasses import replace

import choose_model as model
import choose_page
import choose_random
import lib
from choose_world import Centre, Place, Pool, World

PAGE = os.path.join(lib.TOP, "docs", "policies.md")
CENTRES, POOLS = 9, 4
NOW = 1800000000


# --- the model itself -----------------------------------------------------------------------------


def world_of(*pools, **more):
    return World({pool.centre.name: pool.centre for pool in pools}, list(pools), **more)


def pool_of(name, load=None, age=0, centre=None, **record):
    centre = centre or Centre(name.partition(".")[2], {"kind": "ai"})
    return Pool(name, centre, [{"arch": ("x86_64",), **record}], {"obs": NOW - age, **(load or {})})


class Model(unittest.TestCase):
    """The model's answers, worked out by hand."""

    def points(self, text, policy, *pools, place=None, **more):
        ask = model.make_ask(world_of(*pools, **more), f"{text}.by-{policy}".strip("."), NOW)
        if place:
            ask.place = place
        answer = model.rank(ask)
        return [round(answer.whys[pool.name].terms[policy], 6) for pool in pools if answer.whys[pool.name].terms]

    def reason(self, text, pool, **more):
        answer = model.rank(model.make_ask(world_of(pool, **more), text, NOW))
        return answer.whys[pool.name].reason

    def test_terms(self):
        """Terms of the model are what one works out by hand from the page."""
        load = {"cpuf": 25, "run": 3, "pend": 4, "wait50": 600}
        card = {"acc": "x", "accn": 8000}
        way = {"medium": "ip", "rtt": 5000, "jitter": 500, "loss": 100, "bwf": 1000, "bw": 9000}
        priced = {"price": 2000000, "cur": "CNY"}
        rows = [
            ("a quarter free, half the queue, half the wait", "cpu-5", "load", [pool_of("p.a", load, cpu=100)], [35.0]),
            ("cards before cores", "", "load", [pool_of("p.a", {"accf": 4000, "cpuf": 0}, cpu=9, **card)], [30.0]),
            ("busy share", "", "load", [pool_of("p.a", {"util": 75})], [15.0]),
            ("nothing known", "", "load", [pool_of("p.a")], [0.0]),
            ("oldest, middle, newest", "", "fcfs",
             [pool_of("p.a", since=100), pool_of("p.b", since=150), pool_of("p.c", since=200)], [100.0, 50.0, 0.0]),
            ("one alone", "", "fcfs", [pool_of("p.a", since=100), pool_of("p.b")], [100.0, 0.0]),
            ("1000 W and 2000 W", "", "energy",
             [pool_of("p.a", watt=1000, pue=1200), pool_of("p.b", {"wattnow": 2000}, pue=1200)], [100.0, 50.0]),
            ("half of it asked", "accn-4", "energy",
             [pool_of("p.a", {"accf": 8000}, watt=1000, pue=1000, **card),
              pool_of("p.b", {"accf": 8000}, watt=1000, pue=1000, acc="x", accn=16000)], [50.0, 100.0]),
            ("the same power, half the carbon", "", "carbon",
             [pool_of("p.a", watt=10, pue=1000, gco2=600), pool_of("p.b", watt=10, pue=1000, gco2=300)], [50.0, 100.0]),
            ("four of 8 cards at 2 an hour, an instance at 4", "accn-4", "price",
             [pool_of("p.a", {"accf": 8000}, per="card-h", **priced, **card),
              pool_of("p.b", {"accf": 8000}, per="instance-h", price=4000000, cur="CNY", **card)], [50.0, 100.0]),
            ("another currency", "", "price",
             [pool_of("p.a", per="call", **priced), pool_of("p.b", per="call", **priced),
              pool_of("p.c", per="call", price=1, cur="EUR")], [100.0, 100.0, 0.0]),
            ("half of everything", "near-r", "network",
             [pool_of("p.a", centre=Centre("a", {"kind": "ai"}, None, [("r", way)]))], [55.0]),
            ("at home", "near-a", "network", [pool_of("p.a")], [100.0]),
            ("margins 1/2 and 1/4", "cpu-5.wait90-40", "qos", [pool_of("p.a", {"cpuf": 10, "wait90": 30}, cpu=10)], [25.0]),
            ("of path and pool", "cpu-5.rtt-10ms.near-r", "qos",
             [pool_of("p.a", {"cpuf": 10}, cpu=10, centre=Centre("a", {"kind": "ai"}, None, [("r", way)]))], [50.0]),
        ]
        for label, text, policy, pools, expected in rows:
            with self.subTest(label):
                self.assertEqual(self.points(text, policy, *pools), expected)
        # Shenzhen to Guangzhou, 103 km as the crow flies: 500 + 15 * 103 us
        there = pool_of("p.a", centre=Centre("a", {"kind": "ai"}, (22.54, 114.06)))
        points, = self.points("", "network", there, place=Place(None, (), (23.13, 113.26)))
        self.assertAlmostEqual(points, 50 * 5000 / (5000 + 500 + 15 * 104.8), delta=0.2)
        # 75 GB by 10 Gbit/s take 60 s
        here, away = Centre("a", {"kind": "ai"}, None, [("b", {"bwf": 10000})]), Centre("b", {"kind": "ai"})
        pools = [pool_of("p.a", centre=here), pool_of("p.b", centre=away)]
        self.assertEqual(self.points("data-x", "data", *pools, sets={"x.data": [("a", {"size": 75 * 10 ** 9})]}),
                         [100.0, 50.0])

    def test_reasons(self):
        """Reasons of the model are those of the page, in its order."""
        busy = {"cpuf": 1, "util": 95, "wait90": 100}
        rows = [
            ("fits", "cpu-1", pool_of("p.a", {"cpuf": 1}, cpu=8), "FITS"),
            ("of another name", "on-b", pool_of("p.a"), "MEMBER"),
            ("drains", "cpu-9", pool_of("p.a", busy, cpu=8, state="drain"), "CLOSED"),
            ("in maintenance", "top-1", pool_of("p.a", maint=(NOW, NOW + 1)), "CLOSED"),
            ("after it", "top-1", pool_of("p.a", maint=(NOW - 9, NOW)), "FITS"),
            ("lacks the card", "acc-y.cpu-9", pool_of("p.a", busy, cpu=8, acc="x"), "LACKS"),
            ("60 s old", "top-1", pool_of("p.a", age=60), "FITS"),
            ("61 s old", "cpu-9", pool_of("p.a", busy, 61, cpu=8), "STALE"),
            ("failed", "cpu-9", pool_of("p.a", {"health": "failed", **busy}, cpu=8), "FAILED"),
            ("full", "cpu-2.wait-5", pool_of("p.a", busy, cpu=8), "FULL"),
            ("waits", "cpu-1.wait-5.rtt-1ms", pool_of("p.a", busy, cpu=8), "LIMIT"),
            ("no path", "cpu-1.rtt-1ms", pool_of("p.a", busy, cpu=8), "PATH"),
            ("no data", "data-x", pool_of("p.a"), "DATA"),
        ]
        for label, text, pool, expected in rows:
            with self.subTest(label):
                self.assertEqual(self.reason(text, pool), expected)

    def test_page(self):
        """Each example of the page comes out as the page says."""
        with open(PAGE, encoding="utf-8") as page:
            page = page.read()
        block = re.search(r"^```pools\n(.*?)^```", page, re.M | re.S).group(1)
        world = choose_page.read_world(block)
        rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (\S+) \|", page, re.M)
        self.assertGreater(len(rows), 20, "examples")
        for text, name, said in rows:
            with self.subTest(f"{text} {name}"):
                why = model.rank(model.make_ask(world, text, 1000)).whys[name]
                found = f"{why.score / 1000:.3f}".rstrip("0").rstrip(".") if why.reason == "FITS" else why.reason
                self.assertEqual(found, said)

    def test_random(self):
        """Of a thousand random questions the model gives every reason, and the order of pools does not matter."""
        seen = {}
        for seed in range(20):
            rand = random.Random(seed)
            maker = choose_random.Maker(rand, NOW)
            world, book = maker.world(CENTRES, POOLS), maker.book()
            for _ in range(50):
                text, address = maker.need(world, book), maker.address()
                answer = model.rank(model.make_ask(world, text, NOW, book, address))
                seen |= answer.reasons
                shuffled = replace(world, centres={centre.name: centre for centre in world.all_centres},
                                   pools=rand.sample(world.all_pools, len(world.all_pools)))
                again = model.rank(model.make_ask(shuffled, text, NOW, book, address))
                self.assertEqual([(why.pool.name, why.score) for why in again.picks],
                                 [(why.pool.name, why.score) for why in answer.picks], f"{seed} {text}")
        self.assertEqual(set(seen), {"FITS", "MEMBER", "GROUP", "CLOSED", "LACKS", "DATA", "STALE", "FAILED", "FULL",
                                     "LIMIT", "SHED", "PATH", "SPARE", "SPREAD"})


if __name__ == "__main__":
    lib.main()
