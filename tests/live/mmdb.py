"""A writer of small MaxMind files, by MaxMind DB File Format 2.0, for tests: nothing but what they need.

Run alone it writes tests/data/places.mmdb, which the unit tests read.
"""
import ipaddress
import os
import struct

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLE = os.path.join(TOP, "tests", "data", "places.mmdb")
RECORD_BITS = 28
SEPARATOR = 16  # zero octets between tree and data
MARKER = b"\xab\xcd\xefMaxMind.com"
STRING, DOUBLE, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 3, 5, 6, 7, 9, 11


def control(kind, size):
    """Control octet: type, size; types above 7 stand in an octet of their own, sizes above 28 behind."""
    more = b""
    if size >= 285:
        size, more = 30, struct.pack(">H", size - 285)
    elif size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more


def encode(value):
    if isinstance(value, str):
        octets = value.encode()
        return control(STRING, len(octets)) + octets
    if isinstance(value, float):
        return control(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(key) + encode(entry) for key, entry in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(map(encode, value))
    kind, number = value
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return control(kind, len(octets)) + octets


def bits_of(network):
    """Path in the tree: IPv4 lies at ::/96."""
    network = ipaddress.ip_network(network)
    length = network.prefixlen + (96 if network.version == 4 else 0)
    return format(int(network.network_address), "0128b")[:length]


def make(networks, kind="Sample-City", epoch=1700000000):
    """The octets of a file; networks: text of a network -> what is known of it."""
    nodes, data, places = [[None, None]], bytearray(), {}
    for network, value in networks.items():
        octets = encode(value)
        if octets not in places:
            places[octets] = len(data)
            data += octets
        path, at = bits_of(network), 0
        for bit in path[:-1]:
            step = nodes[at][int(bit)]
            if not isinstance(step, list):
                nodes.append([None, None])
                step = nodes[at][int(bit)] = [len(nodes) - 1]
            at = step[0]
        nodes[at][int(path[-1])] = places[octets]

    def record(entry):
        if entry is None:
            return len(nodes)
        return entry[0] if isinstance(entry, list) else len(nodes) + SEPARATOR + entry

    tree = bytearray()
    for left, right in (map(record, node) for node in nodes):
        tree += (left & 0xFFFFFF).to_bytes(3, "big") + bytes([left >> 24 << 4 | right >> 24])
        tree += (right & 0xFFFFFF).to_bytes(3, "big")
    about = {
        "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, epoch), "database_type": kind, "description": {"en": "sample"},
        "ip_version": (UINT16, 6), "languages": ["en"], "node_count": (UINT32, len(nodes)),
        "record_size": (UINT16, RECORD_BITS),
    }
    return bytes(tree) + bytes(SEPARATOR) + bytes(data) + MARKER + encode(about)


def place(country, *parts, latitude=None, longitude=None):
    value = {"country": {"iso_code": country}}
    if parts:
        value["subdivisions"] = [{"iso_code": part} for part in parts]
    if latitude is not None:
        value["location"] = {"latitude": latitude, "longitude": longitude}
    return value


PLACES = {  # networks for documentation, and invented places: a sample
    "192.0.2.0/24": place("CN", "GD", latitude=22.54, longitude=114.06),
    "198.51.100.128/25": place("GB", "ENG", "WSM", latitude=51.5, longitude=-0.13),
    "203.0.113.0/24": place("SG"),
    "203.0.112.0/24": place("SG", latitude=91.0, longitude=0.0),
    "3fff::/20": place("CN", "GD", latitude=22.54, longitude=114.06),
}

if __name__ == "__main__":
    with open(SAMPLE, "wb") as out:
        out.write(make(PLACES))
