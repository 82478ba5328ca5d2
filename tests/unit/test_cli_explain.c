#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void each_rule_says_in_words_what_it_does(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run(
        "{\"ok\":true,\"result\":{\"zone\":\"z.t.\",\"permitted\":true,\"rule\":3,"
        "\"transport\":\"tcp\",\"rules\":["
        "{\"rule\":1,\"fails\":\"key\",\"records_max\":0,\"rate\":0,\"durability\":\"durable\"},"
        "{\"rule\":2,\"fails\":\"local\",\"records_max\":9,\"rate\":9,\"durability\":\"relaxed\"},"
        "{\"rule\":3,\"fails\":\"\",\"records_max\":5,\"rate\":2,\"durability\":\"relaxed\"},"
        "{\"rule\":4,\"fails\":\"\",\"records_max\":0,\"rate\":0,\"durability\":\"durable\"},"
        "{\"rule\":5,\"fails\":\"moon\",\"records_max\":0,\"rate\":0,"
        "\"durability\":\"durable\"}]}}\n",
        WORDS("explain", "update", "k", "a.z.t", "CLOAD", "127.0.0.1", "tcp"), false, &seen);
    assert_string_equal(seen.request,
                        "{\"cmd\":\"explain "
                        "update\",\"args\":[\"k\",\"a.z.t\",\"CLOAD\",\"127.0.0.1\",\"tcp\"]}\n");
    assert_string_equal(seen.out,
                        "permitted by update rule 3 of zone z.t.\n"
                        "  rule 1  does not fit: it asks for another key\n"
                        "  rule 2  does not fit: it takes unsigned updates, and those of this "
                        "machine alone\n"
                        "  rule 3  permits it, at most 5 records a message, at most 2 messages a "
                        "second, answered before it is on disk\n"
                        "  rule 4  permits it\n"
                        "  rule 5  does not fit: moon\n");
    answers_finish(&seen);
}

static void nobody_permits_what_no_rule_does(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"zone\":\"z.t.\",\"permitted\":false,\"rule\":0,"
                "\"transport\":\"udp\",\"rules\":[]}}\n",
                WORDS("explain", "update", "-", "a.z.t", "A"), false, &seen);
    assert_string_equal(seen.out, "refused: no update rule of zone z.t. permits it\n");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_says_in_words_what_it_does),
        cmocka_unit_test(nobody_permits_what_no_rule_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
