#include "server/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>

#include "base/loop_udp.h"
#include "zones/dns_code.h"

enum { PATIENCE_MS = 10000, LEN = 12 };

static struct loop *loop;
static struct loop_udp other, stranger; /* who is asked, and somebody else */
static struct server_conf_address address;
static unsigned came, answers, failures, lost; /* lost: questions that get no answer */
static int failure;
static bool takes_first, answers_wrongly;

static const uint8_t question[LEN] = {0x12, 0x34, 1};

static void reply(struct loop_udp *from, const struct sockaddr *to, uint8_t id, uint8_t flags,
                  size_t len)
{
    const uint8_t octets[LEN] = {0x12, id, flags};
    assert_int_equal(loop_udp_send(from, to, octets, len), 0);
}

static void on_question(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                        size_t len)
{
    assert_int_equal(len, LEN);
    assert_memory_equal(data, question, LEN);
    if (came++ < lost) {
        return;
    }
    if (answers_wrongly) {
        reply(udp, from, 0x35, 0x80, LEN);       /* another ID */
        reply(udp, from, 0x34, 0x00, LEN);       /* a question */
        reply(udp, from, 0x34, 0x80, LEN - 1);   /* no header */
        reply(&stranger, from, 0x34, 0x80, LEN); /* from another address */
    }
    reply(udp, from, 0x34, 0x80, LEN);
}

static bool on_answer(void *context, const uint8_t *data, size_t len)
{
    assert_ptr_equal(context, &loop);
    assert_int_equal(len, LEN);
    assert_int_equal(data[1], 0x34);
    answers++;
    if (answers == 1 && !takes_first) {
        return false;
    }
    loop_stop(loop);
    return true;
}

static void on_failed(void *context, int err)
{
    assert_ptr_equal(context, &loop);
    failures++;
    failure = err;
    loop_stop(loop);
}

static int setup(void **state)
{
    static const struct loop_udp_hooks hooks = {on_question, NULL};
    struct sockaddr_in local = {.sin_family = AF_INET};
    (void)state;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    came = answers = failures = lost = 0;
    failure = 0;
    takes_first = true;
    answers_wrongly = false;
    int err = loop_create(true, &loop);
    err = err ? err : loop_udp_open(&other, loop, (struct sockaddr *)&local, &hooks, NULL);
    err = err ? err : loop_udp_open(&stranger, loop, (struct sockaddr *)&local, &hooks, NULL);
    address = (struct server_conf_address){4, other.port, {127, 0, 0, 1}};
    return err;
}

static int teardown(void **state)
{
    (void)state;
    loop_udp_close(&other);
    loop_udp_close(&stranger);
    return loop_destroy(loop);
}

static struct ask *start(uint32_t wait_ms, unsigned tries)
{
    struct ask_options options = {.to = &address,
                                  .message = question,
                                  .len = LEN,
                                  .on_answer = on_answer,
                                  .on_failed = on_failed,
                                  .context = &loop};
    struct ask *ask = NULL;
    for (unsigned i = 0; i < tries; i++) {
        options.waits_ms[i] = wait_ms;
    }
    assert_int_equal(ask_start(loop, &options, &ask), 0);
    return ask;
}

static void an_answer_is_taken_once(void **state)
{
    (void)state;
    start(PATIENCE_MS, 1);
    loop_run(loop);
    assert_int_equal(answers, 1);
    assert_int_equal(failures, 0);
}

static void what_is_no_answer_does_not_count(void **state)
{
    (void)state;
    answers_wrongly = true;
    start(PATIENCE_MS, 1);
    loop_run(loop);
    assert_int_equal(answers, 1);
}

static void an_answer_that_is_not_taken_is_waited_over(void **state)
{
    (void)state;
    takes_first = false;
    start(20, 4);
    loop_run(loop);
    assert_int_equal(answers, 2);
    assert_int_equal(came, 2);
}

static void silence_is_asked_again_and_given_up(void **state)
{
    (void)state;
    lost = 2;
    start(5, ASK_TRIES_MAX);
    loop_run(loop);
    assert_int_equal(came, 3);
    assert_int_equal(answers, 1);
    came = answers = 0;
    lost = 100;
    start(5, ASK_TRIES_MAX);
    loop_run(loop);
    assert_int_equal(came, ASK_TRIES_MAX);
    assert_int_equal(failures, 1);
    assert_int_equal(failure, -ETIMEDOUT);
}

static void who_stops_hears_nothing(void **state)
{
    (void)state;
    struct ask *ask = start(1, 1);
    ask_stop(ask);
    ask_stop(ask);
    ask_stop(NULL);
    start(20, 1);
    loop_run(loop);
    assert_int_equal(answers, 1); /* of the second one */
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_is_taken_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_answer_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_is_not_taken_is_waited_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(silence_is_asked_again_and_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(who_stops_hears_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
