#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/book.h"
#include "sched/choose/need.h"
#include "server/held.h"
#include "server/keeper.h"
#include "server/keeper_file.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"

enum { MAP = 16 << 20, NOW_S = 1700000000 };

/* A keeper over a store in a scratch folder, where its zone files are, too. */
static char *folder;
static struct zone_store *store;
static struct world_handle handle;
static struct stat_registry *registry;
static struct stat_set *stat;
static struct clock_fake wall;
static struct keeper *keeper;

/* Errors that were told. */
static char told[4000];
static unsigned told_count;

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    size_t len = strlen(told);
    (void)snprintf(told + len, sizeof(told) - len, "%u:%u %s\n", at->line, at->column, at->text);
    told_count++;
}

static const struct keeper_report report = {on_error, NULL};

static void start(void)
{
    char *path = scratch_path(folder, "store");
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    mem_free(path);
    handle = (struct world_handle){.key = zones_key};
    clock_fake_init(&wall, NOW_S);
    registry = stat_registry_create();
    stat = stat_registry_add(registry);
    keeper = keeper_create(store, &handle, &wall.clock, stat);
}

static void finish(void)
{
    keeper_destroy(keeper);
    world_finish(&handle);
    zones_settle();
    stat_registry_destroy(registry);
    zone_store_close(store);
}

/* As the server after its end, or its death. */
static void restart(void)
{
    finish();
    start();
}

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    start();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    finish();
    scratch_remove(folder);
    rcu_leave();
    return 0;
}

static void write_zone(const char *name, const char *text)
{
    char *path = scratch_path(folder, name);
    scratch_write(path, text);
    mem_free(path);
}

/* Apply a configuration whose zones are given. */
static int apply(const char *zones)
{
    char *path = scratch_path(folder, "suanyud.yaml");
    char *text =
        mem_print("server:\n  identity: id\ncontrol:\n  socket: sock\nstore:\n  path: store\n"
                  "zones:%s\n",
                  zones);
    struct server_conf *conf = NULL;
    struct err_at at;
    int err = server_conf_parse(path, text, strlen(text), &conf, &at);
    if (err) {
        print_error("%u:%u %s\n", at.line, at.column, at.text);
    }
    assert_int_equal(err, 0);
    told[0] = 0;
    told_count = 0;
    err = keeper_apply(keeper, conf, &report);
    server_conf_free(conf);
    mem_free(text);
    mem_free(path);
    return err;
}

#define ZONE(name)         "\n  - {name: " name ", file: " name ".zone}"
#define ZONE_INDEXED(name) "\n  - {name: " name ", file: " name ".zone, index: on}"
#define ZONE_STORED(name)  "\n  - {name: " name "}"
#define TEXT(serial)       "$TTL 300\n@ SOA m r " serial " 1 1 1 1\n@ NS ns\n"

/* A zone as the present world has it. */
static struct zone *served(const char *name)
{
    const struct world *world = rcu_read(handle.now);
    return world ? zone_set_get(world->zones, zones_name(name)) : NULL;
}

/* The policy of the present world that a name stands for. */
static const struct book_policy *policy_of(const char *name)
{
    const struct world *world = rcu_read(handle.now);
    return book_find(rules_book(world->rules), name, strlen(name));
}

static uint32_t serial_of(const char *name)
{
    const struct zone *zone = served(name);
    assert_non_null(zone);
    return zone_serial(zone, zone_version(zone));
}

static bool has(const char *zone_name_text, const char *owner)
{
    const struct zone *zone = served(zone_name_text);
    assert_non_null(zone);
    return zones_get(zone, zone_version(zone), owner) != NULL;
}

static void zones_come_from_their_files_and_are_saved(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    write_zone("u.zone", TEXT("6"));
    assert_int_equal(apply(ZONE("t") ZONE("u")), 0);
    assert_int_equal(told_count, 0);
    assert_int_equal(serial_of("t."), 5);
    assert_int_equal(serial_of("u."), 6);
    assert_int_equal(zone_set_count(handle.now->zones), 2);
    assert_int_equal(stat->counters[STAT_zone_load_ok], 2);
    assert_string_equal(handle.now->options.identity, "id");
    assert_non_null(keeper_find(keeper, (const uint8_t *)"\1T"));
    assert_null(keeper_find(keeper, zones_name("v.")));
    write_zone("t.zone", "not a zone\n"); /* the store is the truth from now on */
    restart();
    assert_int_equal(apply(ZONE("t") ZONE_STORED("u")), 0);
    assert_int_equal(serial_of("t."), 5);
    assert_true(has("t.", "a.t."));
    assert_int_equal(serial_of("u."), 6);
}

static void a_configuration_that_fails_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *label, *zones;
        int err;
        const char *told;
    } rows[] = {
        {"no file", ZONE("t") ZONE("u"), 0, "0:0 "},
        {"nowhere", ZONE("t") ZONE_STORED("u"), ERR_MISSING, "0:0 zone u.: it is not in the store"},
        {"bad file", ZONE("bad"), 0, "4:5 "},
        {"new and bad", ZONE("new") ZONE("bad"), 0, "4:5 "},
        {"bad and gone", ZONE("bad") ZONE_STORED("v"), 0, "4:5 "},
    };
    write_zone("t.zone", TEXT("5"));
    write_zone("bad.zone", TEXT("5") "a A x\n");
    write_zone("new.zone", TEXT("7"));
    assert_int_equal(apply(ZONE("t")), 0);
    const struct world *world = handle.now;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int err = apply(rows[i].zones);
        if (err == 0 || strncmp(told, rows[i].told, strlen(rows[i].told)) != 0) {
            print_message("case: %s\n%s", rows[i].label, told);
        }
        assert_true(err < 0 && (rows[i].err == 0 || err == rows[i].err));
        assert_int_equal(strncmp(told, rows[i].told, strlen(rows[i].told)), 0);
        assert_ptr_equal(handle.now, world);
        assert_non_null(keeper_find(keeper, zones_name("t.")));
        assert_null(keeper_find(keeper, zones_name("new.")));
    }
    restart(); /* nor is anything of it in the store */
    assert_int_equal(apply(ZONE_STORED("new")), ERR_MISSING);
    assert_null(handle.now);
}

static void policies_come_and_go_with_their_configuration(void **state)
{
    (void)state;
    struct need need;
    write_zone("t.zone", TEXT("5"));
    write_zone("policies.yaml", "policies: [{name: a, need: on-pcl}, {name: b}]\n");
    assert_int_equal(apply(ZONE("t") "\npolicies: policies.yaml"), 0);
    assert_int_equal(need_parse("on-pcl", 6, &zones_key, NULL, &need, NULL), 0);
    assert_non_null(policy_of("a"));
    assert_true(policy_of("a")->need.on == need.on); /* for the key of the world */
    assert_non_null(policy_of("b"));
    write_zone("policies.yaml", "policies: [{name: c}]\n");
    assert_true(apply(ZONE("t") ZONE_STORED("u") "\npolicies: policies.yaml") < 0);
    assert_non_null(policy_of("b"));
    assert_null(policy_of("c"));
    assert_int_equal(apply(ZONE("t") "\npolicies: policies.yaml"), 0);
    assert_null(policy_of("b"));
    assert_non_null(policy_of("c"));
    assert_int_equal(apply(ZONE("t")), 0);
    assert_null(rules_book(handle.now->rules));
}

static void zones_that_are_held_keep_their_data(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5"));
    write_zone("u.zone", TEXT("6"));
    assert_int_equal(apply(ZONE("t")), 0);
    struct zone *zone = served("t.");
    write_zone("t.zone", TEXT("9"));
    assert_int_equal(apply(ZONE("u") ZONE("t")), 0);
    assert_ptr_equal(served("t."), zone);
    assert_int_equal(apply(ZONE("u")), 0);
    assert_null(served("t."));
    assert_int_equal(apply(ZONE("t")), 0); /* from the store */
    assert_int_equal(serial_of("t."), 5);
    assert_int_equal(apply(" []"), 0);
    assert_int_equal(zone_set_count(handle.now->zones), 0);
}

static void an_import_replaces_a_zone_in_world_and_store(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    write_zone("new.zone", TEXT("6") "b TXT x\n");
    write_zone("bad.zone", TEXT("7") "b A x\n");
    assert_int_equal(apply(ZONE("t")), 0);
    char *path = scratch_path(folder, "new.zone"), *bad = scratch_path(folder, "bad.zone");
    told[0] = 0;
    assert_true(keeper_import(keeper, zones_name("t."), bad, &report) < 0);
    assert_int_equal(strncmp(told, "4:5 ", 4), 0);
    assert_int_equal(serial_of("t."), 5);
    assert_int_equal(keeper_import(keeper, zones_name("u."), path, &report), ERR_MISSING);
    assert_int_equal(keeper_import(keeper, zones_name("t."), path, &report), 0);
    assert_int_equal(serial_of("t."), 6);
    assert_false(has("t.", "a.t."));
    restart();
    assert_int_equal(apply(ZONE_STORED("t")), 0);
    assert_int_equal(serial_of("t."), 6);
    assert_true(has("t.", "b.t."));
    mem_free(path);
    mem_free(bad);
}

static void an_export_imports_to_the_same_zone(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "c CENTRE . kind=ai\np.c CRES . cpu=4\n*.w TXT x\n");
    assert_int_equal(apply(ZONE_INDEXED("t")), 0);
    char *path = scratch_path(folder, "out.zone");
    char *before = zones_print(served("t."), zone_version(served("t.")));
    FILE *out = fopen(path, "w");
    assert_int_equal(keeper_export(keeper, zones_name("u."), out, &report), ERR_MISSING);
    assert_int_equal(keeper_export(keeper, zones_name("t."), out, &report), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(keeper_import(keeper, zones_name("t."), path, &report), 0);
    char *after = zones_print(served("t."), zone_version(served("t.")));
    assert_string_equal(after, before);
    mem_free(before);
    mem_free(after);
    mem_free(path);
}

static struct held *held_of(const char *name)
{
    struct held *held = keeper_find(keeper, zones_name(name));
    assert_non_null(held);
    return held;
}

static void import_text(const char *text)
{
    char *path = scratch_path(folder, "import.zone");
    scratch_write(path, text);
    assert_int_equal(keeper_import(keeper, zones_name("t."), path, &report), 0);
    mem_free(path);
}

static void an_import_goes_on_with_the_journal(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        bool goes_on;
        uint32_t serial;
    } rows[] = {
        {"a higher serial", TEXT("6") "b TXT x\n", true, 6},
        {"the same again", TEXT("6") "b TXT x\n", true, 6},
        {"the same serial, other content", TEXT("6") "b TXT y\n", false, 6},
        {"a higher one again", TEXT("9") "b TXT y\n", true, 9},
        {"a lower one", TEXT("7") "b TXT y\n", false, 7},
    };
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    assert_int_equal(apply(ZONE("t")), 0);
    struct zone *zone = served("t.");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t first = held_of("t.")->state.span.first_seq;
        import_text(rows[i].text);
        const struct held *held = held_of("t.");
        if ((held->state.span.first_seq == first) != rows[i].goes_on ||
            (!rows[i].goes_on && held->state.span.first_seq != held->state.seq + 1)) {
            fail_msg("%s", rows[i].label);
        }
        assert_int_equal(serial_of("t."), rows[i].serial);
        assert_ptr_equal(served("t."), zone); /* not another zone in its place */
    }
    assert_false(has("t.", "a.t."));
    restart();
    assert_int_equal(apply(ZONE("t")), 0);
    assert_int_equal(serial_of("t."), 7);
    assert_true(has("t.", "b.t."));
}

static void an_import_that_no_journal_holds_replaces_the_zone(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    assert_int_equal(apply("\n  - {name: t, file: t.zone, journal_max: 0}"), 0);
    struct zone *zone = zone_ref(served("t."));
    import_text(TEXT("6") "b TXT x\n");
    assert_ptr_not_equal(served("t."), zone);
    assert_true(has("t.", "b.t."));
    assert_int_equal(held_of("t.")->state.span.first_seq, held_of("t.")->state.seq + 1);
    assert_int_equal(held_of("t.")->keep.octets_max, 0); /* its options stay */
    assert_string_equal(held_of("t.")->file + strlen(held_of("t.")->file) - 6, "t.zone");
    zone_unref(zone);
    assert_int_equal(apply("\n  - {name: t, file: t.zone, journal_age_s: 0}"), 0);
    zone = zone_ref(served("t."));
    import_text(TEXT("7") "c TXT x\n");
    assert_ptr_not_equal(served("t."), zone);
    zone_unref(zone);
}

static void lists_and_mirrors_follow_an_import(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "c CENTRE . kind=ai\np.c CRES . cpu=4\n");
    assert_int_equal(apply(ZONE_INDEXED("t")), 0);
    import_text(TEXT("6") "c CENTRE . kind=hpc\nq.c CRES . cpu=5\n");
    char *now = zones_print(served("t."), zone_version(served("t.")));
    assert_non_null(strstr(now, "q.c.t. 300 IN TXT"));
    assert_null(strstr(now, "p.c.t."));
    restart();
    write_zone("t.zone", TEXT("6") "c CENTRE . kind=hpc\nq.c CRES . cpu=5\n");
    assert_int_equal(apply(ZONE_INDEXED("t")), 0);
    char *later = zones_print(served("t."), zone_version(served("t.")));
    assert_string_equal(later, now);
    mem_free(later);
    mem_free(now);
}

static void a_check_tells_without_changing(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    write_zone("u.zone", TEXT("6"));
    assert_int_equal(apply(ZONE("t") ZONE("u")), 0);
    restart();
    assert_int_equal(apply(ZONE("t") ZONE_STORED("u")), 0);
    struct zone_size size = {0};
    write_zone("t.zone", TEXT("9") "a TXT x\nb TXT y\n");
    assert_int_equal(keeper_check(keeper, zones_name("t."), NULL, &report, &size), 0);
    assert_int_equal(size.records, 4);
    char *path = scratch_path(folder, "u.zone");
    assert_int_equal(keeper_check(keeper, zones_name("t."), path, &report, &size), 0);
    assert_int_equal(size.records, 2);
    assert_int_equal(keeper_check(keeper, zones_name("v."), path, &report, &size), ERR_MISSING);
    assert_int_equal(keeper_check(keeper, zones_name("u."), NULL, &report, &size), ERR_MISSING);
    write_zone("u.zone", "x\n");
    told[0] = 0;
    assert_true(keeper_check(keeper, zones_name("t."), path, &report, &size) < 0);
    assert_int_equal(strncmp(told, "1:", 2), 0);
    assert_int_equal(size.records, 2); /* untouched */
    assert_int_equal(serial_of("t."), 5);
    mem_free(path);
}

/* A commit as an update makes it. */
static void commit(const char *name, const char *remove, const char *add)
{
    struct held *held = keeper_find(keeper, zones_name(name));
    assert_non_null(held);
    if (remove) {
        zones_remove(held_edit(held), remove);
    }
    if (add) {
        zones_add(held_edit(held), add);
    }
    assert_int_equal(keeper_commit(keeper), 0);
}

static void the_index_follows_its_setting_through_restarts(void **state)
{
    (void)state;
    static const struct {
        const char *zones;
        bool listed, restarts;
        const char *count;
    } steps[] = {
        {"\n  - {name: t, file: t.zone, index: on, index_max: 1}", true, false, "shown=1"},
        {"\n  - {name: t, file: t.zone, index: on, index_max: 1}", true, true, "shown=1"},
        {"\n  - {name: t, file: t.zone, index: off}", false, true, NULL},
        {"\n  - {name: t, file: t.zone, index: off}", false, true, NULL},
        {"\n  - {name: t, file: t.zone, index: on, index_max: 1}", true, true, "shown=1"},
        {"\n  - {name: t, file: t.zone, index: on, index_max: 7}", true, true, "shown=2"},
        {"\n  - {name: t, file: t.zone, index: off}", false, false, NULL},
        {"\n  - {name: t, file: t.zone, index: on, index_max: 7}", true, false, "shown=2"},
        {"\n  - {name: t, file: t.zone, index: on, index_max: 7}", true, true, "shown=2"},
    };
    write_zone("t.zone", TEXT("5") "c CENTRE . kind=ai\np.c CRES . cpu=4\nq.c CRES . cpu=5\n"
                                   "b1.flavor CRES . cpu=1\nb1.flavor TXT mine\n");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].restarts) {
            restart();
        }
        assert_int_equal(apply(steps[i].zones), 0);
        if (has("t.", "_pool.c.t.") != steps[i].listed) {
            print_message("case: step %zu\n", i);
        }
        assert_int_equal(has("t.", "_pool.c.t."), steps[i].listed);
        char *text = zones_print(served("t."), zone_version(served("t.")));
        assert_true(!steps[i].count || strstr(text, steps[i].count));
        assert_non_null(strstr(text, "b1.flavor.t. 300 IN TXT \"mine\"\n"));
        mem_free(text);
        zones_check(served("t."));
    }
    uint32_t serial = serial_of("t.");
    commit("t.", "q.c CRES . cpu=5\n", NULL); /* and it goes on from there */
    char *text = zones_print(served("t."), zone_version(served("t.")));
    assert_non_null(strstr(text, "total=1"));
    mem_free(text);
    assert_int_equal(serial_of("t."), serial + 1);
}

static void commits_are_durable_with_and_without_a_checkpoint(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("4294967294") "a TXT x\n");
    write_zone("u.zone", TEXT("6"));
    assert_int_equal(apply(ZONE("t") ZONE("u")), 0);
    for (unsigned i = 0; i < 30; i++) {
        char text[40], old[40];
        (void)snprintf(text, sizeof(text), "n TXT v%u\n", i);
        (void)snprintf(old, sizeof(old), "n TXT v%u\n", i - 1);
        commit("t.", i ? old : NULL, text);
        commit("u.", NULL, i % 3 ? text : "m TXT same\n");
        for (bool more = true; i % 7 == 3 && more;) {
            assert_int_equal(keeper_checkpoint(keeper, &more), 0);
        }
        char *before = zones_print(served("t."), zone_version(served("t.")));
        char *other = zones_print(served("u."), zone_version(served("u.")));
        if (i % 4 == 0) {
            restart();
            assert_int_equal(apply(ZONE("t") ZONE("u")), 0);
        }
        char *after = zones_print(served("t."), zone_version(served("t.")));
        char *after_other = zones_print(served("u."), zone_version(served("u.")));
        assert_string_equal(after, before);
        assert_string_equal(after_other, other);
        mem_free(before);
        mem_free(after);
        mem_free(other);
        mem_free(after_other);
    }
    assert_int_equal(serial_of("t."), 29); /* ..., 4294967295, 1: never 0 */
}

static void a_commit_without_a_change_raises_no_serial(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5") "a TXT x\n");
    assert_int_equal(apply(ZONE("t")), 0);
    uint64_t version = zone_version(served("t."));
    commit("t.", "a TXT x\n", "a TXT x\n");
    assert_int_equal(keeper_commit(keeper), 0);
    assert_int_equal(serial_of("t."), 5);
    assert_int_equal(zone_version(served("t.")), version);
    commit("t.", NULL, "a TXT y\n");
    assert_int_equal(serial_of("t."), 6);
}

static void a_damaged_zone_in_the_store_is_told_and_not_replaced(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5"));
    assert_int_equal(apply(ZONE("t")), 0);
    finish();
    char *path = scratch_path(folder, "store");
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(zone_store_kv(store), true, &txn), 0);
    assert_true(kv_remove_prefix(txn, 1, "", 0) > 0); /* its names */
    assert_int_equal(kv_commit(txn), 0);
    zone_store_close(store);
    mem_free(path);
    start();
    assert_int_equal(apply(ZONE("t")), ERR_STORE_CORRUPT);
    assert_int_equal(strncmp(told, "0:0 zone t.: ", 13), 0);
    assert_null(handle.now);
    assert_int_equal(stat->counters[STAT_zone_load_failed], 1);
}

static void checkpoints_end_though_zones_go_on_changing(void **state)
{
    (void)state;
    write_zone("t.zone", TEXT("5"));
    write_zone("u.zone", TEXT("6"));
    static const char zones[] = "\n  - {name: t, file: t.zone, journal_max: 1k}" ZONE("u");
    assert_int_equal(apply(zones), 0);
    for (unsigned round = 0; round < 5; round++) {
        char text[40];
        for (unsigned i = 0; i < 20; i++) {
            (void)snprintf(text, sizeof(text), "n%u TXT v%u\n", round, i);
            commit("t.", NULL, text);
        }
        unsigned slices = 0;
        for (bool more = true; more; slices++) {
            assert_int_equal(keeper_checkpoint(keeper, &more), 0);
            (void)snprintf(text, sizeof(text), "n%u TXT w%u\n", round, slices);
            commit(slices % 2 ? "t." : "u.", NULL, text); /* one of them always has something new */
            assert_true(slices < 10);
        }
        const struct held *held = held_of("t.");
        assert_true(held->state.span.octets < 1024 + 20 * 200); /* what came meanwhile, at most */
        assert_true(held->state.seq - held->state.saved_seq <= slices);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(zones_come_from_their_files_and_are_saved),
        TEST(a_configuration_that_fails_changes_nothing),
        TEST(policies_come_and_go_with_their_configuration),
        TEST(zones_that_are_held_keep_their_data),
        TEST(an_import_replaces_a_zone_in_world_and_store),
        TEST(an_export_imports_to_the_same_zone),
        TEST(an_import_goes_on_with_the_journal),
        TEST(an_import_that_no_journal_holds_replaces_the_zone),
        TEST(lists_and_mirrors_follow_an_import),
        TEST(checkpoints_end_though_zones_go_on_changing),
        TEST(a_check_tells_without_changing),
        TEST(the_index_follows_its_setting_through_restarts),
        TEST(commits_are_durable_with_and_without_a_checkpoint),
        TEST(a_commit_without_a_change_raises_no_serial),
        TEST(a_damaged_zone_in_the_store_is_told_and_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
