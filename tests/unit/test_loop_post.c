#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/loop_post.h"
#include "base/rcu.h"

enum { SENDERS = 4, EACH = 1000 };

struct letter {
    struct loop_post_item item;
    unsigned sender, number;
};

static struct loop *loop;
static struct loop_post post;
static struct letter letters[SENDERS][EACH];
static unsigned received[SENDERS];
static unsigned total, disorder, offline, closings;

static void on_closed(struct loop_post *closed)
{
    assert_ptr_equal(closed, &post);
    closings++;
}

static void take(struct loop_post_item *item)
{
    const struct letter *letter = (const struct letter *)item;
    disorder += letter->number != received[letter->sender];
    offline += !urcu_qsbr_read_ongoing(); /* we are called from inside the wait */
    received[letter->sender]++;
    if (++total == SENDERS * EACH) {
        loop_stop(loop);
    }
}

static void *send_all(void *context)
{
    struct letter *mine = context;
    for (unsigned i = 0; i < EACH; i++) {
        mine[i].item.run = take;
        mine[i].number = i;
        mine[i].sender = (unsigned)(mine - letters[0]) / EACH;
        if (!loop_post_send(&post, &mine[i].item)) {
            break;
        }
    }
    return NULL;
}

static void letters_of_many_threads_arrive_once_each_and_in_order(void **state)
{
    pthread_t threads[SENDERS];

    (void)state;
    assert_int_equal(loop_create(true, &loop), 0);
    assert_int_equal(loop_post_open(&post, loop), 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_create(&threads[i], NULL, send_all, letters[i]);
    }
    loop_run(loop);
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(total, SENDERS * EACH);
    assert_int_equal(disorder, 0);
    assert_int_equal(offline, 0);
    loop_post_close(&post, on_closed);
    assert_int_equal(loop_destroy(loop), 0);
    assert_int_equal(closings, 1);
}

static void mark(struct loop_post_item *item)
{
    ((struct letter *)item)->number = 4711;
}

static void closing_runs_what_waits_and_refuses_what_comes(void **state)
{
    struct letter early = {.item.run = mark}, late = {.item.run = mark};

    (void)state;
    assert_int_equal(loop_create(false, &loop), 0);
    assert_int_equal(loop_post_open(&post, loop), 0);
    assert_true(loop_post_send(&post, &early.item));
    assert_int_equal(early.number, 0);
    loop_post_close(&post, NULL);
    assert_int_equal(early.number, 4711);
    assert_false(loop_post_send(&post, &late.item));
    assert_int_equal(loop_destroy(loop), 0);
    assert_int_equal(late.number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_many_threads_arrive_once_each_and_in_order),
        cmocka_unit_test(closing_runs_what_waits_and_refuses_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
