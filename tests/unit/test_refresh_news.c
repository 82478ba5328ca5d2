#include "server/refresh_news.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/lib/kept.h"
#include "tests/lib/zones.h"

static struct kept kept;
static struct loop *loop;
static struct loop_post post;
static struct writer *writer;
static unsigned calls;

static void on_back(void *context, const struct refresh_news *news)
{
    assert_ptr_equal(context, &loop);
    assert_int_equal(news->err, 0);
    calls++;
    loop_stop(loop);
}

static int setup(void **state)
{
    (void)state;
    kept_start(&kept);
    kept_apply(&kept, "\n  - {name: t, primary: ['127.0.0.1:53']}");
    calls = 0;
    int err = writer_create(&writer);
    err = err ? err : loop_create(false, &loop);
    return err ? err : loop_post_open(&post, loop);
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(loop_destroy(loop), 0);
    kept_finish(&kept);
    return 0;
}

static struct refresh_news *send_news(void)
{
    struct refresh_news_options options = {.post = &post,
                                           .writer = writer,
                                           .adopt = {kept.keeper, kept.store, &kept.clock.clock},
                                           .name = zones_name("t."),
                                           .state = kept_secondary(&kept, "t.")->state,
                                           .what = REFRESH_NEWS_SAME,
                                           .refreshed_s = KEPT_NOW_S,
                                           .on_back = on_back,
                                           .context = &loop};
    return refresh_news_post(&options);
}

static void news_come_back_when_the_writer_has_them(void **state)
{
    (void)state;
    send_news();
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_true(secondary_is_served(kept_secondary(&kept, "t.")->state));
    writer_destroy(writer);
    loop_post_close(&post, NULL);
}

static void forgotten_news_come_back_to_nobody(void **state)
{
    (void)state;
    refresh_news_forget(send_news());
    writer_destroy(writer);
    loop_post_close(&post, NULL); /* runs what waits */
    assert_int_equal(calls, 0);
}

static void news_free_themselves_when_the_refresher_has_ended(void **state)
{
    (void)state;
    loop_post_close(&post, NULL);
    send_news();
    writer_destroy(writer);
    assert_int_equal(calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(news_come_back_when_the_writer_has_them, setup, teardown),
        cmocka_unit_test_setup_teardown(forgotten_news_come_back_to_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(news_free_themselves_when_the_refresher_has_ended, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
