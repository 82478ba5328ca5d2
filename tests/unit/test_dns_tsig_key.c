#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "zones/dns_name.h"
#include "zones/dns_tsig_key.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t secret[MAC_SECRET_MAX + 1] = {1, 2, 3};

static const struct dns_tsig_algorithm *algorithm(const char *text)
{
    return dns_tsig_algorithm_parse(text, strlen(text));
}

static void algorithms_are_known_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name; /* name NULL: not known */
        enum mac_digest digest;
        uint8_t octets;
        size_t least;
        bool by_option;
    } rows[] = {
        {"hmac-sha1", "hmac-sha1", MAC_SHA1, 20, 10, true},
        {"hmac-sha256", "hmac-sha256", MAC_SHA256, 32, 16, false},
        {"HMAC-SHA256.", "hmac-sha256", MAC_SHA256, 32, 16, false},
        {"hmac-sha256-128", "hmac-sha256-128", MAC_SHA256, 16, 16, false},
        {"hmac-sha384", "hmac-sha384", MAC_SHA384, 48, 24, false},
        {"hmac-sha384-192", "hmac-sha384-192", MAC_SHA384, 24, 24, false},
        {"hmac-sha512", "hmac-sha512", MAC_SHA512, 64, 32, false},
        {"hmac-sha512-256.", "hmac-sha512-256", MAC_SHA512, 32, 32, false},
        {"hmac-sha224", NULL, MAC_SHA1, 0, 0, false},
        {"hmac-md5.sig-alg.reg.int", NULL, MAC_SHA1, 0, 0, false},
        {"gss-tsig", NULL, MAC_SHA1, 0, 0, false},
        {"hmac-sha25", NULL, MAC_SHA1, 0, 0, false},
        {"hmac-sha256..", NULL, MAC_SHA1, 0, 0, false},
        {".", NULL, MAC_SHA1, 0, 0, false},
        {"", NULL, MAC_SHA1, 0, 0, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].text);
        const struct dns_tsig_algorithm *found = algorithm(rows[i].text);
        assert_int_equal(found != NULL, rows[i].name != NULL);
        if (found) {
            assert_string_equal(found->text, rows[i].name);
            assert_int_equal(found->digest, rows[i].digest);
            assert_int_equal(found->octets, rows[i].octets);
            assert_int_equal(found->by_option, rows[i].by_option);
            assert_int_equal(dns_tsig_algorithm_least(found), rows[i].least);
        }
    }
}

static void a_ring_finds_its_keys_in_any_case(void **state)
{
    (void)state;
    enum { KEYS = 1000 };
    static uint8_t names[KEYS][DNS_NAME_MAX];
    static struct dns_tsig_key_spec specs[KEYS];
    for (size_t i = 0; i < KEYS; i++) {
        char text[40];
        const int len = snprintf(text, sizeof(text), "Key-%zu.PCL.test.", i);
        size_t name_len;
        assert_int_equal(dns_name_parse(text, (size_t)len, NULL, names[i], &name_len), 0);
        specs[i] = (struct dns_tsig_key_spec){
            names[i], algorithm(i % 2 ? "hmac-sha256" : "hmac-sha512-256"), secret, 32, 0};
    }
    struct dns_tsig_ring *ring = NULL;
    size_t bad = 0;
    assert_int_equal(dns_tsig_ring_create(specs, KEYS, &ring, &bad), 0);
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t lower[DNS_NAME_MAX];
        dns_name_lower(names[i], dns_name_len(names[i]), lower);
        const struct dns_tsig_key *key = dns_tsig_ring_find(ring, names[i]);
        assert_non_null(key);
        assert_ptr_equal(dns_tsig_ring_find(ring, lower), key);
        assert_memory_equal(dns_tsig_key_name(key), lower, key->name_len);
        assert_int_equal(key->name_len, dns_name_len(lower));
        assert_ptr_equal(key->algorithm, specs[i].algorithm);
        assert_int_equal(key->mac_min, key->algorithm->octets);
    }
    assert_null(dns_tsig_ring_find(ring, (const uint8_t *)"\7key-0.0\3pcl\4test"));
    assert_null(dns_tsig_ring_find(ring, (const uint8_t *)"\5key-1\3pcl"));
    assert_null(dns_tsig_ring_find(ring, (const uint8_t *)""));
    dns_tsig_ring_destroy(ring);
}

static void a_ring_may_be_empty_or_absent(void **state)
{
    (void)state;
    struct dns_tsig_ring *ring = NULL;
    size_t bad = 0;
    assert_int_equal(dns_tsig_ring_create(NULL, 0, &ring, &bad), 0);
    assert_null(dns_tsig_ring_find(ring, (const uint8_t *)"\1a"));
    dns_tsig_ring_destroy(ring);
    assert_null(dns_tsig_ring_find(NULL, (const uint8_t *)"\1a"));
    dns_tsig_ring_destroy(NULL);
}

static void names_stand_as_they_are_maced(void **state)
{
    (void)state;
    const struct dns_tsig_key_spec spec = {(const uint8_t *)"\1K\4Test", algorithm("hmac-sha256"),
                                           secret, 32, 0};
    struct dns_tsig_ring *ring = NULL;
    size_t bad = 0;
    assert_int_equal(dns_tsig_ring_create(&spec, 1, &ring, &bad), 0);
    const struct dns_tsig_key *key = dns_tsig_ring_find(ring, spec.name);
    static const char fixed[] = "\1k\4test\0\0\377\0\0\0\0\13hmac-sha256";
    assert_int_equal(key->fixed_len, sizeof(fixed)); /* the root label is the terminator */
    assert_memory_equal(key->fixed, fixed, sizeof(fixed));
    assert_memory_equal(dns_tsig_key_algorithm(key), "\13hmac-sha256", key->algorithm_len);
    dns_tsig_ring_destroy(ring);
}

static void a_key_of_the_longest_name_is_a_key(void **state)
{
    (void)state;
    uint8_t name[DNS_NAME_MAX] = {0};
    for (size_t i = 0; i < 127; i++) {
        name[2 * i] = 1;
        name[2 * i + 1] = 'A';
    }
    const struct dns_tsig_key_spec spec = {name, algorithm("hmac-sha512"), secret, 64, 0};
    struct dns_tsig_ring *ring = NULL;
    size_t bad = 0;
    assert_int_equal(dns_tsig_ring_create(&spec, 1, &ring, &bad), 0);
    assert_int_equal(dns_tsig_ring_find(ring, name)->name_len, DNS_NAME_MAX);
    dns_tsig_ring_destroy(ring);
}

static void specs_that_are_wrong_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *label, *algorithm;
        const char *name;
        size_t secret_len;
        uint8_t mac_min;
        int err;
    } rows[] = {
        {"good", "hmac-sha256", "\1b", 32, 0, 0},
        {"shortest MAC", "hmac-sha256", "\1b", 32, 16, 0},
        {"whole MAC", "hmac-sha256", "\1b", 32, 32, 0},
        {"MAC shorter than half", "hmac-sha256", "\1b", 32, 15, ERR_VALUE},
        {"MAC longer than whole", "hmac-sha256", "\1b", 32, 33, ERR_VALUE},
        {"ten octets of SHA-1", "hmac-sha1", "\1b", 32, 10, 0},
        {"nine octets of SHA-1", "hmac-sha1", "\1b", 32, 9, ERR_VALUE},
        {"no secret", "hmac-sha256", "\1b", 0, 0, ERR_VALUE},
        {"weak secret is for the configuration to judge", "hmac-sha256", "\1b", 1, 0, 0},
        {"longest secret", "hmac-sha256", "\1b", MAC_SECRET_MAX, 0, 0},
        {"secret too long", "hmac-sha256", "\1b", MAC_SECRET_MAX + 1, 0, ERR_VALUE},
        {"name twice", "hmac-sha512", "\1A", 32, 0, ERR_EXISTS},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const struct dns_tsig_key_spec specs[] = {
            {(const uint8_t *)"\1a", algorithm("hmac-sha256"), secret, 32, 0},
            {(const uint8_t *)rows[i].name, algorithm(rows[i].algorithm), secret,
             rows[i].secret_len, rows[i].mac_min},
        };
        struct dns_tsig_ring *ring = NULL;
        size_t bad = 77;
        assert_int_equal(dns_tsig_ring_create(specs, 2, &ring, &bad), rows[i].err);
        assert_int_equal(bad, rows[i].err ? 1 : 77);
        assert_int_equal(ring == NULL, rows[i].err != 0);
        dns_tsig_ring_destroy(ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(algorithms_are_known_by_name),
        cmocka_unit_test(a_ring_finds_its_keys_in_any_case),
        cmocka_unit_test(a_ring_may_be_empty_or_absent),
        cmocka_unit_test(names_stand_as_they_are_maced),
        cmocka_unit_test(a_key_of_the_longest_name_is_a_key),
        cmocka_unit_test(specs_that_are_wrong_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
