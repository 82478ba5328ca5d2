#include "server/update_share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "tests/lib/heap.h"
#include "tests/lib/zones.h"

static const struct query_peer near = {.family = 4, .address = {127, 0, 0, 1}};
static const struct query_peer other = {.family = 4, .address = {127, 0, 0, 2}};

static void each_holder_has_a_share_of_messages_and_of_octets(void **state)
{
    (void)state;
    struct update_share_table *table = update_share_create(3, 1000);
    const struct policy_who holders[] = {{.peer = &near, .key = zones_name("k.")},
                                         {.peer = &near, .key = zones_name("l.k.")},
                                         {.peer = &near},
                                         {.peer = &other}};
    struct update_share *shares[4];
    for (size_t i = 0; i < 4; i++) {
        for (unsigned n = 0; n < 3; n++) {
            shares[i] = update_share_take(table, &holders[i], 100);
            assert_non_null(shares[i]);
        }
        assert_null(update_share_take(table, &holders[i], 1));
    }
    for (size_t i = 0; i < 4; i++) {
        update_share_give(shares[i], 100);
        assert_null(update_share_take(table, &holders[i], 801)); /* 200 wait */
        assert_ptr_equal(update_share_take(table, &holders[i], 800), shares[i]);
        assert_null(update_share_take(table, &holders[i], 0));
    }
    const struct policy_who elsewhere = {.peer = &other,
                                         .key = zones_name("k.")}; /* the key counts */
    assert_null(update_share_take(table, &elsewhere, 1));
    update_share_destroy(table);
    update_share_destroy(NULL);
}

static void a_message_beyond_the_share_alone_is_refused(void **state)
{
    (void)state;
    struct update_share_table *table = update_share_create(3, 1000);
    const struct policy_who who = {.peer = &near, .key = zones_name("k.")};
    assert_null(update_share_take(table, &who, 1001));
    assert_non_null(update_share_take(table, &who, 1000));
    update_share_destroy(table);
}

/* Against plain sums; and nothing is kept of those of whom nothing waits. */
static void random_holders_come_and_go(void **state)
{
    (void)state;
    enum { HOLDERS = 3000, STEPS = 100000, COUNT_MAX = 4 };
    static struct {
        struct query_peer peer;
        struct update_share *share;
        unsigned count;
    } holders[HOLDERS];
    struct rand_fake rand;
    rand_fake_init(&rand, 9);
    for (unsigned i = 0; i < HOLDERS; i++) {
        holders[i].peer =
            (struct query_peer){.family = 4, .address = {127, 0, (uint8_t)(i >> 8), (uint8_t)i}};
    }
    const size_t before = heap_used();
    struct update_share_table *table = update_share_create(COUNT_MAX, 10 * COUNT_MAX);
    const size_t empty = heap_used();
    for (unsigned step = 0; step < STEPS; step++) {
        const uint64_t draw = rand_u64(&rand.rand);
        const unsigned i = (unsigned)(draw >> 8) % HOLDERS;
        const struct policy_who who = {.peer = &holders[i].peer};
        if (draw % 2 && holders[i].count > 0) {
            update_share_give(holders[i].share, 10);
            holders[i].count--;
            continue;
        }
        struct update_share *share = update_share_take(table, &who, 10);
        assert_int_equal(share != NULL, holders[i].count < COUNT_MAX);
        holders[i].share = share ? share : holders[i].share;
        holders[i].count += share != NULL;
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        for (; holders[i].count > 0; holders[i].count--) {
            update_share_give(holders[i].share, 10);
        }
    }
    assert_in_range(heap_used(), before, empty + 4096); /* what the allocator itself keeps */
    update_share_destroy(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_holder_has_a_share_of_messages_and_of_octets),
        cmocka_unit_test(a_message_beyond_the_share_alone_is_refused),
        cmocka_unit_test(random_holders_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
