#include "server/tcp_later.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/tcp.h"

enum { TICKS_MAX = 20000, LEN = 20, FEED_LEN = 1000 };

/* What a message asks for by its third octet; its first two come back in every answer. */
enum wish { ANSWER, LATER, LATER_BUT_NOW, FEED, FEED_WAITS };

/* Stands for a transfer: so many messages. */
struct feed {
    struct tcp_later_feed feed; /* first: tcp hands back its address */
    unsigned left;
    uint8_t id[2];
};

/* Stands for what answers queries. */
struct query_worker {
    struct tcp *tcp;
    struct update_return back; /* of the last one that is due later */
    struct feed feed;
    unsigned feed_messages, feeds_ended, answered;
};

static struct query_worker worker;

static size_t take(struct tcp_later_feed *feed, uint8_t *out, size_t size)
{
    struct feed *mine = (struct feed *)(void *)feed;
    assert_true(size >= FEED_LEN);
    if (mine->left == 0) {
        return 0;
    }
    mine->left--;
    memset(out, 'f', FEED_LEN);
    memcpy(out, mine->id, 2);
    return FEED_LEN;
}

static void end(struct tcp_later_feed *feed)
{
    (void)feed;
    worker.feeds_ended++;
}

static size_t answer(struct query_worker *mine, const struct query_peer *peer,
                     const uint8_t *message, size_t len, uint8_t *out, size_t size)
{
    (void)peer;
    assert_true(len >= 12 && size >= LEN);
    mine->answered++;
    if (message[2] >= FEED) {
        mine->feed = (struct feed){
            {.take = take, .end = end}, mine->feed_messages, {message[0], message[1]}};
        mine->feed.feed.waits = message[2] == FEED_WAITS;
        return tcp_later_feed(mine->tcp, &mine->feed.feed) ? 0 : LEN;
    }
    if (message[2] != ANSWER) {
        tcp_later_fill(mine->tcp, 0, &mine->back);
    }
    memset(out, 'x', LEN);
    memcpy(out, message, 2);
    return message[2] == LATER ? 0 : LEN;
}

struct bench {
    struct loop *loop;
    struct loop_timer tick;
    unsigned ticks;
    struct stat_registry *registry;
    struct stat_set *stat;
};

static struct bench bench;
static unsigned in_flight_max = 1000;

/* Lets the test look at its condition each millisecond. */
static void on_tick(struct loop_timer *timer)
{
    (void)timer;
    bench.ticks++;
    loop_stop(bench.loop);
}

#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        bench.ticks = 0;                                                                           \
        while (!(condition) && bench.ticks < TICKS_MAX) {                                          \
            loop_run(bench.loop);                                                                  \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static uint32_t idle_ms = 3600000;

static void open_bench(unsigned connections_max)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    struct tcp_options options = {
        .addresses = &address,
        .address_count = 1,
        .connections_max = connections_max,
        .per_source_max = 10,
        .in_flight_max = in_flight_max,
        .backlog_max = 100000,
        .idle_ms = idle_ms,
        .stall_ms = 3600000,
    };
    ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(&worker, 0, sizeof(worker));
    assert_int_equal(loop_create(true, &bench.loop), 0);
    loop_timer_init(&bench.tick, bench.loop, on_tick, NULL);
    loop_timer_start(&bench.tick, 1, 1);
    bench.registry = stat_registry_create();
    bench.stat = stat_registry_add(bench.registry);
    assert_int_equal(tcp_create(bench.loop, &options, answer, &worker, bench.stat, &worker.tcp), 0);
}

static void close_bench(void)
{
    tcp_destroy(worker.tcp);
    loop_timer_close(&bench.tick, NULL);
    loop_run(bench.loop);
    assert_int_equal(loop_destroy(bench.loop), 0);
    stat_registry_destroy(bench.registry);
}

static int connect_one(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(tcp_port(worker.tcp, 0))};
    const uint64_t before =
        bench.stat->counters[STAT_tcp_opened] + bench.stat->counters[STAT_tcp_refused];
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_opened] + bench.stat->counters[STAT_tcp_refused] >
              before);
    return fd;
}

static void ask(int fd, unsigned id, enum wish wish)
{
    uint8_t message[14] = {0, 12, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)wish};
    const uint64_t before = bench.stat->counters[STAT_tcp_message];
    assert_int_equal(send(fd, message, sizeof(message), MSG_NOSIGNAL), sizeof(message));
    RUN_UNTIL(bench.stat->counters[STAT_tcp_message] > before || worker.feed.left > 0);
}

/* The next message comes, and is of so many octets. */
static void expect(int fd, unsigned id, size_t len)
{
    uint8_t data[2 + FEED_LEN];
    size_t at = 0;
    bench.ticks = 0;
    while (at < len + 2 && bench.ticks < TICKS_MAX) {
        const ssize_t n = recv(fd, data + at, len + 2 - at, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            loop_run(bench.loop);
        } else {
            assert_true(n > 0);
            at += (size_t)n;
        }
    }
    assert_int_equal(at, len + 2);
    assert_int_equal(data[0] << 8 | data[1], len);
    assert_int_equal(data[2] << 8 | data[3], id);
}

static void expect_nothing(int fd)
{
    uint8_t octet;
    for (bench.ticks = 0; bench.ticks < 20;) {
        loop_run(bench.loop);
    }
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

/* What the writer's thread does. */
static void *send_back(void *context)
{
    struct update_return *back = context;
    const uint8_t message[LEN] = {0, 7};
    back->send(back, message, LEN);
    return NULL;
}

static void send_from_elsewhere(struct update_return *back)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_back, back), 0);
    pthread_join(thread, NULL);
}

static void an_answer_of_another_thread_reaches_its_connection(void **state)
{
    (void)state;
    open_bench(10);
    const int one = connect_one(), other = connect_one();
    ask(one, 7, LATER);
    struct update_return back = worker.back;
    ask(one, 8, ANSWER); /* later answers hold nothing up */
    ask(other, 9, LATER);
    expect(one, 8, LEN);
    expect_nothing(one);
    send_from_elsewhere(&back);
    expect(one, 7, LEN);
    expect_nothing(other);
    send_from_elsewhere(&worker.back);
    expect(other, 7, LEN);
    close(one);
    close(other);
    close_bench();
}

static void an_answer_for_a_connection_that_is_gone_reaches_nobody(void **state)
{
    (void)state;
    open_bench(10);
    const int gone = connect_one();
    ask(gone, 7, LATER);
    close(gone);
    RUN_UNTIL(tcp_connections(worker.tcp) == 0);
    const int fresh = connect_one();
    send_from_elsewhere(&worker.back);
    expect_nothing(fresh);
    ask(fresh, 1, LATER);
    close_bench(); /* while an answer is due */
    close(fresh);
}

static void a_connection_is_busy_until_its_last_answer_has_come(void **state)
{
    (void)state;
    open_bench(1);
    const int busy = connect_one();
    ask(busy, 7, LATER);
    close(connect_one());
    assert_int_equal(bench.stat->counters[STAT_tcp_refused], 1);
    send_from_elsewhere(&worker.back);
    expect(busy, 7, LEN);
    const int fresh = connect_one(); /* an idle one makes room */
    assert_int_equal(bench.stat->counters[STAT_tcp_refused], 1);
    assert_int_equal(bench.stat->counters[STAT_tcp_evicted], 1);
    close(busy);
    close(fresh);
    close_bench();
}

/* Threats row 9: what waits for the writer is in flight, too. */
static void so_many_answers_may_be_due_and_the_next_message_waits(void **state)
{
    (void)state;
    enum { MAX = 3, MESSAGES = 8 };
    in_flight_max = MAX;
    open_bench(10);
    const int fd = connect_one(), other = connect_one();
    const uint64_t *taken = &bench.stat->counters[STAT_tcp_message];
    for (unsigned i = 0; i < MESSAGES; i++) {
        uint8_t message[14] = {0, 12, 0, 7, i == MESSAGES - 1 ? ANSWER : LATER};
        assert_int_equal(send(fd, message, sizeof(message), MSG_NOSIGNAL), sizeof(message));
    }
    RUN_UNTIL(*taken == MAX);
    expect_nothing(fd);
    assert_int_equal(*taken, MAX);
    struct update_return back = worker.back;
    ask(other, 1, ANSWER); /* it holds up nobody else */
    expect(other, 1, LEN);
    for (unsigned i = 1; i < MESSAGES; i++) {
        send_from_elsewhere(&back);
        expect(fd, 7, LEN);
        const unsigned due = MAX + i < MESSAGES ? MAX + i : MESSAGES;
        RUN_UNTIL(*taken == due + 1);
    }
    expect(fd, 7, LEN); /* the one that was answered at once */
    close(fd);
    close(other);
    close_bench();
    in_flight_max = 1000;
}

static void what_is_answered_at_once_after_all_is_not_due_any_more(void **state)
{
    (void)state;
    open_bench(1);
    const int idle = connect_one();
    ask(idle, 7, LATER_BUT_NOW);
    expect(idle, 7, LEN);
    const int fresh = connect_one();
    assert_int_equal(bench.stat->counters[STAT_tcp_refused], 0);
    assert_int_equal(bench.stat->counters[STAT_tcp_evicted], 1);
    close(idle);
    close(fresh);
    close_bench();
}

static void a_feed_is_sent_whole_before_what_was_asked_after_it(void **state)
{
    (void)state;
    static const unsigned counts[] = {0, 1, 15, 16, 17, 100, 1000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        open_bench(10);
        worker.feed_messages = counts[i];
        const int fd = connect_one(), other = connect_one();
        ask(fd, 1, FEED);
        ask(other, 2, ANSWER);
        uint8_t query[14] = {0, 12, 0, 3, ANSWER};
        assert_int_equal(send(fd, query, sizeof(query), MSG_NOSIGNAL), sizeof(query));
        expect(other, 2, LEN);
        for (unsigned j = 0; j < counts[i]; j++) {
            expect(fd, 1, FEED_LEN);
        }
        expect(fd, 3, LEN);
        assert_int_equal(worker.feeds_ended, 1);
        close(fd);
        close(other);
        close_bench();
    }
}

static void a_feed_may_have_to_wait(void **state)
{
    (void)state;
    open_bench(1);
    worker.feed_messages = 20;
    const int fd = connect_one();
    ask(fd, 1, FEED_WAITS);
    expect_nothing(fd);
    uint8_t query[14] = {0, 12, 0, 3, ANSWER};
    assert_int_equal(send(fd, query, sizeof(query), MSG_NOSIGNAL), sizeof(query));
    expect_nothing(fd); /* what was asked after it waits, too */
    close(connect_one());
    assert_int_equal(bench.stat->counters[STAT_tcp_refused], 1); /* it is not idle */
    tcp_later_wake(worker.tcp, &worker.feed.feed);
    for (unsigned j = 0; j < 20; j++) {
        expect(fd, 1, FEED_LEN);
    }
    expect(fd, 3, LEN);
    assert_int_equal(worker.feeds_ended, 1);
    close(fd);
    close_bench();
}

static void no_deadline_passes_while_a_feed_waits(void **state)
{
    (void)state;
    idle_ms = 50;
    open_bench(10);
    idle_ms = 3600000;
    worker.feed_messages = 1;
    const int idle = connect_one(), fed = connect_one();
    ask(fed, 1, FEED_WAITS);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_timeout] == 1); /* of the idle one */
    bench.ticks = 0;
    while (bench.ticks < 200) {
        loop_run(bench.loop);
    }
    assert_int_equal(bench.stat->counters[STAT_tcp_timeout], 1);
    tcp_later_wake(worker.tcp, &worker.feed.feed);
    expect(fed, 1, FEED_LEN);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_timeout] == 2); /* and from then on it counts again */
    close(idle);
    close(fed);
    close_bench();
}

/* RFC 7766 section 6.2.3: who waits for us is not idle, however slow the disk is. */
static void no_deadline_passes_while_an_answer_is_due(void **state)
{
    (void)state;
    idle_ms = 50;
    open_bench(10);
    idle_ms = 3600000;
    const int idle = connect_one(), due = connect_one();
    ask(due, 7, LATER);
    struct update_return back = worker.back;
    ask(due, 8, ANSWER); /* starts no time either */
    expect(due, 8, LEN);
    ask(due, 7, LATER);
    send_from_elsewhere(&back); /* one of two is still due */
    expect(due, 7, LEN);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_timeout] == 1); /* of the idle one */
    bench.ticks = 0;
    while (bench.ticks < 200) {
        loop_run(bench.loop);
    }
    assert_int_equal(bench.stat->counters[STAT_tcp_timeout], 1);
    send_from_elsewhere(&worker.back);
    expect(due, 7, LEN);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_timeout] == 2); /* and from then on it counts again */
    close(idle);
    close(due);
    close_bench();
}

static void a_connection_is_idle_again_after_a_long_feed(void **state)
{
    enum { MESSAGES = 20000 }; /* more than is on its way to a peer that does not read */
    (void)state;
    idle_ms = 50;
    open_bench(10);
    idle_ms = 3600000;
    worker.feed_messages = MESSAGES;
    const int fd = connect_one();
    ask(fd, 1, FEED);
    bench.ticks = 0;
    while (bench.ticks < 100) {
        loop_run(bench.loop);
    }
    assert_true(worker.feed.left > 0);
    const unsigned sent = MESSAGES - worker.feed.left;
    worker.feed.left = 1; /* it ends in the moment in which the peer has read */
    for (unsigned j = 0; j < sent + 1; j++) {
        expect(fd, 1, FEED_LEN);
    }
    RUN_UNTIL(worker.feeds_ended == 1);
    RUN_UNTIL(bench.stat->counters[STAT_tcp_timeout] == 1);
    close(fd);
    close_bench();
}

static void a_feed_that_waits_ends_with_tcp(void **state)
{
    (void)state;
    open_bench(10);
    const int fd = connect_one();
    ask(fd, 1, FEED_WAITS);
    close_bench();
    assert_int_equal(worker.feeds_ended, 1);
    close(fd);
}

/* A message from another thread: wake the feed. */
struct waking {
    struct loop_post_item item;
    bool done;
};

static void run_waking(struct loop_post_item *item)
{
    ((struct waking *)(void *)item)->done = true;
    tcp_later_wake(worker.tcp, &worker.feed.feed);
}

static void a_feed_is_woken_even_when_tcp_closes(void **state)
{
    struct waking waking = {.item = {.run = run_waking}};
    (void)state;
    open_bench(10);
    worker.feed_messages = 3;
    const int fd = connect_one();
    uint8_t queries[28] = {0, 12, 0, 1, FEED_WAITS, [14] = 0, 12, 0, 3, ANSWER};
    assert_int_equal(send(fd, queries, sizeof(queries), MSG_NOSIGNAL), sizeof(queries));
    RUN_UNTIL(worker.feed.left > 0); /* the second one is held */
    assert_true(tcp_later_post(worker.tcp, &waking.item));
    worker.answered = 0;
    close_bench();
    assert_true(waking.done);
    assert_int_equal(worker.answered, 0); /* nobody is there any more who could do it */
    assert_int_equal(worker.feeds_ended, 1);
    for (unsigned j = 0; j < 3; j++) {
        uint8_t message[2 + FEED_LEN];
        assert_int_equal(recv(fd, message, sizeof(message), MSG_WAITALL), sizeof(message));
    }
    close(fd);
}

static void a_feed_ends_with_its_connection(void **state)
{
    (void)state;
    open_bench(10);
    worker.feed_messages = 1u << 30;
    const int fd = connect_one();
    ask(fd, 1, FEED);
    expect(fd, 1, FEED_LEN);
    assert_int_equal(worker.feeds_ended, 0);
    close(fd);
    RUN_UNTIL(worker.feeds_ended == 1);
    worker.feed_messages = 3; /* its place is free again */
    const int fresh = connect_one();
    ask(fresh, 2, FEED);
    expect(fresh, 2, FEED_LEN);
    close(fresh);
    RUN_UNTIL(worker.feeds_ended == 2);
    close_bench();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_of_another_thread_reaches_its_connection),
        cmocka_unit_test(an_answer_for_a_connection_that_is_gone_reaches_nobody),
        cmocka_unit_test(a_connection_is_busy_until_its_last_answer_has_come),
        cmocka_unit_test(so_many_answers_may_be_due_and_the_next_message_waits),
        cmocka_unit_test(what_is_answered_at_once_after_all_is_not_due_any_more),
        cmocka_unit_test(a_feed_is_sent_whole_before_what_was_asked_after_it),
        cmocka_unit_test(a_feed_may_have_to_wait),
        cmocka_unit_test(no_deadline_passes_while_a_feed_waits),
        cmocka_unit_test(no_deadline_passes_while_an_answer_is_due),
        cmocka_unit_test(a_connection_is_idle_again_after_a_long_feed),
        cmocka_unit_test(a_feed_that_waits_ends_with_tcp),
        cmocka_unit_test(a_feed_is_woken_even_when_tcp_closes),
        cmocka_unit_test(a_feed_ends_with_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
