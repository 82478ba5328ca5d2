"""Other servers as primaries of ours: like peers.py, with transfers, updates and NOTIFY under one key."""
import signal

import lib
import peers


class Primary(peers.Peer):
    """A server with one zone that it lets our secondary fetch, and tells it of changes.

    text: of the zone's file; port: of the secondary; key: updates.Key for transfers, NOTIFY and updates.
    """

    takes_updates = True

    def __init__(self, name, text, port, key, folder_options=""):
        super().__init__({name: None})
        self.name, self.secondary_port, self.key, self.options = name, port, key, folder_options
        self.zones[name] = self.file = lib.write(self.path(name + ".zone"), text)


class Knot(Primary):
    program = "knotd"

    def command(self):
        return ["-c", self.path("config")]

    def config(self):
        return f"""{peers.knot_head(self, 'info')}key:
  - id: {self.key.name}
    algorithm: {self.key.algorithm}
    secret: {self.key.base64}
remote:
  - id: secondary
    address: 127.0.0.1@{self.secondary_port}
    key: {self.key.name}
acl:
  - id: all
    key: {self.key.name}
    action: [transfer, update]
template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    semantic-checks: off
zone:
  - domain: "{self.name}"
    file: "{self.file}"
    notify: secondary
    acl: all
"""


class Bind(Primary):
    program = "named"

    def command(self):
        return ["-g", "-n", "1", "-c", self.path("config")]

    def config(self):
        key = self.key
        return f"""key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.base64}"; }};
options {{
  directory "{self.folder}"; pid-file none; session-keyfile none; managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; minimal-responses yes; notify explicit; notify-delay 0; {self.options}
}};
controls {{ }};
zone "{self.name}" {{
  type primary; file "{self.file}"; check-names ignore; check-integrity no;
  allow-transfer {{ key "{key.name}"; }}; allow-update {{ key "{key.name}"; }};
  also-notify {{ 127.0.0.1 port {self.secondary_port} key "{key.name}"; }};
}};
"""


class Nsd(Primary):
    program = "nsd"
    takes_updates = False

    def command(self):
        return ["-d", "-c", self.path("config")]

    def replace(self, text):
        """NSD knows no updates: another file, read again."""
        lib.write(self.file, text)
        self.process.send_signal(signal.SIGHUP)

    def config(self):
        key = self.key
        return f"""{peers.nsd_head(self)}key:
  name: "{key.name}"
  algorithm: {key.algorithm}
  secret: "{key.base64}"
zone:
  name: "{self.name}"
  zonefile: "{self.file}"
  store-ixfr: yes
  create-ixfr: yes
  notify: 127.0.0.1@{self.secondary_port} {key.name}
  provide-xfr: 127.0.0.1 {key.name}
"""
