#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char answer[] =
    "{\"ok\":true,\"result\":{\"name\":\"hpc.compute.gba.\",\"zone\":\"compute.gba.\",\"serial\":7,"
    "\"now\":1790000000,\"records\":["
    "{\"owner\":\"hpc.compute.gba.\",\"type\":\"A\",\"ttl\":300,\"text\":\"192.0.2.9\"},"
    "{\"owner\":\"hpc.compute.gba.\",\"type\":\"CENTRE\",\"ttl\":3600,\"text\":\". kind=hpc\","
    "\"attrs\":[{\"name\":\"kind\",\"value\":\"hpc\",\"pretty\":\"hpc\"}]}],"
    "\"pools\":[{\"name\":\"one.hpc.compute.gba.\",\"records\":["
    "{\"owner\":\"one.hpc.compute.gba.\",\"type\":\"CLOAD\",\"ttl\":30,\"text\":\"...\",\"attrs\":["
    "{\"name\":\"obs\",\"value\":\"1789999988\",\"pretty\":\"2026-09-21T14:13:08Z\","
    "\"number\":1789999988},"
    "{\"name\":\"cpuf\",\"value\":\"10\",\"pretty\":\"10 cores\",\"number\":10}]}]}],"
    "\"pools_total\":3,\"totals\":[{\"name\":\"cpuf\",\"value\":\"10\",\"pretty\":\"10 cores\","
    "\"pools\":1},{\"name\":\"mem\",\"value\":\"4096\",\"pretty\":\"4 GiB\",\"pools\":2}],"
    "\"cut\":true}}\n";

static const char printed[] = "hpc.compute.gba.  in compute.gba. serial 7\n"
                              "  CENTRE  (ttl 1 h)\n"
                              "    kind  hpc\n"
                              "  A  5 min  192.0.2.9\n"
                              "\n"
                              "3 pools, 1 shown\n"
                              "\n"
                              "one.hpc.compute.gba.\n"
                              "  CLOAD  (ttl 30 s, observed 12 s ago)\n"
                              "    obs   2026-09-21T14:13:08Z\n"
                              "    cpuf  10 cores\n"
                              "\n"
                              "Total of all pools\n"
                              "  cpuf  10 cores   (1 pool)\n"
                              "  mem   4 GiB     (2 pools)\n"
                              "\n"
                              "Some records were left out: there are too many.\n";

static void a_centre_is_printed_for_people(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(answer, WORDS("show", "hpc.compute.gba"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"show\",\"args\":[\"hpc.compute.gba\"]}\n");
    assert_string_equal(seen.out, printed);
    answers_finish(&seen);
}

static void json_is_the_result_as_it_came(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(answer, WORDS("show", "hpc.compute.gba"), true, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_OK);
    assert_ptr_equal(strstr(seen.out, "{\"name\":\"hpc.compute.gba.\","), seen.out);
    assert_string_equal(seen.out + strlen(seen.out) - 13, ",\"cut\":true}\n");
    answers_finish(&seen);
}

static void an_answer_without_anything_prints_without_crashing(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{}}\n", WORDS("show", "x"), false, &seen);
    assert_string_equal(seen.out, "  in  serial 0\n");
    answers_finish(&seen);
    answers_run("{\"ok\":true,\"result\":[1]}\n", WORDS("show", "x"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_OK);
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_centre_is_printed_for_people),
        cmocka_unit_test(json_is_the_result_as_it_came),
        cmocka_unit_test(an_answer_without_anything_prints_without_crashing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
