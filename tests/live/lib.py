"""What the live tests share: the real daemon on free ports in a fresh folder, its counters and log, and
the runner that prints a sentence per test and, last, "N passed, N failed, N skipped".

Nothing here sleeps to let things happen: whatever is waited for is polled, under a deadline. Every daemon
is ended by its process id, also when the test is stopped by a signal.
"""
import atexit
import contextlib
import json
import os
import pwd
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.abspath(os.environ.get("SUANYU_BIN", os.path.join(TOP, "build", "bin")))
LONG = os.environ.get("SUANYU_LONG") == "1"  # do all rounds, however long they take
SAMPLE = os.path.join(TOP, "zones", "sample")
DEADLINE_S = 60  # for what should happen at once: only a broken server meets it, not a disk that takes seconds to sync
READY_S = 120  # for a start, which may write a whole store
MEMORY = "/dev/shm"
USER = "nobody"  # whom the server becomes when the tests run as root
IS_ROOT = os.geteuid() == 0
SHOWN_MAX = 5  # failures shown of one test
TEXT_MAX = 4000  # characters of one

started = []  # processes that are ours to end


def kill_started():
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def on_term(_signal, _frame):
    sys.exit(143)  # by way of atexit


atexit.register(kill_started)
signal.signal(signal.SIGTERM, on_term)


def until(condition, what, deadline_s=DEADLINE_S):
    """Poll until condition() is true and return that; otherwise fail and say what was waited for."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        select.select([], [], [], 0.005)


def need(*programs):
    """Skip, visibly, where a client or another server is not installed."""
    absent = [program for program in programs if not find_program(program)]
    if absent:
        raise unittest.SkipTest(f"not installed: {', '.join(absent)}")


def find_program(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def is_sanitized():
    """True for a build whose memory is a sanitizer's rather than its own."""
    try:
        with open(os.path.join(BIN, "suanyud"), "rb") as program:
            return b"__asan_init" in program.read()
    except OSError:
        return False


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


HAS_IPV6 = has_ipv6()


# --- ports and folders ----------------------------------------------------------------------------


def is_free(port):
    families = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if HAS_IPV6 else [])
    with contextlib.ExitStack() as stack:
        for family, host in families:
            for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
                probe = stack.enter_context(socket.socket(family, kind))
                try:
                    probe.bind((host, port))
                except OSError:
                    return False
    return True


def free_port():
    """A port that is free for UDP and TCP over both families. Another may take it before we do."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if is_free(port):
            return port
    raise AssertionError("no free port")


def fresh_folder(in_memory=False):
    """A new folder that the server may read, gone at the end; in a file system without a disk, where there is one."""
    folder = tempfile.mkdtemp(prefix="suanyu-live-", dir=MEMORY if in_memory and os.access(MEMORY, os.W_OK) else None)
    os.chmod(folder, 0o755)
    atexit.register(shutil.rmtree, folder, True)
    return folder


def write(path, text):
    """Write a file that the server may read."""
    with open(path, "wb") as out:
        out.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, 0o644)
    return path


def give(path):
    """Make the server's user the owner."""
    if IS_ROOT:
        entry = pwd.getpwnam(USER)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def sample_zone(folder):
    """A copy of the sample zone that the server may read; returns the path of its first file."""
    target = os.path.join(folder, "sample")
    os.mkdir(target)
    for name in os.listdir(SAMPLE):
        if name.endswith(".zone"):
            with open(os.path.join(SAMPLE, name), "rb") as source:
                write(os.path.join(target, name), source.read())
    os.chmod(target, 0o755)
    return os.path.join(target, "compute.gba.zone")


# --- configuration --------------------------------------------------------------------------------


def yaml_scalar(value):
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)  # a JSON text is one of YAML


def yaml(value, indent=""):
    """The text of maps, lists and scalars, in block style."""
    lines = []
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            lines += [f"{indent}{key}:", yaml(inner, indent + "  ").rstrip("\n")]
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lines.append(f"{indent}{key}:")
            for entry in inner:
                text = yaml(entry, indent + "    ").rstrip("\n")
                lines.append(f"{indent}  - {text.lstrip()}")
        elif isinstance(inner, list):
            lines.append(f"{indent}{key}: [{', '.join(yaml_scalar(entry) for entry in inner)}]")
        else:
            lines.append(f"{indent}{key}: {yaml_scalar(inner)}")
    return "\n".join(lines) + "\n"


# --- the server -----------------------------------------------------------------------------------

# Counters that also move by what the tests do to look at the server, or later than the answer is seen.
UNCOUNTED = re.compile(r"^(control_.*|http_request|tcp_closed|tcp_error)$")


class Server:
    """suanyud with its own folder, ports, control socket and log.

    zones: name -> text of its zone file, or path of one (a text holds a line end), or a map of options.
    options: those of `server` in the configuration. As a context manager it is started and stopped.
    """

    def __init__(self, zones=None, http=False, store=None, files=None, **options):
        self.folder = fresh_folder()
        self.run = os.path.join(self.folder, "run")
        os.mkdir(self.run)
        give(self.run)
        self.config_path = os.path.join(self.folder, "suanyud.yaml")
        self.log_path = os.path.join(self.folder, "suanyud.log")
        self.socket_path = os.path.join(self.run, "suanyud.sock")
        self.store_path = os.path.join(self.run, "store")
        self.options = {"workers": 1, **options}
        self.store = store or {}
        self.files = files  # descriptors that it may have
        self.hosts = ["127.0.0.1"] + (["[::1]"] if HAS_IPV6 else [])
        self.port = free_port()
        self.http_port = free_port() if http else None
        self.zones = {}
        for name, zone in (zones or {}).items():
            self.set_zone(name, zone)
        self.process = None
        self.notify = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, _value, _trace):
        self.stop(check=kind is None)

    # configuration

    def set_zone(self, name, zone):
        """Configure a zone; takes effect at the next start or reload."""
        if isinstance(zone, str):
            path = zone
            if "\n" in zone:
                path = write(os.path.join(self.folder, f"{name}.zone"), zone)
            zone = {"file": path}
        self.zones[name] = zone

    def config(self):
        server = {"listen": [f"{host}:{self.port}" for host in self.hosts], **self.options}
        if self.http_port:
            server["http_listen"] = [f"127.0.0.1:{self.http_port}"]
        if IS_ROOT:
            server.setdefault("user", USER)
        server = {key: value for key, value in server.items() if value is not None}
        return {
            "server": server,
            "control": {"socket": self.socket_path},
            "store": {"path": self.store_path, **self.store},
            "zones": [{"name": name, **zone} for name, zone in self.zones.items()],
        }

    def write_config(self, text=None):
        write(self.config_path, text if text is not None else yaml(self.config()))

    # life

    def environment(self):
        return dict(os.environ)

    def spawn(self):
        """Start the process, whether it will be ready or not."""
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"@suanyu-live-{os.getpid()}-{self.port}"
        self.notify.bind("\0" + name[1:])
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.files,) * 2)) if self.files else None
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(BIN, "suanyud"), "-c", self.config_path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**self.environment(), "NOTIFY_SOCKET": name}, preexec_fn=limit,
            )
        started.append(self.process)

    def wait_ready(self):
        """Until the server says so to whoever started it (sd_notify)."""

        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"suanyud ended with {self.process.returncode}:\n{self.log()}")
            readable, _, _ = select.select([self.notify], [], [], 0.2)
            return readable and b"READY=1" in self.notify.recv(4096)

        until(is_ready, "suanyud is ready", READY_S)

    def start(self):
        for attempt in range(3):
            self.write_config()
            self.spawn()
            try:
                self.wait_ready()
                return self
            except AssertionError:
                if attempt == 2 or "in use" not in self.log():
                    raise
                self.close()  # somebody took a port after we looked
                self.port = free_port()
        return self

    def stop(self, check=True):
        """SIGTERM, and its exit status must be 0."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.finish(check)

    def finish(self, check=True):
        """Wait for the end of a server that was told to stop."""
        if not self.process:
            return
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        status = self.close()
        if check and status != 0:
            raise AssertionError(f"suanyud ended with {status}:\n{self.log()[-4000:]}")
        if check:
            self.check_log()

    def kill(self):
        """SIGKILL: what it did not write is lost."""
        self.process.kill()
        self.close()

    def close(self):
        status = self.process.wait()
        self.notify.close()
        self.process = None
        return status

    def cpu_s(self):
        """Time that it has computed: what a busy machine or a slow disk takes is not in it."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def is_alive(self):
        return self.process.poll() is None

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        """SIGHUP with the present configuration, until it was taken (True) or refused (False)."""
        self.write_config()
        return self.hup()

    def hup(self):
        """SIGHUP; True when the configuration was taken, False when it was refused."""
        before = self.counters()
        while select.select([self.notify], [], [], 0)[0]:
            self.notify.recv(4096)
        self.process.send_signal(signal.SIGHUP)
        self.wait_ready()
        after = self.counters()
        ok, failed = (after[name] - before[name] for name in ("config_reload_ok", "config_reload_failed"))
        if ok + failed != 1:
            raise AssertionError(f"one reload counted as {ok} good ones and {failed} failed ones")
        return ok == 1

    # what it says

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def check_log(self):
        """Sanitizers and failed checks speak here."""
        found = re.search(r".*(Sanitizer|runtime error:|CHECK|assert).*", self.log())
        if found:
            raise AssertionError(f"in the server's log: {found.group()}\n{self.log()[-4000:]}")

    def control(self, command, *args, deadline_s=DEADLINE_S):
        """One request on the control socket; returns ("ok" or "error", result or error, text of parts)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(deadline_s)
            peer.connect(self.socket_path)
            peer.sendall(json.dumps({"cmd": command, "args": list(args)}).encode() + b"\n")
            parts = []
            with peer.makefile("rb") as lines:
                for line in lines:
                    answer = json.loads(line)
                    if "part" not in answer:
                        kind = "ok" if answer["ok"] else "error"
                        return kind, answer.get("result", answer.get("error")), "".join(parts)
                    parts.append(answer["part"])
        raise AssertionError(f"no answer to {command} {args}")

    def counters(self):
        kind, result, _ = self.control("stats")
        if kind != "ok":
            raise AssertionError(f"stats: {result}")
        return result["counters"]

    @contextlib.contextmanager
    def counts(self, **expected):
        """Inside, exactly these counters move, and by so much; UNCOUNTED ones may move."""
        before = self.counters()
        yield
        moved = {}

        def is_so():
            moved.clear()
            for name, value in self.counters().items():
                if value != before[name] and not UNCOUNTED.match(name):
                    moved[name] = value - before[name]
            return moved == expected

        try:
            until(is_so, "counters")
        except AssertionError:
            lines = [f"  {name}: {moved.get(name, 0)}, expected {expected.get(name, 0)}"
                     for name in sorted(moved | expected) if moved.get(name, 0) != expected.get(name, 0)]
            raise AssertionError("counters that moved otherwise:\n" + "\n".join(lines)) from None

    def suanyu(self, *args, **options):
        """Run the command line tool on this server."""
        return run([os.path.join(BIN, "suanyu"), "-s", self.socket_path, *args], **options)


def run(command, **options):
    options = {"timeout": 2 * DEADLINE_S, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)


# --- messages, without anybody's library ----------------------------------------------------------

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
DO = 0x8000
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = 0, 1, 2, 3, 4, 5, 6
NOTAUTH, BADVERS, BADCOOKIE = 9, 16, 23
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28,
         "SRV": 33, "DNAME": 39, "OPT": 41, "DS": 43, "SVCB": 64, "NXNAME": 128, "TKEY": 249, "TSIG": 250,
         "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255, "CENTRE": 65360, "CRES": 65361,
         "CLOAD": 65362}
EDE = 15


def u16(number):
    return number.to_bytes(2, "big")


def u32(number):
    return number.to_bytes(4, "big")


def name_wire(name):
    """Wire form of a name in text without escapes."""
    labels = [label for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def question(name, rtype="A", rclass=1):
    number = TYPES[rtype] if isinstance(rtype, str) else rtype
    owner = name if isinstance(name, bytes) else name_wire(name)
    return owner + u16(number) + u16(rclass)


def header(ident=0x1234, flags=0, qd=1, an=0, ns=0, ar=0):
    return b"".join(u16(number) for number in (ident, flags, qd, an, ns, ar))


def option(code, data=b""):
    return u16(code) + u16(len(data)) + data


def opt(size=1232, options=b"", flags=0, version=0, ext_rcode=0, owner=b"\0"):
    ttl = ext_rcode << 24 | version << 16 | flags
    return owner + u16(TYPES["OPT"]) + u16(size) + u32(ttl) + u16(len(options)) + options


def query(name, rtype="A", rclass=1, ident=0x1234, flags=0, edns=None):
    """A query as octets; edns: what opt() returned, or None."""
    return header(ident, flags, 1, ar=1 if edns else 0) + question(name, rtype, rclass) + (edns or b"")


def read_name(wire, at):
    """(name in lower-case text, offset behind it)."""
    labels, end, hops = [], None, 0
    while True:
        length = wire[at]
        if length >= 0xC0:
            end = end if end is not None else at + 2
            at = (length & 0x3F) << 8 | wire[at + 1]
            hops += 1
            if hops > 128:
                raise ValueError("a loop of pointers")
        elif length == 0:
            return (".".join(labels).lower() or ".") , (end if end is not None else at + 1)
        else:
            labels.append(wire[at + 1:at + 1 + length].decode("latin-1"))
            at += 1 + length


class Record:
    def __init__(self, wire, at):
        self.owner, at = read_name(wire, at)
        self.type, self.rclass = int.from_bytes(wire[at:at + 2], "big"), int.from_bytes(wire[at + 2:at + 4], "big")
        self.ttl = int.from_bytes(wire[at + 4:at + 8], "big")
        length = int.from_bytes(wire[at + 8:at + 10], "big")
        self.rdata_at = at + 10
        self.rdata = wire[self.rdata_at:self.rdata_at + length]
        if len(self.rdata) != length:
            raise ValueError("a record ends behind the message")
        self.end = self.rdata_at + length

    def __repr__(self):
        return f"{self.owner} {self.ttl} CLASS{self.rclass} TYPE{self.type} {self.rdata.hex()}"


class Reply:
    """A message as received, read completely: every octet belongs to something."""

    def __init__(self, wire):
        self.wire = wire
        numbers = [int.from_bytes(wire[i:i + 2], "big") for i in range(0, 12, 2)]
        self.id, self.flags, self.counts = numbers[0], numbers[1], numbers[2:]
        self.opcode = self.flags >> 11 & 15
        at = 12
        self.questions = []
        for _ in range(self.counts[0]):
            start = at
            _, at = read_name(wire, at)
            at += 4
            self.questions.append(wire[start:at])
        self.sections = []
        for count in self.counts[1:]:
            records = []
            for _ in range(count):
                records.append(Record(wire, at))
                at = records[-1].end
            self.sections.append(records)
        if at != len(wire):
            raise ValueError(f"{len(wire) - at} octets behind the last record")
        self.answer, self.authority, self.additional = self.sections
        opts = [record for record in self.additional if record.type == TYPES["OPT"]]
        if len(opts) > 1:
            raise ValueError("two OPT records")
        self.opt = opts[0] if opts else None
        self.rcode = self.flags & 15 | (self.opt.ttl >> 24 << 4 if self.opt else 0)

    @property
    def options(self):
        """code -> data of the EDNS options."""
        found, at = {}, 0
        while self.opt and at < len(self.opt.rdata):
            code, length = (int.from_bytes(self.opt.rdata[i:i + 2], "big") for i in (at, at + 2))
            found[code] = self.opt.rdata[at + 4:at + 4 + length]
            at += 4 + length
        return found

    @property
    def ede(self):
        """(info code, text) of the extended error, or None."""
        data = self.options.get(EDE)
        return (int.from_bytes(data[:2], "big"), data[2:].decode()) if data is not None else None

    def types(self, section):
        return [record.type for record in section]


# --- exchanges ------------------------------------------------------------------------------------

TRANSPORTS = [f"{kind}{family}" for family in ("4", "6") if family == "4" or HAS_IPV6 for kind in ("udp", "tcp")]


def address_of(server, transport):
    return ("::1" if transport.endswith("6") else "127.0.0.1"), server.port


def open_socket(server, transport, timeout_s=DEADLINE_S, source=None):
    """A connected socket."""
    family = socket.AF_INET6 if transport.endswith("6") else socket.AF_INET
    kind = socket.SOCK_STREAM if transport.startswith("tcp") else socket.SOCK_DGRAM
    peer = socket.socket(family, kind)
    peer.settimeout(timeout_s)
    try:
        if source:
            peer.bind((source, 0))
        peer.connect(address_of(server, transport))
    except BaseException:
        peer.close()
        raise
    return peer


def framed(wire):
    return u16(len(wire)) + wire


def read_exactly(peer, count):
    """count octets, or less when the peer ends."""
    data = b""
    while len(data) < count:
        part = peer.recv(count - len(data))
        if not part:
            break
        data += part
    return data


def read_framed(peer):
    """One message of a stream, or None when the peer ended before it."""
    length = read_exactly(peer, 2)
    if len(length) < 2:
        return None
    wire = read_exactly(peer, int.from_bytes(length, "big"))
    return wire if len(wire) == int.from_bytes(length, "big") else None


def exchange(server, wire, transport="udp4", timeout_s=DEADLINE_S):
    """Send one message and return the answer's octets; TimeoutError when there is none."""
    with open_socket(server, transport, timeout_s) as peer:
        if transport.startswith("udp"):
            peer.send(wire)
            return peer.recv(65535)
        peer.sendall(framed(wire))
        answer = read_framed(peer)
        if answer is None:
            raise TimeoutError("the server closed the connection without an answer")
        return answer


def ask(server, name, rtype="A", transport="udp4", **options):
    return Reply(exchange(server, query(name, rtype, **options), transport))


def ended(peer):
    """True when the peer has closed or reset the connection; waits for that as long as its timeout."""
    try:
        while peer.recv(65535):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


# --- stock clients --------------------------------------------------------------------------------


class Printed:
    """What dig, kdig or drill print, which is nearly the same."""

    def __init__(self, text):
        self.text = text
        head = re.search(r"->>HEADER<<- opcode:? ?(\w+)[,;] (?:status|rcode): (\w+)[,;] id: (\d+)", text)
        if not head:
            raise AssertionError(f"no answer in what the client printed:\n{text}")
        self.opcode, self.status = head.group(1), head.group(2)
        flags = re.search(r"^;; [Ff]lags: ?([a-z ]*?) ?(?:;|$)", text, re.M)
        self.flags = set(flags.group(1).split()) if flags else set()
        names = "QUERY", "ANSWER", "AUTHORITY", "ADDITIONAL"
        numbers = [re.search(rf"\b{name}: (\d+)", text) for name in names]
        self.counts = [int(number.group(1)) if number else 0 for number in numbers]
        edns = re.search(r"EDNS: version: (\d+)[,;] flags:([a-z ]*)(?:; MBZ: (0x[0-9a-f]+))?", text)
        self.edns_version = int(edns.group(1)) if edns else None
        self.edns_flags = set(edns.group(2).split()) if edns else None
        self.edns_mbz = edns.group(3) if edns else None
        self.sections = {name: self.read_section(name) for name in names[1:]}
        self.answer, self.authority, self.additional = self.sections.values()

    def read_section(self, name):
        """Records as (owner, ttl, type, rdata), owner in lower case."""
        block = re.search(rf"^;; {name}(?: SECTION)?:[^\n]*\n((?:[^;\n][^\n]*\n)*)", self.text, re.M)
        records = []
        for line in block.group(1).splitlines() if block else []:
            owner, ttl, _class, rtype, rdata = (line.split(None, 4) + [""])[:5]
            rdata = re.sub(r"\s+", " ", rdata.strip())
            if rtype == "DS":  # some print the digest in parts
                rdata = re.sub(r"(?<=[0-9A-F]{8}) ", "", rdata)
            records.append((owner.lower(), int(ttl), rtype, rdata))
        return records

    def short(self, section):
        """Records without their TTL, as a sorted list of texts."""
        return sorted(f"{owner} {rtype} {rdata}" for owner, _, rtype, rdata in section)


def dig(server, *args, transport="udp4"):
    """dig without what it would add by itself: RD, AD and a cookie."""
    need("dig")
    host, port = address_of(server, transport)
    tcp = ["+tcp"] if transport.startswith("tcp") else ["+notcp"]
    result = run(["dig", f"@{host}", "-p", str(port), "-r", f"+time={DEADLINE_S}", "+tries=1", "+norec", "+noad",
                  "+nocookie", *tcp, *args])
    return Printed(result.stdout)


def kdig(server, *args, transport="udp4"):
    need("kdig")
    host, port = address_of(server, transport)
    tcp = ["+tcp"] if transport.startswith("tcp") else ["+notcp", "+ignore"]
    result = run(["kdig", f"@{host}", "-p", str(port), f"+timeout={DEADLINE_S}", "+retry=0", "+nordflag", *tcp, *args])
    return Printed(result.stdout)


def drill(server, *args, transport="udp4"):
    need("drill")
    host, port = address_of(server, transport)
    tcp = ["-t"] if transport.startswith("tcp") else ["-u"]
    result = run(["drill", "-p", str(port), "-o", "rd", *tcp, args[0], f"@{host}", *args[1:]])
    return Printed(result.stdout)


# --- the runner -----------------------------------------------------------------------------------


class Sentences(unittest.TestResult):
    """One line a test, its sentence; then everything about those that failed."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.details = {}  # failed test -> what failed in it

    @staticmethod
    def sentence(test):
        return (test.shortDescription() or str(test)) if hasattr(test, "shortDescription") else str(test)

    def say(self, word, test, more=""):
        print(f"{word:4} {self.sentence(test)}{more}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.say("ok", test)

    def add_bad(self, test, error):
        kind, value, trace = error
        frames = [frame for frame in traceback.extract_tb(trace) if frame.filename.startswith(TOP)]
        text = "".join(traceback.format_list(frames) + traceback.format_exception_only(kind, value))
        text = text if len(text) < TEXT_MAX else text[:TEXT_MAX] + " ...\n"
        whole = getattr(test, "test_case", test)  # a subtest belongs to its test
        text += f"with: {whole.context}\n" if getattr(whole, "context", None) else ""
        if whole not in self.details:
            self.details[whole] = []
            self.say("FAIL", whole)
        self.details[whole].append((test, text))

    def addFailure(self, test, err):
        self.add_bad(test, err)

    def addError(self, test, err):
        self.add_bad(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.add_bad(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("skip", test, f" ({reason})")

    def wasSuccessful(self):
        return not self.details


def main():
    """Run the tests of the script, or those named by its arguments (Class or Class.method)."""
    module = sys.modules["__main__"]
    loader = unittest.defaultTestLoader
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = Sentences()
    if not os.access(os.path.join(BIN, "suanyud"), os.X_OK):
        print(f"no suanyud in {BIN}: build it, or set SUANYU_BIN")
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)
    suite.run(result)
    for found in result.details.values():
        for test, text in found[:SHOWN_MAX]:
            print(f"\n---- {test}\n{text}", end="")
        if len(found) > SHOWN_MAX:
            print(f"... and {len(found) - SHOWN_MAX} more of this test")
    print(f"{result.passed} passed, {len(result.details)} failed, {len(result.skipped)} skipped")
    sys.exit(0 if result.wasSuccessful() else 1)


