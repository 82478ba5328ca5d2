#include "server/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/err.h"
#include "tests/lib/primary.h"

enum { PATIENCE_MS = 10000 };

static struct loop *loop;
static struct primary primary;
static const char *says; /* octets that are sent back */
static size_t says_len;
static char got[300000];
static size_t got_len;
static unsigned messages, wanted, ends;
static int outcome;
static struct call *running;
static bool stops;

static size_t answer(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out)
{
    (void)context;
    if (!is_stream || len != 5 || memcmp(request, "hello", 5) != 0) {
        return 0;
    }
    memcpy(out, says, says_len);
    return says_len;
}

static bool on_message(void *context, const uint8_t *data, size_t len)
{
    assert_ptr_equal(context, &loop);
    memcpy(got + got_len, data, len);
    got_len += len;
    got[got_len++] = '|';
    messages++;
    if (stops) {
        call_stop(running);
    }
    return messages < wanted;
}

static void on_end(void *context, int err)
{
    assert_ptr_equal(context, &loop);
    ends++;
    outcome = err;
}

static int setup(void **state)
{
    (void)state;
    got_len = 0;
    messages = ends = 0;
    wanted = 1;
    stops = false;
    primary = (struct primary){.answer = answer};
    primary_start(&primary);
    return loop_create(true, &loop);
}

static int teardown(void **state)
{
    (void)state;
    primary_stop(&primary);
    return loop_destroy(loop);
}

static void call(const char *octets, size_t len, uint32_t stall_ms, uint64_t whole_ms)
{
    struct call_options options = {.to = &primary.address,
                                   .message = (const uint8_t *)"hello",
                                   .len = 5,
                                   .connect_ms = PATIENCE_MS,
                                   .stall_ms = stall_ms,
                                   .whole_ms = whole_ms,
                                   .on_message = on_message,
                                   .on_end = on_end,
                                   .context = &loop};
    says = octets;
    says_len = len;
    assert_int_equal(call_start(loop, &options, &running), 0);
    loop_run(loop);
}

#define SAYS(text) text, sizeof(text) - 1

static void messages_come_one_by_one(void **state)
{
    (void)state;
    wanted = 3;
    call(SAYS("\0\3one\0\0\0\5three\0\4more"), PATIENCE_MS, PATIENCE_MS);
    assert_int_equal(messages, 3);
    assert_memory_equal(got, "one||three|", 11);
    assert_int_equal(ends, 1);
    assert_int_equal(outcome, 0);
}

static void a_message_of_the_largest_size_comes_whole(void **state)
{
    static char octets[2 * 65537];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        memset(octets + i * 65537ul, 'a' + (int)i, 65537);
        memset(octets + i * 65537ul, 0xff, 2);
    }
    wanted = 2;
    call(octets, sizeof(octets) > PRIMARY_MAX ? PRIMARY_MAX : sizeof(octets), PATIENCE_MS,
         PATIENCE_MS);
    assert_int_equal(messages, sizeof(octets) > PRIMARY_MAX ? 1 : 2);
    assert_int_equal(got[0], 'a');
    assert_int_equal(got[65534], 'a');
    assert_int_equal(got[65535], '|');
}

static void who_ends_too_early_is_told(void **state)
{
    (void)state;
    wanted = 2;
    call(SAYS("\0\3one\0\3tw"), PATIENCE_MS, PATIENCE_MS);
    assert_int_equal(messages, 1);
    assert_int_equal(outcome, ERR_SHORT);
}

static void the_whole_has_an_end(void **state)
{
    (void)state;
    wanted = 2;
    call(SAYS("\0\3one"), PATIENCE_MS, 0);
    assert_int_equal(ends, 1);
    assert_int_equal(outcome, -ETIMEDOUT);
}

static void who_does_not_listen_is_told(void **state)
{
    (void)state;
    primary_stop(&primary);
    call(SAYS(""), PATIENCE_MS, PATIENCE_MS);
    assert_int_equal(ends, 1);
    assert_int_equal(outcome, -ECONNREFUSED);
    primary_start(&primary);
}

static void who_hangs_up_hears_nothing_more(void **state)
{
    (void)state;
    wanted = 3;
    stops = true;
    call(SAYS("\0\3one\0\3two"), PATIENCE_MS, PATIENCE_MS);
    assert_int_equal(messages, 1);
    assert_int_equal(ends, 0);
    struct call_options options = {.to = &primary.address,
                                   .message = (const uint8_t *)"hello",
                                   .len = 5,
                                   .connect_ms = PATIENCE_MS,
                                   .stall_ms = PATIENCE_MS,
                                   .whole_ms = PATIENCE_MS,
                                   .on_message = on_message,
                                   .on_end = on_end};
    assert_int_equal(call_start(loop, &options, &running), 0);
    call_stop(running); /* while it connects */
    call_stop(NULL);
    loop_run(loop);
    assert_int_equal(messages, 1);
    assert_int_equal(ends, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_come_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_of_the_largest_size_comes_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(who_ends_too_early_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_whole_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_listen_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(who_hangs_up_hears_nothing_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
