#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "server/catalog.h"
#include "server/held.h"
#include "server/roster.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/zone_store_member.h"

#define CATALOG "\n  - {name: c.t, catalog: producer, name_servers: [ns.t, ns2.t]}"

enum { MAP = 16 << 20, NOW_S = 1700000000 };

/* A keeper over a store in a scratch folder. */
static char *folder;
static struct zone_store *store;
static struct world_handle handle;
static struct stat_registry *registry;
static struct clock_fake wall;
static struct rand_fake dice;
static struct keeper *keeper;

static char told[4000];

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    (void)snprintf(told, sizeof(told), "%s", at->text);
}

static const struct keeper_report report = {on_error, NULL};

static void start(void)
{
    char *path = scratch_path(folder, "store");
    assert_int_equal(zone_store_open(path, MAP, &store), 0);
    mem_free(path);
    handle = (struct world_handle){.key = zones_key};
    registry = stat_registry_create();
    keeper = keeper_create(store, &handle, &wall.clock, stat_registry_add(registry));
}

static void finish(void)
{
    keeper_destroy(keeper);
    world_finish(&handle);
    zones_settle();
    stat_registry_destroy(registry);
    zone_store_close(store);
}

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    folder = scratch_make();
    clock_fake_init(&wall, NOW_S);
    rand_fake_init(&dice, 7);
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

static int apply(const char *zones)
{
    char *path = scratch_path(folder, "suanyud.yaml");
    char *text = mem_print("store: {path: store}\nzones:%s\n", zones);
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_parse(path, text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u %s", at.line, at.column, at.text);
    }
    int err = keeper_apply(keeper, conf, &report);
    server_conf_free(conf);
    mem_free(text);
    mem_free(path);
    return err;
}

static int add(const char *name, const char *file)
{
    char *path = file ? scratch_path(folder, file) : NULL;
    const struct catalog_wish wish = {zones_name(name), NULL, path};
    const uint8_t *catalog = NULL;
    told[0] = 0;
    int err = catalog_add(keeper, &wall.clock, &dice.rand, &wish, &report, &catalog);
    assert_true(err ? told[0] != 0 : dns_name_equal(catalog, zones_name("c.t.")));
    mem_free(path);
    return err;
}

static int take_out(const char *name)
{
    const uint8_t *catalog = NULL;
    told[0] = 0;
    int err = catalog_remove(keeper, zones_name(name), &report, &catalog);
    assert_true(err ? told[0] != 0 : dns_name_equal(catalog, zones_name("c.t.")));
    return err;
}

static struct zone *served(const char *name)
{
    return zone_set_get(rcu_read(handle.now)->zones, zones_name(name));
}

static void assert_served(const char *name, const char *text)
{
    const struct zone *zone = served(name);
    assert_non_null(zone);
    char *printed = zones_print(zone, zone_version(zone));
    assert_string_equal(printed, text);
    mem_free(printed);
}

static int count_one(void *context, const struct zone_store_entry *entry)
{
    (void)entry;
    ++*(unsigned *)context;
    return 0;
}

static unsigned stored(void)
{
    unsigned count = 0;
    assert_int_equal(zone_store_each(store, count_one, &count), 0);
    return count;
}

static void a_zone_joins_and_leaves(void **state)
{
    (void)state;
    assert_int_equal(apply(CATALOG), 0);
    const struct zone *catalog = served("c.t.");
    assert_int_equal(add("New.T.", NULL), 0);
    assert_served("new.t.", "new.t. 3600 IN NS ns.t.\nnew.t. 3600 IN NS ns2.t.\n"
                            "new.t. 3600 IN SOA ns.t. hostmaster.new.t. 1 7200 3600 1209600 300\n");
    assert_ptr_equal(served("c.t."), catalog);
    assert_int_equal(zone_serial(catalog, zone_version(catalog)), 2);
    assert_int_equal(add("new.t.", NULL), ERR_EXISTS);
    assert_int_equal(stored(), 2);
    assert_int_equal(take_out("NEW.t."), 0);
    assert_null(served("new.t."));
    assert_int_equal(stored(), 1);
    assert_int_equal(zone_serial(catalog, zone_version(catalog)), 3);
    assert_int_equal(take_out("new.t."), ERR_MISSING);
    assert_int_equal(take_out("c.t."), ERR_DENIED);
}

static void members_are_there_after_a_start(void **state)
{
    (void)state;
    assert_int_equal(apply(CATALOG), 0);
    assert_int_equal(add("a.t.", NULL), 0);
    assert_int_equal(add("b.t.", NULL), 0);
    assert_int_equal(take_out("a.t."), 0);
    finish();
    start();
    assert_int_equal(apply(CATALOG), 0);
    assert_non_null(served("b.t."));
    assert_null(served("a.t."));
    assert_int_equal(take_out("b.t."), 0);
    assert_int_equal(stored(), 1);
}

/* A reload and a new member leave what is held untouched: data, and the sets of its lists. */
static void held_zones_stay_as_they_are(void **state)
{
    (void)state;
    static const char conf[] =
        "\n  - {name: c.t, catalog: producer, index: on, name_servers: [ns.t]}";
    assert_int_equal(apply(conf), 0);
    assert_int_equal(add("a.t.", NULL), 0);
    const struct zone *zone = served("a.t.");
    const struct zone_index *index = keeper_find(keeper, zones_name("a.t."))->index;
    assert_non_null(index);
    assert_int_equal(add("b.t.", NULL), 0);
    assert_int_equal(apply(conf), 0);
    assert_ptr_equal(served("a.t."), zone);
    assert_ptr_equal(keeper_find(keeper, zones_name("a.t."))->index, index);
    assert_int_equal(apply(CATALOG), 0); /* without lists */
    assert_ptr_equal(served("a.t."), zone);
    assert_null(keeper_find(keeper, zones_name("a.t."))->index);
}

static void what_fails_leaves_no_trace(void **state)
{
    (void)state;
    char *path = scratch_path(folder, "bad.zone");
    scratch_write(path, "@ 60 SOA a b 1 1 1 1 1\n");
    mem_free(path);
    assert_int_equal(apply("\n  - {name: c.t, catalog: producer, catalog_max: 1}"), 0);
    assert_int_equal(add("a.t.", NULL), ERR_MISSING); /* nobody serves it */
    assert_true(add("a.t.", "nowhere.zone") < 0);
    assert_true(add("a.t.", "bad.zone") < 0);
    assert_null(served("a.t."));
    assert_int_equal(stored(), 1);
    assert_int_equal(
        apply("\n  - {name: c.t, catalog: producer, catalog_max: 1, name_servers: [n.t]}"), 0);
    assert_int_equal(add("a.t.", NULL), 0);
    assert_int_equal(add("b.t.", NULL), ERR_LIMIT);
    assert_int_equal(stored(), 2);
    assert_int_equal(apply(" []"), 0);
    assert_int_equal(add("a.t.", NULL), ERR_MISSING); /* no producer */
}

static void a_label_in_use_is_drawn_again(void **state)
{
    (void)state;
    assert_int_equal(apply(CATALOG), 0);
    assert_int_equal(add("a.t.", NULL), 0);
    rand_fake_init(&dice, 7); /* the same numbers again */
    assert_int_equal(add("b.t.", NULL), 0);
    assert_non_null(served("a.t."));
    assert_non_null(served("b.t."));
    assert_int_equal(take_out("a.t."), 0);
    assert_non_null(served("b.t."));
}

/* As a kill between the steps of an addition would leave it. */
static void what_was_half_added_goes_with_the_next_start(void **state)
{
    (void)state;
    static const struct zone_store_member_change mark = {
        ZONE_STORE_MEMBER_SET,
        {(const uint8_t *)"\1a\1t", (const uint8_t *)"\1c\1t", (const uint8_t *)"\1-"}};
    assert_int_equal(apply(CATALOG), 0);
    assert_int_equal(zone_store_member_write(store, &mark, 1), 0);
    struct zone *zone = zones_make("a.t.", "@ SOA m r 1 1 1 1 1\n@ NS ns\n");
    struct zone_store_state saved = {0};
    assert_int_equal(zone_store_save(store, zone, &saved, NOW_S), 0);
    zone_unref(zone);
    assert_int_equal(stored(), 2);
    finish();
    start();
    assert_int_equal(apply(CATALOG), 0);
    assert_int_equal(stored(), 1);
    assert_null(served("a.t."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
        TEST(a_zone_joins_and_leaves),       TEST(members_are_there_after_a_start),
        TEST(held_zones_stay_as_they_are),   TEST(what_fails_leaves_no_trace),
        TEST(a_label_in_use_is_drawn_again), TEST(what_was_half_added_goes_with_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
