#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/rand.h"

static void the_system_fills_all_of_any_length_and_no_more(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 7, 8, 255, 257, 100000};
    struct rand *rand = rand_system();
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t len = lengths[i];
        uint8_t *out = mem_alloc(len + 1);
        uint8_t any[2] = {0, 0}; /* first and last octet, over several fills */
        for (int round = 0; round < 20; round++) {
            rand->fill(rand, out, len);
            any[0] |= out[0];
            any[1] |= out[len - 1];
        }
        assert_true(any[0] != 0 && any[1] != 0);
        assert_int_equal(out[len], 0);
        mem_free(out);
    }
}

static void the_system_does_not_repeat(void **state)
{
    (void)state;
    assert_true(rand_u64(rand_system()) != rand_u64(rand_system()));
}

static void a_fake_repeats_by_its_seed(void **state)
{
    (void)state;
    struct rand_fake a;
    struct rand_fake b;
    struct rand_fake c;
    rand_fake_init(&a, 0);
    rand_fake_init(&b, 0);
    rand_fake_init(&c, 1);
    /* The published first outputs of SplitMix64 for seed 0. */
    assert_true(rand_u64(&a.rand) == 0xe220a8397b1dcdafu);
    assert_true(rand_u64(&a.rand) == 0x6e789e6aa1b965f4u);
    assert_true(rand_u64(&b.rand) == 0xe220a8397b1dcdafu);
    assert_true(rand_u64(&c.rand) != 0xe220a8397b1dcdafu);
}

static void a_fake_fills_odd_lengths(void **state)
{
    (void)state;
    struct rand_fake fake;
    uint8_t out[12] = {0};
    rand_fake_init(&fake, 7);
    fake.rand.fill(&fake.rand, out, 11);
    assert_int_equal(out[11], 0);
    uint8_t again[11];
    rand_fake_init(&fake, 7);
    fake.rand.fill(&fake.rand, again, 11);
    assert_memory_equal(out, again, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_fills_all_of_any_length_and_no_more),
        cmocka_unit_test(the_system_does_not_repeat),
        cmocka_unit_test(a_fake_repeats_by_its_seed),
        cmocka_unit_test(a_fake_fills_odd_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
