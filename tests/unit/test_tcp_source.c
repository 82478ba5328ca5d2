#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "server/tcp_source.h"

static struct query_peer peer_v4(unsigned last)
{
    return (struct query_peer){.family = 4, .address = {192, 0, 2, (uint8_t)last}};
}

static struct query_peer peer_v6(unsigned subnet, unsigned host)
{
    return (struct query_peer){.family = 6,
                               .address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, (uint8_t)subnet, 0, 0,
                                           0, 0, 0, 0, 0, (uint8_t)host}};
}

static void an_ipv4_address_is_a_source(void **state)
{
    const struct query_peer one = peer_v4(1), two = peer_v4(2);
    struct tcp_source entries[3] = {0};
    struct tcp_source_table table;

    (void)state;
    tcp_source_init(&table, 4);
    assert_int_equal(tcp_source_count(&table, &one), 0);
    tcp_source_add(&table, &entries[0], &one);
    tcp_source_add(&table, &entries[1], &one);
    tcp_source_add(&table, &entries[2], &two);
    assert_int_equal(tcp_source_count(&table, &one), 2);
    assert_int_equal(tcp_source_count(&table, &two), 1);
    tcp_source_finish(&table);
}

static void an_ipv6_slash_64_is_a_source(void **state)
{
    const struct query_peer here = peer_v6(1, 1), beside = peer_v6(1, 2), elsewhere = peer_v6(2, 1);
    struct tcp_source entries[2] = {0};
    struct tcp_source_table table;

    (void)state;
    tcp_source_init(&table, 4);
    tcp_source_add(&table, &entries[0], &here);
    tcp_source_add(&table, &entries[1], &beside);
    assert_int_equal(tcp_source_count(&table, &here), 2);
    assert_int_equal(tcp_source_count(&table, &elsewhere), 0);
    tcp_source_finish(&table);
}

static void families_do_not_mix(void **state)
{
    struct query_peer v4 = {.family = 4}, v6 = {.family = 6};
    struct tcp_source entry = {0};
    struct tcp_source_table table;

    (void)state;
    tcp_source_init(&table, 4);
    tcp_source_add(&table, &entry, &v4);
    assert_int_equal(tcp_source_count(&table, &v6), 0);
    assert_int_equal(tcp_source_count(&table, &v4), 1);
    tcp_source_finish(&table);
}

enum { MANY = 500, ADDRESSES = 50 };

/* Against a plain array of counts: more entries than slots, removed from all places of their lists. */
static void counts_stay_true_through_many_changes(void **state)
{
    static struct tcp_source entries[MANY];
    unsigned counts[ADDRESSES] = {0};
    struct tcp_source_table table;
    uint32_t random = 1;

    (void)state;
    tcp_source_init(&table, 4);
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1664525u + 1013904223u;
        const unsigned n = (random >> 8) % MANY, address = n % ADDRESSES;
        const struct query_peer peer = peer_v4(address);
        if (entries[n].at) {
            tcp_source_remove(&entries[n]);
            tcp_source_remove(&entries[n]); /* a second time does nothing */
            counts[address]--;
        } else {
            tcp_source_add(&table, &entries[n], &peer);
            counts[address]++;
        }
        assert_int_equal(tcp_source_count(&table, &peer), counts[address]);
    }
    tcp_source_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_address_is_a_source),
        cmocka_unit_test(an_ipv6_slash_64_is_a_source),
        cmocka_unit_test(families_do_not_mix),
        cmocka_unit_test(counts_stay_true_through_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
