#include "server/keeper_pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "server/adopt.h"
#include "server/keeper_file.h"
#include "tests/lib/kept.h"
#include "tests/lib/scratch.h"
#include "tests/lib/transfers.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

static struct kept kept;

#define PRIMARY      "\n  - {name: t, file: t.zone}"
#define OFF          "\n  - {name: t, file: t.zone, choose: off}"
#define NO_PAST      "\n  - {name: t, file: t.zone, journal_age_s: 0}"
#define SECONDARY    "\n  - {name: t, primary: ['127.0.0.1:53']}"
#define SOA(serial)  "@ SOA m r " serial " 1 2 3200 4\n"
#define APEX(serial) "$TTL 60\n" SOA(serial) "@ NS n\n"

static void write_file(const char *name, const char *text)
{
    char *path = scratch_path(kept.folder, name);
    scratch_write(path, text);
    mem_free(path);
}

static int enter(void **state)
{
    *state = &kept;
    kept_start(&kept);
    write_file("t.zone", APEX("5") "c CENTRE . kind=ai\np.c CRES . cpu=1\n");
    return 0;
}

/* What a reader of the world has; NULL: no keeper, or no table. */
static const struct pools *read_table(bool *out_has_keeper)
{
    const struct zone *zone = zone_set_get(rcu_read(kept.world.now)->zones, zones_name("t."));
    struct pools_keeper *pools = pools_keeper_of(zone);
    *out_has_keeper = pools != NULL;
    return pools ? pools_keeper_read(pools) : NULL;
}

/* Cores of p.c.t., 0 when it is no pool; fails without a table. */
static uint64_t cores(void)
{
    bool has_keeper;
    uint64_t value = 0;
    const struct pools *pools = read_table(&has_keeper);
    assert_non_null(pools);
    pools_value(pools, pools_find(pools, zones_name("p.c.t.")), ATTR_INDEX_cpu, &value);
    return value;
}

static int commit(const char *remove, const char *add)
{
    struct zone_edit *edit = held_edit(kept_find(&kept, "t."));
    zones_remove(edit, remove);
    zones_add(edit, add);
    return keeper_commit(kept.keeper);
}

static void a_table_is_made_after_the_zone_is_held(void **state)
{
    (void)state;
    bool has_keeper;
    kept_apply(&kept, PRIMARY);
    assert_null(read_table(&has_keeper));
    assert_true(has_keeper);
    assert_int_equal(commit("p.c CRES . cpu=1\n", "p.c CRES . cpu=2\n"), 0);
    assert_null(read_table(&has_keeper));
    assert_false(keeper_pools_build(kept.keeper));
    assert_int_equal(cores(), 2);
    kept_restart(&kept);
    kept_apply(&kept, PRIMARY);
    struct writer *writer;
    assert_int_equal(writer_create(&writer), 0);
    keeper_take_writer(kept.keeper, writer);
    writer_destroy(writer); /* what it was asked for is done */
    assert_int_equal(cores(), 2);
}

static void a_commit_shows_in_the_table_and_one_that_fails_does_not(void **state)
{
    (void)state;
    bool has_keeper;
    kept_apply(&kept, PRIMARY);
    keeper_pools_build(kept.keeper);
    const struct pools *before = read_table(&has_keeper);
    assert_int_not_equal(commit(SOA("5") "p.c CRES . cpu=1\n", "p.c CRES . cpu=3\n"), 0);
    assert_ptr_equal(read_table(&has_keeper), before);
    assert_int_equal(commit("p.c CRES . cpu=1\n", "p.c CRES . cpu=4\n"), 0);
    assert_int_equal(cores(), 4);
    const struct zone *zone = kept_find(&kept, "t.")->zone;
    assert_int_equal(read_table(&has_keeper)->version, zone_version(zone));
}

static void a_reload_keeps_the_table_and_the_option_takes_it_away(void **state)
{
    (void)state;
    bool has_keeper;
    kept_apply(&kept, PRIMARY);
    keeper_pools_build(kept.keeper);
    const struct pools *before = read_table(&has_keeper);
    kept_apply(&kept, PRIMARY);
    assert_ptr_equal(read_table(&has_keeper), before);
    assert_int_equal(commit("p.c CRES . cpu=1\n", "p.c CRES . cpu=2\n"), 0);
    assert_int_equal(cores(), 2);
    kept_apply(&kept, OFF);
    assert_null(read_table(&has_keeper));
    assert_false(has_keeper);
    assert_int_equal(commit("p.c CRES . cpu=2\n", "p.c CRES . cpu=3\n"), 0);
    kept_apply(&kept, PRIMARY);
    keeper_pools_build(kept.keeper);
    assert_int_equal(cores(), 3);
}

static void import(const char *text)
{
    const struct keeper_report report = {keeper_report_log, "import"};
    write_file("import.zone", text);
    char *path = scratch_path(kept.folder, "import.zone");
    assert_int_equal(keeper_import(kept.keeper, zones_name("t."), path, &report), 0);
    mem_free(path);
}

static void an_import_has_its_table_at_once(void **state)
{
    (void)state;
    kept_apply(&kept, PRIMARY);
    keeper_pools_build(kept.keeper);
    import(APEX("6") "c CENTRE . kind=ai\np.c CRES . cpu=6\n"); /* as a change */
    assert_int_equal(cores(), 6);
    kept_apply(&kept, NO_PAST);
    const struct zone *zone = kept_find(&kept, "t.")->zone;
    import(APEX("7") "c CENTRE . kind=ai\np.c CRES . cpu=7\n"); /* as another zone */
    assert_ptr_not_equal(kept_find(&kept, "t.")->zone, zone);
    assert_int_equal(cores(), 7);
    assert_int_equal(commit("p.c CRES . cpu=7\n", "p.c CRES . cpu=8\n"), 0);
    assert_int_equal(cores(), 8);
}

static void adopt(uint16_t type, const char *text)
{
    static uint8_t message[TRANSFERS_MAX];
    const struct zone *had = kept_find(&kept, "t.")->zone;
    const struct zone_xfr_in_ask ask = {.name = zones_name("t."),
                                        .key = &zones_key,
                                        .type = type,
                                        .id = TRANSFERS_ID,
                                        .serial = zone_serial(had, zone_version(had)),
                                        .octets_max = 1 << 20};
    struct adopt_context context = {kept.keeper, kept.store, &kept.clock.clock};
    struct zone_xfr_in *xfr = zone_xfr_in_create(&ask);
    assert_int_equal(zone_xfr_in_take(xfr, message, transfers_write("t.", type, text, message)), 0);
    assert_int_equal(adopt_content(&context, zones_name("t."), kept_secondary(&kept, "t.")->state,
                                   xfr, kept.clock.wall),
                     0);
    zone_xfr_in_destroy(xfr);
}

#define POOL(cores) "c CENTRE . kind=ai\np.c CRES . cpu=" cores "\n"

static void a_secondary_has_the_table_of_what_it_was_sent(void **state)
{
    (void)state;
    kept_apply(&kept, SECONDARY);
    keeper_pools_build(kept.keeper);
    adopt(DNS_TYPE_AXFR, SOA("7") POOL("7") SOA("7"));
    assert_int_equal(cores(), 7);
    adopt(DNS_TYPE_IXFR,
          SOA("8") SOA("7") "p.c CRES . cpu=7\n" SOA("8") "p.c CRES . cpu=8\n" SOA("8"));
    assert_int_equal(cores(), 8);
    adopt(DNS_TYPE_AXFR, SOA("9") POOL("9") SOA("9"));
    assert_int_equal(cores(), 9);
    const struct zone *zone = kept_find(&kept, "t.")->zone;
    adopt(DNS_TYPE_AXFR, SOA("3") POOL("3") SOA("3")); /* back: it takes the place of ours */
    assert_ptr_not_equal(kept_find(&kept, "t.")->zone, zone);
    assert_int_equal(cores(), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, kept_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_is_made_after_the_zone_is_held),
        TEST(a_commit_shows_in_the_table_and_one_that_fails_does_not),
        TEST(a_reload_keeps_the_table_and_the_option_takes_it_away),
        TEST(an_import_has_its_table_at_once),
        TEST(a_secondary_has_the_table_of_what_it_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
