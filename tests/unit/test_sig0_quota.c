#include "server/sig0_quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000000ull

static struct sig0_quota *quota;

static int start(void **state)
{
    (void)state;
    quota = sig0_quota_create();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sig0_quota_destroy(quota);
    return 0;
}

static struct query_peer peer_of(enum query_transport transport, uint8_t family, uint8_t a,
                                 uint8_t b)
{
    return (struct query_peer){
        .transport = transport, .family = family, .address = {10, 0, a, b, [8] = b}};
}

/* How many of `tries` are granted at one moment. */
static unsigned take(uint32_t all, uint32_t per_address, const struct query_peer *peer,
                     unsigned tries, uint64_t now_ns)
{
    const struct sig0_quota_rates rates = {all, per_address};
    unsigned granted = 0;
    for (unsigned i = 0; i < tries; i++) {
        granted += sig0_quota_take(quota, &rates, peer, now_ns);
    }
    return granted;
}

static void a_second_grants_what_the_rate_says(void **state)
{
    (void)state;
    struct query_peer peer = peer_of(QUERY_TCP, 4, 0, 1);
    assert_int_equal(take(100, 100, &peer, 1000, 50 * S), 100);
    assert_int_equal(take(100, 100, &peer, 1000, 50 * S), 0);
    assert_int_equal(take(100, 100, &peer, 1000, 50 * S + S / 2), 50);
    assert_int_equal(take(100, 100, &peer, 1000, 51 * S), 50);
    assert_int_equal(take(100, 100, &peer, 1000, 90 * S), 100); /* no more is saved up */
}

static void the_smallest_rate_is_one_a_second(void **state)
{
    (void)state;
    struct query_peer peer = peer_of(QUERY_UDP, 4, 0, 1);
    assert_int_equal(take(1, 1, &peer, 10, 0), 1);
    assert_int_equal(take(1, 1, &peer, 10, S - 1), 0);
    assert_int_equal(take(1, 1, &peer, 10, S), 1);
    assert_int_equal(take(0, 1, &peer, 10, 9 * S), 0);
    assert_int_equal(take(1, 0, &peer, 10, 9 * S), 0);
}

static void each_address_has_its_own(void **state)
{
    (void)state;
    struct query_peer one = peer_of(QUERY_TCP, 4, 0, 1), two = peer_of(QUERY_TCP, 4, 0, 2);
    assert_int_equal(take(100, 5, &one, 20, 0), 5);
    assert_int_equal(take(100, 5, &two, 20, 0), 5);
    assert_int_equal(take(100, 5, &one, 20, 0), 0);
    struct query_peer six = peer_of(QUERY_TCP, 6, 1, 1), host = peer_of(QUERY_TCP, 6, 1, 1);
    host.address[15] = 7; /* the same network of 64 bits */
    assert_int_equal(take(100, 5, &six, 20, 0), 5);
    assert_int_equal(take(100, 5, &host, 20, 0), 0);
}

static void an_address_without_quota_costs_the_others_nothing(void **state)
{
    (void)state;
    struct query_peer one = peer_of(QUERY_TCP, 4, 0, 1), two = peer_of(QUERY_TCP, 4, 0, 2);
    assert_int_equal(take(10, 5, &one, 10000, 0), 5);
    assert_int_equal(take(10, 10, &two, 10000, 0), 5);
    assert_int_equal(take(10, 10, &two, 10000, S), 10); /* nothing was spent by what was refused */
}

static void datagrams_leave_half_to_streams(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (unsigned i = 0; i < 65536; i++) { /* forged addresses, as many as there are */
        struct query_peer peer = peer_of(QUERY_UDP, 4, (uint8_t)(i >> 8), (uint8_t)i);
        granted += take(1001, 10, &peer, 1, 0);
    }
    assert_in_range(granted, 500, 502);
    struct query_peer stream = peer_of(QUERY_TCP, 4, 0, 1);
    assert_in_range(take(1001, 1001, &stream, 10000, 0), 499, 501);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_grants_what_the_rate_says, start, stop),
        cmocka_unit_test_setup_teardown(the_smallest_rate_is_one_a_second, start, stop),
        cmocka_unit_test_setup_teardown(each_address_has_its_own, start, stop),
        cmocka_unit_test_setup_teardown(an_address_without_quota_costs_the_others_nothing, start,
                                        stop),
        cmocka_unit_test_setup_teardown(datagrams_leave_half_to_streams, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
