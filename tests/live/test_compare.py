#!/usr/bin/python3
"""Do NSD and Knot DNS answer the same? Random zones, served by all three, asked for everything.

The zones hold wildcards, empty non-terminals, delegations with glue, occluded names, chains and loops of
aliases, services. Every name, names beside and below it, all types; UDP (512 octets) and TCP. RCODE, AA, TC,
answer and authority must agree, TTLs included; what differs needs a row in EXPLAINED, with its reason.
"""
import functools
import random
import unittest

import lib
import peers
from lib import AA, TC

try:
    import dns.flags
    import dns.message
    import dns.rdatatype
except ImportError:
    dns = None

SEEDS = [1, 2, 3, 5, 8, 13]
NAMES = 60  # of a zone
LABELS = ["a", "b", "c", "d", "e"]
ASKED = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "DNAME", "SRV", "SVCB", "DS", "PTR", "TYPE1000"]
TYPES_ELSEWHERE = 4  # asked at a name that the zone does not name
WINDOW = 50          # questions under way
PLAIN_SIZE = 512     # of an answer over UDP without EDNS
SHOWN_MAX = 3        # unexplained cases printed in full


# --- zones ----------------------------------------------------------------------------------------


class Zone:
    """A random zone: its records as (owner, ttl, type, rdata), names absolute without the last dot."""

    def __init__(self, name, seed, others):
        self.name = name
        self.random = random.Random(seed)
        self.others = others
        self.records = [(name, 3600, "SOA", f"ns.{name}. host.{name}. {seed} 7200 3600 1209600 {60 + seed}"),
                        (name, 3600, "NS", f"ns.{name}."), (name, 3600, "NS", "ns.outside.example."),
                        (f"ns.{name}", 3600, "A", "192.0.2.1"), (f"ns.{name}", 3600, "AAAA", "2001:db8::1")]
        self.owners = {name, f"ns.{name}"}
        while len(self.owners) < NAMES:
            self.grow()

    def some_name(self):
        """A name that may exist: few labels, short, so that they meet."""
        labels = [self.random.choice(LABELS) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.15:
            labels[0] = "*"
        if self.random.random() < 0.03:
            labels[-1] = "*"
        return ".".join(labels + [self.name])

    def target(self):
        """Where an alias or a service points: here, nowhere, outside, into another zone."""
        kind = self.random.random()
        if kind < 0.35:
            return self.random.choice([owner for owner, _, rtype, _ in self.records if rtype == "A"]) + "."
        if kind < 0.6:
            return self.random.choice(sorted(self.owners)) + "."
        if kind < 0.85:
            return self.some_name() + "."
        if kind < 0.92:
            return "outside.example."
        return f"{self.random.choice(LABELS)}.{self.random.choice(self.others)}."

    def add(self, owner, rtype, *rdatas):
        ttl = self.random.choice([60, 300, 3600])
        self.records += [(owner, ttl, rtype, rdata) for rdata in dict.fromkeys(rdatas)]
        self.owners.add(owner)

    def addresses(self, owner):
        self.add(owner, "A", *(f"192.0.2.{self.random.randint(1, 250)}" for _ in range(self.random.randint(1, 3))))
        if self.random.random() < 0.6:
            self.add(owner, "AAAA", f"2001:db8::{self.random.randint(1, 65535):x}")

    def grow(self):
        owner = self.some_name()
        is_wild = owner.startswith("*.")
        if owner in self.owners:
            return
        kinds = ["data"] * 6 + ["services"] * 3 + ["cname"] * 4
        kinds += [] if is_wild else ["cut"] * 3 + ["dname"] * 2
        getattr(self, self.random.choice(kinds))(owner)

    def data(self, owner):
        if self.random.random() < 0.7:
            self.addresses(owner)
        if self.random.random() < 0.5 or owner not in self.owners:
            self.add(owner, "TXT", *(f'"{self.random.randint(0, 99)}"' for _ in range(self.random.randint(1, 3))))
        if self.random.random() < 0.1:
            self.add(owner, "TYPE1000", f"\\# 4 {self.random.randint(0, 2**32 - 1):08x}")
        if self.random.random() < 0.15:
            self.add(owner, "TXT", *(f'"{letter * 200}"' for letter in "uvwxyz"[:self.random.randint(2, 6)]))

    def services(self, owner):
        count = self.random.randint(1, 3)
        rtype = self.random.choice(["MX", "SRV", "PTR", "SVCB"])
        make = {"MX": lambda i: f"{i} {self.target()}", "SRV": lambda i: f"{i} 1 80 {self.target()}",
                "PTR": lambda i: self.target(), "SVCB": lambda i: f'{i + 1} {self.target()} port="443"'}[rtype]
        self.add(owner, rtype, *(make(i) for i in range(count)))

    def cname(self, owner):
        self.add(owner, "CNAME", self.target())

    def dname(self, owner):
        targets = [self.target() for _ in range(2)]  # few that grow for ever
        self.add(owner, "DNAME", next((target for target in targets if not target.endswith(f"{owner}.")), targets[0]))
        if self.random.random() < 0.4:
            self.addresses(owner)

    def cut(self, owner):
        """A delegation: glue below it, beside it, outside; a DS; data that it hides."""
        targets = []
        for i in range(self.random.choice([1, 2, 2, 3] * 3 + [12])):
            kind = self.random.random()
            if kind < 0.6:
                targets.append(f"ns{i}.{owner}.")
                if self.random.random() < 0.9:
                    self.addresses(f"ns{i}.{owner}")
            else:
                targets.append(self.target())
        self.add(owner, "NS", *targets)
        if self.random.random() < 0.4:
            self.add(owner, "DS", f"{self.random.randint(0, 65535)} 13 2 {64 * 'c'}")
        if self.random.random() < 0.3:
            self.add(f"hidden.{owner}", "TXT", '"hidden"')

    def text(self):
        return "".join(f"{owner}. {ttl} IN {rtype} {rdata}\n" for owner, ttl, rtype, rdata in self.whole())

    def whole(self):
        """The records without what not all servers load (data beside a CNAME or below a DNAME), one TTL an RRset."""
        alias = {owner for owner, _, rtype, _ in self.records if rtype == "CNAME"}
        redirected = tuple(f".{owner}" for owner, _, rtype, _ in self.records if rtype == "DNAME")
        ttls, kept, single = {}, [], set()
        for owner, ttl, rtype, rdata in self.records:
            if owner.endswith(redirected) or owner in alias and rtype != "CNAME":
                continue
            if rtype in ("CNAME", "DNAME", "SOA"):
                if (owner, rtype) in single:
                    continue
                single.add((owner, rtype))
            kept.append((owner, ttls.setdefault((owner, rtype), ttl), rtype, rdata))
        return sorted(set(kept), key=lambda record: (record[2] != "SOA", record))

    def with_ancestors(self):
        """All names that exist in the zone, empty non-terminals included."""
        names = set()
        for owner in {owner for owner, *_ in self.whole()}:
            while owner not in names and f".{owner}".endswith(f".{self.name}"):
                names.add(owner)
                owner = owner.partition(".")[2]
        return names

    def questions(self):
        """Names of the zone with all types; their ancestors, names beside and below them with some types."""
        named, others = sorted(self.owners), self.with_ancestors()
        for owner in named:
            labels = owner.split(".")
            others |= {f"nx.{owner}", f"*.{owner}", f"p.q.{owner}"}
            if owner != self.name:
                others |= {".".join(["nx", *labels[1:]]), ".".join([labels[0] + "Z", *labels[1:]])}
        asked = [(name, rtype) for name in named for rtype in ASKED]
        for name in sorted(others - self.owners):
            asked += [(name, rtype) for rtype in self.random.sample(ASKED, TYPES_ELSEWHERE)]
        return asked


class Redirected(Zone):
    """A zone whose apex has a DNAME: nothing else is below it."""

    def __init__(self, name, seed, others):
        super().__init__(name, seed, others)
        self.records.append((name, 300, "DNAME", f"a.{others[0]}."))


def make_zones():
    names = [f"s{seed}.test" for seed in SEEDS]
    zones = [Zone(name, seed, names) for name, seed in zip(names, SEEDS)]
    cuts = [owner for owner, _, rtype, _ in zones[0].whole() if rtype == "NS" and owner != names[0]]
    zones.append(Zone(cuts[0], 100, names))  # parent and child on one server
    zones.append(Redirected("redirected.test", 101, names))
    return zones


# --- questions and answers ------------------------------------------------------------------------


def wire_of(question, number):
    name, rtype = question
    return lib.query(name, int(rtype[4:]) if rtype.startswith("TYPE") else rtype, ident=number & 0xFFFF)


def ask_all(server, questions, transport):
    """The answers' octets in the order of the questions, WINDOW of them under way."""
    is_tcp = transport.startswith("tcp")
    answers = [None] * len(questions)
    sent = received = 0
    with lib.open_socket(server, transport, 10) as peer:
        buffer = b""
        while received < len(questions):
            batch = b""
            while sent < len(questions) and sent - received < WINDOW:
                wire = wire_of(questions[sent], sent)
                sent += 1
                if is_tcp:
                    batch += lib.framed(wire)
                else:
                    peer.send(wire)
            if batch:
                peer.sendall(batch)
            data = peer.recv(65535)
            if not data:
                raise AssertionError(f"{server} closed after {received} answers")
            if not is_tcp:
                received += take(answers, data, received)
                continue
            buffer += data
            while len(buffer) >= 2 and len(buffer) >= 2 + int.from_bytes(buffer[:2], "big"):
                length = int.from_bytes(buffer[:2], "big")
                received += take(answers, buffer[2:2 + length], received)
                buffer = buffer[2 + length:]
    return answers


def take(answers, wire, received):
    number = int.from_bytes(wire[:2], "big")
    start = max(0, received - WINDOW)
    position = start + (number - start) % 0x10000
    if answers[position] is not None:
        raise AssertionError("an answer came twice")
    answers[position] = wire
    return 1


class Answer:
    """What is compared of an answer, read by another's library."""

    def __init__(self, wire):
        message = dns.message.from_wire(wire)
        self.size = len(wire)
        self.text = message.to_text()
        self.rcode, self.aa, self.tc = message.rcode(), bool(message.flags & AA), bool(message.flags & TC)
        self.answer, self.authority, self.additional = map(self.records, message.sections[1:])

    @staticmethod
    def records(section):
        """(owner, ttl, type, rdata), sorted, names in lower case and absolute."""
        return sorted((rrset.name.to_text().lower(), rrset.ttl, dns.rdatatype.to_text(rrset.rdtype),
                       rdata.to_text().lower()) for rrset in section for rdata in rrset)

    def main(self):
        return self.rcode, self.aa, self.answer, self.authority


# --- differences ----------------------------------------------------------------------------------


class Case:
    """One question, our answer and that of another server."""

    def __init__(self, compare, question, transport, peer, answers, whole):
        self.compare, self.transport, self.peer = compare, transport, peer
        self.name, self.rtype = question
        self.ours, self.theirs = answers["ours"], answers[peer]
        self.whole = whole  # answers over TCP
        ours, theirs = self.ours.additional, self.theirs.additional
        self.extra = [record for record in ours if record not in theirs]
        self.missing = [record for record in theirs if record not in ours]

    def zone_of(self, name):
        """Our zone that holds a name with a last dot, or None."""
        found = [zone.name for zone in self.compare.zones if f".{name}".endswith(f".{zone.name}.")]
        return max(found, key=len, default=None)

    def leads_elsewhere(self):
        """Where the chain in their answer leaves the zone for another one of ours, or None."""
        aliases = {record[0]: record[3] for record in self.theirs.answer if record[2] == "CNAME"}
        name, seen = self.name.lower() + ".", set()
        while name in aliases and name not in seen:
            seen.add(name)
            name = aliases[name]
        zone = self.zone_of(name)
        return name if seen and zone not in (None, self.zone_of(f"{self.name}.")) else None

    def targets(self):
        """Names that answer and authority point to, and the owners themselves (SVCB 1 .)."""
        records = self.ours.answer + self.ours.authority
        words = {word for record in records for word in record[3].split() if word.endswith(".")}
        return words | {record[0] for record in records}


def is_stopped_at_zone(case):
    """Knot DNS ends a chain of aliases where it leaves the zone; we go on in our other zones."""
    target = case.leads_elsewhere()
    ours = case.whole["ours"] if case.ours.tc else case.ours
    if case.peer != "knotd" or target is None or not ours.aa or case.theirs.authority:
        return False
    rest = case.compare.answer_of((target.rstrip("."), case.rtype))
    whole = (rest.rcode, sorted(set(case.theirs.answer + rest.answer)), rest.authority)
    return (ours.rcode, ours.answer, ours.authority) == whole


def is_dname_again(case):
    """They apply one DNAME several times in a chain, up to TC over UDP; we stop before it comes again."""
    theirs = case.whole[case.peer] if case.theirs.tc else case.theirs
    longer = [record for record in theirs.answer if record not in case.ours.answer]
    dnames = [record[0] for record in case.ours.answer if record[2] == "DNAME"]
    return (not case.ours.tc and set(case.ours.answer) < set(theirs.answer) and not case.ours.authority
            and any(record[2] == "CNAME" and record[0].endswith(f".{dname}") for record in longer for dname in dnames))


def is_of_parent(case):
    """NSD keeps one tree of names for all zones: what the parent has below a cut exists in the child, empty."""
    here = case.zone_of(f"{case.name}.")
    hidden = {name for zone in case.compare.zones if zone.name != here for name in zone.with_ancestors()}
    child = next(zone for zone in case.compare.zones if zone.name == here)
    name = case.name.lower()
    chain = [name] + [record[3].rstrip(".") for record in case.ours.answer if record[2] == "CNAME"]
    above = {each.split(".", i)[i] for each in chain for i in range(each.count(".") + 1)}
    return case.peer == "nsd" and any(each in hidden - child.with_ancestors() and f".{each}".endswith(f".{here}")
                                      for each in above)


def is_of_another_zone(case):
    """Addresses of a target in another zone of ours."""
    here = case.zone_of(f"{case.name}.")
    return all(case.zone_of(record[0]) != here for record in case.extra)


def is_minimal(case):
    """NSD with minimal responses, which keep its authority section comparable, helps in referrals only."""
    return case.peer == "nsd" and not case.ours.authority and not case.theirs.additional


def is_service(case):
    """What stands at the target of SVCB."""
    return case.rtype == "SVCB" and all(record[2] in ("A", "AAAA", "SVCB") for record in case.extra)


def is_browsing(case):
    """What stands at the target of PTR."""
    return case.rtype == "PTR"


def is_full(case):
    """Helpful records that both leave out where they do not fit, not the same ones."""
    return case.transport == "udp4" and case.ours.size + 16 * len(case.missing) > PLAIN_SIZE


def is_wildcard(case):
    """Knot DNS adds the addresses of a wildcard that stands for a target, under the wildcard's own name."""
    return case.peer == "knotd" and all(record[0].startswith("*.") for record in case.missing)


def required_size(answer):
    """Octets of an answer without records that are only helpful: 12 and the address, for owners are pointers."""
    cuts = {record[0] for record in answer.authority if record[2] == "NS"}
    helpful = [record for record in answer.additional if not any(f".{record[0]}".endswith(f".{cut}") for cut in cuts)]
    return answer.size - sum(12 + (4 if record[2] == "A" else 16) for record in helpful)


def is_too_long(case):
    """What must be in the answer does not fit: others leave out glue without TC, or compress names in RDATA."""
    whole = case.whole["ours"]
    return (case.ours.tc and not case.theirs.tc and required_size(whole) > PLAIN_SIZE and
            set(case.theirs.additional) <= set(whole.additional) and case.theirs.main() == whole.main())


# What differs -> (is it that, why we differ). The first row that holds explains a case.
EXPLAINED = {
    "main": [  # RCODE, AA, TC, answer or authority
        (is_stopped_at_zone, "RFC 1034 4.3.2 3a: the look-up of an alias' target starts with the choice of the zone"),
        (is_dname_again, "RFC 6672 5.3.1: a chain that grows must end; the resolver goes on by itself if it wants"),
        (is_of_parent, "RFC 1034 4.3.2 2: only the zone nearest to the name answers"),
        (is_too_long, "RFC 9471 3: all in-domain glue or TC, newer than NSD 4.6; our RDATA is stored ready to send"),
    ],
    "missing": [  # additional records that only they have
        (is_full, "RFC 2181 9: what does not fit is left out, and nothing says which first"),
        (is_wildcard, "RFC 4592 4: no record of that name was asked for, and a wildcard's own name helps nobody"),
    ],
    "extra": [  # additional records that only we have
        (is_of_another_zone, "RFC 1034 4.3.2 6: useful records from all that is known here, other zones included"),
        (is_minimal, "RFC 1034 4.3.2 6: useful records; NSD would add the zone's NS to authority as well"),
        (is_service, "RFC 9460 4.1: A, AAAA and SVCB of targets should be there; Knot 3.2 gives no SVCB"),
        (is_browsing, "RFC 6763 12.1: SRV, TXT and addresses beside PTR, for service discovery"),
        (is_full, "RFC 2181 9: what does not fit is left out, and nothing says which first"),
    ],
}


@unittest.skipUnless(dns, "python3-dnspython is not installed")
class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lib.need("nsd", "knotd")
        cls.zones = make_zones()
        folder = lib.fresh_folder()
        paths = {zone.name: lib.write(f"{folder}/{zone.name}.zone", zone.text()) for zone in cls.zones}
        cls.servers = {}
        cls.addClassCleanup(cls.stop_all)
        cls.servers["ours"] = lib.Server(paths).start()
        cls.servers["nsd"] = peers.Nsd(paths).start()
        cls.servers["knotd"] = peers.Knot(paths).start()

    @classmethod
    def stop_all(cls):
        for server in cls.servers.values():
            server.stop()

    @functools.lru_cache(maxsize=None)
    def answer_of(self, question):
        """Our answer to another question, over TCP."""
        return Answer(ask_all(self.servers["ours"], [question], "tcp4")[0])

    def explain(self, case):
        """Names of the rows that explain what differs; None in it where nothing does."""
        found = []
        if case.ours.tc and case.theirs.tc:  # the sections are asked for again over TCP
            return found if (case.ours.rcode, case.ours.aa) == (case.theirs.rcode, case.theirs.aa) else [None]
        if case.ours.tc != case.theirs.tc or case.ours.main() != case.theirs.main():
            found.append(next((row[0].__name__ for row in EXPLAINED["main"] if row[0](case)), None))
            return found  # additional belongs to something else then
        for kind in "missing", "extra":
            if getattr(case, kind):
                found.append(next((row[0].__name__ for row in EXPLAINED[kind] if row[0](case)), None))
        return found

    def check_ours(self, case, known):
        """What holds of our answer whatever others do."""
        for record in case.ours.additional:
            self.assertTrue(record in known, f"no zone holds {record}")
            self.assertIn(record[0], case.targets(), "nothing points there")
        if case.ours.tc:
            self.assertEqual((case.ours.answer, case.ours.authority, case.ours.additional), ([], [], []))
            return
        for cut in {record[0] for record in case.ours.authority if record[2] == "NS"}:
            targets = {record[3] for record in case.ours.authority if record[3].endswith(f".{cut}")}
            glue = {record for record in known if record[0] in targets and record[2] in ("A", "AAAA")}
            self.assertLessEqual(glue, set(case.ours.additional), "RFC 9471: glue of a referral")

    def compare_zone(self, zone):
        questions, cache = zone.questions(), {}
        known = {(f"{owner}.".lower(), ttl, rtype, rdata.lower())
                 for each in self.zones for owner, ttl, rtype, rdata in each.whole()}
        explained, unexplained, whole = {}, [], [None] * len(questions)
        for transport in "tcp4", "udp4":
            wires = {peer: ask_all(server, questions, transport) for peer, server in self.servers.items()}
            for i, question in enumerate(questions):
                answers = {}
                for peer in wires:
                    wire = wires[peer][i]
                    if wire[2:] not in cache:
                        cache[wire[2:]] = Answer(wire)
                    answers[peer] = cache[wire[2:]]
                lib.Reply(wires["ours"][i])
                whole[i] = whole[i] or answers
                for peer in "nsd", "knotd":
                    case = Case(self, question, transport, peer, answers, whole[i])
                    self.context = f"{transport} {question}\nours:\n{case.ours.text}"
                    self.check_ours(case, known)
                    for row in self.explain(case):
                        explained[row] = explained.get(row, 0) + 1
                        if row is None:
                            unexplained.append(case)
        return len(questions), explained, unexplained

    def test_same_answers(self):
        """Every answer is that of NSD and of Knot DNS, or the difference is explained."""
        total, explained, bad = 0, {}, []
        for zone in self.zones:
            count, rows, unexplained = self.compare_zone(zone)
            total += count
            bad += unexplained
            for row, number in rows.items():
                explained[row] = explained.get(row, 0) + number
        print(f"     {total} questions by UDP and TCP to three servers; differences that are explained: {explained}")
        self.context = ""
        for case in bad[:SHOWN_MAX]:
            self.context += (f"\n==== {case.transport} {case.name} {case.rtype}\n---- ours\n{case.ours.text}\n"
                             f"---- {case.peer}\n{case.theirs.text}\n")
        self.assertEqual(len(bad), 0, "differences that nothing explains")
        self.context = None
        counters = self.servers["ours"].counters()  # that the zones were worth it
        for name in "alias_cname", "alias_dname", "answer_nxdomain", "nodata", "referral", "truncated", "wildcard":
            self.assertGreater(counters[name], 20, name)


if __name__ == "__main__":
    lib.main()
