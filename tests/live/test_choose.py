#!/usr/bin/python3
"""Does the server choose as docs/policies.md says?

Random computing domains, questions, places and policies against a plain model of the page, which itself is checked by
hand and by the examples of the page; then whether all ways to ask, and a secondary, say the same.
"""
import os
import random
import re
import time
import unittest
from dataclasses import replace

import choose_model as model
import choose_page
import choose_random
import choose_words as words
import choosing
import lib
import updates
from choose_random import APEX
from choose_world import Centre, Place, Pool, World

PAGE = os.path.join(lib.TOP, "docs", "policies.md")
ROUNDS = 40 if lib.LONG else 4
CENTRES, POOLS, NEEDS, SERVICES = 9, 4, 60, 8
NOW = 1800000000


def setUpModule():
    updates.need_dnspython()


def seed_of(case):
    seed = int(os.environ.get("SUANYU_SEED", random.randrange(10 ** 9)))
    case.context = f"SUANYU_SEED={seed}"
    print(f"     SUANYU_SEED={seed}")
    return seed


def thousandths(points):
    return int(points * 1000.0 + 0.5)


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
            ("margins 1/2 and 1/4", "cpu-5.wait90-40", "qos",
             [pool_of("p.a", {"cpuf": 10, "wait90": 30}, cpu=10)], [25.0]),
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


# --- the server -----------------------------------------------------------------------------------


def asked_as(world, text):
    return f"{text}.{APEX}" if text in world.services else text


class Random(unittest.TestCase):
    def serve(self, rand):
        """(server, maker, world, book) of a random domain."""
        maker = choose_random.Maker(rand, int(time.time()))
        world, book = maker.world(CENTRES, POOLS), maker.book()
        world.services = {f"service-{number}": maker.service(world, book) for number in range(SERVICES)}
        server = choosing.Server(APEX, choose_random.zone_text(world), world.regions, choose_random.book_lists(book))
        return server, maker, world, book

    def questions(self, maker, world, book):
        """(what is asked, from where, the model's question at a time)."""
        for _ in range(NEEDS):
            text, address = maker.need(world, book), maker.address()
            yield text, address, lambda now, t=text, a=address: model.make_ask(world, t, now, book, a)
        for name in world.services:
            address = maker.address()
            yield name, address, lambda now, n=name, a=address: model.make_service_ask(world, n, now, book, a)

    def check_pool(self, why, found, answer):
        pool = why.pool
        expected = {"reason": why.reason, "rank": why.rank}
        if why.reason != "DATA":
            expected["unknown"] = why.is_unknown
        if why.reason == "FITS":
            expected |= {"score": why.score, "weight": why.weight,
                         "terms": {name: thousandths(why.terms[name]) for name in answer.weights},
                         "unknown_terms": sorted(why.unknown & set(answer.weights))}
        shown = {name: found.get(name) for name in expected}
        if "unknown_terms" in shown:
            shown["unknown_terms"] = sorted(shown["unknown_terms"])
        self.assertEqual(shown, expected, pool.name)
        if why.test:
            word = words.Need(found["test"]).tests
            self.assertEqual(word, [why.test], pool.name)
            if why.test.is_number and why.test.op in (words.GE, words.LE) and not why.is_unknown:
                record = why.path if why.test.kind == words.PATH else pool.columns
                self.assertEqual((found["value"], found["limit"]), (record[why.test.column], why.test.values[0]))

    def check(self, found, answer, pools):
        """What the server says is the model's answer."""
        self.assertEqual(
            (found["considered"], found["fits"], found["equal"], found["until_s"], found["group"], found["weights"],
             found["reasons"]),
            (len(pools), answer.reasons.get("FITS", 0), answer.equal, answer.until, answer.group, answer.weights,
             {name: count for name, count in answer.reasons.items() if name != "FITS"}))
        said = {choosing.below(pool["name"], APEX): pool for pool in found["pools"]}
        self.assertEqual(set(said), set(answer.whys))
        for name, why in answer.whys.items():
            self.check_pool(why, said[name], answer)
            age = why.pool.get("obs")
            self.assertEqual(said[name]["age_s"], found["now_s"] - age if age is not None else None)

    def test_explain(self):
        """Of random pools, questions, places and policies every reason, score, order and count is the model's."""
        seed, seen = seed_of(self), {}
        for number in range(ROUNDS):
            server, maker, world, book = self.serve(random.Random(seed + number))
            with server:
                for text, address, ask in self.questions(maker, world, book):
                    self.context = f"SUANYU_SEED={seed + number} {text} {world.services.get(text, '')} from {address}"
                    found = server.explain(asked_as(world, text), address)
                    answer = model.rank(ask(found["now_s"]))
                    self.check(found, answer, world.pools)
                    for reason, count in answer.reasons.items():
                        seen[reason] = seen.get(reason, 0) + count
        print("     pools by reason: " + ", ".join(f"{count} {name}" for name, count in sorted(seen.items())))

    def answers_now(self, ask, fetch):
        """(answers of the model just before and after, what was fetched between them)."""
        before = model.rank(ask(int(time.time())))
        found = fetch()
        return [before, model.rank(ask(int(time.time())))], found

    def assert_turned(self, found, answers, order_of):
        """The order of an answer is the model's, but for a turn among those that count as equal."""
        turns = []
        for answer in answers:
            names, equal = order_of(answer), answer.equal
            turns += [names[turn:equal] + names[:turn] + names[equal:] for turn in range(max(1, equal))]
        self.assertIn(found, turns)

    def check_answers(self, server, world, text, address, ask):
        """PTR, A, SVCB and TXT of one find name."""
        subnet = f"{address}/{128 if ':' in address else 32}"

        def ptr():
            return choosing.pools_of(server.find(text, "PTR", subnet=subnet), APEX)

        def svcb():
            return [name for _, name in choosing.services_of(server.find(text, "SVCB", subnet=subnet), APEX)]

        def a():
            return choosing.addresses(server.find(text, "A", subnet=subnet))

        def target(pool):
            return pool.name if pool.name in world.hosts else pool.centre.name

        answers, found = self.answers_now(ask, ptr)
        self.assert_turned(found, answers, lambda answer: [why.pool.name for why in answer.picks])
        answers, found = self.answers_now(ask, svcb)
        self.assert_turned(found, answers, lambda answer: [target(why.pool) for why in answer.picks])
        answers, found = self.answers_now(ask, a)
        hosts = {choose_random.host_address(world, why.pool) for answer in answers for why in answer.picks}
        self.assertEqual(len(found), len(set(found)), "a record stands once in an answer")
        self.assertIn(set(found), [{choose_random.host_address(world, why.pool) for why in answer.picks}
                                   for answer in answers], hosts)
        answers, found = self.answers_now(ask, lambda: choosing.strings_of(server.find(text, "TXT", subnet=subnet)))
        self.assertIn(found[0].partition(" pools")[0],
                      [f"{answer.reasons.get('FITS', 0)}/{len(world.pools)}" for answer in answers])
        self.assertIn([line.split()[0] for line in found[1:1 + len(answers[0].picks)]],
                      [[why.pool.name for why in answer.picks] for answer in answers])

    def test_answers(self):
        """A, SVCB, PTR and TXT of find names are the model's answer, wherever the subnet of the asker is."""
        seed = seed_of(self)
        for number in range(ROUNDS // 2):
            server, maker, world, book = self.serve(random.Random(seed + number))
            world.services = {}
            with server:
                for text, address, ask in self.questions(maker, world, book):
                    self.context = f"SUANYU_SEED={seed + number} {text} from {address}"
                    self.check_answers(server, world, text, address, ask)

    def test_dig(self):
        """dig is told the same as everybody."""
        seed = seed_of(self)
        server, maker, world, book = self.serve(random.Random(seed))
        with server:
            for _ in range(6):
                text, address = maker.need(world, book), maker.address()
                answers, found = self.answers_now(
                    lambda now, t=text, a=address: model.make_ask(world, t, now, book, a),
                    lambda t=text, a=address: lib.dig(server, f"+subnet={a}", f"{t}.find.{APEX}", "PTR"))
                self.assertEqual(found.status, "NOERROR")
                pools = [choosing.below(rdata, APEX) for _, _, rtype, rdata in found.answer if rtype == "PTR"]
                self.assert_turned(pools, answers, lambda answer: [why.pool.name for why in answer.picks])

    def test_secondary(self):
        """A secondary of ours, with the same places and policies, explains and answers as its primary does."""
        seed = seed_of(self)
        first, maker, world, book = self.serve(random.Random(seed))
        with first:
            second = choosing.Server(APEX, "", world.regions, choose_random.book_lists(book))
            second.set_zone(APEX, {"primary": [f"127.0.0.1:{first.port}"], "transfer": updates.FETCH})
            with second:
                for text, address, ask in self.questions(maker, world, book):
                    self.context = f"SUANYU_SEED={seed} {text} from {address}"
                    one = two = {"now_s": None}
                    while one["now_s"] != two["now_s"] or one["now_s"] is None:
                        one, two = (server.explain(asked_as(world, text), address) for server in (first, second))
                    self.assertEqual(one["pools"], two["pools"])
                    self.check(two, model.rank(ask(two["now_s"])), world.pools)


if __name__ == "__main__":
    lib.main()
