#include "server/held_secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/kept.h"
#include "tests/lib/zones.h"
#include "zones/zone_store_time.h"

enum { EXPIRE_S = 3200 };

static struct kept kept;

#define SECONDARY "\n  - {name: t, primary: ['127.0.0.1:53']}"

static int enter(void **state)
{
    *state = &kept;
    kept_start(&kept);
    return 0;
}

/* The store has the zone, known to be the newest at a time. */
static void save(int64_t time_s)
{
    struct zone *zone = zones_make("t.", "@ SOA m r 7 1 1 3200 1\n@ NS n\n");
    struct zone_store_state state = {0};
    assert_int_equal(zone_store_save(kept.store, zone, &state, KEPT_NOW_S), 0);
    if (time_s > 0) {
        assert_int_equal(zone_store_time_put(kept.store, zones_name("t."), time_s), 0);
    }
    zone_unref(zone);
}

static void a_restart_makes_no_data_younger(void **state)
{
    static const struct {
        const char *label;
        int64_t age_s;
        bool is_served;
        uint32_t left_s;
    } rows[] = {
        {"a young one", 10, true, EXPIRE_S - 10},
        {"an old one", EXPIRE_S - 1, true, 1},
        {"one that is too old", EXPIRE_S, false, 0},
        {"one of last year", 365 * 86400, false, 0},
        {"one of tomorrow: the clock was put back", -86400, true, EXPIRE_S},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        save(KEPT_NOW_S - rows[i].age_s);
        kept_restart(&kept);
        kept_apply(&kept, SECONDARY);
        const struct secondary_state *zone = kept_secondary(&kept, "t.")->state;
        assert_int_equal(secondary_is_served(zone), rows[i].is_served);
        assert_int_equal(secondary_left_s(zone, kept.clock.mono), rows[i].left_s);
        char *text = kept_print(&kept, "t.");
        assert_int_equal(text[0] != 0, rows[i].is_served);
        mem_free(text);
    }
}

static void a_zone_without_a_time_was_ours(void **state)
{
    (void)state;
    save(0);
    kept_apply(&kept, SECONDARY);
    assert_true(secondary_is_served(kept_secondary(&kept, "t.")->state));
    assert_int_equal(zone_store_time_get(kept.store, zones_name("t.")), KEPT_NOW_S);
    kept.clock.wall += EXPIRE_S; /* and ages from then on */
    kept_restart(&kept);
    kept_apply(&kept, SECONDARY);
    assert_false(secondary_is_served(kept_secondary(&kept, "t.")->state));
}

static void a_reload_leaves_the_age_alone(void **state)
{
    (void)state;
    save(KEPT_NOW_S - 10);
    kept_apply(&kept, SECONDARY);
    kept.clock.wall += 100;
    kept_apply(&kept, "\n  - {name: t, primary: ['127.0.0.2:53']}");
    assert_int_equal(secondary_left_s(kept_secondary(&kept, "t.")->state, kept.clock.mono),
                     EXPIRE_S - 10);
}

static void a_zone_that_is_not_there_is_loading(void **state)
{
    (void)state;
    kept_apply(&kept, SECONDARY);
    assert_string_equal(secondary_look(kept_secondary(&kept, "t.")->state, 0).state, "loading");
    char *text = kept_print(&kept, "t.");
    assert_string_equal(text, "");
    mem_free(text);
}

static void not_every_refresh_is_written(void **state)
{
    (void)state;
    save(KEPT_NOW_S);
    kept_apply(&kept, SECONDARY);
    const struct held *held = kept_find(&kept, "t.");
    const uint8_t *name = zone_name(held->zone);
    assert_int_equal(held_secondary_store_time(kept.store, held, KEPT_NOW_S + EXPIRE_S / 16 - 1),
                     0);
    assert_int_equal(zone_store_time_get(kept.store, name), KEPT_NOW_S);
    assert_int_equal(held_secondary_store_time(kept.store, held, KEPT_NOW_S + EXPIRE_S / 16), 0);
    assert_int_equal(zone_store_time_get(kept.store, name), KEPT_NOW_S + EXPIRE_S / 16);
    assert_int_equal(held_secondary_store_time(kept.store, held, KEPT_NOW_S - 5), 0);
    assert_int_equal(zone_store_time_get(kept.store, name), KEPT_NOW_S - 5); /* put back */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, kept_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restart_makes_no_data_younger), TEST(a_zone_without_a_time_was_ours),
        TEST(a_reload_leaves_the_age_alone),   TEST(a_zone_that_is_not_there_is_loading),
        TEST(not_every_refresh_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
