#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void status_is_a_table_of_facts(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"version\":\"0.1.0\",\"pid\":12345,\"uptime_s\":3661,"
                "\"queries\":1234567,\"zones\":1,\"names\":118,\"records\":2000,"
                "\"zone_octets\":40960,\"store_used\":1536,\"store_size\":1073741824,"
                "\"log_level\":\"info\"}}\n",
                WORDS("status"), false, &seen);
    assert_string_equal(seen.out, "version    0.1.0\n"
                                  "process    12345\n"
                                  "up         1 h 1 min\n"
                                  "queries    1,234,567\n"
                                  "zones      1\n"
                                  "names      118\n"
                                  "records    2,000\n"
                                  "zone data  40.0 KiB\n"
                                  "store      1.5 KiB used of 1.0 GiB\n"
                                  "log level  info\n");
    answers_finish(&seen);
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
        cmocka_unit_test(the_log_level_is_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
