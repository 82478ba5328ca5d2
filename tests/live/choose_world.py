"""What a computing domain publishes, as the model of choosing sees it: centres with their paths, pools, copies of data,
and where askers are. Maps of attributes are as in choose_words.py.
"""
import ipaddress
from dataclasses import dataclass, field

import choose_words as words
from choose_words import fold

STATES = "active", "drain", "down"
TOGETHER = ("acc", "accn", "accmem"), tuple(words.FIGURES), ("price", "cur", "per", "plan")  # of one record


@dataclass
class Centre:
    name: str  # below the apex
    record: dict
    location: tuple = None  # degrees north and east
    paths: list = field(default_factory=list)  # (target, CNET): targets below the apex, or whole names

    @property
    def hub(self):
        return "hub" in self.record


@dataclass
class Pool:
    name: str
    centre: Centre
    capacities: list  # CRES
    load: dict = None  # CLOAD

    def __post_init__(self):
        centre, load = visible(self.centre.record), visible(self.load or {})
        self.columns = dict(centre)
        seen, state = set(), [centre.get("state")]
        for record in map(visible, self.capacities):
            state.append(record.get("state"))
            said = {name for names in TOGETHER if seen & set(names) for name in names} | seen
            self.columns |= {name: value for name, value in record.items() if name not in said}
            seen |= set(record)
        self.columns["hub"] = "hub" in centre
        self.spans = [span for span in (centre.get("maint"), self.columns.pop("maint", None)) if span]
        states = [STATES.index(word) for word in state if word]
        if states:
            self.columns["state"] = STATES[max(states)]
        self.columns |= load

    @property
    def is_there(self):
        return bool(visible(self.centre.record)) and any(map(visible, self.capacities))

    @property
    def order(self):
        return order_of(self.name)

    def get(self, *names):
        """The first that is known, else None."""
        return next((self.columns[name] for name in names if name in self.columns), None)


def order_of(name):
    """Canonical order of names."""
    return tuple(label.encode() for label in reversed(name.lower().split(".")))


def visible(record):
    return record if record.get("vis", "public") == "public" else {}


@dataclass
class Place:
    centre: str = None  # folded name
    regions: tuple = ()
    location: tuple = None


def levels(region):
    """A division code, then what it is in: city and province."""
    region = fold(region)
    if len(region) == 6 and region.isdigit():
        return tuple(dict.fromkeys([region, region[:4] + "00", region[:2] + "0000"]))
    return (region,)


@dataclass
class World:
    centres: dict  # name -> Centre; who may not see a record sees nothing of it
    pools: list
    sets: dict = field(default_factory=dict)  # `name.data` -> [(centre, CDATA)]
    regions: list = field(default_factory=list)  # maps as in the regions file
    services: dict = field(default_factory=dict)  # name -> (CPOL, names of members)
    hosts: set = field(default_factory=set)  # pools with an address of their own

    def __post_init__(self):
        self.all_centres, self.all_pools = list(self.centres.values()), self.pools
        self.centres = {name: centre for name, centre in self.centres.items() if visible(centre.record)}
        self.pools = [pool for pool in self.pools if pool.is_there]

    def place_at(self, address):
        address, best = ipaddress.ip_address(address), None
        for entry in self.regions:
            for prefix in map(ipaddress.ip_network, entry["prefixes"]):
                if address.version == prefix.version and address in prefix and (
                        not best or prefix.prefixlen > best[0]):
                    best = prefix.prefixlen, entry
        if not best:
            return Place()
        entry = best[1]
        location = (entry["latitude"], entry["longitude"]) if "latitude" in entry else None
        return Place(fold(entry["centre"]) if "centre" in entry else None, levels(entry["name"]), location)

    def place_near(self, name):
        """Of a centre, or of a region, which is where its first centre is; None when there is neither."""
        by_name = sorted(self.centres.values(), key=lambda centre: order_of(centre.name))
        for centre in by_name:
            if fold(centre.name) == name:
                region = visible(centre.record).get("region")
                return Place(name, levels(region) if region else (), centre.location)
        regions = [levels(visible(centre.record).get("region", "")) for centre in by_name]
        there = [centre for centre, within in zip(by_name, regions) if within[0] == name] or [
            centre for centre, within in zip(by_name, regions) if name in within]
        return Place(None, levels(name), there[0].location if there else None)

    def copies(self, name):
        for known, copies in self.sets.items():
            if fold(known) == name:
                return [(centre, record) for centre, record in copies if visible(record) or not record]
        return []
