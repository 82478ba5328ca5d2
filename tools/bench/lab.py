"""What every bench needs around its measurement: peers installed, programs built, a scratch folder that goes away, the
servers stopped whatever happens, and a word about the machine.
"""
import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack

import contest
import peers
import publishing
from peers import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ZONE = "compute.gba"
OBSERVED = 1700000000  # a fixed time in the zone's records, so that every run has the same octets
RECORDS_A_CENTRE, OTHER_RECORDS = 7, 3


def options(doc):
    """The options that all benches share."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", metavar="DIR",
                        help="take the programs of this build folder as they are (default: install what is missing, "
                             "build the release preset)")
    parser.add_argument("--scratch", metavar="DIR", help="where the temporary folder is made (needs about 3 GB)")
    parser.add_argument("--nice", type=int, default=0, metavar="N",
                        help="run servers and client with this nice value; below 0 needs root and keeps others away")
    return parser


def tell(text):
    print(text, flush=True)


def prepare(args):
    """Install, build; leave the programs' paths in the classes of peers."""
    build = args.build or os.path.join(ROOT, "build")
    if not args.build:
        script = """. "$root/tools/lib.sh"
                    install_packages build bench
                    build_preset release suanyud benches"""
        command = ["bash", "-euc", script, sys.argv[0]]
        if subprocess.run(command, env={**os.environ, "root": ROOT}, check=False).returncode:
            raise Failure("the programs could not be installed and built")
    peers.Suanyud.program = os.path.join(build, "bin", "suanyud")
    peers.Echo.program = os.path.join(build, "bench", "echo")
    contest.ASK = os.path.join(build, "bench", "ask")
    publishing.PUBLISH, publishing.FETCH = (os.path.join(build, "bench", name) for name in ("publish", "fetch"))
    ours = peers.Suanyud.program, peers.Echo.program, contest.ASK, publishing.PUBLISH, publishing.FETCH
    for program in (*ours, "knotd", "named", "nsd", "dnsperf", "taskset"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise Failure(f"{program} is not there")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not {0, 1} <= os.sched_getaffinity(0):
        raise Failure("two cores are needed, one for the server and one for the client")
    peers.nice = args.nice


def machine():
    model = re.search(r"model name\s*:\s*(.*)", peers.read("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", peers.read("/proc/meminfo"))
    kernel = platform.release().split("-")[0]
    return (f"{os.cpu_count()} cores {model.group(1) if model else 'of an unknown model'}, "
            f"{int(memory.group(1)) / 2**20 if memory else 0:.0f} GiB, Linux {kernel}")


def make_zone(folder, centres, queries):
    """The acceptance zone; returns its folder."""
    target = os.path.join(folder, "zone")
    tell(f"making the zone: {centres:,} centres, {2 * centres:,} names, {records_of(centres):,} records")
    subprocess.run([sys.executable, os.path.join(HERE, "gen.py"), str(centres), target, "--zone", ZONE,
                    "--obs", str(OBSERVED), "--queries", str(queries), "--updates", "0"], check=True)
    return target


def records_of(centres):
    return RECORDS_A_CENTRE * centres + OTHER_RECORDS


def run(doc, more_options, measure):
    """A bench's main: measure(args, folder, stack) inside a scratch folder; the stack ends what was started. Exit
    status 0, or 1 when something could not be measured."""
    parser = options(doc)
    more_options(parser)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        prepare(args)
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="suanyu-bench-", dir=args.scratch))
            os.chmod(folder, 0o755)  # a server that was started as root becomes somebody else
            tell(machine())
            measure(args, folder, stack)
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"{os.path.basename(sys.argv[0])}: {failure}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
