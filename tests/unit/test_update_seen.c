#include "server/update_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "zones/dns_code.h"

enum { NOW_S = 1700000000, MAC = 32 };

static struct update_seen *seen;

static int make(void **state)
{
    (void)state;
    seen = update_seen_create();
    return 0;
}

static int drop(void **state)
{
    (void)state;
    update_seen_destroy(seen);
    return 0;
}

/* A request whose MAC says a number; the first two octets choose its place. */
static struct dns_tsig request(uint8_t number, uint8_t mac_len)
{
    struct dns_tsig tsig = {.verdict = DNS_TSIG_GOOD, .fudge_s = 300, .mac_len = mac_len};
    memset(tsig.mac, 0x5a, mac_len);
    if (mac_len > 0) {
        tsig.mac[mac_len - 1] = number;
    }
    return tsig;
}

static void add(struct update_seen *to, const struct dns_tsig *tsig, uint16_t rcode)
{
    const struct update_seen_answer answer = {rcode, (uint16_t)(rcode + 100), {4, rcode, 0}};
    update_seen_add(to, tsig, NOW_S, &answer);
}

static void an_answer_is_found_again(void **state)
{
    (void)state;
    struct dns_tsig tsig = request(0x17, 16);
    struct update_seen_answer answer = {77, 78, {0}};
    assert_false(update_seen_find(seen, &tsig, NOW_S, &answer));
    assert_int_equal(answer.rcode, 77);
    add(seen, &tsig, DNS_RCODE_YXRRSET);
    assert_true(update_seen_find(seen, &tsig, NOW_S, &answer));
    assert_int_equal(answer.rcode, DNS_RCODE_YXRRSET);
    assert_int_equal(answer.ede, DNS_RCODE_YXRRSET + 100);
    assert_int_equal(answer.lease.lease_s, DNS_RCODE_YXRRSET);
    add(seen, &tsig, DNS_RCODE_NOERROR);
    assert_true(update_seen_find(seen, &tsig, NOW_S, &answer));
    assert_int_equal(answer.rcode, DNS_RCODE_NOERROR);
}

static void another_mac_is_another_request(void **state)
{
    (void)state;
    struct dns_tsig one = request(1, 16), other = request(2, 16); /* of one place */
    struct update_seen_answer answer;
    add(seen, &one, DNS_RCODE_NOERROR);
    assert_false(update_seen_find(seen, &other, NOW_S, &answer));
    add(seen, &other, DNS_RCODE_REFUSED);
    assert_true(update_seen_find(seen, &other, NOW_S, &answer));
    assert_int_equal(answer.rcode, DNS_RCODE_REFUSED);
    assert_false(update_seen_find(seen, &one, NOW_S, &answer)); /* its place was needed */
    for (unsigned i = 0; i < 256; i++) {                        /* other places stay */
        struct dns_tsig tsig = request((uint8_t)i, MAC);
        tsig.mac[0] = (uint8_t)i;
        add(seen, &tsig, (uint16_t)(i % 11));
    }
    for (unsigned i = 0; i < 256; i++) {
        struct dns_tsig tsig = request((uint8_t)i, MAC);
        tsig.mac[0] = (uint8_t)i;
        assert_true(update_seen_find(seen, &tsig, NOW_S, &answer));
        assert_int_equal(answer.rcode, i % 11);
    }
}

/* A message signed `fudge` ahead of our clock is good for twice that. */
static void an_answer_is_known_as_long_as_its_request_is_good(void **state)
{
    (void)state;
    static const uint16_t fudges[] = {0, 1, 300, 65535};
    struct update_seen_answer answer;
    for (size_t i = 0; i < 4; i++) {
        struct dns_tsig tsig = request((uint8_t)i, MAC);
        tsig.fudge_s = fudges[i];
        add(seen, &tsig, DNS_RCODE_NOERROR);
        assert_true(update_seen_find(seen, &tsig, NOW_S + 2 * fudges[i], &answer));
        assert_false(update_seen_find(seen, &tsig, NOW_S + 2 * fudges[i] + 1, &answer));
    }
}

static void a_short_mac_is_not_remembered(void **state)
{
    (void)state;
    struct update_seen_answer answer;
    for (uint8_t len = 0; len < 10; len++) { /* RFC 8945 5.2.2.1: none is so short */
        struct dns_tsig tsig = request(0, len);
        add(seen, &tsig, DNS_RCODE_NOERROR);
        assert_false(update_seen_find(seen, &tsig, NOW_S, &answer));
        update_seen_remove(seen, &tsig);
    }
}

static void a_truncated_mac_is_remembered(void **state)
{
    (void)state;
    struct update_seen_answer answer;
    for (uint8_t len = 10; len < MAC; len++) {
        struct dns_tsig one = request(1, len), other = request(2, len);
        assert_false(update_seen_find(seen, &one, NOW_S, &answer));
        add(seen, &one, DNS_RCODE_NOERROR);
        assert_true(update_seen_find(seen, &one, NOW_S, &answer));
        assert_int_equal(update_seen_find(seen, &other, NOW_S, &answer), len > 16);
        update_seen_remove(seen, &one);
        assert_false(update_seen_find(seen, &one, NOW_S, &answer));
    }
}

static void a_forgotten_answer_is_not_found(void **state)
{
    (void)state;
    struct dns_tsig one = request(1, MAC), other = one;
    struct update_seen_answer answer;
    other.mac[3] ^= 1; /* of the same place */
    update_seen_remove(seen, &one);
    add(seen, &one, DNS_RCODE_NOERROR);
    update_seen_remove(seen, &other);
    assert_true(update_seen_find(seen, &one, NOW_S, &answer));
    update_seen_remove(seen, &one);
    assert_false(update_seen_find(seen, &one, NOW_S, &answer));
    assert_false(update_seen_find(seen, &one, 0, &answer));
}

static void nothing_is_ended(void **state)
{
    (void)state;
    update_seen_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_found_again, make, drop),
        cmocka_unit_test_setup_teardown(another_mac_is_another_request, make, drop),
        cmocka_unit_test_setup_teardown(an_answer_is_known_as_long_as_its_request_is_good, make,
                                        drop),
        cmocka_unit_test_setup_teardown(a_short_mac_is_not_remembered, make, drop),
        cmocka_unit_test_setup_teardown(a_truncated_mac_is_remembered, make, drop),
        cmocka_unit_test_setup_teardown(a_forgotten_answer_is_not_found, make, drop),
        cmocka_unit_test(nothing_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
