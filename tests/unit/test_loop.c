#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/rcu.h"

static void stop_on_fire(struct loop_timer *timer)
{
    loop_stop(timer->context);
}

static void count_and_stop_at_three(struct loop_timer *timer)
{
    unsigned *count = timer->context;
    if (++*count == 3) {
        loop_timer_close(timer, NULL);
    }
}

static void a_loop_with_nothing_to_do_returns_at_once(void **state)
{
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    loop_run(loop);
    assert_int_equal(loop_destroy(loop), 0);
    assert_int_equal(loop_destroy(NULL), 0);
}

static void a_timer_repeats_until_it_is_closed(void **state)
{
    struct loop *loop;
    struct loop_timer timer;
    unsigned count = 0;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    loop_timer_init(&timer, loop, count_and_stop_at_three, &count);
    loop_timer_start(&timer, 0, 1);
    loop_run(loop);
    assert_int_equal(count, 3);
    assert_int_equal(loop_destroy(loop), 0);
}

static void a_stopped_timer_does_not_fire(void **state)
{
    struct loop *loop;
    struct loop_timer timer;
    unsigned count = 0;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    loop_timer_init(&timer, loop, count_and_stop_at_three, &count);
    loop_timer_start(&timer, 0, 1);
    loop_timer_stop(&timer);
    loop_run(loop);
    assert_int_equal(count, 0);
    loop_timer_close(&timer, NULL);
    assert_int_equal(loop_destroy(loop), 0);
}

static void stop_ends_the_run_and_the_loop_can_run_again(void **state)
{
    struct loop *loop;
    struct loop_timer timer;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    loop_timer_init(&timer, loop, stop_on_fire, loop);
    for (int i = 0; i < 2; i++) {
        const uint64_t before = loop_now_ms(loop);
        loop_timer_start(&timer, 1, 3600000);
        loop_run(loop);
        assert_in_range(loop_now_ms(loop) - before, 1, 60000);
    }
    loop_timer_close(&timer, NULL);
    assert_int_equal(loop_destroy(loop), 0);
}

static void destroying_a_loop_with_an_open_handle_is_refused(void **state)
{
    struct loop *loop;
    struct loop_timer timer;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    loop_timer_init(&timer, loop, stop_on_fire, loop);
    assert_int_equal(loop_destroy(loop), UV_EBUSY);
    loop_timer_close(&timer, NULL);
    assert_int_equal(loop_destroy(loop), 0);
}

static void on_signal(struct loop_signal *sig, int number)
{
    *(int *)sig->context = number;
    loop_stop((struct loop *)sig->uv.loop->data);
}

static void a_signal_comes_as_a_callback(void **state)
{
    struct loop *loop;
    struct loop_signal sig;
    struct loop_timer timer;
    int seen = 0;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    assert_int_equal(loop_signal_start(&sig, loop, SIGHUP, on_signal, &seen), 0);
    loop_timer_init(&timer, loop, stop_on_fire, loop);
    loop_timer_start(&timer, 10000, 0); /* a signal alone does not keep the loop */
    kill(getpid(), SIGHUP);
    loop_run(loop);
    assert_int_equal(seen, SIGHUP);
    loop_signal_close(&sig, NULL);
    loop_timer_close(&timer, NULL);
    assert_int_equal(loop_destroy(loop), 0);
}

static void a_signal_that_can_not_be_caught_is_refused(void **state)
{
    static const int numbers[] = {SIGKILL, SIGSTOP, 0, 4711};
    struct loop *loop;
    struct loop_signal sig;

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_int_equal(loop_signal_start(&sig, loop, numbers[i], on_signal, NULL), UV_EINVAL);
    }
    assert_int_equal(loop_destroy(loop), 0);
}

struct reader_case {
    struct loop *loop;
    pthread_t waiter;
    bool waited;     /* the other thread's grace period passed */
    bool was_online; /* in the callback */
};

static void *wait_for_readers(void *context)
{
    rcu_wait();
    __atomic_store_n((bool *)context, true, __ATOMIC_RELEASE);
    return NULL;
}

static void start_waiter(struct loop_timer *timer)
{
    struct reader_case *test = timer->context;
    test->was_online = urcu_qsbr_read_ongoing() && !test->loop->is_offline;
    pthread_create(&test->waiter, NULL, wait_for_readers, &test->waited);
    loop_timer_close(timer, NULL);
}

/* Keeps the loop waiting until the grace period passed: an online waiter would hold it up for ever. */
static void look_for_waiter(struct loop_timer *timer)
{
    struct reader_case *test = timer->context;
    if (__atomic_load_n(&test->waited, __ATOMIC_ACQUIRE)) {
        loop_timer_close(timer, NULL);
    }
}

static void a_reader_loop_is_online_in_callbacks_and_offline_while_it_waits(void **state)
{
    struct reader_case test = {0};
    struct loop_timer start, look;

    (void)state;
    assert_int_equal(loop_create(true, &test.loop), 0);
    loop_timer_init(&start, test.loop, start_waiter, &test);
    loop_timer_start(&start, 0, 0);
    loop_timer_init(&look, test.loop, look_for_waiter, &test);
    loop_timer_start(&look, 1, 1);
    loop_run(test.loop);
    pthread_join(test.waiter, NULL);
    assert_true(test.was_online);
    assert_true(test.waited);
    assert_int_equal(loop_destroy(test.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_with_nothing_to_do_returns_at_once),
        cmocka_unit_test(a_timer_repeats_until_it_is_closed),
        cmocka_unit_test(a_stopped_timer_does_not_fire),
        cmocka_unit_test(stop_ends_the_run_and_the_loop_can_run_again),
        cmocka_unit_test(destroying_a_loop_with_an_open_handle_is_refused),
        cmocka_unit_test(a_signal_comes_as_a_callback),
        cmocka_unit_test(a_signal_that_can_not_be_caught_is_refused),
        cmocka_unit_test(a_reader_loop_is_online_in_callbacks_and_offline_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
