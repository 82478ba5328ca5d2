"""Other servers as consumers of a catalog zone of ours (RFC 9432): they are configured with the catalog
alone, and fetch what it lists."""
import os
import signal

import lib
import peers
import secondaries


class Consumer:
    """What the others have in common: nobody may ask them for the catalog, so any answer will do."""

    def answers_all(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.program} ended with {self.process.returncode}")
        try:
            return bool(lib.ask(self, "test", "SOA", "tcp4"))
        except OSError:
            return False


class Knot(Consumer, secondaries.Knot):
    def config(self):
        head, _ = super().config().split("zone:\n")
        zones = "".join(f"  - domain: {name}\n    master: primary\n    acl: told\n"
                        f"    catalog-role: interpret\n    catalog-template: member\n" for name in self.zones)
        return head.replace("template:\n", f"""  - id: told
    address: 127.0.0.1
    action: notify
template:
  - id: member
    storage: "{self.folder}"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
    master: primary
    acl: told
""", 1) + "zone:\n" + zones


class Bind(Consumer, secondaries.Bind):
    def config(self):
        named = f' key "{self.key.name}"' if self.key else ""
        catalogs = "".join(f"""    zone "{name}" default-primaries port {self.primary.port} {{ 127.0.0.1{named}; }}
      in-memory yes min-update-interval 1;
""" for name in self.zones)
        return super().config().replace("options {", f"options {{\n  catalog-zones {{\n{catalogs}  }};\n", 1)


class KnotProducer(peers.Knot):
    """Knot with a catalog that it generates itself; key signs transfers and NOTIFY to a consumer of ours."""

    def __init__(self, catalog, key, consumer_port):
        super().__init__({catalog: None})
        self.catalog, self.key, self.consumer_port = catalog, key, consumer_port

    def set_members(self, members):
        """name -> text of its zone file; takes effect at the start or by reload()."""
        self.members = {name: lib.write(os.path.join(self.folder, f"{name}.zone"), content)
                        for name, content in members.items()}

    def reload(self):
        lib.write(self.path("config"), self.config())
        self.process.send_signal(signal.SIGHUP)

    def answers_all(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.program} ended with {self.process.returncode}")
        try:
            return all(lib.ask(self, zone, "SOA", "tcp4").rcode == 0 for zone in self.members)
        except OSError:
            return False

    def config(self):
        head, _ = super().config().split("template:\n")
        head = head.replace("log:\n", f"""key:
  - id: {self.key.name}
    algorithm: {self.key.algorithm}
    secret: {self.key.base64}
log:
""", 1)
        zones = "".join(f"""  - domain: {name}
    file: "{path}"
    acl: fetch
    notify: consumer
    catalog-role: member
    catalog-zone: {self.catalog}
""" for name, path in self.members.items())
        return f"""{head}remote:
  - id: consumer
    address: 127.0.0.1@{self.consumer_port}
    key: {self.key.name}
acl:
  - id: fetch
    key: {self.key.name}
    action: transfer
template:
  - id: default
    storage: "{self.folder}"
    zonefile-sync: -1
    journal-content: all
    semantic-checks: off
zone:
  - domain: {self.catalog}
    catalog-role: generate
    acl: fetch
    notify: consumer
{zones}"""
