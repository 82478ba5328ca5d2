#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "base/mem.h"
#include "base/rcu.h"

enum {
    READERS = 3,
    VERSIONS = 2000,
};

struct version {
    uint64_t number;
    uint64_t negated; /* ~number, until it is freed */
    struct rcu_later later;
};

static struct version *current;
static unsigned freed;
static int stop;

static void free_version(struct rcu_later *later)
{
    struct version *version = caa_container_of(later, struct version, later);
    version->negated = version->number; /* a reader that still looks at it sees nonsense */
    mem_free(version);
    __atomic_fetch_add(&freed, 1, __ATOMIC_RELAXED);
}

static struct version *make_version(uint64_t number)
{
    struct version *version = mem_alloc(sizeof *version);
    version->number = number;
    version->negated = ~number;
    return version;
}

struct reader {
    pthread_t thread;
    uint64_t wrong; /* versions that were not whole, or older than one seen before */
    uint64_t reads;
};

static void *read_versions(void *context)
{
    struct reader *reader = context;
    uint64_t last = 0;
    rcu_enter();
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        for (int i = 0; i < 100; i++) {
            const struct version *version = rcu_read(current);
            reader->wrong += version->number != ~version->negated || version->number < last;
            last = version->number;
        }
        __atomic_fetch_add(&reader->reads, 1, __ATOMIC_RELAXED);
        rcu_quiescent();
        rcu_offline();
        (void)sched_yield(); /* the wait of a real reader */
        rcu_online();
    }
    rcu_leave();
    return NULL;
}

static void readers_see_whole_versions_while_the_writer_replaces_them(void **state)
{
    (void)state;
    struct reader readers[READERS] = {0};
    freed = 0;
    stop = 0;
    rcu_publish(current, make_version(0));
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_versions, &readers[i]), 0);
    }
    for (uint64_t n = 1; n <= VERSIONS; n++) {
        struct version *old = current;
        rcu_publish(current, make_version(n));
        rcu_defer(&old->later, free_version);
        if (n % 100 == 0) {
            rcu_wait();
        }
    }
    for (size_t i = 0; i < READERS; i++) { /* each of them has read something */
        while (__atomic_load_n(&readers[i].reads, __ATOMIC_RELAXED) == 0) {
            (void)sched_yield();
        }
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].wrong, 0);
    }
    rcu_drain();
    assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), VERSIONS);
    mem_free(current);
}

struct holder {
    pthread_t thread;
    int holds;    /* 1 while it looks at the version */
    int let_go;   /* set by the test */
    uint64_t saw; /* what the version said just before it let go */
};

static void *hold_version(void *context)
{
    struct holder *holder = context;
    rcu_enter();
    const struct version *version = rcu_read(current);
    __atomic_store_n(&holder->holds, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&holder->let_go, __ATOMIC_ACQUIRE)) {
        (void)sched_yield();
    }
    holder->saw = version->negated;
    rcu_leave();
    return NULL;
}

static void nothing_is_freed_under_a_reader_that_is_online(void **state)
{
    (void)state;
    struct holder holder = {0};
    freed = 0;
    rcu_publish(current, make_version(7));
    assert_int_equal(pthread_create(&holder.thread, NULL, hold_version, &holder), 0);
    while (!__atomic_load_n(&holder.holds, __ATOMIC_ACQUIRE)) {
        (void)sched_yield();
    }
    struct version *old = current;
    rcu_publish(current, NULL);
    rcu_defer(&old->later, free_version);
    const struct timespec nap = {0, 100000000}; /* the reclaim thread looks every 10 ms */
    (void)nanosleep(&nap, NULL);
    assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), 0);
    __atomic_store_n(&holder.let_go, 1, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(holder.thread, NULL), 0);
    assert_true(holder.saw == ~(uint64_t)7);
    rcu_drain();
    assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), 1);
}

static void draining_waits_for_every_deferred_call(void **state)
{
    (void)state;
    freed = 0;
    for (uint64_t i = 0; i < VERSIONS; i++) {
        rcu_defer(&make_version(i)->later, free_version);
    }
    rcu_drain(); /* the reclaim thread sleeps 10 ms between its looks */
    assert_int_equal(__atomic_load_n(&freed, __ATOMIC_RELAXED), VERSIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_versions_while_the_writer_replaces_them),
        cmocka_unit_test(nothing_is_freed_under_a_reader_that_is_online),
        cmocka_unit_test(draining_waits_for_every_deferred_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
