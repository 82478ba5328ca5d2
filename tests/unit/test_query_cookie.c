#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "server/query_cookie.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void from_hex(const char *hex, uint8_t *out)
{
    for (; *hex; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        *out++ = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static struct query_peer peer_of(const char *address)
{
    struct query_peer peer = {.family = strchr(address, ':') ? 6 : 4};
    assert_int_equal(inet_pton(peer.family == 6 ? AF_INET6 : AF_INET, address, peer.address), 1);
    return peer;
}

/* RFC 9018 appendix A: every cookie that its server makes, and every one that it takes. */
static const struct vector {
    const char *label, *address, *client, *secret;
    uint32_t now_s;
    const char *made;
} vectors[] = {
    {"A.1, a new cookie", "198.51.100.100", "2464c4abcf10c957", "e5e973e5a6b2a43f48e7dc849e37bfcf",
     1559731985, "010000005cf79f111f8130c3eee29480"},
    {"A.2, renewed", "198.51.100.100", "2464c4abcf10c957", "e5e973e5a6b2a43f48e7dc849e37bfcf",
     1559734385, "010000005cf7a871d4a564a1442aca77"},
    {"A.3, another client", "203.0.113.203", "fc93fc62807ddb86", "e5e973e5a6b2a43f48e7dc849e37bfcf",
     1559734700, "010000005cf7a9acf73a7810aca2381e"},
    {"A.4, IPv6 with the old secret", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298",
     "dd3bdf9344b678b185a6f5cb60fca715", 1559741817, "010000005cf7c57926556bd0934c72f8"},
    {"A.4, IPv6 with the new secret", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298",
     "445536bcd2513298075a5d379663c962", 1559741961, "010000005cf7c609a6bb79d16625507a"},
};

static void cookies_are_those_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t client[8], secret[16], expected[16], made[QUERY_COOKIE_LEN];
        struct query_peer peer = peer_of(vectors[i].address);
        from_hex(vectors[i].client, client);
        from_hex(vectors[i].secret, secret);
        from_hex(vectors[i].made, expected);
        query_cookie_make(secret, &peer, client, vectors[i].now_s, made);
        if (memcmp(made, expected, sizeof(made)) != 0) {
            print_message("case: %s\n", vectors[i].label);
        }
        assert_memory_equal(made, expected, sizeof(made));
        assert_true(query_cookie_check(secret, &peer, client, made, vectors[i].now_s));
    }
}

/* A.3: the old cookie came from another server of the same secret, which sets reserved octets. */
static void reserved_octets_count_as_they_came(void **state)
{
    (void)state;
    uint8_t client[8], secret[16], cookie[16];
    struct query_peer peer = peer_of("203.0.113.203");
    from_hex("fc93fc62807ddb86", client);
    from_hex("e5e973e5a6b2a43f48e7dc849e37bfcf", secret);
    from_hex("01abcdef5cf78f71a314227b6679ebf5", cookie);
    assert_true(query_cookie_check(secret, &peer, client, cookie, 1559727985 + 60));
    cookie[2] ^= 1;
    assert_false(query_cookie_check(secret, &peer, client, cookie, 1559727985 + 60));
}

static void every_octet_of_a_cookie_counts(void **state)
{
    (void)state;
    uint8_t client[8] = "client--", cookie[16];
    const uint8_t secret[16] = "0123456789abcdef";
    struct query_peer peer = peer_of("2001:db8::1"), other = peer;
    query_cookie_make(secret, &peer, client, 1000000, cookie);
    for (size_t i = 0; i < 16; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            cookie[i] ^= (uint8_t)(1u << bit);
            assert_false(query_cookie_check(secret, &peer, client, cookie, 1000000));
            cookie[i] ^= (uint8_t)(1u << bit);
            other.address[i] ^= (uint8_t)(1u << bit);
            assert_false(query_cookie_check(secret, &other, client, cookie, 1000000));
            other.address[i] ^= (uint8_t)(1u << bit);
            client[i % 8] ^= (uint8_t)(1u << bit);
            assert_false(query_cookie_check(secret, &peer, client, cookie, 1000000));
            client[i % 8] ^= (uint8_t)(1u << bit);
        }
    }
    peer.port = 7; /* behind an address translator it changes */
    peer.transport = QUERY_TCP;
    assert_true(query_cookie_check(secret, &peer, client, cookie, 1000000));
}

static void of_an_ipv4_peer_only_four_octets_count(void **state)
{
    (void)state;
    uint8_t client[8] = "client--", cookie[16];
    const uint8_t secret[16] = "0123456789abcdef";
    struct query_peer peer = peer_of("192.0.2.1");
    query_cookie_make(secret, &peer, client, 5, cookie);
    memset(peer.address + 4, 0xff, 12);
    assert_true(query_cookie_check(secret, &peer, client, cookie, 5));
    peer.family = 6;
    assert_false(query_cookie_check(secret, &peer, client, cookie, 5));
}

static void a_cookie_lives_an_hour_and_time_may_wrap(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint32_t made_s, now_s;
        bool good;
    } rows[] = {
        {"now", 1700000000, 1700000000, true},
        {"an hour old", 1700000000, 1700003600, true}, /* RFC 9018 4.3 */
        {"older", 1700000000, 1700003601, false},
        {"five minutes ahead", 1700000300, 1700000000, true},
        {"further ahead", 1700000301, 1700000000, false},
        {"in 2038", 0x7fffffff, 0x80000010, true},
        {"in 2106", 0xfffffff0, 0x00000010, true},
        {"in 2106, ahead", 0x00000010, 0xfffffff0, true},
        {"in 2106, too old", 0xfffffff0, 3600, false},
        {"half the circle away", 0, 0x80000000, false},
    };
    const uint8_t secret[16] = "0123456789abcdef", client[8] = "client--";
    const struct query_peer peer = {.family = 4};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t cookie[16];
        query_cookie_make(secret, &peer, client, rows[i].made_s, cookie);
        bool good = query_cookie_check(secret, &peer, client, cookie, rows[i].now_s);
        if (good != rows[i].good) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_int_equal(good, rows[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_are_those_of_the_specification),
        cmocka_unit_test(reserved_octets_count_as_they_came),
        cmocka_unit_test(every_octet_of_a_cookie_counts),
        cmocka_unit_test(of_an_ipv4_peer_only_four_octets_count),
        cmocka_unit_test(a_cookie_lives_an_hour_and_time_may_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
