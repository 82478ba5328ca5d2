#include "server/held_lease.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_lease_row.h"

enum { MAP = 16 << 20, NOW_S = 1700000000, LENGTH_S = 100 };

static char *folder, *path;
static struct zone_store *store;
static struct held held;
static struct clock_fake fake;

/* What a server's start does. */
static void start(void)
{
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    held = (struct held){.limits = zones_limits};
    assert_int_equal(
        zone_store_load(store, zones_name("suanyu.test."), &zones_key, &held.zone, &held.state), 0);
    assert_int_equal(held_lease_load(&held, store, &fake.clock), 0);
}

static void stop(void)
{
    held_finish(&held);
    held = (struct held){0};
    zone_store_close(store);
    store = NULL;
}

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    path = scratch_path(folder, "store");
    clock_fake_init(&fake, NOW_S);
    struct zone *zone = zones_make("suanyu.test.", "@ SOA m r 1 1 1 1 1\n@ NS m\nb A 192.0.2.1\n"
                                                   "p CRES . cpu=100\np CLOAD . obs=50 cpuf=1\n"
                                                   "q CRES . cpu=100\nq CLOAD . obs=50 cpuf=1\n");
    struct zone_store_state saved = {0};
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    zone_store_close(store);
    zone_unref(zone);
    start();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    stop();
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

static void pass(int64_t seconds)
{
    fake.wall += seconds;
    fake.mono += (uint64_t)seconds * 1000000000u;
}

static const struct zone_rrset *set_of(const char *name, uint16_t type)
{
    const struct zone_node *node = zones_get(held.zone, zone_version(held.zone), name);
    return node ? zone_node_find(node, type) : NULL;
}

static bool has(const char *name, uint16_t type)
{
    return set_of(name, type) != NULL;
}

/* The only record of a set gets a lease. */
static void lease_out(const char *name, uint16_t type)
{
    struct zone_edit *edit = held_edit(&held);
    const struct zone_node *node = zone_edit_get(edit, zones_name(name));
    const struct zone_rrset *set = zone_node_find(node, type);
    const uint8_t *pos = zone_node_ready(node, set);
    struct zone_rr rr;
    struct zone_lease_term term = {
        .end_s = fake.wall + LENGTH_S,
        .due_s = held_lease_now(&fake.clock) + LENGTH_S,
        .length_s = LENGTH_S,
    };
    struct zone_lease_id id = {zones_name(name), type, 0};
    zone_node_next(&pos, pos + set->size, &rr);
    id.digest = zone_lease_digest(type, rr.rdata, rr.len);
    if (type == DNS_TYPE_CLOAD) { /* not by a message: it would be no news */
        zone_lease_set(zone_lease_group_table(held.leases), &id, &term);
        return;
    }
    zone_lease_group_add(held.leases, edit, zones_name(name), type, rr.rdata, rr.len, &term, true);
}

static void add_leased(const char *text, const char *name, uint16_t type)
{
    zones_add(held_edit(&held), text);
    lease_out(name, type);
}

static int commit(void)
{
    return held_commit(&held, 1, store, fake.wall);
}

static size_t count(void)
{
    return zone_lease_count(zone_lease_group_table(held.leases));
}

/* Look once; returns how many leases were due. */
static size_t expire(void)
{
    size_t due = held_lease_expire(&held, held_lease_now(&fake.clock), 100);
    assert_int_equal(commit(), 0);
    zones_check(held.zone);
    return due;
}

static uint32_t serial(void)
{
    return zone_serial(held.zone, zone_version(held.zone));
}

static void records_go_when_their_leases_end_in_one_version(void **state)
{
    (void)state;
    add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
    add_leased("y.x TXT seven\n", "y.x.suanyu.test.", DNS_TYPE_TXT);
    assert_int_equal(commit(), 0);
    assert_int_equal(serial(), 2);
    pass(LENGTH_S - 1);
    assert_int_equal(expire(), 0);
    assert_int_equal(serial(), 2);
    pass(1);
    assert_int_equal(held_lease_expire(&held, held_lease_now(&fake.clock), 1), 1);
    zone_edit_abort(held.edit); /* only a look: the second one is to take both */
    held.edit = NULL;
    assert_int_equal(expire(), 2);
    assert_int_equal(serial(), 3);
    assert_false(has("x.suanyu.test.", DNS_TYPE_A) || has("y.x.suanyu.test.", DNS_TYPE_TXT));
    assert_true(has("b.suanyu.test.", DNS_TYPE_A));
    assert_int_equal(count(), 0);
    assert_int_equal(expire(), 0);
    stop();
    start();
    assert_int_equal(count(), 0);
    assert_false(has("x.suanyu.test.", DNS_TYPE_A));
}

static void leases_survive_a_start_and_get_a_grace(void **state)
{
    (void)state;
    add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
    assert_int_equal(commit(), 0);
    pass(50); /* a refresh writes nothing but the lease */
    uint64_t seq = held.state.seq;
    lease_out("x.suanyu.test.", DNS_TYPE_A);
    assert_int_equal(commit(), 0);
    assert_int_equal(held.state.seq, seq);
    stop();
    fake.mono = 7000000000; /* another start of the machine */
    fake.wall += 30;
    start();
    assert_int_equal(count(), 1);
    pass(79); /* grace: 80 of 100 s, though 70 were left */
    assert_int_equal(expire(), 0);
    pass(1);
    assert_int_equal(expire(), 1);
    assert_false(has("x.suanyu.test.", DNS_TYPE_A));
}

static void a_clock_that_is_set_moves_no_lease(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int64_t seconds;
    } rows[] = {
        {"a second", 1},          {"an hour", 3600},       {"ten years", 315569520},
        {"back to 1970", -NOW_S}, {"an hour back", -3600}, {"to 2106", 4294967296ll - NOW_S},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
        assert_int_equal(commit(), 0);
        fake.wall += rows[i].seconds;
        pass(LENGTH_S - 1);
        if (expire() != 0) {
            fail_msg("%s: went before its time", rows[i].label);
        }
        pass(1);
        if (expire() != 1) {
            fail_msg("%s: did not go", rows[i].label);
        }
        add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
        assert_int_equal(commit(), 0);
        stop(); /* set while we were down: never sooner than the grace, nor later than was granted */
        fake.wall -= rows[i].seconds;
        start();
        pass(79);
        if (expire() != 0) {
            fail_msg("%s, down: went before its time", rows[i].label);
        }
        pass(21);
        if (expire() != 1) {
            fail_msg("%s, down: did not go", rows[i].label);
        }
    }
}

static void a_load_goes_with_its_capacity(void **state)
{
    (void)state;
    lease_out("p.suanyu.test.", DNS_TYPE_CRES);
    lease_out("p.suanyu.test.", DNS_TYPE_CLOAD);
    lease_out("q.suanyu.test.", DNS_TYPE_CRES); /* its load is there for good */
    zones_add(held_edit(&held), "q CRES . cpu=50\n");
    assert_int_equal(commit(), 0);
    assert_int_equal(count(), 3);
    pass(LENGTH_S);
    assert_int_equal(expire(), 3);
    assert_false(has("p.suanyu.test.", DNS_TYPE_CRES) || has("p.suanyu.test.", DNS_TYPE_CLOAD));
    assert_true(has("q.suanyu.test.", DNS_TYPE_CLOAD)); /* 1 of 50 cores is free */
    assert_int_equal(set_of("q.suanyu.test.", DNS_TYPE_CRES)->count, 1);
    lease_out("q.suanyu.test.", DNS_TYPE_CRES);
    assert_int_equal(commit(), 0);
    pass(LENGTH_S);
    assert_int_equal(expire(), 1);
    assert_null(zones_get(held.zone, zone_version(held.zone), "q.suanyu.test."));
    assert_int_equal(count(), 0);
}

static void the_apex_keeps_its_last_ns(void **state)
{
    (void)state;
    lease_out("suanyu.test.", DNS_TYPE_NS);
    lease_out("suanyu.test.", DNS_TYPE_SOA); /* never has one */
    assert_int_equal(commit(), 0);
    assert_int_equal(count(), 1);
    pass(LENGTH_S);
    assert_int_equal(expire(), 1);
    assert_true(has("suanyu.test.", DNS_TYPE_NS) && has("suanyu.test.", DNS_TYPE_SOA));
    assert_int_equal(count(), 0);
    assert_int_equal(serial(), 1);
}

static void break_disk(bool broken)
{
    struct rlimit limit;
    signal(SIGXFSZ, broken ? SIG_IGN : SIG_DFL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = broken ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (!broken) { /* what a server does then */
        assert_int_equal(zone_store_reopen(store), 0);
        assert_int_equal(held_lease_save(&held, store), 0);
    }
}

static void a_store_that_fails_keeps_records_and_leases(void **state)
{
    (void)state;
    add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
    assert_int_equal(commit(), 0);
    pass(50);
    lease_out("x.suanyu.test.", DNS_TYPE_A);
    break_disk(true);
    assert_int_not_equal(commit(), 0); /* a refresh that is not on disk did not happen */
    break_disk(false);
    zones_add(held_edit(&held), "z A 192.0.2.9\n"); /* nor does the next group make it happen */
    assert_int_equal(commit(), 0);
    pass(50);
    assert_int_equal(held_lease_expire(&held, held_lease_now(&fake.clock), 100), 1);
    break_disk(true);
    assert_int_not_equal(commit(), 0);
    break_disk(false);
    assert_true(has("x.suanyu.test.", DNS_TYPE_A));
    assert_int_equal(count(), 1);
    assert_int_equal(expire(), 1); /* the next look */
    assert_false(has("x.suanyu.test.", DNS_TYPE_A));
    assert_int_equal(count(), 0);
}

/* After a commit of which nobody knows how it ended, and after a whole save. */
static void the_store_is_told_again_what_leases_there_are(void **state)
{
    (void)state;
    add_leased("x A 192.0.2.7\n", "x.suanyu.test.", DNS_TYPE_A);
    assert_int_equal(commit(), 0);
    struct zone_lease_id id = {zones_name("b.suanyu.test."), DNS_TYPE_A, 1};
    struct zone_lease_term term = {.end_s = 1};
    assert_int_equal(zone_store_begin(store), 0);
    zone_lease_row_put(zone_store_txn(store), held.state.id, &id, &term);
    assert_int_equal(zone_store_commit(store), 0);
    assert_int_equal(zone_store_save(store, held.zone, &held.state, NOW_S), 0);
    assert_int_equal(held_lease_save(&held, store), 0);
    stop();
    start();
    assert_int_equal(count(), 1);
    pass(LENGTH_S);
    assert_int_equal(expire(), 1);
    assert_false(has("x.suanyu.test.", DNS_TYPE_A));
    assert_true(has("b.suanyu.test.", DNS_TYPE_A));
}

static void a_damaged_lease_is_told_at_start(void **state)
{
    (void)state;
    struct zone_lease_id id = {zones_name("x.elsewhere."), DNS_TYPE_A, 1};
    struct zone_lease_term term = {.end_s = 1};
    assert_int_equal(zone_store_begin(store), 0);
    zone_lease_row_put(zone_store_txn(store), held.state.id, &id, &term);
    assert_int_equal(zone_store_commit(store), 0);
    zone_lease_group_unref(held.leases);
    assert_int_equal(held_lease_load(&held, store, &fake.clock), ERR_STORE_CORRUPT);
    assert_int_equal(zone_store_remove(store, zone_name(held.zone)), 0); /* takes leases along */
    zone_lease_group_unref(held.leases);
    assert_int_equal(held_lease_load(&held, store, &fake.clock), 0);
    assert_int_equal(count(), 0);
}

/* By a damaged store or an older program: such a lease does no harm. */
static void a_lease_of_nothing_goes_without_a_change(void **state)
{
    (void)state;
    struct zone_lease_id id = {zones_name("nobody.suanyu.test."), DNS_TYPE_A, 1};
    struct zone_lease_term term = {.end_s = NOW_S, .length_s = LENGTH_S};
    assert_int_equal(zone_store_begin(store), 0);
    zone_lease_row_put(zone_store_txn(store), held.state.id, &id, &term);
    assert_int_equal(zone_store_commit(store), 0);
    stop();
    start();
    assert_int_equal(count(), 1);
    pass(LENGTH_S);
    assert_int_equal(expire(), 1);
    assert_int_equal(count(), 0);
    assert_int_equal(serial(), 1);
    stop();
    start();
    assert_int_equal(count(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_go_when_their_leases_end_in_one_version),
        TEST(leases_survive_a_start_and_get_a_grace),
        TEST(a_clock_that_is_set_moves_no_lease),
        TEST(a_load_goes_with_its_capacity),
        TEST(the_apex_keeps_its_last_ns),
        TEST(a_store_that_fails_keeps_records_and_leases),
        TEST(the_store_is_told_again_what_leases_there_are),
        TEST(a_damaged_lease_is_told_at_start),
        TEST(a_lease_of_nothing_goes_without_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
