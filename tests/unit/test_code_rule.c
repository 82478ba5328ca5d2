#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/lib/guard.h"
#include "zones/code_rule.h"

static struct code_rule rule;

static int parse(const char *text, struct err_at *at)
{
    size_t len = strlen(text);
    const char *copy = guard_copy(text, len);
    int err = code_rule_parse(copy, len, &rule, at);
    guard_free(copy);
    return err;
}

static void the_built_in_rule_is_the_file(void **state)
{
    static char file_text[20000];
    (void)state;
    FILE *file = fopen("zones/code.rule", "rb");
    assert_non_null(file);
    size_t file_len = fread(file_text, 1, sizeof file_text, file);
    assert_int_equal(fclose(file), 0);
    size_t len;
    const char *text = code_rule_default(&len);
    assert_int_equal(len, file_len);
    assert_memory_equal(text, file_text, len);
    assert_int_equal(text[len], 0);
}

static void the_default_rule_has_seven_fields_and_six_labels(void **state)
{
    static const struct {
        const char *name;
        char mark;
        unsigned forms, words;
    } fields[] = {
        {"root", 0, 1, 0},   {"region", '.', 1, 0}, {"enterprise", '.', 2, 0}, {"class", '/', 1, 4},
        {"zone", '.', 1, 0}, {"serial", '.', 1, 0}, {"check", '-', 1, 0},
    };
    static const uint8_t labels[6][3] = {{2, 5, 6}, {1, 4}, {1, 3}, {1, 2}, {1, 1}, {1, 0}};
    size_t len;
    struct err_at at = {0};
    (void)state;
    const char *text = code_rule_default(&len);
    assert_int_equal(code_rule_parse(text, len, &rule, &at), 0);
    assert_string_equal(rule.profile, "suanyu-1");
    assert_int_equal(rule.field_count, 7);
    assert_int_equal(rule.label_count, 6);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(rule.fields[i].name, fields[i].name);
        assert_int_equal(rule.fields[i].mark, fields[i].mark);
        assert_int_equal(rule.fields[i].form_count, fields[i].forms);
        assert_int_equal(rule.fields[i].word_count, fields[i].words);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(rule.labels[i].count, labels[i][0]);
        assert_memory_equal(rule.labels[i].fields, labels[i] + 1, labels[i][0]);
    }
    assert_int_equal(rule.fields[1].forms[0].min, 6);
    assert_int_equal(rule.fields[1].forms[0].max, 6);
    assert_true(rule.fields[1].forms[0].set == 0x3ff);
    assert_int_equal(rule.fields[5].forms[0].min, 1);
    assert_int_equal(rule.fields[5].forms[0].max, 12);
    assert_string_equal(rule.fields[3].words[1].value, "402");
    assert_string_equal(rule.fields[3].words[1].meaning, "intelligent");
}

static void another_file_is_another_rule(void **state)
{
    struct err_at at = {0};
    (void)state;
    int err = parse("profile x # small\n\n"
                    "field a 1 0-3\tok\n"
                    "labels c-a\n",
                    &at);
    assert_int_equal(err, ERR_SYNTAX); /* "ok" is one word too many */
    assert_int_equal(
        parse("profile x # small\n\n field a 1 0-3ax-z\n mark :\n check c iso7064-mod37-36\n"
              "labels c-a",
              &at),
        0);
    assert_int_equal(rule.field_count, 2);
    assert_int_equal(rule.label_count, 1);
    assert_true(rule.fields[0].forms[0].set == (0xfull | 1ull << 10 | 7ull << 33));
    assert_int_equal(rule.fields[1].mark, ':');
}

#define HEAD "profile x\nfield a 1 0-9\n"
#define BODY HEAD "mark .\ncheck c iso7064-mod37-36\n"

static void errors_name_line_and_column(void **state)
{
    static const struct {
        const char *text;
        int err;
        unsigned line, column;
        const char *expected;
    } rows[] = {
        {BODY "labels c a\n", 0, 0, 0, ""},
        {"", ERR_SYNTAX, 0, 1, "expected a profile, fields, a check character and labels"},
        {"profile\n", ERR_SYNTAX, 1, 8, "expected the name of the profile"},
        {"profile a/b\n", ERR_SYNTAX, 1, 9, "expected the name of the profile"},
        {"profile x\nprofile y\n", ERR_SYNTAX, 2, 1,
         "expected the profile once, before the fields"},
        {"profil x\n", ERR_SYNTAX, 1, 1,
         "expected profile, field, or, word, mark, check or labels"},
        {"profile x y\n", ERR_SYNTAX, 1, 11, "expected the end of the line"},
        {"profile x\nfield\n", ERR_SYNTAX, 2, 6, "expected the name of a field"},
        {"profile x\nfield a-b 1 a\n", ERR_SYNTAX, 2, 1, "expected a field name without a hyphen"},
        {"profile x\nfield a\n", ERR_SYNTAX, 2, 8, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 0 a\n", ERR_SYNTAX, 2, 9, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 64 a\n", ERR_SYNTAX, 2, 9, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 3-2 a\n", ERR_SYNTAX, 2, 9, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 3- a\n", ERR_SYNTAX, 2, 9, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a -3 a\n", ERR_SYNTAX, 2, 9, "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 1-2-3 a\n", ERR_SYNTAX, 2, 9,
         "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 99999999999 a\n", ERR_SYNTAX, 2, 9,
         "expected a length, N or N-M, of 1 to 63"},
        {"profile x\nfield a 1\n", ERR_SYNTAX, 2, 10,
         "expected a set of characters such as 0-9a-z"},
        {"profile x\nfield a 1 z-a\n", ERR_SYNTAX, 2, 11,
         "expected a set of characters such as 0-9a-z"},
        {"profile x\nfield a 1 a-\n", ERR_SYNTAX, 2, 11,
         "expected a set of characters such as 0-9a-z"},
        {"profile x\nfield a 1 .\n", ERR_SYNTAX, 2, 11,
         "expected a set of characters such as 0-9a-z"},
        {HEAD "field b 1 a\n", ERR_SYNTAX, 3, 1, "expected a mark before this field"},
        {HEAD "mark .\nfield a 1 a\n", ERR_SYNTAX, 4, 1,
         "expected another name: this one is taken"},
        {HEAD "mark a\n", ERR_SYNTAX, 3, 6, "expected one character, no letter or digit"},
        {HEAD "mark ..\n", ERR_SYNTAX, 3, 6, "expected one character, no letter or digit"},
        {HEAD "mark\n", ERR_SYNTAX, 3, 5, "expected one character, no letter or digit"},
        {HEAD "mark .\nmark .\n", ERR_SYNTAX, 4, 6, "expected a mark only between two fields"},
        {"profile x\nmark .\n", ERR_SYNTAX, 2, 6, "expected a mark only between two fields"},
        {"profile x\nor 1 a\n", ERR_SYNTAX, 2, 1, "expected a field before this"},
        {"profile x\nword 1 a\n", ERR_SYNTAX, 2, 1, "expected a field before this"},
        {HEAD "mark .\nor 1 a\n", ERR_SYNTAX, 4, 1, "expected a field before this"},
        {HEAD "or 1 a\nor 1 b\nor 1 c\nor 1 d\n", ERR_LIMIT, 6, 1,
         "expected at most 4 forms of a field"},
        {HEAD "word a\n", ERR_SYNTAX, 3, 7, "expected what the value means"},
        {HEAD "mark .\ncheck c luhn\n", ERR_SYNTAX, 4, 9, "expected iso7064-mod37-36"},
        {HEAD "labels a\n", ERR_SYNTAX, 3, 1, "expected labels once, behind the check character"},
        {BODY "or 1 a\n", ERR_SYNTAX, 5, 1, "expected a field before this"},
        {BODY "mark .\n", ERR_SYNTAX, 5, 6, "expected a mark only between two fields"},
        {BODY "field d 1 a\n", ERR_SYNTAX, 5, 1, "expected nothing behind the check character"},
        {BODY "labels c-b a\n", ERR_SYNTAX, 5, 10, "expected the name of a field, each one once"},
        {BODY "labels c-a a\n", ERR_SYNTAX, 5, 12, "expected the name of a field, each one once"},
        {BODY "labels c- a\n", ERR_SYNTAX, 5, 10, "expected the name of a field, each one once"},
        {BODY "labels c\n", ERR_SYNTAX, 5, 9, "expected every field in a label"},
        {BODY "labels\n", ERR_SYNTAX, 5, 7, "expected every field in a label"},
        {BODY "labels c a\nlabels c a\n", ERR_SYNTAX, 6, 1,
         "expected labels once, behind the check character"},
        {BODY, ERR_SYNTAX, 4, 25, "expected a profile, fields, a check character and labels"},
        {"profile x\nfield a 63 a\nmark .\ncheck c iso7064-mod37-36\nlabels a-c\n", ERR_LIMIT, 5, 8,
         "expected a label of at most 63 characters"},
        {"profile x\nfield a 63 a\nmark .\nfield b 63 a\nmark .\ncheck c iso7064-mod37-36\nlabels "
         "a b c\n",
         ERR_LIMIT, 7, 13, "expected codes of at most 128 octets"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err_at at = {0};
        int err = parse(rows[i].text, &at);
        if (err != rows[i].err || at.line != rows[i].line || at.column != rows[i].column ||
            strcmp(at.text, rows[i].expected) != 0) {
            fail_msg("row %zu: %d at %u:%u %s\n%s", i, err, at.line, at.column, at.text,
                     rows[i].text);
        }
        assert_int_equal(parse(rows[i].text, NULL), rows[i].err);
    }
}

static void too_many_fields_or_words_are_refused(void **state)
{
    char text[2000] = "profile x\n";
    struct err_at at = {0};
    (void)state;
    for (int i = 0; i < 13; i++) {
        (void)sprintf(text + strlen(text), "%sfield f%d 1 a\n", i > 0 ? "mark .\n" : "", i);
    }
    assert_int_equal(parse(text, &at), ERR_LIMIT);
    assert_string_equal(at.text, "expected at most 12 fields");
    strcpy(text, HEAD);
    for (int i = 0; i < 17; i++) {
        (void)sprintf(text + strlen(text), "word %d a\n", i);
    }
    assert_int_equal(parse(text, &at), ERR_LIMIT);
    assert_string_equal(at.text, "expected at most 16 words of a field");
}

static void characters_have_their_values(void **state)
{
    (void)state;
    assert_int_equal(code_rule_value('0'), 0);
    assert_int_equal(code_rule_value('9'), 9);
    assert_int_equal(code_rule_value('a'), 10);
    assert_int_equal(code_rule_value('Z'), 35);
    for (const char *bad = "/:@[`{ \x7f\xc1\xe1"; *bad; bad++) {
        assert_int_equal(code_rule_value(*bad), -1);
    }
    assert_int_equal(code_rule_value('\0'), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_rule_is_the_file),
        cmocka_unit_test(the_default_rule_has_seven_fields_and_six_labels),
        cmocka_unit_test(another_file_is_another_rule),
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(too_many_fields_or_words_are_refused),
        cmocka_unit_test(characters_have_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
