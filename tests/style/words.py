"""Rule 2: no DNS word in base/, neither in code nor in comments. An identifier counts word by word."""
import re

WORDS = set(
    """
    dns dnssec doh dso edns tsig axfr ixfr svcb rrsig dnskey
    zone zonefile apex glue delegation nameserver resolver authoritative
    rr rrs rrset rdata rtype rclass qname qtype qclass rcode opcode ede
    soa cname dname nxdomain nodata noerror servfail formerr notimp
    """.split()
)
WORDS |= {word + "s" for word in WORDS}

# One table of error codes serves all floors, so it names what they read.
EXEMPT = {"base/err.def"}

RUN = re.compile(r"[A-Za-z0-9]+")  # what lies between underscores and other characters
PART = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")  # cut at capitals, too


def words_of(line):
    runs = RUN.findall(line)
    return runs + [part for run in runs for part in PART.findall(run)]



def dns_words(tree):
    problems = []
    for source in tree.sources(under="base/"):
        if source.path in EXEMPT:
            continue
        for number, line in enumerate(source.text.splitlines(), 1):
            found = sorted({word for word in words_of(line) if word.lower() in WORDS})
            if found:
                problems.append(f"{source.path}:{number}: {', '.join(found)}")
    return problems


def checks(tree):
    return [("2 no DNS word in base/", dns_words(tree))]
