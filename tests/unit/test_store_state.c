#include "server/store_state.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "server/held.h"
#include "server/keeper_file.h"
#include "tests/lib/disk.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"

enum { MAP = 16 << 20, NOW_S = 1700000000, MIB = 1 << 20, LARGE = 30000 };

static const uint64_t ms = 1000000, calm_ms = 20000;

/* A keeper with one zone, and the state over its store. */
static char *folder, *store_path;
static struct zone_store *store;
static struct world_handle handle;
static struct stat_registry *registry;
static struct stat_set *counts;
static struct clock_fake clock_now;
static struct keeper *keeper;
static struct store_state *store_state;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s", at->text);
}

/* The zone has so many names with a text of 200 octets each. */
static void load(unsigned names)
{
    static const char yaml[] = "store: {path: store}\nzones: [{name: a, file: zone}]\n";
    struct keeper_report report = {on_error, NULL};
    struct server_conf *conf = NULL;
    char *path = scratch_path(folder, "suanyud.yaml"), *zone = scratch_path(folder, "zone");
    FILE *file = fopen(zone, "w");
    assert_non_null(file);
    fputs("@ 300 SOA m r 9 1 1 1 1\n@ 300 NS m\nx 300 A 192.0.2.1\n", file);
    for (unsigned i = 0; i < names; i++) {
        fprintf(file, "n%u 300 TXT %0200u\n", i, i);
    }
    fclose(file);
    assert_int_equal(server_conf_parse(path, yaml, strlen(yaml), &conf, NULL), 0);
    assert_int_equal(keeper_apply(keeper, conf, &report), 0);
    server_conf_free(conf);
    mem_free(path);
    mem_free(zone);
}

static void start(size_t map, unsigned names)
{
    rcu_enter();
    folder = scratch_make();
    store_path = scratch_path(folder, "store");
    handle = (struct world_handle){.key = zones_key};
    clock_fake_init(&clock_now, NOW_S);
    clock_now.mono = 1000000 * ms;
    registry = stat_registry_create();
    counts = stat_registry_add(registry);
    assert_int_equal(zone_store_open(store_path, map, &store), 0);
    keeper = keeper_create(store, &handle, &clock_now.clock, counts);
    load(names);
    store_state = store_state_create(store, keeper, &clock_now.clock, counts);
}

static int enter(void **state)
{
    (void)state;
    start(MAP, 0);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    store_state_stop(store_state);
    store_state_destroy(store_state);
    store_state_destroy(NULL);
    store_state_stop(NULL);
    keeper_destroy(keeper);
    world_finish(&handle);
    zones_settle();
    zone_store_close(store);
    stat_registry_destroy(registry);
    scratch_remove(folder);
    mem_free(store_path);
    rcu_leave();
    return 0;
}

/* One commit, as the updates' gate does it. */
static int publish(const char *record)
{
    int err = store_state_error(store_state);
    if (!err) {
        zones_add(held_edit(keeper_find(keeper, zones_name("a."))), record);
        err = keeper_commit(keeper);
        store_state_error(store_state);
    }
    return err;
}

static struct store_state_view look(void)
{
    struct store_state_view view;
    store_state_look(store_state, &view);
    return view;
}

static void assert_sort(enum store_state_sort sort)
{
    assert_string_equal(store_state_word(look().sort), store_state_word(sort));
}

static void pass(uint64_t by_ms)
{
    clock_now.mono += by_ms * ms;
    store_state_tend(store_state);
}

/* The zone as it is in memory is on disk. */
static void assert_stored(void)
{
    struct zone_store_state state;
    struct zone *loaded = NULL;
    const struct held *held = keeper_find(keeper, zones_name("a."));
    assert_int_equal(zone_store_load(store, zones_name("a."), &zones_key, &loaded, &state), 0);
    char *stored = zones_print(loaded, zone_version(loaded));
    char *now = zones_print(held->zone, zone_version(held->zone));
    assert_string_equal(stored, now);
    assert_int_equal(state.seq, held->state.seq);
    zone_unref(loaded);
    mem_free(stored);
    mem_free(now);
}

static void a_failed_commit_ends_acknowledging_until_the_disk_takes_something(void **state)
{
    (void)state;
    pass(0);
    assert_sort(STORE_STATE_OK);
    assert_int_equal(publish("y 300 A 192.0.2.2\n"), 0);
    disk_break(0);
    int err = publish("z 300 A 192.0.2.3\n");
    pass(STORE_STATE_RETRY_MS); /* it is tried, in vain */
    int again = publish("z 300 A 192.0.2.3\n");
    disk_mend();
    assert_int_equal(err, -EFBIG);
    assert_int_equal(again, -EFBIG);
    assert_sort(STORE_STATE_FULL);
    pass(STORE_STATE_RETRY_MS); /* twice as long is waited for the second time */
    assert_sort(STORE_STATE_FULL);
    assert_int_not_equal(publish("z 300 A 192.0.2.3\n"), 0);
    pass(STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_OK);
    assert_int_equal(look().err, -EFBIG); /* stays to be seen */
    assert_int_equal(look().since_ns, clock_now.mono);
    assert_stored();
    assert_int_equal(publish("z 300 A 192.0.2.3\n"), 0);
    assert_stored();
    assert_int_equal(counts->counters[STAT_store_failed], 1);
    assert_int_equal(counts->counters[STAT_store_recovered], 1);
}

static void trouble_that_comes_back_is_met_with_longer_waits(void **state)
{
    (void)state;
    uint64_t expected = STORE_STATE_RETRY_MS;
    for (unsigned i = 0; i < 8; i++) {
        disk_break(0);
        int err = publish("y 300 A 192.0.2.2\n");
        disk_mend();
        assert_int_not_equal(err, 0);
        pass(expected - 1);
        assert_sort(STORE_STATE_FULL);
        pass(1);
        assert_sort(STORE_STATE_OK);
        expected =
            2 * expected < STORE_STATE_RETRY_MAX_MS ? 2 * expected : STORE_STATE_RETRY_MAX_MS;
    }
    clock_now.mono += calm_ms * ms; /* a new story */
    disk_break(0);
    assert_int_not_equal(publish("y 300 A 192.0.2.2\n"), 0);
    disk_mend();
    pass(STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_OK);
}

static void failures_of_others_are_noticed(void **state)
{
    (void)state;
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    kv_put(txn, 0, "other", 5, "1", 1);
    disk_break(0);
    int err = kv_commit(txn);
    disk_mend();
    assert_int_not_equal(err, 0);
    assert_sort(STORE_STATE_FAILED); /* seen at once, and judged by the writer */
    assert_int_equal(look().err, err);
    assert_int_equal(store_state_error(store_state), err);
    assert_sort(STORE_STATE_FULL);
}

/* Copy or swap the store's file, as a disk that lost a write, or an operator, does. */
static void replace(const char *name, bool is_copy)
{
    char command[600];
    snprintf(command, sizeof(command), "%s %s/%s", is_copy ? "cp" : "mv", store_path,
             is_copy ? "data.mdb" : name);
    char *line = mem_print("%s %s/%s", command, store_path, is_copy ? name : "data.mdb");
    assert_int_equal(system(line), 0);
    mem_free(line);
}

static void memory_is_the_truth_when_the_disk_is_older(void **state)
{
    (void)state;
    assert_int_equal(publish("y 300 A 192.0.2.2\n"), 0);
    replace("older", true);
    assert_int_equal(publish("z 300 A 192.0.2.3\n"), 0);
    disk_break(0);
    assert_int_not_equal(publish("w 300 A 192.0.2.4\n"), 0);
    disk_mend();
    replace("older", false);
    pass(STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_OK);
    assert_stored();
    assert_int_equal(publish("w 300 A 192.0.2.4\n"), 0);
    assert_stored();
}

static void memory_is_the_truth_when_the_disk_is_newer(void **state)
{
    (void)state;
    assert_int_equal(publish("y 300 A 192.0.2.2\n"), 0);
    replace("older", true);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(publish("z 300 A 192.0.2.3\nz 300 A 192.0.2.4\n"), 0);
        zones_remove(held_edit(keeper_find(keeper, zones_name("a."))),
                     "z 300 A 192.0.2.3\nz 300 A 192.0.2.4\n");
        assert_int_equal(keeper_commit(keeper), 0);
    }
    replace("newer", true);
    keeper_destroy(keeper); /* what those commits made was never acknowledged */
    world_finish(&handle);
    zone_store_close(store);
    replace("older", false);
    store = NULL;
    assert_int_equal(zone_store_open(store_path, MAP, &store), 0);
    handle = (struct world_handle){.key = zones_key};
    keeper = keeper_create(store, &handle, &clock_now.clock, counts);
    load(0);
    store_state_destroy(store_state);
    store_state = store_state_create(store, keeper, &clock_now.clock, counts);
    uint64_t seq = keeper_find(keeper, zones_name("a."))->state.seq;
    disk_break(0);
    assert_int_not_equal(publish("w 300 A 192.0.2.4\n"), 0);
    disk_mend();
    replace("newer", false);
    pass(STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_OK);
    assert_stored();
    assert_true(keeper_find(keeper, zones_name("a."))->state.seq > seq + 10); /* it never falls */
}

static void a_store_that_went_is_not_made_anew(void **state)
{
    (void)state;
    char *line = mem_print("mv %s %s/aside", store_path, folder);
    char *back = mem_print("mv %s/aside %s", folder, store_path);
    disk_break(0);
    assert_int_not_equal(publish("y 300 A 192.0.2.2\n"), 0);
    disk_mend();
    assert_int_equal(system(line), 0);
    pass(STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_FAILED);
    assert_int_equal(look().err, -ENOENT);
    assert_int_equal(system(back), 0);
    pass(2 * STORE_STATE_RETRY_MS);
    assert_sort(STORE_STATE_OK);
    mem_free(line);
    mem_free(back);
}

/* Room as a limit of files gives it. */
static enum store_state_room room_with(uint64_t left)
{
    uint64_t used, room;
    assert_int_equal(kv_room(zone_store_kv(store), &used, &room), 0);
    disk_break(used + left);
    store_state_tend(store_state);
    disk_mend();
    return look().room;
}

static void alarms_begin_at_their_limits_and_end_a_little_below(void **state)
{
    (void)state;
    uint64_t used, left;
    leave(NULL);
    start(MAP, LARGE);
    assert_int_equal(room_with(40 * MIB), STORE_STATE_PLENTY);
    assert_int_equal(kv_room(zone_store_kv(store), &used, &left), 0);
    assert_true(used > 8 * MIB);
    const struct {
        const char *label;
        unsigned percent;
        enum store_state_room room;
    } rows[] = {
        {"half", 50, STORE_STATE_PLENTY},
        {"below low", 69, STORE_STATE_PLENTY},
        {"low", 71, STORE_STATE_LOW},
        {"still low", 66, STORE_STATE_LOW},
        {"low no more", 64, STORE_STATE_PLENTY},
        {"below short", 84, STORE_STATE_LOW},
        {"short", 86, STORE_STATE_SHORT},
        {"still short", 81, STORE_STATE_SHORT},
        {"low again", 79, STORE_STATE_LOW},
        {"at once short", 90, STORE_STATE_SHORT},
        {"at once well", 30, STORE_STATE_PLENTY},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum store_state_room room = room_with(used * 100 / rows[i].percent - used);
        if (room != rows[i].room) {
            fail_msg("%s: %d", rows[i].label, room);
        }
        assert_true(store_state_is_short(store_state) == (room == STORE_STATE_SHORT));
    }
    assert_int_equal(look().used, used);
}

static void little_room_is_short_however_small_the_store(void **state)
{
    (void)state;
    assert_int_equal(room_with(40 * MIB), STORE_STATE_PLENTY);
    assert_int_equal(room_with(STORE_STATE_HEADROOM - 4096), STORE_STATE_SHORT);
    assert_false(store_state_is_short(NULL));
    assert_int_equal(store_state_error(NULL), 0);
}

static void the_next_checkpoint_has_its_part_of_the_room(void **state)
{
    (void)state;
    char record[300];
    for (unsigned i = 0; i < 500; i++) { /* one group, noticed before the next one */
        snprintf(record, sizeof(record), "n%u 300 TXT %0200u\n", i, i);
        zones_add(held_edit(keeper_find(keeper, zones_name("a."))), record);
    }
    assert_int_equal(keeper_commit(keeper), 0);
    uint64_t pending = keeper_pending(keeper);
    assert_in_range(pending, 100000, 200000);
    assert_int_equal(room_with(STORE_STATE_HEADROOM + 2 * pending - 4096), STORE_STATE_SHORT);
    assert_int_equal(keeper_pending(keeper), 0); /* it was made at once, as there was room for it */
    pass(0);
    assert_int_equal(look().room, STORE_STATE_PLENTY);
}

static void a_short_room_is_not_filled_by_the_journal(void **state)
{
    (void)state;
    uint64_t used, left, most = 0;
    char record[300];
    assert_int_equal(room_with(STORE_STATE_HEADROOM / 2), STORE_STATE_SHORT);
    for (unsigned i = 0; i < 3000; i++) {
        struct zone_edit *edit = held_edit(keeper_find(keeper, zones_name("a.")));
        const struct zone_node *node = zone_edit_get(edit, zones_name("y.a."));
        if (node && node->rrset_count > 0) {
            assert_int_equal(zone_edit_set(edit, zones_name("y.a."), 16, 0, NULL, 0), 0);
        }
        snprintf(record, sizeof(record), "y 300 TXT %0200u\n", i);
        zones_add(edit, record);
        assert_int_equal(keeper_commit(keeper), 0);
        if (i % 100 == 99) {
            assert_int_equal(room_with(STORE_STATE_HEADROOM / 2), STORE_STATE_SHORT);
            assert_int_equal(kv_room(zone_store_kv(store), &used, &left), 0);
            most = used > most ? used : most;
        }
    }
    assert_in_range(most, 1, 300000); /* all the change sets together are much more */
    assert_stored();
}

static void a_reload_does_not_clear_a_failure(void **state)
{
    (void)state;
    uint8_t address[] = {192, 0, 2, 9};
    struct keeper_report report = {on_error, NULL};
    struct zone_size size;
    struct held *held = keeper_find(keeper, zones_name("a."));
    store_state_tend(store_state);
    char *path = scratch_path(folder, "zone");
    assert_int_equal(keeper_check(keeper, zones_name("a."), path, &report, &size), 0);
    mem_free(path);
    disk_break(4096);
    assert_int_equal(zone_edit_add(held_edit(held), zones_name("y.a."), 1, 60, address, 4), 0);
    assert_true(keeper_commit(keeper) < 0);
    disk_mend();
    load(0); /* nothing is to be written, so it is good */
    assert_true(kv_stopped(zone_store_kv(store)) < 0);
    store_state_tend(store_state);
    assert_int_not_equal(look().sort, STORE_STATE_OK);
}

static void a_map_grows_before_it_is_full(void **state)
{
    (void)state;
    leave(NULL);
    start(MIB, 0);
    uint64_t used, size = 0;
    char record[300];
    for (unsigned i = 0; i < 6000; i++) {
        snprintf(record, sizeof(record), "n%u 300 TXT %0200u\n", i, i);
        zones_add(held_edit(keeper_find(keeper, zones_name("a."))), record);
        if (i % 100 == 99) {
            assert_int_equal(keeper_commit(keeper), 0);
            store_state_tend(store_state);
            kv_usage(zone_store_kv(store), &used, &size);
            assert_true(used < size * 8 / 10);
        }
    }
    assert_true(size > MIB);
    assert_int_equal(look().room, STORE_STATE_PLENTY);
    assert_int_equal(counts->counters[STAT_store_failed], 0);
}

static void the_sender_is_told_what_is_the_matter(void **state)
{
    (void)state;
    char text[60];
    store_state_explain(NULL, -EIO, text, sizeof(text));
    assert_string_equal(text, "the store failed: Input/output error");
    store_state_explain(store_state, ERR_LIMIT, text, sizeof(text));
    assert_string_equal(text, "the store is full: a configured limit is reached");
    disk_break(0);
    int err = publish("y 300 A 192.0.2.2\n");
    disk_mend();
    store_state_explain(store_state, err, text, sizeof(text));
    assert_string_equal(text, "the store is full: File too large");
}

#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STATE_TEST(a_failed_commit_ends_acknowledging_until_the_disk_takes_something),
        STATE_TEST(trouble_that_comes_back_is_met_with_longer_waits),
        STATE_TEST(failures_of_others_are_noticed),
        STATE_TEST(memory_is_the_truth_when_the_disk_is_older),
        STATE_TEST(memory_is_the_truth_when_the_disk_is_newer),
        STATE_TEST(a_store_that_went_is_not_made_anew),
        STATE_TEST(alarms_begin_at_their_limits_and_end_a_little_below),
        STATE_TEST(little_room_is_short_however_small_the_store),
        STATE_TEST(the_next_checkpoint_has_its_part_of_the_room),
        STATE_TEST(a_short_room_is_not_filled_by_the_journal),
        STATE_TEST(a_reload_does_not_clear_a_failure),
        STATE_TEST(a_map_grows_before_it_is_full),
        STATE_TEST(the_sender_is_told_what_is_the_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
