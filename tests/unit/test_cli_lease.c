#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void leases_are_a_table(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"name\":\"a.\",\"zone\":\"a.\",\"total\":300,"
                "\"leases\":[{\"owner\":\"b.a.\",\"type\":\"A\",\"text\":\"192.0.2.1\","
                "\"left\":40,\"granted\":3600}]}}\n",
                WORDS("lease", "list", "a"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"lease list\",\"args\":[\"a\"]}\n");
    assert_string_equal(seen.out, "OWNER  TYPE  LEFT  GRANTED  RECORD\n"
                                  "b.a.   A     40 s      1 h  192.0.2.1\n"
                                  "1 of 300 leases, those that end first\n");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_are_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
