/* What the words mean is in test_need.c; here: labels of any length and content. */
#include "sched/choose/need_label.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct hash_key key = {11, 22};

static int take(const char *text, size_t len, struct err_at *at)
{
    struct need_label parser;
    need_label_start(&parser, &key, NULL, at);
    int err = need_label_take(&parser, text, len);
    return err ? err : need_label_end(&parser);
}

static void words_are_kept_as_they_come(void **state)
{
    (void)state;
    struct need_label parser;
    need_label_start(&parser, &key, NULL, NULL);
    assert_int_equal(need_label_take(&parser, "MEM-1g", 6), 0);
    assert_int_equal(need_label_take(&parser, "accn-8", 6), 0);
    assert_int_equal(need_label_take(&parser, "accn-8", 6), 0);
    assert_int_equal(need_label_end(&parser), 0);
    assert_int_equal(parser.count, 3);
    assert_memory_equal(parser.spelled, "mem-1024accn-8accn-8", wr_len(&parser.text));
    assert_int_equal(parser.words[1].at, 8);
    assert_int_equal(parser.words[1].len, 6);
}

static void each_octet_is_a_word_or_an_error_that_can_be_shown(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        struct err_at at = {.text = ""};
        const char text[] = {'o', 'p', '-', (char)c};
        const char *good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        int err = take(text, sizeof text, &at);
        assert_int_equal(err, c && strchr(good, c) ? 0 : ERR_ATTR_VALUE);
        for (const char *p = at.text; *p; p++) {
            assert_in_range(*p, ' ', '~');
        }
    }
}

static void long_labels_are_cut_in_errors_only(void **state)
{
    (void)state;
    char text[300];
    struct err_at at = {.text = ""};
    memset(text, 'x', sizeof text);
    memcpy(text, "op-", 3);
    assert_int_equal(take(text, NEED_LABEL_MAX, &at), 0);
    assert_int_equal(take(text, NEED_LABEL_MAX + 1, &at), ERR_ATTR_VALUE);
    memcpy(text, "xx-", 3);
    assert_int_equal(take(text, NEED_LABEL_MAX, &at), ERR_MISSING);
    assert_non_null(strstr(at.text, "x...: expected an attribute"));
    assert_true(strlen(at.text) <= 150);
    memcpy(text, "flavor-", 7); /* reads back, but not with a longer name */
    assert_int_equal(take(text, NEED_LABEL_MAX, &at), 0);
    memcpy(text, "grade-x", 7);
    assert_int_equal(take(text, NEED_LABEL_MAX, &at), ERR_LIMIT);
}

static void labels_without_meaning_end_somewhere(void **state)
{
    (void)state;
    struct need_label parser;
    struct err_at at = {.text = ""};
    int err = 0;
    unsigned n = 0;
    need_label_start(&parser, &key, NULL, &at);
    for (; !err; n++) {
        err = need_label_take(&parser, n == 0 ? "first" : "other", 5);
    }
    assert_int_equal(err, ERR_MISSING);
    assert_true(n < 50);
    assert_memory_equal(at.text, "first: ", 7);
}

static void words_whose_spellings_are_too_long_are_an_error(void **state)
{
    (void)state;
    struct need_label parser;
    char text[NEED_LABEL_MAX];
    int err = 0;
    memset(text, 'x', sizeof text);
    memcpy(text, "op-", 3);
    need_label_start(&parser, &key, NULL, NULL);
    for (unsigned i = 0; !err && i < NEED_WORDS_MAX; i++) {
        text[3] = (char)('a' + i);
        err = need_label_take(&parser, text, sizeof text);
    }
    assert_int_equal(err, ERR_LIMIT);
}

static void an_error_is_cut_to_what_a_message_carries(void **state)
{
    (void)state;
    struct need_label parser;
    struct err_at at = {.text = "", .line = 7};
    need_label_start(&parser, &key, NULL, &at);
    const struct need_label_text label = {"a-b", 3};
    assert_int_equal(need_label_fail(&parser, ERR_VALUE, label, "%0200d", 1), ERR_VALUE);
    assert_int_equal(strlen(at.text), 150);
    assert_memory_equal(at.text, "a-b: 000", 8);
    assert_int_equal(at.line, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_kept_as_they_come),
        cmocka_unit_test(each_octet_is_a_word_or_an_error_that_can_be_shown),
        cmocka_unit_test(long_labels_are_cut_in_errors_only),
        cmocka_unit_test(labels_without_meaning_end_somewhere),
        cmocka_unit_test(words_whose_spellings_are_too_long_are_an_error),
        cmocka_unit_test(an_error_is_cut_to_what_a_message_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
