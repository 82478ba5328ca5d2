/* Ask: a client that costs little, so that one core of it can drive a server to its limit. Keeps a
 * window of questions under way over several sockets, sends and receives in batches and never
 * sleeps; a question without an answer for two seconds is lost. What it prints at the end has the
 * form of dnsperf's report, so that one can stand for the other.
 *
 * usage: ask PORT QUERIES SECONDS [WINDOW]
 * Asks at 127.0.0.1; SECONDS 0 asks every question once. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "tools/bench/questions.h"

enum {
    SOCKETS = 4,
    WINDOW_PRESET = 100,
    WINDOW_MAX = 4096, /* questions under way at all sockets together */
    BATCH = 64,
    BURST = 8, /* as few are sent at a time: batches of one would cost the most */
    BUFFER_LEN = 4096,
    SOCKET_BUFFER = 1 << 21,
    LOOK_EVERY = 1024, /* turns between two looks at the clock */
    RCODES = 16,
};
#define SECOND_NS 1000000000u
#define LOST_NS   (2 * (uint64_t)SECOND_NS)

/* One socket's share of the window; the ID of a message is its slot. */
struct client {
    int fd;
    uint64_t sent_ns[WINDOW_MAX]; /* when the slot's question went; 0: the slot is free */
    uint16_t free_slots[WINDOW_MAX];
    unsigned free_count, window;
};

struct totals {
    uint64_t sent, completed, lost, unexpected, octets_out, octets_in;
    uint64_t rcodes[RCODES];
};

static struct client clients[SOCKETS];
static struct totals totals;
static struct questions questions;
static size_t next_question;
static uint8_t in_buffers[BATCH][BUFFER_LEN];
static uint8_t out_buffers[BATCH][QUESTIONS_OCTETS];
static struct iovec in_octets[BATCH], out_octets[BATCH];
static struct mmsghdr in_messages[BATCH], out_messages[BATCH];

static uint64_t now_ns(void)
{
    return clock_system()->mono_ns(clock_system());
}

static bool open_client(struct client *client, unsigned port, unsigned window)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int size = SOCKET_BUFFER;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    client->window = window;
    while (client->free_count < window) {
        client->free_slots[client->free_count] = (uint16_t)client->free_count;
        client->free_count++;
    }
    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    return client->fd >= 0 && connect(client->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static void prepare(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        in_octets[i] = (struct iovec){in_buffers[i], BUFFER_LEN};
        out_octets[i] = (struct iovec){out_buffers[i], 0};
        in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_octets[i], .msg_iovlen = 1};
        out_messages[i].msg_hdr = (struct msghdr){.msg_iov = &out_octets[i], .msg_iovlen = 1};
    }
}

static void release(struct client *client, unsigned slot)
{
    client->sent_ns[slot] = 0;
    client->free_slots[client->free_count++] = (uint16_t)slot;
}

static void take_answer(struct client *client, const uint8_t *octets, size_t len)
{
    unsigned slot = len < DNS_HEADER_LEN ? WINDOW_MAX : (unsigned)(octets[0] << 8 | octets[1]);
    if (slot >= client->window || client->sent_ns[slot] == 0 || !(octets[2] & 0x80)) {
        totals.unexpected++;
        return;
    }
    release(client, slot);
    totals.completed++;
    totals.octets_in += len;
    totals.rcodes[octets[3] & 0xf]++;
}

static void receive(struct client *client)
{
    int n = recvmmsg(client->fd, in_messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        take_answer(client, in_buffers[i], in_messages[i].msg_len);
    }
}

/* Put the next questions into the batch; at most as many as are left to be asked. */
static unsigned gather(struct client *client, uint64_t left, uint64_t time_ns)
{
    unsigned count = client->free_count < BATCH ? client->free_count : BATCH;
    count = count < left ? count : (unsigned)left;
    for (unsigned i = 0; i < count; i++) {
        const struct questions_message *question = &questions.messages[next_question];
        unsigned slot = client->free_slots[--client->free_count];
        next_question = next_question + 1 < questions.count ? next_question + 1 : 0;
        client->sent_ns[slot] = time_ns;
        memcpy(out_buffers[i], question->octets, question->len);
        out_buffers[i][0] = (uint8_t)(slot >> 8);
        out_buffers[i][1] = (uint8_t)slot;
        out_octets[i].iov_len = question->len;
        totals.octets_out += question->len;
    }
    return count;
}

/* What cannot be sent counts as lost after its time, as on a network. */
static void send_questions(struct client *client, uint64_t left, uint64_t time_ns)
{
    unsigned count = gather(client, left, time_ns);
    totals.sent += count;
    for (unsigned sent = 0; sent < count;) {
        int n = sendmmsg(client->fd, out_messages + sent, count - sent, 0);
        sent += n > 0 ? (unsigned)n : 1;
    }
}

static void drop_lost(struct client *client, uint64_t time_ns)
{
    for (unsigned slot = 0; slot < client->window; slot++) {
        if (client->sent_ns[slot] > 0 && time_ns - client->sent_ns[slot] > LOST_NS) {
            release(client, slot);
            totals.lost++;
        }
    }
}

/* Ask for a time, or every question once; then wait for what is under way. */
static uint64_t run(uint64_t duration_ns)
{
    uint64_t begin = now_ns(), time_ns = begin, last = begin;
    uint64_t most = duration_ns > 0 ? UINT64_MAX : questions.count;
    for (unsigned turn = 1;; turn++) {
        bool is_sending = totals.sent < most && (!duration_ns || time_ns - begin < duration_ns);
        if (!is_sending && totals.completed + totals.lost == totals.sent) {
            return last - begin;
        }
        struct client *client = &clients[turn % SOCKETS];
        receive(client);
        if (is_sending && client->free_count >= BURST) {
            send_questions(client, most - totals.sent, time_ns);
        }
        last = is_sending ? time_ns : last;
        if (turn % LOOK_EVERY == 0 || !is_sending) {
            time_ns = now_ns();
            drop_lost(client, time_ns);
        }
    }
}

static void print_report(uint64_t ns)
{
    double seconds = (double)ns / SECOND_NS;
    double completed = totals.completed ? (double)totals.completed : 1;
    const char *separator = "";
    printf("  Queries sent:         %" PRIu64 "\n  Queries completed:    %" PRIu64
           "\n  Queries lost:         %" PRIu64 "\n  Unexpected answers:   %" PRIu64
           "\n  Response codes:       ",
           totals.sent, totals.completed, totals.lost, totals.unexpected);
    for (unsigned i = 0; i < RCODES; i++) {
        if (totals.rcodes[i] > 0) {
            printf("%s%s %" PRIu64 " (%.2f%%)", separator, dns_code_rcode(i), totals.rcodes[i],
                   100 * (double)totals.rcodes[i] / completed);
            separator = ", ";
        }
    }
    printf("\n  Average packet size:  request %.0f, response %.0f\n  Run time (s):         %.6f\n"
           "  Queries per second:   %.6f\n",
           (double)totals.octets_out / (totals.sent ? (double)totals.sent : 1),
           (double)totals.octets_in / completed, seconds, completed / seconds);
}

int main(int argc, char **argv)
{
    unsigned port = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    double seconds = argc > 3 ? atof(argv[3]) : -1;
    unsigned window = argc > 4 ? (unsigned)atoi(argv[4]) : WINDOW_PRESET;
    if (argc < 4 || argc > 5 || port == 0 || port > UINT16_MAX || seconds < 0 ||
        window < SOCKETS * BURST || window > WINDOW_MAX) {
        fprintf(stderr, "usage: ask PORT QUERIES SECONDS [WINDOW]\n");
        return 2;
    }
    if (!questions_read(argv[2], &questions)) {
        fprintf(stderr, "ask: %s: no file of lines NAME TYPE\n", argv[2]);
        return 1;
    }
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (!open_client(&clients[i], port, window / SOCKETS)) {
            fprintf(stderr, "ask: port %u: %s\n", port, strerror(errno));
            return 1;
        }
    }
    prepare();
    print_report(run((uint64_t)(seconds * SECOND_NS)));
    return 0;
}
