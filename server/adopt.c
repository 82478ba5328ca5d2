#include "server/adopt.h"

#include "server/held.h"
#include "server/held_secondary.h"
#include "zones/dns_serial.h"

/* The zone, if it is still the one that the news are for. */
static struct held *find(const struct adopt_context *context, const uint8_t *name,
                         const struct secondary_state *state)
{
    struct held *held = keeper_find(context->keeper, name);
    return held && held->secondary == state ? held : NULL;
}

static int stop_at_first(void *context, const struct zone_edit_change *change)
{
    (void)context;
    (void)change;
    return 1;
}

static bool is_ahead(uint32_t serial, const struct zone *of)
{
    return dns_serial_is_after(serial, zone_serial(of, zone_version(of)));
}

static int commit_edit(const struct adopt_context *context, struct held *held)
{
    held->has_serial = true; /* it is the primary's */
    return keeper_commit(context->keeper);
}

static int replace(const struct adopt_context *context, struct held *held, struct zone *zone)
{
    int err = held_secondary_replace(context->store, context->clock, held, zone);
    if (!err) {
        secondary_serve(held->secondary, true);
        keeper_publish(context->keeper);
        keeper_follow(context->keeper);
    }
    return err;
}

/* As a difference, so that our own journal and our secondaries go on from where they are. What does
 * not lead forward can be no difference: everything begins anew. */
static int adopt_zone(const struct adopt_context *context, struct held *held, struct zone *zone)
{
    uint32_t serial = zone_serial(zone, zone_version(zone));
    bool has_data = zone_version(held->zone) > 0;
    bool forward = has_data && is_ahead(serial, held->zone);
    bool same = has_data && serial == zone_serial(held->zone, zone_version(held->zone));
    if (!forward && !same) {
        return replace(context, held, zone);
    }
    size_t mark = zone_edit_mark(held_edit(held));
    bool fits = held_become(held, zone);
    if (fits && (forward || !zone_edit_each(held->edit, stop_at_first, NULL))) {
        return commit_edit(context, held);
    }
    if (fits) { /* another zone under the same serial */
        zone_edit_rewind(held->edit, mark);
        (void)held_commit(held, 1, context->store, 0); /* ends the edit, which is empty */
    }
    return replace(context, held, zone);
}

static int adopt_changes(const struct adopt_context *context, struct held *held,
                         const struct zone_xfr_in *xfr)
{
    if (!is_ahead(zone_xfr_in_facts(xfr)->serial, held->zone)) {
        return ERR_ZONE_SOA;
    }
    struct zone_edit *edit = held_edit(held);
    size_t mark = zone_edit_mark(edit);
    int err = zone_xfr_in_apply(xfr, edit);
    if (!err) {
        return commit_edit(context, held);
    }
    zone_edit_rewind(edit, mark);
    (void)held_commit(held, 1, context->store, 0); /* ends the edit, which is empty */
    return err;
}

/* Show it, if it was hidden. */
static void serve(const struct adopt_context *context, struct held *held)
{
    if (!secondary_is_served(held->secondary)) {
        secondary_serve(held->secondary, true);
        keeper_publish(context->keeper);
    }
}

int adopt_content(const struct adopt_context *context, const uint8_t *name,
                  const struct secondary_state *state, struct zone_xfr_in *xfr, int64_t refreshed_s)
{
    struct held *held = find(context, name, state);
    if (!held) {
        return ERR_NOT_NOW;
    }
    /* The first content would look like our own without a time; a time without content harms nobody.
     * Later it must not be younger than what it is about. */
    bool is_first = zone_version(held->zone) == 0;
    int err = is_first ? held_secondary_store_time(context->store, held, refreshed_s) : 0;
    struct zone *zone = zone_xfr_in_take_zone(xfr);
    if (!err) {
        err = zone ? adopt_zone(context, held, zone) : adopt_changes(context, held, xfr);
    }
    zone_unref(zone);
    held = err ? NULL : find(context, name, state); /* a catalog's change may have moved it */
    if (!held) {
        return err ? err : ERR_NOT_NOW;
    }
    serve(context, held);
    return is_first ? 0 : held_secondary_store_time(context->store, held, refreshed_s);
}

int adopt_refreshed(const struct adopt_context *context, const uint8_t *name,
                    const struct secondary_state *state, int64_t refreshed_s)
{
    struct held *held = find(context, name, state);
    if (!held) {
        return ERR_NOT_NOW;
    }
    serve(context, held);
    return held_secondary_store_time(context->store, held, refreshed_s);
}

int adopt_expired(const struct adopt_context *context, const uint8_t *name,
                  const struct secondary_state *state)
{
    struct held *held = find(context, name, state);
    if (!held) {
        return ERR_NOT_NOW;
    }
    secondary_serve(held->secondary, false);
    keeper_publish(context->keeper);
    return 0;
}
