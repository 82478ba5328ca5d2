"""What the tests of SIG(0) and SRP share: keys and signatures by the `cryptography` package, and SRP
registrations as octets over octets, so that they may be wrong in any way.

Without that package the tests that need it are visible skips.
"""
import time
import unittest

import lib
import updates

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
except ImportError:
    ec = None

ECDSAP256SHA256, ED25519 = 13, 15
SIG, KEY, A, PTR, TXT, AAAA, SRV = 24, 25, 1, 12, 16, 28, 33
LEASE = 2  # EDNS option (RFC 9664)


def need_cryptography():
    if not ec:
        raise unittest.SkipTest("not installed: cryptography (for this python)")


class Signer:
    """A private key and the name that its KEY record has."""

    def __init__(self, name, algorithm=ECDSAP256SHA256, number=None, flags=512):
        """number: makes the same key again."""
        self.name, self.algorithm, self.flags = name, algorithm, flags
        if algorithm == ED25519:
            secret = number.to_bytes(32, "big") if number else None
            make = ed25519.Ed25519PrivateKey
            self.secret = make.from_private_bytes(secret) if secret else make.generate()
        else:
            curve = ec.SECP256R1()
            self.secret = ec.derive_private_key(number, curve) if number else ec.generate_private_key(curve)

    @property
    def rdata(self):
        """RDATA of the KEY record."""
        public = self.secret.public_key()
        if self.algorithm == ED25519:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        else:
            numbers = public.public_numbers()
            raw = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        return lib.u16(self.flags) + bytes([3, self.algorithm]) + raw

    @property
    def text(self):
        """The KEY record of a zone file, behind its owner."""
        return f"KEY \\# {len(self.rdata)} {self.rdata.hex()}"

    @property
    def tag(self):
        """RFC 4034 appendix B."""
        total = sum(octet << (0 if i & 1 else 8) for i, octet in enumerate(self.rdata))
        return (total + (total >> 16)) & 0xffff

    def signature(self, data):
        if self.algorithm == ED25519:
            return self.secret.sign(data)
        r, s = utils.decode_dss_signature(self.secret.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign(self, wire, now=None, early_s=60, late_s=300, times=None, tag=None, signature=None, name=None,
             algorithm=None, covered=0, owner=b"\0", rclass=255, ttl=0):
        """A message with a SIG(0) record; what is given besides the times makes it wrong."""
        now = int(time.time()) if now is None else now
        begin, end = times or (now - early_s, now + late_s)
        fixed = lib.u16(covered) + bytes([algorithm or self.algorithm, 0]) + lib.u32(0)
        fixed += lib.u32(end) + lib.u32(begin) + lib.u16(self.tag if tag is None else tag)
        fixed += lib.name_wire(name or self.name)
        signature = signature or self.signature(fixed + wire)
        return updates.append(wire, updates.rr(owner, SIG, rclass, ttl, fixed + signature))


def lease_opt(*seconds):
    """An OPT record with an Update Lease of one or two numbers."""
    data = b"".join(lib.u32(number) for number in seconds)
    return updates.rr(b"\0", 41, 1232, 0, lib.u16(LEASE) + lib.u16(len(data)) + data)


def delete_name(owner):
    return updates.rr(owner, 255, updates.ANY)


def host_records(signer, addresses=("192.0.2.7",), ttl=120):
    """A host description."""
    found = [delete_name(signer.name)]
    found += [updates.rr(signer.name, A, ttl=ttl, rdata=bytes(map(int, text.split(".")))) for text in addresses]
    return found + [updates.rr(signer.name, KEY, ttl=ttl, rdata=signer.rdata)]


def service_records(signer, instance, service, port=8853, subtypes=(), ttl=120):
    """Service discovery and description of an instance; service is the name in the zone."""
    full = f"{instance}.{service}"
    found = [updates.rr(name, PTR, ttl=ttl, rdata=lib.name_wire(full))
             for name in [service, *(f"{subtype}._sub.{service}" for subtype in subtypes)]]
    target = lib.name_wire(signer.name)
    return found + [delete_name(full), updates.rr(full, SRV, ttl=ttl, rdata=lib.u16(0) * 2 + lib.u16(port) + target),
                    updates.rr(full, TXT, ttl=ttl, rdata=b"\3a=b")]


def registration(signer, zone, records, lease=(3600, 86400), **signing):
    """An SRP registration, signed."""
    wire = updates.update_wire(zone, changes=records, additional=[lease_opt(*lease)] if lease else ())
    return signer.sign(wire, **signing)
