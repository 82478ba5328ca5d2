#include "server/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "zones/dns_type.h"

static void leases_are_granted_within_the_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        struct lease_bounds bounds;
        struct lease asked, granted;
    } rows[] = {
        {"as asked", {30, 7200, 86400}, {4, 3600, 3600}, {4, 3600, 3600}},
        {"both", {30, 7200, 86400}, {8, 3600, 9000}, {8, 3600, 9000}},
        {"too short", {30, 7200, 86400}, {8, 1, 2}, {8, 30, 30}},
        {"none at all: the shortest", {30, 7200, 86400}, {8, 0, 0}, {8, 30, 30}},
        {"too long", {30, 7200, 86400}, {8, UINT32_MAX, UINT32_MAX}, {8, 7200, 86400}},
        {"a key goes with the rest at least", {30, 7200, 86400}, {8, 3600, 60}, {8, 3600, 3600}},
        {"also where its bound is lower", {30, 7200, 600}, {8, 3600, 3600}, {8, 3600, 3600}},
        {"one lease for everything", {30, 7200, 86400}, {4, 9000, 9000}, {4, 7200, 7200}},
        {"bounds that contradict each other", {100, 50, 70}, {8, 60, 60}, {8, 50, 70}},
        {"nothing is asked for", {30, 7200, 86400}, {0, 0, 0}, {0, 0, 0}},
        {"leases are off", {30, 0, 86400}, {8, 60, 60}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lease granted = lease_grant(&rows[i].bounds, &rows[i].asked, 0);
        if (memcmp(&granted, &rows[i].granted, sizeof(granted)) != 0) {
            fail_msg("%s: %u %u %u", rows[i].label, granted.len, granted.lease_s,
                     granted.key_lease_s);
        }
    }
}

static void leases_that_begin_together_do_not_end_together(void **state)
{
    (void)state;
    static const struct lease_bounds bounds = {30, 7200, 86400};
    static const struct lease asked = {8, 7200, 86400}, shortest = {4, 31, 31};
    uint32_t least = UINT32_MAX, most = 0;
    for (uint64_t seed = 0; seed < 100000; seed += 7) {
        struct lease granted = lease_grant(&bounds, &asked, seed);
        struct lease again = lease_grant(&bounds, &asked, seed);
        assert_memory_equal(&granted, &again, sizeof(granted));
        assert_true(granted.key_lease_s > 80000 && granted.key_lease_s <= 86400);
        least = granted.lease_s < least ? granted.lease_s : least;
        most = granted.lease_s > most ? granted.lease_s : most;
        assert_in_range(lease_grant(&bounds, &shortest, seed).lease_s, 30, 31);
    }
    assert_int_equal(most, 7200);
    assert_int_equal(least, 7200 - 7200 / 16);
}

static void a_registration_that_asks_for_nothing_is_taken_back(void **state)
{
    (void)state;
    static const struct lease_bounds bounds = {30, 7200, 86400};
    static const struct {
        const char *label;
        struct lease asked;
        uint32_t lease_s, key_lease_s;
    } rows[] = {
        {"all of it", {8, 0, 0}, 0, 0},
        {"in the short form", {4, 0, 0}, 0, 0},
        {"but for its keys", {8, 0, 9000}, 0, 9000},
        {"not at all", {8, 60, 9000}, 60, 9000},
        {"too short is no taking back", {8, 1, 1}, 30, 30},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lease granted = lease_grant(&bounds, &rows[i].asked, 0);
        lease_take_back(&rows[i].asked, &granted);
        if (granted.lease_s != rows[i].lease_s || granted.key_lease_s != rows[i].key_lease_s) {
            fail_msg("%s: %u %u", rows[i].label, granted.lease_s, granted.key_lease_s);
        }
    }
    struct lease none = {0};
    lease_take_back(&none, &none);
    assert_int_equal(none.len, 0);
}

static void only_keys_have_the_lease_of_keys(void **state)
{
    (void)state;
    const struct lease granted = {8, 60, 600};
    assert_int_equal(lease_length(&granted, DNS_TYPE_KEY), 600);
    assert_int_equal(lease_length(&granted, DNS_TYPE_DNSKEY), 60);
    assert_int_equal(lease_length(&granted, DNS_TYPE_A), 60);
}

static void the_answer_has_the_form_of_the_request(void **state)
{
    (void)state;
    static const uint8_t option[] = "\0\2\0\10\0\0\0\x3c\0\0\2\x58";
    uint8_t octets[32];
    struct dns_edns_asked asked = {.lease_len = 8, .lease_s = 60, .key_lease_s = 600};
    struct lease lease = lease_asked(&asked);
    struct wr wr = wr_make(octets, sizeof(octets));
    lease_put(&wr, &lease);
    assert_int_equal(wr_len(&wr), 12);
    assert_memory_equal(octets, option, 12);
    lease.len = 4;
    wr = wr_make(octets, sizeof(octets));
    lease_put(&wr, &lease);
    assert_int_equal(wr_len(&wr), 8);
    assert_memory_equal(octets, "\0\2\0\4\0\0\0\x3c", 8);
    lease.len = 0;
    wr = wr_make(octets, sizeof(octets));
    lease_put(&wr, &lease);
    assert_int_equal(wr_len(&wr), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_are_granted_within_the_bounds),
        cmocka_unit_test(leases_that_begin_together_do_not_end_together),
        cmocka_unit_test(a_registration_that_asks_for_nothing_is_taken_back),
        cmocka_unit_test(only_keys_have_the_lease_of_keys),
        cmocka_unit_test(the_answer_has_the_form_of_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
