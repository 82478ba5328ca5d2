#include "server/held.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAP = 16 << 20, NOW_S = 1700000000, ZONES = 3 };

static char *folder, *path;
static struct zone_store *store;
static struct held zones[ZONES];

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    path = scratch_path(folder, "store");
    return zone_store_open(path, MAP, &store);
}

static int leave(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ZONES; i++) {
        held_finish(&zones[i]);
        zones[i] = (struct held){0};
    }
    zone_store_close(store);
    store = NULL;
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
    return 0;
}

/* No file of this process takes octets any more; mended, the store is opened again if it must be. */
static void break_disk(bool broken)
{
    struct rlimit limit;
    signal(SIGXFSZ, broken ? SIG_IGN : SIG_DFL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = broken ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (!broken && kv_stopped(zone_store_kv(store))) {
        assert_int_equal(zone_store_reopen(store), 0);
    }
}

/* Hold a zone as keeper does, lists shown up to index_max. */
static struct held *hold(unsigned number, const char *name, const char *text, uint32_t index_max)
{
    struct held *held = &zones[number];
    *held = (struct held){.zone = zones_make(name, text), .limits = zones_limits};
    held->index_wanted = held->state.index_max = index_max;
    if (index_max > 0) {
        held->index = zone_index_create(zone_name(held->zone), index_max);
        struct zone_edit *edit = zone_edit_begin(held->zone, &zones_limits);
        assert_int_equal(zone_index_refresh(held->index, edit), 0);
        zone_edit_commit(edit);
    }
    assert_int_equal(zone_store_save(store, held->zone, &held->state, NOW_S), 0);
    return held;
}

static void change(struct held *held, const char *remove, const char *add)
{
    struct zone_edit *edit = held_edit(held);
    if (remove) {
        zones_remove(edit, remove);
    }
    if (add) {
        zones_add(edit, add);
    }
}

static char *print(const struct held *held)
{
    return zones_print(held->zone, zone_version(held->zone));
}

static uint32_t serial(const struct held *held)
{
    return zone_serial(held->zone, zone_version(held->zone));
}

/* The zone says this; so does the store, as of now or after a new start. */
static void assert_says(const struct held *held, const char *text)
{
    struct zone_store_state state;
    struct zone *loaded = NULL;
    char *now = print(held);
    assert_string_equal(now, text);
    zones_check(held->zone);
    assert_int_equal(zone_store_load(store, zone_name(held->zone), &zones_key, &loaded, &state), 0);
    char *stored = zones_print(loaded, zone_version(loaded));
    assert_string_equal(stored, text);
    assert_int_equal(state.seq, held->state.seq);
    assert_int_equal(state.saved_seq, held->state.saved_seq);
    assert_true(!held->edit && !held->diff);
    zone_unref(loaded);
    mem_free(now);
    mem_free(stored);
}

static void assert_kept(const struct held *held)
{
    char *now = print(held);
    assert_says(held, now);
    mem_free(now);
}

static void reopen(void)
{
    zone_store_close(store);
    store = NULL;
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
}

#define SOA(serial) "@ SOA m r " serial " 1 1 1 1\n"

static void zones_change_together_or_stay(void **state)
{
    (void)state;
    struct held *a = hold(0, "a.", SOA("9") "x A 192.0.2.1\n", 0);
    struct held *b = hold(1, "b.", SOA("100") "y A 192.0.2.1\n", 0);
    struct held *c = hold(2, "c.", SOA("7") "z A 192.0.2.1\n", 0);
    uint64_t version = zone_version(c->zone), seq = c->state.seq;
    change(a, "x A 192.0.2.1\n", "new TXT one\n");
    change(b, NULL, "y A 192.0.2.2\n");
    assert_ptr_equal(held_edit(a), held_edit(a));
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
    assert_int_equal(serial(a), 10);
    assert_int_equal(serial(b), 101);
    assert_int_equal(serial(c), 7);
    assert_int_equal(zone_version(c->zone), version);
    assert_int_equal(c->state.seq, seq);
    assert_non_null(zones_get(a->zone, zone_version(a->zone), "new.a."));
    assert_null(zones_get(a->zone, zone_version(a->zone), "x.a."));
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < ZONES; i++) {
            assert_kept(&zones[i]);
        }
        reopen(); /* durable */
    }
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0); /* nothing is open */
    assert_int_equal(serial(a), 10);
}

static void what_changes_nothing_makes_no_version(void **state)
{
    (void)state;
    static const struct {
        const char *label, *remove, *add, *remove_again;
    } rows[] = {
        {"nothing", NULL, NULL, NULL},
        {"the same record", NULL, "x A 192.0.2.1\n", NULL},
        {"back and forth", NULL, "n A 192.0.2.9\n", "n A 192.0.2.9\n"},
        {"forth and back", "x A 192.0.2.2\n", "x A 192.0.2.2\n", NULL},
        {"another order", "x A 192.0.2.1\n", "x A 192.0.2.1\n", NULL},
    };
    struct held *a = hold(0, "a.", SOA("9") "x A 192.0.2.1\nx A 192.0.2.2\n", 0);
    char *before = print(a);
    uint64_t version = zone_version(a->zone), seq = a->state.seq;
    for (size_t i = 0; i < COUNT(rows); i++) {
        change(a, rows[i].remove, rows[i].add);
        change(a, rows[i].remove_again, NULL);
        assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
        if (zone_version(a->zone) != version || a->state.seq != seq) {
            fail_msg("%s", rows[i].label);
        }
        assert_says(a, before);
    }
    mem_free(before);
}

static void the_serial_rises_unless_an_update_has_set_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t after;
    } rows[] = {
        {SOA("0"), 1},
        {SOA("2147483647"), 2147483648u},
        {SOA("4294967294"), 4294967295u},
        {SOA("4294967295"), 1}, /* RFC 1982; 0 is left out */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct held *a = hold(0, "a.", rows[i].text, 0);
        change(a, NULL, "x A 192.0.2.1\n");
        assert_int_equal(held_commit(zones, 1, store, NOW_S), 0);
        assert_int_equal(serial(a), rows[i].after);
        change(a, NULL, "x A 192.0.2.2\n" SOA("77"));
        a->has_serial = true;
        assert_int_equal(held_commit(zones, 1, store, NOW_S), 0);
        assert_int_equal(serial(a), 77);
        change(a, NULL, "x A 192.0.2.3\n"); /* the next one counts on */
        assert_int_equal(held_commit(zones, 1, store, NOW_S), 0);
        assert_int_equal(serial(a), 78);
        a->serial_policy = ZONE_SERIAL_UNIXTIME;
        change(a, NULL, "x A 192.0.2.4\n");
        assert_int_equal(held_commit(zones, 1, store, NOW_S), 0);
        assert_int_equal(serial(a), NOW_S);
        change(a, NULL, "x A 192.0.2.5\n");
        assert_int_equal(held_commit(zones, 1, store, NOW_S), 0);
        assert_int_equal(serial(a), NOW_S + 1);
        assert_kept(a);
        held_finish(a);
        *a = (struct held){0};
    }
}

#define CENTRE "c CENTRE . kind=ai\np.c CRES . cpu=4\n"

static void lists_follow_in_the_same_version(void **state)
{
    (void)state;
    struct held *a = hold(0, "a.", SOA("9") CENTRE, 10);
    uint64_t version = zone_version(a->zone);
    change(a, NULL, "q.c CRES . cpu=5\n");
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
    assert_int_equal(zone_version(a->zone), version + 1);
    assert_int_equal(serial(a), 10);
    char *text = print(a);
    assert_non_null(strstr(text, "_pool.c.a. 60 IN PTR q.c.a."));
    assert_non_null(strstr(text, "_compute._tcp.a. 60 IN PTR q.c.a."));
    assert_says(a, text);
    mem_free(text);
}

/* What a failed commit must not leave behind. */
struct before {
    char *text[ZONES];
    uint64_t version[ZONES];
    struct zone_store_state state[ZONES];
};

static void remember(struct before *before)
{
    for (unsigned i = 0; i < ZONES; i++) {
        before->text[i] = print(&zones[i]);
        before->version[i] = zone_version(zones[i].zone);
        before->state[i] = zones[i].state;
    }
}

static void assert_as_before(struct before *before)
{
    for (unsigned i = 0; i < ZONES; i++) {
        assert_says(&zones[i], before->text[i]);
        assert_int_equal(zone_version(zones[i].zone), before->version[i]);
        assert_memory_equal(&zones[i].state, &before->state[i], sizeof(before->state[i]));
        mem_free(before->text[i]);
    }
}

static void hold_all(void)
{
    hold(0, "a.", SOA("9") "x A 192.0.2.1\n", 0);
    hold(1, "b.", SOA("100") CENTRE, 10);
    hold(2, "c.", SOA("7") "z A 192.0.2.1\n", 0);
}

static void change_all(void)
{
    change(&zones[0], "x A 192.0.2.1\n", "new TXT one\n");
    change(&zones[1], "p.c CRES . cpu=4\n", "q.c CRES . cpu=5\nd CENTRE . kind=hpc\n");
}

static void a_store_that_fails_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct before before;
    hold_all();
    remember(&before);
    for (unsigned i = 0; i < 3; i++) {
        change_all();
        break_disk(true);
        int err = held_commit(zones, ZONES, store, NOW_S);
        break_disk(false);
        assert_int_not_equal(err, 0);
    }
    assert_as_before(&before);
    change_all(); /* and when the disk is well again, all comes, the lists included */
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
    assert_int_equal(serial(&zones[0]), 10);
    assert_int_equal(serial(&zones[1]), 101);
    char *text = print(&zones[1]);
    assert_non_null(strstr(text, "_pool.c.b. 60 IN PTR q.c.b."));
    assert_null(strstr(text, "p.c.b."));
    assert_says(&zones[1], text);
    assert_kept(&zones[0]);
    mem_free(text);
}

static void a_zone_that_can_not_follow_keeps_all_others_back(void **state)
{
    (void)state;
    struct before before;
    hold_all();
    remember(&before);
    change_all();
    struct zone_edit *edit = held_edit(&zones[2]);
    assert_int_equal(zone_edit_set(edit, zones_name("c."), DNS_TYPE_SOA, 0, NULL, 0), 0);
    change(&zones[2], NULL, "n A 192.0.2.1\n");
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), ERR_ZONE_SOA);
    assert_as_before(&before);
    change_all();
    assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
    assert_int_equal(serial(&zones[1]), 101);
    assert_kept(&zones[1]);
}

static void a_full_store_grows(void **state)
{
    (void)state;
    zone_store_close(store);
    store = NULL;
    scratch_remove(folder);
    mem_free(path);
    folder = scratch_make();
    path = scratch_path(folder, "store");
    assert_int_equal(zone_store_open(path, 1 << 20, &store), 0);
    struct held *a = hold(0, "a.", SOA("1"), 0);
    char text[300];
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned j = 0; j < 1000; j++) {
            snprintf(text, sizeof(text), "n%u-%u TXT %0200u\n", i, j, j);
            change(a, NULL, text);
        }
        assert_int_equal(held_commit(zones, ZONES, store, NOW_S), 0);
    }
    assert_int_equal(serial(a), 21);
    assert_kept(a);
}

/* Add a record to one of a few names, or take the whole name away when it is there. */
static void change_at_random(struct held *held, struct rand *rand)
{
    char text[40], owner[40];
    unsigned number = rand_u64(rand) % 8;
    const char letter = "abc"[held - zones];
    snprintf(owner, sizeof(owner), "r%u.%c.", number, letter);
    if (zones_get(held->zone, zone_version(held->zone), owner) && rand_u64(rand) % 2) {
        struct zone_edit *edit = held_edit(held);
        assert_int_equal(zone_edit_set(edit, zones_name(owner), DNS_TYPE_TXT, 0, NULL, 0), 0);
        return;
    }
    snprintf(text, sizeof(text), "r%u TXT %u\n", number, (unsigned)(rand_u64(rand) % 8));
    change(held, NULL, text);
}

/* Changes, checkpoints and failures in any order. */
static void memory_and_store_agree_whatever_fails(void **state)
{
    (void)state;
    struct rand_fake fake;
    struct rand *rand = &fake.rand;
    unsigned failed = 0;
    rand_fake_init(&fake, 3);
    hold_all();
    for (unsigned i = 0; i < 600; i++) {
        struct before before;
        bool broken = rand_u64(rand) % 4 == 0, more;
        remember(&before);
        change_at_random(&zones[rand_u64(rand) % ZONES], rand);
        change_at_random(&zones[rand_u64(rand) % ZONES], rand);
        break_disk(broken);
        int err = held_commit(zones, ZONES, store, NOW_S);
        break_disk(false);
        assert_true(broken || !err);
        if (err) {
            failed++;
            assert_as_before(&before);
        }
        for (unsigned j = 0; j < ZONES; j++) {
            assert_kept(&zones[j]);
            mem_free(err ? NULL : before.text[j]);
        }
        break_disk(broken);
        zones[i % ZONES].keep = (struct zone_journal_keep){rand_u64(rand) % 4000, 60};
        err = rand_u64(rand) % 3
                  ? 0
                  : held_checkpoint(&zones[i % ZONES], store, &zones[i % ZONES].keep, NOW_S, &more);
        held_checkpoint_again(&zones[i % ZONES]);
        break_disk(false);
        assert_true(broken || !err);
        assert_kept(&zones[i % ZONES]);
        if (i % 50 == 0) {
            reopen();
        }
    }
    assert_true(failed > 50);
}

static void what_was_never_held_is_given_up(void **state)
{
    (void)state;
    struct held held = {0};
    held_finish(&held);
    hold(0, "a.", SOA("9"), 10);
    change(&zones[0], NULL, "x A 192.0.2.1\n"); /* leave() drops the open edit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(zones_change_together_or_stay, enter, leave),
        cmocka_unit_test_setup_teardown(what_changes_nothing_makes_no_version, enter, leave),
        cmocka_unit_test_setup_teardown(the_serial_rises_unless_an_update_has_set_it, enter, leave),
        cmocka_unit_test_setup_teardown(lists_follow_in_the_same_version, enter, leave),
        cmocka_unit_test_setup_teardown(a_store_that_fails_leaves_all_as_it_was, enter, leave),
        cmocka_unit_test_setup_teardown(a_zone_that_can_not_follow_keeps_all_others_back, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_full_store_grows, enter, leave),
        cmocka_unit_test_setup_teardown(memory_and_store_agree_whatever_fails, enter, leave),
        cmocka_unit_test_setup_teardown(what_was_never_held_is_given_up, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
