"""Rule 3: each third-party library has its home; nothing of it is seen elsewhere."""
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass
class Library:
    headers: str  # pattern of its #include paths
    names: str  # pattern of its names in code; "" where ours look the same
    homes: list  # path patterns that may include and name it


# Order and homes as in docs/architecture.md. Headers (.h) are homes only where listed: no library type
# leaves its home in a header, libuv's embedded handles excepted.
LIBRARIES = {
    "lmdb": Library(r"lmdb\.h", r"mdb_\w+|MDB_\w+", ["base/kv_lmdb.c"]),
    "libuv": Library(r"uv(/.*)?\.h", r"uv_\w+|UV_[A-Z]\w*", ["base/loop*", "base/stream*"]),
    "openssl": Library(
        r"openssl/.*",
        r"(SSL|SSL_CTX|EVP|BIO|BN|X509|ECDSA|EC|OSSL|CRYPTO|OPENSSL|RAND)_[A-Za-z]\w*|SSL",
        ["base/tls.c", "base/mac.c", "zones/sign_*.c"],
    ),
    "ldns": Library(r"ldns/.*", r"ldns_\w+|LDNS_\w+", ["zones/zone_import.c"]),
    "jansson": Library(
        r"jansson\.h",
        r"json_t|json_(object|array|string|integer|real|pack|unpack|load|dump)[a-z_]*",
        ["base/json.[ch]", "server/ctl*.c", "server/api*.c", "server/metrics*.c", "sched/jobs/*.c",
         "sched/adapters/*.c", "tools/*"],
    ),
    "libmaxminddb": Library(r"maxminddb\.h", r"MMDB_\w+", ["server/regions_mmdb.c"]),
    "libmicrohttpd": Library(r"microhttpd\.h", r"MHD_\w+", ["base/http.c"]),
    "libyaml": Library(r"yaml\.h|cyaml/.*", r"yaml_\w+_t|yaml_(parser|event|document)_\w+|cyaml_\w+",
                       ["base/conf.c"]),
    "liburcu": Library(r"urcu.*", r"urcu_\w+|cds_\w+|call_rcu\w*", ["base/rcu.h", "base/rcu.c"]),
    "libcurl": Library(r"curl/.*", r"curl_\w+|CURL\w*", ["base/fetch.c", "base/kv_etcd.c"]),
    "nghttp2": Library(r"nghttp2/.*", r"nghttp2_\w+|NGHTTP2_\w+", ["server/doh.c"]),
    "cmocka": Library(r"cmocka\.h", r"cmocka_\w+", []),
}

# tests/ may include anything.
EVERYWHERE = ["tests/*"]

SYSTEM = re.compile(
    r"^((sys|net|netinet|netpacket|arpa|linux|asm|bits)/[\w/]+|"
    "assert|byteswap|complex|ctype|dirent|dlfcn|elf|endian|errno|execinfo|fcntl|features|fenv|float|fnmatch|"
    "getopt|glob|grp|ifaddrs|inttypes|iso646|libgen|limits|locale|math|malloc|memory|netdb|nss|poll|pthread|"
    "pwd|regex|sched|search|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|"
    "stdio|stdlib|stdnoreturn|string|strings|syslog|termios|threads|time|uchar|unistd|utime|wchar|wctype|"
    r"emmintrin|immintrin|x86intrin|arm_neon|sanitizer/\w+)\.h$"
)


def at_home(path, homes):
    return any(fnmatchcase(path, home) for home in homes + EVERYWHERE)


def includes(tree):
    problems = []
    for source in tree.sources():
        for line, kind, path in source.includes():
            if kind != "system" or SYSTEM.match(path):
                continue
            place = f"{source.path}:{line}: <{path}>"
            names = [name for name, lib in LIBRARIES.items() if re.fullmatch(lib.headers, path)]
            if not names:
                if not at_home(source.path, []):
                    problems.append(f"{place} belongs to no library with a home (tests/style/homes.py)")
            elif not at_home(source.path, LIBRARIES[names[0]].homes):
                homes = " ".join(LIBRARIES[names[0]].homes) or "tests only"
                problems.append(f"{place}: the home of {names[0]} is {homes}")
    return problems


def uses(tree):
    problems = []
    for source in tree.sources():
        for name, library in LIBRARIES.items():
            if at_home(source.path, library.homes):
                continue
            found = sorted(set(m.group() for m in re.finditer(rf"\b(?:{library.names})\b", source.code)))
            if found:
                line = source.line_of(re.search(rf"\b{found[0]}\b", source.code).start())
                problems.append(f"{source.path}:{line}: {' '.join(found)} of {name}, outside its home")
    return problems


def checks(tree):
    return [
        ("3 libraries are included at home only", includes(tree)),
        ("3 no library name leaves its home", uses(tree)),
    ]
