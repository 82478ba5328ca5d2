"""The servers that the bench of updates compares: each takes signed updates for its zone, keeps them on disk and lets
anybody here transfer. Everything that bears on durability is as the server has it by itself:

suanyud  a group of updates is one transaction of LMDB: pages written, fdatasync, root page written through (O_DSYNC)
knotd    the same for a group of updates, by its own journal in LMDB (`journal-db-mode: robust`)
named    every update by itself: appended to the journal file, fsync, header rewritten, fsync

knotd and named never write the zone file here: the journal is what they have, and its limits are far away.
"""
import base64
import os
import shutil

import peers

SECRET = bytes(range(32))
KEY, ALGORITHM = "bench", "hmac-sha256"  # the name is in tools/bench/publish.c, too
SECRET_TEXT = base64.b64encode(SECRET).decode()
DNSPERF_KEY = f"{ALGORITHM}:{KEY}:{SECRET_TEXT}"
MAY_FETCH = "127.0.0.0/8"


class Primary:
    """What a server of peers.py gets on top. published: updates it has acknowledged, numbers 0 and up."""

    def __init__(self, folder, zone_name, zone_file):
        super().__init__(folder, zone_name, zone_file)
        self.published = 0

    def own_zone_file(self):
        """A copy: these servers would write into the file."""
        path = self.path("zone.txt")
        if not os.path.exists(path):
            shutil.copyfile(self.zone_file, path)
        return path

    def kill(self):
        """As a crash would; the system keeps what it was given."""
        self.process.kill()
        self.process.wait()
        self.process = None


class Suanyud(Primary, peers.Suanyud):
    def configure(self):
        arguments = super().configure()
        with open(arguments[-1], "a", encoding="ascii") as file:
            file.write(f"""\
    update:
      - key: {KEY}
        owner: ["**"]
        types: [any]
    transfer:
      - source: ["{MAY_FETCH}"]
keys:
  - name: {KEY}
    algorithm: {ALGORITHM}
    secret: "{SECRET_TEXT}"
""")
        return arguments


class Twin(Suanyud):
    """A second server of ours, which takes the same updates somewhere else."""

    name = "suanyud-twin"


class Knotd(Primary, peers.Knotd):
    def configure(self):
        return ["-c", self.write("knot.conf", f"""\
server:
  rundir: {self.folder}
  listen: 127.0.0.1@{self.port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: error
key:
  - id: {KEY}
    algorithm: {ALGORITHM}
    secret: {SECRET_TEXT}
acl:
  - id: publish
    key: {KEY}
    action: update
  - id: fetch
    address: {MAY_FETCH}
    action: transfer
database:
  storage: {self.folder}
  journal-db-mode: robust
  journal-db-max-size: 8G
zone:
  - domain: {self.zone_name}
    file: {self.own_zone_file()}
    acl: [publish, fetch]
    journal-content: changes
    journal-max-usage: 4G
    journal-max-depth: 1000000
    zonefile-load: whole
    zonefile-sync: -1
    semantic-checks: off
""")]


class Named(Primary, peers.Peer):
    name = "named"
    program = "named"

    def configure(self):
        return ["-g", "-n", "1", "-c", self.write("named.conf", f"""\
key {KEY} {{ algorithm {ALGORITHM}; secret "{SECRET_TEXT}"; }};
options {{
  directory "{self.folder}"; pid-file "{self.path("pid")}"; session-keyfile "{self.path("session")}";
  managed-keys-directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; notify no; dnssec-validation no; minimal-responses yes;
  allow-transfer {{ {MAY_FETCH}; }}; max-journal-size unlimited;
}};
controls {{ }};
logging {{ channel err {{ stderr; severity error; }}; category default {{ err; }}; }};
zone "{self.zone_name}" {{ type primary; file "{self.own_zone_file()}"; allow-update {{ key {KEY}; }}; }};
""")]
