#!/usr/bin/python3
"""Do the applications that a computing network is for get the pools that they need?

The cases of annexes A to E of "GBA computing network: general technical requirements", and what it says of hubs,
borders and policies, with a real server, signed updates and plain questions. All observation times are relative to
now; nothing sleeps.
"""
import random
import threading
import time
import unittest

import choose_words as words
import choosing
import lib
import updates

APEX = "gba.test"
REGIONS = [{"name": f"r{number}", "prefixes": [f"127.0.{number}.0/24", f"10.{number}.0.0/16"]} for number in (1, 2, 3)]
USERS = {number: f"127.0.{number}.1" for number in (1, 2, 3)}  # an address in each region
A100, ASCEND = "nvidia-a100-80g", "ascend-910b"
TTL_MAX_S = 10


def setUpModule():
    updates.need_dnspython()


def now():
    return int(time.time())


class Domain:
    """The text of a zone, record by record."""

    def __init__(self):
        self.lines, self.hosts, self.address_of = [words.zone_head(APEX)], 0, {}

    def centre(self, name, **record):
        self.hosts += 1
        self.address_of[name] = f"192.0.2.{self.hosts + 10}"
        self.lines.append(f"{name} {words.zone_record('CENTRE', {'kind': 'ai', **record})}")
        self.lines.append(f"{name} A {self.address_of[name]}")
        self.lines.append(f"{name} SVCB 1 . port={8000 + self.hosts}")
        return self

    def path(self, name, target, **record):
        self.lines.append(f"{name} {words.zone_record('CNET', record, target)}")
        return self

    def pool(self, name, load=None, age=0, **record):
        """load None: no report; age of the report in seconds."""
        self.lines.append(f"{name} {words.zone_record('CRES', {'arch': ('x86_64',), **record})}")
        if load is not None:
            self.lines.append(f"{name} 30 {words.zone_record('CLOAD', {'obs': now() - age, **load})}")
        return self

    def copy(self, name, centre, **record):
        self.lines.append(f"{name} {words.zone_record('CDATA', record, centre)}")
        return self

    def service(self, name, *members, by=None, **record):
        weights = f' by="{by}"' if by else ""
        self.lines.append(f"{name} CPOL .{weights} " + words.zone_record("", record, "").strip())
        self.lines += [f"{name} PTR {member}" for member in members]
        return self

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


class Case(unittest.TestCase):
    def serve(self, domain, **options):
        server = choosing.Server(APEX, domain.text, REGIONS, **options)
        self.domain = domain
        return server

    def assert_pools(self, server, requirement, *expected, **options):
        self.assertEqual(server.pools(requirement, **options), list(expected), requirement)

    def until_pools(self, server, requirement, *expected, **options):
        """An answer may be as old as 10 ms after an update."""
        found = []

        def is_so():
            found[:] = [server.pools(requirement, **options)]
            return found[0] == list(expected)

        try:
            lib.until(is_so, requirement, 3)
        except AssertionError:
            raise AssertionError(f"{requirement}: {found[0]}, expected {list(expected)}") from None

    def assert_nobody(self, server, requirement, *texts, **options):
        """Nothing fits, and the answer says why."""
        found = []

        def is_so():
            found[:] = [server.find(requirement, "A", **options)]
            return not found[0].answer

        lib.until(is_so, f"nobody fits {requirement}", 3)
        reply = found[0]
        self.assertEqual((reply.rcode, reply.types(reply.authority)), (lib.NOERROR, [lib.TYPES["SOA"]]))
        self.assertTrue(reply.ede, "it says why")
        for text in texts:
            self.assertIn(text, reply.ede[1])


# --- the annexes ----------------------------------------------------------------------------------


class Drone(Case):
    """A: pictures of a drone flight, brought to the cloud centre `shore`, are judged by an AI centre near it."""

    def domain_of(self):
        card = {"acc": ASCEND, "accn": 8000}
        return (Domain().centre("shore", kind="cloud").centre("near").centre("far").centre("old")
                .path("shore", "near", medium="otn", bwf=100000, rtt=500)
                .path("shore", "far", medium="inet", bwf=100, rtt=20000)
                .path("shore", "old", medium="ip", bwf=10000, rtt=900)
                .pool("cpu.shore", {"cpuf": 900}, cpu=1000)
                .pool("npu.near", {"accf": 4000}, **card).pool("npu.far", {"accf": 8000}, **card)
                .pool("npu.old", {"accf": 8000}, acc="ascend-310p", accn=8000)
                .copy("flight.data", "shore", size=10 << 30))

    def test_near(self):
        """A: inference goes to the accelerators that the pictures reach soonest, then to those next, then back."""
        with self.serve(self.domain_of()) as server:
            asked = f"acc-{ASCEND}.accn-1.data-flight.by-data"
            self.assert_pools(server, asked, "npu.near", "npu.far")
            lines = choosing.strings_of(server.find(asked, "TXT"))
            self.assertTrue(lines[0].startswith("2/4 pools"), lines[0])
            server.load("npu.near", accf=0)
            self.until_pools(server, asked, "npu.far")
            server.load("npu.near", accf=1000)
            self.until_pools(server, asked, "npu.near", "npu.far")
            self.assert_pools(server, f"{asked}.near-far", "npu.near", "npu.far")  # the data, not the asker, decide

    def test_large(self):
        """A: what takes more than an hour to bring is not brought at all."""
        with self.serve(self.domain_of()) as server:
            owner = f"flight.data.{APEX}"
            size = choosing.rdata({"size": 100 << 30}, f"shore.{APEX}")  # 9 s by 100 G, 2.4 h by 100 M
            server.change(updates.rr(owner, choosing.NUMBERS["CDATA"], updates.ANY),
                          updates.rr(owner, choosing.NUMBERS["CDATA"], rdata=size))
            self.until_pools(server, f"acc-{ASCEND}.accn-1.data-flight.by-data", "npu.near")
            text = choosing.strings_of(server.find(f"acc-{ASCEND}.accn-1.data-flight.by-data", "TXT"))
            self.assertTrue(any(line.startswith("npu.far without the data: ") for line in text), text)


class Video(Case):
    """B: a camera behind R1 is served by MEC-1, until that is overloaded."""

    def domain_of(self, **service):
        place = {"kind": "edge"}
        return (Domain().centre("mec-1", **place).centre("mec-2", **place)
                .path("mec-1", "r1", medium="ip", rtt=1000, bwf=10000)
                .path("mec-2", "r1", medium="ip", rtt=6000, bwf=10000)
                .pool("video.mec-1", {"cpuf": 600, "util": 40, "wait50": 0}, cpu=1000)
                .pool("video.mec-2", {"cpuf": 600, "util": 40, "wait50": 0}, cpu=1000)
                .service("video", "video.mec-1", "video.mec-2", by="load:40,network:60", high=90, **service))

    def address(self, centre):
        return self.domain.address_of[centre]

    def first(self, server):
        reply = server.ask("video", "A", source=USERS[1])
        self.assertEqual(reply.rcode, lib.NOERROR)
        return choosing.addresses(reply)[0]

    def watch(self, server, seen, stop):
        """Ask all the time: (when asked, when answered, first address or None, TTL)."""
        wire = lib.query(f"video.{APEX}", "A", edns=lib.opt())
        with lib.open_socket(server, "udp4", source=USERS[1]) as peer:
            while not stop.is_set():
                begin = time.monotonic()
                peer.send(wire)
                reply = lib.Reply(peer.recv(65535))
                found = choosing.addresses(reply)
                seen.append((begin, time.monotonic(), found[0] if found else None,
                             reply.answer[0].ttl if reply.answer else 0))

    def test_overload(self):
        """B: after a report of 90 % new viewers get MEC-2, those of MEC-1 keep it, and nobody is left without."""
        with self.serve(self.domain_of()) as server:
            one, two = self.address("mec-1"), self.address("mec-2")
            self.assertEqual(self.first(server), one)
            seen, stop = [], threading.Event()
            viewer = threading.Thread(target=self.watch, args=(server, seen, stop))
            viewer.start()
            try:
                lib.until(lambda: len(seen) > 20, "answers before")
                sent = time.monotonic()
                server.load("video.mec-1", cpuf=100, util=90, wait50=0)
                taken = time.monotonic()
                lib.until(lambda: seen[-1][2] == two, "MEC-2 is the answer")
                settled = time.monotonic()
                lib.until(lambda: seen[-1][0] > settled + 0.2, "answers after")
                back = time.monotonic()
                server.load("video.mec-1", cpuf=600, util=40, wait50=0)
                lib.until(lambda: seen[-1][2] == one, "MEC-1 is the answer again")
            finally:
                stop.set()
                viewer.join()
            self.assertEqual({address for _, _, address, _ in seen}, {one, two}, "somebody got neither")
            before = [address for _, end, address, _ in seen if end < sent]
            self.assertEqual(set(before), {one})
            moved = next(end for _, end, address, _ in seen if address == two)
            self.assertGreater(moved, sent)
            after = [address for begin, _, address, _ in seen if moved <= begin < back]
            self.assertGreater(len(after), 10)
            self.assertEqual(set(after), {two}, "it does not move to and fro")
            held = [ttl for _, end, address, ttl in seen if address == one]
            self.assertTrue(all(1 <= ttl <= TTL_MAX_S for ttl in held), sorted(set(held)))
            # who holds MEC-1 keeps it: its names and addresses stand as before
            for name in ("video.mec-1", "mec-1"):
                self.assertEqual(server.ask(name, "CRES" if "." in name else "A").rcode, lib.NOERROR)
            print(f"     from UPDATE to the changed answer {1e3 * (moved - sent):.1f} ms, "
                  f"from its acknowledgement {1e3 * (moved - taken):.1f} ms; {len(seen)} answers")

    def test_sticky(self):
        """B: with `sticky` a report that would change the order alone moves nobody; one of 90 % does."""
        with self.serve(self.domain_of(sticky=3600)) as server:
            one, two = self.address("mec-1"), self.address("mec-2")
            self.assertEqual(self.first(server), one)
            server.load("video.mec-1", cpuf=200, util=80, wait50=9000, pend=50, run=1)
            server.load("video.mec-2", cpuf=1000, util=1, wait50=0, pend=0, run=1)
            lib.until(lambda: self.order(server)[0] == "video.mec-2", "MEC-2 ranks first", 3)
            for _ in range(20):
                self.assertEqual(self.first(server), one)
            told = server.explain(f"video.{APEX}", USERS[1])
            self.assertEqual(told["first"], f"video.mec-1.{APEX}.")
            self.assertGreater(told["sticky_s"], 3000)
            server.load("video.mec-1", cpuf=200, util=90)
            lib.until(lambda: self.first(server) == two, "MEC-2 is the answer", 3)

    def order(self, server):
        return [choosing.below(pool["name"], APEX) for pool in
                sorted((pool for pool in server.explain(f"video.{APEX}", USERS[1])["pools"] if pool["rank"]),
                       key=lambda pool: pool["rank"])]

    def test_out_of_date(self):
        """B: a pool that does not report any more is left by time alone."""
        domain = self.domain_of(maxage=3)
        with self.serve(domain) as server:
            server.load("video.mec-1", cpuf=600, util=40, wait50=0)
            # MEC-2 reports from the future, as far as clocks may differ: it stays fresh
            server.load("video.mec-2", age=-50, cpuf=600, util=40, wait50=0)
            self.assertEqual(self.first(server), self.address("mec-1"))
            reply = server.ask("video", "A", source=USERS[1])
            self.assertLessEqual(reply.answer[0].ttl, 4)
            lib.until(lambda: self.first(server) == self.address("mec-2"), "MEC-1 is stale")


class Rendering(Case):
    """C: five edge centres; users in three regions."""

    RTT_US = {"e1": (800, 4000, 9000), "e2": (2000, 700, 5000), "e3": (3000, 2500, 600), "e4": (400, 400, 400),
              "e5": (9000, 9500, 9900)}

    def domain_of(self):
        domain = Domain()
        for name, times in self.RTT_US.items():
            domain.centre(name, kind="edge")
            for number, rtt in enumerate(times, 1):
                domain.path(name, f"r{number}", medium="ip", rtt=rtt, jitter=100, loss=0, bwf=1000)
            chip = "hygon-k100" if name == "e4" else A100  # the nearest of all does not have the card
            domain.pool(f"render.{name}", {"accf": 4000}, acc=chip, accn=8000)
        return domain

    def by_rtt(self, region, *without):
        names = sorted(self.RTT_US, key=lambda name: self.RTT_US[name][region - 1])
        return [f"render.{name}" for name in names if name not in ("e4", *without)]

    def test_near(self):
        """C: of the edges with the asked card each user gets the one of the lowest round trip, by address or subnet."""
        asked = f"acc-{A100}.accn-1.by-network"
        with self.serve(self.domain_of()) as server:
            for region, address in USERS.items():
                self.assert_pools(server, asked, *self.by_rtt(region), source=address)
                self.assert_pools(server, asked, *self.by_rtt(region), subnet=f"10.{region}.0.0/16")
                self.assert_pools(server, f"{asked}.near-r{region}", *self.by_rtt(region))
                reply = server.find(asked, "A", source=address)
                centres = [pool.partition(".")[2] for pool in self.by_rtt(region)]
                self.assertEqual(choosing.addresses(reply), [self.domain.address_of[name] for name in centres])

    def test_full(self):
        """C: when the nearest is full the next nearest is told, to the last; then nobody, with the reason."""
        asked = f"acc-{A100}.accn-1.by-network"
        with self.serve(self.domain_of()) as server:
            full = []
            for pool in self.by_rtt(1):
                self.assertEqual(server.pools(asked, source=USERS[1])[0], pool)
                server.load(pool, accf=500)  # half a card
                full.append(pool.partition(".")[2])
                if len(full) < 4:
                    self.until_pools(server, asked, *self.by_rtt(1, *full), source=USERS[1])
            self.assert_nobody(server, asked, "0/5 pools", "4 full", "1 lack", source=USERS[1])

    def test_limit(self):
        """C: whoever is too far for a stated round trip is not told at all."""
        with self.serve(self.domain_of()) as server:
            asked = f"acc-{A100}.rtt-3ms"
            self.assertEqual(set(server.pools(asked, source=USERS[1])), {"render.e1", "render.e2", "render.e3"})
            self.assert_nobody(server, f"acc-{A100}.rtt-500us", "too far", source=USERS[2])
            self.assert_nobody(server, f"acc-{A100}.rtt-3ms")  # from nowhere


class Product(Case):
    """D: cards are sold by grade, whatever they are."""

    def test_grade(self):
        """D: a product's name finds the pools that give this grade, of whatever card, and no other."""
        domain = Domain().centre("x").centre("y").centre("z")
        for pool, grade, chip in (("a.x", "B1.medium", A100), ("b.y", "B1.medium", ASCEND), ("c.z", "B1.large", A100),
                                  ("d.z", "B1.small", A100), ("e.z", None, A100)):
            domain.pool(pool, {"accf": 4000}, acc=chip, accn=8000, **({"grade": grade} if grade else {}))
        with self.serve(domain) as server:
            for asked in ("b1.medium.flavor", "B1.MEDIUM.flavor", "flavor-b1-medium", "grade-b1-medium"):
                self.assertEqual(sorted(server.pools(asked)), ["a.x", "b.y"], asked)
            self.assert_pools(server, "b1.large.flavor.accn-2", "c.z")
            self.assert_nobody(server, "p1.large.flavor", "0/5 pools", "5 lack")
            server.load("a.x", accf=0)
            self.until_pools(server, "b1.medium.flavor.accn-1", "b.y")


class Model(Case):
    """E: a large model is tuned where the data may not leave, and asked where its copies are."""

    def domain_of(self):
        card = {"acc": ASCEND, "accn": 64000}
        domain = Domain().centre("hub", hub=True).centre("bank").centre("edge", kind="edge")
        for one in ("hub", "bank", "edge"):
            for other in ("hub", "bank", "edge"):
                if one != other:
                    domain.path(one, other, medium="otn", bwf=100000, rtt=500)
        return (domain.pool("train.hub", {"accf": 64000}, **card).pool("train.bank", {"accf": 16000}, **card)
                .pool("serve.edge", {"accf": 8000}, **card)
                .copy("ledger.data", "bank", size=50 << 30, pin=True)
                .copy("chat.model", "hub", size=60 << 30).copy("chat.model", "edge", size=60 << 30))

    def test_tuning(self):
        """E: fine-tuning goes to where the pinned data are, and nowhere when that is full."""
        with self.serve(self.domain_of()) as server:
            for policy in words.POLICIES:
                self.assert_pools(server, f"accn-8.data-ledger.by-{policy}", "train.bank")
            server.load("train.bank", accf=7000)
            self.assert_nobody(server, "accn-8.data-ledger.by-load", "2 without the data", "1 full")
            server.load("train.bank", accf=8000)
            self.until_pools(server, "accn-8.data-ledger.by-load", "train.bank")

    def test_inference(self):
        """E: inference goes to a copy of the model that is up; a place that drains is left at once."""
        with self.serve(self.domain_of()) as server:
            asked = "accn-1.model-chat.by-data"
            pools = server.pools(asked)
            self.assertEqual((set(pools[:2]), pools[2]), ({"train.hub", "serve.edge"}, "train.bank"))
            server.publish("edge", "CENTRE", kind="edge", state="drain")
            self.until_pools(server, asked, "train.hub", "train.bank")
            server.publish("edge", "CENTRE", kind="edge", state="active")
            lib.until(lambda: set(server.pools(asked)[:2]) == {"train.hub", "serve.edge"}, "it is back", 3)
            begin = now()
            server.publish("hub", "CENTRE", kind="ai", hub=True, maint=(begin - 5, begin + 3600))
            self.until_pools(server, asked, "serve.edge", "train.bank")


# --- what the text says of networks, borders and policies -----------------------------------------


class Media(Case):
    def test_preference(self):
        """Hubs prefer OTN to IP to the Internet, others IP to OTN to the Internet."""
        figures = {"rtt": 2000, "jitter": 10, "loss": 0, "bwf": 1000}
        domain = Domain()
        for name, hub in (("h", {"hub": True}), ("o", {})):
            for medium in ("ip", "otn", "inet"):
                domain.centre(f"{name}-{medium}", **hub).path(f"{name}-{medium}", "r1", medium=medium, **figures)
                domain.pool(f"p.{name}-{medium}", {"cpuf": 10}, cpu=100)
        with self.serve(domain) as server:
            ranked = server.pools("by-network.top-6", source=USERS[1])
            self.assertEqual({*ranked[:2]}, {"p.h-otn", "p.o-ip"})
            self.assertEqual({*ranked[2:4]}, {"p.h-ip", "p.o-otn"})
            self.assertEqual({*ranked[4:]}, {"p.h-inet", "p.o-inet"})

    def test_path(self):
        """Of several paths that one counts which the centre prefers, though it be the slower one."""
        domain = Domain()
        for name, hub in (("h", {"hub": True}), ("o", {})):
            domain.centre(name, **hub).pool(f"p.{name}", {"cpuf": 10}, cpu=100)
            domain.path(name, "r1", medium="ip", rtt=1000).path(name, "r1", medium="otn", rtt=3000)
            domain.path(name, "r2", medium="ip", rtt=3000).path(name, "r2", medium="otn", rtt=1000)
            domain.path(name, "r3", medium="inet", rtt=1000).path(name, "r3", medium="inet", rtt=3000)
        with self.serve(domain) as server:
            self.assert_pools(server, "rtt-2ms", "p.o", source=USERS[1])
            self.assert_pools(server, "rtt-2ms", "p.h", source=USERS[2])
            self.assert_pools(server, "rtt-2ms.by-manual", "p.h", "p.o", source=USERS[3])  # the faster of equal ones
            self.assert_pools(server, "medium-otn", "p.h", source=USERS[1])


class Border(Case):
    def test_data(self):
        """Data with jur=CN stay in CN, those that are pinned where they are, whatever the policy."""
        domain = Domain()
        places = {"sz": "CN", "gz": "CN", "hk": "HK", "no": None}
        for name, jur in places.items():
            domain.centre(name, **({"jur": jur} if jur else {}))
            domain.pool(f"p.{name}", {"accf": 8000 if name in ("hk", "no") else 1000}, acc=ASCEND, accn=8000)
            for other in places:
                if other != name:
                    domain.path(name, other, medium="otn", bwf=100000, rtt=100)
        for name, record in (("faces", {"jur": "CN"}), ("genes", {"jur": "CN", "pin": True}), ("open", {})):
            domain.copy(f"{name}.data", "sz", size=1 << 20, **record)
        rand = random.Random(4)
        with self.serve(domain) as server:
            for _ in range(60):
                chosen = rand.sample(words.POLICIES, rand.randint(1, 3))
                by = ".".join([f"by-{name}-{rand.randint(1, 255)}" for name in chosen] + ["accn-1"])
                self.assertEqual(set(server.pools(f"data-faces.{by}")), {"p.sz", "p.gz"}, by)
                self.assertEqual(server.pools(f"data-genes.{by}"), ["p.sz"], by)
                self.assertEqual(set(server.pools(f"data-open.{by}")), {f"p.{name}" for name in places}, by)
            self.assert_nobody(server, "data-faces.jur-hk", "0/4 pools")
            self.assert_nobody(server, "data-unknown", "4 without the data")


class Policies(Case):
    def twins(self, **record):
        return Domain().centre("a").centre("b").pool(
            "p.a", {"cpuf": 50}, cpu=100, **record).pool("p.b", {"cpuf": 50}, cpu=100, **record)

    def check_turn(self, policy, name, good, bad, **record):
        """Of two pools that differ in one figure the better one is first, and the other one after an update."""
        with self.serve(self.twins(**record, **{name: good})) as server:
            base = {"arch": ("x86_64",), "cpu": 100, **record}
            server.publish("p.a", "CRES", **base, **{name: bad})
            self.until_pools(server, f"by-{policy}", "p.b", "p.a")
            server.change(*server.replace("p.a", "CRES", {**base, name: good}),
                          *server.replace("p.b", "CRES", {**base, name: bad}))
            self.until_pools(server, f"by-{policy}", "p.a", "p.b")
            server.publish("p.b", "CRES", **base)
            self.until_pools(server, f"by-{policy}", "p.a", "p.b")
            text = choosing.strings_of(server.find(f"by-{policy}", "TXT"))
            self.assertTrue(text[1].startswith("p.a "), text)

    def test_greener(self):
        """Of two equal pools the one with the greener power is first."""
        self.check_turn("carbon", "gco2", 60, 580, watt=1000, pue=1200)

    def test_frugal(self):
        """Of two equal pools the one that draws less power is first."""
        self.check_turn("energy", "watt", 800, 1000, pue=1200)

    def test_cheaper(self):
        """Of two equal pools the cheaper one is first."""
        self.check_turn("price", "price", 1000000, 1200000, cur="CNY", per="core-h")

    def test_currency(self):
        """Prices of different currencies are not compared: that of most pools counts."""
        domain = Domain()
        for name, price, currency in (("a", 9000000, "CNY"), ("b", 1000, "EUR"), ("c", 8000000, "CNY")):
            domain.centre(name).pool(f"p.{name}", {"cpuf": 50}, cpu=100, price=price, cur=currency, per="call")
        with self.serve(domain) as server:
            self.assert_pools(server, "by-price", "p.c", "p.a", "p.b")

    def test_fcfs(self):
        """First come, first served: in the order of registration, the next when one is full."""
        domain, begin = Domain(), now() - 100000
        for name, age in (("a", 300), ("b", 100), ("c", 200)):
            domain.centre(name).pool(f"p.{name}", {"cpuf": 50}, cpu=100, since=begin + age)
        with self.serve(domain) as server:
            self.assert_pools(server, "by-fcfs.cpu-8", "p.b", "p.c", "p.a")
            server.load("p.b", cpuf=7)
            self.until_pools(server, "by-fcfs.cpu-8", "p.c", "p.a")

    def test_manual(self):
        """By hand: the pool or the centre that is named, or nobody."""
        with self.serve(self.twins()) as server:
            for asked in ("on-p-b", "on-b", "on-b.by-manual", "on-p-b.cpu-8.by-load"):
                self.assert_pools(server, asked, "p.b")
            server.load("p.b", cpuf=4)
            self.assert_nobody(server, "on-b.cpu-8", "1 no members", "1 full")
            self.assert_nobody(server, "on-x", "2 no members")

    def test_load(self):
        """Of two equal pools the one with more free is first; one that is out of date is nobody's."""
        with self.serve(self.twins()) as server:
            server.load("p.b", cpuf=60)
            self.until_pools(server, "by-load.cpu-1", "p.b", "p.a")
            server.load("p.a", cpuf=70)
            self.until_pools(server, "by-load.cpu-1", "p.a", "p.b")
            server.load("p.a", cpuf=70, health="degraded")
            self.until_pools(server, "by-load.cpu-1", "p.b", "p.a")
            server.load("p.a", cpuf=70, health="failed")
            self.until_pools(server, "by-load.cpu-1", "p.b")

    def test_overflow(self):
        """A service takes what is its own first, then the partner's, then any cloud."""
        domain = Domain()
        for name, operator, kind in (("a", "somebody", "cloud"), ("b", "own", "ai"), ("c", "partner", "ai")):
            domain.centre(name, op=operator, kind=kind).pool(f"p.{name}", {"accf": 8000}, acc=ASCEND, accn=8000)
        domain.service("job", by="load:1", need="accn-1", order=("own", "partner", "cloud"))
        with self.serve(domain) as server:
            for name in ("b", "c", "a"):
                lib.until(lambda name=name: choosing.pools_of(server.ask("job", "PTR"), APEX) == [f"p.{name}"], name, 3)
                server.load(f"p.{name}", accf=0)
            lib.until(lambda: not server.ask("job", "PTR").answer, "nobody is left", 3)


if __name__ == "__main__":
    lib.main()
