#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/lib/commands.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static const char zone[] = "hpc CENTRE . kind=hpc jur=CN\n"
                           "hpc A 192.0.2.9\n"
                           "one.hpc CRES . cpu=1000 mem=4g acc=chip accn=1.5\n"
                           "one.hpc 30 CLOAD . obs=1789999988 cpuf=10\n"
                           "two.hpc CRES . cpu=2000 basis=claimed\n"
                           "two.hpc CRES . cpu=2500 basis=measured\n"
                           "deep.below A 192.0.2.10\n";

static const json_t *find_record(const json_t *records, const char *type)
{
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        if (strcmp(json_string_value(json_object_get(record, "type")), type) == 0) {
            return record;
        }
    }
    fail_msg("no %s", type);
    return NULL;
}

static void expect_json(const json_t *value, const char *wanted)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, wanted);
    free(text);
}

static void a_pool_is_shown_with_its_attributes(void **state)
{
    struct commands *commands = commands_make(zone);
    json_t *root = commands_ask(commands, "show", ARGS("ONE.hpc.compute.gba."));
    const json_t *result = json_object_get(root, "result");
    const json_t *records = json_object_get(result, "records");

    (void)state;
    expect_json(json_object_get(result, "name"), "\"one.hpc.compute.gba.\"");
    expect_json(json_object_get(result, "zone"), "\"compute.gba.\"");
    expect_json(json_object_get(result, "serial"), "1");
    expect_json(json_object_get(result, "now"), "1790000000");
    expect_json(find_record(records, "CRES"),
                "{\"owner\":\"one.hpc.compute.gba.\",\"type\":\"CRES\",\"ttl\":300,"
                "\"text\":\". cpu=1000 mem=4096 acc=\\\"chip\\\" accn=1.5\",\"attrs\":["
                "{\"name\":\"cpu\",\"value\":\"1000\",\"pretty\":\"1000 cores\",\"unit\":\"cores\","
                "\"number\":1000},"
                "{\"name\":\"mem\",\"value\":\"4096\",\"pretty\":\"4 GiB\",\"unit\":\"MiB\","
                "\"number\":4096},"
                "{\"name\":\"acc\",\"value\":\"chip\",\"pretty\":\"chip\"},"
                "{\"name\":\"accn\",\"value\":\"1.5\",\"pretty\":\"1.5 cards\",\"unit\":\"cards\","
                "\"number\":1500}]}");
    assert_int_equal(json_integer_value(json_object_get(find_record(records, "CLOAD"), "ttl")), 30);
    expect_json(json_object_get(result, "pools"), "[]");
    expect_json(json_object_get(result, "cut"), "false");
    json_decref(root);
    commands_end(commands);
}

static void a_centre_is_shown_with_its_pools_and_their_totals(void **state)
{
    struct commands *commands = commands_make(zone);
    json_t *root = commands_ask(commands, "show", ARGS("hpc.compute.gba"));
    const json_t *result = json_object_get(root, "result");
    const json_t *pools = json_object_get(result, "pools");

    (void)state;
    expect_json(json_object_get(find_record(json_object_get(result, "records"), "A"), "text"),
                "\"192.0.2.9\"");
    expect_json(json_object_get(result, "pools_total"), "2");
    assert_int_equal(json_array_size(pools), 2);
    expect_json(json_object_get(json_array_get(pools, 0), "name"), "\"one.hpc.compute.gba.\"");
    find_record(json_object_get(json_array_get(pools, 0), "records"), "CLOAD");
    expect_json(json_object_get(json_array_get(pools, 1), "name"), "\"two.hpc.compute.gba.\"");
    /* Of two statements about one pool the larger counts, once. */
    expect_json(json_object_get(result, "totals"),
                "[{\"name\":\"cpu\",\"value\":\"3500\",\"pretty\":\"3500 cores\","
                "\"unit\":\"cores\",\"number\":3500,\"pools\":2},"
                "{\"name\":\"mem\",\"value\":\"4096\",\"pretty\":\"4 GiB\",\"unit\":\"MiB\","
                "\"number\":4096,\"pools\":1},"
                "{\"name\":\"accn\",\"value\":\"1.5\",\"pretty\":\"1.5 cards\",\"unit\":\"cards\","
                "\"number\":1500,\"pools\":1},"
                "{\"name\":\"cpuf\",\"value\":\"10\",\"pretty\":\"10 cores\",\"unit\":\"cores\","
                "\"number\":10,\"pools\":1}]");
    json_decref(root);
    commands_end(commands);
}

static void a_name_without_records_is_empty_but_there(void **state)
{
    struct commands *commands = commands_make(zone);
    json_t *root = commands_ask(commands, "show", ARGS("below.compute.gba"));

    (void)state;
    expect_json(json_object_get(json_object_get(root, "result"), "records"), "[]");
    json_decref(root);
    commands_end(commands);
}

struct wrong_case {
    const char *name, *text;
};

static const struct wrong_case wrong[] = {
    {"nothing.compute.gba", "no such name: nothing.compute.gba"},
    {"example.org", "example.org is in no zone of this server"},
    {".", ". is in no zone of this server"},
    {"a..b", "a..b is no name: syntax error"},
    {"", " is no name: syntax error"},
};

static void a_name_that_is_not_there_is_an_error(void **state)
{
    struct commands *commands = commands_make(zone);

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *text = commands_fail(commands, "show", ARGS(wrong[i].name));
        assert_string_equal(text, wrong[i].text);
        mem_free(text);
    }
    commands_end(commands);
}

static void more_pools_than_are_shown_still_count(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    fputs("big CENTRE . kind=cloud\n", out);
    for (int i = 0; i < 250; i++) {
        fprintf(out, "p%d.big CRES . nodes=2\n", i);
    }
    fclose(out);
    struct commands *commands = commands_make(text);
    json_t *root = commands_ask(commands, "show", ARGS("big.compute.gba"));
    const json_t *result = json_object_get(root, "result");
    assert_int_equal(json_array_size(json_object_get(result, "pools")), 200);
    expect_json(json_object_get(result, "pools_total"), "250");
    expect_json(json_object_get(result, "totals"),
                "[{\"name\":\"nodes\",\"value\":\"500\",\"pretty\":\"500 nodes\","
                "\"unit\":\"nodes\",\"number\":500,\"pools\":250}]");
    json_decref(root);
    commands_end(commands);
    free(text);
}

/* Texts of 250 records of TXT with 60000 octets each would be 60 MB and more. */
static void a_name_with_too_much_is_cut(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    for (int type = 0; type < 60; type++) {
        fprintf(out, "big TYPE%d \\# 60000 ", 60000 + type);
        for (int i = 0; i < 60000; i++) {
            fputs("ff", out);
        }
        fputc('\n', out);
    }
    fclose(out);
    struct commands *commands = commands_make(text);
    json_t *root = commands_ask(commands, "show", ARGS("big.compute.gba"));
    const json_t *result = json_object_get(root, "result");
    assert_in_range(json_array_size(json_object_get(result, "records")), 30, 40);
    expect_json(json_object_get(result, "cut"), "true");
    json_decref(root);
    commands_end(commands);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_is_shown_with_its_attributes),
        cmocka_unit_test(a_centre_is_shown_with_its_pools_and_their_totals),
        cmocka_unit_test(a_name_without_records_is_empty_but_there),
        cmocka_unit_test(a_name_that_is_not_there_is_an_error),
        cmocka_unit_test(more_pools_than_are_shown_still_count),
        cmocka_unit_test(a_name_with_too_much_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
