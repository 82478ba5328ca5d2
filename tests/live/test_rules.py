#!/usr/bin/python3
"""Does each update rule permit exactly what it says, and is what it bounds bounded?

Random rules against random updates with a model of their own; then each bound, the serial policies, relaxed
load reports and keys, with stock clients where they can.
"""
import base64
import datetime
import json
import os
import random
import threading
import time
import unittest

import lib
import rfc2136_model as rfc
import rules_model
import updates
from lib import NOERROR, REFUSED, Reply, u16
from updates import ANY, CLOAD, IN, K1, NONE, Key, ours, rr, sign, update_wire

if updates.dns:
    import dns.rdata

A, TXT = lib.TYPES["A"], lib.TYPES["TXT"]
RATE_LIMITED, OVER_QUOTA, PROHIBITED = 31, 32, 18  # RFC 8914
ZONEVERSION = 19
ZONES, STEPS = 24, 150  # of the random rules
RECORDS_MAX, TYPES_MAX = 3, 4
K2, K3 = Key("k2"), Key("k3")
ZONE = """
$ORIGIN {name}.
$TTL 300
@    SOA ns1 host 1 7200 3600 1209600 60
@    NS  ns1
ns1  A   192.0.2.2
pool CRES . cpu=8
"""


def setUpModule():
    updates.need_dnspython()


def zone(name, *rules, **options):
    return {"text": ZONE.format(name=name), "update": list(rules), "transfer": updates.FETCH, **options}


def a(number):
    return bytes([192, 0, 2, number])


def send(server, name, *changes, key=K1, transport="udp4", needs=()):
    """The reply to an update made by hand, by a key or by nobody."""
    wire = updates.append(update_wire(name, needs, changes), lib.opt())
    return Reply(lib.exchange(server, sign(wire, key) if key else wire, transport))


def whole(server, name):
    """All records but the SOA, for the model."""
    found = updates.axfr(server, name)
    return [(owner, ttl, rtype, dns.rdata.from_text(1, rtype, text).to_wire()) for owner, ttl, rtype, text in found]


class RandomRules(unittest.TestCase):
    KEYS = {key.name: key for key in (K1, K2, K3)}
    SENDERS = [rules_model.Sender(key, transport, "127.0.0.1") for key in (*KEYS, None) for transport in ("udp", "tcp")]

    def check_zone(self, server, name, judge, model, first):
        """The zone is the model's, and breaks no rule whatever the model says."""
        found = rfc.Zone(name, whole(server, name))
        self.assertEqual(found.records(), model.records())
        for (owner, rtype), records in found.sets.items():
            at = rfc.text_of(owner)
            self.assertLessEqual(len(records.records), RECORDS_MAX, at)
            self.assertLessEqual(len(found.types_at(owner)), TYPES_MAX, at)
            if (owner, rtype) not in first:
                self.assertTrue(judge.could_be(found, owner, rtype, self.SENDERS), f"{at} {rtype}")

    def check_update(self, server, judge, model, who, update):
        """The server says what the model says; True when it was done."""
        key, wire = self.KEYS.get(who.key), update.wire(next(updates.idents) % 65536)
        expected = judge.apply(model, who, update)
        reply = Reply(lib.exchange(server, sign(wire, key) if key else wire, f"{who.transport}4"))
        self.assertEqual(reply.rcode, expected, f"{who.key} {who.transport} {json.dumps(judge.rules)}\n{update}")
        return expected == NOERROR

    def test_rules(self):
        """Random updates under random rules: every RCODE is the model's, and no zone ever breaks a rule."""
        seed = int(os.environ.get("SUANYU_SEED", random.randrange(10 ** 9)))
        self.context = f"SUANYU_SEED={seed}"
        rand = random.Random(seed)
        limits = {"records_max": RECORDS_MAX, "types_max": TYPES_MAX}
        names = [f"z{number}.rules.test" for number in range(ZONES)]
        rules = {name: rules_model.random_rules(rand, self.SENDERS) for name in names}
        zones = {name: zone(name, *rules[name], **limits) for name in names}
        passed = 0
        with updates.Server(zones, [K1, K2, K3], in_memory=True) as server:
            for name in names:
                judge = rules_model.Judge(rules[name], RECORDS_MAX, TYPES_MAX)
                model = rfc.Zone(name, whole(server, name))
                first = set(model.sets)
                for _ in range(STEPS):
                    who, update = rules_model.random_message(rand, model, rules[name], self.SENDERS)
                    passed += self.check_update(server, judge, model, who, update)
                who, filling = rules_model.filling(model, rules[name], self.SENDERS, RECORDS_MAX)
                for update in filling:
                    self.check_update(server, judge, model, who, update)
                self.check_zone(server, name, judge, model, first)
                self.assertGreater(judge.limited, 0, f"{name}: some meet a limit")
        self.assertGreater(passed, ZONES * STEPS / 20, "of the updates some pass")

    def test_reload(self):
        """While rules are replaced all the time, each message is judged by one set of them, whole."""
        name = "flip.test"
        kinds = [[{"key": "k1", "owner": [f"*.{side}"], "types": ["A"]}] for side in ("left", "right")]
        with updates.Server({name: zone(name, *kinds[0])}, in_memory=True) as server:
            done, stop = set(), threading.Event()

            def update():
                number = 0
                while not stop.is_set():
                    number += 1
                    owners = [f"n{number}.{side}.{name}" for side in ("left", "right")]
                    both = send(server, name, *[rr(owner, A, IN, 60, a(1)) for owner in owners])
                    if both.rcode != REFUSED:
                        done.add(f"both: {both.rcode}")
                    for owner in owners:
                        if send(server, name, rr(owner, A, IN, 60, a(1))).rcode == NOERROR:
                            done.add(f"{owner}.")

            worker = threading.Thread(target=update)
            worker.start()
            try:
                for number in range(30):
                    server.zones[name]["update"] = kinds[number % 2]
                    self.assertTrue(server.reload())
            finally:
                stop.set()
                worker.join()
            found = {owner for owner, _, rtype, _ in updates.axfr(server, name) if rtype == A and owner.startswith("n")}
            self.assertEqual(found - {f"ns1.{name}."}, done)


class Bounds(unittest.TestCase):
    def check(self, reply, rcode, ede=None, text=""):
        self.assertEqual(reply.rcode, rcode, reply.ede)
        if ede is not None:
            self.assertEqual(reply.ede[0], ede)
            self.assertIn(text, reply.ede[1])

    def test_transport(self):
        """A rule for one transport is for no other; explain says so."""
        name = "by.test"
        rules = [{"key": "k1", "owner": [kind], "types": ["A"], "transport": [kind]} for kind in ("udp", "tcp", "tls")]
        with updates.Server({name: zone(name, *rules)}) as server:
            for transport in lib.TRANSPORTS:
                for kind in "udp", "tcp", "tls":
                    reply = send(server, name, rr(f"{kind}.{name}", A, IN, 60, a(1)), transport=transport)
                    is_it = transport.startswith(kind)
                    self.check(reply, NOERROR if is_it else REFUSED, None if is_it else PROHIBITED)
            for by in "udp", "tcp", "tls":
                done = server.suanyu("explain", "update", "k1", f"tcp.{name}", "A", "127.0.0.1", by)
                self.assertEqual(done.returncode, 0, done.stderr)
                said = "permitted by update rule 2" if by == "tcp" else "it is for another transport"
                self.assertIn(said, done.stdout)
            done = server.suanyu("explain", "update", "k1", f"tcp.{name}", "A", "unix", "tcp")
            self.assertNotEqual(done.returncode, 0)

    def test_records(self):
        """A rule lets so many records of a message through, whatever another rule decides beside."""
        name = "few.test"
        rules = [{"key": "k1", "owner": ["**.few"], "types": ["any"], "records_max": 3},
                 {"key": "k1", "owner": ["**"], "types": ["any"]}]
        with updates.Server({name: zone(name, *rules)}) as server:
            def few(count):
                return [rr(f"n{number}.few.{name}", A, IN, 60, a(number)) for number in range(count)]

            many = [rr(f"n{number}.{name}", A, IN, 60, a(number)) for number in range(20)]
            before = updates.serial(server, name)
            reply = send(server, name, *few(4))
            self.check(reply, REFUSED, OVER_QUOTA, "rule 1 permits no more than 3 records a message")
            self.check(send(server, name, *many, *few(4)), REFUSED, OVER_QUOTA)
            self.assertEqual(updates.serial(server, name), before)
            self.check(send(server, name, *few(3), *many), NOERROR)
            self.check(send(server, name, rr(f"few.{name}", ANY, ANY)), NOERROR)

    def test_rate(self):
        """A rule lets so many messages a second through for each key, and more again a second later."""
        name = "slow.test"
        rules = [{"key": key, "owner": ["**"], "types": ["any"], "rate": 3} for key in ("k1", "k2")]
        with updates.Server({name: zone(name, *rules)}, [K1, K2]) as server:
            def burst(key):
                begin = time.monotonic()
                wires = []
                for number in range(20):
                    change = rr(f"n{number}.{name}", A, IN, 60, a(number))
                    wires.append(sign(updates.append(update_wire(name, (), [change]), lib.opt()), key))
                with lib.open_socket(server, "tcp4") as peer:
                    peer.sendall(b"".join(lib.framed(wire) for wire in wires))
                    replies = [Reply(lib.read_framed(peer)) for _ in wires]
                return replies, time.monotonic() - begin

            for key in K1, K2:
                replies, took = burst(key)
                passed = [reply for reply in replies if reply.rcode == NOERROR]
                self.assertGreaterEqual(len(passed), 3)
                self.assertLessEqual(len(passed), 3 + 3 * took + 1)
                rule = 1 if key is K1 else 2
                self.check(next(reply for reply in replies if reply.rcode), REFUSED, RATE_LIMITED,
                           f"rule {rule} permits no more than 3 messages a second")
            lib.until(lambda: send(server, name, rr(f"later.{name}", A, IN, 60, a(1))).rcode == NOERROR, "a second later")

    def test_result(self):
        """Limits hold for the result of a message, not for its steps; 10,000 records at one name are refused."""
        name = "limit.test"
        with updates.Server({name: zone(name, *updates.ALL)}, in_memory=True) as server:
            def add(numbers):
                return [rr(f"r.{name}", A, IN, 60, bytes([10, 0, n >> 8, n & 255])) for n in numbers]

            rcodes = [send(server, name, *add(range(begin, begin + 500)), transport="tcp4").rcode
                      for begin in range(0, 10000, 500)]
            self.assertEqual(rcodes, [NOERROR] * 2 + [REFUSED] * 18)
            old = [rr(f"r.{name}", A, NONE, 0, bytes([10, 0, n >> 8, n & 255])) for n in range(300)]
            self.check(send(server, name, *add(range(2000, 2300)), *old, transport="tcp4"), NOERROR)
            self.check(send(server, name, *old, *add([5000]), transport="tcp4"), REFUSED, OVER_QUOTA,
                       "over the limit of 1000 records of type A")
            self.assertEqual(len(updates.records(server, f"r.{name}", "A")), 1000)
            texts = [rr(f"t.{name}", 65000 + n, IN, 60, bytes(20000)) for n in range(3)]
            self.check(send(server, name, *texts, transport="tcp4"), NOERROR)
        small = zone(name, *updates.ALL, octets_max="50k")
        with updates.Server({name: small}) as server:
            self.check(send(server, name, *texts, transport="tcp4"), REFUSED, OVER_QUOTA, "51200 octets at one name")
            self.check(send(server, name, *texts[:2], transport="tcp4"), NOERROR)

    def test_unsigned(self):
        """Unsigned updates are for this machine alone: a rule for another network is an error with its place."""
        name = "open.test"
        rule = {"owner": ["**"], "types": ["A"]}
        with updates.Server({name: zone(name, {**rule, "source": ["127.0.0.0/8"]})}) as server:
            self.check(send(server, name, rr(f"x.{name}", A, IN, 60, a(1)), key=None), NOERROR)
            for source in "10.0.0.0/8", "0.0.0.0/0", "127.0.0.0/7":
                server.zones[name]["update"] = [{**rule, "source": [source]}]
                self.assertFalse(server.reload())
            server.zones[name]["update"] = [{**rule, "source": ["127.0.0.1"], "types": []}]
            self.assertFalse(server.reload())
            self.assertIn("no type: the rule would permit nothing", server.log())
            server.zones[name]["update"] = [{**rule, "transport": ["unix"]}]
            self.assertTrue(server.reload())
            self.check(send(server, name, rr(f"x.{name}", A, IN, 60, a(1)), key=None), REFUSED, PROHIBITED)

    def test_repeated(self):
        """A refused message that comes again is refused with the same code, and said to be a repetition."""
        name = "again.test"
        with updates.Server({name: zone(name, {"key": "k1", "owner": ["x"], "types": ["A"]})}) as server:
            wire = sign(updates.append(update_wire(name, (), [rr(f"y.{name}", A, IN, 60, a(1))]), lib.opt()))
            self.check(Reply(lib.exchange(server, wire)), REFUSED, PROHIBITED, "no rule permits it")
            self.check(Reply(lib.exchange(server, wire)), REFUSED, PROHIBITED, "refused before")

    def test_queue(self):
        """A queue without room answers SERVFAIL with its reason, for a key before it does so for all."""
        name = "queue.test"
        options = {"update_queue": 50, "update_queue_octets": "64k", "update_queue_per_key": 1, "tcp_in_flight": 64}
        with updates.Server({name: zone(name, *updates.ALL)}, **options) as server:
            reasons = set()

            def burst():
                wires = [sign(updates.append(update_wire(name, (), [rr(f"n{number}.{name}", A, IN, 60, a(number))]),
                                             lib.opt())) for number in range(200)]
                with lib.open_socket(server, "tcp4") as peer:
                    peer.sendall(b"".join(lib.framed(wire) for wire in wires))
                    replies = [Reply(lib.read_framed(peer)) for _ in wires]
                for reply in replies:
                    self.assertIn(reply.rcode, (NOERROR, lib.SERVFAIL))
                    if reply.rcode:
                        self.assertEqual(reply.ede[0], OVER_QUOTA)
                        reasons.add(reply.ede[1])
                return reasons

            lib.until(burst, "an update found no room")
            self.assertEqual(reasons, {"too many updates of this key wait"})


class Relaxed(unittest.TestCase):
    def test_relaxed(self):
        """A relaxed load report is answered and soon seen; a durable answer after it keeps both through kill -9."""
        name = "load.test"
        rules = [{"key": "k1", "owner": ["pool"], "types": ["CLOAD"], "durability": "relaxed"}, *updates.ALL]
        with updates.Server({name: zone(name, *rules)}) as server:
            now = int(time.time())
            for number in range(1, 6):
                load = ours(obs=now - 100 + number, cpuf=number)
                self.assertEqual(send(server, name, rr(f"pool.{name}", CLOAD, IN, 30, load)).rcode, NOERROR)
                lib.until(lambda: [one.rdata for one in lib.ask(server, f"pool.{name}", CLOAD).answer] == [load], "it is seen")
            old = ours(obs=now - 200, cpuf=1)
            self.assertEqual(send(server, name, rr(f"pool.{name}", CLOAD, IN, 30, old)).rcode, REFUSED)
            with lib.open_socket(server, "tcp4") as peer:
                last = ours(obs=now, cpuf=8)
                for change in rr(f"pool.{name}", CLOAD, IN, 30, last), rr(f"kept.{name}", A, IN, 30, a(1)):
                    peer.sendall(lib.framed(sign(update_wire(name, (), [change]))))
                    self.assertEqual(Reply(lib.read_framed(peer)).rcode, NOERROR)
            server.kill()
            server.start()
            self.assertEqual([one.rdata for one in lib.ask(server, f"pool.{name}", CLOAD).answer], [last])
            self.assertEqual(len(lib.ask(server, f"kept.{name}").answer), 1)
            self.assertEqual(server.counters()["update_lost"], 0)

    def test_configuration(self):
        """Relaxed is refused for anything but CLOAD."""
        name = "load.test"
        with updates.Server({name: zone(name, *updates.ALL)}) as server:
            for types in (["any"], ["CLOAD", "A"], ["CRES"]):
                server.zones[name]["update"] = [{"key": "k1", "owner": ["**"], "types": types, "durability": "relaxed"}]
                self.assertFalse(server.reload())
            self.assertIn("relaxed is for rules of type CLOAD alone", server.log())


class Serials(unittest.TestCase):
    def change(self, server, name, program, number):
        dot = "." if program == "knsupdate" else ""
        word = "add" if program == "knsupdate" else "update add"
        text = f"server 127.0.0.1 {server.port}\nzone {name}{dot}\n{word} n{number}.{name}. 60 A 192.0.2.1\nsend\n"
        client = updates.NSUPDATE if program == "nsupdate" else updates.KNSUPDATE
        done = lib.run([*client, "-y", K1.of_bind], input=text, stdin=None)
        self.assertEqual(done.returncode, 0, done.stderr)
        return updates.serial(server, name)

    def test_policies(self):
        """Serials rise by one, by the time or by the date; nsupdate and knsupdate see it."""
        policies = "increment", "unixtime", "date"
        for program in "nsupdate", "knsupdate":
            lib.need(program)
        zones = {f"{policy}.test": zone(f"{policy}.test", *updates.ALL, serial=policy) for policy in policies}
        with updates.Server(zones) as server:
            for program in "nsupdate", "knsupdate":
                for name in zones:
                    before, begin = updates.serial(server, name), time.time()
                    days = [datetime.datetime.now(datetime.timezone.utc)]
                    serial = self.change(server, name, program, program)
                    days.append(datetime.datetime.now(datetime.timezone.utc))
                    least = {"increment.test": before + 1, "unixtime.test": int(begin),
                             "date.test": int(days[0].strftime("%Y%m%d00"))}[name]
                    most = {"increment.test": before + 1, "unixtime.test": int(time.time()),
                            "date.test": int(days[1].strftime("%Y%m%d00"))}[name]
                    self.assertTrue(max(least, before + 1) <= serial <= max(most, before + 1), f"{name} {serial}")
            # who sets the SOA decides, also backwards from what the policy would say
            name = "increment.test"
            soa = next(one for one in whole(server, name) if one[2] == lib.TYPES["SOA"])[3]
            self.assertEqual(send(server, name, rr(name, "SOA", IN, 300, rfc.with_serial(soa, 777))).rcode, NOERROR)
            self.assertEqual(updates.serial(server, name), 777)

    def test_zone_version(self):
        """ZONEVERSION is the serial of the SOA in the same answer, while the zone changes."""
        name = "unixtime.test"
        with updates.Server({name: zone(name, *updates.ALL, serial="unixtime")}, in_memory=True) as server:
            stop = threading.Event()

            def change():
                number = 0
                while not stop.is_set():
                    number += 1
                    send(server, name, rr(f"n{number % 50}.{name}", A, IN, number, a(1)))

            worker = threading.Thread(target=change)
            worker.start()
            try:
                seen, asked, end = set(), 0, time.monotonic() + lib.DEADLINE_S
                edns = lib.opt(options=lib.option(ZONEVERSION))
                while asked < 2000 or (len(seen) <= 3 and time.monotonic() < end):
                    asked += 1
                    reply = lib.ask(server, name, "SOA", edns=edns)
                    serial = updates.soa_serial(reply.answer[0], name)
                    self.assertEqual(reply.options[ZONEVERSION], bytes([2, 0]) + serial.to_bytes(4, "big"))
                    seen.add(serial)
            finally:
                stop.set()
                worker.join()
            self.assertGreater(len(seen), 3)


class Keys(unittest.TestCase):
    class Server(updates.Server):
        """With keys in a file of their own."""

        def config(self):
            return {**super().config(), "keys_file": os.path.join(self.folder, "keys.yaml")}

        def write_keys(self, text, mode=0o600):
            path = lib.write(os.path.join(self.folder, "keys.yaml"), text)
            os.chmod(path, mode)
            lib.give(path)

    def generate(self, server, name, *algorithm):
        done = server.suanyu("key", "generate", name, *algorithm)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_file(self):
        """What suanyu key generate prints is a file of keys; nsupdate uses the printed key; key list shows no secret."""
        lib.need("nsupdate")
        name = "keys.test"
        rules = [{"key": "k1", "owner": ["x"], "types": ["A"]}]
        server = self.Server({name: zone(name, *rules)})
        text = self.generate(server, "reg.centre", "hmac-sha384")
        server.write_keys(text)
        with server:
            server.zones[name]["update"] = rules + [{"key": "reg.centre", "owner": ["**"], "types": ["any"]}]
            server.zones[name]["transfer"] = [{"key": "reg.centre"}]
            server.zones[name]["notify_key"] = "reg.centre"
            self.assertTrue(server.reload())
            printed = text.split("nsupdate -y ")[1].split()[0]
            lines = f"server 127.0.0.1 {server.port}\nzone {name}\nupdate add y.{name} 60 A 192.0.2.5\nsend\n"
            done = lib.run([*updates.NSUPDATE, "-y", printed], input=lines, stdin=None)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(updates.records(server, f"y.{name}", "A"), ["192.0.2.5"])
            listed = server.suanyu("key", "list")
            self.assertRegex(listed.stdout, r"(?m)^k1\. +hmac-sha256 +config +keys\.test\. update 1$")
            self.assertRegex(listed.stdout,
                             r"(?m)^reg\.centre\. +hmac-sha384 +keys_file +keys\.test\. transfer 1 update 2 notify$")
            whole_list = listed.stdout + server.suanyu("--json", "key", "list").stdout
            for secret in printed.split(":")[2], K1.base64:
                self.assertNotIn(secret, whole_list)
            self.check_reload(server, name)

    def check_reload(self, server, name):
        """The file is read again at each reload, and refused when others may read it."""
        fresh = self.generate(server, "reg.centre")
        server.write_keys(fresh, 0o644)
        self.assertFalse(server.hup())
        self.assertIn("its mode lets others at it", server.log())
        server.write_keys(fresh)
        self.assertTrue(server.hup())
        self.assertIn("hmac-sha256 keys_file", " ".join(server.suanyu("key", "list").stdout.split()))
        server.write_keys(fresh.replace("reg.centre", "other"))
        self.assertFalse(server.hup(), "a rule asks for a key that is gone")
        secret = fresh.split("secret: ")[1].split()[0]
        key = Key("reg.centre", secret=base64.b64decode(secret))
        self.assertEqual(send(server, name, rr(f"z.{name}", A, IN, 60, a(1)), key=key).rcode, NOERROR)

    def test_truncated(self):
        """A key takes truncated MACs when it says so, and a repetition is still done once."""
        name = "short.test"

        class Short(updates.Server):
            def config(self):
                found = super().config()
                found["keys"][0]["mac_min"] = 20
                return found

        with Short({name: zone(name, *updates.ALL)}) as server:
            before = updates.serial(server, name)
            for mac_len, rcode in (None, NOERROR), (32, NOERROR), (20, NOERROR), (19, lib.NOTAUTH), (16, lib.NOTAUTH):
                change = rr(f"n{mac_len}.{name}", A, IN, 60, a(1))
                needs = [rr(f"n{mac_len}.{name}", ANY, NONE)]
                wire = sign(update_wire(name, needs, [change]), mac_len=mac_len)
                self.assertEqual([Reply(lib.exchange(server, wire)).rcode for _ in range(2)], [rcode] * 2, mac_len)
            self.assertEqual(updates.serial(server, name), before + 3)

    def test_largest_record(self):
        """The largest record that is taken is transferred signed under the longest key; a larger one is refused."""
        name = "large.test"
        longest = ".".join(["k" * 63] * 3 + ["k" * 61])
        key = Key(longest, "hmac-sha512", b"0123456789abcdef" * 4)
        owner = ".".join(["o" * 63] * 3 + ["o" * (253 - 192 - len(name) - 1)]) + f".{name}"
        self.assertEqual(len(lib.name_wire(owner)), 255)
        rules = {"update": [{"key": longest, "owner": ["**"], "types": ["any"]}], "transfer": [{"key": longest}]}
        with updates.Server({name: {"text": ZONE.format(name=name), **rules}}, [key]) as server:
            for size, rcode in (64501, REFUSED), (64500, NOERROR):
                change = rr(owner, 65280, IN, 60, bytes(size))
                self.assertEqual(send(server, name, change, key=key, transport="tcp4").rcode, rcode)
            found = [text for at, _, rtype, text in updates.axfr(server, name, key) if rtype == 65280]
            for size, kind in (64501, "error"), (64500, "ok"):
                text = ZONE.format(name=name) + f"{owner}. 60 TYPE65280 \\# {size} {'00' * size}\n"
                path = lib.write(os.path.join(server.folder, "next.zone"), text)
                self.assertEqual(server.control("zone check", name, path)[0], kind)
            self.assertEqual(["".join(text.split()[1:]) for text in found], ["64500" + 2 * 64500 * "0"])


if __name__ == "__main__":
    lib.main()
