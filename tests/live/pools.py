"""What the tests of computed answers share: a zone of pools, load reports by update, and answers in order."""
import time
import unittest

import lib
import updates
from lib import TYPES, read_name

try:
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    dns = None

NAME = "c.test"
CPOL = 65366
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
        owner, rtype, rdata = text.split(None, 2)
        if rtype in ("CPOL", "CLOAD", "CRES", "CENTRE"):
            message.delete(owner, number_of(rtype))
            message.add(owner, 300, dns.rdata.from_text(dns.rdataclass.IN, number_of(rtype), generic(rtype, rdata)))
        else:
            message.replace(owner, 300, rtype, rdata)
    answer = updates.exchange(to, message)
    if updates.rcode_of(answer) != "NOERROR":
        raise AssertionError(f"{texts}: {answer}")


def number_of(rtype):
    return {"CENTRE": 65360, "CRES": 65361, "CLOAD": 65362, "CPOL": CPOL}[rtype]


def generic(rtype, text):
    """The generic form (RFC 3597) of a record of ours: numbers, and texts in quotes."""
    keys = {"kind": 1, "cpu": 34, "mem": 35, "obs": 96, "cpuf": 97, "memf": 98, "util": 105, "health": 109, "need": 225, "top": 226,
            "sticky": 227}
    rdata = b"\0"
    for word in text.split("|"):
        key, value = word.strip().split("=", 1)
        octets = value.encode() if not value.isdigit() else shortest(int(value))
        rdata += lib.u16(keys[key]) + lib.u16(len(octets)) + octets
    return f"\\# {len(rdata)} {rdata.hex()}"


def shortest(number):
    return next(number.to_bytes(width, "big") for width in (1, 2, 4, 8) if number < 1 << 8 * width)


def load(to, name, obs_ago=0, **free):
    """Report a load."""
    free = "".join(f"|{key}={value}" for key, value in free.items())
    change(to, f"{name} CLOAD obs={int(time.time()) - obs_ago}{free}")


def addresses(reply):
    """Addresses of a reply in their order."""
    return [".".join(str(octet) for octet in record.rdata) for record in reply.answer if record.type == TYPES["A"]]


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


def pointers(reply):
    """Names of PTR records in their order."""
    return [read_name(reply.wire, record.rdata_at)[0] for record in reply.answer if record.type == TYPES["PTR"]]


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
