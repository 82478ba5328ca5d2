#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/ctl_request.h"
#include "tests/lib/guard.h"

/* Parse from a buffer that ends at an unmapped page. */
static int parse(struct ctl_request *request, const char *line, struct err_at *at)
{
    const char *copy = guard_copy(line, strlen(line));
    const int err = ctl_request_parse(request, copy, strlen(line), at);
    guard_free(copy);
    return err;
}

static void a_command_and_its_arguments_are_found(void **state)
{
    struct ctl_request request;

    (void)state;
    assert_int_equal(
        parse(&request, "{\"cmd\":\"zone import\",\"args\":[\"a.example\",\"/x\"]}", NULL), 0);
    assert_string_equal(request.command, "zone import");
    assert_int_equal(request.arg_count, 2);
    assert_string_equal(request.args[0], "a.example");
    assert_string_equal(request.args[1], "/x");
    ctl_request_finish(&request);
    assert_null(request.command);
    ctl_request_finish(&request);
}

static void arguments_may_be_absent_and_come_first(void **state)
{
    struct ctl_request request;

    (void)state;
    assert_int_equal(parse(&request, " { \"cmd\" : \"status\" } ", NULL), 0);
    assert_int_equal(request.arg_count, 0);
    ctl_request_finish(&request);
    assert_int_equal(parse(&request, "{\"args\":[],\"cmd\":\"x\"}\r", NULL), 0);
    ctl_request_finish(&request);
    assert_int_equal(parse(&request, "{\"args\":[\"\\u7b97\"],\"cmd\":\"x\"}", NULL), 0);
    assert_string_equal(request.args[0], "\xe7\xae\x97");
    ctl_request_finish(&request);
}

struct bad_case {
    const char *label, *line;
    int err;
};

static const struct bad_case bad[] = {
    {"empty", "", ERR_SYNTAX},
    {"no JSON", "status", ERR_SYNTAX},
    {"cut short", "{\"cmd\":\"status\"", ERR_SYNTAX},
    {"something behind", "{\"cmd\":\"status\"} x", ERR_SYNTAX},
    {"two objects", "{\"cmd\":\"status\"}{\"cmd\":\"status\"}", ERR_SYNTAX},
    {"not an object", "[\"status\"]", ERR_VALUE},
    {"no command", "{}", ERR_VALUE},
    {"only arguments", "{\"args\":[]}", ERR_VALUE},
    {"a number as command", "{\"cmd\":1}", ERR_VALUE},
    {"a key twice", "{\"cmd\":\"a\",\"cmd\":\"b\"}", ERR_SYNTAX},
    {"another key", "{\"cmd\":\"a\",\"x\":1}", ERR_VALUE},
    {"arguments not a list", "{\"cmd\":\"a\",\"args\":\"b\"}", ERR_VALUE},
    {"an argument not a string", "{\"cmd\":\"a\",\"args\":[\"b\",2]}", ERR_VALUE},
    {"null as argument", "{\"cmd\":\"a\",\"args\":[null]}", ERR_VALUE},
    {"a line end in a command", "{\"cmd\":\"a\\nb\"}", ERR_VALUE},
    {"an escape in an argument", "{\"cmd\":\"a\",\"args\":[\"\\u001b[2J\"]}", ERR_VALUE},
    {"DEL in an argument", "{\"cmd\":\"a\",\"args\":[\"\\u007f\"]}", ERR_VALUE},
    {"a NUL in an argument", "{\"cmd\":\"a\",\"args\":[\"b\\u0000c\"]}", ERR_SYNTAX},
    {"broken UTF-8", "{\"cmd\":\"a\xff\"}", ERR_SYNTAX},
    {"seventeen arguments",
     "{\"cmd\":\"a\",\"args\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\","
     "\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]}",
     ERR_LIMIT},
};

static void bad_requests_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ctl_request request;
        struct err_at at = {0};
        const int err = parse(&request, bad[i].line, &at);
        if (err != bad[i].err || at.text[0] == '\0' || request.document) {
            fail_msg("%s: %d %s", bad[i].label, err, at.text);
        }
    }
}

static char *repeat(const char *head, char c, size_t count, const char *tail)
{
    char *line = malloc(strlen(head) + count + strlen(tail) + 1);
    char *at = stpcpy(line, head);
    memset(at, c, count);
    strcpy(at + count, tail);
    return line;
}

static void length_and_depth_are_limited(void **state)
{
    struct ctl_request request;
    char *line;

    (void)state;
    line = repeat("{\"cmd\":\"", 'x', CTL_REQUEST_MAX - 10, "\"}");
    assert_int_equal(strlen(line), CTL_REQUEST_MAX);
    assert_int_equal(parse(&request, line, NULL), 0);
    ctl_request_finish(&request);
    free(line);
    line = repeat("{\"cmd\":\"", 'x', CTL_REQUEST_MAX - 9, "\"}");
    assert_int_equal(parse(&request, line, NULL), ERR_LIMIT);
    free(line);
    line = repeat("", '[', 33, "");
    assert_int_equal(parse(&request, line, NULL), ERR_LIMIT);
    free(line);
    line = repeat("", '[', 32, "");
    assert_int_equal(parse(&request, line, NULL), ERR_SYNTAX);
    free(line);
    line = repeat("{\"cmd\":\"\\\"", '[', 1000, "\"}"); /* inside a text they do not nest */
    assert_int_equal(parse(&request, line, NULL), 0);
    ctl_request_finish(&request);
    free(line);
    line = repeat("{\"cmd\":\"\\", '\\', 1, "\",\"args\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    assert_int_equal(parse(&request, line, NULL), ERR_LIMIT);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_and_its_arguments_are_found),
        cmocka_unit_test(arguments_may_be_absent_and_come_first),
        cmocka_unit_test(bad_requests_are_refused_with_a_reason),
        cmocka_unit_test(length_and_depth_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
