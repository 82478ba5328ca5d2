#include "sched/choose/need_word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/scratch.h"

static const struct hash_key key = {11, 22};

/* A value that the attribute can have. */
static const char *example(const struct attr_row *row, char *buffer)
{
    size_t len;
    const char *word;
    switch ((enum attr_kind)row->kind) {
    case ATTR_ENUM:
    case ATTR_SET:
        word = attr_word_get(row, 1, &len);
        memcpy(buffer, word, len);
        buffer[len] = '\0';
        return buffer;
    case ATTR_UINT:
        return "1";
    default:
        return "a";
    }
}

static void each_attribute_may_be_asked_or_says_why_not(void **state)
{
    (void)state;
    const struct attr_row *row;
    unsigned asked = 0;
    for (size_t i = 0; (row = attr_get(i)); i++) {
        const char *why = need_word_refusal(row);
        char buffer[17], text[80];
        struct err_at at = {.text = ""};
        struct wr wr = wr_make(text, sizeof text);
        struct need_test test;
        const char *value = example(row, buffer);
        int err = need_word_parse(row, true, value, strlen(value), &key, &test, &wr, &at);
        if (why ? err != ERR_MISSING || !why[0] : err) {
            fail_msg("%s has no good row in sched/choose/need_word.def: %s", row->name, at.text);
        }
        if (why) {
            assert_non_null(strstr(at.text, why));
            continue;
        }
        asked++;
        assert_int_equal(test.key, row->key);
        assert_int_equal(test.total, i);
        assert_int_equal(test.count, 1);
        if (row->kind != ATTR_UINT) {
            assert_int_equal(test.op, NEED_EQ);
        }
    }
    assert_true(asked > 60);
}

/* What CLOAD says is looked at before paths, after what a pool is; data, codes and services are no part of it. */
static void the_place_of_an_attribute_says_what_is_looked_at(void **state)
{
    (void)state;
    const struct attr_row *row;
    for (size_t i = 0; (row = attr_get(i)); i++) {
        char buffer[17], text[80];
        struct wr wr = wr_make(text, sizeof text);
        struct need_test test;
        const char *value = example(row, buffer);
        if (need_word_refusal(row)) {
            continue;
        }
        assert_int_equal(need_word_parse(row, true, value, strlen(value), &key, &test, &wr, NULL),
                         0);
        unsigned place = test.column == test.total ? row->places : ATTR_IN_CLOAD;
        bool is_good = place & (ATTR_IN_CENTRE | ATTR_IN_CRES) ? test.kind == NEED_WHAT
                       : place & ATTR_IN_CLOAD ? test.kind == NEED_FREE || test.kind == NEED_LOAD
                                               : place == ATTR_IN_CNET && test.kind == NEED_PATH;
        if (!is_good) {
            fail_msg("%s", row->name);
        }
    }
}

static void only_a_word_with_tests_has_them(void **state)
{
    (void)state;
    char text[40];
    struct need_test test;
    struct wr wr = wr_make(text, sizeof text);
    const struct attr_row *row = attr_find(ATTR_KEY_region);
    assert_int_equal(need_word_parse(row, false, "ne-x", 4, &key, &test, &wr, NULL), 0);
    assert_int_equal(test.op, NEED_EQ);
    assert_memory_equal(text, "region-eq-ne-x", wr_len(&wr));
    wr = wr_make(text, sizeof text);
    assert_int_equal(need_word_parse(row, true, "ne-x", 4, &key, &test, &wr, NULL), 0);
    assert_int_equal(test.op, NEED_NE);
    assert_memory_equal(text, "region-ne-x", wr_len(&wr));
}

static void a_word_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    char text[40];
    for (size_t size = 0; size < sizeof "kind-ai" - 1; size++) {
        struct need_test test;
        struct wr wr = wr_make(text, size);
        assert_int_equal(
            need_word_parse(attr_find(ATTR_KEY_kind), true, "ai", 2, &key, &test, &wr, NULL),
            ERR_SPACE);
    }
}

/* The line of a natural test in the page. */
static const char *line_of(const struct need_test *test)
{
    if (test->kind == NEED_FREE || test->is_asked) {
        return "\n| at least so much is free | ";
    }
    return test->op == NEED_GE   ? "\n| at least | "
           : test->op == NEED_LE ? "\n| at most | "
                                 : "\n| is, or holds | ";
}

static void the_page_lists_what_may_be_asked(void **state)
{
    (void)state;
    const struct attr_row *row;
    char *page = scratch_read("docs/records.md");
    for (size_t i = 0; (row = attr_get(i)); i++) {
        char buffer[17], text[80], name[20];
        struct wr wr = wr_make(text, sizeof text);
        struct need_test test;
        const char *value = example(row, buffer);
        if (need_word_parse(row, true, value, strlen(value), &key, &test, &wr, NULL)) {
            continue;
        }
        const char *line = strstr(page, line_of(&test));
        assert_non_null(line);
        line++;
        (void)snprintf(name, sizeof name, "`%s`", row->name);
        if (!memmem(line, strcspn(line, "\n"), name, strlen(name))) {
            fail_msg("docs/records.md, requirement names: %s stands in another line", row->name);
        }
    }
    mem_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attribute_may_be_asked_or_says_why_not),
        cmocka_unit_test(the_place_of_an_attribute_says_what_is_looked_at),
        cmocka_unit_test(the_page_lists_what_may_be_asked),
        cmocka_unit_test(only_a_word_with_tests_has_them),
        cmocka_unit_test(a_word_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
