#include "sched/choose/need.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sched/choose/book_file.h"
#include "sched/choose/pools_hash.h"
#include "tests/lib/guard.h"
#include "zones/attr.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct hash_key key = {11, 22};

static uint64_t hash(const char *text)
{
    return pools_text_hash(&key, text, strlen(text));
}

/* Parse a text at a guard page. */
static int parse(const char *text, const struct book *book, struct need *out, struct err_at *at)
{
    const char *copy = guard_copy(text, strlen(text));
    int err = need_parse(copy, strlen(text), &key, book, out, at);
    guard_free(copy);
    return err;
}

static void parse_good(const char *text, struct need *out)
{
    struct err_at at = {.text = ""};
    if (parse(text, NULL, out, &at)) {
        fail_msg("%s: %s", text, at.text);
    }
}

static void equal_requirements_have_one_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } rows[] = {
        {"", ""},
        {"accn-8", "accn-8"},
        {"accn-8000m", "accn-8"},
        {"accn-ge-8", "accn-8"},
        {"accn-1500m", "accn-1500m"},
        {"accn-le-8", "accn-le-8"},
        {"ACCN-8 Acc-Ascend-910B", "acc-ascend-910b.accn-8"},
        {"by-price.accn-8 acc-x", "acc-x.accn-8.by-price"},
        {"acc-x acc-x.acc-eq-x", "acc-x"},
        {"mem-80g", "mem-81920"},
        {"mem-81920", "mem-81920"},
        {"sto-2t", "sto-2048"},
        {"fp16-1p", "fp16-1000000"},
        {"rtt-5ms", "rtt-5000"},
        {"rtt-le-5000us", "rtt-5000"},
        {"accutil-90pc", "accutil-90"},
        {"price-6320m", "price-6320m"},
        {"price-6000m", "price-6"},
        {"pue-1250m", "pue-1250m"},
        {"loss-100ppm", "loss-100ppm"},
        {"loss-3000ppm", "loss-3m"},
        {"wait-10m", "wait90-600"},
        {"wait90-le-600s", "wait90-600"},
        {"wait90-ge-600", "wait90-ge-600"},
        {"kind-any-hpc-or-ai", "kind-any-ai-or-hpc"},
        {"kind-any-ai-or-ai", "kind-ai"},
        {"per-any-core-h-or-card-h", "per-any-card-h-or-core-h"},
        {"cpu-any-1k-or-64-or-1000", "cpu-any-1000-or-64"},
        {"region-any-y-or-x-or-or-z", "region-any-or-z-or-x-or-y"},
        {"region-ne-440300", "region-ne-440300"},
        {"region-eq-440300", "region-440300"},
        {"region-eq-ne-x", "region-eq-ne-x"},
        {"region-any-ne-x", "region-eq-ne-x"},
        {"region-le-havre", "region-le-havre"},
        {"region-ne", "region-ne"},
        {"arch-x86_64", "arch-x86-64"},
        {"hub", "hub"},
        {"by-load", "by-load"},
        {"by-load-1", "by-load"},
        {"by-load-60 by-price-40", "by-load-60.by-price-40"},
        {"flavor-B1-medium", "flavor-b1-medium"},
        {"grade-b1-medium", "flavor-b1-medium"},
        {"grade-any-a-or-b", "grade-any-a-or-b"},
        {"grade-ne-a", "grade-ne-a"},
        {"flavor-ne-a", "flavor-ne-a"},
        {"grade-eq-ne-a", "flavor-ne-a"},
        {"b1.medium.flavor", "flavor-b1-medium"},
        {"accn-8.b1.medium.flavor.by-price", "accn-8.by-price.flavor-b1-medium"},
        {"cpu.large.flavor", "flavor-cpu-large"},
        {"a.flavor b.flavor", "flavor-a.flavor-b"},
        {"top-64 near-gz on-gpu-pcl data-cars model-m image-i", "data-cars.image-i.model-m.near-gz."
                                                                "on-gpu-pcl.top-64"},
        {" \t accn-8 \n. acc-x.", "acc-x.accn-8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct need need, again;
        parse_good(rows[i].text, &need);
        assert_string_equal(need.text, rows[i].canonical);
        assert_int_equal(need.text_len, strlen(need.text));
        parse_good(need.text, &again);
        assert_string_equal(again.text, need.text);
    }
}

static void a_wrong_word_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        const char *message;
    } rows[] = {
        {"accn-8x", ERR_ATTR_VALUE, "accn-8x: expected a number, bare or with m, found '8x'"},
        {"accn-", ERR_ATTR_VALUE, "accn-: expected a number, found ''"},
        {"accn", ERR_ATTR_VALUE, "accn: expected accn-VALUE"},
        {"accn-8 foo-1", ERR_MISSING,
         "foo-1: expected an attribute with a value, by-, near-, on-, data-, model-, image-, "
         "flavor-, top- or wait-"},
        {"foo accn-8", ERR_MISSING, "foo: expected an attribute with a value"},
        {"b1.accn-8.flavor", ERR_MISSING, "b1: expected"},
        {"flavor", ERR_ATTR_VALUE, "flavor: expected its name before it"},
        {"hub-1", ERR_ATTR_VALUE, "hub-1: expected hub alone"},
        {"pin", ERR_MISSING, "pin: never asked of a pool: it is said of data"},
        {"size-8", ERR_MISSING, "size-8: never asked of a pool: it is said of data"},
        {"code-cn", ERR_MISSING, "code-cn: never asked of a pool: it is said of an identifier"},
        {"maxage-9", ERR_MISSING, "maxage-9: never asked of a pool: it is said of a service"},
        {"kind-xyz", ERR_ATTR_VALUE,
         "kind-xyz: expected one of ai hpc cloud edge idc, found 'xyz'"},
        {"kind-any-ai-or-", ERR_ATTR_VALUE, "kind-any-ai-or-: expected one of"},
        {"region-any-b-or-a-or", ERR_ATTR_VALUE,
         "region-any-b-or-a-or: expected a value behind -or-"},
        {"region-ne-", ERR_ATTR_VALUE, "region-ne-: expected a text"},
        {"mem-1k", ERR_ATTR_EXACT, "mem-1k: expected a multiple of 1 MiB, found '1k'"},
        {"util-101", ERR_ATTR_VALUE, "util-101: expected at most 100, found '101'"},
        {"cpu-any-1-or-2-or-3-or-4-or-5-or-6-or-7-or-8-or-9", ERR_LIMIT,
         "cpu-any-1-or-2-or-3-or-4-or-5-or-6-or-7-...: expected at most 8 values"},
        {"by-fastest", ERR_MISSING, "by-fastest: expected manual, fcfs, load"},
        {"by-load-0", ERR_ATTR_VALUE, "by-load-0: expected a weight from 1 to 255"},
        {"by-load-256", ERR_ATTR_VALUE, "by-load-256: expected a weight"},
        {"by-load-07", ERR_ATTR_VALUE, "by-load-07: expected a weight"},
        {"by-load-x", ERR_ATTR_VALUE, "by-load-x: expected a weight"},
        {"by-load-", ERR_ATTR_VALUE, "by-load-: expected a weight"},
        {"by-", ERR_MISSING, "by-: expected"},
        {"by-load-1 by-load-2", ERR_EXISTS, "by-load-2: expected once, found another one"},
        {"top-0", ERR_ATTR_VALUE, "top-0: expected a number from 1 to 64"},
        {"top-65", ERR_ATTR_VALUE, "top-65: expected a number from 1 to 64"},
        {"top-3 top-4", ERR_EXISTS, "top-4: expected once"},
        {"near-a near-b", ERR_EXISTS, "near-b: expected once"},
        {"on-a on-b", ERR_EXISTS, "on-b: expected once"},
        {"data-a data-b data-c data-d data-e", ERR_LIMIT, "data-e: expected at most 4 sets"},
        {"region-\xe6\xb7\xb1", ERR_ATTR_VALUE, "region-???: expected at most 255 letters"},
        {"cpu-1 cpu-2 cpu-3 cpu-4 cpu-5 cpu-6 cpu-7 cpu-8 cpu-9 cpu-10 cpu-11 cpu-12 cpu-13 "
         "cpu-14 cpu-15 cpu-16 cpu-17",
         ERR_LIMIT, "cpu-17: expected at most 16 words"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct need need;
        struct err_at at = {.text = ""};
        int err = parse(rows[i].text, NULL, &need, &at);
        if (err != rows[i].err || strncmp(at.text, rows[i].message, strlen(rows[i].message)) != 0) {
            fail_msg("%s: %d %s", rows[i].text, err, at.text);
        }
        assert_true(strlen(at.text) <= 150);
        assert_int_equal(parse(rows[i].text, NULL, &need, NULL), rows[i].err);
    }
}

/* kind, key, op, column, total, is_asked of the one test of a word */
static void a_test_looks_at_what_its_word_means(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t key;
        uint8_t kind, op, column, total;
        bool is_asked;
    } rows[] = {
#define AT(name) ATTR_INDEX_##name
        {"cpu-8", ATTR_KEY_cpu, NEED_FREE, NEED_GE, AT(cpuf), AT(cpu), true},
        {"mem-8", ATTR_KEY_mem, NEED_FREE, NEED_GE, AT(memf), AT(mem), true},
        {"accn-8", ATTR_KEY_accn, NEED_FREE, NEED_GE, AT(accf), AT(accn), true},
        {"sto-8", ATTR_KEY_sto, NEED_FREE, NEED_GE, AT(stof), AT(sto), true},
        {"nodes-8", ATTR_KEY_nodes, NEED_WHAT, NEED_GE, AT(nodes), AT(nodes), true},
        {"nodes-le-8", ATTR_KEY_nodes, NEED_WHAT, NEED_LE, AT(nodes), AT(nodes), false},
        {"cpu-eq-8", ATTR_KEY_cpu, NEED_WHAT, NEED_EQ, AT(cpu), AT(cpu), false},
        {"cpu-ne-8", ATTR_KEY_cpu, NEED_WHAT, NEED_NE, AT(cpu), AT(cpu), false},
        {"accn-le-8", ATTR_KEY_accn, NEED_WHAT, NEED_LE, AT(accn), AT(accn), false},
        {"accn-any-8-or-16", ATTR_KEY_accn, NEED_WHAT, NEED_ANY, AT(accn), AT(accn), false},
        {"accf-8", ATTR_KEY_accf, NEED_FREE, NEED_GE, AT(accf), AT(accf), false},
        {"accf-le-8", ATTR_KEY_accf, NEED_FREE, NEED_LE, AT(accf), AT(accf), false},
        {"fp16-1", ATTR_KEY_fp16, NEED_WHAT, NEED_GE, AT(fp16), AT(fp16), false},
        {"price-1", ATTR_KEY_price, NEED_WHAT, NEED_LE, AT(price), AT(price), false},
        {"pend-1", ATTR_KEY_pend, NEED_LOAD, NEED_LE, AT(pend), AT(pend), false},
        {"wait-60", ATTR_KEY_wait90, NEED_LOAD, NEED_LE, AT(wait90), AT(wait90), false},
        {"health-ok", ATTR_KEY_health, NEED_LOAD, NEED_EQ, AT(health), AT(health), false},
        {"bwf-1g", ATTR_KEY_bwf, NEED_PATH, NEED_GE, AT(bwf), AT(bwf), false},
        {"rtt-5ms", ATTR_KEY_rtt, NEED_PATH, NEED_LE, AT(rtt), AT(rtt), false},
        {"enc-qkd", ATTR_KEY_enc, NEED_PATH, NEED_EQ, AT(enc), AT(enc), false},
        {"hub", ATTR_KEY_hub, NEED_WHAT, NEED_EQ, AT(hub), AT(hub), false},
        {"flavor-a", ATTR_KEY_grade, NEED_WHAT, NEED_EQ, AT(grade), AT(grade), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct need need;
        parse_good(rows[i].text, &need);
        const struct need_test *test = &need.tests[0];
        assert_int_equal(need.test_count, 1);
        if (test->key != rows[i].key || test->kind != rows[i].kind || test->op != rows[i].op ||
            test->column != rows[i].column || test->total != rows[i].total ||
            test->is_asked != rows[i].is_asked) {
            fail_msg("%s", rows[i].text);
        }
        assert_int_equal(test->text_at, 0);
        assert_int_equal(test->text_len, need.text_len);
    }
}

static void values_are_in_the_units_of_the_table(void **state)
{
    (void)state;
    struct need need;
    const struct {
        const char *text;
        unsigned count;
        uint64_t values[3];
    } rows[] = {
        {"accn-8", 1, {8000}},
        {"mem-80g", 1, {81920}},
        {"price-6320m", 1, {6320000}},
        {"rtt-5ms", 1, {5000}},
        {"kind-hpc", 1, {2}},
        {"kind-any-hpc-or-ai", 2, {1, 2}},
        {"access-api", 1, {1 << 2}},
        {"access-any-api-or-exclusive", 2, {1 << 2, 1 << 0}},
        {"hub", 1, {1}},
        {"acc-Ascend-910B", 1, {hash("ascend-910b")}},
        {"env-cuda-12-4", 1, {hash("cuda-12.4")}},
        {"b1.medium.flavor", 1, {hash("B1.medium")}},
        {"region-any-b-or-a", 2, {hash("a"), hash("b")}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        parse_good(rows[i].text, &need);
        assert_int_equal(need.tests[0].count, rows[i].count);
        for (unsigned j = 0; j < rows[i].count; j++) {
            if (need.tests[0].values[j] != rows[i].values[j]) {
                fail_msg("%s", rows[i].text);
            }
        }
    }
}

static void words_beside_tests_have_their_places(void **state)
{
    (void)state;
    struct need need;
    static const uint8_t set[] = "\4cars\4data";
    parse_good("by-load-60 by-qos near-gz-440100 on-gpu-pcl data-cars model-qwen-7b top-8", &need);
    assert_int_equal(need.test_count, 0);
    assert_int_equal(need.weights[2], 60);
    assert_int_equal(need.weights[8], 1);
    assert_int_equal(need.weights[0], 0);
    assert_true(need.near == hash("gz-440100"));
    assert_memory_equal(need.text + need.near_at, "near-gz-440100", need.near_len);
    assert_true(need.on == hash("gpu-pcl"));
    assert_int_equal(need.set_count, 2);
    assert_true(need.sets[0] == pools_name_hash(&key, set, NULL));
    assert_true(need.sets[1] == hash("qwen-7b-model"));
    assert_int_equal(need.top, 8);
    parse_good("accn-8", &need);
    assert_int_equal(need.top, 0);
    assert_true(need.near == 0 && need.on == 0 && !need.policy && need.set_count == 0);
}

static void tests_are_in_the_order_in_which_they_are_made(void **state)
{
    (void)state;
    static const char *const texts[] = {"kind-ai", "region-ne-b", "acc-x",   "cpu-64", "accn-8",
                                        "pend-3",  "wait-600",    "rtt-5ms", "enc-tls"};
    struct need need;
    parse_good("rtt-5ms enc-tls wait-600 pend-3 accn-8 cpu-64 acc-x region-ne-b kind-ai", &need);
    assert_int_equal(need.test_count, COUNT(texts));
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct need one;
        parse_good(texts[i], &one);
        assert_int_equal(need.tests[i].key, one.tests[0].key);
        assert_int_equal(need.tests[i].op, one.tests[0].op);
        assert_int_equal(need.tests[i].text_len, one.text_len);
        assert_memory_equal(need.text + need.tests[i].text_at, one.text, one.text_len);
    }
}

static void labels_and_text_say_the_same(void **state)
{
    (void)state;
    static const uint8_t name[] = "\6accn-8\17acc-ascend-910b\2b1\6medium\6flavor\4find\1z";
    struct need need, same;
    struct err_at at = {.text = ""};
    const uint8_t *copy = guard_copy(name, sizeof name - 8); /* labels that are not asked for */
    assert_int_equal(need_parse_name(copy, 5, &key, NULL, &need, &at), 0);
    guard_free(copy);
    parse_good("acc-ascend-910b accn-8 flavor-b1-medium", &same);
    assert_string_equal(need.text, same.text);
    assert_int_equal(need_parse_name(name, 6, &key, NULL, &need, &at), ERR_MISSING);
    assert_memory_equal(at.text, "find: expected", 14);
    assert_int_equal(need_parse_name(name, 0, &key, NULL, &need, &at), 0);
    assert_string_equal(need.text, "");
}

static void a_policy_of_the_book_is_asked_by_its_name(void **state)
{
    (void)state;
    static const char file[] = "policies:\n- {name: green-training, need: accn-8}\n- {name: x}\n";
    struct err_at at = {.text = ""};
    struct book *book;
    struct need need;
    assert_int_equal(book_parse("f", file, sizeof file - 1, &key, &book, &at), 0);
    assert_int_equal(parse("by-green-training acc-x", book, &need, &at), 0);
    assert_ptr_equal(need.policy, book_find(book, "green-training", 14));
    assert_string_equal(need.text, "acc-x.by-green-training");
    assert_int_equal(need.test_count, 1);
    assert_int_equal(need_add(&need, &need.policy->need), 0);
    assert_string_equal(need.text, "acc-x.accn-8.by-green-training");
    assert_non_null(need.policy);
    assert_int_equal(parse("by-x by-green-training", book, &need, &at), ERR_EXISTS);
    assert_int_equal(parse("by-green-training-5", book, &need, &at), ERR_MISSING);
    assert_int_equal(parse("by-green-training", NULL, &need, &at), ERR_MISSING);
    book_unref(book);
}

static void one_more_requirement_adds_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *to, *more, *both;
    } rows[] = {
        {"", "", ""},
        {"accn-8", "", "accn-8"},
        {"", "accn-8 near-a by-load", "accn-8.by-load.near-a"},
        {"accn-8", "acc-x accn-8 hub", "acc-x.accn-8.hub"},
        {"near-a on-b top-2 by-price", "near-x on-y top-9 by-load cpu-1",
         "by-price.cpu-1.near-a.on-b.top-2"},
        {"model-b data-a", "data-a image-c data-d", "data-a.data-d.image-c.model-b"},
        {"rtt-1 kind-ai", "cpu-1 kind-hpc wait-1", "cpu-1.kind-ai.kind-hpc.rtt-1.wait90-1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct need to, more, both;
        parse_good(rows[i].to, &to);
        parse_good(rows[i].more, &more);
        parse_good(rows[i].both, &both);
        assert_int_equal(need_add(&to, &more), 0);
        assert_string_equal(to.text, rows[i].both);
        assert_int_equal(to.text_len, both.text_len);
        assert_int_equal(to.test_count, both.test_count);
        assert_memory_equal(to.tests, both.tests, both.test_count * sizeof both.tests[0]);
        assert_memory_equal(to.weights, both.weights, sizeof both.weights);
        assert_int_equal(to.set_count, both.set_count);
        assert_memory_equal(to.sets, both.sets, both.set_count * sizeof both.sets[0]);
        assert_true(to.near == both.near && to.on == both.on && to.top == both.top);
        assert_true(to.near_at == both.near_at && to.near_len == both.near_len);
    }
}

static void too_much_leaves_the_first_as_it_was(void **state)
{
    (void)state;
    struct need to, more, before;
    char text[400] = "";
    int added = 0;
    parse_good("", &to);
    for (unsigned n = 0; added == 0; n++) {
        for (unsigned i = 0, len = 0; i < NEED_WORDS_MAX; i++) {
            len += (unsigned)snprintf(text + len, sizeof text - len, "cpu-%u ", n * 16 + i + 1);
        }
        parse_good(text, &more);
        before = to;
        added = need_add(&to, &more);
    }
    assert_int_equal(added, ERR_LIMIT);
    assert_int_equal(to.test_count, NEED_TESTS_MAX);
    assert_memory_equal(&to, &before, sizeof to);
    parse_good("data-a data-b data-c", &to);
    parse_good("data-d data-e", &more);
    assert_int_equal(need_add(&to, &more), ERR_LIMIT);
    assert_string_equal(to.text, "data-a.data-b.data-c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_requirements_have_one_text),
        cmocka_unit_test(a_wrong_word_is_named),
        cmocka_unit_test(a_test_looks_at_what_its_word_means),
        cmocka_unit_test(values_are_in_the_units_of_the_table),
        cmocka_unit_test(words_beside_tests_have_their_places),
        cmocka_unit_test(tests_are_in_the_order_in_which_they_are_made),
        cmocka_unit_test(labels_and_text_say_the_same),
        cmocka_unit_test(a_policy_of_the_book_is_asked_by_its_name),
        cmocka_unit_test(one_more_requirement_adds_its_words),
        cmocka_unit_test(too_much_leaves_the_first_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
