#include "server/lease_expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "server/held.h"
#include "server/held_lease.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

enum { MAP = 16 << 20, NOW_S = 1700000000, LENGTH_S = 100, MANY = 2500 };

static const char yaml[] = "store: {path: store}\nzones: [{name: suanyu.test, file: zone}]\n";

static char *folder;
static struct clock_fake fake;
static struct zone_store *store;
static struct world_handle handle;
static struct stat_registry *registry;
static struct stat_set *counts;
static struct keeper *keeper;
static struct lease_expiry expiry;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s", at->text);
}

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    log_init(LOG_ERROR, NULL);
    folder = scratch_make();
    char *path = scratch_path(folder, "store"), *zone = scratch_path(folder, "zone");
    char *conf_path = scratch_path(folder, "suanyud.yaml");
    struct server_conf *conf = NULL;
    const struct keeper_report report = {on_error, NULL};
    scratch_write(zone, "$TTL 300\n@ SOA m r 1 1 1 1 1\n@ NS m\n");
    clock_fake_init(&fake, NOW_S);
    handle = (struct world_handle){.key = zones_key};
    registry = stat_registry_create();
    counts = stat_registry_add(registry);
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    keeper = keeper_create(store, &handle, &fake.clock, counts);
    assert_int_equal(server_conf_parse(conf_path, yaml, strlen(yaml), &conf, NULL), 0);
    assert_int_equal(keeper_apply(keeper, conf, &report), 0);
    lease_expiry_init(&expiry, keeper, &fake.clock, counts);
    server_conf_free(conf);
    mem_free(path);
    mem_free(zone);
    mem_free(conf_path);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    keeper_destroy(keeper);
    world_finish(&handle);
    zone_store_close(store);
    stat_registry_destroy(registry);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static struct held *held(void)
{
    return keeper_find(keeper, zones_name("suanyu.test."));
}

/* Publish addresses with leases of LENGTH_S. */
static void publish(unsigned count)
{
    struct zone_lease_term term = {
        .end_s = fake.wall + LENGTH_S,
        .due_s = held_lease_now(&fake.clock) + LENGTH_S,
        .length_s = LENGTH_S,
    };
    struct zone_edit *edit = held_edit(held());
    for (unsigned i = 0; i < count; i++) {
        char name[40];
        const uint8_t rdata[4] = {192, 0, 2, 1};
        snprintf(name, sizeof(name), "n%u.suanyu.test.", i);
        assert_int_equal(zone_edit_add(edit, zones_name(name), DNS_TYPE_A, 60, rdata, 4), 0);
        zone_lease_group_add(held()->leases, edit, zones_name(name), DNS_TYPE_A, rdata, 4, &term,
                             true);
    }
    assert_int_equal(keeper_commit(keeper), 0);
}

static uint32_t serial(void)
{
    return zone_serial(held()->zone, zone_version(held()->zone));
}

/* Time passes, with a look every second; returns how many records went. */
static uint64_t pass(unsigned seconds)
{
    uint64_t before = counts->counters[STAT_lease_expired];
    for (unsigned i = 0; i < seconds; i++) {
        fake.wall++;
        fake.mono += 1000000000;
        while (lease_expiry_look(&expiry)) {
        }
    }
    return counts->counters[STAT_lease_expired] - before;
}

static void many_that_end_together_go_in_batches(void **state)
{
    (void)state;
    publish(MANY);
    assert_int_equal(pass(LENGTH_S - 1), 0);
    assert_int_equal(expiry.count, MANY);
    assert_int_equal(serial(), 2);
    fake.wall++;
    fake.mono += 1000000000;
    assert_true(lease_expiry_look(&expiry)); /* others have their turn between two looks */
    assert_int_equal(serial(), 3);
    assert_int_equal(expiry.count, MANY - LEASE_EXPIRY_BATCH);
    assert_true(lease_expiry_look(&expiry));
    assert_false(lease_expiry_look(&expiry));
    assert_int_equal(serial(), 5);
    assert_int_equal(counts->counters[STAT_lease_expired], MANY);
    assert_int_equal(expiry.count, 0);
    assert_int_equal(zone_measure(held()->zone).records, 2);
}

static void a_clock_that_is_set_is_told_and_moves_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int64_t seconds;
        unsigned told;
    } rows[] = {
        {"a second, as slewing does", 1, 0}, {"an hour", 3600, 1},
        {"an hour back", -3600, 1},          {"ten years", 315569520, 1},
        {"back to 1970", -1900000000, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t before = counts->counters[STAT_clock_jump];
        publish(1);
        fake.wall += rows[i].seconds;
        if (pass(LENGTH_S - 1) != 0 || pass(1) != 1 ||
            counts->counters[STAT_clock_jump] - before != rows[i].told) {
            fail_msg("%s", rows[i].label);
        }
    }
}

static void whoever_could_not_refresh_gets_a_grace(void **state)
{
    (void)state;
    publish(10);
    assert_int_equal(pass(50), 0);
    fake.mono += (uint64_t)(2 * LENGTH_S) * 1000000000u; /* suspended: both clocks went on */
    fake.wall += 2ll * LENGTH_S;
    assert_false(lease_expiry_look(&expiry));
    assert_int_equal(pass(LENGTH_S * 8 / 10 - 1), 0);
    assert_int_equal(pass(1), 10);
    assert_int_equal(counts->counters[STAT_clock_jump], 0);
    publish(10); /* a short delay is none */
    pass(75);
    fake.mono += (uint64_t)LEASE_EXPIRY_PAUSE_S * 1000000000u;
    fake.wall += LEASE_EXPIRY_PAUSE_S;
    assert_false(lease_expiry_look(&expiry));
    assert_int_equal(counts->counters[STAT_lease_expired], 20);
}

static void on_poll(struct loop_timer *timer)
{
    if (__atomic_load_n(&counts->counters[STAT_lease_expired], __ATOMIC_RELAXED) == 3) {
        loop_stop(timer->context);
    }
}

static void the_timer_looks_by_itself(void **state)
{
    (void)state;
    struct loop *loop;
    struct writer *writer;
    assert_int_equal(writer_create(&writer), 0);
    assert_int_equal(loop_create(false, &loop), 0);
    publish(3);
    fake.wall += 25;
    fake.mono += 25ull * 1000000000u;
    for (unsigned i = 0; i < 3; i++) { /* under the gap that would be a pause */
        lease_expiry_look(&expiry);
        fake.wall += 25;
        fake.mono += 25ull * 1000000000u;
    }
    lease_expiry_start(&expiry, loop, writer);
    struct loop_timer poll;
    loop_timer_init(&poll, loop, on_poll, loop);
    loop_timer_start(&poll, 10, 10);
    loop_run(loop);
    loop_timer_close(&poll, NULL);
    lease_expiry_stop(&expiry);
    loop_run(loop);
    writer_destroy(writer);
    assert_int_equal(loop_destroy(loop), 0);
    struct lease_expiry never = {0};
    lease_expiry_stop(&never);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_that_end_together_go_in_batches),
        TEST(a_clock_that_is_set_is_told_and_moves_nothing),
        TEST(whoever_could_not_refresh_gets_a_grace),
        TEST(the_timer_looks_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
