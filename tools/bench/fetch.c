/* Fetch: read a whole transfer and say how long it took and how large it was. It looks at what it must
 * to find the end (owners are stepped over, RDATA is not read but for the SOA's), so that the server is
 * what is measured.
 *
 * usage: fetch PORT ZONE [SERIAL]
 * AXFR; with SERIAL an IXFR from there. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum { ID = 1, QUERY_LEN = 1024, BUFFER_LEN = 1 << 20, MESSAGE_MAX = 65535, SOA_NUMBERS = 20 };
#define SECOND_NS 1e9

/* What came so far. */
struct transfer {
    bool is_ixfr;
    uint32_t asked; /* serial of an IXFR */
    uint64_t messages, octets, records, changed;
    uint64_t begin_ns, first_ns; /* first: the first octets of an answer */
    uint32_t serial;             /* of the first record */
    bool is_incremental;         /* the second record is a SOA, too */
    unsigned closing;            /* SOA records with that serial */
};

static uint64_t now_ns(void)
{
    return clock_system()->mono_ns(clock_system());
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "fetch: %s: %s\n", what, why);
    return 1;
}

static int open_socket(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* RFC 1995 section 3: an IXFR says in a SOA record what is there. */
static bool send_request(int fd, const struct transfer *transfer, const uint8_t *zone)
{
    static struct dns_write writer;
    uint8_t octets[QUERY_LEN], soa[2 + SOA_NUMBERS] = {0};
    size_t len = 0;
    uint16_t type = transfer->is_ixfr ? DNS_TYPE_IXFR : DNS_TYPE_AXFR;
    struct wr wr = wr_make(soa + 2, 4);
    wr_u32(&wr, transfer->asked);
    dns_write_begin(&writer, octets + 2, sizeof(octets) - 2, ID, 0);
    dns_write_question(&writer, zone, type, DNS_CLASS_IN);
    if (transfer->is_ixfr) {
        dns_write_rr(&writer, DNS_SECTION_AUTHORITY, zone, DNS_TYPE_SOA, DNS_CLASS_IN, 0, soa,
                     sizeof(soa));
    }
    if (dns_write_end(&writer, &len)) {
        return false;
    }
    wr = wr_make(octets, 2);
    wr_u16(&wr, (unsigned)len);
    return write(fd, octets, len + 2) == (ssize_t)len + 2;
}

static uint32_t soa_serial(const struct dns_rr *rr)
{
    struct rd rd = rd_make(rr->rdata, rr->rdlen);
    if (rr->rdlen > SOA_NUMBERS) {
        rd_take(&rd, rr->rdlen - (size_t)SOA_NUMBERS);
    }
    return rd_u32(&rd);
}

/* RFC 5936 2.2 and RFC 1995 4: is the record the last one? */
static bool is_end(struct transfer *transfer, const struct dns_rr *rr)
{
    transfer->records++;
    if (rr->type != DNS_TYPE_SOA) {
        transfer->changed++;
        return false;
    }
    if (transfer->records == 1) {
        transfer->serial = soa_serial(rr);
    }
    transfer->is_incremental |= transfer->records == 2;
    transfer->closing += soa_serial(rr) == transfer->serial ? 1 : 0;
    return transfer->closing == (transfer->is_incremental ? 3 : 2) ||
           (transfer->is_ixfr && transfer->records == 1 && transfer->serial == transfer->asked);
}

/* False when the message is no part of a transfer. */
static bool take_message(struct transfer *transfer, const uint8_t *octets, size_t len,
                         bool *out_end)
{
    struct rd rd = rd_make(octets, len);
    struct dns_header header;
    struct dns_question question;
    struct dns_rr rr;
    transfer->messages++;
    transfer->octets += len;
    if (dns_read_header(&rd, &header) || header.id != ID || (header.flags & 0xf) != 0) {
        return false;
    }
    for (unsigned i = 0; i < header.count[DNS_SECTION_QUESTION]; i++) {
        dns_read_question(&rd, &question);
    }
    for (unsigned i = 0; i < header.count[DNS_SECTION_ANSWER] && !*out_end; i++) {
        if (dns_read_skip_rr(&rd, &rr)) {
            return false;
        }
        *out_end = is_end(transfer, &rr);
    }
    return true;
}

/* Take whole messages from the front of the buffer; returns the octets taken, or -1. */
static ssize_t take_messages(struct transfer *transfer, const uint8_t *buffer, size_t len,
                             bool *out_end)
{
    size_t at = 0;
    while (!*out_end && len - at >= 2) {
        size_t size = (size_t)(buffer[at] << 8 | buffer[at + 1]);
        if (len - at < size + 2) {
            break;
        }
        if (!take_message(transfer, buffer + at + 2, size, out_end)) {
            return -1;
        }
        at += size + 2;
    }
    return (ssize_t)at;
}

static const char *receive(int fd, struct transfer *transfer)
{
    static uint8_t buffer[BUFFER_LEN + MESSAGE_MAX];
    size_t held = 0;
    bool is_over = false;
    while (!is_over) {
        ssize_t got = read(fd, buffer + held, sizeof(buffer) - held);
        if (got <= 0) {
            return got ? strerror(errno) : "the connection ended before the transfer";
        }
        transfer->first_ns = transfer->first_ns ? transfer->first_ns : now_ns();
        held += (size_t)got;
        ssize_t taken = take_messages(transfer, buffer, held, &is_over);
        if (taken < 0) {
            return "an answer that is no transfer";
        }
        held -= (size_t)taken;
        memmove(buffer, buffer + taken, held);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    uint8_t zone[DNS_NAME_MAX];
    size_t len;
    unsigned port = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    if (argc < 3 || argc > 4 || port == 0 || port > UINT16_MAX ||
        dns_name_parse(argv[2], strlen(argv[2]), NULL, zone, &len)) {
        fprintf(stderr, "usage: fetch PORT ZONE [SERIAL]\n");
        return 2;
    }
    struct transfer transfer = {.is_ixfr = argc == 4, .begin_ns = now_ns()};
    transfer.asked = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    int fd = open_socket(port);
    if (fd < 0 || !send_request(fd, &transfer, zone)) {
        return fail("request", strerror(errno));
    }
    const char *why = receive(fd, &transfer);
    uint64_t end_ns = now_ns();
    if (why) {
        return fail("transfer", why);
    }
    printf("  Form:                 %s\n  Serial:               %" PRIu32
           "\n  Messages:             %" PRIu64 "\n  Octets:               %" PRIu64
           "\n  Records:              %" PRIu64 "\n  Not SOA:              %" PRIu64
           "\n  First octet (s):      %.6f\n  Run time (s):         %.6f\n",
           transfer.is_incremental ? "IXFR"
           : transfer.records == 1 ? "none"
                                   : "AXFR",
           transfer.serial, transfer.messages, transfer.octets, transfer.records, transfer.changed,
           (double)(transfer.first_ns - transfer.begin_ns) / SECOND_NS,
           (double)(end_ns - transfer.begin_ns) / SECOND_NS);
    return 0;
}
