#include "sched/choose/book_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sched/choose/need.h"
#include "tests/lib/scratch.h"
#include "zones/attr.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct hash_key key = {11, 22};

static const char whole[] = "policies:\n"
                            "- name: green-training\n"
                            "  need: acc-ascend-910b accn-8 on-pcl near-gz data-cars\n"
                            "  by: {carbon: 70, price: 30}\n"
                            "  order: own, partner\n"
                            "  spread: centre\n"
                            "  most: 2\n"
                            "  top: 4\n"
                            "  maxage: 2m\n"
                            "  low: 70\n"
                            "  high: 90\n"
                            "- name: a\n"
                            "  order: [partner]\n"
                            "  spread: az\n"
                            "groups:\n"
                            "- {name: partner, need: op-any-cmcc-or-unicom on-pcl}\n"
                            "- {name: own, need: op-pcl}\n";

static struct book *parse_good(const char *text)
{
    struct err_at at = {.text = ""};
    struct book *book = NULL;
    if (book_parse("f", text, strlen(text), &key, &book, &at)) {
        fail_msg("%u:%u %s", at.line, at.column, at.text);
    }
    return book;
}

static void check_whole(const struct book *book, const struct hash_key *with)
{
    static const uint8_t weights[NEED_POLICIES] = {[4] = 70, [5] = 30};
    const struct book_policy *policy = book_find(book, "green-training", 14);
    struct need need;
    assert_int_equal(need_parse("on-pcl", 6, with, NULL, &need, NULL), 0);
    assert_non_null(policy);
    assert_memory_equal(policy->weights, weights, sizeof weights);
    assert_string_equal(policy->need.text, "acc-ascend-910b.accn-8.data-cars.near-gz.on-pcl");
    assert_true(policy->need.on == need.on);
    assert_int_equal(policy->group_count, 2);
    assert_ptr_equal(policy->groups[0], book_find_group(book, "own", 3));
    assert_ptr_equal(policy->groups[1], book_find_group(book, "partner", 7));
    assert_string_equal(policy->groups[0]->need.text, "op-pcl");
    assert_true(policy->groups[1]->need.on == need.on);
    assert_int_equal(policy->spread, ATTR_KEY_kind);
    assert_int_equal(policy->most, 2);
    assert_int_equal(policy->top, 4);
    assert_int_equal(policy->maxage_s, 120);
    assert_int_equal(policy->low, 70);
    assert_int_equal(policy->high, 90);
    policy = book_find(book, "a", 1);
    assert_int_equal(policy->need.test_count, 0);
    assert_int_equal(policy->spread, ATTR_KEY_az);
    assert_int_equal(policy->most, 1);
    assert_true(policy->top == 0 && policy->maxage_s == 0 && policy->low == 0 && policy->high == 0);
    assert_ptr_equal(policy->groups[0], book_find_group(book, "partner", 7));
}

static void a_file_says_all_of_a_policy(void **state)
{
    (void)state;
    struct book *book = parse_good(whole);
    assert_int_equal(book->policy_count, 2);
    assert_int_equal(book->group_count, 2);
    check_whole(book, &key);
    book_unref(book);
}

static void another_key_gives_the_same_book(void **state)
{
    (void)state;
    static const struct hash_key other = {33, 44};
    struct book *book = parse_good(whole);
    struct book *again = book_rekey(book, &other);
    const uint64_t before = book_find(book, "green-training", 14)->need.on;
    book_unref(book);
    check_whole(again, &other);
    assert_true(book_find(again, "green-training", 14)->need.on != before);
    book_unref(again);
    assert_null(book_rekey(NULL, &other));
}

static void a_mistake_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        unsigned line, column;
        const char *message;
    } rows[] = {
        {"policies: [{nam: x}]", ERR_VALUE, 1, 13, "unknown"},
        {"policies: [{need: x}]", ERR_MISSING, 1, 12, "name"},
        {"policies: [{name: A}]", ERR_VALUE, 1, 19, "expected"},
        {"policies: [{name: a.b}]", ERR_VALUE, 1, 19, "expected"},
        {"policies: [{name: load}]", ERR_VALUE, 1, 19, "load would be read as a policy"},
        {"policies: [{name: load-60}]", ERR_VALUE, 1, 19, "load-60 would be read"},
        {"policies: [{name: load-x}]", ERR_VALUE, 1, 19, "load-x would be read"},
        {"policies: [{name: a}, {name: b}, {name: a}]", ERR_EXISTS, 1, 41,
         "policy a is given twice"},
        {"groups: [{name: a, need: hub}, {name: a, need: hub}]", ERR_EXISTS, 1, 39,
         "group a is given twice"},
        {"policies:\n- name: a\n  need: accn-8 foo-1", ERR_MISSING, 3, 9, "need: foo-1: expected"},
        {"policies: [{name: a, need: kind-x}]", ERR_ATTR_VALUE, 1, 28, "need: kind-x: expected"},
        {"policies: [{name: a, need: by-load}]", ERR_VALUE, 1, 28, "need: by is an option"},
        {"policies: [{name: a, need: by-a}]", ERR_MISSING, 1, 28, "need: by-a: expected"},
        {"policies: [{name: a, need: top-3}]", ERR_VALUE, 1, 28, "need: top is an option"},
        {"policies: [{name: a, by: {speed: 3}}]", ERR_VALUE, 1, 27, "speed"},
        {"policies: [{name: a, by: {load: 256}}]", ERR_VALUE, 1, 33, "255"},
        {"policies: [{name: a, by: {load: 0}}]", ERR_VALUE, 1, 33, "255"},
        {"policies: [{name: a, order: own}]", ERR_MISSING, 1, 29, "order: no group own"},
        {"policies: [{name: a, order: \"g,\"}]\ngroups: [{name: g, need: hub}]", ERR_MISSING, 1, 29,
         "order: no group  in groups"},
        {"policies: [{name: a, order: [g, g]}]\ngroups: [{name: g, need: hub}]", ERR_EXISTS, 1, 33,
         "order: group g is given twice"},
        {"policies: [{name: a, spread: planet}]", ERR_VALUE, 1, 30, "none, centre, region, az, op"},
        {"policies: [{name: a, most: 2}]", ERR_MISSING, 1, 28, "most needs spread"},
        {"policies: [{name: a, low: 2}]", ERR_MISSING, 1, 27, "low needs high"},
        {"policies: [{name: a, low: 20, high: 10}]", ERR_VALUE, 1, 27, "low: 20 is above high"},
        {"policies: [{name: a, high: 101}]", ERR_VALUE, 1, 28, "100"},
        {"policies: [{name: a, top: 65}]", ERR_VALUE, 1, 27, "64"},
        {"groups: [{name: a}]", ERR_MISSING, 1, 10, "need"},
        {"groups: [{name: a, need: near-x}]", ERR_VALUE, 1, 26, "need: a group says"},
        {"groups: [{name: a, need: data-x}]", ERR_VALUE, 1, 26, "need: a group says"},
        {"groups: [{name: a, need: by-load}]", ERR_VALUE, 1, 26, "need: a group says"},
        {"groups: [{name: a, need: top-3}]", ERR_VALUE, 1, 26, "need: a group says"},
        {"nothing: here", ERR_VALUE, 1, 1, "nothing"},
        {"policies: [", ERR_SYNTAX, 2, 1, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err_at at = {.text = ""};
        struct book *book = NULL;
        int err = book_parse("f", rows[i].text, strlen(rows[i].text), &key, &book, &at);
        if (err != rows[i].err || !strstr(at.text, rows[i].message) ||
            (err != ERR_SYNTAX && (at.line != rows[i].line || at.column != rows[i].column))) {
            fail_msg("%s: %d %u:%u %s", rows[i].text, err, at.line, at.column, at.text);
        }
        assert_null(book);
        assert_int_equal(book_parse("f", rows[i].text, strlen(rows[i].text), &key, &book, NULL),
                         rows[i].err);
    }
}

/* `count` entries, `what:` in front. */
static char *many(const char *what, unsigned count, const char *rest)
{
    char *text = mem_alloc(count * 40 + 40);
    int len = sprintf(text, "%s:\n", what);
    for (unsigned i = 0; i < count; i++) {
        len += sprintf(text + len, "- {name: n%u%s}\n", i, rest);
    }
    return text;
}

static void there_are_not_too_many(void **state)
{
    (void)state;
    static const struct {
        const char *what, *rest;
    } rows[] = {{"policies", ""}, {"groups", ", need: hub"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err_at at = {.text = ""};
        struct book *book = NULL;
        char *text = many(rows[i].what, BOOK_MAX, rows[i].rest);
        book_unref(parse_good(text));
        mem_free(text);
        text = many(rows[i].what, BOOK_MAX + 1, rows[i].rest);
        assert_int_equal(book_parse("f", text, strlen(text), &key, &book, &at), ERR_LIMIT);
        assert_int_equal(at.line, BOOK_MAX + 2);
        mem_free(text);
    }
    const char *nine =
        "policies: [{name: a, order: [g1,g2,g3,g4,g5,g6,g7,g8,g9]}]\n"
        "groups: [{name: g1, need: hub}, {name: g2, need: hub}, {name: g3, need: hub},"
        "{name: g4, need: hub}, {name: g5, need: hub}, {name: g6, need: hub},"
        "{name: g7, need: hub}, {name: g8, need: hub}, {name: g9, need: hub}]\n";
    struct err_at at = {.text = ""};
    struct book *book = NULL;
    assert_int_equal(book_parse("f", nine, strlen(nine), &key, &book, &at), ERR_LIMIT);
    assert_int_equal(at.column, 54);
}

static void an_empty_file_is_an_empty_book(void **state)
{
    (void)state;
    struct book *book = parse_good("policies: []\n");
    assert_int_equal(book->policy_count, 0);
    book_unref(book);
}

static void a_file_is_loaded_from_disk(void **state)
{
    (void)state;
    char *folder = scratch_make();
    char *path = scratch_path(folder, "policies.yaml");
    struct err_at at = {.text = ""};
    struct book *book = NULL;
    assert_true(book_load(path, &key, &book, &at) < 0);
    assert_string_equal(at.file, path);
    scratch_write(path, whole);
    assert_int_equal(book_load(path, &key, &book, &at), 0);
    check_whole(book, &key);
    book_unref(book);
    mem_free(path);
    scratch_remove(folder);
}

static void the_sample_is_a_good_book(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    struct book *book = NULL;
    if (book_load("zones/sample/policies.yaml", &key, &book, &at)) {
        fail_msg("%u:%u %s", at.line, at.column, at.text);
    }
    assert_non_null(book_find(book, "green-training", 14));
    book_unref(book);
}

static void the_form_on_the_page_is_one_that_loads(void **state)
{
    char page[65536];
    struct book *book;
    struct err_at at;
    (void)state;
    FILE *file = fopen("docs/policies.md", "r");
    assert_non_null(file);
    size_t len = fread(page, 1, sizeof page - 1, file);
    (void)fclose(file);
    page[len] = '\0';
    char *begin = strstr(page, "```yaml\n");
    assert_non_null(begin);
    begin += strlen("```yaml\n");
    int err = book_parse("page", begin, (size_t)(strstr(begin, "```") - begin), &key, &book, &at);
    if (err) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    assert_int_equal(book->policy_count, 1);
    assert_int_equal(book->policies[0].group_count, 2);
    assert_int_equal(book->policies[0].need.test_count, 2);
    book_unref(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_on_the_page_is_one_that_loads),
        cmocka_unit_test(a_file_says_all_of_a_policy),
        cmocka_unit_test(another_key_gives_the_same_book),
        cmocka_unit_test(a_mistake_has_its_place),
        cmocka_unit_test(there_are_not_too_many),
        cmocka_unit_test(an_empty_file_is_an_empty_book),
        cmocka_unit_test(a_file_is_loaded_from_disk),
        cmocka_unit_test(the_sample_is_a_good_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
