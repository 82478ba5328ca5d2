#include "server/world.h"

#include "base/mem.h"

static void world_free(struct world *world)
{
    zone_set_destroy(world->zones);
    rules_unref(world->rules);
    mem_free((char *)world->options.identity);
    mem_free((char *)world->options.version);
    mem_free(world);
}

struct world *world_ref(const struct world *world)
{
    struct world *shared = (struct world *)world; /* the count is not part of what it says */
    __atomic_fetch_add(&shared->refs, 1, __ATOMIC_RELAXED);
    return shared;
}

void world_unref(struct world *world)
{
    if (__atomic_sub_fetch(&world->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        world_free(world);
    }
}

/* The handle's own reference goes after the grace period, so none can be taken at 0. */
static void release(struct rcu_later *later)
{
    world_unref((struct world *)(void *)later); /* later is the first member */
}

static const char *copy(const char *text)
{
    return text ? mem_text(text) : NULL;
}

void world_publish(struct world_handle *handle, const struct world_options *options,
                   struct zone_set *zones, struct rules *rules)
{
    struct world *world = mem_alloc(sizeof(*world));
    world->refs = 1;
    world->options = *options;
    world->options.identity = copy(options->identity);
    world->options.version = copy(options->version);
    world->zones = zones;
    world->rules = rules ? rules_ref(rules) : NULL;
    world->zones_key = handle->key;
    regions_take_key(rules_regions(rules), &handle->key);
    struct world *old = handle->now;
    world->number = old ? old->number + 1 : 1;
    rcu_publish(handle->now, world);
    if (old) {
        rcu_defer(&old->later, release);
    }
}

void world_finish(struct world_handle *handle)
{
    if (handle->now) {
        rcu_defer(&handle->now->later, release);
        handle->now = NULL;
    }
}
