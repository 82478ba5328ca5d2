"""Other authoritative servers as children of a test: started in the foreground on a free port with a
configuration of their own, everything they write in a fresh folder, ended by their process id.
"""
import os
import subprocess

import lib


def knot_head(peer, level):
    """Beginning of a Knot configuration: sockets, folders, log."""
    return f"""server:
  rundir: "{peer.folder}"
  listen: 127.0.0.1@{peer.port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{peer.folder}"
log:
  - target: stderr
    any: {level}
"""


def nsd_head(peer):
    """The same for NSD."""
    return f"""server:
  ip-address: 127.0.0.1@{peer.port}
  server-count: 1
  xfrd-reload-timeout: 0
  username: ""
  chroot: ""
  zonesdir: "{peer.folder}"
  zonelistfile: "{peer.path('zone.list')}"
  database: ""
  xfrdfile: "{peer.path('xfrd.state')}"
  xfrdir: "{peer.folder}"
  pidfile: "{peer.path('pid')}"
  minimal-responses: yes
  round-robin: no
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
"""


class Peer:
    """Another server with zones: name -> path of its zone file."""

    program = None

    def __init__(self, zones):
        self.folder = lib.fresh_folder(in_memory=True)  # its disk is not ours to test
        self.zones = zones
        self.port = lib.free_port()
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def config(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def start(self):
        lib.write(self.path("config"), self.config())
        with open(self.path("output"), "wb") as log:
            self.process = subprocess.Popen([lib.find_program(self.program), *self.command()], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        lib.started.append(self.process)
        try:
            lib.until(self.answers_all, f"{self.program} serves its zones")
        except AssertionError as error:
            with open(self.path("output"), encoding="utf-8", errors="replace") as output:
                raise AssertionError(f"{error}\n{output.read()[-4000:]}") from None
        return self

    def answers_all(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.program} ended with {self.process.returncode}")
        try:
            return all(lib.ask(self, zone, "SOA", "tcp4").rcode == 0 for zone in self.zones)
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(lib.DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Nsd(Peer):
    program = "nsd"

    def command(self):
        return ["-d", "-c", self.path("config")]

    def config(self):
        zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{path}"\n' for name, path in self.zones.items())
        return f"""{nsd_head(self)}{zones}"""


class Knot(Peer):
    program = "knotd"

    def command(self):
        return ["-c", self.path("config")]

    def config(self):
        zones = "".join(f'  - domain: "{name}"\n    file: "{path}"\n' for name, path in self.zones.items())
        return f"""{knot_head(self, 'warning')}template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
{zones}"""
