#include "zones/zone_store_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"

static void a_time_is_kept_as_long_as_the_zone(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "store");
    struct zone_store *store = NULL;
    rcu_enter();
    assert_int_equal(zone_store_open(path, 1 << 20, &store), 0);
    assert_int_equal(zone_store_time_get(store, zones_name("t.")), 0);
    assert_int_equal(zone_store_time_put(store, zones_name("t."), 1700000000), 0);
    assert_int_equal(zone_store_time_put(store, zones_name("u."), 5), 0);
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n");
    struct zone_store_state saved = {0};
    assert_int_equal(zone_store_save(store, zone, &saved, 1), 0);
    zone_unref(zone);
    zone_store_close(store);
    assert_int_equal(zone_store_open(path, 1 << 20, &store), 0);
    assert_int_equal(zone_store_time_get(store, zones_name("T.")), 1700000000);
    assert_int_equal(zone_store_remove(store, zones_name("t.")), 0);
    assert_int_equal(zone_store_time_get(store, zones_name("t.")), 0);
    assert_int_equal(zone_store_time_get(store, zones_name("u.")), 5);
    zone_store_close(store);
    mem_free(path);
    scratch_remove(folder);
    zones_settle();
    rcu_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_time_is_kept_as_long_as_the_zone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
