"""A plain model of update rules and limits (docs/update.md), beside rfc2136_model.py: who may change what.

It shares no code with the server. A rule is the map that stands in the configuration.

    rules = random_rules(rand, senders)             # as in `update` of a zone
    who = Sender("k1", "udp", "127.0.0.1")
    rcode = Judge(rules, limits).apply(zone, who, update)   # zone: rfc2136_model.Zone, changed or not
"""
import copy
import ipaddress

import rfc2136_model as rfc

KEYS = ["k1", "k2"]
PATTERNS = ["@", "a", "*", "**", "**.a", "*.a", "x.*.a", "b", "**.b"]
TYPES = {"A": rfc.A, "TXT": rfc.TXT, "AAAA": rfc.AAAA, "MX": rfc.MX}
NAMES = ["", "a", "b", "x.a", "y.a", "x.y.a", "z.y.x.a", "c", "x.b"]


class Sender:
    """Who sends: a key's name or None, udp or tcp, an address."""

    def __init__(self, key, transport, address):
        self.key, self.transport, self.address = key, transport, ipaddress.ip_address(address)


def labels_match(pattern, labels):
    """Labels from the left: a star is one label, ** at the left any number."""
    if pattern == "@":
        return not labels
    wanted = pattern.split(".")
    if wanted[0] == "**":
        rest = wanted[1:]
        return not rest or (len(labels) >= len(rest) and same(rest, labels[len(labels) - len(rest):]))
    return len(wanted) == len(labels) and same(wanted, labels)


def same(wanted, labels):
    return all(one in ("*", label) for one, label in zip(wanted, labels))


def fits_sender(rule, who):
    if rule.get("transport") and who.transport not in rule["transport"]:
        return False
    if "key" not in rule:
        if not who.address.is_loopback:
            return False
    elif rule["key"] != who.key:
        return False
    networks = [ipaddress.ip_network(text) for text in rule.get("source", [])]
    return not networks or any(who.address in network for network in networks)


def fits(rule, who, zone, owner, rtype):
    labels = [label.decode() for label in owner[:len(owner) - len(zone)]]
    types = {rfc.ANY if name == "any" else TYPES[name] for name in rule["types"]}
    return (fits_sender(rule, who) and (rfc.ANY in types or rtype in types) and
            any(labels_match(pattern, labels) for pattern in rule["owner"]))


class Judge:
    """Rules and limits of one zone."""

    def __init__(self, rules, records_max, types_max):
        self.rules, self.records_max, self.types_max = rules, records_max, types_max
        self.limited = 0  # updates refused for what they would have made

    def decide(self, who, zone, record):
        """Number of the rule that decides, from 1; 0: none."""
        for number, rule in enumerate(self.rules, 1):
            if fits(rule, who, zone, record.owner, record.rtype):
                return number
        return 0

    def permits(self, who, zone, changes):
        counts = {}
        for record in changes:
            rule = self.decide(who, zone, record)
            if rule == 0:
                return False
            counts[rule] = counts.get(rule, 0) + 1
            most = self.rules[rule - 1].get("records_max", 0)
            if most and counts[rule] > most:
                return False
        return True

    def is_within(self, zone, owners):
        for owner in owners:
            types = zone.types_at(owner)
            if len(types) > self.types_max:
                return False
            if any(len(zone.find(owner, rtype).records) > self.records_max for rtype in types):
                return False
        return True

    def apply(self, zone, who, update):
        """The rcode; the zone is changed when that is NOERROR."""
        if not any(fits_sender(rule, who) for rule in self.rules):
            return rfc.REFUSED
        before = copy.deepcopy(zone.sets)
        if not self.permits(who, zone.name, update.changes):
            return rfc.REFUSED
        rcode, _ = zone.apply(update)
        if rcode == rfc.NOERROR and not self.is_within(
                zone, {record.owner for record in update.changes if record.rclass == rfc.IN}):
            zone.sets = before
            self.limited += 1
            return rfc.REFUSED
        return rcode

    def could_be(self, zone, owner, rtype, senders):
        """True when somebody might have put a record there."""
        record = rfc.Record(owner, rtype)
        return any(self.decide(who, zone.name, record) for who in senders)


# --- random rules and updates ---------------------------------------------------------------------


def whom(rule, senders):
    """Those of the senders that a rule is for."""
    return [who for who in senders if fits_sender(rule, who)]


def what(rule):
    """Those of our names and types that a rule is for."""
    names = [name for name in NAMES if any(labels_match(pattern, name.split(".") if name else [])
                                           for pattern in rule["owner"])]
    return names, list(TYPES) if "any" in rule["types"] else rule["types"]


def random_rules(rand, senders):
    """Some rules, one of which at least is for one of the senders."""
    rules = [random_rule(rand) for _ in range(rand.randrange(1, 6))]
    while not any(whom(rule, senders) for rule in rules):
        rules[rand.randrange(len(rules))] = random_rule(rand)
    return rules


def random_rule(rand):
    rule = {"owner": rand.sample(PATTERNS, rand.randrange(1, 3)),
            "types": rand.choice([["any"], ["A"], ["A", "TXT"], ["TXT", "AAAA"], ["MX", "A", "AAAA"]])}
    if rand.random() < 0.75:
        rule["key"] = rand.choice(KEYS)
        if rand.random() < 0.3:
            rule["source"] = [rand.choice(["127.0.0.0/8", "10.0.0.0/8", "0.0.0.0/0"])]
    else:
        rule["source"] = [rand.choice(["127.0.0.0/8", "127.0.0.1/32", "::1/128"])]
    if rand.random() < 0.4:
        rule["transport"] = rand.choice([["udp"], ["tcp"], ["udp", "tcp"], ["tls"], ["unix", "tcp"]])
    if rand.random() < 0.4:
        rule["records_max"] = rand.randrange(1, 4)
    return rule


def random_message(rand, zone, rules, senders):
    """A sender and its update. Every other one is made for one of the rules, which are mostly too narrow to be met
    by chance: whatever they are, a good part of the updates is permitted."""
    if rand.random() < 0.5:
        return rand.choice(senders), random_update(rand, zone, NAMES, list(TYPES))
    rule = rand.choice([rule for rule in rules if whom(rule, senders)])
    return rand.choice(whom(rule, senders)), random_update(rand, zone, *what(rule))


def random_update(rand, zone, names, types):
    """Adds and deletes of few names and values, so that limits are met."""
    changes = []
    for _ in range(rand.choice([1, 1, 2, 3, 4, 6])):
        owner = rfc.labels(rand.choice(names)) + zone.name
        name = rand.choice(types)
        rdata = rdata_of(name, rand.randrange(6))
        kind = rand.random()
        if kind < 0.65:
            changes.append(rfc.Record(owner, TYPES[name], rfc.IN, 60, rdata))
        elif kind < 0.8:
            changes.append(rfc.Record(owner, TYPES[name], rfc.NONE, 0, rdata))
        elif kind < 0.92:
            changes.append(rfc.Record(owner, TYPES[name], rfc.ANY))
        else:
            changes.append(rfc.Record(owner, rfc.ANY, rfc.ANY))
    return rfc.Update(zone.name, [], changes)


def filling(zone, rules, senders, records_max):
    """A sender and its updates of one record each, the last of which meets the limit of records at a name at the
    latest: no rule that is for them lets less than one record through."""
    rule = next(rule for rule in rules if whom(rule, senders))
    names, types = what(rule)
    owner = rfc.labels(names[0]) + zone.name
    records = [rfc.Record(owner, TYPES[types[0]], rfc.IN, 60, rdata_of(types[0], number))
               for number in range(records_max + 1)]
    return whom(rule, senders)[0], [rfc.Update(zone.name, [], [record]) for record in records]


def rdata_of(name, number):
    return {"A": bytes([192, 0, 2, number]), "AAAA": bytes(15) + bytes([number]), "TXT": bytes([1, 97 + number]),
            "MX": bytes([0, number]) + b"\0"}[name]
