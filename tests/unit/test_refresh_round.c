#include "server/refresh_round.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <semaphore.h>

#include "base/mem.h"
#include "tests/lib/fresh.h"
#include "tests/lib/zones.h"

#define SOA(serial) "@ SOA m r " serial " 600 600 3200 60\n"

static struct fresh fresh;

static int enter(void **state)
{
    (void)state;
    fresh_start(&fresh, 5, SOA("5") "a A 192.0.2.1\n" SOA("5"));
    fresh_wait(&fresh, 5);
    fresh_wait_count(&fresh, STAT_refresh_ok, 1);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    fresh_finish(&fresh);
    return 0;
}

static void changes_that_do_not_fit_are_followed_by_the_whole_zone(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6") "c A 192.0.2.3\n" SOA("6"),
              SOA("6") SOA("5") "q A 192.0.2.9\n" SOA("6") SOA("6"));
    fresh_notify(&fresh);
    fresh_wait(&fresh, 6);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs), 1);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 2);
}

static void changes_that_are_none_are_followed_by_the_whole_zone(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6") SOA("6"), SOA("6") SOA("4") SOA("6") SOA("6"));
    fresh_notify(&fresh);
    fresh_wait(&fresh, 6);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 2);
}

static void a_primary_whose_transfers_fail_is_left_alone_for_a_while(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6"), SOA("6") "a A 192.0.2.1\n"); /* both break off */
    fresh_notify(&fresh);
    fresh_wait_count(&fresh, STAT_refresh_failed, 1);
    for (unsigned i = 2; i < 5; i++) { /* however often it calls */
        fresh_notify(&fresh);
        fresh_wait_count(&fresh, STAT_refresh_failed, i);
    }
    assert_int_equal(
        __atomic_load_n(&fresh.stat->counters[STAT_transfer_in_failed], __ATOMIC_RELAXED), 1);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs), 1);
    assert_int_equal(secondary_is_served(kept_secondary(&fresh.kept, "t.")->state), true);
}

static void notify_while_a_round_is_under_way_counts_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        fresh_notify(&fresh);
    }
    fresh_wait_count(&fresh, STAT_refresh_ok, 2);
    assert_in_range(fresh_read(&fresh, &fresh.asked), 2, 5);
}

/* --- step by step, on a loop and a clock of the test ----------------------------------------------- */

enum { ROUNDS_MOST = 3, PATIENCE_MS = 20000 };
#define NS ((uint64_t)1000000000)

static struct loop *loop;
static struct loop_post post;
static struct refresh_round_with with;
static struct refresh_round *rounds[ROUNDS_MOST];
static size_t count, turn;
static unsigned told; /* bits: steps of the first round at which on_change came */

static void note_change(void *context)
{
    (void)context;
    told |= rounds[0] ? 1u << rounds[0]->step : 0;
}

/* Zones with one primary each: of fresh, but without its refresher. */
static void begin(const char *const *names, size_t name_count)
{
    char *text = mem_copy("", 1);
    count = name_count;
    turn = told = 0;
    for (size_t i = 0; i < count; i++) {
        char *more = mem_print("%s\n  - {name: %s, primary: ['127.0.0.1:%u']}", text, names[i],
                               fresh.primary.address.port);
        mem_free(text);
        text = more;
    }
    kept_apply(&fresh.kept, text);
    mem_free(text);
    for (size_t i = 0; i < count; i++) {
        rounds[i] = refresh_round_create(&with, kept_secondary(&fresh.kept, names[i]));
    }
}

static int open_bench(void **state)
{
    (void)state;
    fresh_open(&fresh, 5, SOA("5") SOA("5"));
    assert_int_equal(loop_create(false, &loop), 0);
    assert_int_equal(loop_post_open(&post, loop), 0);
    with = (struct refresh_round_with){
        .loop = loop,
        .post = &post,
        .world = &fresh.kept.world,
        .writer = fresh.writer,
        .adopt = {fresh.kept.keeper, fresh.kept.store, &fresh.kept.clock.clock},
        .clock = &fresh.kept.clock.clock,
        .stat = fresh.stat,
        .mac = mac_create(1),
        .limits = {1, 10000, 1 << 20},
        .on_change = note_change};
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        refresh_round_destroy(rounds[i]);
        rounds[i] = NULL;
    }
    loop_post_close(&post, NULL);
    loop_run(loop); /* the primary sees the ends of its connections */
    fresh_finish(&fresh);
    assert_int_equal(loop_destroy(loop), 0);
    mac_destroy(with.mac);
    return 0;
}

static uint64_t step(void)
{
    return refresh_round_step_all(rounds, count, &turn, fresh.kept.clock.mono);
}

static void run_until(enum refresh_round_step wanted)
{
    for (unsigned i = 0; rounds[0]->step != wanted; i++) {
        assert_true(i < PATIENCE_MS);
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        rcu_offline();
        poll(NULL, 0, 1);
        rcu_online();
    }
}

static void pass(unsigned seconds)
{
    fresh.kept.clock.mono += seconds * NS;
    fresh.kept.clock.wall += seconds;
}

/* A job at which the writer waits, or which tells that it has come so far. */
struct held_job {
    struct writer_job job; /* first */
    sem_t sem;
};

static void wait_here(struct writer_job *job)
{
    sem_wait(&((struct held_job *)(void *)job)->sem);
}

static void tell_here(struct writer_job *job)
{
    sem_post(&((struct held_job *)(void *)job)->sem);
}

static void drain_writer(void)
{
    struct held_job job = {.job = {.run = tell_here}};
    sem_init(&job.sem, 0, 0);
    writer_post(fresh.writer, &job.job);
    rcu_offline();
    sem_wait(&job.sem);
    rcu_online();
}

/* The zone has another primary from now on; two versions, in turn. */
static void move(size_t i, unsigned version)
{
    static struct server_conf_address addresses[ROUNDS_MOST][2];
    static struct secondary_zone secondaries[ROUNDS_MOST][2];
    addresses[i][version] = fresh.primary.address;
    addresses[i][version].address[3] = (uint8_t)(2 + version);
    secondaries[i][version] = *rounds[i]->secondary;
    secondaries[i][version].primaries = &addresses[i][version];
    refresh_round_configure(rounds[i], &secondaries[i][version]);
}

static void fetch_first(void)
{
    static const char *const names[] = {"t."};
    begin(names, 1);
    step();
    run_until(REFRESH_ROUND_IDLE);
    assert_true(secondary_is_served(rounds[0]->state));
}

static void what_comes_while_the_zone_expires_is_served(void **state)
{
    (void)state;
    struct held_job hold = {.job = {.run = wait_here}};
    sem_init(&hold.sem, 0, 0);
    fetch_first();
    fresh_say(&fresh, 6, SOA("6") SOA("6"), SOA("6") SOA("5") SOA("6") SOA("6"));
    pass(3000);
    writer_post(fresh.writer, &hold.job);
    step();
    run_until(REFRESH_ROUND_ADOPTING);
    pass(500);
    step();
    assert_int_equal(fresh.stat->counters[STAT_zone_expired], 1);
    sem_post(&hold.sem);
    run_until(REFRESH_ROUND_IDLE);
    drain_writer();
    assert_true(secondary_is_served(rounds[0]->state));
    assert_int_equal(zone_serial(rounds[0]->state->zone, zone_version(rounds[0]->state->zone)), 6);
}

static void a_wish_during_a_transfer_is_granted_after_it(void **state)
{
    (void)state;
    fetch_first();
    fresh_say(&fresh, 6, SOA("6"), SOA("6") SOA("5")); /* both break off */
    pass(600);
    step();
    run_until(REFRESH_ROUND_FETCHING);
    refresh_round_force(rounds[0]);
    run_until(REFRESH_ROUND_IDLE);
    fresh_say(&fresh, 4, SOA("4") SOA("4"), NULL);
    pass(1);
    step();
    assert_int_equal(rounds[0]->step, REFRESH_ROUND_FETCHING); /* not asked, nor left alone */
    run_until(REFRESH_ROUND_IDLE);
    assert_int_equal(zone_serial(rounds[0]->state->zone, zone_version(rounds[0]->state->zone)), 4);
    pass(600);
    step();
    assert_int_equal(rounds[0]->step, REFRESH_ROUND_ASKING); /* it was one wish */
}

static void a_wish_outlives_the_primaries_that_it_was_told_to(void **state)
{
    (void)state;
    fetch_first();
    fresh_say(&fresh, 5, NULL, NULL);
    refresh_round_force(rounds[0]);
    step();
    assert_int_equal(rounds[0]->step, REFRESH_ROUND_FETCHING);
    move(0, 0);
    pass(1);
    step();
    assert_int_equal(rounds[0]->step, REFRESH_ROUND_FETCHING);
}

static void who_waits_for_a_transfer_hears_of_each_end(void **state)
{
    (void)state;
    fetch_first();
    fresh_say(&fresh, 6, SOA("6"), SOA("6") SOA("5"));
    pass(600);
    told = 0;
    step();
    run_until(REFRESH_ROUND_IDLE);
    assert_true(told & 1u << REFRESH_ROUND_FETCHING);
}

static void who_was_first_is_last_when_there_is_room_again(void **state)
{
    static const char *const names[] = {"a.", "b.", "c."};
    (void)state;
    begin(names, 3);
    with.rounds = REFRESH_ROUNDS_MAX - 1; /* others have them, and nobody is ever answered */
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(step(), UINT64_MAX); /* all are due, but nobody can begin */
        assert_int_equal(with.rounds, REFRESH_ROUNDS_MAX);
        for (unsigned j = 0; j < 3; j++) {
            assert_int_equal(rounds[j]->step == REFRESH_ROUND_IDLE, j != i % 3);
        }
        move(i % 3, i / 3 % 2);
    }
}

#define BENCH(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
#define TEST(name)  cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_that_do_not_fit_are_followed_by_the_whole_zone),
        TEST(changes_that_are_none_are_followed_by_the_whole_zone),
        TEST(a_primary_whose_transfers_fail_is_left_alone_for_a_while),
        TEST(notify_while_a_round_is_under_way_counts_once),
        BENCH(what_comes_while_the_zone_expires_is_served),
        BENCH(a_wish_during_a_transfer_is_granted_after_it),
        BENCH(a_wish_outlives_the_primaries_that_it_was_told_to),
        BENCH(who_waits_for_a_transfer_hears_of_each_end),
        BENCH(who_was_first_is_last_when_there_is_room_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
