#include "tests/lib/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/scratch.h"
#include "tests/lib/zones.h"

static void fail_on_error(void *context, const struct err_at *at)
{
    (void)context;
    fail_msg("%s:%u:%u: %s", at->file ? at->file : "", at->line, at->column, at->text);
}

static void open_keeper(struct kept *kept)
{
    char *path = scratch_path(kept->folder, "store");
    kept->world = (struct world_handle){.key = zones_key};
    kept->registry = stat_registry_create();
    assert_int_equal(zone_store_open(path, KEPT_MAP, &kept->store), 0);
    kept->keeper = keeper_create(kept->store, &kept->world, &kept->clock.clock,
                                 stat_registry_add(kept->registry));
    mem_free(path);
}

static void close_keeper(struct kept *kept)
{
    keeper_destroy(kept->keeper);
    world_finish(&kept->world);
    zones_settle();
    stat_registry_destroy(kept->registry);
    zone_store_close(kept->store);
}

void kept_start(struct kept *kept)
{
    rcu_enter();
    log_init(LOG_ERROR, NULL);
    *kept = (struct kept){.folder = scratch_make()};
    clock_fake_init(&kept->clock, KEPT_NOW_S);
    kept->clock.mono = 1000000000;
    open_keeper(kept);
}

void kept_finish(struct kept *kept)
{
    close_keeper(kept);
    scratch_remove(kept->folder);
    rcu_leave();
}

int kept_leave(void **state)
{
    kept_finish(*state);
    return 0;
}

void kept_restart(struct kept *kept)
{
    close_keeper(kept);
    open_keeper(kept);
}

void kept_apply(struct kept *kept, const char *zones)
{
    const struct keeper_report report = {fail_on_error, NULL};
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    char *text = mem_print("control: {socket: sock}\nstore: {path: store}\nkeys:\n"
                           "  - {name: k1, secret: MDEyMzQ1Njc4OWFiY2RlZg==}\nzones:%s\n",
                           zones);
    char *path = scratch_path(kept->folder, "suanyud.yaml");
    if (server_conf_parse(path, text, strlen(text), &conf, &at)) {
        fail_on_error(NULL, &at);
    }
    assert_int_equal(keeper_apply(kept->keeper, conf, &report), 0);
    server_conf_free(conf);
    mem_free(text);
    mem_free(path);
}

struct held *kept_find(const struct kept *kept, const char *name)
{
    struct held *held = keeper_find(kept->keeper, zones_name(name));
    assert_non_null(held);
    return held;
}

const struct secondary_zone *kept_secondary(const struct kept *kept, const char *name)
{
    const struct world *world = rcu_read(kept->world.now);
    const struct secondary_zone *secondary =
        secondary_find(rules_secondaries(world->rules), zones_name(name));
    assert_non_null(secondary);
    return secondary;
}

char *kept_print(const struct kept *kept, const char *name)
{
    const struct zone *zone = zone_set_get(rcu_read(kept->world.now)->zones, zones_name(name));
    assert_non_null(zone);
    return zones_print(zone, zone_version(zone));
}
