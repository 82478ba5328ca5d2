"""Random computing domains and random questions for the model of choosing: every attribute that counts, some absent,
some out of date, closed, shed or not public; values from short lists, so that equal ones and exact limits are common.
"""
import choose_words as words
from choose_world import Centre, Pool, World

APEX = "choose.test"
REGIONS = "440305", "440300", "440100", "440000", "810000", "Lake.Side"
CHIPS = "ascend-910b", "nvidia-a100-80g", "hygon-k100"
JURISDICTIONS = "CN", "HK", "MO"
SITES = "site-a", "Site.B"
OPERATORS = "own", "partner", "cloud"
GRADES = "B1.small", "B1.medium", "B1.large"
ENVIRONMENTS = "cuda-12.4", "cann-8.0", "gromacs"
SETS = "flight.data", "faces.data", "chat.model", "base.image"
NUMBERS = {  # name: what it may be, in stored units
    "seclvl": (1, 2, 3), "nodes": (1, 8, 64), "cpu": (0, 64, 256, 4000), "mem": (65536, 262144, 2 << 20),
    "accn": (1000, 8000, 16000, 1500), "accmem": (32768, 65536, 81920), "sto": (100, 5000), "fbw": (25000, 200000),
    "maxn": (1, 8), "maxt": (3600, 86400), "fp16": (2500000, 312000), "fp64": (9700, 33500),
    "pue": (1080, 1250, 1500), "watt": (0, 400, 3000, 12000), "gco2": (0, 60, 300, 580), "renew": (0, 35, 100),
    "run": (0, 3, 40), "pend": (0, 1, 25), "wait50": (0, 60, 900), "wait90": (0, 120, 3600), "util": (0, 50, 75, 90),
    "accutil": (10, 80, 95), "wattnow": (100, 2500), "downn": (0, 2), "bw": (10000, 100000),
    "rtt": (300, 1200, 5000, 30000), "jitter": (10, 500), "loss": (0, 10, 1000),
}
WORDS = {
    "kind": ("ai", "hpc", "cloud", "edge"), "sched": ("slurm", "k8s"), "basis": ("claimed", "measured"),
    "fabric": ("ib", "roce"), "per": ("core-h", "card-h", "node-h", "instance-h", "call", "gib-month"),
    "plan": ("payg", "spot"), "health": ("ok", "ok", "ok", "degraded", "failed"), "medium": ("ip", "otn", "inet"),
}
TEXTS = {"op": OPERATORS, "region": REGIONS, "jur": JURISDICTIONS, "az": SITES, "acc": CHIPS, "grade": GRADES,
         "cur": ("CNY", "EUR", "cny"), "slice": ("gold", "sample")}
MANY = {"access": ("proxy", "api"), "tee": ("sgx", "tdx"), "iso": ("vm", "container"), "stocls": ("hot", "cold"),
        "offer": ("vm", "slot"), "enc": ("ipsec", "qkd"), "arch": ("x86_64", "aarch64"), "env": ENVIRONMENTS,
        "bench": ("resnet50-fp16:801", "hpl-fp64:12")}
PRICES = 0, 1500000, 6320000, 20000000
BANDWIDTHS = 0, 100, 1000, 10000


class Maker:
    def __init__(self, rand, now):
        self.rand, self.now = rand, now

    def chance(self, part):
        return self.rand.random() < part

    def value(self, name):
        if name in NUMBERS:
            return self.rand.choice(NUMBERS[name])
        if name in MANY:
            found = self.rand.sample(MANY[name], self.rand.randint(1, 2))
            return frozenset(found) if words.ATTRS[name].kind == "set" else tuple(found)
        return self.rand.choice(WORDS.get(name) or TEXTS[name])

    def some(self, *names, part=0.8):
        return {name: self.value(name) for name in names if self.chance(part)}

    def span(self):
        """Past, present or to come."""
        begin = self.now + self.rand.choice((-9000, -500, 500, 7200))
        return begin, begin + self.rand.choice((100, 4000))

    def seldom(self):
        """What closes or hides."""
        record = {}
        if self.chance(0.06):
            record["state"] = self.rand.choice(("active", "drain", "down"))
        if self.chance(0.06):
            record["maint"] = self.span()
        if self.chance(0.04):
            record["vis"] = self.rand.choice(("public", "members", "private"))
        if self.chance(0.5):
            record["since"] = self.now - self.rand.choice((86400, 864000, 5000000))
        return record

    # what is published

    def centre(self, number):
        name = f"c{number}" if self.chance(0.7) else f"c{number}.west"
        record = {"kind": self.value("kind")} | self.some("op", "region", "jur", "az", "sched", "access", "seclvl",
                                                          "tee", "iso") | self.seldom()
        if self.chance(0.3):
            record["hub"] = True
        location = (self.rand.randrange(20 * 60, 26 * 60) / 60.0, self.rand.randrange(-2 * 60, 116 * 60) / 60.0)
        return Centre(name, record, location if self.chance(0.7) else None)

    def path(self):
        record = self.some("medium", "bw", "rtt", "jitter", "loss", "enc", "slice")
        if self.chance(0.7):
            record["bwf"] = self.rand.choice(BANDWIDTHS)
        if self.chance(0.1):
            record["vis"] = "members"
        return record or {"medium": "ip"}

    def paths(self, centre, others):
        """Towards others and regions; several to one only when they differ in what decides between them."""
        for target in {*self.rand.sample(others, min(3, len(others))), *self.rand.sample(REGIONS, 2)} - {centre.name}:
            record = self.path()
            if self.chance(0.3):
                centre.paths.append((target, {**self.path(), "medium": "inet", "vis": "public"}))
                record["medium"] = self.rand.choice(("ip", "otn"))
            if target in REGIONS and self.chance(0.2):
                record["region"] = target
                target = f"net-{words.fold(target)}"
            centre.paths.append((target, record))

    def capacity(self):
        record = self.some("nodes", "cpu", "mem", "sto", "stocls", "fabric", "fbw", "maxn", "maxt", "env", "arch",
                           "offer", "bench", "grade", "pue", "watt", "gco2", "renew", "sched", "tee", "iso",
                           part=0.75) | self.seldom()
        if self.chance(0.8):
            record |= {"acc": self.value("acc")} | self.some("accn", "accmem", part=0.85)
        if self.chance(0.6):
            record |= {"fp16": self.value("fp16"), "basis": self.value("basis")}
        if self.chance(0.8):
            record |= {"price": self.rand.choice(PRICES), "cur": self.value("cur"), "per": self.value("per")}
            record |= self.some("plan")
        return record or {"cpu": 64}

    def split(self, record):
        """In two records, that say different things."""
        head = {name: value for name, value in record.items() if name in ("cpu", "mem", "nodes", "pue", "since", "vis")}
        rest = {name: value for name, value in record.items() if name not in head}
        return [head, rest] if head and rest and self.chance(0.2) else [record]

    def load(self, capacity):
        age = self.rand.choice((0, 5, 20, 45, 59, 60, 61, 90, 600)) if self.chance(0.5) else self.rand.randrange(40)
        record = {"obs": self.now - age} | self.some("run", "pend", "wait50", "wait90", "util", "accutil", "wattnow",
                                                     "downn", "health", part=0.7)
        for total, free in (("cpu", "cpuf"), ("mem", "memf"), ("accn", "accf"), ("sto", "stof")):
            if self.chance(0.8) and (total != "accn" or "acc" in capacity):
                record[free] = int(capacity.get(total, 8000) * self.rand.choice((0, 0.05, 0.25, 0.5, 0.8, 1)))
        if self.chance(0.05):
            record["vis"] = "private"
        return record

    def pool(self, number, centre):
        capacity = self.capacity()
        load = self.load(capacity) if self.chance(0.9) else None
        return Pool(f"p{number}.{centre.name}", centre, self.split(capacity), load)

    def copies(self, centres):
        found = []
        for centre in self.rand.sample(centres, self.rand.randint(1, 3)):
            record = {}
            if self.chance(0.85):
                record["size"] = self.rand.choice((0, 1 << 30, 100 << 30, 2 << 40))
            if self.chance(0.4):
                record["jur"] = self.value("jur")
            if self.chance(0.3):
                record["pin"] = True
            if self.chance(0.05):
                record["vis"] = "private"
            found.append((centre, record))
        return found

    def regions(self, centres):
        """A file of regions: networks inside each other, with and without a location or a centre."""
        entries = []
        for number, name in enumerate(REGIONS):
            entry = {"name": name, "prefixes": [f"10.{number}.0.0/16", f"2001:db8:{number}::/48"]}
            if self.chance(0.6):
                entry |= {"latitude": self.rand.randrange(20 * 4, 26 * 4) / 4, "longitude": 113.25}
            entries.append(entry)
        entries.append({"name": self.rand.choice(REGIONS), "prefixes": ["10.1.128.0/17"],
                        "centre": self.rand.choice(centres)})
        return entries

    def world(self, centre_count, pools_a_centre):
        centres = [self.centre(number) for number in range(centre_count)]
        names = [centre.name for centre in centres]
        for centre in centres:
            self.paths(centre, names)
        pools = [self.pool(number, centre) for centre in centres for number in range(pools_a_centre)]
        world = World({centre.name: centre for centre in centres}, pools, {name: self.copies(names) for name in SETS},
                      self.regions(names))
        world.hosts = {pool.name for pool in pools if self.chance(0.3)}
        return world

    def service(self, world, book):
        """CPOL and members, of which some are no pools."""
        record = {}
        if self.chance(0.8):
            record["by"] = {name: self.rand.randint(1, 255) for name in self.rand.sample(words.POLICIES, 2)}
        if self.chance(0.7):
            record["need"] = self.need(world, book).replace(".", " ")
        for name, values in (("top", (1, 2, 9)), ("maxage", (10, 300)), ("sticky", (30,))):
            if self.chance(0.3):
                record[name] = self.rand.choice(values)
        if self.chance(0.3):
            record |= {"low": 40, "high": self.rand.choice((70, 90))}
        if self.chance(0.4):
            record["order"] = tuple(self.rand.sample(["own", "partner", "ai", "edge", *book["groups"]], 2))
        names = [pool.name for pool in world.all_pools]
        return record, self.rand.sample(names, 9) + ["nobody"] if self.chance(0.4) else []

    # what is asked

    def address(self):
        return self.rand.choice(("10.0.0.1", "10.1.2.3", "10.1.200.1", "10.2.0.9", "10.4.4.4", "10.99.0.1",
                                 "2001:db8:3::1", "2001:db8:ffff::1"))

    def limit(self, name):
        """A number as a word holds it, often exactly one that is published."""
        attr = words.ATTRS[name]
        if name in ("price", "bwf"):
            value = self.rand.choice(PRICES if name == "price" else BANDWIDTHS)
        else:
            value = self.rand.choice(NUMBERS[words.TOTAL_OF.get(name, name)])
        return words.bare(attr, int(value * self.rand.choice((1, 1, 0.5, 0.25))))

    def test(self, name):
        attr = words.ATTRS[name]
        if attr.kind == "uint":
            return f"{name}-{self.rand.choice(('', '', '', 'ge-', 'le-', 'ne-', 'eq-'))}{self.limit(name)}"
        one, other = (words.fold(word) for word in self.rand.sample(
            sorted(set(WORDS.get(name) or TEXTS.get(name) or MANY[name])), 2))
        return self.rand.choice((f"{name}-{one}", f"{name}-{one}", f"{name}-eq-{one}", f"{name}-ne-{one}",
                                 f"{name}-any-{one}-or-{other}"))

    def policies(self, count):
        found = self.rand.sample(words.POLICIES, count)
        return [f"by-{name}-{self.rand.randint(1, 255)}" if self.chance(0.6) else f"by-{name}" for name in found]

    def tests(self, count):
        names = [*NUMBERS, *WORDS, *TEXTS, *MANY, "cpuf", "memf", "accf", "stof", "price", "bwf", "state", "hub"]
        often = ["accn", "cpu", "mem", "acc", "rtt", "kind", "price", "wait90"]
        found = []
        for name in {self.rand.choice(often if self.chance(0.5) else names) for _ in range(count)}:
            found.append({"hub": "hub", "state": "state-active"}.get(name) or self.test(name))
        return found

    def need(self, world, book):
        found = self.tests(self.rand.choice((0, 1, 1, 2, 2, 3, 5)))
        found += self.policies(self.rand.choice((0, 1, 1, 2, 3)))
        if self.chance(0.3):
            found.append(f"near-{words.fold(self.near(world))}")
        if self.chance(0.1):
            pool = self.rand.choice(world.pools)
            found.append(f"on-{words.fold(self.rand.choice((pool.name, pool.centre.name)))}")
        for name in self.rand.sample(SETS, self.rand.choice((0, 0, 0, 1, 2))):
            stem, _, kind = name.partition(".")
            found.append(f"{kind}-{stem}")
        if self.chance(0.3):
            found.append(f"top-{self.rand.choice((1, 2, 5, 64))}")
        if self.chance(0.1):
            found.append(f"wait-{self.limit('wait90')}")
        if self.chance(0.1):
            found.append(self.rand.choice(("b1.medium.flavor", "flavor-b1-small")))
        if self.chance(0.3):
            found.append(f"by-{self.rand.choice(sorted(book['policies']))}")
        self.rand.shuffle(found)
        return ".".join(found[:16]) or "top-3"

    def near(self, world):
        """A name that is known: a centre's, or a region that somebody is in."""
        regions = [centre.record["region"] for centre in world.centres.values() if "region" in centre.record]
        return self.rand.choice([*world.centres, *regions])

    def book(self):
        groups = {"mine": "op-own", "fast": "rtt-5ms", "big": "cpu-ge-64"}
        policies = {}
        for number in range(6):
            policy = {}
            if self.chance(0.5):
                policy["need"] = " ".join(self.tests(1))
            if self.chance(0.7):
                policy["by"] = {name: self.rand.randint(1, 255) for name in self.rand.sample(words.POLICIES, 2)}
            if self.chance(0.6):
                policy["order"] = self.rand.sample(sorted(groups), self.rand.randint(1, 3))
            if self.chance(0.5):
                place = self.rand.choice(("centre", "region", "az", "op"))
                policy |= {"spread": place, "most": self.rand.randint(1, 2)}
            if self.chance(0.4):
                policy |= {"low": self.rand.choice((0, 40, 60)), "high": self.rand.choice((75, 90))}
            if self.chance(0.3):
                policy |= {"maxage": self.rand.choice((10, 600))}
            if self.chance(0.3):
                policy |= {"top": self.rand.randint(1, 6)}
            policies[f"user-{number}"] = policy
        return {"policies": policies, "groups": groups}


# --- as text --------------------------------------------------------------------------------------


def location_text(location):
    parts = []
    for value, sides in zip(location, ("NS", "EW")):
        minutes = round(abs(value) * 60)
        parts.append(f"{minutes // 60} {minutes % 60} 0 {sides[value < 0]}")
    return " ".join(["LOC", *parts, "0m"])


def centre_address(world, centre):
    return f"192.0.2.{world.all_centres.index(centre) + 10}"


def host_address(world, pool):
    """Where a pool is reached: at its own address or at its centre's."""
    if pool.name in world.hosts:
        return f"198.51.100.{world.all_pools.index(pool) + 1}"
    return centre_address(world, pool.centre)


def zone_text(world):
    lines = [words.zone_head(APEX)]
    for centre in world.all_centres:
        lines.append(f"{centre.name} {words.zone_record('CENTRE', centre.record)}")
        lines.append(f"{centre.name} A {centre_address(world, centre)}")
        if centre.location:
            lines.append(f"{centre.name} {location_text(centre.location)}")
        for target, record in centre.paths:
            lines.append(f"{centre.name} {words.zone_record('CNET', record, target)}")
    for pool in world.all_pools:
        for record in pool.capacities:
            lines.append(f"{pool.name} {words.zone_record('CRES', record)}")
        if pool.name in world.hosts:
            lines.append(f"{pool.name} A {host_address(world, pool)}")
        if pool.load:
            lines.append(f"{pool.name} 30 {words.zone_record('CLOAD', pool.load)}")
    for name, copies in world.sets.items():
        for centre, record in copies:
            lines.append(f"{name} {words.zone_record('CDATA', record, centre)}")
    for name, (record, members) in world.services.items():
        weights = ",".join(f"{policy}:{record['by'][policy]}" for policy in words.POLICIES if policy in record["by"]
                           ) if "by" in record else ""
        rest = {key: value for key, value in record.items() if key != "by"}
        lines.append(f"{name} {words.zone_record('CPOL', rest)}" + (f' by="{weights}"' if weights else ""))
        lines += [f"{name} PTR {member}" for member in members]
    return "\n".join(lines) + "\n"


def book_lists(book):
    """As the file of policies has it."""
    policies = [{"name": name, **{key: ",".join(value) if key == "order" else value for key, value in policy.items()}}
                for name, policy in book["policies"].items()]
    return {"policies": policies, "groups": [{"name": name, "need": need} for name, need in book["groups"].items()]}
