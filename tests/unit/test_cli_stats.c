#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void counters_that_moved_are_shown_with_the_times(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"counters\":{\"query_udp4\":1200,\"truncated\":0,"
                "\"edns\":7,\"wildcard\":0},\"answer_ns\":{\"count\":100,\"sum\":150000,"
                "\"le\":[[1024,49],[2048,98],[4096,99],[65536,100]]}}}\n",
                WORDS("stats"), false, &seen);
    assert_string_equal(
        seen.out, "query_udp4  1,200\n"
                  "edns            7\n"
                  "2 other counters are 0.\n"
                  "\n"
                  "An answer took 1.5 us on average; 50 % took up to 2.0 us, 99 % up to 4.1 us.\n");
    answers_finish(&seen);
}

static void without_answers_there_are_no_times(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"counters\":{\"edns\":7},\"answer_ns\":{\"count\":0,"
                "\"sum\":0,\"le\":[]}}}\n",
                WORDS("stats"), false, &seen);
    assert_string_equal(seen.out, "edns  7\n");
    answers_finish(&seen);
    answers_run("{\"ok\":true,\"result\":{}}\n", WORDS("stats"), false, &seen);
    assert_string_equal(seen.out, "");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_that_moved_are_shown_with_the_times),
        cmocka_unit_test(without_answers_there_are_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
