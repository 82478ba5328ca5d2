"""What the tests of how computed answers are given share: one small zone of pools, changes of it by dnspython, and what
its answers hold; and for all tests: records of our types, and answers read in order.
"""
import socket
import time
import unittest

import choose_words as words
import lib
import updates
from lib import TYPES

try:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    dns = None

NAME = "c.test"
NUMBERS = {"CENTRE": 65360, "CRES": 65361, "CLOAD": 65362, "CNET": 65363, "CDATA": 65364, "CPOL": 65366}
CPOL = NUMBERS["CPOL"]
HEAD = f"""$ORIGIN {NAME}.
$TTL 300
@ SOA ns host 1 7200 3600 1209600 60
@ NS ns
ns A 192.0.2.53
"""


def pool(name, address=None, obs_ago=0, load="", res="", more=""):
    """A pool of 100 cores. load, res: more attributes."""
    text = f"{name} CRES . cpu=100 mem=1000 {res}\n"
    text += f"{name} CLOAD . obs={int(time.time()) - obs_ago} {load}\n" if load else ""
    text += f"{name} A {address}\n" if address else ""
    return text + "".join(f"{name} {record}\n" for record in more.splitlines())


def zone():
    """Centres `one` and `two`: a.one has addresses and a service, the pools of `two` are reached at their centre."""
    return HEAD + f"""
one CENTRE . kind=ai op=alpha region=440305
one A 192.0.2.1
one AAAA 2001:db8::1
two CENTRE . kind=hpc op=beta region=440106
two A 192.0.2.2
* TXT "wild"
alias CNAME cpu-20.by-load.find
text CNAME cpu-20.by-load.Find
""" + pool("a.one", "192.0.2.11", load="cpuf=90 memf=900", res="since=100",
           more="SVCB 1 . alpn=h2 port=8443") + pool("b.two", load="cpuf=50 memf=500", res="since=200") + \
        pool("c.two", load="cpuf=5 memf=100") + pool("d.two", "192.0.2.14", 1000, "cpuf=99 memf=900")


class Server(updates.Server):
    """It is ready when its table of pools is, a moment after its first answer."""

    def wait_ready(self):
        super().wait_ready()
        if "127.0.0.1" in self.hosts:
            lib.until(lambda: ask(self, "cpu-1").rcode != lib.SERVFAIL, "the table of pools is made")


def server(text=None, **options):
    """A server of this zone, where key k1 may change everything and everybody may fetch."""
    return Server({NAME: {"text": text or zone(), "update": updates.ALL, "transfer": updates.FETCH}},
                          **options)


def change(to, *texts):
    """Add or replace records by update; each text is `NAME TYPE RDATA`, our types in their text form."""
    message = updates.message(NAME)
    for text in texts:
        owner, rtype, content = text.split(None, 2)
        if rtype in NUMBERS:
            message.delete(owner, NUMBERS[rtype])
            message.add(owner, 300, dns.rdata.from_text(dns.rdataclass.IN, NUMBERS[rtype], generic(rtype, content)))
        else:
            message.replace(owner, 300, rtype, content)
    answer = updates.exchange(to, message)
    if updates.rcode_of(answer) != "NOERROR":
        raise AssertionError(f"{texts}: {answer}")


def generic(rtype, text):
    """The generic form (RFC 3597) of a record of ours: attributes as in a zone file, apart by a bar."""
    pairs = [word.split("=", 1) for word in text.split("|")]
    octets = rdata({name: words.read_value(words.ATTRS[name], value) for name, value in pairs})
    return f"\\# {len(octets)} {octets.hex()}"


def value_octets(attr, value):
    if attr.kind == "uint":
        return value.to_bytes(next(size for size in (1, 2, 4, 8) if value < 256 ** size), "big")
    if attr.kind == "bool":
        return b""
    if attr.kind == "enum":
        return bytes([attr.words.index(value) + 1])
    if attr.kind == "set":
        return bytes(sorted(attr.words.index(word) + 1 for word in value))
    if attr.kind == "list":
        return b"".join(bytes([len(item.encode())]) + item.encode() for item in value)
    if attr.kind == "span":
        return b"".join(number.to_bytes(8, "big") for number in value)
    if attr.kind == "weights":
        return b"".join(bytes([attr.words.index(word) + 1, value[word]]) for word in attr.words if word in value)
    return value.encode()


def rdata(record, target=""):
    """RDATA of a record of ours from a map of attributes, as in choose_words.py."""
    data = lib.name_wire(target)
    for key, octets in sorted((words.ATTRS[name].key, value_octets(words.ATTRS[name], value))
                              for name, value in record.items()):
        data += lib.u16(key) + lib.u16(len(octets)) + octets
    return data


def load(to, name, obs_ago=0, **free):
    """Report a load."""
    free = "".join(f"|{key}={value}" for key, value in free.items())
    change(to, f"{name} CLOAD obs={int(time.time()) - obs_ago}{free}")


def addresses(reply):
    """Addresses in the order of the answer."""
    families = {lib.TYPES["A"]: socket.AF_INET, lib.TYPES["AAAA"]: socket.AF_INET6}
    return [socket.inet_ntop(families[record.type], record.rdata) for record in reply.answer
            if record.type in families]


def ask(to, words, rtype="A", transport="udp4", **options):
    """Ask a find name, with EDNS so that errors say why."""
    options.setdefault("edns", lib.opt())
    return lib.ask(to, f"{words}.find.{NAME}", rtype, transport, **options)


def service(to, name, rtype="A", transport="udp4"):
    return lib.ask(to, f"{name}.{NAME}", rtype, transport, edns=lib.opt())


def strings(record):
    """The strings of a TXT record."""
    found, at = [], 0
    while at < len(record.rdata):
        found.append(record.rdata[at + 1:at + 1 + record.rdata[at]].decode())
        at += 1 + record.rdata[at]
    return found


def named_in(reply, rtype, offset=0):
    """Names in records of a type, which stand at an offset."""
    return [lib.read_name(reply.wire, record.rdata_at + offset)[0] for record in reply.answer
            if record.type == lib.TYPES[rtype]]


def pointers(reply):
    """Names of PTR records in their order."""
    return named_in(reply, "PTR")


class Case(unittest.TestCase):
    def assert_addresses(self, reply, *expected):
        self.assertEqual((reply.rcode, addresses(reply)), (lib.NOERROR, list(expected)), reply.ede)

    def assert_none(self, reply, rcode, *words):
        """No answer, a SOA of at most 10 s, and a reason with these words."""
        self.assertEqual((reply.rcode, len(reply.answer)), (rcode, 0))
        self.assertEqual(reply.types(reply.authority), [TYPES["SOA"]])
        self.assertLessEqual(reply.authority[0].ttl, 10)
        self.assertIsNotNone(reply.ede, "an extended error")
        for word in words:
            self.assertIn(word, reply.ede[1])
