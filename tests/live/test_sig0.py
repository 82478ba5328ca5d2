#!/usr/bin/python3
"""Does the server take updates signed by SIG(0) from whom it should, and names by SRP from whoever comes
first, and does a flood of signatures cost it no more than it allows?

Stock signers first (nsupdate, Net::DNS), then messages made by hand, so that they may be wrong.
"""
import glob
import os
import time
import unittest

import lib
import sig0
import updates
from lib import FORMERR, NOERROR, NOTAUTH, NXDOMAIN, REFUSED, Reply
from sig0 import A, ED25519, KEY, PTR, SRV, TXT, Signer, host_records, lease_opt, registration, service_records
from updates import YXDOMAIN, rr, update_wire

PROHIBITED, NOT_SUPPORTED, RATE_LIMITED, BOGUS, EXPIRED, EARLY, NO_KEY = 18, 21, 31, 6, 7, 8, 9
ZONE = """
$ORIGIN {name}.
$TTL 300
@       SOA ns1 host 100 7200 3600 1209600 60
@       NS  ns1
ns1     A   192.0.2.2
below.ent A 192.0.2.3
{more}
"""
RULES = [{"sig0": True, "owner": ["**"], "types": ["A", "TXT", "KEY"]},
         {"key": "k1", "owner": ["**"], "types": ["any"]}]


def setUpModule():
    global server, folder, lumi, dardel, apex
    sig0.need_cryptography()
    updates.need_dnspython()
    folder = lib.fresh_folder()
    lumi, dardel, apex = (Signer(f"{name}upd.test", algorithm) for name, algorithm in
                          (("lumi.", sig0.ECDSAP256SHA256), ("dardel.", ED25519), ("", ED25519)))
    more = [f"{signer.name}. {signer.text}" for signer in (lumi, dardel, apex)]
    more += ["gone A 192.0.2.4", f"*.wild {lumi.text}"]
    zones = {
        "upd.test": {"text": ZONE.format(name="upd.test", more="\n".join(more + stock_keys())), "update": RULES,
                     "transfer": updates.FETCH},
        "srp.test": {"text": ZONE.format(name="srp.test", more=""), "srp": True, "transfer": updates.FETCH},
        "near.test": {"text": ZONE.format(name="near.test", more=""), "srp": True, "srp_source": ["192.0.2.0/24"]},
        "index.test": {"text": ZONE.format(name="index.test", more=""), "srp": True, "index": True},
        "closed.test": {"text": ZONE.format(name="closed.test", more=f"lumi {lumi.text}")},
    }
    server = updates.Server(zones, in_memory=True, sig0_rate=10000, sig0_rate_per_address=10000).start()


def tearDownModule():
    server.stop()


def stock_keys():
    """Records of keys that dnssec-keygen has made for nsupdate and Net::DNS, in the folder."""
    if not lib.find_program("dnssec-keygen"):
        return []
    found = []
    for algorithm in "ECDSAP256SHA256", "ED25519":
        owner = f"stock{algorithm.lower()}.upd.test"
        lib.run(["dnssec-keygen", "-T", "KEY", "-a", algorithm, "-n", "HOST", "-K", folder, owner])
        with open(glob.glob(f"{folder}/K{owner}*.key")[0], encoding="ascii") as record:
            found.append(record.read().splitlines()[-1])
    return found


def a(number):
    return bytes([192, 0, 2, number])


def exchange(wire, transport="udp4", server_=None):
    return Reply(lib.exchange(server_ or server, wire, transport))


def add(name, number=9, zone="upd.test"):
    return update_wire(zone, changes=[rr(name, A, ttl=60, rdata=a(number))], additional=[lib.opt()])


def count(name):
    return server.counters()[name]


def addresses(name, server_=None):
    return [list(record.rdata) for record in lib.ask(server_ or server, name).answer]


class Clients(unittest.TestCase):
    """Signers of others."""

    def test_nsupdate(self):
        """nsupdate -k signs by SIG(0) with either algorithm, over UDP and TCP; another's key is told so."""
        lib.need("nsupdate", "dnssec-keygen")
        for algorithm in "ecdsap256sha256", "ed25519":
            for args in (), ("-v",):
                with self.subTest(algorithm, args=args):
                    owner = f"stock{algorithm}.upd.test"
                    key = glob.glob(f"{folder}/K{owner}*.private")[0]
                    number = 10 + len(args) + len(algorithm)
                    done = self.nsupdate(key, owner, number, *args)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertIn([192, 0, 2, number], addresses(f"a.{owner}"))
        key = glob.glob(f"{folder}/Kstockecds*.private")[0]
        for owner, said in (("dardel.upd.test", "REFUSED"), ("upd.test", "REFUSED")):
            with self.subTest(owner):
                done = self.nsupdate(key, owner, 66)
                self.assertIn(f"update failed: {said}", done.stderr)

    def test_another_key(self):
        """nsupdate with a key of the right name that is not in the zone is told NOTAUTH."""
        lib.need("nsupdate", "dnssec-keygen")
        made = os.path.join(folder, "other")
        os.mkdir(made)
        lib.run(["dnssec-keygen", "-T", "KEY", "-a", "ED25519", "-n", "HOST", "-K", made, "dardel.upd.test"])
        done = self.nsupdate(glob.glob(f"{made}/K*.private")[0], "dardel.upd.test", 67)
        self.assertIn("update failed: NOTAUTH", done.stderr)

    def nsupdate(self, key, owner, number, *args):
        text = (f"server 127.0.0.1 {server.port}\nzone upd.test\n"
                f"update add a.{owner} 60 A 192.0.2.{number}\nsend\n")
        return lib.run([*updates.NSUPDATE, "-k", key, *args], stdin=None, input=text)

    def test_net_dns(self):
        """Net::DNS::SEC signs by SIG(0)."""
        lib.need("perl", "dnssec-keygen")
        if lib.run(["perl", "-MNet::DNS::SEC", "-e1"]).returncode:
            self.skipTest("not installed: Net::DNS::SEC")
        for algorithm in "ecdsap256sha256", "ed25519":
            with self.subTest(algorithm):
                owner = f"stock{algorithm}.upd.test"
                key = glob.glob(f"{folder}/K{owner}*.private")[0]
                done = lib.run(["perl", "-MNet::DNS", "-MNet::DNS::SEC", "-e", f"""
                    my $update = Net::DNS::Update->new("upd.test");
                    $update->push(update => rr_add("net.{owner}. 60 IN A 192.0.2.5"));
                    $update->sign_sig0("{key}");
                    my $resolver = Net::DNS::Resolver->new(nameservers => ["127.0.0.1"], port => {server.port},
                                                           recurse => 0);
                    my $reply = $resolver->send($update);
                    print $reply ? $reply->header->rcode : $resolver->errorstring;"""])
                self.assertEqual(done.stdout, "NOERROR", done.stderr)
                self.assertEqual(addresses(f"net.{owner}"), [[192, 0, 2, 5]])


class Updates(unittest.TestCase):
    """Ordinary updates by a KEY of the zone."""

    def refused(self, wire, rcode, ede=None, text=""):
        before = updates.serial(server, "upd.test")
        reply = exchange(wire)
        self.assertEqual(reply.rcode, rcode, reply.ede)
        if ede is not None:
            self.assertEqual(reply.ede[0], ede, reply.ede)
            self.assertIn(text, reply.ede[1])
        self.assertEqual(updates.serial(server, "upd.test"), before)
        return reply

    def test_self(self):
        """A signer changes names at and below its own, of the types of the rule, and no other."""
        for signer in lumi, dardel:
            with self.subTest(signer.name):
                for name in signer.name, f"x.y.{signer.name}", f"UP.{signer.name.upper()}":
                    self.assertEqual(exchange(signer.sign(add(name))).rcode, NOERROR)
                    self.assertIn([192, 0, 2, 9], addresses(name))
        self.refused(lumi.sign(add("dardel.upd.test")), REFUSED, PROHIBITED, "no rule permits it")
        self.refused(lumi.sign(add("xlumi.upd.test")), REFUSED, PROHIBITED)
        self.refused(lumi.sign(add("upd.test")), REFUSED, PROHIBITED)
        both = update_wire("upd.test", changes=[rr("lumi.upd.test", A, ttl=60, rdata=a(8)),
                                                rr("dardel.upd.test", A, ttl=60, rdata=a(8))])
        self.refused(lumi.sign(both), REFUSED)
        mx = update_wire("upd.test", changes=[rr("lumi.upd.test", "MX", ttl=60, rdata=b"\0\1\0")])
        self.refused(lumi.sign(mx), REFUSED)
        self.assertEqual(exchange(apex.sign(add("anything.upd.test"))).rcode, NOERROR)

    def test_the_answer_is_not_signed(self):
        """The answer has the zone and nothing that is signed."""
        reply = exchange(lumi.sign(update_wire("upd.test", changes=[rr("u.lumi.upd.test", A, ttl=60, rdata=a(1))])))
        self.assertEqual((reply.rcode, reply.counts), (NOERROR, [1, 0, 0, 0]))

    def test_wrong_signatures(self):
        """Each way to sign wrongly has its RCODE and its reason, and changes nothing."""
        wire = add("w.lumi.upd.test")
        good = lumi.sign(wire)
        now = 1000000
        stranger = Signer("stranger.upd.test")
        twin = Signer("lumi.upd.test", number=99)
        rows = (
            ("last octet", good[:-1] + bytes([good[-1] ^ 1]), NOTAUTH, BOGUS),
            ("another ID", lib.u16(7) + good[2:], NOTAUTH, BOGUS),
            ("zeros", lumi.sign(wire, signature=bytes(64)), NOTAUTH, BOGUS),
            ("another's key, our tag", twin.sign(wire, tag=lumi.tag), NOTAUTH, BOGUS),
            ("another tag", lumi.sign(wire, tag=lumi.tag ^ 1), NOTAUTH, NO_KEY),
            ("another algorithm", lumi.sign(wire, algorithm=15), NOTAUTH, NO_KEY),
            ("RSA", lumi.sign(wire, algorithm=8), REFUSED, NOT_SUPPORTED),
            ("nobody's key", stranger.sign(wire), NOTAUTH, NO_KEY),
            ("a signer outside", lumi.sign(wire, name="lumi.other.test"), NOTAUTH, NO_KEY),
            ("a wildcard's key", lumi.sign(wire, name="a.wild.upd.test"), NOTAUTH, NO_KEY),
            ("expired", lumi.sign(wire, late_s=-1), NOTAUTH, EXPIRED),
            ("long ago", lumi.sign(wire, now=now), NOTAUTH, EXPIRED),
            ("no times", lumi.sign(wire, times=(0, 0)), NOTAUTH, EXPIRED),
            ("too early", lumi.sign(wire, early_s=-400, late_s=800), NOTAUTH, EARLY),
            ("valid for a day", lumi.sign(wire, late_s=86400), NOTAUTH, 0),
            ("type covered", lumi.sign(wire, covered=1), FORMERR, 0),
            ("owner", lumi.sign(wire, owner=b"\1x\0"), FORMERR, 0),
            ("class IN", lumi.sign(wire, rclass=1), FORMERR, 0),
            ("TTL", lumi.sign(wire, ttl=1), FORMERR, 0),
            ("short", lumi.sign(wire, signature=bytes(63)), FORMERR, 0),
            ("twice", lumi.sign(good), FORMERR, None),
            ("not the last", updates.append(good, rr("x.", "A", rdata=a(1))), FORMERR, None),
            ("with TSIG", updates.sign(good), FORMERR, None),
        )
        before = count("sig0_good")
        for label, message, rcode, ede in rows:
            with self.subTest(label):
                self.refused(message, rcode, ede)
        self.assertEqual(count("sig0_good"), before)
        self.assertEqual(lib.ask(server, "w.lumi.upd.test").rcode, NXDOMAIN)

    def test_policy_comes_before_the_signature(self):
        """Where no rule names SIG(0) nothing is verified."""
        before = count("sig0_good") + count("sig0_bad")
        self.refused(lumi.sign(add("lumi.closed.test", zone="closed.test")), REFUSED, PROHIBITED, "no rule lets")
        self.refused(lumi.sign(add("lumi.none.test", zone="none.test")), NOTAUTH)
        self.assertEqual(count("sig0_good") + count("sig0_bad"), before)

    def test_replay(self):
        """A captured message gets its answer again and is not applied again, nor is its twin.

        Of a signature by ECDSA there are two: s and the order of the curve less s.
        """
        for signer in lumi, dardel:
            with self.subTest(signer.name):
                name = f"replay.{signer.name}"
                captured = signer.sign(add(name))
                self.assertEqual(exchange(captured).rcode, NOERROR)
                clear = update_wire("upd.test", changes=[rr(name, A, updates.ANY)])
                self.assertEqual(exchange(signer.sign(clear)).rcode, NOERROR)
                self.assertEqual(exchange(captured).rcode, NOERROR)
                order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551  # of P-256
                other = (order - int.from_bytes(captured[-32:], "big")) % order
                if signer is lumi:
                    self.assertEqual(exchange(captured[:-32] + other.to_bytes(32, "big")).rcode, NOERROR)
                self.assertEqual(lib.ask(server, name).rcode, NXDOMAIN)

    def test_a_key_is_replaced(self):
        """A signer replaces its key in one message; from then on the old one is nobody's."""
        old, new = (Signer("rolls.upd.test", ED25519) for _ in range(2))
        self.assertEqual(exchange(apex.sign(update_wire("upd.test", changes=[
            rr(old.name, KEY, ttl=60, rdata=old.rdata)]))).rcode, NOERROR)
        self.assertEqual(exchange(old.sign(update_wire("upd.test", changes=[
            rr(old.name, KEY, updates.ANY), rr(old.name, KEY, ttl=60, rdata=new.rdata)]))).rcode, NOERROR)
        self.refused(old.sign(add("a.rolls.upd.test")), NOTAUTH)
        self.assertEqual(exchange(new.sign(add("a.rolls.upd.test"))).rcode, NOERROR)

    def test_queries_are_not_concerned(self):
        """A query with SIG(0) is answered like any other; it gives no right to fetch a zone."""
        query = lib.query("ns1.upd.test")
        self.assertEqual(exchange(lumi.sign(query)).rcode, NOERROR)


class Registrations(unittest.TestCase):
    """SRP."""

    def check(self, reply, rcode, text=""):
        self.assertEqual(reply.rcode, rcode, reply.ede)
        if text:
            self.assertIn(text, reply.ede[1])

    def owned(self, zone="srp.test"):
        """(owner, type) of everything but SOA, NS and what was there first."""
        return {(owner, rtype) for owner, _, rtype, _ in updates.axfr(server, zone)
                if rtype not in (2, 6) and not owner.startswith(("ns1.", "below."))}

    def test_life_of_a_registration(self):
        """A host comes with a service, comes again, moves, and goes; then its name stays reserved.

        Until the key goes, too. Coming again without a change is no new version of the zone.
        """
        for number, algorithm in enumerate((13, ED25519)):
            signer, other = (Signer(f"c{number}.srp.test", algorithm) for _ in range(2))
            zone, host, service = "srp.test", f"c{number}.srp.test.", f"_hpc{number}._tcp.srp.test"
            records = host_records(signer) + service_records(signer, "main", service, subtypes=["_gpu"])
            with self.subTest(algorithm):
                before = self.owned()
                self.check(exchange(registration(signer, zone, records)), NOERROR)
                names = {(host, A), (host, KEY), (f"{service}.", PTR), (f"_gpu._sub.{service}.", PTR),
                         (f"main.{service}.", SRV), (f"main.{service}.", TXT)}
                self.assertEqual(self.owned() - before, names)
                serial = updates.serial(server, zone)
                self.check(exchange(registration(signer, zone, records), "tcp4"), NOERROR)
                self.assertEqual(updates.serial(server, zone), serial)
                self.check(exchange(registration(other, zone, host_records(other))), YXDOMAIN, "another's")
                moved = host_records(signer, ["192.0.2.99"]) + records[3:]
                self.check(exchange(registration(signer, zone, moved)), NOERROR)
                self.assertEqual(addresses(host), [[192, 0, 2, 99]])
                self.check(exchange(registration(signer, zone, records, lease=(0, 86400))), NOERROR)
                self.assertEqual(self.owned() - before, {(host, KEY)})
                self.check(exchange(registration(other, zone, host_records(other))), YXDOMAIN)
                self.check(exchange(registration(signer, zone, host_records(signer), lease=(0,))), NOERROR)
                self.assertEqual(self.owned(), before)
                self.check(exchange(registration(other, zone, host_records(other))), NOERROR)

    def test_names_of_others(self):
        """What exists without the key, or has something below it, or is another's is not to be had."""
        first, second = Signer("first.srp.test"), Signer("second.srp.test")
        service = "_svc._tcp.srp.test"
        self.check(exchange(registration(first, "srp.test", host_records(first) +
                                         service_records(first, "x", service))), NOERROR)
        self.check(exchange(registration(second, "srp.test", host_records(second) +
                                         service_records(second, "x", service))), YXDOMAIN, "x._svc._tcp")
        self.assertEqual(lib.ask(server, second.name).rcode, NXDOMAIN)
        for name in "ns1.srp.test", "ent.srp.test":
            with self.subTest(name):
                signer = Signer(name)
                self.check(exchange(registration(signer, "srp.test", host_records(signer))), YXDOMAIN)

    def test_one_group_of_two_who_want_one_name(self):
        """Of many who ask for one name at the same moment one gets it."""
        signers = [Signer("wanted.srp.test", ED25519) for _ in range(20)]
        with lib.open_socket(server, "udp4") as peer:
            for signer in signers:
                peer.send(registration(signer, "srp.test", host_records(signer)))
            rcodes = [Reply(peer.recv(4096)).rcode for _ in signers]
        self.assertEqual(sorted(rcodes), [NOERROR] + [YXDOMAIN] * 19)

    def test_without_a_clock(self):
        """A registration may leave both times 0."""
        signer = Signer("clockless.srp.test")
        self.check(exchange(registration(signer, "srp.test", host_records(signer), times=(0, 0))), NOERROR)

    def test_what_is_no_registration(self):
        """Anything else is an ordinary update, for which the zone has no rule; the answer says what is missing."""
        signer = Signer("odd.srp.test")
        host = host_records(signer)
        rows = (
            ("no lease", registration(signer, "srp.test", host, lease=None), ""),
            ("another type", registration(signer, "srp.test", host + [rr(signer.name, "MX", ttl=1, rdata=b"\0\1\0")]),
             "a type that does not belong"),
            ("deep", registration(Signer("a.b.srp.test"), "srp.test", host_records(Signer("a.b.srp.test"))), "neither"),
            ("apex", registration(Signer("srp.test"), "srp.test", host_records(Signer("srp.test"))), "neither"),
            ("a name with a meaning", registration(Signer("find.srp.test"), "srp.test",
                                                   host_records(Signer("find.srp.test"))), "neither"),
            ("another signs", Signer("eve.srp.test").sign(update_wire("srp.test", changes=host,
                                                                      additional=[lease_opt(60)])), "the signer"),
            ("prerequisites", signer.sign(update_wire("srp.test", needs=[rr("ns1.srp.test", 255, 255)], changes=host,
                                                      additional=[lease_opt(60)])), "prerequisites"),
        )
        for label, wire, text in rows:
            with self.subTest(label):
                reply = exchange(wire)
                self.assertEqual(reply.rcode, REFUSED)
                if text:
                    self.assertIn(text, reply.ede[1])
        self.assertEqual(lib.ask(server, signer.name).rcode, NXDOMAIN)

    def test_the_key_must_sign(self):
        """The key that a registration brings signs it: another with its tag does not."""
        signer, other = Signer("forged.srp.test"), Signer("forged.srp.test")
        wire = registration(other, "srp.test", host_records(signer), tag=signer.tag)
        self.check(exchange(wire), NOTAUTH, "signature is wrong")
        self.check(exchange(registration(other, "srp.test", host_records(signer))), NOTAUTH, "no KEY")
        self.assertEqual(lib.ask(server, signer.name).rcode, NXDOMAIN)

    def test_source(self):
        """Registrations come from the networks that the zone names."""
        signer = Signer("far.near.test")
        self.check(exchange(registration(signer, "near.test", host_records(signer))), REFUSED, "no rule")

    def test_names_of_the_server(self):
        """Lists that the server writes are not to be registered."""
        signer = Signer("pool.index.test")
        records = host_records(signer) + service_records(signer, "x", "_compute._tcp.index.test")
        self.check(exchange(registration(signer, "index.test", records)), REFUSED, "the server alone")
        self.assertEqual(lib.ask(server, signer.name).rcode, NXDOMAIN)

    def test_kill(self):
        """A name that was granted is its holder's after kill -9."""
        zones = {"srp.test": {"text": ZONE.format(name="srp.test", more=""), "srp": True}}
        signer, other = (Signer("mine.srp.test") for _ in range(2))
        with updates.Server(zones, in_memory=True, sig0_rate=1000, sig0_rate_per_address=1000) as again:
            self.check(exchange(registration(signer, "srp.test", host_records(signer)), server_=again), NOERROR)
            again.kill()
            again.start()
            self.check(exchange(registration(other, "srp.test", host_records(other)), server_=again), YXDOMAIN)
            self.check(exchange(registration(signer, "srp.test", host_records(signer)), server_=again), NOERROR)


class Quota(unittest.TestCase):
    """What signatures may cost."""

    def server(self, **options):
        zone = {"text": ZONE.format(name="upd.test", more=f"lumi {lumi.text}"), "update": RULES, "srp": True}
        return updates.Server({"upd.test": zone}, in_memory=True, **options)

    def test_off_by_default(self):
        """Without sig0_rate every SIG(0) is refused, and the reason is told; other updates go on."""
        with self.server() as plain:
            for wire in lumi.sign(add("lumi.upd.test")), lumi.sign(add("lumi.upd.test"))[:-1] + b"x":
                reply = exchange(wire, server_=plain)
                self.assertEqual((reply.rcode, reply.ede[0]), (REFUSED, NOT_SUPPORTED))
            reply = exchange(updates.sign(add("t.upd.test")), server_=plain)
            self.assertEqual(reply.rcode, NOERROR)
            plain.options["sig0_rate"] = 5
            self.assertTrue(plain.reload())
            self.assertEqual(exchange(lumi.sign(add("lumi.upd.test")), server_=plain).rcode, NOERROR)
            plain.options["sig0_rate"] = 0
            self.assertTrue(plain.reload())
            self.assertEqual(exchange(lumi.sign(add("lumi.upd.test")), server_=plain).rcode, REFUSED)

    def test_a_flood_is_bounded(self):
        """Of a flood of bad signatures no more are verified than the quota says; others are served meanwhile."""
        rate = 20
        with self.server(sig0_rate=rate, sig0_rate_per_address=rate) as small:
            bad = lumi.sign(add("lumi.upd.test"), signature=bytes(64))
            with lib.open_socket(small, "udp4") as flood:
                said, begin = {}, time.monotonic()
                for burst in range(20):
                    for _ in range(50):
                        flood.send(bad)
                    for _ in range(50):
                        reply = Reply(flood.recv(4096))
                        key = reply.rcode, reply.ede[0]
                        said[key] = said.get(key, 0) + 1
                    reply = exchange(updates.sign(add(f"t{burst}.upd.test")), server_=small)
                    self.assertEqual(reply.rcode, NOERROR)
                    self.assertEqual(addresses("ns1.upd.test", small), [[192, 0, 2, 2]])
            elapsed = time.monotonic() - begin
            counters = small.counters()
            self.assertEqual(set(said), {(NOTAUTH, BOGUS), (REFUSED, RATE_LIMITED)})
            self.assertEqual(said[NOTAUTH, BOGUS], counters["sig0_bad"])
            self.assertEqual(said[REFUSED, RATE_LIMITED], counters["sig0_limited"])
            self.assertLessEqual(counters["sig0_bad"], rate * (1 + elapsed))

    def test_one_address_is_bounded(self):
        """One address spends its own quota, and others have theirs."""
        with self.server(sig0_rate=1000, sig0_rate_per_address=1) as small:
            rcodes = {"127.0.0.2": [], "127.0.0.3": []}
            for source, found in rcodes.items():
                with lib.open_socket(small, "udp4", source=source) as peer:
                    for number in range(10):
                        peer.send(lumi.sign(add("lumi.upd.test", number)))
                        found.append(Reply(peer.recv(4096)).rcode)
            for source, found in rcodes.items():
                self.assertEqual(found[0], NOERROR, source)
                self.assertIn(REFUSED, found[1:], source)

    def test_the_configuration_says_what_is_missing(self):
        """Rules that nothing can meet are warned of; a rule is of one sort of signature."""
        with self.server() as plain:
            self.assertIn("without sig0_rate no SIG(0) is taken", plain.log())
            self.assertIn("without sig0_rate no registration is taken", plain.log())
            plain.zones["upd.test"]["update"] = [{"key": "k1", "sig0": True, "owner": ["**"], "types": ["any"]}]
            self.assertFalse(plain.reload())
            self.assertIn("a rule has a key or sig0, not both", plain.log())


if __name__ == "__main__":
    lib.main()
