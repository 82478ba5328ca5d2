#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void keys_are_listed_with_what_asks_for_them(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"keys\":["
                "{\"name\":\"a.\",\"algorithm\":\"hmac-sha256\",\"from\":\"config\",\"mac_min\":0,"
                "\"zones\":["
                "{\"zone\":\"z.t.\",\"transfer\":[2],\"update\":[1,3],\"notify\":true},"
                "{\"zone\":\"y.t.\",\"transfer\":[],\"update\":[1],\"notify\":false}]},"
                "{\"name\":\"long.name.\",\"algorithm\":\"hmac-sha512\",\"from\":\"keys_file\","
                "\"mac_min\":32,"
                "\"zones\":[]}]}}\n",
                WORDS("key", "list"), false, &seen);
    assert_string_equal(seen.request, "{\"cmd\":\"key list\",\"args\":[]}\n");
    assert_string_equal(
        seen.out,
        "a.          hmac-sha256  config     z.t. transfer 2 update 1,3 notify; y.t. update 1\n"
        "long.name.  hmac-sha512  keys_file  no rule asks for it\n");
    answers_finish(&seen);
    answers_run("{\"ok\":true,\"result\":{\"keys\":[]}}\n", WORDS("key", "list"), false, &seen);
    assert_string_equal(seen.out, "");
    answers_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_listed_with_what_asks_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
