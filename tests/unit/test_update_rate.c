#include "server/update_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"

#define SECOND 1000000000u

static const uint64_t begin_ns = 5u * (uint64_t)SECOND;

static struct query_peer peer_of(uint32_t number)
{
    struct query_peer peer = {.transport = QUERY_UDP, .family = 4, .address = {127}};
    memcpy(peer.address + 1, &number, 3);
    return peer;
}

/* Messages that a bucket lets through at one moment. */
static unsigned take_all(struct update_rate *rate, const struct update_rate_of *of, uint32_t per_s,
                         uint64_t now_ns)
{
    unsigned count = 0;
    while (update_rate_take(rate, of, per_s, now_ns)) {
        count++;
    }
    return count;
}

static void a_bucket_holds_what_may_come_in_a_second(void **state)
{
    (void)state;
    static const uint32_t rates[] = {1, 2, 3, 7, 10, 1000};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const uint32_t per_s = rates[i];
        struct update_rate *rate = update_rate_create();
        const struct query_peer peer = peer_of(1);
        const struct policy_who who = {.peer = &peer, .key = zones_name("k.")};
        const struct update_rate_of of = {zones_name("z.t."), 1, &who};
        const uint64_t one_ns = SECOND / per_s;
        assert_int_equal(take_all(rate, &of, per_s, begin_ns), per_s);
        assert_false(update_rate_take(rate, &of, per_s, begin_ns + one_ns - 1));
        assert_int_equal(take_all(rate, &of, per_s, begin_ns + one_ns), 1);
        assert_int_equal(take_all(rate, &of, per_s, begin_ns + 2 * one_ns), 1);
        assert_int_equal(take_all(rate, &of, per_s, begin_ns + 3 * SECOND), per_s); /* not three */
        update_rate_destroy(rate);
    }
    update_rate_destroy(NULL);
}

/* What came at whatever times: never more than a second's worth and what has flown in. */
static void no_stretch_of_time_sees_more_than_its_share(void **state)
{
    (void)state;
    enum { RATE = 5, STEPS = 5000 };
    static uint64_t passed[STEPS];
    struct update_rate *rate = update_rate_create();
    const struct query_peer peer = peer_of(1);
    const struct policy_who who = {.peer = &peer, .key = NULL};
    const struct update_rate_of of = {zones_name("z.t."), 1, &who};
    unsigned count = 0;
    uint64_t now_ns = begin_ns, step = 12345;
    for (unsigned i = 0; i < STEPS; i++) {
        step = step * 6364136223846793005u + 1442695040888963407u;
        now_ns += (step >> 33) % 100000000u;
        if (update_rate_take(rate, &of, RATE, now_ns)) {
            passed[count++] = now_ns;
        }
    }
    for (unsigned first = 0; first < count; first++) {
        for (unsigned last = first; last < count && last < first + 50; last++) {
            const uint64_t span_ns = passed[last] - passed[first];
            assert_true(last - first + 1 <= RATE + span_ns * RATE / SECOND);
        }
    }
    assert_true(count >= (now_ns - begin_ns) / SECOND * RATE * 9 / 10); /* and hardly less */
    update_rate_destroy(rate);
}

static void zone_rule_and_sender_have_their_own_bucket_each(void **state)
{
    (void)state;
    struct update_rate *rate = update_rate_create();
    const struct query_peer one = peer_of(1), two = peer_of(2);
    const struct policy_who key = {.peer = &one, .key = zones_name("k.")},
                            far = {.peer = &two, .key = zones_name("k.")};
    const struct policy_who other = {.peer = &one, .key = zones_name("l.")};
    const struct policy_who address = {.peer = &one, .key = NULL},
                            neighbour = {.peer = &two, .key = NULL};
    const struct update_rate_of own[] = {
        {zones_name("z.t."), 1, &key},     {zones_name("y.t."), 1, &key},
        {zones_name("z.t."), 2, &key},     {zones_name("z.t."), 1, &other},
        {zones_name("z.t."), 1, &address}, {zones_name("z.t."), 1, &neighbour},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        assert_int_equal(take_all(rate, &own[i], 3, begin_ns), 3);
    }
    const struct update_rate_of same = {zones_name("z.t."), 1,
                                        &far}; /* the key counts, not whence */
    assert_int_equal(take_all(rate, &same, 3, begin_ns), 0);
    update_rate_destroy(rate);
}

static void more_senders_than_places_wait_until_a_bucket_is_free(void **state)
{
    (void)state;
    enum { SENDERS = 50000 };
    struct update_rate *rate = update_rate_create();
    unsigned passed = 0, again = 0;
    for (uint32_t i = 0; i < SENDERS; i++) {
        const struct query_peer peer = peer_of(i);
        const struct policy_who who = {.peer = &peer, .key = NULL};
        const struct update_rate_of of = {zones_name("z.t."), 1, &who};
        passed += update_rate_take(rate, &of, 1, begin_ns);
        again += update_rate_take(rate, &of, 1, begin_ns);
    }
    assert_in_range(passed, 8000, 8192);
    assert_int_equal(again, 0); /* nobody is forgotten for another's sake */
    const struct query_peer peer = peer_of(SENDERS);
    const struct policy_who who = {.peer = &peer, .key = NULL};
    const struct update_rate_of of = {zones_name("z.t."), 1, &who};
    assert_true(update_rate_take(rate, &of, 1, begin_ns + SECOND));
    update_rate_destroy(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_holds_what_may_come_in_a_second),
        cmocka_unit_test(no_stretch_of_time_sees_more_than_its_share),
        cmocka_unit_test(zone_rule_and_sender_have_their_own_bucket_each),
        cmocka_unit_test(more_senders_than_places_wait_until_a_bucket_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
