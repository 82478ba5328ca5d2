#include "tests/lib/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sched/choose/pools_keeper.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"

enum { TITLES = 4 };

static struct zone *zone;
static struct pools_keeper *keeper;

const struct pools *pools_make(const char *text)
{
    pools_end();
    zone = zones_make("gba.", text);
    keeper = pools_keeper_create(zone_name(zone), &zones_key);
    pools_keeper_build(keeper, zone);
    return pools_keeper_read(keeper);
}

void pools_end(void)
{
    if (zone) {
        pools_keeper_unref(keeper);
        zone_unref(zone);
        zone = NULL;
        zones_settle();
    }
}

const struct pools *pools_bare(const struct pools *pools)
{
    static struct pools bare;
    bare = *pools;
    bare.postings = NULL;
    return &bare;
}

static const uint8_t *full_name(const char *name)
{
    char text[300];
    snprintf(text, sizeof text, "%s.gba.", name);
    return zones_name(text);
}

uint32_t pools_slot(const struct pools *pools, const char *name)
{
    uint32_t slot = pools_find(pools, full_name(name));
    if (slot == POOLS_NONE) {
        fail_msg("no pool %s", name);
    }
    return slot;
}

const char *pools_title(const struct pools *pools, uint32_t slot)
{
    static char titles[TITLES][DNS_NAME_TEXT_MAX];
    static unsigned next;
    char *title = titles[next++ % TITLES];
    size_t len = dns_name_print(pools_at(pools, slot)->name, title);
    title[len - strlen(".gba.")] = '\0';
    return title;
}

struct need pools_need(const char *words)
{
    struct need need;
    struct err_at at = {.line = 0};
    if (need_parse(words, strlen(words), &zones_key, NULL, &need, &at)) {
        fail_msg("%s: %s", words, at.text);
    }
    return need;
}
