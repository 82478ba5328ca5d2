#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void status_is_a_table_of_facts(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"version\":\"0.1.0\",\"pid\":12345,\"uptime_s\":3661,"
        "\"queries\":1234567,\"zones\":1,\"names\":118,\"records\":2000,"
        "\"leases\":1200,\"zone_octets\":40960,\"store_used\":1536,\"store_size\":1073741824,"
        "\"log_level\":\"info\"}}\n",
        WORDS("status"), false, &seen);
    assert_string_equal(seen.out, "version    0.1.0\n"
                                  "process    12345\n"
                                  "up         1 h 1 min\n"
                                  "queries    1,234,567\n"
                                  "zones      1\n"
                                  "names      118\n"
                                  "records    2,000\n"
                                  "leases     1,200\n"
                                  "zone data  40.0 KiB\n"
                                  "store      1.5 KiB used of 1.0 GiB\n"
                                  "log level  info\n");
    answers_finish(&seen);
}

static void the_state_of_the_store_is_told_with_its_last_error(void **state)
{
    const struct {
        const char *facts, *line;
    } rows[] = {
        {"\"store_state\":\"ok\",\"store_state_s\":9,\"store_error\":\"\",\"store_alarm\":0",
         "store state  ok\nstore room   1.5 KiB left\n"},
        {"\"store_state\":\"failed\",\"store_state_s\":90,\"store_error\":\"Input/output error\","
         "\"store_alarm\":1",
         "store state  failed for 1 min 30 s, last error: Input/output error\n"
         "store room   1.5 KiB left, low\n"},
        {"\"store_state\":\"full\",\"store_state_s\":1,\"store_error\":\"x\",\"store_alarm\":2",
         "store state  full for 1 s, last error: x\n"
         "store room   1.5 KiB left, too short to add records\n"},
        {"\"store_state\":\"ok\",\"store_state_s\":1,\"store_error\":\"\",\"store_alarm\":9",
         "store room   1.5 KiB left\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answers_seen seen;
        char answer[400];

        snprintf(answer, sizeof(answer), "{\"ok\":true,\"result\":{\"store_left\":1536,%s}}\n",
                 rows[i].facts);
        answers_run(answer, WORDS("status"), false, &seen);
        assert_non_null(strstr(seen.out, rows[i].line));
        answers_finish(&seen);
    }
}

static void the_log_level_is_one_word(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"level\":\"debug\"}}\n", WORDS("log-level"), false,
                &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"log-level\",\"args\":[]}\n");
    assert_string_equal(seen.out, "debug\n");
    answers_finish(&seen);
    answers_run("{\"ok\":true,\"result\":{\"level\":\"debug\"}}\n", WORDS("log-level"), true,
                &seen);
    assert_string_equal(seen.out, "{\"level\":\"debug\"}\n");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_a_table_of_facts),
        cmocka_unit_test(the_state_of_the_store_is_told_with_its_last_error),
        cmocka_unit_test(the_log_level_is_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
