"""The servers that the benches compare: each started on a free port of the loopback with a zone, pinned to one core,
looked at through /proc, and stopped again. Their configuration is the leanest that gives the same answers: one thread
for UDP, no signing, no journal, no rate limit, no log.
"""
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections import namedtuple

SERVER_CORE, CLIENT_CORE = 0, 1
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
STOP_S = 20

Usage = namedtuple("Usage", "user_s system_s run_s wait_s")  # wait_s: ready to run, but others ran
Memory = namedtuple("Memory", "rss pss anonymous")  # octets; anonymous: of pss, what is no file's


class Failure(Exception):
    """A measurement that could not be made; the text says why."""


nice = 0  # of all programs that are started here


def launch(core, command, **streams):
    """Start a program on one core. With autogroups the kernel heeds the nice value of its session alone."""
    process = subprocess.Popen(["taskset", "-c", str(core), "nice", "-n", str(nice), *command],
                               stdin=subprocess.DEVNULL, start_new_session=True, **streams)
    try:
        with open(f"/proc/{process.pid}/autogroup", "w", encoding="ascii") as file:
            file.write(str(nice))
    except OSError:
        pass  # no autogroups, or not ours to change
    return process


def read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tree_of(pid):
    """A process and all that came from it."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        fields = read(f"/proc/{entry}/stat").rpartition(")")[2].split()
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found, front = [pid], [pid]
    while front:
        front = [child for parent in front for child in parents.get(parent, [])]
        found += front
    return found


def busy_s(core):
    """Time that a core has worked for anybody, or for other machines of its host."""
    fields = re.search(rf"^cpu{core} (.*)", read("/proc/stat"), re.M).group(1).split()
    user, nice_time, system, _, _, interrupt, soft_interrupt, steal = map(int, fields[:8])
    return (user + nice_time + system + interrupt + soft_interrupt + steal) * TICK_S


def usage_of(pids):
    user = system = run = wait = 0
    for pid in pids:
        fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if not fields:
            continue
        user, system = user + int(fields[11]), system + int(fields[12])
        for task in os.listdir(f"/proc/{pid}/task"):
            times = read(f"/proc/{pid}/task/{task}/schedstat").split()
            run, wait = run + int(times[0] if times else 0), wait + int(times[1] if times else 0)
    return Usage(user * TICK_S, system * TICK_S, run / 1e9, wait / 1e9)


def watch(process, name, limit_s):
    """Wait for a client; returns what it said and its CPU time."""
    end, run_s = time.monotonic() + limit_s, 0
    try:
        while process.poll() is None:
            if time.monotonic() > end:
                raise Failure(f"{name} did not end")
            run_s = max(run_s, usage_of([process.pid]).run_s)
            time.sleep(0.02)
    finally:
        if process.poll() is None:
            process.kill()
    text = process.communicate()[0]
    if process.returncode:
        raise Failure(f"{name} ended with {process.returncode}:\n{text}")
    return text, run_s


def memory_of(pids):
    def total(field):
        return 1024 * sum(
            int(number) for pid in pids
            for number in re.findall(rf"^{field}:\s+(\d+) kB", read(f"/proc/{pid}/smaps_rollup"), re.M)
        )

    return Memory(total("Rss"), total("Pss"), total("Pss_Anon"))


def free_port():
    """A port that neither UDP nor TCP of the loopback has in use."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]
            except OSError:
                continue


def question(name, rrtype=1, number=1):
    """A query without EDNS, class IN."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", rrtype, 1)


class Peer:
    """One server. A subclass says how it is called, configured and started."""

    name = ""
    program = ""

    def __init__(self, folder, zone_name, zone_file):
        self.folder = os.path.join(folder, self.name)
        self.zone_name, self.zone_file = zone_name, zone_file
        self.port = free_port()
        self.process = None
        os.makedirs(self.folder, exist_ok=True)

    def configure(self):
        """Write what the program needs; return its arguments."""
        raise NotImplementedError

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.path(name)

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = launch(SERVER_CORE, [self.program, *self.configure()], stdout=log, stderr=log)

    def await_answer(self, name, seconds):
        """Ask for the address of a name until the answer holds one; returns when that was, by the clock of
        time.monotonic()."""
        end = time.monotonic() + seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", self.port))
            sock.settimeout(0.001)
            while time.monotonic() < end:
                if self.process.poll() is not None:
                    raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.log_end()}")
                try:
                    sock.send(question(name))
                    if self.is_answer(sock.recv(4096)):
                        return time.monotonic()
                except TimeoutError:
                    pass
                except ConnectionRefusedError:
                    time.sleep(0.001)
        raise Failure(f"{self.name} gave no answer in {seconds} s:\n{self.log_end()}")

    @staticmethod
    def is_answer(reply):
        rcode, records = reply[3] & 15, reply[6:8]
        return rcode == 0 and records != b"\0\0"

    def log_end(self):
        return read(self.path("log"))[-2000:]

    def pids(self):
        return tree_of(self.process.pid)

    def stop(self):
        """End it, by force when it does not go. True when it went by itself."""
        if self.process is None:
            return True
        pids = self.pids() if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            return False
        finally:
            self.process = None
        return True


class Suanyud(Peer):
    name = "suanyud"
    index = "off"

    def configure(self):
        is_root = os.geteuid() == 0
        if is_root:  # it stays no root, and becomes nobody
            shutil.chown(self.folder, "nobody")
        return ["-c", self.write("suanyud.yaml", f"""\
server:
  listen: [127.0.0.1:{self.port}]
  workers: 1
  log_level: error
  {"user: nobody" if is_root else ""}
control:
  socket: {self.path("control")}
store:
  path: {self.path("store")}
zones:
  - name: {self.zone_name}
    file: {self.zone_file}
    index: {self.index}
""")]


class SuanyudIndex(Suanyud):
    name = "suanyud+index"
    index = "on"


class Knotd(Peer):
    name = "knotd"
    program = "knotd"

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
database:
  storage: {self.folder}
zone:
  - domain: {self.zone_name}
    file: {self.zone_file}
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
    semantic-checks: off
""")]


class Nsd(Peer):
    name = "nsd"
    program = "nsd"

    def configure(self):
        return ["-d", "-c", self.write("nsd.conf", f"""\
server:
  server-count: 1
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: ""
  database: ""
  pidfile: {self.path("pid")}
  xfrdfile: {self.path("xfrd")}
  xfrdir: {self.folder}
  zonelistfile: {self.path("list")}
  cookie-secret-file: ""
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  verbosity: 0
remote-control:
  control-enable: no
zone:
  name: {self.zone_name}
  zonefile: {self.zone_file}
""")]


class Echo(Peer):
    """No server: what the system itself can do."""

    name = "echo"

    def configure(self):
        return ["127.0.0.1", str(self.port)]

    @staticmethod
    def is_answer(reply):
        return len(reply) > 0
