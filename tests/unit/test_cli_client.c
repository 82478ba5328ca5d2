#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/answers.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_question_is_one_line_of_json(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":true,\"result\":{\"level\":\"warn\"}}\n", WORDS("log-level", "warn"),
                false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_OK);
    assert_string_equal(seen.request, "{\"cmd\":\"log-level\",\"args\":[\"warn\"]}\n");
    assert_string_equal(seen.out, "warn\n");
    assert_string_equal(seen.err, "");
    answers_finish(&seen);
}

static void the_servers_no_is_told_line_by_line_and_harmless(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":false,\"error\":{\"code\":-5006,\"text\":\"one\\ntwo \\u001b[2J\"}}\n",
                WORDS("status"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_REFUSED);
    assert_string_equal(seen.err, "suanyu: one\nsuanyu: two \\x1b[2J\n");
    assert_string_equal(seen.out, "");
    answers_finish(&seen);
}

struct lost_case {
    const char *label, *lines, *text;
};

static const struct lost_case lost[] = {
    {"nothing", "", "the connection ended"},
    {"half a line", "{\"ok\":true,\"result\":{}}", "the connection ended"},
    {"only parts", "{\"part\":\"a\"}\n{\"part\":\"b\"}\n", "the connection ended"},
    {"no JSON", "hello\n", "it is not in the control protocol"},
    {"neither yes nor no", "{}\n", "it is not in the control protocol"},
    {"yes without a result", "{\"ok\":true}\n", "it is not in the control protocol"},
    {"a list", "[]\n", "it is not in the control protocol"},
};

static void a_server_that_goes_or_babbles_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
        struct answers_seen seen;
        char wanted[200];
        answers_run(lost[i].lines, WORDS("status"), false, &seen);
        snprintf(wanted, sizeof(wanted), "suanyu: no answer from the server: %s\n", lost[i].text);
        if (seen.status != CLI_CLIENT_LOST || strcmp(seen.err, wanted) != 0) {
            fail_msg("%s: %d %s", lost[i].label, (int)seen.status, seen.err);
        }
        answers_finish(&seen);
    }
}

static void a_refused_connection_still_tells_why(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("{\"ok\":false,\"error\":{\"code\":-5011,\"text\":\"permission denied\"}}\n",
                WORDS("zone", "list"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_REFUSED);
    assert_string_equal(seen.err, "suanyu: permission denied\n");
    answers_finish(&seen);
}

static void an_argument_that_is_no_text_is_wrong_usage(void **state)
{
    struct answers_seen seen;

    (void)state;
    answers_run("", WORDS("show", "\xff"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_USAGE);
    assert_string_equal(seen.request, "");
    answers_finish(&seen);
}

static void an_argument_that_is_too_long_is_wrong_usage(void **state)
{
    static char name[70000];
    struct answers_seen seen;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    answers_run("", WORDS("show", name), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_USAGE);
    assert_string_equal(seen.request, "");
    answers_finish(&seen);
}

static void an_answer_may_be_long_but_not_endless(void **state)
{
    const size_t len = (16 << 20) + 100000;
    char *lines = malloc(len + 1);
    struct answers_seen seen;

    (void)state;
    memset(lines, ' ', len);
    lines[len] = '\0';
    answers_run(lines, WORDS("status"), false, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_LOST);
    assert_non_null(strstr(seen.err, "the answer is too long"));
    answers_finish(&seen);
    static const char head[] = "{\"ok\":true,\"result\":\"";
    const size_t shorter = 15 << 20;
    memset(lines, 'x', shorter);
    memcpy(lines, head, sizeof(head) - 1);
    memcpy(lines + shorter, "\"}\n", 4);
    answers_run(lines, WORDS("status"), true, &seen);
    assert_int_equal(seen.status, CLI_CLIENT_OK);
    answers_finish(&seen);
    free(lines);
}

static void without_a_server_there_is_an_error(void **state)
{
    struct cli_client *client;
    char path[200];

    (void)state;
    assert_int_equal(cli_client_open("/no/such/socket", &client), -ENOENT);
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(cli_client_open(path, &client), -ENAMETOOLONG);
    cli_client_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_one_line_of_json),
        cmocka_unit_test(the_servers_no_is_told_line_by_line_and_harmless),
        cmocka_unit_test(a_server_that_goes_or_babbles_is_lost),
        cmocka_unit_test(a_refused_connection_still_tells_why),
        cmocka_unit_test(an_argument_that_is_no_text_is_wrong_usage),
        cmocka_unit_test(an_argument_that_is_too_long_is_wrong_usage),
        cmocka_unit_test(an_answer_may_be_long_but_not_endless),
        cmocka_unit_test(without_a_server_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
