#include "server/find_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"

enum { TTL_S = 10 };

static uint8_t octets[FIND_TWIN_RECORDS_MAX * (ZONE_RR_FIXED + 4)];
static size_t len;
static uint16_t same[FIND_TWIN_RECORDS_MAX];

static void add(const void *rdata, size_t size)
{
    zone_node_write_rr(octets + len, DNS_TYPE_A, TTL_S, rdata, size);
    len += ZONE_RR_FIXED + size;
}

static unsigned fill(void)
{
    memset(same, 0xee, sizeof(same));
    return find_twin_fill(&zones_key, octets, len, same);
}

static void each_record_has_the_number_of_the_first_like_it(void **state)
{
    (void)state;
    static const uint16_t expected[] = {0, 1, 0, 3, 1, 0};
    const char *letter = "abadba";
    for (len = 0; *letter; letter++) {
        add(letter, 1);
    }
    assert_int_equal(fill(), 6);
    assert_memory_equal(same, expected, sizeof(expected));
}

static void different_records_have_no_twins(void **state)
{
    (void)state;
    len = 0;
    assert_int_equal(fill(), 0);
    add("a", 1);
    add("aa", 2);
    add("", 0);
    add("b", 1);
    assert_int_equal(fill(), 0);
}

/* As many as an answer can have, all of them different but for one. */
static void the_last_of_many_finds_the_first(void **state)
{
    (void)state;
    const unsigned count = FIND_TWIN_RECORDS_MAX - 1;
    len = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        add(&i, sizeof(i));
    }
    assert_int_equal(fill(), 0);
    add(&(uint32_t){0}, sizeof(uint32_t));
    assert_int_equal(fill(), count);
    for (unsigned i = 0; i + 1 < count; i++) {
        assert_int_equal(same[i], i);
    }
    assert_int_equal(same[count - 1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_has_the_number_of_the_first_like_it),
        cmocka_unit_test(different_records_have_no_twins),
        cmocka_unit_test(the_last_of_many_finds_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
