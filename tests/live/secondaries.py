"""Other servers as secondaries of ours: like peers.py, but they fetch their zones."""
import os

import peers

KINDS = {}


def kind(cls):
    KINDS[cls.__name__] = cls
    return cls


class Secondary(peers.Peer):
    """A server that fetches zones from a primary when it starts. key: updates.Key that signs, or None."""

    def __init__(self, primary, zones, key=None):
        super().__init__({name: None for name in zones})
        self.primary, self.key = primary, key


@kind
class Bind(Secondary):
    program = "named"

    def command(self):
        return ["-g", "-n", "1", "-c", self.path("config")]

    def config(self):
        named = f' key "{self.key.name}"' if self.key else ""
        keys = (f'key "{self.key.name}" {{ algorithm {self.key.algorithm}; secret "{self.key.base64}"; }};\n'
                if self.key else "")
        zones = "".join(f"""zone "{name}" {{
  type secondary; file "{name}.db";
  primaries port {self.primary.port} {{ 127.0.0.1{named}; }};
}};
""" for name in self.zones)
        return f"""{keys}options {{
  directory "{self.folder}"; pid-file "{self.path('pid')}"; session-keyfile "{self.path('session')}";
  managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; notify no; dnssec-validation no; allow-transfer {{ any; }}; minimal-responses yes;
}};
controls {{ }};
{zones}"""


@kind
class Knot(Secondary):
    program = "knotd"

    def command(self):
        return ["-c", self.path("config")]

    def config(self):
        keys = (f"key:\n  - id: {self.key.name}\n    algorithm: {self.key.algorithm}\n    secret: {self.key.base64}\n"
                if self.key else "")
        named = f"\n    key: {self.key.name}" if self.key else ""
        zones = "".join(f'  - domain: "{name}"\n    master: primary\n    acl: fetch\n' for name in self.zones)
        return f"""{keys}{peers.knot_head(self, 'info')}remote:
  - id: primary
    address: 127.0.0.1@{self.primary.port}{named}
acl:
  - id: fetch
    address: 127.0.0.0/8
    action: [transfer, notify]
template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
{zones}"""


@kind
class Nsd(Secondary):
    program = "nsd"
    request = ""  # IXFR first

    def command(self):
        return ["-d", "-c", self.path("config")]

    def config(self):
        keys = (f'key:\n  name: "{self.key.name}"\n  algorithm: {self.key.algorithm}\n  secret: "{self.key.base64}"\n'
                if self.key else "")
        named = self.key.name if self.key else "NOKEY"
        zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{os.path.join(self.folder, name)}.zone"\n'
                        f'  request-xfr: {self.request}127.0.0.1@{self.primary.port} {named}\n'
                        f'  allow-notify: 127.0.0.1 NOKEY\n'
                        f'  provide-xfr: 127.0.0.1 NOKEY\n' for name in self.zones)
        return f"""{peers.nsd_head(self)}{keys}{zones}"""


@kind
class NsdAxfr(Nsd):
    """NSD that asks for AXFR at once."""

    request = "AXFR "
