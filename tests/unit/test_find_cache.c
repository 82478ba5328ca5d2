#include "server/find_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "tests/lib/heap.h"

enum { SIZE = 1 << 16, BLOCK_MAX = 2048 };

/* The key, then octets that tell of the round. */
static size_t fill(uint8_t *out, uint64_t key, uint64_t round, size_t len)
{
    memcpy(out, &key, len < sizeof(key) ? len : sizeof(key));
    for (size_t i = sizeof(key); i < len; i++) {
        out[i] = (uint8_t)(round * 7 + i);
    }
    return len;
}

static void put(struct find_cache *cache, uint64_t key, uint64_t round, size_t len)
{
    uint8_t data[BLOCK_MAX];
    const void *kept = find_cache_put(cache, key, data, fill(data, key, round, len));
    assert_non_null(kept);
    assert_memory_equal(kept, data, len);
}

static void check(struct find_cache *cache, uint64_t key, uint64_t round, size_t len)
{
    uint8_t data[BLOCK_MAX];
    const void *kept = find_cache_get(cache, key);
    assert_non_null(kept);
    assert_memory_equal(kept, data, fill(data, key, round, len));
}

static void a_block_is_found_by_its_key(void **state)
{
    (void)state;
    struct find_cache *cache = find_cache_create(SIZE);
    assert_null(find_cache_get(cache, 5));
    put(cache, 5, 1, 100);
    put(cache, 6, 1, 0);
    check(cache, 5, 1, 100);
    check(cache, 6, 1, 0);
    assert_int_equal((uintptr_t)find_cache_get(cache, 5) % 16, 0);
    find_cache_drop(cache, 6);
    find_cache_drop(cache, 60);
    assert_null(find_cache_get(cache, 6));
    find_cache_clear(cache);
    assert_null(find_cache_get(cache, 5));
    put(cache, 5, 2, 100);
    check(cache, 5, 2, 100);
    find_cache_destroy(cache);
    find_cache_destroy(NULL);
}

static void a_new_block_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    struct find_cache *cache = find_cache_create(SIZE);
    put(cache, 5, 1, 100);
    const void *at = find_cache_get(cache, 5);
    find_cache_link(cache, 77, 5);
    put(cache, 5, 2, 90);
    assert_ptr_equal(find_cache_get(cache, 5), at);
    check(cache, 77, 0, 0);
    assert_ptr_equal(find_cache_get(cache, 77), at);
    put(cache, 5, 3, 1000);
    check(cache, 5, 3, 1000);
    assert_null(find_cache_get(cache, 77)); /* led to the old one */
    find_cache_link(cache, 77, 5);
    assert_ptr_equal(find_cache_get(cache, 77), find_cache_get(cache, 5));
    find_cache_link(cache, 78, 1234); /* nothing there */
    assert_null(find_cache_get(cache, 78));
    find_cache_destroy(cache);
}

static void what_is_too_long_is_not_kept(void **state)
{
    (void)state;
    static uint8_t data[SIZE];
    struct find_cache *cache = find_cache_create(SIZE);
    assert_null(find_cache_put(cache, 5, data, SIZE / 8));
    assert_null(find_cache_get(cache, 5));
    find_cache_destroy(cache);
}

/* A thousand times as many new keys as there is room for: what is asked for all the time stays, nothing else. */
static void a_flood_does_not_push_out_what_is_in_use(void **state)
{
    (void)state;
    struct find_cache *cache = find_cache_create(SIZE);
    struct rand_fake fake;
    rand_fake_init(&fake, 1);
    size_t heap = heap_used();
    put(cache, 1, 0, 300);
    put(cache, 2, 0, 300);
    uint64_t lost = 0;
    for (unsigned i = 0; i < 100000; i++) {
        if (i % 16 == 0 && !find_cache_get(cache, 1)) {
            lost++;
            put(cache, 1, 0, 300);
        }
        put(cache, rand_u64(&fake.rand) | 8, 1, 300);
    }
    assert_in_range(lost, 0,
                    100); /* sets of the index are small: now and then one is full of new keys */
    assert_null(find_cache_get(cache, 2));
    check(cache, 1, 0, 300);
    assert_true(heap_used() <= heap + 100000);
    find_cache_destroy(cache);
}

/* Whatever is found is what was put last under its key, or under the key that a link led to. */
static void random_work_never_gives_another_block(void **state)
{
    (void)state;
    enum { KEYS = 500 };
    static uint64_t keys[KEYS];
    static unsigned rounds[KEYS], lens[KEYS];
    struct find_cache *cache = find_cache_create(SIZE);
    struct rand_fake fake;
    rand_fake_init(&fake, 2);
    for (unsigned i = 0; i < KEYS; i++) {
        keys[i] = rand_u64(&fake.rand) | 1;
    }
    unsigned found = 0, links = 0;
    for (unsigned n = 1; n < 200000; n++) {
        uint64_t bits = rand_u64(&fake.rand);
        unsigned i = (unsigned)(bits % KEYS) & (unsigned)(bits >> 32) % KEYS;
        if (bits >> 63) {
            lens[i] = 8 + (unsigned)(bits >> 40) % (BLOCK_MAX - 8);
            put(cache, keys[i], rounds[i] = n, lens[i]);
            if (n % 3 == 0) {
                find_cache_link(cache, ~keys[i], keys[i]);
            }
        } else if (bits & 1 << 20 && find_cache_get(cache, keys[i])) {
            check(cache, keys[i], rounds[i], lens[i]);
            found++;
        } else if (find_cache_get(cache, ~keys[i])) { /* may lead to an older one of the same key */
            assert_memory_equal(find_cache_get(cache, ~keys[i]), &keys[i], sizeof(keys[i]));
            links++;
        }
    }
    assert_true(links > 1000);
    assert_true(found > 20000);
    find_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_found_by_its_key),
        cmocka_unit_test(a_new_block_takes_the_place_of_the_old_one),
        cmocka_unit_test(what_is_too_long_is_not_kept),
        cmocka_unit_test(a_flood_does_not_push_out_what_is_in_use),
        cmocka_unit_test(random_work_never_gives_another_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
