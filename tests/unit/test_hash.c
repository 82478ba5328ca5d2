#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "tests/lib/guard.h"

static void siphash_gives_the_published_vectors(void **state)
{
    (void)state;
    /* Key and message count up from 0 (the authors' reference; 15 octets is the paper's appendix A). */
    static const struct {
        size_t len;
        uint64_t hash;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31u},  {1, 0x74f839c593dc67fdu},  {2, 0x0d6c8009d9a94f5au},
        {7, 0xab0200f58b01d137u},  {8, 0x93f5f5799a932462u},  {9, 0x9e0082df0ba9e4b0u},
        {15, 0xa129ca6149be45e5u}, {16, 0x3f2acc7f57c29bdbu}, {63, 0x958a324ceb064572u},
    };
    uint8_t octets[64];
    for (size_t i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const void *message = guard_copy(octets, rows[i].len);
        if (hash_sip24(octets, message, rows[i].len) != rows[i].hash) {
            fail_msg("%zu octets", rows[i].len);
        }
        guard_free(message);
    }
}

static void siphash_gives_the_server_cookies_of_rfc_9018(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint8_t key[16];
        uint8_t message[32];
        size_t len;
        uint8_t hash[8];
    } rows[] = {
        {"A.1, first request",
         {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf,
          0xcf},
         {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57, 1,   0,
          0,    0,    0x5c, 0xf7, 0x9f, 0x11, 198,  51,   100, 100},
         20,
         {0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80}},
        {"A.2, same client, later",
         {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf,
          0xcf},
         {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57, 1,   0,
          0,    0,    0x5c, 0xf7, 0xa8, 0x71, 198,  51,   100, 100},
         20,
         {0xd4, 0xa5, 0x64, 0xa1, 0x44, 0x2a, 0xca, 0x77}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rd rd = rd_make(rows[i].hash, 8);
        uint64_t expected = __builtin_bswap64(rd_uint(&rd, 8));
        if (hash_sip24(rows[i].key, rows[i].message, rows[i].len) != expected) {
            fail_msg("%s", rows[i].label);
        }
    }
}

static void a_mix_depends_on_key_seed_length_and_each_octet(void **state)
{
    (void)state;
    const struct hash_key key = {0x0123456789abcdefu, 0xfedcba9876543210u};
    const struct hash_key other = {0x0123456789abcdefu, 0xfedcba9876543212u};
    uint8_t data[24] = {0};
    uint64_t plain = hash_mix(&key, key.k0, data, 20);
    assert_true(hash_mix(&key, key.k0, data, 20) == plain);
    assert_true(hash_mix(&other, other.k0, data, 20) != plain);
    assert_true(hash_mix(&key, 1, data, 20) != plain);
    assert_true(hash_mix(&key, key.k0, data, 19) != plain);
    for (size_t i = 0; i < 20; i++) {
        data[i] = 1;
        assert_true(hash_mix(&key, key.k0, data, 20) != plain);
        data[i] = 0;
    }
}

static void a_mix_reads_no_octet_beyond_its_input(void **state)
{
    (void)state;
    const struct hash_key key = {1, 2};
    for (size_t len = 0; len < 20; len++) {
        const void *copy = guard_copy("abcdefghijklmnopqrstuvwx", len);
        assert_true(hash_mix(&key, 0, copy, len) ==
                    hash_mix(&key, 0, "abcdefghijklmnopqrstuvwx", len));
        guard_free(copy);
    }
}

static void a_mix_spreads_similar_keys_over_slots(void **state)
{
    (void)state;
    /* 65536 keys that differ in few bits, into as many slots: the fullest holds 9 or so when hashes are random. */
    const struct hash_key key = {0x9fb21c651e98df25u, 0xa0761d6478bd642fu};
    uint8_t *slots = calloc(65536, 1);
    assert_non_null(slots);
    unsigned fullest = 0;
    for (uint32_t i = 0; i < 65536; i++) {
        char name[16] = "node00000.pool";
        for (uint32_t v = i, at = 8; at > 3; at--, v /= 10) {
            name[at] = (char)('0' + v % 10);
        }
        uint64_t hash = hash_mix(&key, key.k0, name, 14);
        unsigned count = ++slots[hash & 0xffff];
        fullest = count > fullest ? count : fullest;
    }
    free(slots);
    assert_true(fullest < 16);
}

static void a_fold_is_both_halves_of_the_product(void **state)
{
    (void)state;
    assert_true(hash_fold(3, 5) == 15);
    assert_true(hash_fold(1ull << 63, 2) == 1);
    assert_true(hash_fold(UINT64_MAX, UINT64_MAX) == (1 ^ 0xfffffffffffffffeu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_gives_the_published_vectors),
        cmocka_unit_test(siphash_gives_the_server_cookies_of_rfc_9018),
        cmocka_unit_test(a_mix_depends_on_key_seed_length_and_each_octet),
        cmocka_unit_test(a_mix_reads_no_octet_beyond_its_input),
        cmocka_unit_test(a_mix_spreads_similar_keys_over_slots),
        cmocka_unit_test(a_fold_is_both_halves_of_the_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
