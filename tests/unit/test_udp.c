#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "base/rcu.h"
#include "server/udp.h"
#include "tests/lib/asker.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { WAIT_MS = 5000, QUIET_MS = 100, BATCH = 16 };

/* A server on sockets of its own; its world is the asker's. */
static struct asker asker;
static struct udp *udp;
static struct stat_registry *registry;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    struct zone *zone = zones_make("t.", "@ SOA m r 7 1 1 1 60\n@ NS ns\na A 192.0.2.1\n");
    asker_start(&asker, &zone, 1);
    registry = stat_registry_create();
    udp = NULL;
    return 0;
}

static int leave(void **state)
{
    (void)state;
    rcu_offline();
    udp_close(udp);
    rcu_online();
    stat_registry_destroy(registry);
    asker_stop(&asker);
    zones_settle();
    rcu_leave();
    return 0;
}

static struct sockaddr_storage address_of(const char *text, uint16_t port)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    if (strchr(text, ':')) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
    } else {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        assert_int_equal(inet_pton(AF_INET, text, &four->sin_addr), 1);
    }
    return address;
}

static int start(const char *const *texts, size_t count, unsigned workers)
{
    struct sockaddr_storage addresses[4];
    size_t position = 99;
    for (size_t i = 0; i < count; i++) {
        addresses[i] = address_of(texts[i], 0);
    }
    struct udp_options options = {.addresses = addresses,
                                  .address_count = count,
                                  .workers = workers,
                                  .batch = BATCH,
                                  .receive_buffer = 1 << 18,
                                  .cpu_affinity = workers > 1};
    int err = udp_open(&options, &udp, &position);
    if (err) {
        return err;
    }
    return udp_start(udp, &asker.handle, registry, &asker.clock.clock, NULL, NULL, NULL);
}

/* A client's socket; connected, so that only answers from the asked address come in. */
static int connect_to(const char *text, uint16_t port)
{
    struct sockaddr_storage address = address_of(text, port);
    socklen_t len =
        address.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    return fd;
}

static size_t receive(int fd, uint8_t *out, int wait_ms)
{
    struct pollfd poll_fd = {fd, POLLIN, 0};
    if (poll(&poll_fd, 1, wait_ms) <= 0) {
        return 0;
    }
    ssize_t len = recv(fd, out, ASKER_MAX, 0);
    return len > 0 ? (size_t)len : 0;
}

/* Ask over a socket and compare with what the worker answers without one. */
static void check_exchange(int fd, const char *question)
{
    static uint8_t out[ASKER_MAX];
    (void)asker_ask(&asker, question);
    assert_int_equal(send(fd, asker.message, asker.message_len, 0), asker.message_len);
    assert_int_equal(receive(fd, out, WAIT_MS), asker.answer_len);
    assert_memory_equal(out, asker.answer, asker.answer_len);
}

static uint64_t counted(enum stat_counter counter)
{
    struct stat_set sum;
    stat_registry_sum(registry, &sum);
    return sum.counters[counter];
}

static void questions_over_the_network_are_answered(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1"};
    static const char *const questions[] = {"a.t. A", "x.t. A edns=1232", "t. SOA nsid", "u. A"};
    assert_int_equal(start(texts, 1, 1), 0);
    assert_true(udp_port(udp, 0) > 0);
    int fd = connect_to("127.0.0.1", udp_port(udp, 0));
    for (size_t i = 0; i < COUNT(questions); i++) {
        check_exchange(fd, questions[i]);
    }
    assert_int_equal(counted(STAT_query_udp4), COUNT(questions));
    assert_int_equal(counted(STAT_answer_nxdomain), 1);
    (void)close(fd);
}

static void both_families_and_several_addresses_are_served(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1", "::1", "127.0.0.3"};
    if (start(texts, 3, 1) == -EADDRNOTAVAIL) {
        skip(); /* no IPv6 here */
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        int fd = connect_to(texts[i], udp_port(udp, i));
        check_exchange(fd, "a.t. A");
        (void)close(fd);
    }
    assert_int_equal(counted(STAT_query_udp4), 2);
    assert_int_equal(counted(STAT_query_udp6), 1);
}

/* ip(7), ipv6(7): whoever binds to all addresses must say from which one it answers. */
static void a_wildcard_socket_answers_from_the_address_that_was_asked(void **state)
{
    (void)state;
    static const char *const texts[] = {"0.0.0.0"};
    static const char *const asked[] = {"127.0.0.1", "127.0.0.2", "127.200.3.4"};
    assert_int_equal(start(texts, 1, 1), 0);
    for (size_t i = 0; i < COUNT(asked); i++) {
        int fd = connect_to(asked[i], udp_port(udp, 0));
        check_exchange(fd, "a.t. A");
        (void)close(fd);
    }
}

static void an_ipv6_wildcard_socket_does_so_too(void **state)
{
    (void)state;
    static const char *const texts[] = {"::"};
    if (start(texts, 1, 1) != 0) {
        skip();
    }
    int fd = connect_to("::1", udp_port(udp, 0));
    check_exchange(fd, "a.t. A");
    (void)close(fd);
}

static void many_questions_at_once_get_each_their_answer(void **state)
{
    (void)state;
    enum { CLIENTS = 8, BURST = 25 }; /* all fit one receive buffer */
    static const char *const texts[] = {"127.0.0.1"};
    int fds[CLIENTS];
    bool seen[CLIENTS][BURST] = {{0}};
    uint8_t out[ASKER_MAX];
    assert_int_equal(start(texts, 1, 3), 0);
    asker_write(&asker, "a.t. A");
    for (unsigned i = 0; i < CLIENTS; i++) {
        fds[i] = connect_to("127.0.0.1", udp_port(udp, 0));
        for (unsigned j = 0; j < BURST; j++) {
            asker.message[0] = (uint8_t)i;
            asker.message[1] = (uint8_t)j;
            assert_true(send(fds[i], asker.message, asker.message_len, 0) > 0);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        for (unsigned j = 0; j < BURST; j++) {
            assert_true(receive(fds[i], out, WAIT_MS) > 12);
            assert_int_equal(out[0], i);
            assert_true(out[1] < BURST && !seen[i][out[1]]);
            seen[i][out[1]] = true;
        }
        (void)close(fds[i]);
    }
    assert_int_equal(counted(STAT_query_udp4), CLIENTS * BURST);
    assert_int_equal(counted(STAT_udp_send_error), 0);
}

static void datagrams_that_are_no_questions_are_dropped_or_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1"};
    static uint8_t large[6000], out[ASKER_MAX];
    assert_int_equal(start(texts, 1, 1), 0);
    int fd = connect_to("127.0.0.1", udp_port(udp, 0));
    asker_write(&asker, "a.t. A");
    assert_int_equal(send(fd, "", 0, 0), 0);
    assert_int_equal(send(fd, asker.message, 11, 0), 11);
    asker.message[2] |= 0x80; /* a response */
    assert_true(send(fd, asker.message, asker.message_len, 0) > 0);
    assert_int_equal(receive(fd, out, QUIET_MS), 0);
    asker.message[2] &= 0x7f;
    memcpy(large, asker.message, asker.message_len);
    assert_int_equal(send(fd, large, sizeof(large), 0), sizeof(large));
    assert_int_equal(receive(fd, out, WAIT_MS), 12); /* FORMERR: octets behind the question */
    assert_int_equal(out[3] & 0xf, 1);
    assert_int_equal(counted(STAT_drop_short), 2);
    assert_int_equal(counted(STAT_drop_response), 1);
    assert_int_equal(counted(STAT_udp_oversize), 1);
    check_exchange(fd, "a.t. A"); /* and it goes on */
    (void)close(fd);
}

static void answers_follow_the_zone_while_it_changes(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1"};
    assert_int_equal(start(texts, 1, 2), 0);
    int fd = connect_to("127.0.0.1", udp_port(udp, 0));
    struct zone *zone = zone_set_at(asker.handle.now->zones, 0);
    for (unsigned i = 0; i < 200; i++) {
        zones_change(zone, i % 2 ? "a A 192.0.2.2\n" : "a A 192.0.2.1\n",
                     i % 2 ? "a A 192.0.2.1\n" : "a A 192.0.2.2\n");
        check_exchange(fd, "a.t. A");
        if (i % 50 == 0) {
            asker_configure(&asker);
        }
        rcu_quiescent();
    }
    (void)close(fd);
}

static void an_address_that_can_not_be_bound_is_told(void **state)
{
    (void)state;
    struct sockaddr_storage addresses[] = {address_of("127.0.0.1", 0), address_of("192.0.2.1", 0)};
    struct udp_options options = {
        .addresses = addresses, .address_count = 2, .workers = 2, .batch = 1};
    size_t position = 99;
    assert_int_equal(udp_open(&options, &udp, &position), -EADDRNOTAVAIL);
    assert_int_equal(position, 1);
    assert_null(udp);
    options.address_count = 1;
    assert_int_equal(udp_open(&options, &udp, &position), 0); /* closed without a start */
    udp_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(questions_over_the_network_are_answered),
        TEST(both_families_and_several_addresses_are_served),
        TEST(a_wildcard_socket_answers_from_the_address_that_was_asked),
        TEST(an_ipv6_wildcard_socket_does_so_too),
        TEST(many_questions_at_once_get_each_their_answer),
        TEST(datagrams_that_are_no_questions_are_dropped_or_refused),
        TEST(answers_follow_the_zone_while_it_changes),
        TEST(an_address_that_can_not_be_bound_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
