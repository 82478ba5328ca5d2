"""A plain model of RFC 2136 section 3, and random updates for it: a second opinion on what an update does.

The model is a map of (owner, type) to a TTL and records, changed by the pseudo-code of the RFC, line by line. It knows
nothing of the server and shares no code with it. Where the server goes beyond the RFC (docs/decisions.md) the model
says so. An owner is a tuple of labels in lower case; RDATA is octets, names in it uncompressed; two records are equal
when their folded RDATA is.

    zone = Zone("t.", transferred(rrsets))  # rrsets of an AXFR, as dnspython has them
    update = Walk(zone, seed).draw()        # a random update, fit for the zone as it is now
    rcode, changed = zone.apply(update)     # what should become of it
    wire = update.wire(ident)               # octets without signature
    zone.records() == Zone("t.", transferred(rrsets)).records()
"""
import random

IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255  # classes; ANY is the type, too
A, NS, CNAME, SOA, NULL, PTR, MX, TXT, SIG, AAAA, NXT, SRV, DNAME = 1, 2, 5, 6, 10, 12, 15, 16, 24, 28, 30, 33, 39
RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = 46, 47, 48, 50, 51
TKEY, IXFR, AXFR, MAILB, MAILA = 249, 251, 252, 253, 254
NOERROR, FORMERR, NXDOMAIN, REFUSED, YXDOMAIN, YXRRSET, NXRRSET, NOTZONE = 0, 1, 3, 5, 6, 7, 8, 10

NOTHING, LETTERS, CONTENT = "nothing", "letters", "content"  # what an update has changed

# Where names stand in RDATA: octets before the first one, and how many follow each other.
NAMES_AT = {NS: (0, 1), CNAME: (0, 1), PTR: (0, 1), DNAME: (0, 1), MX: (2, 1), SRV: (6, 1), SOA: (0, 2)}
SINGLE = {CNAME, SOA, DNAME}  # RFC 2136 3.4.2.2, RFC 6672 2.4: at most one record at a name
# We differ because only the server writes them: refused, not seen by prerequisites, no data beside a CNAME.
SIGNING = {SIG, NXT, RRSIG, NSEC, NSEC3, NSEC3PARAM}


def is_meta(rtype):
    """RFC 2136 names AXFR, MAILA and MAILB; RFC 6895 3.1 has the ranges, and type 0 is none."""
    return rtype in (0, 41, 65535) or 128 <= rtype <= 255


# --- names and octets -----------------------------------------------------------------------------


def labels(text):
    """Owner of a name in text without escapes: "a.t." or "." """
    return tuple(label.encode().lower() for label in text.rstrip(".").split(".") if label)


def text_of(owner):
    return ".".join("".join(chr(octet) if 33 <= octet < 127 else f"\\{octet:03}" for octet in label)
                    for label in owner) + "."


def wire_of(owner):
    return b"".join(bytes([len(label)]) + label for label in owner) + b"\0"


def is_in(owner, zone):
    return len(owner) >= len(zone) and owner[len(owner) - len(zone):] == zone


def name_end(data, at):
    while data[at]:
        at += 1 + data[at]
    return at + 1


def fold(rtype, rdata):
    """RDATA as it is compared: names of the types of RFC 1035 and others of that kind in lower case."""
    start, count = NAMES_AT.get(rtype, (0, 0))
    end = start
    for _ in range(count):
        end = name_end(rdata, end)
    return rdata[:start] + rdata[start:end].lower() + rdata[end:]  # lengths of labels are below the letters


def serial_of(soa):
    return int.from_bytes(soa[-20:-16], "big")


def with_serial(soa, serial):
    return soa[:-20] + serial.to_bytes(4, "big") + soa[-16:]


def is_after(new, old):
    """RFC 1982 3.2; exactly opposite numbers have no order: not after."""
    return 0 < (new - old) % 2 ** 32 < 2 ** 31


def transferred(rrsets):
    """Records for Zone() from dnspython's rrsets of a transfer."""
    return [(rrset.name.to_text().lower(), rrset.ttl, int(rrset.rdtype), rdata.to_wire())
            for rrset in rrsets for rdata in rrset]


# --- updates --------------------------------------------------------------------------------------


class Record:
    """One record of a message. is_malformed: its RDATA is no RDATA of its type."""

    def __init__(self, owner, rtype, rclass=IN, ttl=0, rdata=b"", is_malformed=False):
        self.owner, self.rtype, self.rclass, self.ttl, self.rdata = owner, rtype, rclass, ttl, rdata
        self.is_malformed = is_malformed

    def wire(self, rand=None):
        name = wire_of(self.owner)
        if rand and rand.random() < 0.2:
            name = name.upper()
        head = [(self.rtype, 2), (self.rclass, 2), (self.ttl, 4), (len(self.rdata), 2)]
        return name + b"".join(number.to_bytes(size, "big") for number, size in head) + self.rdata

    def __str__(self):
        classes = {IN: "IN", NONE: "NONE", ANY: "ANY"}
        rclass = classes.get(self.rclass, f"CLASS{self.rclass}")
        rdata = f" \\# {len(self.rdata)} {self.rdata.hex()}" if self.rdata else ""
        return f"{text_of(self.owner)} {self.ttl} {rclass} TYPE{self.rtype}{rdata}"


class Update:
    def __init__(self, zone, needs, changes):
        self.zone, self.needs, self.changes = zone, needs, changes

    def wire(self, ident, rand=None):
        """Octets of the message, not signed; with rand some owners are in capitals."""
        counts = [ident, 5 << 11, 1, len(self.needs), len(self.changes), 0]
        question = wire_of(self.zone) + SOA.to_bytes(2, "big") + IN.to_bytes(2, "big")
        return (b"".join(number.to_bytes(2, "big") for number in counts) + question +
                b"".join(record.wire(rand) for record in [*self.needs, *self.changes]))

    def __str__(self):
        return "\n".join([f"? {record}" for record in self.needs] + [f"! {record}" for record in self.changes])


# --- the model ------------------------------------------------------------------------------------


class Set:
    """Records of one owner and type: folded RDATA -> RDATA, under one TTL (RFC 2181 5.2)."""

    def __init__(self, ttl, records):
        self.ttl, self.records = ttl, dict(records)

    def copy(self):
        return Set(self.ttl, self.records)


class Zone:
    def __init__(self, name, records=()):
        """records: (owner text, ttl, type, RDATA octets); one may come twice, as the SOA of a transfer does."""
        self.name = labels(name)
        self.sets = {}
        for owner, ttl, rtype, rdata in records:
            self.put(Record(labels(owner), rtype, IN, ttl, rdata))

    # what is there

    def find(self, owner, rtype):
        return self.sets.get((owner, rtype))

    def types_at(self, owner):
        return [rtype for at, rtype in self.sets if at == owner]

    def is_in_use(self, owner):
        """RFC 2136 3.2.4: owns at least one record."""
        return any(rtype not in SIGNING for rtype in self.types_at(owner))

    @property
    def serial(self):
        return serial_of(next(iter(self.find(self.name, SOA).records.values())))

    def records(self):
        """All records, to compare: (owner text, ttl, type, folded RDATA)."""
        return {(text_of(owner), found.ttl, rtype, key)
                for (owner, rtype), found in self.sets.items() for key in found.records}

    def octets(self):
        return {(owner, found.ttl, rtype, rdata)
                for (owner, rtype), found in self.sets.items() for rdata in found.records.values()}

    # RFC 2136 3: the whole update or nothing

    def apply(self, update):
        """(rcode, NOTHING, LETTERS or CONTENT). The serial has risen when records changed and no SOA was given."""
        if any(record.is_malformed for record in [*update.needs, *update.changes]):
            return FORMERR, NOTHING
        rcode = self.check_needs(update.needs) or self.prescan(update.changes)
        if rcode:
            return rcode, NOTHING
        records, octets, serial = self.records(), self.octets(), self.serial
        for record in update.changes:
            self.change(record)
        if self.records() != records:
            if self.serial == serial:
                self.raise_serial()
            return NOERROR, CONTENT
        return NOERROR, NOTHING if self.octets() == octets else LETTERS

    def check_needs(self, needs):
        """Section 3.2.5."""
        given = {}
        for record in needs:
            if record.ttl != 0:
                return FORMERR
            if not is_in(record.owner, self.name):
                return NOTZONE
            rcode = self.check_need(record)
            if rcode:
                return rcode
            if record.rclass == IN:
                given.setdefault((record.owner, record.rtype), set()).add(fold(record.rtype, record.rdata))
        for (owner, rtype), records in given.items():
            found = self.find(owner, rtype)
            if rtype in SIGNING or found is None or set(found.records) != records:
                return NXRRSET
        return NOERROR

    def check_need(self, record):
        is_any = record.rtype == ANY
        if is_meta(record.rtype) and not (is_any and record.rclass in (ANY, NONE)):
            return FORMERR
        if record.rclass == IN:
            return NOERROR
        if record.rclass not in (ANY, NONE) or record.rdata:
            return FORMERR
        found = self.is_in_use(record.owner) if is_any else (
            record.rtype not in SIGNING and self.find(record.owner, record.rtype) is not None)
        if record.rclass == ANY and not found:
            return NXDOMAIN if is_any else NXRRSET
        if record.rclass == NONE and found:
            return YXDOMAIN if is_any else YXRRSET
        return NOERROR

    def prescan(self, changes):
        """Section 3.4.1.3."""
        for record in changes:
            if not is_in(record.owner, self.name):
                return NOTZONE
            is_any = record.rtype == ANY
            if record.rclass == IN:
                wrong = is_meta(record.rtype)
            elif record.rclass == ANY:
                wrong = record.ttl != 0 or record.rdata or (is_meta(record.rtype) and not is_any)
            elif record.rclass == NONE:
                wrong = record.ttl != 0 or is_meta(record.rtype)
            else:
                wrong = True
            if wrong:
                return FORMERR
            if record.rtype in SIGNING:
                return REFUSED
        return NOERROR

    def change(self, record):
        """Section 3.4.2.7."""
        if record.rclass == IN:
            self.add(record)
        elif record.rclass == ANY:
            for rtype in self.types_at(record.owner) if record.rtype == ANY else [record.rtype]:
                self.delete_set(record.owner, rtype)
        else:
            self.delete_record(record)

    def add(self, record):
        others = [rtype for rtype in self.types_at(record.owner) if rtype != record.rtype and rtype not in SIGNING]
        if others if record.rtype == CNAME else CNAME in others:
            return
        if record.rtype == SOA:
            found = self.find(record.owner, SOA)
            if found is None or not is_after(serial_of(record.rdata), self.serial):
                return
        self.put(record)

    def put(self, record):
        """Add without question: an equal record is replaced, a single one in any case, the set takes the TTL. An
        equal one with the set's TTL stays as it is, with the letters that it came with."""
        ttl = record.ttl if record.ttl < 2 ** 31 else 0  # RFC 2181 8
        found = self.sets.setdefault((record.owner, record.rtype), Set(ttl, {}))
        if record.rtype in SINGLE:
            found.records.clear()
        key = fold(record.rtype, record.rdata)
        if key not in found.records or found.ttl != ttl:
            found.records[key] = record.rdata
        found.ttl = ttl

    def delete_set(self, owner, rtype):
        if rtype in SIGNING or (owner == self.name and rtype in (SOA, NS)):
            return
        self.sets.pop((owner, rtype), None)

    def delete_record(self, record):
        found = self.find(record.owner, record.rtype)
        key = fold(record.rtype, record.rdata)
        if record.rtype == SOA or found is None or key not in found.records:
            return
        if record.rtype == NS and record.owner == self.name and len(found.records) == 1:
            return
        del found.records[key]
        if not found.records:
            del self.sets[record.owner, record.rtype]

    def raise_serial(self):
        """Section 3.6. We differ because secondaries take 0 for "unknown": never 0 by wrapping."""
        self.set_serial((self.serial + 1) % 2 ** 32 or 1)

    def set_serial(self, serial):
        """Take over another's serial, where it may or may not have risen: after LETTERS."""
        found = self.find(self.name, SOA)
        soa = with_serial(next(iter(found.records.values())), serial)
        found.records = {fold(SOA, soa): soa}


# --- random updates -------------------------------------------------------------------------------


class Walk:
    """Random updates of a zone, drawn so that about half of what they name is there. The zone is only looked at."""

    NAMES = ["", "a", "b", "c", "x.a", "y.a", "z.x.a", "*.a", "ent.b", "deep.ent.b", "*.w", "d", "below.d", "cut",
             "ns.cut", "_s._tcp", "1", "2", "3", "4"]
    TYPES = [A, A, A, AAAA, NS, CNAME, CNAME, DNAME, MX, MX, TXT, TXT, PTR, SRV, NULL, 4711]
    TTLS = [0, 60, 60, 300, 300, 300, 2 ** 31 - 1, 2 ** 31]

    def __init__(self, zone, seed):
        self.zone = zone
        self.rand = random.Random(seed)

    def owner(self):
        return labels(self.rand.choice(self.NAMES)) + self.zone.name

    def target(self):
        name = wire_of(labels(self.rand.choice(["a", "b", "c", "ns.cut"])) + self.zone.name)
        return name.upper() if self.rand.random() < 0.3 else name

    def rdata(self, rtype):
        """Valid RDATA out of a few, so that equal ones come again."""
        number = self.rand.randrange(4)
        if rtype in (NS, CNAME, DNAME, PTR):
            return self.target()
        if rtype == MX:
            return bytes([0, number % 2]) + self.target()
        if rtype == SRV:
            return bytes([0, 0, 0, number % 2, 0, 53]) + self.target()
        if rtype == TXT:
            return self.rand.choice([b"\1x", b"\1X", b"\0", b"\2ab\1c"])
        if rtype == SOA:
            return self.soa()
        if rtype == A:
            return bytes([192, 0, 2, number])
        if rtype == AAAA:
            return bytes(15) + bytes([number])
        return self.rand.choice([b"", b"\0", b"\1", b"Aa"])  # types that are octets, or none of ours

    def soa(self):
        found = next(iter(self.zone.find(self.zone.name, SOA).records.values()))
        steps = [0, 1, 1, 5, -1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1]
        soa = with_serial(found, (self.zone.serial + self.rand.choice(steps)) % 2 ** 32)
        return soa[:-4] + self.rand.randrange(4).to_bytes(4, "big")

    def record_there(self):
        """(owner, type, RDATA) of a record of the zone, its names in other letters now and then."""
        (owner, rtype), found = self.rand.choice(sorted(self.zone.sets.items(), key=lambda item: item[0]))
        rdata = self.rand.choice(sorted(found.records.values()))
        if rtype in NAMES_AT and self.rand.random() < 0.3:
            rdata = fold(rtype, rdata)
        return owner, rtype, rdata

    def record(self):
        """(owner, type, RDATA), there or not."""
        if self.rand.random() < 0.5:
            return self.record_there()
        rtype = SOA if self.rand.random() < 0.03 else self.rand.choice(self.TYPES)
        return self.owner(), rtype, self.rdata(rtype)

    def need(self):
        owner, rtype, rdata = self.record()
        roll = self.rand.random()
        if roll < 0.5:  # one that holds, mostly
            return self.need_that_holds(owner, rtype)
        if roll < 0.6:
            return [Record(owner, rtype, IN, 0, rdata)]
        return [Record(owner, self.rand.choice([rtype, ANY]), self.rand.choice([ANY, NONE]))]

    def need_that_holds(self, owner, rtype):
        found = self.zone.find(owner, rtype)
        if found and rtype not in SIGNING and self.rand.random() < 0.5:
            there = [Record(owner, rtype, IN, 0, rdata) for rdata in found.records.values()]
            self.rand.shuffle(there)
            return there
        if self.rand.random() < 0.5:
            return [Record(owner, ANY, ANY if self.zone.is_in_use(owner) else NONE)]
        return [Record(owner, rtype, ANY if found and rtype not in SIGNING else NONE)]

    def change(self):
        owner, rtype, rdata = self.record()
        roll = self.rand.random()
        if roll < 0.55:
            return Record(owner, rtype, IN, self.rand.choice(self.TTLS), rdata)
        if roll < 0.8:
            return Record(owner, rtype, NONE, 0, rdata)
        return Record(owner, ANY if roll > 0.93 else rtype, ANY)

    def spoil(self, record, is_need):
        """Break one rule of the form."""
        breaks = [lambda: setattr(record, "owner", labels("a.elsewhere.")),
                  lambda: setattr(record, "rclass", self.rand.choice([0, 2, CH, HS, 256])),
                  lambda: setattr(record, "rtype", self.rand.choice([0, TKEY, IXFR, AXFR, MAILB, MAILA, 200, 65535]))]
        if is_need or record.rclass != IN:
            breaks.append(lambda: setattr(record, "ttl", 1))
        self.rand.choice(breaks)()
        # what stood for another type, or for none, may be no RDATA of this one
        if record.rclass not in (ANY, NONE) or not is_need:
            self.fit(record, is_need)

    def fit(self, record, is_need):
        """RDATA that is valid where the form wants some."""
        bare = record.rclass == ANY or (record.rclass == NONE and is_need)
        if not bare and not record.rdata and record.rtype in (A, AAAA, TXT, *NAMES_AT):
            record.rdata = self.rdata(record.rtype)

    def malform(self, record):
        record.rtype, record.rclass, record.ttl, record.is_malformed = A, IN, 0, True
        record.rdata = self.rand.choice([b"", b"\xc0", b"\xc0\0\2", b"\xc0\0\2\1\0"])

    def draw(self):
        needs = [record for _ in range(self.rand.choice([0, 0, 0, 1, 2])) for record in self.need()]
        changes = [self.change() for _ in range(self.rand.choice([0, 1, 1, 1, 2, 3, 5, 8]))]
        everything = needs + changes
        if everything and self.rand.random() < 0.06:
            record = self.rand.choice(everything)
            self.spoil(record, any(record is need for need in needs))
        elif everything and self.rand.random() < 0.01:
            self.malform(self.rand.choice(everything))
        elif changes and self.rand.random() < 0.02:
            record = self.rand.choice(changes)
            record.rtype, record.rclass, record.rdata = self.rand.choice(sorted(SIGNING)), ANY, b""
            record.ttl = 0
        return Update(self.zone.name, needs, changes)
