#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "server/ctl_reply.h"
#include "tests/lib/fail.h"

static struct loop *loop;
static struct loop_post post;
static struct ctl_reply *delivered;

static void take(struct loop_post_item *item)
{
    delivered = (struct ctl_reply *)item;
}

static int open_post(void **state)
{
    (void)state;
    return loop_create(false, &loop) || loop_post_open(&post, loop);
}

static int close_post(void **state)
{
    (void)state;
    loop_post_close(&post, NULL);
    return loop_destroy(loop);
}

static struct ctl_reply *make_reply(void)
{
    delivered = NULL;
    struct ctl_reply *reply = ctl_reply_create(&post, take, NULL, 7);
    assert_int_equal(reply->connection, 7);
    return reply;
}

/* Closing the queue runs what waits in it: the shortest way through a loop. */
static const struct ctl_reply *receive(void)
{
    close_post(NULL);
    open_post(NULL);
    assert_non_null(delivered);
    return delivered;
}

static void expect_line(const char *wanted)
{
    const struct ctl_reply *reply = receive();
    assert_int_equal(reply->line_len, strlen(reply->line));
    assert_string_equal(reply->line, wanted);
    ctl_reply_destroy(delivered);
}

static void a_result_is_framed(void **state)
{
    (void)state;
    ctl_reply_ok(make_reply(), strdup("{\"a\":1}"));
    assert_false(receive()->is_error);
    expect_line("{\"ok\":true,\"result\":{\"a\":1}}\n");
}

static void no_result_is_out_of_memory(void **state)
{
    (void)state;
    ctl_reply_ok(make_reply(), NULL);
    assert_true(receive()->is_error);
    expect_line("{\"ok\":false,\"error\":{\"code\":-5003,\"text\":\"out of memory\"}}\n");
}

static void a_result_over_the_limit_is_an_error(void **state)
{
    char *json = malloc(CTL_REPLY_MAX + 2);

    (void)state;
    memset(json, '1', CTL_REPLY_MAX + 1);
    json[CTL_REPLY_MAX + 1] = '\0';
    ctl_reply_ok(make_reply(), json);
    expect_line("{\"ok\":false,\"error\":{\"code\":-5002,\"text\":\"the result is too long\"}}\n");
}

struct text_case {
    const char *text, *json;
};

static const struct text_case texts[] = {
    {"no zone x", "no zone x"},
    {"two\nlines", "two\\nlines"},
    {"a \"quote\"", "a \\\"quote\\\""},
    {"\x1b[2J", "\\u001B[2J"},
    {"\xe7\xae\x97", "\xe7\xae\x97"},
    {"not \xff UTF-8 \xe7", "not \\\\xff UTF-8 \\\\xe7"},
    {"", ""},
};

static void any_text_of_an_error_is_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char wanted[200];
        ctl_reply_error(make_reply(), ERR_MISSING, "%s", texts[i].text);
        snprintf(wanted, sizeof(wanted),
                 "{\"ok\":false,\"error\":{\"code\":-5006,\"text\":\"%s\"}}\n", texts[i].json);
        expect_line(wanted);
    }
}

static void a_long_text_of_an_error_is_cut(void **state)
{
    static char text[CTL_REPLY_TEXT_MAX + 100];

    (void)state;
    memset(text, '\xff', sizeof(text) - 1);
    ctl_reply_error(make_reply(), ERR_MISSING, "%s", text);
    const struct ctl_reply *reply = receive();
    assert_in_range(reply->line_len, 4 * CTL_REPLY_TEXT_MAX, 5 * CTL_REPLY_TEXT_MAX + 100);
    ctl_reply_destroy(delivered);
}

static int make_file(const char *text, size_t len)
{
    const int fd = memfd_create("text", 0);
    assert_int_equal(write(fd, text, len), len);
    return fd;
}

/* All parts put together again. */
static char *read_parts(size_t *out_len)
{
    char *text = malloc(1 << 20), *line;
    size_t line_len;
    *out_len = 0;
    while (ctl_reply_next(delivered, &line, &line_len) == 1) {
        json_t *root = json_loadb(line, line_len, 0, NULL);
        const json_t *part = json_object_get(root, "part");
        assert_int_equal(line[line_len - 1], '\n');
        assert_non_null(json_string_value(part));
        memcpy(text + *out_len, json_string_value(part), json_string_length(part));
        *out_len += json_string_length(part);
        json_decref(root);
        free(line);
    }
    return text;
}

/* Characters of 1 to 4 octets, so that parts are cut inside each of them somewhere. */
static void a_file_comes_in_parts_and_whole_characters(void **state)
{
    static const char pattern[] = "a\xc3\xa9\xe7\xae\x97\xf0\x9f\x98\x80\n\"\\";
    static char text[20 * CTL_REPLY_PART];
    size_t len = 0, got_len;

    (void)state;
    while (len + 2 * sizeof(pattern) < sizeof(text)) {
        memcpy(text + len, pattern, sizeof(pattern) - 1);
        len += sizeof(pattern) - 1;
    }
    for (size_t start = 0; start < sizeof(pattern) - 1; start++) {
        if ((text[start] & 0xc0) == 0x80) {
            continue; /* begins inside a character */
        }
        ctl_reply_file(make_reply(), make_file(text + start, len - start), strdup("{}"));
        receive();
        char *got = read_parts(&got_len);
        assert_int_equal(got_len, len - start);
        assert_memory_equal(got, text + start, got_len);
        assert_string_equal(delivered->line, "{\"ok\":true,\"result\":{}}\n");
        assert_int_equal(delivered->fd, -1);
        ctl_reply_destroy(delivered);
        free(got);
    }
}

static void a_file_that_is_no_text_ends_with_an_error(void **state)
{
    size_t len;

    (void)state;
    ctl_reply_file(make_reply(), make_file("a\xff", 2), strdup("{}"));
    receive();
    free(read_parts(&len));
    assert_true(delivered->is_error);
    ctl_reply_destroy(delivered);
    ctl_reply_file(make_reply(), make_file("a\xe7", 2), strdup("{}"));
    receive();
    free(read_parts(&len));
    assert_true(delivered->is_error);
    ctl_reply_destroy(delivered);
}

static void a_file_that_can_not_be_read_ends_with_an_error(void **state)
{
    size_t len;

    (void)state;
    ctl_reply_file(make_reply(), open("/tmp", O_RDONLY), strdup("{}"));
    receive();
    free(read_parts(&len));
    assert_int_equal(len, 0);
    assert_string_equal(delivered->line,
                        "{\"ok\":false,\"error\":{\"code\":-21,\"text\":\"the text can "
                        "not be read\"}}\n");
    ctl_reply_destroy(delivered);
}

static void a_reply_that_is_dropped_closes_its_file(void **state)
{
    const int fd = make_file("text", 4);

    (void)state;
    ctl_reply_file(make_reply(), fd, strdup("{}"));
    receive();
    ctl_reply_destroy(delivered);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    ctl_reply_destroy(NULL);
}

static void without_memory_there_is_an_error_or_at_least_an_end(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct ctl_reply *reply = make_reply();
        char *json = strdup("{}");
        fail_after(n);
        ctl_reply_ok(reply, json);
        const bool has_failed = fail_stop();
        receive();
        assert_int_equal(delivered->is_error, has_failed);
        ctl_reply_destroy(delivered);
        if (!has_failed) {
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_framed),
        cmocka_unit_test(no_result_is_out_of_memory),
        cmocka_unit_test(a_result_over_the_limit_is_an_error),
        cmocka_unit_test(any_text_of_an_error_is_json),
        cmocka_unit_test(a_long_text_of_an_error_is_cut),
        cmocka_unit_test(a_file_comes_in_parts_and_whole_characters),
        cmocka_unit_test(a_file_that_is_no_text_ends_with_an_error),
        cmocka_unit_test(a_file_that_can_not_be_read_ends_with_an_error),
        cmocka_unit_test(a_reply_that_is_dropped_closes_its_file),
        cmocka_unit_test(without_memory_there_is_an_error_or_at_least_an_end),
    };
    return cmocka_run_group_tests(tests, open_post, close_post);
}
