#!/usr/bin/python3
"""Does a zone stay what RFC 2136 says through thousands of random updates?

Each update goes to the server and to the model in rfc2136_model.py: RCODEs must agree one by one, serials and
whole zones (by AXFR) every so often, also after kill -9. A failure shows the seed; SUANYU_SEED repeats its
walk.
"""
import os
import random
import time
import unittest

import lib
import rfc2136_model as model
import updates
from lib import Reply

if updates.dns:
    import dns.rdata

SECONDS = 1500 if lib.LONG else 25  # for each of the walks
STEPS = 100000 if lib.LONG else 20000  # at most
LEAST = 100  # however slow the machine is
COMPARE_EVERY = 100
KILL_EVERY = 2000
ZONE = "walk.test"
TEXT = f"""
$ORIGIN {ZONE}.
$TTL 300
@   SOA ns1 host 1 7200 3600 1209600 60
@   NS  ns1
@   NS  ns2
a   A   192.0.2.1
c   CNAME a
"""
RCODES = {model.NOERROR, model.FORMERR, model.NXDOMAIN, model.REFUSED, model.YXDOMAIN, model.YXRRSET, model.NXRRSET,
          model.NOTZONE}


def setUpModule():
    updates.need_dnspython()


def octets_of(server):
    """The zone as records for the model."""
    found = updates.axfr(server, ZONE)
    return [(owner, ttl, rtype, dns.rdata.from_text(1, rtype, text).to_wire()) for owner, ttl, rtype, text in found]


class RandomWalk(unittest.TestCase):
    def compare(self, server, zone):
        found = updates.axfr(server, ZONE)
        self.assertEqual(found[0], found[-1], "the SOA at both ends")
        self.assertEqual(len(set(found)), len(found) - 1, "every other record once")
        wanted = {(owner, ttl, rtype, dns.rdata.from_wire(1, rtype, rdata, 0, len(rdata)).to_text())
                  for owner, ttl, rtype, rdata in zone.records()}
        if set(found) != wanted:
            missing, extra = sorted(wanted - set(found)), sorted(set(found) - wanted)
            self.fail(f"missing {missing}\nnot to be there {extra}")

    def kill(self, server, zone):
        server.kill()
        server.start()
        self.compare(server, zone)

    def walk(self, step):
        """step(server, zone, walk) -> the RCODEs of some updates, each as the model has said."""
        seed = int(os.environ.get("SUANYU_SEED", 0)) or random.SystemRandom().randrange(1, 2 ** 32)
        done, seen = 0, {}
        zones = {ZONE: {"text": TEXT, "update": updates.ALL, "transfer": updates.FETCH}}
        with updates.Server(zones, in_memory=True, store={"checkpoint_s": 1}) as server:
            zone = model.Zone(f"{ZONE}.", octets_of(server))
            walk = model.Walk(zone, seed)
            end = time.monotonic() + SECONDS
            while done < STEPS and (done <= LEAST or time.monotonic() < end):
                self.context = f"SUANYU_SEED={seed}, after {done} updates"
                rcodes = step(server, zone, walk)
                for rcode in rcodes:
                    seen[rcode] = seen.get(rcode, 0) + 1
                before, done = done, done + len(rcodes)
                if before // COMPARE_EVERY != done // COMPARE_EVERY:
                    self.compare(server, zone)
                if before // KILL_EVERY != done // KILL_EVERY:
                    self.kill(server, zone)
            self.compare(server, zone)
            self.kill(server, zone)
        self.assertGreater(done, LEAST, "updates in the time given")
        if done > 2000:
            self.assertEqual(set(seen), RCODES, "RCODEs that the walk has met")
        self.assertGreater(seen[model.NOERROR], done // 4)

    def follow(self, server, zone, least, most):
        """The server's serial has risen by so much; the model takes it."""
        serial = updates.serial(server, ZONE)
        self.assertIn((serial - zone.serial) % 2 ** 32, range(least, most + 1))
        while zone.serial != serial:
            zone.raise_serial()

    def test_one_by_one(self):
        """Updates one after the other, each with its RCODE and its serial."""

        def step(server, zone, walk):
            update = walk.draw()
            self.context += f"\n{update}"
            transport = "tcp4" if walk.rand.random() < 0.1 else "udp4"
            wire = updates.sign(update.wire(next(updates.idents) % 65536, walk.rand))
            rcode = Reply(lib.exchange(server, wire, transport)).rcode
            wanted, change = zone.apply(update)
            self.assertEqual(rcode, wanted)
            # only other letters in a name may raise the serial or not; else the model has raised it already
            self.follow(server, zone, 0, 1 if change == model.LETTERS else 0)
            return [rcode]

        self.walk(step)

    def test_in_groups(self):
        """Updates in bursts, whose members share commits: each has its RCODE all the same."""

        def is_serial_free(update):
            """What asks for or sets the SOA would depend on where a group ends."""
            return all(record.rtype != model.SOA for record in [*update.needs, *update.changes])

        def step(server, zone, walk):
            wires, wanted, before = [], {}, zone.records()
            raise_serial, zone.raise_serial = zone.raise_serial, lambda: None
            for _ in range(walk.rand.choice((1, 5, 20, 50))):
                update, ident = walk.draw(), next(updates.idents) % 65536  # one ID twice in a second is a repetition
                while not is_serial_free(update):
                    update = walk.draw()
                self.context += f"\nupdate {ident}\n{update}"
                wires.append(lib.framed(updates.sign(update.wire(ident, walk.rand))))
                wanted[ident] = zone.apply(update)[0]
            zone.raise_serial = raise_serial
            with lib.open_socket(server, "tcp4", lib.DEADLINE_S) as peer:
                peer.sendall(b"".join(wires))
                found = {reply.id: reply.rcode for reply in (Reply(lib.read_framed(peer)) for _ in wires)}
            self.assertEqual(found, wanted)
            self.follow(server, zone, 1 if zone.records() != before else 0, len(wires))
            return list(wanted.values())

        self.walk(step)


if __name__ == "__main__":
    lib.main()
