"""The words of requirements as docs/records.md gives them, for the model of choosing: attributes and units are
read from the tables of that page, so a word means here what the page says and nothing else.

Records are maps of attribute names to values: numbers in stored units, words of enums and texts as they are, a set
as a frozenset, a list as a tuple, a span as (from, until), a bool as True. What is unknown is absent.
"""
import collections
import os
import re
from fractions import Fraction

import lib

Attr = collections.namedtuple("Attr", "key name kind unit words places")

GE, LE, EQ, NE, ANY = range(5)
OPS = {"ge": GE, "le": LE, "eq": EQ, "ne": NE}
WHAT, FREE, LOAD, PATH = range(4)
POLICIES = ("manual", "fcfs", "load", "energy", "carbon", "price", "network", "data", "qos")  # from number 1 on
SETS = "data", "model", "image"
TOP_MAX = 64

FIGURES = "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "basis"
FREE_OF = {"cpu": "cpuf", "mem": "memf", "accn": "accf", "sto": "stof", "nodes": None}  # capacities
TOTAL_OF = {free: total for total, free in FREE_OF.items() if free}


class Bad(ValueError):
    """A requirement that can not be read."""


def rows_of(page, head):
    """Cells of the table below a line that begins so."""
    lines = iter(page.splitlines())
    for line in lines:
        if line.startswith(head):
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def read_page():
    with open(os.path.join(lib.TOP, "docs", "records.md"), encoding="utf-8") as page:
        page = page.read()
    units, attrs = {}, {}
    for unit, bare, suffixes, _most in rows_of(page, "| unit |"):
        units[unit] = {"": Fraction(bare), **{name: Fraction(factor) for name, factor
                                              in re.findall(r"`(\w+)` = ([\d/]+)", suffixes)}}
    for key, name, kind, places, *_ in rows_of(page, "| key |"):
        kind, _, words = kind.partition(":")
        kind, _, unit = kind.partition(" ")
        name = name.strip("`")
        attrs[name] = Attr(int(key), name, kind, unit, tuple(words.split()), tuple(places.split()))
    natural = {test: re.findall(r"`(\w+)`", names) for test, names in rows_of(page, "| natural test |")}
    return units, attrs, natural


UNITS, ATTRS, NATURAL = read_page()
COSTS = set(NATURAL["at most"])  # a bare value is the most; of all other numbers it is the least


def fold(text):
    """As texts are compared: in lower case, a hyphen for what a label can not hold."""
    return re.sub(rb"[^a-z0-9-]", b"-", text.lower().encode()).decode()


# --- numbers --------------------------------------------------------------------------------------


def number(attr, text):
    match = re.fullmatch(r"(\d+)([a-z]*)", text)
    factor = UNITS[attr.unit].get(match.group(2)) if match else None
    if factor is None:
        raise Bad(f"{attr.name}: {text} is no number of {attr.unit}")
    value = int(match.group(1)) * factor
    if value.denominator != 1:
        raise Bad(f"{attr.name}: {text} is not exact")
    return int(value)


def read_value(attr, text):
    """A value of a zone file, without its quotes."""
    if attr.kind == "uint":
        match = re.fullmatch(r"([\d.]+)([a-z]*)", text)
        return int(Fraction(match.group(1)) * UNITS[attr.unit][match.group(2)])
    if attr.kind in ("set", "list"):
        return (frozenset if attr.kind == "set" else tuple)(text.split(","))
    return tuple(map(int, text.split("-"))) if attr.kind == "span" else text


def read_record(text):
    """Attributes of a zone file, from behind the target on."""
    pairs = [word.partition("=") for word in text.split()]
    return {name: read_value(ATTRS[name], value.strip('"')) if equal else True for name, equal, value in pairs}


def bare(attr, value):
    """A stored number as words and zone files can hold it, with a suffix where a bare one would mean more."""
    for suffix, factor in UNITS[attr.unit].items():
        if value % factor == 0 and (suffix or factor == 1):
            return f"{value / factor}{suffix}"
    raise Bad(f"{attr.name}: {value} can not be written as a whole number")


def canonical(attr, value):
    """The one spelling of a number: in the bare unit where it is whole."""
    whole = UNITS[attr.unit][""]
    return str(value // int(whole)) if value % whole == 0 else bare(attr, value)


def zone_value(name, value):
    """An attribute in a zone file."""
    attr = ATTRS[name]
    if value is True:
        return name
    if isinstance(value, int):
        text = f"{value // 10**6}.{value % 10**6:06d}" if attr.unit == "micro_cur" else bare(attr, value)
    elif attr.kind == "span":
        text = f"{value[0]}-{value[1]}"
    elif attr.kind == "set":
        text = ",".join(word for word in attr.words if word in value)
    elif attr.kind == "list":
        text = ",".join(value)
    else:
        text = value
    return f'{name}="{text}"'


def zone_record(rtype, record, target="."):
    return " ".join([rtype, target, *(zone_value(name, value) for name, value in record.items())])


def zone_head(apex):
    """How a zone file begins: with the server's own records."""
    return f"""$ORIGIN {apex}.
$TTL 300
@    SOA ns1 host 1 7200 3600 1209600 60
@    NS  ns1
ns1  A   192.0.2.1
"""


# --- tests ----------------------------------------------------------------------------------------


class Test(collections.namedtuple("Test", "kind attr op values column is_asked")):
    """One test; values: numbers, words, or folded texts."""

    @property
    def is_number(self):
        return self.attr.kind == "uint"

    @property
    def order(self):
        """What it is by words comes before what it is by numbers; equal tests by their canonical words."""
        values = [canonical(self.attr, value) for value in self.values] if self.is_number else self.values
        return self.kind, self.kind == WHAT and self.is_number, self.attr.key, self.op, values

    def holds(self, value):
        if self.op in (GE, LE):
            return value >= self.values[0] if self.op == GE else value <= self.values[0]
        if self.attr.kind in ("set", "list"):
            items = {fold(item) for item in value}
        else:
            items = {fold(value) if isinstance(value, str) else value}
        return items.isdisjoint(self.values) if self.op == NE else not items.isdisjoint(self.values)


def kind_of(attr):
    if attr.name in TOTAL_OF:
        return FREE
    if attr.places == ("CNET",) or attr.name in ("medium", "slice", "enc"):
        return PATH
    return LOAD if attr.places == ("CLOAD",) else WHAT


def value_of(attr, text):
    if attr.kind == "uint":
        return number(attr, text)
    if attr.kind in ("enum", "set") and text not in attr.words:
        raise Bad(f"{attr.name}: no word {text}")
    return fold(text)


def make_test(attr, op, texts):
    values = tuple(sorted({value_of(attr, text) for text in texts}))
    op = EQ if op == ANY and len(values) == 1 else op
    if op in (GE, LE) and attr.kind != "uint":
        raise Bad(f"{attr.name} has no order")
    if attr.name in FREE_OF and op == GE:
        free = FREE_OF[attr.name]
        return Test(FREE if free else WHAT, attr, op, values, free or attr.name, True)
    return Test(kind_of(attr), attr, op, values, attr.name, False)


def read_test(word):
    name, _, rest = word.partition("-")
    attr = ATTRS.get(name)
    if not attr:
        raise Bad(f"unknown word {word}")
    if attr.kind == "bool" and not rest:
        return Test(kind_of(attr), attr, EQ, (True,), name, False)
    op, _, values = rest.partition("-")
    if op in OPS and values:
        return make_test(attr, OPS[op], [values])
    if op == "any" and values:
        return make_test(attr, ANY, values.split("-or-"))
    if attr.kind == "uint":
        return make_test(attr, LE if name in COSTS else GE, [rest])
    return make_test(attr, EQ, [rest])


class Need:
    """A requirement; book: the user's policies by name."""

    def __init__(self, text, book=None):
        self.tests, self.weights, self.sets = [], {}, []
        self.near = self.on = self.top = self.policy = None
        words = text.lower().replace(" ", ".").split(".") if text else []
        while "flavor" in words:
            at = words.index("flavor")
            while at and not self.is_word(words[at - 1], book):
                at -= 1
            words[at:words.index("flavor") + 1] = ["flavor-" + "-".join(words[at:words.index("flavor")])]
        for word in words:
            self.read(word, book or {})
        self.tests = sorted(set(self.tests), key=lambda test: test.order)

    @staticmethod
    def is_word(word, book):
        try:
            Need(word, book)
            return True
        except Bad:
            return False

    def read(self, word, book):
        head, _, rest = word.partition("-")
        if head == "by":
            self.read_policy(rest, book)
        elif head in ("near", "on"):
            setattr(self, head, rest)
        elif head == "top":
            self.top = int(rest)
        elif head == "wait":
            self.tests.append(make_test(ATTRS["wait90"], LE, [rest]))
        elif head == "flavor":
            self.tests.append(make_test(ATTRS["grade"], EQ, [rest]))
        elif head in SETS:
            self.sets.append(f"{rest}-{head}")
        else:
            self.tests.append(read_test(word))

    def read_policy(self, text, book):
        name, _, weight = text.partition("-")
        if text in book:
            self.policy = book[text]
        elif name in POLICIES:
            self.weights[name] = int(weight or 1)
        else:
            raise Bad(f"unknown policy {text}")

    def add(self, other):
        """The tests of a user's policy beside one's own."""
        self.tests = sorted(set(self.tests) | set(other.tests), key=lambda test: test.order)
        self.sets += [name for name in other.sets if name not in self.sets]
        self.near, self.on = self.near or other.near, self.on or other.on
