#include "sched/choose/pools_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define APEX "\7compute\3gba"

static const struct hash_key key = {1, 2};

static uint64_t text_hash(const char *text)
{
    return pools_text_hash(&key, text, strlen(text));
}

static void texts_are_equal_as_labels_can_spell_them(void **state)
{
    (void)state;
    static const struct {
        const char *label, *a, *b;
        bool is_equal;
    } rows[] = {
        {"case", "Ascend-910B", "ascend-910b", true}, {"a dot", "B1.small", "b1-small", true},
        {"an underscore", "x86_64", "x86-64", true},  {"other text", "b1-small", "b1-smal", false},
        {"other order", "ab", "ba", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if ((text_hash(rows[i].a) == text_hash(rows[i].b)) != rows[i].is_equal) {
            fail_msg("%s", rows[i].label);
        }
    }
    assert_true(text_hash("") != 0);
}

static void another_key_gives_other_numbers(void **state)
{
    (void)state;
    static const struct hash_key other = {1, 4};
    assert_true(text_hash("pcl") != pools_text_hash(&other, "pcl", 3));
}

static void names_lose_their_apex(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const uint8_t *name, *apex;
        const char *text;
    } rows[] = {
        {"a centre", (const uint8_t *)"\3pcl" APEX, (const uint8_t *)APEX, "pcl"},
        {"a pool, upper case", (const uint8_t *)"\3GPU\3pcl" APEX, (const uint8_t *)APEX,
         "gpu-pcl"},
        {"the apex", (const uint8_t *)APEX, (const uint8_t *)APEX, ""},
        {"elsewhere", (const uint8_t *)"\1a\2cn", (const uint8_t *)APEX, "a-cn"},
        {"no apex", (const uint8_t *)"\1a\2cn", NULL, "a-cn"},
        {"the root", (const uint8_t *)"", NULL, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (pools_name_hash(&key, rows[i].name, rows[i].apex) != text_hash(rows[i].text)) {
            fail_msg("%s", rows[i].label);
        }
    }
}

static void a_name_as_it_is_differs_where_words_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const uint8_t *name;
        bool is_equal;
    } rows[] = {
        {"case", (const uint8_t *)"\2SZ\2gd", true},
        {"a hyphen", (const uint8_t *)"\5sz-gd", false},
        {"an underscore", (const uint8_t *)"\5sz_gd", false},
        {"more below", (const uint8_t *)"\1a\2sz\2gd", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool is_equal = pools_exact_hash(&key, rows[i].name) ==
                        pools_exact_hash(&key, (const uint8_t *)"\2sz\2gd");
        if (is_equal != rows[i].is_equal) {
            fail_msg("%s", rows[i].label);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_equal_as_labels_can_spell_them),
        cmocka_unit_test(another_key_gives_other_numbers),
        cmocka_unit_test(names_lose_their_apex),
        cmocka_unit_test(a_name_as_it_is_differs_where_words_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
