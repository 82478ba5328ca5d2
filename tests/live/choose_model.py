"""How a pool is chosen, in plain Python, written from docs/policies.md alone: the second opinion of the engine.

Nothing here is fast or shares anything with the server. Sums and products stand in the order of the page, so a score
is the server's to the last thousandth.
"""
import collections
import math
from dataclasses import dataclass, field

from choose_words import ATTRS, FREE, GE, LE, LOAD, PATH, POLICIES, WHAT, Need, fold
from choose_world import Place, Pool, World, visible

LEVEL = 1000  # thousandths: scores so near count as equal, without fcfs
MAXAGE_S, TOP, HORIZON_S = 60, 4, 3600
MOVE_S_MAX, UNSIZED_MAX = 3600, 1 << 40
EARTH_KM = 6371.0088
MEDIA = {True: ("otn", "ip", "inet"), False: ("ip", "otn", "inet")}  # of hubs, of others


# --- a question and its answer --------------------------------------------------------------------


@dataclass
class Ask:
    world: World
    need: Need
    now: int
    place: Place = field(default_factory=Place)
    weights: dict = None
    maxage: int = 0
    low: int = 0
    high: int = 0
    members: set = None
    groups: list = field(default_factory=list)  # (name, Need)
    top: int = 0
    spread: str = None
    most: int = 0


@dataclass
class Why:
    pool: Pool
    reason: str = "FITS"
    test: object = None
    is_unknown: bool = False
    path: dict = None
    group: int = 0
    move_s: float = 0.0
    terms: dict = field(default_factory=dict)  # policy -> points
    unknown: set = field(default_factory=set)
    score: int = 0
    weight: int = 1
    rank: int = None


@dataclass
class Answer:
    whys: dict  # pool's name -> Why
    picks: list
    weights: dict
    equal: int
    until: int
    group: str

    @property
    def reasons(self):
        return dict(collections.Counter(why.reason for why in self.whys.values()))


# --- tests ----------------------------------------------------------------------------------------


def busy_of(pool):
    """Percent, or None."""
    shares = [float(value) for value in (pool.get("util"), pool.get("accutil")) if value is not None]
    for free, total in (("cpuf", "cpu"), ("accf", "accn")):
        if pool.get(free) is not None and pool.get(total):
            shares.append(max(0.0, 100.0 * (1.0 - pool.get(free) / pool.get(total))))
    return max(shares, default=None)


def known(value, last=math.inf):
    return last if value is None else value


def pick_path(centre, targets):
    """Of the paths towards the first target that has any the best."""
    media = MEDIA[centre.hub]
    for target in targets:
        paths = [record for towards, record in centre.paths if visible(record) and
                 target in (fold(towards), fold(record.get("region", "")))]
        if paths:
            return min(paths, key=lambda path: (
                media.index(path["medium"]) if "medium" in path else len(media), known(path.get("rtt")),
                -known(path.get("bwf"), -1)))
    return None


def is_home(ask, pool):
    return ask.place.centre is not None and fold(pool.centre.name) == ask.place.centre


def path_to(ask, pool):
    return pick_path(pool.centre, [target for target in (ask.place.centre, *ask.place.regions) if target])


def bandwidth(path):
    return next((path[name] for name in ("bwf", "bw") if path and path.get(name)), None)


def moving_s(ask, pool, name):
    """Seconds to bring a set, or None: not known; and whether it can not be brought."""
    copies = ask.world.copies(name)
    if any(centre == pool.centre.name for centre, _ in copies):
        return 0.0, False
    jur = visible(pool.centre.record).get("jur")
    movable = [(centre, record) for centre, record in copies if "pin" not in record and (
        "jur" not in record or (jur is not None and fold(record["jur"]) == fold(jur)))]
    times = []
    for centre, record in movable:
        there = ask.world.centres.get(centre)
        speed = (bandwidth(pick_path(there, [fold(pool.centre.name)])) if there else None) or bandwidth(
            pick_path(pool.centre, [fold(centre)]))
        if speed and "size" in record:
            times.append(float(record["size"]) * 8.0 / (speed * 1e6))
    if times:
        return min(times), min(times) > MOVE_S_MAX
    return None, all(record.get("size", math.inf) > UNSIZED_MAX for _, record in movable)


def judge(ask, pool):
    """Why a pool does not fit, without its groups."""
    why, need = Why(pool), ask.need

    def fails(reason, test=None, is_unknown=False):
        why.reason, why.test, why.is_unknown = reason, test, is_unknown
        return why

    def failing(kind, record):
        for test in need.tests:
            if test.kind == kind and (test.column not in record or not test.holds(record[test.column])):
                return test, test.column not in record
        return None

    names = fold(pool.name), fold(pool.centre.name)
    if (ask.members is not None and pool.name not in ask.members) or (need.on and need.on not in names):
        return fails("MEMBER")
    if ask.groups and not any(is_of(ask, pool, group) for _, group in ask.groups):
        return fails("GROUP")
    if pool.get("state") in ("drain", "down") or any(begin <= ask.now < end for begin, end in pool.spans):
        return fails("CLOSED")
    if failing(WHAT, pool.columns):
        return fails("LACKS", *failing(WHAT, pool.columns))
    times = [moving_s(ask, pool, name) for name in need.sets]
    if any(is_out for _, is_out in times):
        return fails("DATA", None, next(time for time, is_out in times if is_out) is None)
    why.move_s = None if any(time is None for time, _ in times) else sum(time for time, _ in times)
    if pool.get("obs") is not None and pool.get("obs") + (ask.maxage or MAXAGE_S) < ask.now:
        return fails("STALE")
    if pool.get("health") == "failed":
        return fails("FAILED")
    for kind, reason in ((FREE, "FULL"), (LOAD, "LIMIT")):
        if failing(kind, pool.columns):
            return fails(reason, *failing(kind, pool.columns))
    busy = busy_of(pool)
    if ask.high and (busy is None or busy >= ask.high):
        return fails("SHED", None, busy is None)
    why.path = path_to(ask, pool)
    if not is_home(ask, pool) and failing(PATH, why.path or {}):
        return fails("PATH", *failing(PATH, why.path or {}))
    return why


def is_of(ask, pool, group):
    """Does a pool belong to a group?"""
    names, path = (fold(pool.name), fold(pool.centre.name)), path_to(ask, pool) or {}
    return (not group.on or group.on in names) and all(
        (test.kind == PATH and is_home(ask, pool)) or (test.column in record and test.holds(record[test.column]))
        for test in group.tests for record in [path if test.kind == PATH else pool.columns])


# --- terms: points of 0 to 100, and whether something was unknown ---------------------------------


def asked_part(ask, pool):
    shares = [min(1.0, float(test.values[0]) / pool.get(test.attr.name)) for test in ask.need.tests
              if test.is_asked and pool.get(test.attr.name)]
    return max(shares, default=None)


def share_of(ask, pool):
    asked = [test for test in ask.need.tests if test.is_asked]
    if asked:
        pairs = [(pool.get(test.column), pool.get(test.attr.name)) for test in asked]
        return min((min(1.0, free / total) for free, total in pairs if free is not None and total), default=None)
    for free, total in (("accf", "accn"), ("cpuf", "cpu"), ("memf", "mem")):
        if pool.get(free) is not None and pool.get(total):
            return min(1.0, pool.get(free) / pool.get(total))
    busy = pool.get("accutil", "util")
    return None if busy is None else 1.0 - busy / 100.0


def load(ask, why, _fitting):
    pool = why.pool
    share, pend, wait50 = share_of(ask, pool), pool.get("pend"), pool.get("wait50")
    run = pool.get("run") or 0
    queue = 0.0 if pend is None else (run + 1.0) / (run + 1.0 + pend)
    wait = 0.0 if wait50 is None else 600.0 / (600.0 + wait50)
    return 60.0 * known(share, 0.0) + 20.0 * queue + 20.0 * wait, None in (share, pend, wait50)


def fcfs(_ask, why, fitting):
    times = [each.pool.get("since") for each in fitting if each.pool.get("since") is not None]
    since = why.pool.get("since")
    if since is None:
        return 0.0, True
    oldest, newest = min(times), max(times)
    return (100.0 if newest == oldest else 100.0 * (newest - since) / (newest - oldest)), False


def power_of(ask, pool):
    watt, pue = pool.get("watt", "wattnow"), pool.get("pue")
    if watt is None or pue is None:
        return None
    return watt * known(asked_part(ask, pool), 1.0) * pue / 1000.0


def carbon_of(ask, pool):
    power, gco2 = power_of(ask, pool), pool.get("gco2")
    return None if power is None or gco2 is None else power * gco2 / 1000.0


def against_best(value, values):
    if value is None:
        return 0.0, True
    return (100.0 if value == 0 else 100.0 * min(values) / value), False


def least_of(figure):
    def term(ask, why, fitting):
        figures = [figure(ask, each.pool) for each in fitting]
        return against_best(figure(ask, why.pool), [value for value in figures if value is not None])
    return term


def cost_of(ask, pool):
    price, per, part = pool.get("price"), pool.get("per"), asked_part(ask, pool)
    if price is None or per is None or pool.get("cur") is None:
        return None
    if per in ("instance-h", "call"):
        return price * 1.0
    totals = {"core-h": ("cpu", 1.0), "card-h": ("accn", 1000.0), "node-h": ("nodes", 1.0)}
    if per not in totals:
        return None
    total, unit = totals[per]
    if part is None or pool.get(total) is None:
        return price * 1.0
    return price * (pool.get(total) / unit * part)


def price(ask, why, fitting):
    costs = [(each.pool, cost_of(ask, each.pool)) for each in sorted(fitting, key=lambda each: each.pool.order)]
    currencies = [fold(pool.get("cur")) for pool, cost in costs if cost is not None]
    if not currencies:
        return 0.0, True
    common = max(currencies, key=currencies.count)  # of equally many the first
    values = [cost for pool, cost in costs if cost is not None and fold(pool.get("cur")) == common]
    is_common = fold(why.pool.get("cur") or "") == common
    return against_best(cost_of(ask, why.pool) if is_common else None, values)


def great_circle_km(one, other):
    (lat1, lon1), (lat2, lon2) = [tuple(map(math.radians, point)) for point in (one, other)]
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(a)))


def network(ask, why, _fitting):
    centre, path = why.pool.centre, why.path
    if is_home(ask, why.pool):
        return 100.0, False
    if not path:
        if not ask.place.location or not centre.location:
            return 0.0, True
        rtt = math.floor(500.0 + 15.0 * great_circle_km(centre.location, ask.place.location) + 0.5)
        return 50.0 * 5000.0 / (5000.0 + rtt), True
    points = 0.0
    for name, most, half in (("rtt", 50.0, 5000.0), ("jitter", 10.0, 500.0), ("loss", 10.0, 100.0)):
        points += most * half / (half + path[name]) if name in path else 0.0
    speed = path.get("bwf", path.get("bw"))
    points += 0.0 if speed is None else 20.0 * speed / (speed + 1000.0)
    medium = path.get("medium")
    points += {0: 10.0, 1: 5.0, 2: 0.0}[MEDIA[centre.hub].index(medium)] if medium else 0.0
    return points, speed is None or any(name not in path for name in ("rtt", "jitter", "loss", "medium"))


def data(_ask, why, _fitting):
    return (0.0, True) if why.move_s is None else (100.0 * 60.0 / (60.0 + why.move_s), False)


def margin(test, value):
    limit = float(test.values[0])
    if test.op == GE:
        part = (value - limit) / value if value > 0 else 0.0
    else:
        part = (limit - value) / limit if limit > 0 else 1.0
    return min(1.0, max(0.0, part))


def qos(ask, why, _fitting):
    def least(tests, record):
        return min((margin(test, record[test.column]) for test in tests), default=None)

    limits = [test for test in ask.need.tests if test.op in (GE, LE)]
    on_path = [test for test in limits if test.kind == PATH]
    margins = [least([test for test in limits if test.kind != PATH], why.pool.columns),
               (1.0 if on_path else None) if is_home(ask, why.pool) else least(on_path, why.path)]
    margins = [part for part in margins if part is not None]
    return (100.0 * (sum(margins) / len(margins)) if margins else 0.0), False


TERMS = {"manual": lambda *_: (100.0, False), "fcfs": fcfs, "load": load, "energy": least_of(power_of),
         "carbon": least_of(carbon_of), "price": price, "network": network, "data": data, "qos": qos}


# --- the answer -----------------------------------------------------------------------------------


def score(ask, weights, why, fitting):
    total = 0.0
    for policy in POLICIES:
        points, is_unknown = TERMS[policy](ask, why, fitting)
        why.terms[policy] = points
        why.unknown |= {policy} if is_unknown else set()
        total += weights.get(policy, 0) * points
    total /= sum(weights.values())
    factor, busy = 1.0, busy_of(why.pool)
    if ask.low and busy is not None and ask.low < busy < ask.high:
        factor = (ask.high - busy) / (ask.high - ask.low)
        total *= factor
    if why.pool.get("health") == "degraded":
        total *= 0.5
    why.score = math.floor(total * 1000.0 + 0.5)
    cards, cores = why.pool.get("accf"), why.pool.get("cpuf")
    free = cards / 1000.0 if cards is not None else known(cores, 0)
    why.weight = max(1, math.floor((1.0 + free) * factor))


def leave_near_ones_out(ask, ranking):
    """Anti-affinity: of each place the best stay."""
    kept, seen = [], collections.Counter()
    for why in ranking:
        at = why.pool.centre.name if ask.spread == "centre" else why.pool.get(ask.spread)
        if at is not None:
            seen[fold(at)] += 1
        if at is None or seen[fold(at)] <= max(1, ask.most):
            kept.append(why)
        else:
            why.reason = "SPREAD"
    return kept


def until_of(ask, fitting):
    times = [ask.now + HORIZON_S]
    times += [why.pool.get("obs") + (ask.maxage or MAXAGE_S) + 1 for why in fitting if why.pool.get("obs") is not None]
    times += [time for pool in ask.world.pools for span in pool.spans for time in span if time > ask.now]
    return min(times)


def rank(ask):
    weights = ask.weights or ask.need.weights or (ask.need.policy or {}).get("by") or {"load": 60, "network": 40}
    whys = [judge(ask, pool) for pool in ask.world.pools]
    fitting = [why for why in whys if why.reason == "FITS"]
    until, group = until_of(ask, fitting), None
    if ask.groups and fitting:
        for why in fitting:
            why.group = next(at for at, (_, need) in enumerate(ask.groups)
                             if is_of(ask, why.pool, need))
        first = min(why.group for why in fitting)
        group = ask.groups[first][0]
        for why in fitting:
            why.reason = "FITS" if why.group == first else "SPARE"
        fitting = [why for why in fitting if why.group == first]
    for why in fitting:
        score(ask, weights, why, fitting)
    ranking = sorted(fitting, key=lambda why: (-why.score, why.pool.order))
    if ask.spread:
        ranking = leave_near_ones_out(ask, ranking)
    picks = ranking[:ask.top or ask.need.top or TOP]
    for at, why in enumerate(picks):
        why.rank = at + 1
    level = 0 if weights.get("fcfs") else LEVEL
    equal = sum(why.score + level >= picks[0].score for why in picks)
    return Answer({why.pool.name: why for why in whys}, picks, weights, equal, until, group)


def follow_policy(ask, book):
    """What a user's policy adds where neither the words nor CPOL have said it."""
    policy = ask.need.policy
    if policy:
        ask.need.add(Need(policy.get("need", "")))
        ask.groups = ask.groups or [(name, Need(book["groups"][name])) for name in policy.get("order", ())]
        if not (ask.low or ask.high):  # they count together
            ask.low, ask.high = policy.get("low", 0), policy.get("high", 0)
        for name in ("maxage", "spread", "most"):
            setattr(ask, name, getattr(ask, name) or policy.get(name, 0))
        ask.top = ask.top or ask.need.top or policy.get("top", 0)
    if ask.need.near:
        ask.place = ask.world.place_near(ask.need.near)
    return ask


def make_ask(world, text, now, book=None, address=None):
    """A question as it comes by a find name or by the command line: the words, the book, the asker's address."""
    book = book or {"policies": {}, "groups": {}}
    place = world.place_at(address) if address else Place()
    return follow_policy(Ask(world, Need(text, book["policies"]), now, place), book)


def group_of(name, world, book):
    """A group of the book; else the pools whose centre has this kind, operator or region."""
    if name in book["groups"]:
        return Need(book["groups"][name])
    if name in ATTRS["kind"].words:
        return Need(f"kind-{name}")
    is_operator = any(fold(pool.get("op") or "") == fold(name) for pool in world.pools)
    return Need(f"{'op' if is_operator else 'region'}-eq-{fold(name)}")


def make_service_ask(world, name, now, book, address=None):
    """A question for a service."""
    record, members = world.services[name]
    place = world.place_at(address) if address else Place()
    ask = Ask(world, Need(record.get("need", ""), book["policies"]), now, place, weights=record.get("by"),
              members=set(members) if members else None,
              groups=[(group, group_of(group, world, book)) for group in record.get("order", ())])
    for option in ("top", "maxage", "low", "high"):
        setattr(ask, option, record.get(option, 0))
    return follow_policy(ask, book)
