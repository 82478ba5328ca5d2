"""Other servers as consumers of a catalog zone of ours (RFC 9432): they are configured with the catalog
alone, and fetch what it lists."""
import lib
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
