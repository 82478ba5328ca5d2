/* Publish: a client that sends signed updates, each of which changes something, and that can ask
 * afterwards whether all of them are there. Like `ask` it costs little and never sleeps; what it
 * prints has the form of dnsperf's report, with latencies beside it.
 *
 * Update number n replaces the CLOAD of one pool of tools/bench/gen.py's zone by one that n follows
 * from; among CENTRES updates in a row no pool comes twice, so of two updates of one pool the later
 * number counts. A window of updates is under way; with RATE they are sent by the clock, and a
 * latency begins when the update was due. An update without an answer for some seconds is lost.
 * `sleep` has it wait in the system between two updates, for whoever else needs its core.
 *
 * usage: publish update PORT CENTRES SECRET FIRST SECONDS WINDOW [RATE [sleep]]
 *        publish check PORT CENTRES END
 * SECRET is hexadecimal, of the key "bench" (hmac-sha256). The check asks for what updates 0 to
 * END - 1 have left. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum {
    SOCKETS = 4,
    WINDOW_MAX = 1024, /* updates under way; the ID of a message is its place in the window */
    CHECK_WINDOW = 64,
    BUFFER_LEN = 4096,
    SECRET_MAX = 64,
    OBSERVED = 1700000000,
    LOAD_TTL_S = 30,
    STRIDE = 1000003, /* a prime: no two of CENTRES updates in a row meet */
    RCODES = 16,
};
#define SECOND_NS 1000000000u
#define LOST_NS   (10 * (uint64_t)SECOND_NS)

/* One update or question under way. */
struct place {
    bool is_taken;
    uint64_t number, due_ns, sent_ns;
};

/* What main was asked to do. */
struct task {
    bool is_check, is_sleeping;
    unsigned port, window;
    uint64_t centres, first, end; /* numbers; end is UINT64_MAX when time ends it */
    uint64_t duration_ns, gap_ns; /* gap: between two updates, 0: as fast as answers come */
    const struct dns_tsig_key *key;
};

struct totals {
    uint64_t sent, completed, lost, unexpected, wrong;
    uint64_t rcodes[RCODES];
    uint32_t *latencies_us;
    size_t room;
};

static struct task task;
static struct totals totals;
static struct place places[WINDOW_MAX];
static uint16_t free_places[WINDOW_MAX];
static unsigned free_count;
static int sockets[SOCKETS];
static struct mac *mac;
static uint8_t zone[DNS_NAME_MAX];

static uint64_t now_ns(void)
{
    return clock_system()->mono_ns(clock_system());
}

static bool open_sockets(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)task.port)};
    bool is_good = true;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (unsigned i = 0; i < SOCKETS; i++) {
        sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        is_good = is_good && sockets[i] >= 0 &&
                  connect(sockets[i], (struct sockaddr *)&to, sizeof(to)) == 0;
    }
    return is_good;
}

static void owner_of(uint64_t number, uint8_t *out_name)
{
    char text[64];
    size_t len;
    int text_len = snprintf(text, sizeof(text), "p0.c%06" PRIu64 ".compute.gba.",
                            number * STRIDE % task.centres);
    dns_name_parse(text, (size_t)text_len, NULL, out_name, &len);
}

static void put_attribute(struct wr *wr, unsigned key, uint64_t value, size_t len)
{
    wr_u16(wr, key);
    wr_u16(wr, (unsigned)len);
    wr_uint(wr, value, len);
}

/* The CLOAD that an update leaves: as long as those of gen.py, and no two alike. */
static size_t load_of(uint64_t number, uint8_t *out, size_t size)
{
    struct wr wr = wr_make(out, size);
    wr_u8(&wr, 0); /* target: the root */
    put_attribute(&wr, 96, OBSERVED + number, 4);
    put_attribute(&wr, 97, 256 + number % 3840, 2);
    put_attribute(&wr, 98, 65536 + number % 4000000, 4);
    put_attribute(&wr, 99, 65536 + number % 400000, 4);
    put_attribute(&wr, 101, number % 256, 1);
    put_attribute(&wr, 102, number % 200, 1);
    put_attribute(&wr, 105, number % 101, 1);
    put_attribute(&wr, 106, number % 97, 1);
    return wr_len(&wr);
}

/* RFC 2136 2.5.2 and 2.5.1: the set goes, the record comes. */
static size_t write_update(unsigned id, uint64_t number, uint8_t *out)
{
    static struct dns_write writer;
    uint8_t owner[DNS_NAME_MAX], load[128];
    size_t len = 0, load_len = load_of(number, load, sizeof(load));
    owner_of(number, owner);
    dns_write_begin(&writer, out, BUFFER_LEN, (uint16_t)id, DNS_OPCODE_UPDATE << 11);
    dns_write_question(&writer, zone, DNS_TYPE_SOA, DNS_CLASS_IN);
    dns_write_rr(&writer, DNS_SECTION_AUTHORITY, owner, DNS_TYPE_CLOAD, DNS_CLASS_ANY, 0, NULL, 0);
    dns_write_rr(&writer, DNS_SECTION_AUTHORITY, owner, DNS_TYPE_CLOAD, DNS_CLASS_IN, LOAD_TTL_S,
                 load, load_len);
    if (dns_write_end(&writer, &len)) {
        return 0;
    }
    struct wr wr = wr_make(out, BUFFER_LEN);
    struct dns_tsig_client exchange;
    uint64_t now_s = (uint64_t)clock_system()->wall_s(clock_system());
    wr.pos += len;
    return dns_tsig_client_sign(&exchange, mac, task.key, now_s, &wr) ? 0 : wr_len(&wr);
}

static size_t write_question(unsigned id, uint64_t number, uint8_t *out)
{
    static struct dns_write writer;
    uint8_t owner[DNS_NAME_MAX];
    size_t len = 0;
    owner_of(number, owner);
    dns_write_begin(&writer, out, BUFFER_LEN, (uint16_t)id, 0);
    dns_write_question(&writer, owner, DNS_TYPE_CLOAD, DNS_CLASS_IN);
    return dns_write_end(&writer, &len) ? 0 : len;
}

static void note_latency(uint64_t ns)
{
    if (totals.completed == totals.room) {
        totals.room = totals.room ? 2 * totals.room : 65536;
        totals.latencies_us =
            mem_grow(totals.latencies_us, totals.room, sizeof(*totals.latencies_us));
    }
    totals.latencies_us[totals.completed] = (uint32_t)(ns / 1000);
}

/* Is the record in an answer the one that the update with this number left? */
static bool is_there(const uint8_t *octets, size_t len, uint64_t number)
{
    uint8_t load[128];
    size_t load_len = load_of(number, load, sizeof(load));
    return (octets[6] << 8 | octets[7]) == 1 && memmem(octets, len, load, load_len) != NULL;
}

static void take_answer(const uint8_t *octets, size_t len)
{
    unsigned id = len < DNS_HEADER_LEN ? WINDOW_MAX : (unsigned)(octets[0] << 8 | octets[1]);
    if (id >= task.window || !places[id].is_taken || !(octets[2] & 0x80)) {
        totals.unexpected++;
        return;
    }
    struct place *place = &places[id];
    place->is_taken = false;
    free_places[free_count++] = (uint16_t)id;
    totals.wrong += task.is_check && !is_there(octets, len, place->number) ? 1 : 0;
    note_latency(now_ns() - place->due_ns);
    totals.completed++;
    totals.rcodes[octets[3] & 0xf]++;
}

static void receive(void)
{
    uint8_t octets[BUFFER_LEN];
    for (unsigned i = 0; i < SOCKETS; i++) {
        ssize_t len;
        while ((len = recv(sockets[i], octets, sizeof(octets), MSG_DONTWAIT)) > 0) {
            take_answer(octets, (size_t)len);
        }
    }
}

/* What cannot be sent counts as lost after its time, as on a network. */
static void send_next(uint64_t due_ns)
{
    uint8_t octets[BUFFER_LEN];
    uint64_t number = task.first + totals.sent;
    unsigned id = free_places[--free_count];
    size_t len =
        task.is_check ? write_question(id, number, octets) : write_update(id, number, octets);
    places[id] = (struct place){true, number, due_ns, now_ns()};
    ssize_t sent = send(sockets[id % SOCKETS], octets, len, MSG_DONTWAIT);
    (void)sent;
    totals.sent++;
}

/* Until the next update is due or an answer comes. */
static void rest(uint64_t ns)
{
    struct pollfd polls[SOCKETS];
    struct timespec wait = {(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)};
    for (unsigned i = 0; i < SOCKETS; i++) {
        polls[i] = (struct pollfd){sockets[i], POLLIN, 0};
    }
    ppoll(polls, SOCKETS, &wait, NULL);
}

static void drop_lost(uint64_t time_ns)
{
    for (unsigned id = 0; id < task.window; id++) {
        if (places[id].is_taken && time_ns > places[id].sent_ns + LOST_NS) {
            places[id].is_taken = false;
            free_places[free_count++] = (uint16_t)id;
            totals.lost++;
        }
    }
}

/* Returns the time from the first update to the last answer. */
static uint64_t run(void)
{
    uint64_t begin = now_ns(), last = begin, completed = 0;
    while (free_count < task.window) {
        free_places[free_count] = (uint16_t)free_count;
        free_count++;
    }
    for (;;) {
        uint64_t time_ns = now_ns();
        uint64_t due_ns = task.gap_ns ? begin + totals.sent * task.gap_ns : time_ns;
        bool is_sending = task.first + totals.sent < task.end && time_ns - begin < task.duration_ns;
        if (!is_sending && totals.completed + totals.lost == totals.sent) {
            return last - begin;
        }
        if (is_sending && free_count > 0 && due_ns <= time_ns) {
            send_next(due_ns);
        } else if (task.is_sleeping) {
            rest(is_sending && due_ns > time_ns ? due_ns - time_ns : SECOND_NS / 1000);
        }
        receive();
        last = totals.completed > completed ? now_ns() : last;
        completed = totals.completed;
        drop_lost(time_ns);
    }
}

static int compare_latencies(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double latency_ms(double share)
{
    size_t at = (size_t)(share * (double)(totals.completed - 1));
    return totals.completed ? totals.latencies_us[at] / 1000.0 : 0;
}

static void print_report(uint64_t ns)
{
    double seconds = (double)ns / SECOND_NS;
    double completed = totals.completed ? (double)totals.completed : 1;
    const char *what = task.is_check ? "Queries" : "Updates", *separator = "";
    qsort(totals.latencies_us, totals.completed, sizeof(*totals.latencies_us), compare_latencies);
    printf("  %s sent:         %" PRIu64 "\n  %s completed:    %" PRIu64
           "\n  %s lost:         %" PRIu64 "\n  Unexpected answers:   %" PRIu64
           "\n  Wrong answers:        %" PRIu64 "\n  Response codes:       ",
           what, totals.sent, what, totals.completed, what, totals.lost, totals.unexpected,
           totals.wrong);
    for (unsigned i = 0; i < RCODES; i++) {
        if (totals.rcodes[i] > 0) {
            printf("%s%s %" PRIu64 " (%.2f%%)", separator, dns_code_rcode(i), totals.rcodes[i],
                   100 * (double)totals.rcodes[i] / completed);
            separator = ", ";
        }
    }
    printf("\n  Latency (ms):         p50 %.3f, p90 %.3f, p99 %.3f, p99.9 %.3f, max %.3f"
           "\n  Run time (s):         %.6f\n  %s per second:   %.6f\n",
           latency_ms(0.5), latency_ms(0.9), latency_ms(0.99), latency_ms(0.999), latency_ms(1),
           seconds, what, completed / (seconds > 0 ? seconds : 1));
}

static bool take_secret(const char *text)
{
    static const uint8_t name[] = "\5bench";
    static struct dns_tsig_ring *ring;
    uint8_t secret[SECRET_MAX];
    size_t len = 0, bad;
    for (; len < SECRET_MAX && sscanf(text + 2 * len, "%2hhx", &secret[len]) == 1; len++) {
    }
    struct dns_tsig_key_spec spec = {
        name, dns_tsig_algorithm_parse("hmac-sha256", strlen("hmac-sha256")), secret, len, 0};
    if (dns_tsig_ring_create(&spec, 1, &ring, &bad)) {
        return false;
    }
    task.key = dns_tsig_ring_find(ring, name);
    return task.key != NULL;
}

static bool take_update(char **texts, int count)
{
    double seconds = count >= 3 ? atof(texts[2]) : 0, rate = count >= 5 ? atof(texts[4]) : 0;
    task.is_sleeping = count == 6 && strcmp(texts[5], "sleep") == 0;
    if (count < 4 || count > 5 + (task.is_sleeping ? 1 : 0) || !take_secret(texts[0]) ||
        seconds <= 0 || rate < 0) {
        return false;
    }
    task.first = strtoull(texts[1], NULL, 10);
    task.end = UINT64_MAX;
    task.duration_ns = (uint64_t)(seconds * SECOND_NS);
    task.window = (unsigned)atoi(texts[3]);
    task.gap_ns = rate > 0 ? (uint64_t)(SECOND_NS / rate) : 0;
    return task.window > 0 && task.window <= WINDOW_MAX;
}

static bool take_check(char **texts, int count)
{
    task.is_check = true;
    task.end = count == 1 ? strtoull(texts[0], NULL, 10) : 0;
    task.first = task.end > task.centres ? task.end - task.centres : 0;
    task.duration_ns = UINT64_MAX;
    task.window = CHECK_WINDOW;
    return task.end > 0;
}

int main(int argc, char **argv)
{
    size_t len;
    bool is_update = argc > 1 && strcmp(argv[1], "update") == 0;
    task.port = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    task.centres = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    bool is_good = task.port > 0 && task.port <= UINT16_MAX && task.centres > 0 &&
                   (is_update ? take_update(argv + 4, argc - 4)
                              : strcmp(argv[1], "check") == 0 && take_check(argv + 4, argc - 4));
    if (!is_good) {
        fprintf(stderr,
                "usage: publish update PORT CENTRES SECRET FIRST SECONDS WINDOW [RATE [sleep]]\n"
                "       publish check PORT CENTRES END\n");
        return 2;
    }
    if (!open_sockets()) {
        fprintf(stderr, "publish: port %u: %s\n", task.port, strerror(errno));
        return 1;
    }
    mac = mac_create(1);
    dns_name_parse("compute.gba.", strlen("compute.gba."), NULL, zone, &len);
    print_report(run());
    return 0;
}
