"""What the tests of how the server chooses share: a server of any zone with regions and policies, asked from anywhere,
signed reports, and answers as lists. The records and their reading are those of pools.py.
"""
import json
import os
import socket
import time

import lib
import updates
from pools import NUMBERS, addresses, named_in, rdata, strings
from updates import ANY, IN, K1, rr, sign, update_wire

ECS = 8


class Server(updates.Server):
    """A server of one zone that k1 may change, with files of regions and policies, in a store without a disk."""

    def __init__(self, apex, text, regions=None, book=None, zone=None, **options):
        zone = {"text": text, "update": updates.ALL, "transfer": updates.FETCH, **(zone or {})}
        super().__init__({apex: zone}, in_memory=True, **options)
        self.apex = apex
        if regions:
            self.options["regions"] = self.write_yaml("regions.yaml", {"regions": regions})
        self.book = self.write_yaml("policies.yaml", book) if book else None

    def config(self):
        return {**super().config(), **({"policies": self.book} if self.book else {})}

    def write_yaml(self, name, content):
        return lib.write(os.path.join(self.folder, name), lib.yaml(content))

    def start(self):
        super().start()
        self.until_ready()
        return self

    def until_ready(self):
        """Until the table of pools is made, which comes after the first answers."""
        lib.until(lambda: self.find("top-1", "PTR").rcode == lib.NOERROR, f"pools\n{self.log()[-2000:]}")

    # what is published

    def change(self, *changes):
        """Changes of one signed update, which must be taken."""
        wire = updates.append(update_wire(self.apex, (), changes), lib.opt())
        reply = lib.Reply(lib.exchange(self, sign(wire, K1)))
        if reply.rcode != lib.NOERROR:
            raise AssertionError(f"an update was refused: rcode {reply.rcode}, {reply.ede}")

    def replace(self, name, rtype, record, ttl=30):
        """The changes that leave one record of a type at a name."""
        owner, number = f"{name}.{self.apex}", NUMBERS[rtype]
        return [rr(owner, number, ANY), rr(owner, number, IN, ttl, rdata(record))]

    def publish(self, name, rtype, **record):
        self.change(*self.replace(name, rtype, record))

    def load(self, pool, age=0, **record):
        """A load report, observed just now or before."""
        self.publish(pool, "CLOAD", obs=int(time.time()) - age, **record)

    # what is answered

    def ask(self, name, rtype="A", source=None, subnet=None, tcp=False):
        """A reply, asked from a source address or for a subnet ("10.1.0.0/16")."""
        options = lib.option(ECS, ecs_data(subnet)) if subnet else b""
        wire = lib.query(f"{name}.{self.apex}" if name else self.apex, rtype, edns=lib.opt(options=options))
        transport = "tcp4" if tcp else "udp4"
        with lib.open_socket(self, transport, source=source) as peer:
            if not tcp:
                peer.send(wire)
                reply = lib.Reply(peer.recv(65535))
                return self.ask(name, rtype, source, subnet, True) if reply.flags & lib.TC else reply
            peer.sendall(lib.framed(wire))
            return lib.Reply(lib.read_framed(peer))

    def find(self, requirement, rtype="A", **options):
        return self.ask(f"{requirement}.find", rtype, **options)

    def pools(self, requirement, **options):
        """The pools that fit best, in order, without the apex."""
        return pools_of(self.find(requirement, "PTR", **options), self.apex)

    def explain(self, asked, address=None):
        """What `suanyu explain` says of a requirement, or of a service by its whole name, as a map."""
        asker = ["--from", address] if address else []
        result = self.suanyu("--json", "explain", asked, *asker)
        if result.returncode:
            raise AssertionError(f"suanyu explain {asked}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)


def ecs_data(subnet):
    address, _, bits = subnet.partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    octets = socket.inet_pton(family, address)[:(int(bits) + 7) // 8]
    return lib.u16(2 if ":" in address else 1) + bytes([int(bits), 0]) + octets


def below(name, apex):
    name, tail = name.rstrip(".").lower(), "." + apex
    if not name.endswith(tail):
        raise AssertionError(f"{name} is not below {apex}")
    return name[:-len(tail)]


def pools_of(reply, apex):
    if reply.rcode != lib.NOERROR:
        raise AssertionError(f"rcode {reply.rcode}, {reply.ede}")
    return [below(name, apex) for name in named_in(reply, "PTR")]


def services_of(reply, apex, rtype="SVCB"):
    """[(priority, target)] of SVCB or SRV, lowest priority first."""
    offset = {"SVCB": 2, "SRV": 6}[rtype]
    priorities = [int.from_bytes(record.rdata[:2], "big") for record in reply.answer
                  if record.type == lib.TYPES[rtype]]
    return sorted(zip(priorities, (below(name, apex) for name in named_in(reply, rtype, offset))))


def strings_of(reply):
    """The strings of one TXT record."""
    found = [record for record in reply.answer if record.type == lib.TYPES["TXT"]]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} TXT records, rcode {reply.rcode}, {reply.ede}")
    return strings(found[0])
