#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rand.h"
#include "base/sorted.h"

enum {
    VALUES = 10000,
    ROUNDS = 60000,
};

static int values[VALUES]; /* values[i] == i; pointers into it are the elements */

static int by_value(const void *a, const void *b)
{
    int x = *(const int *)a;
    int y = *(const int *)b;
    return (x > y) - (x < y);
}

static int fill_values(void **state)
{
    (void)state;
    for (int i = 0; i < VALUES; i++) {
        values[i] = i;
    }
    return 0;
}

struct seen {
    int items[VALUES];
    size_t count;
    size_t stop_at; /* count after which the walk ends */
};

static bool note(void *item, void *context)
{
    struct seen *seen = context;
    seen->items[seen->count++] = *(int *)item;
    return seen->count != seen->stop_at;
}

/* The set holds exactly the values whose present[] is true, in order. */
static void assert_same(const struct sorted *set, const bool *present)
{
    static struct seen seen;
    seen.count = 0;
    seen.stop_at = 0;
    sorted_walk(set, note, &seen);
    size_t at = 0;
    for (int i = 0; i < VALUES; i++) {
        if (present[i]) {
            assert_true(at < seen.count);
            assert_int_equal(seen.items[at++], i);
        }
    }
    assert_int_equal(at, seen.count);
    assert_int_equal(at, set->count);
}

static void random_changes_match_a_plain_array(void **state)
{
    (void)state;
    static bool present[VALUES];
    struct sorted set;
    struct rand_fake fake;
    rand_fake_init(&fake, 20261121);
    sorted_init(&set, by_value);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t dice = rand_u64(&fake.rand);
        int i = (int)(dice % VALUES);
        bool grows = round / 20000 % 2 == 0; /* fills, empties, fills again */
        bool adds = (dice >> 32) % 8 < (grows ? 7u : 1u);
        if (adds) {
            assert_int_equal(sorted_add(&set, &values[i]), !present[i]);
        } else {
            assert_ptr_equal(sorted_remove(&set, &i), present[i] ? &values[i] : NULL);
        }
        present[i] = adds;
        assert_ptr_equal(sorted_find(&set, &i), adds ? &values[i] : NULL);
        if (round % 5000 == 0) {
            assert_same(&set, present);
        }
    }
    assert_same(&set, present);
    for (int i = 0; i < VALUES; i++) {
        assert_ptr_equal(sorted_find(&set, &i), present[i] ? &values[i] : NULL);
    }
    sorted_finish(&set);
}

static void ten_thousand_fit_in_any_order(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int first, step; /* step has no divisor in common with VALUES */
    } rows[] = {{"ascending", 0, 1}, {"descending", VALUES - 1, VALUES - 1}, {"leaping", 5, 3779}};
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        static bool present[VALUES];
        struct sorted set;
        sorted_init(&set, by_value);
        for (int n = 0, i = rows[row].first; n < VALUES; n++, i = (i + rows[row].step) % VALUES) {
            assert_true(sorted_add(&set, &values[i]));
            present[i] = true;
        }
        assert_same(&set, present);
        if (set.chunk_count > VALUES / 128 * 2 + 2) {
            fail_msg("%s: %zu chunks are too many", rows[row].label, set.chunk_count);
        }
        for (int n = 0, i = rows[row].first; n < VALUES; n++, i = (i + 7) % VALUES) {
            assert_ptr_equal(sorted_remove(&set, &i), &values[i]);
        }
        assert_int_equal(set.count, 0);
        assert_int_equal(set.chunk_count, 0);
        sorted_finish(&set);
    }
}

static void chunks_shrink_together_when_elements_leave(void **state)
{
    (void)state;
    struct sorted set;
    sorted_init(&set, by_value);
    for (int i = 0; i < VALUES; i++) {
        assert_true(sorted_add(&set, &values[i]));
    }
    for (int i = 0; i < VALUES; i++) {
        if (i % 50 != 0) {
            assert_non_null(sorted_remove(&set, &i));
        }
    }
    assert_int_equal(set.count, VALUES / 50);
    assert_true(set.chunk_count <= VALUES / 50 / 32 + 1); /* neighbours hold over 64 together */
    sorted_finish(&set);
}

static void a_walk_ends_when_it_is_told(void **state)
{
    (void)state;
    static struct seen seen;
    struct sorted set;
    sorted_init(&set, by_value);
    for (int i = 0; i < 500; i++) {
        assert_true(sorted_add(&set, &values[i]));
    }
    seen.count = 0;
    seen.stop_at = 200;
    sorted_walk(&set, note, &seen);
    assert_int_equal(seen.count, 200);
    assert_int_equal(seen.items[199], 199);
    sorted_finish(&set);
}

static void a_walk_begins_at_the_first_element_not_before_the_key(void **state)
{
    (void)state;
    static struct seen seen;
    struct sorted set;
    sorted_init(&set, by_value);
    sorted_walk_from(&set, &values[3], note, &seen); /* of an empty set */
    assert_int_equal(seen.count, 0);
    for (int i = 0; i < 1000; i += 2) {
        assert_true(sorted_add(&set, &values[i]));
    }
    for (int key = 0; key < 1005; key++) {
        int first = (key + 1) / 2 * 2;
        seen.count = 0;
        seen.stop_at = 0;
        sorted_walk_from(&set, &key, note, &seen);
        assert_int_equal(seen.count, first < 1000 ? (1000 - first) / 2 : 0);
        for (size_t i = 0; i < seen.count; i++) {
            assert_int_equal(seen.items[i], first + 2 * (int)i);
        }
    }
    sorted_finish(&set);
}

static void an_empty_set_has_nothing(void **state)
{
    (void)state;
    static struct seen seen;
    struct sorted set;
    sorted_init(&set, by_value);
    assert_null(sorted_find(&set, &values[0]));
    assert_null(sorted_remove(&set, &values[0]));
    sorted_walk(&set, note, &seen);
    assert_int_equal(seen.count, 0);
    sorted_finish(&set);
    assert_true(sorted_add(&set, &values[1])); /* usable again */
    sorted_finish(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_match_a_plain_array),
        cmocka_unit_test(ten_thousand_fit_in_any_order),
        cmocka_unit_test(chunks_shrink_together_when_elements_leave),
        cmocka_unit_test(a_walk_ends_when_it_is_told),
        cmocka_unit_test(a_walk_begins_at_the_first_element_not_before_the_key),
        cmocka_unit_test(an_empty_set_has_nothing),
    };
    return cmocka_run_group_tests(tests, fill_values, NULL);
}
