#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define FITS(name, rank, score, unknown)                                                           \
    "{\"name\":\"" name "\",\"reason\":\"FITS\",\"rank\":" rank ",\"score\":" score                \
    ",\"weight\":9,\"terms\":{\"load\":90050,\"network\":7},\"unknown_terms\":[" unknown           \
    "],\"age_s\":3,\"unknown\":false,\"test\":null,\"value\":null,\"limit\":null,\"seen\":\"\","   \
    "\"asked\":\"\"},"
#define FAILS(name, reason, unknown, test, seen, asked, age)                                       \
    "{\"name\":\"" name "\",\"reason\":\"" reason "\",\"rank\":null,\"age_s\":" age                \
    ",\"unknown\":" unknown ",\"test\":" test ",\"value\":null,\"limit\":null,\"seen\":\"" seen    \
    "\",\"asked\":\"" asked "\"}"

static const char answer[] =
    "{\"ok\":true,\"result\":{\"requirement\":\"accn-8.kind-ai\",\"name\":\"\",\"zone\":\"z.t.\","
    "\"serial\":7,\"table\":12,\"now_s\":100,\"until_s\":155,\"from\":\"127.0.0.1\","
    "\"place\":\"table\",\"policy\":\"\",\"weights\":{\"load\":60,\"network\":40},"
    "\"maxage_s\":60,\"low\":0,\"high\":0,\"top\":4,\"considered\":5,\"fits\":2,\"answered\":1,"
    "\"equal\":1,\"uses_place\":true,\"group\":null,\"reasons\":{\"LACKS\":1},\"pools\":[" FITS(
        "a.c.z.t.", "1", "54033", "") FITS("b.c.z.t.", "null", "5", "\"network\"")
        FAILS("d.c.z.t.", "FULL", "false", "\"accn-8\"", "2 cards", "at least 8 cards",
              "61") "," FAILS("e.c.z.t.", "LACKS", "true", "\"kind-ai\"", "", "",
                              "null") "," FAILS("f.c.z.t.", "MOON", "false", "null", "", "",
                                                "0") "],\"cut\":false}}\n";

static void pools_that_fit_stand_before_those_that_do_not(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(answer, WORDS("explain", "accn-8", "kind-ai"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_OK);
    assert_string_equal(seen.request,
                        "{\"cmd\":\"explain\",\"args\":[\"accn-8 kind-ai\",\"\",\"\"]}\n");
    assert_string_equal(seen.out,
                        "accn-8.kind-ai  in z.t. serial 7, table 12\n"
                        "  by load:60,network:40; load reports count for 60 s\n"
                        "  asked from 127.0.0.1 (placed by the table of regions)\n"
                        "  2 of 5 pools fit, 1 answered, 1 as equals; holds for 55 s\n"
                        "\n"
                        "     chosen     score    load  network  age\n"
                        "  1  a.c.z.t.  54.033  90.050    0.007  3 s\n"
                        "  -  b.c.z.t.   0.005  90.050   ?0.007  3 s\n"
                        "\n"
                        "  not chosen  why              seen     asked                   age\n"
                        "  d.c.z.t.    full for accn-8  2 cards  at least 8 cards  1 min 1 s\n"
                        "  e.c.z.t.    lacks kind-ai    unknown  -                         -\n"
                        "  f.c.z.t.    MOON             -        -                       0 s\n");
    answers_finish(&seen);
}

static void a_service_is_told_with_its_bounds(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"requirement\":\"\",\"name\":\"s.z.t.\",\"zone\":\"z.t.\","
        "\"serial\":7,\"table\":12,\"now_s\":100,\"until_s\":3700,\"from\":\"::1\","
        "\"place\":\"nowhere\",\"policy\":\"green\",\"weights\":{\"carbon\":1},"
        "\"maxage_s\":30,\"low\":70,\"high\":90,\"top\":4,\"considered\":0,\"fits\":0,"
        "\"answered\":0,\"equal\":0,\"uses_place\":false,\"group\":\"own\",\"reasons\":{},"
        "\"pools\":[],\"cut\":true}}\n",
        WORDS("explain", "s.z.t"), false, &seen);
    assert_string_equal(seen.out,
                        "s.z.t. asks for any pool  in z.t. serial 7, table 12\n"
                        "  by carbon:1 (policy green); load reports count for 30 s; less from 70 % "
                        "busy, none from 90 %\n"
                        "  asked from ::1 (nobody says where that is), which does not matter\n"
                        "  of group own\n"
                        "  0 of 0 pools fit, 0 answered, 0 as equals; holds for 1 h\n"
                        "\nSome pools were left out: there are too many.\n");
    answers_finish(&seen);
}

static void programs_get_the_answer_as_it_came(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"fits\":0}}\n", WORDS("explain", "x"), true, &seen);
    assert_string_equal(seen.out, "{\"fits\":0}\n");
    answers_finish(&seen);
}

static void what_the_server_refuses_is_told(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":false,\"error\":{\"code\":-5006,\"text\":\"accn-x: expected a number\"}}\n",
        WORDS("explain", "accn-x"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_REFUSED);
    assert_string_equal(seen.out, "");
    assert_non_null(strstr(seen.err, "accn-x: expected a number"));
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_that_fit_stand_before_those_that_do_not),
        cmocka_unit_test(a_service_is_told_with_its_bounds),
        cmocka_unit_test(programs_get_the_answer_as_it_came),
        cmocka_unit_test(what_the_server_refuses_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
