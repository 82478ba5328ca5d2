#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stream.h"
#include "tests/lib/fail.h"

/* Our end is a stream on a loop; the peer is a plain socket in the hands of the test. */
struct end {
    struct loop *loop;
    struct loop_timer guard;
    struct stream stream;
    int peer;
    char got[256];
    size_t got_len;
    unsigned ends, drains, closings;
    int why;
    bool timed_out;
};

static void on_data(struct stream *stream, const uint8_t *data, size_t len)
{
    struct end *end = stream->context;
    assert_true(end->got_len + len <= sizeof(end->got));
    memcpy(end->got + end->got_len, data, len);
    end->got_len += len;
    loop_stop(end->loop);
}

static void on_end(struct stream *stream)
{
    struct end *end = stream->context;
    end->ends++;
    loop_stop(end->loop);
}

static void on_drain(struct stream *stream)
{
    struct end *end = stream->context;
    end->drains++;
    loop_stop(end->loop);
}

static void on_closed(struct stream *stream, int why)
{
    struct end *end = stream->context;
    end->closings++;
    end->why = why;
    loop_stop(end->loop);
}

static const struct stream_hooks hooks = {on_data, on_end, on_drain, on_closed};
static const struct stream_hooks hooks_no_end = {on_data, NULL, NULL, on_closed};

static void on_guard(struct loop_timer *timer)
{
    struct end *end = timer->context;
    end->timed_out = true;
    loop_stop(end->loop);
}

#define RUN_UNTIL(end, condition)                                                                  \
    do {                                                                                           \
        while (!(condition) && !(end)->timed_out) {                                                \
            loop_run((end)->loop);                                                                 \
        }                                                                                          \
        assert_false((end)->timed_out);                                                            \
    } while (0)

/* A connected pair of TCP sockets over loopback. */
static void tcp_pair(int family, int fds[2])
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any.sa_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(address.v4) : sizeof(address.v6);
    const int listener = socket(family, SOCK_STREAM, 0);

    if (family == AF_INET) {
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        address.v6.sin6_addr = in6addr_loopback;
    }
    assert_int_equal(bind(listener, &address.any, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, &address.any, &len), 0);
    fds[1] = socket(family, SOCK_STREAM, 0);
    assert_int_equal(connect(fds[1], &address.any, len), 0);
    fds[0] = accept(listener, NULL, NULL);
    assert_true(fds[0] >= 0);
    close(listener);
}

static struct end *open_end(int family, const struct stream_hooks *with,
                            struct stream_limits limits)
{
    struct end *end = calloc(1, sizeof(*end));
    int fds[2];

    assert_int_equal(loop_create(false, &end->loop), 0);
    if (family == AF_UNIX) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    } else {
        tcp_pair(family, fds);
    }
    loop_timer_init(&end->guard, end->loop, on_guard, end);
    loop_timer_start(&end->guard, 20000, 0);
    assert_int_equal(stream_open(&end->stream, end->loop, fds[0], with, &limits, end), 0);
    end->peer = fds[1];
    return end;
}

/* Every test ends here: the stream is closed, its last callback came once, nothing is left over. */
static void close_end(struct end *end)
{
    stream_close(&end->stream);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->closings, 1);
    loop_timer_close(&end->guard, NULL);
    assert_int_equal(loop_destroy(end->loop), 0);
    close(end->peer);
    free(end);
}

static const struct stream_limits roomy = {.queue_max = 16 << 20, .stall_ms = 0};

static void octets_come_and_go(void **state)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct end *end = open_end(families[i], &hooks, roomy);
        char answer[8] = {0};
        assert_int_equal(write(end->peer, "hello", 5), 5);
        RUN_UNTIL(end, end->got_len == 5);
        assert_memory_equal(end->got, "hello", 5);
        assert_int_equal(stream_write(&end->stream, "world", 5), 0);
        assert_int_equal(stream_queued(&end->stream), 0);
        assert_int_equal(read(end->peer, answer, sizeof(answer)), 5);
        assert_string_equal(answer, "world");
        close_end(end);
    }
}

static void the_peer_of_a_unix_stream_shows_its_credentials(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);

    (void)state;
    assert_int_equal(end->stream.peer.family, 0);
    assert_int_equal(end->stream.peer.uid, getuid());
    assert_int_equal(end->stream.peer.gid, getgid());
    assert_int_equal(end->stream.peer.pid, getpid());
    close_end(end);
}

static void the_peer_of_a_tcp_stream_shows_its_address(void **state)
{
    struct end *end = open_end(AF_INET, &hooks, roomy);
    struct sockaddr_in own;
    socklen_t len = sizeof(own);

    (void)state;
    assert_int_equal(getsockname(end->peer, (struct sockaddr *)&own, &len), 0);
    assert_int_equal(end->stream.peer.family, 4);
    assert_int_equal(end->stream.peer.port, ntohs(own.sin_port));
    assert_memory_equal(end->stream.peer.address, "\x7f\0\0\x01", 4);
    assert_int_equal(end->stream.peer.uid, (uid_t)-1);
    close_end(end);
    end = open_end(AF_INET6, &hooks, roomy);
    assert_int_equal(end->stream.peer.family, 6);
    assert_memory_equal(end->stream.peer.address, &in6addr_loopback, 16);
    close_end(end);
}

static void a_socket_that_is_not_connected_is_refused(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    struct stream other;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(stream_open(&other, end->loop, fd, &hooks, &roomy, end), -ENOTCONN);
    assert_int_equal(close(fd), 0); /* still ours */
    close_end(end);
}

/* Write blocks of one octet value each until the kernel takes no more and some waits. */
static size_t fill(struct end *end, size_t block)
{
    char *data = malloc(block);
    size_t blocks = 0;

    while (stream_queued(&end->stream) == 0) {
        memset(data, 'a' + (int)(blocks % 26), block);
        assert_int_equal(stream_write(&end->stream, data, block), 0);
        blocks++;
    }
    free(data);
    return blocks;
}

/* Read all that fill() wrote, in step with the loop. */
static void drain(struct end *end, size_t block, size_t blocks)
{
    static char buffer[65536];
    size_t at = 0;

    while (at < block * blocks) {
        const ssize_t n = recv(end->peer, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (n < 0) {
            assert_int_equal(errno, EAGAIN);
            loop_run(end->loop); /* until on_drain or the guard */
            assert_false(end->timed_out);
            continue;
        }
        for (ssize_t i = 0; i < n; i++, at++) {
            if (buffer[i] != (char)('a' + (int)(at / block % 26))) {
                fail_msg("octet %zu is %d", at, buffer[i]);
            }
        }
    }
}

static void output_that_waits_arrives_whole_and_in_order_then_on_drain(void **state)
{
    const size_t block = 100000;
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    size_t blocks = fill(end, block);

    (void)state;
    char more[100000];
    memset(more, 'a' + (int)(blocks % 26), sizeof(more));
    assert_int_equal(stream_write(&end->stream, more, sizeof(more)), 0); /* behind what waits */
    assert_int_equal(end->drains, 0);
    drain(end, block, blocks + 1);
    RUN_UNTIL(end, end->drains > 0);
    assert_int_equal(end->drains, 1);
    assert_int_equal(stream_queued(&end->stream), 0);
    close_end(end);
}

static void a_full_queue_refuses_and_takes_nothing(void **state)
{
    const struct stream_limits limits = {.queue_max = 100000, .stall_ms = 0};
    struct end *end = open_end(AF_UNIX, &hooks, limits);
    char data[100001] = {0};

    (void)state;
    assert_int_equal(stream_write(&end->stream, data, sizeof(data)), ERR_LIMIT);
    fill(end, 1000);
    const size_t queued = stream_queued(&end->stream);
    assert_in_range(queued, 1, 1000);
    assert_int_equal(stream_write(&end->stream, data, 100000 - queued + 1), ERR_LIMIT);
    assert_int_equal(stream_queued(&end->stream), queued);
    assert_int_equal(stream_write(&end->stream, data, 100000 - queued), 0);
    assert_int_equal(stream_queued(&end->stream), 100000);
    stream_reset(&end->stream, 0);
    close_end(end);
}

static void a_peer_that_does_not_read_is_reset(void **state)
{
    const struct stream_limits limits = {.queue_max = 16 << 20, .stall_ms = 5};
    struct end *end = open_end(AF_INET, &hooks, limits);
    char buffer[4096];
    ssize_t n;

    (void)state;
    fill(end, 1 << 20);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, -ETIMEDOUT);
    do {
        n = read(end->peer, buffer, sizeof(buffer));
    } while (n > 0);
    assert_true(n < 0 && errno == ECONNRESET);
    close_end(end);
}

static void an_idle_stream_expires(void **state)
{
    struct end *end = open_end(AF_INET, &hooks, roomy);
    char octet;

    (void)state;
    stream_expire(&end->stream, 3600000);
    stream_expire(&end->stream, 1); /* an earlier deadline moves the timer */
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, -ETIMEDOUT);
    assert_int_equal(read(end->peer, &octet, 1), 0); /* in peace, not by a reset */
    close_end(end);
}

static void a_deadline_taken_back_does_not_pass(void **state)
{
    struct end *end = open_end(AF_INET, &hooks, roomy);

    (void)state;
    stream_expire(&end->stream, 1);
    stream_expire(&end->stream, 0);
    loop_timer_start(&end->guard, 20,
                     0); /* the timer of the stream fires before and finds nothing */
    loop_run(end->loop);
    assert_true(end->timed_out);
    assert_int_equal(end->closings, 0);
    end->timed_out = false;
    close_end(end);
}

static void a_deadline_waits_for_output_and_starts_anew_then(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    const size_t blocks = fill(end, 100000);

    (void)state;
    stream_expire(&end->stream, 1);
    loop_timer_start(&end->guard, 20, 0);
    loop_run(end->loop);
    assert_true(end->timed_out); /* not expired: output waits */
    assert_int_equal(end->closings, 0);
    end->timed_out = false;
    loop_timer_start(&end->guard, 20000, 0);
    drain(end, 100000, blocks);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, -ETIMEDOUT);
    close_end(end);
}

static void close_lets_waiting_output_leave_first(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    const size_t blocks = fill(end, 100000);
    char octet;

    (void)state;
    stream_close(&end->stream);
    assert_int_equal(stream_write(&end->stream, "x", 1), ERR_NOT_NOW);
    drain(end, 100000, blocks);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, 0);
    assert_int_equal(end->drains, 0); /* no callback but the last */
    assert_int_equal(read(end->peer, &octet, 1), 0);
    close_end(end);
}

static void a_peer_that_ended_can_still_be_answered(void **state)
{
    struct end *end = open_end(AF_INET, &hooks, roomy);
    char answer[8];

    (void)state;
    assert_int_equal(write(end->peer, "all", 3), 3);
    assert_int_equal(shutdown(end->peer, SHUT_WR), 0);
    RUN_UNTIL(end, end->ends > 0);
    assert_int_equal(end->got_len, 3);
    assert_int_equal(stream_write(&end->stream, "answer", 6), 0);
    assert_int_equal(read(end->peer, answer, sizeof(answer)), 6);
    close_end(end);
}

static void without_on_end_the_stream_closes_with_its_peer(void **state)
{
    struct end *end = open_end(AF_INET, &hooks_no_end, roomy);

    (void)state;
    assert_int_equal(shutdown(end->peer, SHUT_WR), 0);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, 0);
    close_end(end);
}

static void finish_ends_our_half_after_what_waits(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    char octet;

    (void)state;
    fill(end, 100000);
    stream_finish(&end->stream);
    stream_finish(&end->stream);
    assert_int_equal(stream_write(&end->stream, "x", 1), ERR_NOT_NOW);
    assert_int_equal(write(end->peer, "more", 4), 4); /* the other half is open */
    RUN_UNTIL(end, end->got_len == 4);
    while (stream_queued(&end->stream) > 0) { /* no on_drain after finish: go round by round */
        static char buffer[65536];
        (void)!recv(end->peer, buffer, sizeof(buffer), MSG_DONTWAIT);
        loop_timer_start(&end->guard, 1, 0);
        loop_run(end->loop);
        end->timed_out = false;
    }
    loop_timer_start(&end->guard, 20000, 0);
    assert_int_equal(shutdown(end->peer, SHUT_WR), 0);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, 0);
    while (read(end->peer, &octet, 1) > 0) {
    }
    close_end(end);
}

static void reset_loses_what_waits_and_tells_why(void **state)
{
    struct end *end = open_end(AF_INET, &hooks, roomy);
    char buffer[4096];
    ssize_t n;

    (void)state;
    fill(end, 1 << 20);
    stream_reset(&end->stream, ERR_LIMIT);
    stream_reset(&end->stream, ERR_VALUE);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, ERR_LIMIT);
    do {
        n = read(end->peer, buffer, sizeof(buffer));
    } while (n > 0);
    assert_true(n < 0 && errno == ECONNRESET);
    close_end(end);
}

static void a_reset_by_the_peer_is_the_reason_of_the_close(void **state)
{
    const struct linger abort_now = {.l_onoff = 1, .l_linger = 0};
    struct end *end = open_end(AF_INET, &hooks, roomy);

    (void)state;
    setsockopt(end->peer, SOL_SOCKET, SO_LINGER, &abort_now, sizeof(abort_now));
    close(end->peer);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, -ECONNRESET);
    end->peer = dup(0);
    close_end(end);
}

static void a_paused_stream_reads_nothing(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);

    (void)state;
    stream_pause(&end->stream, true);
    assert_int_equal(write(end->peer, "later", 5), 5);
    loop_timer_start(&end->guard, 10, 0);
    loop_run(end->loop);
    assert_int_equal(end->got_len, 0);
    end->timed_out = false;
    loop_timer_start(&end->guard, 20000, 0);
    stream_pause(&end->stream, false);
    RUN_UNTIL(end, end->got_len == 5);
    close_end(end);
}

static void without_memory_for_output_the_stream_is_reset(void **state)
{
    struct end *end = open_end(AF_UNIX, &hooks, roomy);
    char *data = calloc(1, 8 << 20); /* more than the kernel takes at once */
    int err = 0;

    (void)state;
    fail_after(1);
    err = stream_write(&end->stream, data, 8 << 20);
    assert_true(fail_stop());
    assert_int_equal(err, ERR_MEMORY);
    free(data);
    RUN_UNTIL(end, end->closings > 0);
    assert_int_equal(end->why, ERR_MEMORY);
    close_end(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_come_and_go),
        cmocka_unit_test(the_peer_of_a_unix_stream_shows_its_credentials),
        cmocka_unit_test(the_peer_of_a_tcp_stream_shows_its_address),
        cmocka_unit_test(a_socket_that_is_not_connected_is_refused),
        cmocka_unit_test(output_that_waits_arrives_whole_and_in_order_then_on_drain),
        cmocka_unit_test(a_full_queue_refuses_and_takes_nothing),
        cmocka_unit_test(a_peer_that_does_not_read_is_reset),
        cmocka_unit_test(an_idle_stream_expires),
        cmocka_unit_test(a_deadline_taken_back_does_not_pass),
        cmocka_unit_test(a_deadline_waits_for_output_and_starts_anew_then),
        cmocka_unit_test(close_lets_waiting_output_leave_first),
        cmocka_unit_test(a_peer_that_ended_can_still_be_answered),
        cmocka_unit_test(without_on_end_the_stream_closes_with_its_peer),
        cmocka_unit_test(finish_ends_our_half_after_what_waits),
        cmocka_unit_test(reset_loses_what_waits_and_tells_why),
        cmocka_unit_test(a_reset_by_the_peer_is_the_reason_of_the_close),
        cmocka_unit_test(a_paused_stream_reads_nothing),
        cmocka_unit_test(without_memory_for_output_the_stream_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
