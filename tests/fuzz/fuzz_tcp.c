/* Door: octets on a TCP connection. The first octet says in what pieces the rest is sent; however
 * that is, the messages that come out must be those that a plain walk over the octets finds. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "server/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 20000, ROUNDS_MAX = 100000 };

/* What the connection should give, and has given. */
struct query_worker {
    const uint8_t *next; /* where the next message is expected */
    const uint8_t *end;
};

static size_t check_message(struct query_worker *worker, const struct query_peer *peer,
                            const uint8_t *message, size_t len, uint8_t *out, size_t size)
{
    (void)peer;
    CHECK(worker->end - worker->next >= 2 + (ptrdiff_t)len && size == 65535);
    CHECK((size_t)(worker->next[0] << 8 | worker->next[1]) == len && len >= 12);
    CHECK(memcmp(worker->next + 2, message, len) == 0);
    worker->next += 2 + len;
    memset(out, 'x', 12);
    return len % 7 == 0 ? 0 : 12; /* some get no answer */
}

static void on_tick(struct loop_timer *timer)
{
    loop_stop(timer->context);
}

/* One round of the loop that does not wait. */
static void run_round(struct loop *loop, struct loop_timer *tick)
{
    loop_timer_start(tick, 0, 0);
    loop_run(loop);
}

/* How many octets belong to whole messages, up to a length that is none. */
static size_t whole_messages(const uint8_t *data, size_t size)
{
    size_t used = 0;
    while (size - used >= 2) {
        const size_t len = (size_t)data[used] << 8 | data[used + 1];
        if (len < 12 || size - used - 2 < len) {
            break;
        }
        used += 2 + len;
    }
    return used;
}

static void send_in_pieces(struct loop *loop, struct loop_timer *tick, int fd, const uint8_t *data,
                           size_t size, size_t piece)
{
    for (size_t at = 0; at < size; at += piece) {
        const size_t len = size - at < piece ? size - at : piece;
        if (send(fd, data + at, len, MSG_NOSIGNAL) != (ssize_t)len) {
            break; /* it was closed for a bad length */
        }
        run_round(loop, tick);
    }
    shutdown(fd, SHUT_WR);
}

static int connect_to(const struct tcp *tcp)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(tcp_port(tcp, 0)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sockaddr_storage address;
    const struct tcp_options options = {&address, 1, false, 4, 4, 3, 1000, 60000, 60000};
    struct query_worker worker;
    struct stat_registry *registry = stat_registry_create();
    struct loop *loop;
    struct loop_timer tick;
    struct tcp *tcp;
    char answer[4096];

    if (size < 1 || size > INPUT_MAX) {
        stat_registry_destroy(registry);
        return 0;
    }
    ((struct sockaddr_in *)&address)->sin_family = AF_INET;
    ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    worker = (struct query_worker){data + 1, data + size};
    CHECK(loop_create(false, &loop) == 0);
    loop_timer_init(&tick, loop, on_tick, loop);
    CHECK(tcp_create(loop, &options, check_message, &worker, stat_registry_add(registry), &tcp) ==
          0);
    const int fd = connect_to(tcp);
    send_in_pieces(loop, &tick, fd, data + 1, size - 1, data[0] ? data[0] : size);
    for (int i = 0; i < ROUNDS_MAX && recv(fd, answer, sizeof(answer), MSG_DONTWAIT) != 0; i++) {
        run_round(loop, &tick); /* until the server hangs up, too */
    }
    close(fd);
    tcp_destroy(tcp);
    loop_timer_close(&tick, NULL);
    loop_run(loop);
    CHECK(loop_destroy(loop) == 0);
    CHECK((size_t)(worker.next - data - 1) == whole_messages(data + 1, size - 1));
    stat_registry_destroy(registry);
    return 0;
}
