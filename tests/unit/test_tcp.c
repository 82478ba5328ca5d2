#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/tcp.h"

/* Stands for what answers queries: the answer is the message's first two octets, then as many octets of
 * filling as told. A message that begins with 0xff gets none. */
struct query_worker {
    unsigned calls;
    size_t answer_len;
    struct query_peer last_peer;
    size_t last_len;
};

static size_t answer(struct query_worker *worker, const struct query_peer *peer,
                     const uint8_t *message, size_t len, uint8_t *out, size_t size)
{
    worker->calls++;
    worker->last_peer = *peer;
    worker->last_len = len;
    if (message[0] == 0xff) {
        return 0;
    }
    assert_true(worker->answer_len <= size);
    memset(out, 'x', worker->answer_len);
    memcpy(out, message, 2);
    return worker->answer_len;
}

struct bench {
    struct loop *loop;
    struct loop_timer tick;
    unsigned ticks;
    struct stat_registry *registry;
    struct stat_set *stat;
    struct query_worker worker;
    struct tcp *tcp;
};

enum { TICKS_MAX = 20000 };

/* Lets the test look at its condition each millisecond. */
static void on_tick(struct loop_timer *timer)
{
    struct bench *bench = timer->context;
    bench->ticks++;
    loop_stop(bench->loop);
}

#define RUN_UNTIL(bench, condition)                                                                \
    do {                                                                                           \
        (bench)->ticks = 0;                                                                        \
        while (!(condition) && (bench)->ticks < TICKS_MAX) {                                       \
            loop_run((bench)->loop);                                                               \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static const struct tcp_options usual = {
    .connections_max = 10,
    .per_source_max = 10,
    .in_flight_max = 1000,
    .backlog_max = 100000,
    .idle_ms = 3600000,
    .stall_ms = 3600000,
};

static struct sockaddr_storage loopback(int family, uint16_t port)
{
    struct sockaddr_storage storage = {.ss_family = (sa_family_t)family};
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        v4->sin_port = htons(port);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
        v6->sin6_addr = in6addr_loopback;
        v6->sin6_port = htons(port);
    }
    return storage;
}

static struct bench *open_bench(struct tcp_options options)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct sockaddr_storage addresses[] = {loopback(AF_INET, 0), loopback(AF_INET6, 0)};

    assert_int_equal(loop_create(true, &bench->loop), 0);
    loop_timer_init(&bench->tick, bench->loop, on_tick, bench);
    loop_timer_start(&bench->tick, 1, 1);
    bench->registry = stat_registry_create();
    bench->stat = stat_registry_add(bench->registry);
    bench->worker.answer_len = 20;
    options.addresses = addresses;
    options.address_count = 2;
    assert_int_equal(
        tcp_create(bench->loop, &options, answer, &bench->worker, bench->stat, &bench->tcp), 0);
    return bench;
}

static void close_bench(struct bench *bench)
{
    tcp_destroy(bench->tcp);
    loop_timer_close(&bench->tick, NULL);
    loop_run(bench->loop); /* what is told to leave does so */
    assert_int_equal(loop_destroy(bench->loop), 0);
    stat_registry_destroy(bench->registry);
    free(bench);
}

static int connect_to(const struct bench *bench, int family)
{
    const struct sockaddr_storage address =
        loopback(family, tcp_port(bench->tcp, family == AF_INET ? 0 : 1));
    const int fd = socket(family, SOCK_STREAM, 0);
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&address,
                family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)),
        0);
    return fd;
}

static uint64_t count(const struct bench *bench, enum stat_counter counter)
{
    return bench->stat->counters[counter];
}

/* Connect, and wait until the server has taken the connection. */
static int open_connection(struct bench *bench)
{
    const uint64_t before = count(bench, STAT_tcp_opened);
    const int fd = connect_to(bench, AF_INET);
    RUN_UNTIL(bench, count(bench, STAT_tcp_opened) > before);
    return fd;
}

/* A framed message of len octets that begins with a number. */
static size_t put_message(uint8_t *out, unsigned number, size_t len)
{
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)len;
    memset(out + 2, 0, len);
    out[2] = (uint8_t)(number >> 8);
    out[3] = (uint8_t)number;
    return len + 2;
}

static void send_message(int fd, unsigned number, size_t len)
{
    static uint8_t data[2 + 65535];
    const size_t size = put_message(data, number, len);
    assert_int_equal(send(fd, data, size, MSG_NOSIGNAL), size);
}

/* Read len octets while the loop runs. */
static void read_all(struct bench *bench, int fd, uint8_t *out, size_t len)
{
    size_t at = 0;
    bench->ticks = 0;
    while (at < len && bench->ticks < TICKS_MAX) {
        const ssize_t n = recv(fd, out + at, len - at, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            loop_run(bench->loop);
        } else {
            assert_true(n > 0);
            at += (size_t)n;
        }
    }
    assert_int_equal(at, len);
}

static void expect_answer(struct bench *bench, int fd, unsigned number, size_t len)
{
    static uint8_t data[2 + 65535];
    read_all(bench, fd, data, len + 2);
    assert_int_equal(data[0] << 8 | data[1], len);
    assert_int_equal(data[2] << 8 | data[3], number);
    for (size_t i = 4; i < len + 2; i++) {
        assert_int_equal(data[i], 'x');
    }
}

/* The end of the connection: 0 in peace, ECONNRESET by force. Answers before it are skipped. */
static int wait_for_end(struct bench *bench, int fd)
{
    static uint8_t data[65536];
    ssize_t n;
    bench->ticks = 0;
    do {
        n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            loop_run(bench->loop);
            n = 1;
        }
    } while (n > 0 && bench->ticks < TICKS_MAX);
    close(fd);
    return n == 0 ? 0 : errno;
}

static void a_query_is_answered_and_the_connection_stays(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);

    (void)state;
    for (unsigned i = 1; i < 4; i++) {
        send_message(fd, i, 30);
        expect_answer(bench, fd, i, 20);
        assert_int_equal(bench->worker.last_len, 30);
    }
    assert_int_equal(count(bench, STAT_tcp_message), 3);
    assert_int_equal(tcp_connections(bench->tcp), 1);
    close(fd);
    RUN_UNTIL(bench, count(bench, STAT_tcp_closed) == 1);
    assert_int_equal(tcp_connections(bench->tcp), 0);
    close_bench(bench);
}

static void the_worker_learns_who_asks(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = connect_to(bench, AF_INET6);
    struct sockaddr_in6 own;
    socklen_t len = sizeof(own);

    (void)state;
    send_message(fd, 1, 12);
    expect_answer(bench, fd, 1, 20);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    assert_int_equal(bench->worker.last_peer.transport, QUERY_TCP);
    assert_int_equal(bench->worker.last_peer.family, 6);
    assert_int_equal(bench->worker.last_peer.port, ntohs(own.sin6_port));
    assert_memory_equal(bench->worker.last_peer.address, &in6addr_loopback, 16);
    close(fd);
    close_bench(bench);
}

/* RFC 7766 section 6.2.1.1 */
static void pipelined_queries_are_all_answered_in_order(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);
    static uint8_t data[200 * 100];
    size_t len = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        len += put_message(data + len, i, 12 + i % 50);
    }
    assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
    for (unsigned i = 0; i < 200; i++) {
        expect_answer(bench, fd, i, 20);
    }
    close(fd);
    close_bench(bench);
}

static void a_message_may_come_in_any_pieces(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);
    uint8_t data[300];
    const size_t first = put_message(data, 1, 40), second = put_message(data + first, 2, 50);
    const size_t len = first + second;

    (void)state;
    for (size_t cut = 1; cut < len; cut++) {
        const uint64_t answered = bench->worker.calls;
        const unsigned early = cut >= first; /* messages complete in the first piece */
        assert_int_equal(send(fd, data, cut, MSG_NOSIGNAL), cut);
        RUN_UNTIL(bench, bench->worker.calls >= answered + early);
        loop_run(bench->loop); /* the piece has come, if not with the line above */
        assert_int_equal(bench->worker.calls, answered + early);
        assert_int_equal(send(fd, data + cut, len - cut, MSG_NOSIGNAL), len - cut);
        expect_answer(bench, fd, 1, 20);
        expect_answer(bench, fd, 2, 20);
    }
    close(fd);
    close_bench(bench);
}

static void messages_of_all_sizes_pass_both_ways(void **state)
{
    static const size_t sizes[] = {12, 13, 511, 512, 513, 65533, 65534, 65535};
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);

    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bench->worker.answer_len = sizes[i];
        send_message(fd, i, sizes[i]);
        expect_answer(bench, fd, i, sizes[i]);
        assert_int_equal(bench->worker.last_len, sizes[i]);
    }
    close(fd);
    close_bench(bench);
}

static void a_message_without_answer_holds_nothing_up(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);

    (void)state;
    send_message(fd, 0xff00, 12);
    send_message(fd, 1, 12);
    expect_answer(bench, fd, 1, 20);
    assert_int_equal(bench->worker.calls, 2);
    close(fd);
    close_bench(bench);
}

/* RFC 1035 section 4.1.1: nothing shorter than a header is a message. */
static void a_length_below_a_header_ends_the_connection(void **state)
{
    struct bench *bench = open_bench(usual);

    (void)state;
    for (size_t len = 0; len < 12; len++) {
        const int fd = open_connection(bench);
        send_message(fd, 7, 12);
        send_message(fd, 8, len);
        expect_answer(bench, fd, 7, 20); /* what came before is answered */
        assert_int_equal(wait_for_end(bench, fd), 0);
        RUN_UNTIL(bench, count(bench, STAT_tcp_malformed) == len + 1);
    }
    assert_int_equal(bench->worker.calls, 12);
    close_bench(bench);
}

static void one_source_gets_so_many_connections(void **state)
{
    struct tcp_options options = usual;
    options.per_source_max = 2;
    struct bench *bench = open_bench(options);
    const int first = open_connection(bench), second = open_connection(bench);
    const int third = connect_to(bench, AF_INET);

    (void)state;
    assert_int_equal(wait_for_end(bench, third), ECONNRESET);
    assert_int_equal(count(bench, STAT_tcp_refused), 1);
    const int other = connect_to(bench, AF_INET6); /* another source */
    send_message(other, 1, 12);
    expect_answer(bench, other, 1, 20);
    close(first);
    RUN_UNTIL(bench, count(bench, STAT_tcp_closed) == 1);
    const int again = open_connection(bench);
    send_message(again, 2, 12);
    expect_answer(bench, again, 2, 20);
    close(second);
    close(other);
    close(again);
    close_bench(bench);
}

static void the_connection_that_is_idle_longest_makes_room(void **state)
{
    struct tcp_options options = usual;
    options.connections_max = 3;
    struct bench *bench = open_bench(options);
    const int busy = open_connection(bench), old = open_connection(bench),
              young = open_connection(bench);

    (void)state;
    assert_int_equal(send(busy, "\0\x20half", 6, MSG_NOSIGNAL), 6);
    send_message(old, 1, 12);
    expect_answer(bench, old, 1, 20); /* younger now than `young` */
    const int fresh = open_connection(bench);
    assert_int_equal(wait_for_end(bench, young), 0);
    assert_int_equal(count(bench, STAT_tcp_evicted), 1);
    assert_int_equal(tcp_connections(bench->tcp), 3);
    send_message(old, 2, 12);
    expect_answer(bench, old, 2, 20);
    send_message(fresh, 3, 12);
    expect_answer(bench, fresh, 3, 20);
    close(busy);
    close(old);
    close(fresh);
    close_bench(bench);
}

static void when_all_are_busy_a_new_connection_is_refused(void **state)
{
    struct tcp_options options = usual;
    options.connections_max = 2;
    struct bench *bench = open_bench(options);
    const int first = open_connection(bench), second = open_connection(bench);

    (void)state;
    assert_int_equal(send(first, "\0", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(send(second, "\0\x20", 2, MSG_NOSIGNAL), 2);
    loop_run(bench->loop);
    loop_run(bench->loop);
    const int third = connect_to(bench, AF_INET);
    assert_int_equal(wait_for_end(bench, third), ECONNRESET);
    assert_int_equal(count(bench, STAT_tcp_refused), 1);
    assert_int_equal(count(bench, STAT_tcp_evicted), 0);
    close(first);
    close(second);
    close_bench(bench);
}

static void an_idle_connection_is_closed_in_peace(void **state)
{
    struct tcp_options options = usual;
    options.idle_ms = 5;
    struct bench *bench = open_bench(options);
    const int silent = open_connection(bench);

    (void)state;
    assert_int_equal(tcp_idle_ms(bench->tcp), 5);
    assert_int_equal(wait_for_end(bench, silent), 0);
    const int fd = connect_to(bench, AF_INET);
    send_message(fd, 1, 12);
    expect_answer(bench, fd, 1, 20);
    assert_int_equal(wait_for_end(bench, fd), 0);
    RUN_UNTIL(bench, count(bench, STAT_tcp_timeout) == 2);
    close_bench(bench);
}

static void trickled_octets_win_no_time_for_half_a_message(void **state)
{
    struct tcp_options options = usual;
    options.stall_ms = 30;
    struct bench *bench = open_bench(options);
    const int fd = open_connection(bench);
    unsigned sent = 0;

    (void)state;
    bench->ticks = 0;
    assert_int_equal(send(fd, "\x10\0", 2, MSG_NOSIGNAL), 2); /* of a message of 4096 octets */
    while (count(bench, STAT_tcp_timeout) == 0 && bench->ticks < 4096) {
        sent += send(fd, "x", 1, MSG_NOSIGNAL) == 1;
        loop_run(bench->loop); /* about a millisecond */
    }
    assert_in_range(sent, 1, 4000);
    assert_int_equal(count(bench, STAT_tcp_timeout), 1);
    close(fd);
    close_bench(bench);
}

/* Query for large answers and read none, until no query is answered any more. Returns how many were. */
static unsigned flood(struct bench *bench, int fd)
{
    unsigned calls;

    bench->worker.answer_len = 65000;
    do {
        calls = bench->worker.calls;
        send_message(fd, 1, 12);
        bench->ticks = 0;
        while (bench->worker.calls == calls && bench->ticks < 50) {
            loop_run(bench->loop);
        }
    } while (bench->worker.calls > calls);
    return calls;
}

static void a_peer_that_does_not_read_is_not_read_from_and_then_reset(void **state)
{
    struct tcp_options options = usual;
    options.stall_ms = 300;
    struct bench *bench = open_bench(options);
    const int fd = open_connection(bench);
    const unsigned calls = flood(bench, fd);

    (void)state;
    assert_in_range(calls, 2, 2000); /* what the kernel buffers of both sides take, and a little */
    RUN_UNTIL(bench, count(bench, STAT_tcp_timeout) == 1);
    assert_int_equal(bench->worker.calls, calls);
    assert_int_equal(wait_for_end(bench, fd), ECONNRESET);
    close_bench(bench);
}

static void answers_in_flight_are_limited(void **state)
{
    struct tcp_options options = usual;
    options.in_flight_max = 2;
    options.backlog_max = 100 << 20;
    struct bench *bench = open_bench(options);
    const int fd = open_connection(bench);

    (void)state;
    assert_in_range(flood(bench, fd), 2,
                    2000); /* far below what backlog_max alone would let pass */
    close(fd);
    close_bench(bench);
}

enum { MANY = 3000 };

static void a_peer_that_reads_late_gets_every_answer_in_order(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);
    static uint8_t data[MANY * 14];
    size_t len = 0, sent = 0;

    (void)state;
    bench->worker.answer_len = 4000;
    for (unsigned i = 0; i < MANY; i++) {
        len += put_message(data + len, i, 12);
    }
    for (unsigned i = 0; i < MANY; i++) {
        const ssize_t n =
            sent < len ? send(fd, data + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        sent += n > 0 ? (size_t)n : 0;
        if (i == 0) {
            loop_run(bench->loop);
            loop_run(bench->loop);
            assert_true(bench->worker.calls < MANY); /* it stopped in between */
        }
        expect_answer(bench, fd, i, 4000);
    }
    assert_int_equal(bench->worker.calls, MANY);
    close(fd);
    close_bench(bench);
}

static void a_peer_that_half_closes_still_gets_its_answers(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);

    (void)state;
    send_message(fd, 1, 12);
    send_message(fd, 2, 12);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_answer(bench, fd, 1, 20);
    expect_answer(bench, fd, 2, 20);
    assert_int_equal(wait_for_end(bench, fd), 0);
    close_bench(bench);
}

static void destroy_lets_waiting_answers_leave(void **state)
{
    struct bench *bench = open_bench(usual);
    const int fd = open_connection(bench);
    const unsigned calls = flood(bench, fd);

    (void)state;
    tcp_destroy(bench->tcp);
    bench->tcp = NULL;
    for (unsigned i = 0; i < calls; i++) {
        expect_answer(bench, fd, 1, 65000);
    }
    assert_true(wait_for_end(bench, fd) == ECONNRESET); /* its last queries were not read */
    close_bench(bench);
}

static void an_address_that_can_not_be_bound_leaves_nothing_open(void **state)
{
    struct bench *bench = open_bench(usual);
    const struct sockaddr_storage addresses[] = {loopback(AF_INET, 0),
                                                 loopback(AF_INET, tcp_port(bench->tcp, 0))};
    struct tcp_options options = usual;
    struct tcp *second = NULL;

    (void)state;
    options.addresses = addresses;
    options.address_count = 2;
    assert_int_equal(
        tcp_create(bench->loop, &options, answer, &bench->worker, bench->stat, &second),
        -EADDRINUSE);
    assert_null(second);
    assert_int_equal(tcp_port(bench->tcp, 2), 0);
    close_bench(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_answered_and_the_connection_stays),
        cmocka_unit_test(the_worker_learns_who_asks),
        cmocka_unit_test(pipelined_queries_are_all_answered_in_order),
        cmocka_unit_test(a_message_may_come_in_any_pieces),
        cmocka_unit_test(messages_of_all_sizes_pass_both_ways),
        cmocka_unit_test(a_message_without_answer_holds_nothing_up),
        cmocka_unit_test(a_length_below_a_header_ends_the_connection),
        cmocka_unit_test(one_source_gets_so_many_connections),
        cmocka_unit_test(the_connection_that_is_idle_longest_makes_room),
        cmocka_unit_test(when_all_are_busy_a_new_connection_is_refused),
        cmocka_unit_test(an_idle_connection_is_closed_in_peace),
        cmocka_unit_test(trickled_octets_win_no_time_for_half_a_message),
        cmocka_unit_test(a_peer_that_does_not_read_is_not_read_from_and_then_reset),
        cmocka_unit_test(answers_in_flight_are_limited),
        cmocka_unit_test(a_peer_that_reads_late_gets_every_answer_in_order),
        cmocka_unit_test(a_peer_that_half_closes_still_gets_its_answers),
        cmocka_unit_test(destroy_lets_waiting_answers_leave),
        cmocka_unit_test(an_address_that_can_not_be_bound_leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
