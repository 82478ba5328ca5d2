#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/err.h"
#include "base/mac.h"
#include "tests/lib/fail.h"
#include "tests/lib/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The library's memory, counted, failing on demand, and looked at when it is given back. */
static _Atomic size_t library_calls; /* two threads allocate in one test */
static size_t library_left;          /* calls until one fails; 0: none */
static const char *hunted;           /* must not be in memory given back */
static size_t found;

static void *library_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    library_calls++;
    if (library_left > 0 && --library_left == 0) {
        return NULL;
    }
    return memalign(16, size); /* not malloc: that would count as ours in fail_after */
}

static void *library_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    library_calls++;
    return realloc(old, size);
}

static void library_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    if (memory && hunted && memmem(memory, malloc_usable_size(memory), hunted, strlen(hunted))) {
        found++;
    }
    free(memory);
}

static void compute(struct mac *mac, const struct mac_key *key, const void *data, size_t len,
                    char *out_hex)
{
    uint8_t out[MAC_MAX];
    size_t out_len = 0;
    assert_int_equal(mac_begin(mac, key), 0);
    mac_update(mac, data, len);
    assert_int_equal(mac_end(mac, out, &out_len), 0);
    text_to_hex(out, out_len, out_hex);
}

static void macs_are_those_of_the_rfcs(void **state)
{
    (void)state;
    enum { AA = 0xaa, DD = 0xdd, CD = 0xcd, STEPS = 0 };
    static const char large_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const char large_data[] =
        "This is a test using a larger than block-size key and a larger than block-size data. The "
        "key needs to be hashed before being used by the HMAC algorithm.";
    static const struct {
        const char *label;
        enum mac_digest digest;
        int key_octet; /* STEPS: 1, 2, 3, ... */
        size_t key_len;
        const char *data; /* NULL: 50 times data_octet */
        int data_octet;
        const char *mac;
    } rows[] = {
        {"RFC 2202 3.3", MAC_SHA1, AA, 20, NULL, DD, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
        {"RFC 2202 3.4", MAC_SHA1, STEPS, 25, NULL, CD, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
        {"RFC 2202 3.6", MAC_SHA1, AA, 80, large_key, 0,
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
        {"RFC 4231 4.4", MAC_SHA256, AA, 20, NULL, DD,
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"RFC 4231 4.5", MAC_SHA256, STEPS, 25, NULL, CD,
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {"RFC 4231 4.7", MAC_SHA256, AA, 131, large_key, 0,
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {"RFC 4231 4.8", MAC_SHA256, AA, 131, large_data, 0,
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {"RFC 4231 4.4", MAC_SHA384, AA, 20, NULL, DD,
         "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3a"
         "b6e101a34f27"},
        {"RFC 4231 4.5", MAC_SHA384, STEPS, 25, NULL, CD,
         "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8"
         "a386c674cffb"},
        {"RFC 4231 4.7", MAC_SHA384, AA, 131, large_key, 0,
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe829624"
         "8df163f44952"},
        {"RFC 4231 4.8", MAC_SHA384, AA, 131, large_data, 0,
         "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860"
         "e6110c46523e"},
        {"RFC 4231 4.4", MAC_SHA512, AA, 20, NULL, DD,
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b4"
         "85a47e67c807b946a337bee8942674278859e13292fb"},
        {"RFC 4231 4.5", MAC_SHA512, STEPS, 25, NULL, CD,
         "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679"
         "275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
        {"RFC 4231 4.7", MAC_SHA512, AA, 131, large_key, 0,
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0f"
         "d2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
        {"RFC 4231 4.8", MAC_SHA512, AA, 131, large_data, 0,
         "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5e"
         "eb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
    };
    struct mac *mac = mac_create(1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        uint8_t secret[131], data[50];
        for (size_t j = 0; j < rows[i].key_len; j++) {
            secret[j] = (uint8_t)(rows[i].key_octet == STEPS ? (int)j + 1 : rows[i].key_octet);
        }
        memset(data, rows[i].data_octet, sizeof(data));
        struct mac_key *key = mac_key_create(rows[i].digest, secret, rows[i].key_len);
        assert_non_null(key);
        char hex[2 * MAC_MAX + 1];
        compute(mac, key, rows[i].data ? (const void *)rows[i].data : data,
                rows[i].data ? strlen(rows[i].data) : sizeof(data), hex);
        assert_string_equal(hex, rows[i].mac);
        assert_int_equal(strlen(hex), 2 * mac_octets(rows[i].digest));
        mac_key_destroy(key);
    }
    mac_destroy(mac);
}

static void the_self_test_passes(void **state)
{
    (void)state;
    assert_int_equal(mac_self_test(), 0);
}

static void pieces_give_the_mac_of_the_whole(void **state)
{
    (void)state;
    static const char data[] = "some octets that come in pieces of any length, longer than a block";
    struct mac *mac = mac_create(1);
    struct mac_key *key = mac_key_create(MAC_SHA256, "secret", 6);
    char whole[2 * MAC_MAX + 1], pieces[2 * MAC_MAX + 1];
    compute(mac, key, data, sizeof(data), whole);
    for (size_t cut = 0; cut <= sizeof(data); cut++) {
        uint8_t out[MAC_MAX];
        size_t len = 0;
        mac_begin(mac, key);
        mac_update(mac, data, cut);
        mac_update(mac, NULL, 0);
        mac_update(mac, data + cut, sizeof(data) - cut);
        assert_int_equal(mac_end(mac, out, &len), 0);
        text_to_hex(out, len, pieces);
        assert_string_equal(pieces, whole);
    }
    mac_key_destroy(key);
    mac_destroy(mac);
}

static void a_mac_that_was_dropped_leaves_no_trace(void **state)
{
    (void)state;
    struct mac *mac = mac_create(4);
    struct mac_key *one = mac_key_create(MAC_SHA256, "one", 3);
    struct mac_key *two = mac_key_create(MAC_SHA512, "two", 3);
    char before[2 * MAC_MAX + 1], after[2 * MAC_MAX + 1];
    compute(mac, one, "data", 4, before);
    mac_begin(mac, one);
    mac_update(mac, "dropped", 7);
    compute(mac, two, "data", 4, after);
    assert_string_not_equal(after, before);
    compute(mac, one, "data", 4, after);
    assert_string_equal(after, before);
    mac_key_destroy(one);
    mac_key_destroy(two);
    mac_destroy(mac);
}

static void nothing_ends_that_was_not_begun(void **state)
{
    (void)state;
    struct mac *mac = mac_create(1);
    struct mac_key *key = mac_key_create(MAC_SHA256, "secret", 6);
    uint8_t out[MAC_MAX];
    size_t len = 77;
    mac_update(mac, "data", 4);
    assert_int_equal(mac_end(mac, out, &len), ERR_NOT_NOW);
    mac_begin(mac, key);
    assert_int_equal(mac_end(mac, out, &len), 0);
    assert_int_equal(len, 32);
    assert_int_equal(mac_end(mac, out, &len), ERR_NOT_NOW);
    mac_begin(mac, key);
    mac_forget(mac);
    mac_update(mac, "data", 4);
    assert_int_equal(mac_end(mac, out, &len), ERR_NOT_NOW);
    mac_key_destroy(key);
    mac_destroy(mac);
}

static void a_secret_has_one_to_1024_octets(void **state)
{
    (void)state;
    static const uint8_t secret[MAC_SECRET_MAX + 1] = {1};
    static const struct {
        const char *label;
        size_t len;
        bool made;
    } rows[] = {
        {"none", 0, false},
        {"shortest", 1, true},
        {"longest", MAC_SECRET_MAX, true},
        {"too long", MAC_SECRET_MAX + 1, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct mac_key *key = mac_key_create(MAC_SHA512, secret, rows[i].len);
        assert_int_equal(key != NULL, rows[i].made);
        mac_key_destroy(key);
    }
    mac_key_destroy(NULL);
    mac_destroy(NULL);
}

static void more_keys_than_contexts_are_no_matter(void **state)
{
    (void)state;
    enum { KEYS = 20 };
    struct mac_key *keys[KEYS];
    char alone[KEYS][2 * MAC_MAX + 1];
    for (uint8_t i = 0; i < KEYS; i++) {
        struct mac *mac = mac_create(1);
        keys[i] = mac_key_create(i % 2 ? MAC_SHA256 : MAC_SHA384, &i, 1);
        compute(mac, keys[i], "data", 4, alone[i]);
        mac_destroy(mac);
    }
    static const size_t contexts[] = {0, 1, 3, 8, KEYS, 100};
    for (size_t c = 0; c < COUNT(contexts); c++) {
        struct mac *mac = mac_create(contexts[c]);
        for (size_t round = 0; round < 3 * KEYS; round++) {
            const size_t i = round * 7 % KEYS;
            char hex[2 * MAC_MAX + 1];
            compute(mac, keys[i], "data", 4, hex);
            assert_string_equal(hex, alone[i]);
        }
        mac_destroy(mac);
    }
    for (size_t i = 0; i < KEYS; i++) {
        mac_key_destroy(keys[i]);
    }
}

static void a_key_is_not_mistaken_for_one_that_was_there_before(void **state)
{
    (void)state;
    struct mac *mac = mac_create(1);
    char last[2 * MAC_MAX + 1] = "";
    for (uint8_t i = 0; i < 10; i++) { /* the heap gives the same address again and again */
        struct mac_key *key = mac_key_create(MAC_SHA256, &i, 1);
        char hex[2 * MAC_MAX + 1];
        compute(mac, key, "data", 4, hex);
        assert_string_not_equal(hex, last);
        memcpy(last, hex, sizeof(last));
        mac_key_destroy(key);
    }
    mac_destroy(mac);
}

static void a_mac_costs_no_allocation_of_ours_and_no_look_up_in_the_library(void **state)
{
    (void)state;
    enum { MACS = 1000 };
    struct mac *mac = mac_create(8);
    struct mac_key *keys[4];
    char hex[2 * MAC_MAX + 1];
    for (uint8_t i = 0; i < 4; i++) {
        keys[i] = mac_key_create((enum mac_digest)i, &i, 1);
        compute(mac, keys[i], "data", 4, hex); /* the first one makes the context */
    }
    const size_t before = library_calls;
    fail_after(1);
    for (size_t i = 0; i < MACS; i++) {
        compute(mac, keys[i % 4], "data", 4, hex);
    }
    assert_false(fail_stop());
    /* The library copies a hash state at each begin and end; a look-up or a new context is more. */
    assert_true(library_calls - before <= 2 * MACS);
    for (size_t i = 0; i < 4; i++) {
        mac_key_destroy(keys[i]);
    }
    mac_destroy(mac);
}

static void secrets_are_cleansed(void **state)
{
    (void)state;
    static const char secret[] = "a secret that nobody may find";
    struct mac *mac = mac_create(8);
    struct mac_key *keys[4];
    char hex[2 * MAC_MAX + 1];
    hunted = secret;
    found = 0;
    for (unsigned i = 0; i < 4; i++) {
        keys[i] = mac_key_create((enum mac_digest)i, secret, strlen(secret));
        compute(mac, keys[i], "data", 4, hex);
    }
    mac_forget(mac);
    compute(mac, keys[0], "data", 4, hex);
    for (unsigned i = 0; i < 4; i++) {
        mac_key_destroy(keys[i]);
    }
    mac_destroy(mac);
    assert_int_equal(found, 0);
    char *memory = OPENSSL_strdup(secret); /* and this test would see it */
    OPENSSL_free(memory);
    assert_int_equal(found, 1);
    hunted = NULL;
}

static void a_library_without_memory_gives_errors(void **state)
{
    (void)state;
    struct mac_key *good = mac_key_create(MAC_SHA256, "secret", 6);
    unsigned failures = 0;
    for (size_t n = 1;; n++) {
        struct mac *mac = mac_create(1);
        library_left = n;
        struct mac_key *key = mac_key_create(MAC_SHA256, "secret", 6);
        uint8_t out[MAC_MAX];
        size_t len = 0;
        mac_begin(mac, key ? key : good);
        mac_update(mac, "data", 4);
        const int err = mac_end(mac, out, &len);
        const bool happened = library_left == 0;
        library_left = 0;
        assert_true(err == 0 || err == ERR_MEMORY);
        failures += err == ERR_MEMORY;
        char hex[2 * MAC_MAX + 1], wanted[2 * MAC_MAX + 1];
        compute(mac, good, "data", 4, wanted); /* the same struct mac is of use again */
        if (err == 0) {
            text_to_hex(out, len, hex);
            assert_string_equal(hex, wanted);
        }
        mac_key_destroy(key);
        mac_destroy(mac);
        if (!happened) {
            break;
        }
    }
    assert_true(failures > 0);
    mac_key_destroy(good);
}

struct worker {
    const struct mac_key *keys[2];
    char hex[2][2 * MAC_MAX + 1];
    bool differed;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct mac *mac = mac_create(1); /* one slot for two keys: contexts are copied all the time */
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t out[MAC_MAX];
        size_t len = 0;
        char hex[2 * MAC_MAX + 1];
        mac_begin(mac, worker->keys[i % 2]);
        mac_update(mac, "data", 4);
        mac_end(mac, out, &len);
        text_to_hex(out, len, hex);
        worker->differed = worker->differed || strcmp(hex, worker->hex[i % 2]) != 0;
    }
    mac_destroy(mac);
    return NULL;
}

static void threads_share_keys(void **state)
{
    (void)state;
    struct mac *mac = mac_create(2);
    struct mac_key *one = mac_key_create(MAC_SHA256, "one", 3);
    struct mac_key *two = mac_key_create(MAC_SHA1, "two", 3);
    struct worker workers[2] = {{.keys = {one, two}}};
    compute(mac, one, "data", 4, workers[0].hex[0]);
    compute(mac, two, "data", 4, workers[0].hex[1]);
    workers[1] = workers[0];
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].differed);
    }
    mac_key_destroy(one);
    mac_key_destroy(two);
    mac_destroy(mac);
}

static void equal_macs_are_equal_in_all_octets(void **state)
{
    (void)state;
    uint8_t a[MAC_MAX] = {1, 2, 3}, b[MAC_MAX] = {1, 2, 3};
    assert_true(mac_equal(a, b, MAC_MAX));
    for (size_t i = 0; i < MAC_MAX; i++) {
        b[i] ^= 0x80;
        assert_false(mac_equal(a, b, MAC_MAX));
        assert_true(mac_equal(a, b, i)); /* octets behind len do not count */
        b[i] ^= 0x80;
    }
}

int main(void)
{
    if (CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) != 1) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_the_rfcs),
        cmocka_unit_test(the_self_test_passes),
        cmocka_unit_test(pieces_give_the_mac_of_the_whole),
        cmocka_unit_test(a_mac_that_was_dropped_leaves_no_trace),
        cmocka_unit_test(nothing_ends_that_was_not_begun),
        cmocka_unit_test(a_secret_has_one_to_1024_octets),
        cmocka_unit_test(more_keys_than_contexts_are_no_matter),
        cmocka_unit_test(a_key_is_not_mistaken_for_one_that_was_there_before),
        cmocka_unit_test(a_mac_costs_no_allocation_of_ours_and_no_look_up_in_the_library),
        cmocka_unit_test(secrets_are_cleansed),
        cmocka_unit_test(a_library_without_memory_gives_errors),
        cmocka_unit_test(threads_share_keys),
        cmocka_unit_test(equal_macs_are_equal_in_all_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
