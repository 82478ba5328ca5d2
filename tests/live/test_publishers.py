#!/usr/bin/python3
"""Can programs of others publish here?

Kea's D2 turns changes of DHCP leases into signed updates with prerequisites (RFC 4703): names that are free are taken,
names of other clients are left alone, one's own are changed. certbot's plug-in asks for the zone and puts the TXT
record of an ACME challenge there, over TCP. Both are told only what their users tell them.
"""
import json
import os
import re
import socket
import subprocess
import unittest

import lib
import updates
from updates import Key

try:
    from certbot import errors
    from certbot._internal.display import obj as display
    from certbot_dns_rfc2136._internal.dns_rfc2136 import Authenticator
except ImportError:
    Authenticator = None

ZONE, REVERSE4, REVERSE6 = "pub.test", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"
PTR6 = ".".join(["1", *"0" * 23, REVERSE6])
D2_KEY, CERTBOT_KEY, OTHER_KEY = Key("d2.key"), Key("certbot.key", "hmac-sha512"), Key("other.key")
LEASE_S = 3600  # kea gives its records a third of it as TTL
ADD, REMOVE = 0, 1


def setUpModule():
    updates.need_dnspython()


def text(zone):
    return f"$ORIGIN {zone}.\n$TTL 300\n@ SOA ns.{ZONE}. host.{ZONE}. 1 7200 3600 1209600 60\n@ NS ns.{ZONE}.\n"


class Server(updates.Server):
    def __init__(self):
        d2 = [{"key": D2_KEY.name, "owner": ["**"], "types": ["any"]}]  # it removes a name whole when its lease ends
        certbot = [{"key": CERTBOT_KEY.name, "owner": ["_acme-challenge", "_acme-challenge.*"], "types": ["TXT"]}]
        other = [{"key": OTHER_KEY.name, "owner": ["**"], "types": ["A"]}]
        zones = {ZONE: {"text": text(ZONE), "update": d2 + certbot + other},
                 REVERSE4: {"text": text(REVERSE4), "update": d2}, REVERSE6: {"text": text(REVERSE6), "update": d2}}
        super().__init__(zones, keys=(D2_KEY, CERTBOT_KEY, OTHER_KEY))


# --- Kea ------------------------------------------------------------------------------------------


class D2:
    """kea-dhcp-ddns with its updates going to a server of ours."""

    def __init__(self, server, key=D2_KEY):
        self.folder, self.port = lib.fresh_folder(), lib.free_port()
        self.log_path = os.path.join(self.folder, "log")
        self.changes = 0

        def domains(*names):
            servers = [{"ip-address": "127.0.0.1", "port": server.port}]
            return {"ddns-domains": [{"name": name + ".", "key-name": key.name, "dns-servers": servers}
                                     for name in names]}

        output = {"output": "stdout", "pattern": "%m\n", "flush": True}
        config = {"DhcpDdns": {
            "ip-address": "127.0.0.1", "port": self.port, "dns-server-timeout": 1000 * lib.DEADLINE_S,
            "tsig-keys": [{"name": key.name, "algorithm": key.algorithm.upper(), "secret": key.base64}],
            "forward-ddns": domains(ZONE), "reverse-ddns": domains(REVERSE4, REVERSE6),
            "loggers": [{"name": "kea-dhcp-ddns", "severity": "DEBUG", "debuglevel": 50, "output_options": [output]}],
        }}
        self.config_path = lib.write(os.path.join(self.folder, "d2.json"), json.dumps(config))
        self.process = None

    def __enter__(self):
        environment = {**os.environ, "KEA_PIDFILE_DIR": self.folder, "KEA_LOCKFILE_DIR": self.folder}
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([lib.find_program("kea-dhcp-ddns"), "-c", self.config_path], cwd=self.folder,
                                            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        lib.started.append(self.process)
        lib.until(lambda: "DHCP_DDNS_QUEUE_MGR_STARTED" in self.log() or self.process.poll() is not None, "D2 listens")
        if self.process.poll() is not None:
            raise AssertionError(f"D2 ended:\n{self.log()[-4000:]}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(lib.DEADLINE_S)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def change(self, kind, name, address, client, forward=True, reverse=True):
        """Tell of a lease as Kea's DHCP servers do: a length in two octets, then JSON. Returns whether D2 says that it
        was published."""
        dhcid = bytes([0, 1, 1]) + client.to_bytes(32, "big")  # RFC 4701 3.3: by a client identifier, SHA-256
        request = json.dumps({
            "change-type": kind, "forward-change": forward, "reverse-change": reverse, "fqdn": name + ".",
            "ip-address": address, "dhcid": dhcid.hex().upper(), "lease-expires-on": "20991231235959",
            "lease-length": LEASE_S, "use-conflict-resolution": True}).encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(len(request).to_bytes(2, "big") + request, ("127.0.0.1", self.port))
        self.changes += 1
        verb = "ADD" if kind == ADD else "REMOVE"

        def outcomes():
            return re.findall(rf"DHCP_DDNS_(?:ADD|REMOVE)_(SUCCEEDED|FAILED)", self.log())

        try:
            lib.until(lambda: len(outcomes()) == self.changes, f"D2 is done with its {verb}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()[-4000:]}") from None
        return outcomes()[-1] == "SUCCEEDED"


class Kea(unittest.TestCase):
    """Kea's DHCP-DDNS server"""

    def setUp(self):
        lib.need("kea-dhcp-ddns")
        self.server = Server().start()
        self.addCleanup(self.server.stop)

    def published(self, name, *types):
        return {rtype: found for rtype in types if (found := updates.records(self.server, name, rtype))}

    def test_a_lease_is_published_forward_and_reverse_and_withdrawn(self):
        host, reverse = f"host.{ZONE}", f"7.{REVERSE4}"
        with D2(self.server) as d2:
            self.assertTrue(d2.change(ADD, host, "192.0.2.7", 1), d2.log()[-4000:])
            self.assertEqual(updates.records(self.server, host, "A"), ["192.0.2.7"])
            self.assertEqual(len(updates.records(self.server, host, "DHCID")), 1)
            self.assertEqual(self.published(reverse, "PTR", "DHCID")["PTR"], [host + "."])
            self.assertTrue(d2.change(REMOVE, host, "192.0.2.7", 1), d2.log()[-4000:])
            for name in host, reverse:
                self.assertEqual(self.published(name, "A", "AAAA", "DHCID", "PTR"), {})

    def test_an_address_of_either_family_stands_beside_the_other(self):
        host = f"both.{ZONE}"
        with D2(self.server) as d2:
            self.assertTrue(d2.change(ADD, host, "192.0.2.8", 2), d2.log()[-4000:])
            self.assertTrue(d2.change(ADD, host, "2001:db8::1", 2), d2.log()[-4000:])
            self.assertEqual(updates.records(self.server, PTR6, "PTR"), [host + "."])
            self.assertEqual(updates.records(self.server, host, "AAAA"), ["2001:db8::1"])
            d2.change(REMOVE, host, "192.0.2.8", 2)  # D2 calls it a failure when the name may not go as a whole
            self.assertEqual(set(self.published(host, "A", "AAAA", "DHCID")), {"AAAA", "DHCID"})

    def test_a_client_changes_its_own_name_and_nobody_elses(self):
        host = f"mine.{ZONE}"
        with D2(self.server) as d2:
            self.assertTrue(d2.change(ADD, host, "192.0.2.9", 3), d2.log()[-4000:])
            self.assertTrue(d2.change(ADD, host, "192.0.2.10", 3), d2.log()[-4000:])
            serial = updates.serial(self.server, ZONE)
            self.assertFalse(d2.change(ADD, host, "192.0.2.11", 4, reverse=False))
            self.assertFalse(d2.change(REMOVE, host, "192.0.2.10", 4, reverse=False))
            self.assertEqual(updates.records(self.server, host, "A"), ["192.0.2.10"])
            self.assertEqual(updates.serial(self.server, ZONE), serial)

    def test_a_name_without_a_client_is_not_taken(self):
        with D2(self.server) as d2:
            self.assertFalse(d2.change(ADD, ZONE, "192.0.2.12", 5, reverse=False))
            self.assertEqual(updates.records(self.server, ZONE, "A"), [])

    def test_a_publisher_with_another_secret_changes_nothing(self):
        host = f"evil.{ZONE}"
        with D2(self.server, Key(D2_KEY.name, secret=b"somebody else's")) as d2:
            self.assertFalse(d2.change(ADD, host, "192.0.2.13", 6))
        self.assertEqual(self.published(host, "A", "DHCID"), {})


# --- certbot --------------------------------------------------------------------------------------


class Challenge:
    """What certbot hands to a plug-in for one name of a certificate."""

    account_key = None

    def __init__(self, domain, value):
        self.domain, self.value = domain, value

    def validation_domain_name(self, domain):
        return f"_acme-challenge.{domain}"

    def validation(self, _account_key):
        return self.value

    def response(self, _account_key):
        return self.value


class Settings:
    """Those of certbot's that the plug-in reads."""

    def __init__(self, server, key):
        path = lib.write(os.path.join(lib.fresh_folder(), "credentials.ini"), f"""\
dns_rfc2136_server = 127.0.0.1
dns_rfc2136_port = {server.port}
dns_rfc2136_name = {key.name}
dns_rfc2136_secret = {key.base64}
dns_rfc2136_algorithm = {key.algorithm.upper()}
""")
        os.chmod(path, 0o600)
        self.dns_rfc2136_credentials, self.dns_rfc2136_propagation_seconds = path, 0


class Certbot(unittest.TestCase):
    """certbot's dns-rfc2136 plug-in"""

    def setUp(self):
        if not Authenticator:
            raise unittest.SkipTest("not installed: certbot's dns-rfc2136 plug-in (for this python)")
        display.set_display(display.NoninteractiveDisplay(self.enterContext(open(os.devnull, "w", encoding="ascii"))))
        self.server = Server().start()
        self.addCleanup(self.server.stop)

    def values(self, name):
        return [value.strip('"') for value in updates.records(self.server, name, "TXT")]

    def test_challenges_of_a_name_and_its_wildcard_come_and_go_one_by_one(self):
        plugin = Authenticator(Settings(self.server, CERTBOT_KEY), "dns-rfc2136")
        both = [Challenge(f"www.{ZONE}", "first"), Challenge(f"www.{ZONE}", "second")]
        plugin.perform(both)
        name = f"_acme-challenge.www.{ZONE}"
        self.assertEqual(self.values(name), ["first", "second"])
        plugin.cleanup(both[:1])
        self.assertEqual(self.values(name), ["second"])
        plugin.cleanup(both[1:])
        self.assertEqual(self.values(name), [])

    def test_a_challenge_of_the_apex_is_published(self):
        plugin = Authenticator(Settings(self.server, CERTBOT_KEY), "dns-rfc2136")
        plugin.perform([Challenge(ZONE, "apex")])
        self.assertEqual(self.values(f"_acme-challenge.{ZONE}"), ["apex"])

    def test_a_key_that_may_not_publish_challenges_is_told_so(self):
        plugin = Authenticator(Settings(self.server, OTHER_KEY), "dns-rfc2136")
        with self.assertRaisesRegex(errors.PluginError, "REFUSED"):
            plugin.perform([Challenge(f"www.{ZONE}", "not mine")])
        self.assertEqual(self.values(f"_acme-challenge.www.{ZONE}"), [])


if __name__ == "__main__":
    lib.main()
