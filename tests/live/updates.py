"""What the tests of updates and transfers share: keys, messages signed by dnspython or by hand, records of
our types, and whole zones by AXFR.

Messages by hand are octets over octets, so that they may be wrong in any way. Without dnspython the tests
that need it are visible skips.
"""
import base64
import hashlib
import hmac
import itertools
import os
import time
import unittest

import lib

try:
    import dns.flags
    import dns.message
    import dns.opcode
    import dns.query
    import dns.rcode
    import dns.rdatatype
    import dns.tsig
    import dns.update
except ImportError:
    dns = None

ANY, NONE, IN = 255, 254, 1
CENTRE, CRES, CLOAD = 65360, 65361, 65362
UPDATE = 5 << 11
BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22  # RFC 8945 section 3
YXDOMAIN, YXRRSET, NXRRSET, NOTZONE = 6, 7, 8, 10

NAMED = "NS", "CNAME", "SOA", "PTR", "MX", "SRV", "DNAME"  # types whose RDATA holds names


def need_dnspython():
    if not dns:
        raise unittest.SkipTest("not installed: dnspython (for this python)")


# --- keys -----------------------------------------------------------------------------------------

HASHES = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256, "hmac-sha384": hashlib.sha384,
          "hmac-sha512": hashlib.sha512}


class Key:
    def __init__(self, name, algorithm="hmac-sha256", secret=None):
        self.name, self.algorithm = name, algorithm
        self.secret = secret or hashlib.sha256(name.encode()).digest()

    @property
    def base64(self):
        return base64.b64encode(self.secret).decode()

    @property
    def of_dnspython(self):
        return dns.tsig.Key(self.name, self.secret, self.algorithm)

    @property
    def of_bind(self):
        """As nsupdate, dig and kdig take it behind -y."""
        return f"{self.algorithm}:{self.name}:{self.base64}"

    def config(self):
        return {"name": self.name, "algorithm": self.algorithm, "secret": self.base64}


K1 = Key("k1")
ALL = [{"key": "k1", "owner": ["**"], "types": ["any"]}]  # k1 may change everything
FETCH = [{"source": ["127.0.0.0/8"]}]  # whoever is here may fetch


class Server(lib.Server):
    """A server with keys. A zone is a map of options, "text" among them for the text of its file.

    in_memory: its store is in a file system without a disk, where there is one: for tests that ask what
    becomes of thousands of updates or how soon, not of disks.
    """

    def __init__(self, zones, keys=(K1,), in_memory=False, **options):
        self.keys = list(keys)
        super().__init__(zones, **options)
        if in_memory:
            folder = lib.fresh_folder(in_memory)
            lib.give(folder)
            self.store_path = os.path.join(folder, "store")

    def set_zone(self, name, zone):
        if "text" in zone:
            zone = dict(zone)
            zone["file"] = lib.write(os.path.join(self.folder, f"{name}.zone"), zone.pop("text"))
        super().set_zone(name, zone)

    def config(self):
        return {"keys": [key.config() for key in self.keys], **super().config()}


# --- by dnspython ---------------------------------------------------------------------------------


def message(zone, key=K1, edns=True):
    """An empty update; EDNS, so that refusals say why."""
    update = dns.update.UpdateMessage(zone, keyring=key.of_dnspython if key else None)
    if edns:
        update.use_edns(0, payload=1232)
    return update


def exchange(server, update, tcp=False, timeout=lib.DEADLINE_S):
    """The answer to an update, whose signature dnspython has checked."""
    ask = dns.query.tcp if tcp else dns.query.udp
    answer = ask(update, "127.0.0.1", timeout, port=server.port)
    if bool(answer.had_tsig) != bool(update.had_tsig) and answer.rcode() != dns.rcode.FORMERR:
        raise AssertionError(f"an answer is signed when the request is:\n{answer}")
    return answer


def rcode_of(answer):
    return dns.rcode.to_text(answer.rcode())


def serial(server, zone, tcp=False):
    return soa_serial(lib.ask(server, zone, "SOA", "tcp4" if tcp else "udp4").answer[0], zone)


def soa_serial(record, zone):
    if record.type != lib.TYPES["SOA"]:
        raise AssertionError(f"{zone}: {record} is no SOA")
    return int.from_bytes(record.rdata[-20:-16], "big")


def records(server, name, rtype):
    """The RDATA texts of an answer, sorted."""
    answer = dns.query.udp(dns.message.make_query(name, rtype), "127.0.0.1", lib.DEADLINE_S, port=server.port)
    if answer.flags & dns.flags.TC:
        answer = dns.query.tcp(dns.message.make_query(name, rtype), "127.0.0.1", lib.DEADLINE_S, port=server.port)
    wanted = dns.rdatatype.from_text(rtype) if isinstance(rtype, str) else rtype
    return sorted(rdata.to_text() for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset)


def axfr(server, zone, key=None, timeout=lib.DEADLINE_S):
    """All records as a list of (owner, ttl, type number, RDATA text), the SOA first and last; names in lower case."""
    found = []
    query = {"keyring": key.of_dnspython} if key else {}
    for part in dns.query.xfr("127.0.0.1", zone, port=server.port, lifetime=timeout, relativize=False, **query):
        for rrset in part.answer:
            owner = rrset.name.to_text().lower()
            found += [(owner, rrset.ttl, int(rrset.rdtype), folded(rrset.rdtype, rdata.to_text())) for rdata in rrset]
    return found


def folded(rtype, text):
    return text.lower() if dns.rdatatype.to_text(rtype) in NAMED else text


# --- by stock clients -----------------------------------------------------------------------------

# By UDP nsupdate sends again every three seconds, so often, and heeds -t by TCP alone.
NSUPDATE = ["nsupdate", "-t", str(lib.DEADLINE_S), "-u", "3", "-r", str(lib.DEADLINE_S // 3)]
KNSUPDATE = ["knsupdate", "-t", str(lib.DEADLINE_S)]


# --- by hand --------------------------------------------------------------------------------------


idents = itertools.count(1)


def rr(owner, rtype, rclass=IN, ttl=0, rdata=b""):
    number = lib.TYPES[rtype] if isinstance(rtype, str) else rtype
    name = owner if isinstance(owner, bytes) else lib.name_wire(owner)
    return name + lib.u16(number) + lib.u16(rclass) + lib.u32(ttl) + lib.u16(len(rdata)) + rdata


def update_wire(zone, needs=(), changes=(), additional=(), ident=None, flags=UPDATE, zone_type="SOA", zone_class=IN):
    """An update as octets, each with another ID; needs and changes are what rr() returns."""
    ident = next(idents) % 65536 if ident is None else ident
    head = lib.header(ident, flags, 1, len(needs), len(changes), len(additional))
    return head + lib.question(zone, zone_type, zone_class) + b"".join([*needs, *changes, *additional])


def tsig_rr(key, algorithm, when, fudge, mac, ident, error=0, other=b"", ttl=0, rclass=ANY):
    rdata = lib.name_wire(algorithm) + when.to_bytes(6, "big") + lib.u16(fudge) + lib.u16(len(mac)) + mac
    rdata += lib.u16(ident) + lib.u16(error) + lib.u16(len(other)) + other
    return rr(key, "TSIG", rclass, ttl, rdata)


def tsig_variables(key, algorithm, when, fudge, error=0, other=b""):
    """RFC 8945 section 4.3.3."""
    return (lib.name_wire(key.lower()) + lib.u16(ANY) + lib.u32(0) + lib.name_wire(algorithm.lower()) +
            when.to_bytes(6, "big") + lib.u16(fudge) + lib.u16(error) + lib.u16(len(other)) + other)


def append(wire, record):
    """A message with one more record in its additional section."""
    count = int.from_bytes(wire[10:12], "big") + 1
    return wire[:10] + lib.u16(count) + wire[12:] + record


def sign(wire, key=K1, name=None, algorithm=None, skew_s=0, fudge=300, mac=None, mac_len=None):
    """A message with a TSIG record; what is given besides the key makes it wrong."""
    name, algorithm = name or key.name, algorithm or key.algorithm
    when = int(time.time()) + skew_s
    if mac is None:
        digested = wire + tsig_variables(name, algorithm, when, fudge)
        mac = hmac.new(key.secret, digested, HASHES[key.algorithm]).digest()[:mac_len]
    return append(wire, tsig_rr(name, algorithm, when, fudge, mac, int.from_bytes(wire[:2], "big")))


class Tsig:
    """The TSIG record of a reply: its last one."""

    def __init__(self, reply):
        record = reply.additional[-1]
        if record.type != lib.TYPES["TSIG"]:
            raise AssertionError(f"the last record is no TSIG: {record}")
        data = record.rdata
        self.name = record.owner
        self.algorithm, at = lib.read_name(data, 0)
        self.time = int.from_bytes(data[at:at + 6], "big")
        self.fudge, mac_len = (int.from_bytes(data[at + i:at + i + 2], "big") for i in (6, 8))
        self.mac = data[at + 10:at + 10 + mac_len]
        at += 10 + mac_len
        self.original_id, self.error, other_len = (int.from_bytes(data[at + i:at + i + 2], "big") for i in (0, 2, 4))
        self.other = data[at + 6:at + 6 + other_len]

    def is_right(self, reply, request, key=K1):
        """Does it sign the reply to a request? Both have TSIG as their last record."""
        asked = Tsig(lib.Reply(request))
        start = reply.additional[-1].rdata_at - 10 - len(lib.name_wire(self.name))
        wire = reply.wire[:10] + lib.u16(len(reply.additional) - 1) + reply.wire[12:start]
        digested = lib.u16(len(asked.mac)) + asked.mac + wire
        digested += tsig_variables(self.name, self.algorithm, self.time, self.fudge, self.error, self.other)
        return hmac.compare_digest(hmac.new(key.secret, digested, HASHES[key.algorithm]).digest(), self.mac)


# --- records of our types -------------------------------------------------------------------------

KEYS = {"kind": 1, "region": 3, "nodes": 33, "cpu": 34, "mem": 35, "acc": 36, "accn": 37, "fp64": 39, "basis": 46,
        "price": 64, "cur": 65, "per": 66, "obs": 96, "cpuf": 97, "memf": 98, "accf": 99}


def ours(target="", **attributes):
    """RDATA of a record of ours: numbers in their shortest form, texts as they are, kind and basis by number."""
    data = lib.name_wire(target)
    for key, value in sorted((KEYS[name], value) for name, value in attributes.items()):
        if isinstance(value, int):
            size = next(size for size in (1, 2, 4, 8) if value < 256 ** size)
            value = value.to_bytes(size, "big")
        elif isinstance(value, str):
            value = value.encode()
        data += lib.u16(key) + lib.u16(len(value)) + value
    return data
