#include "server/keeper.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "sched/choose/book_file.h"
#include "server/held.h"
#include "server/held_lease.h"
#include "server/held_secondary.h"
#include "server/holding.h"
#include "server/keeper_parts.h"
#include "server/keeper_pools.h"
#include "server/notify.h"
#include "server/world_options.h"
#include "zones/dns_name.h"
#include "zones/zone_store_compare.h"
#include "zones/zone_store_past.h"
#include "zones/zone_store_time.h"

struct keeper *keeper_create(struct zone_store *store, struct world_handle *handle,
                             const struct clock *clock, struct stat_set *stat)
{
    struct keeper *keeper = mem_alloc(sizeof(*keeper));
    keeper->store = store;
    keeper->handle = handle;
    keeper->clock = clock;
    keeper->stat = stat;
    rand_system()->fill(rand_system(), keeper->random_secret, sizeof(keeper->random_secret));
    return keeper;
}

void keeper_take_notify(struct keeper *keeper, struct notify *notify)
{
    keeper->notify = notify;
    if (keeper->roster) {
        notify_configure(notify, roster_conf(keeper->roster));
    }
}

static void tell_refresh(const struct keeper *keeper)
{
    if (keeper->refresh.configure) {
        keeper->refresh.configure(keeper->refresh.context, rules_secondaries(keeper->rules));
    }
}

void keeper_take_refresh(struct keeper *keeper, const struct keeper_refresh *refresh)
{
    keeper->refresh = *refresh;
    tell_refresh(keeper);
}

void keeper_destroy(struct keeper *keeper)
{
    if (!keeper) {
        return;
    }
    for (size_t i = 0; i < keeper->count; i++) {
        held_finish(&keeper->zones[i]);
    }
    world_options_forget(&keeper->options);
    rules_unref(keeper->rules);
    roster_destroy(keeper->roster);
    mem_free(keeper->zones);
    mem_free(keeper);
}

struct held *keeper_find(const struct keeper *keeper, const uint8_t *name)
{
    size_t low = 0, high = keeper->count; /* in canonical order, as the roster */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = dns_name_compare(name, zone_name(keeper->zones[middle].zone));
        if (order == 0) {
            return &keeper->zones[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

struct held *keeper_zones(const struct keeper *keeper, size_t *out_count)
{
    *out_count = keeper->count;
    return keeper->zones;
}

const struct roster *keeper_roster(const struct keeper *keeper)
{
    return keeper->roster;
}

struct zone_store *keeper_store(const struct keeper *keeper)
{
    return keeper->store;
}

void keeper_publish(struct keeper *keeper)
{
    struct zone **zones = mem_grow(NULL, keeper->count + 1, sizeof(struct zone *));
    keeper_pools_attach(keeper);
    for (size_t i = 0; i < keeper->count; i++) {
        zones[i] = held_show(&keeper->zones[i]);
    }
    struct zone_set *set = zone_set_create(zones, keeper->count, &keeper->handle->key);
    world_publish(keeper->handle, &keeper->options, set, keeper->rules);
    mem_free(zones);
    keeper_tell_change(keeper);
}

/* A zone that the store does not have, from its file; saved when all others are there, too. */
static int read_new(struct keeper *keeper, struct held *held, const uint8_t *name,
                    const struct keeper_report *report)
{
    struct held fresh;
    int err = keeper_load_file(keeper, held, name, held->file, report, &fresh);
    if (err) {
        return err;
    }
    held->zone = fresh.zone;
    held->index = fresh.index;
    held->state = fresh.state;
    held->leases = zone_lease_group_create(&keeper->handle->key);
    held->is_new = true;
    return 0;
}

/* A zone that is not held yet: from the store, else from its file. */
static int acquire(struct keeper *keeper, struct held *held, const struct server_conf_zone *conf,
                   const struct keeper_report *report)
{
    const uint8_t *name = conf->name;
    if (conf->is_renewed) {
        held->zone = zone_create(name, &keeper->handle->key); /* it is fetched */
        held->leases = zone_lease_group_create(&keeper->handle->key);
        return 0;
    }
    int err = zone_store_load(keeper->store, name, &keeper->handle->key, &held->zone, &held->state);
    keeper->has_loaded |= err != ERR_MISSING;
    err = err ? err : held_lease_load(held, keeper->store, keeper->clock);
    if (!err) {
        stat_add(keeper->stat, STAT_zone_load_ok, 1);
        held->saved_version =
            1; /* the names as they were on disk; what is newer has a higher one */
        return 0;
    }
    if (err != ERR_MISSING) {
        stat_add(keeper->stat, STAT_zone_load_failed, 1);
        (void)keeper_tell(report, err, NULL, name, err_text(err));
    }
    if (conf->primary.count > 0 && (err == ERR_MISSING || err == ERR_STORE_CORRUPT)) {
        held_secondary_empty(held, name, &keeper->handle->key);
        return 0;
    }
    if (err != ERR_MISSING) {
        return err;
    }
    if (conf->catalog == SERVER_CONF_PRODUCER) {
        err = roster_make_catalog(keeper->store, name, &keeper->handle->key, &held->zone);
        held->leases = zone_lease_group_create(&keeper->handle->key);
        held->is_new = !err;
        return err ? keeper_tell(report, err, NULL, name, err_text(err)) : 0;
    }
    if (!held->file) {
        return keeper_tell(report, err, NULL, name,
                           "it is not in the store, and no file is configured");
    }
    return read_new(keeper, held, name, report);
}

/* One that is held already keeps what it has. */
static void go_on(struct held *held, struct held *old)
{
    held->zone = zone_ref(old->zone);
    held->leases = zone_lease_group_ref(old->leases);
    held->state = old->state;
    held->saved_version = old->saved_version;
    held->cursor = old->cursor;
    held->pass_version = old->pass_version;
    held->pass_seq = old->pass_seq;
    held->pass_pending = old->pass_pending;
    held->step = old->step;
    held->before = old;
    held->index = held->state.index_max == held->index_wanted ? old->index : NULL;
}

/* A zone under its configuration; one that is held already keeps its data, and its lists until
 * settle(). */
static int take_zone(struct keeper *keeper, const struct server_conf_zone *conf, struct held *old,
                     const struct keeper_report *report, struct held *held)
{
    bool is_secondary = conf->primary.count > 0;
    *held = (struct held){
        .index_wanted = conf->index ? conf->index_max : 0,
        .chooses = conf->choose,
        .limits = held_limits(conf),
        .serial_policy = conf->serial,
        .keep = {conf->journal_max, conf->journal_age_s},
        .bounds = {conf->lease_min_s, conf->lease_max_s, conf->key_lease_max_s},
        .file = conf->file ? mem_text(conf->file) : NULL,
    };
    if (is_secondary) { /* the primary rules, not our limits */
        held->limits = (struct zone_edit_limits){UINT16_MAX, UINT8_MAX, 0};
    }
    int err = 0;
    if (!old || (!is_secondary && zone_version(old->zone) == 0)) { /* never fetched, and ours now */
        err = acquire(keeper, held, conf, report);
    } else {
        go_on(held, old);
    }
    bool is_ours_now = !err && !is_secondary && (!old || old->secondary);
    if (is_ours_now && zone_store_time_get(keeper->store, conf->name) > 0) {
        (void)zone_store_time_put(keeper->store, conf->name, 0); /* of the secondary that it was */
    }
    bool has_leases = !err && zone_lease_count(zone_lease_group_table(held->leases)) > 0;
    if (is_secondary && has_leases) { /* from now on its primary says what goes */
        held_lease_end(held);
        held_edit(held);
    }
    return err;
}

/* New zones are saved and index settings change, all or none: the store forgets what was saved for a
 * configuration that does not come. */
static int settle(struct keeper *keeper, struct held *zones, size_t count,
                  const struct keeper_report *report)
{
    int err = 0;
    size_t done = 0;
    for (; !err && done < count; done++) {
        err = zones[done].is_new ? keeper_save(keeper, &zones[done], report) : 0;
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = held_adapt_index(&zones[i]);
        err = err ? keeper_tell(report, err, NULL, zone_name(zones[i].zone),
                                "no room for the server's own records")
                  : 0;
    }
    if (!err) {
        err = held_commit(zones, count, keeper->store, keeper->clock->wall_s(keeper->clock));
        err = err ? keeper_tell(report, err, NULL, zone_name(zones[0].zone), err_text(err)) : 0;
    }
    for (size_t i = 0; err && i < done; i++) {
        if (zones[i].is_new) {
            zone_store_remove(keeper->store, zone_name(zones[i].zone));
        }
    }
    return err;
}

/* Rules of a configuration; an error names the key. */
static int make_rules(const struct keeper *keeper, const struct server_conf *conf,
                      const struct keeper_report *report, struct rules **out_rules)
{
    size_t bad = 0;
    int err = rules_create(conf, out_rules, &bad);
    if (!err) {
        rules_take_secondaries(*out_rules,
                               secondary_create(&conf->server, conf->zones.items, conf->zones.count,
                                                rules_secondaries(keeper->rules)));
        rules_take_book(*out_rules, book_rekey(conf->book, &keeper->handle->key));
        return 0;
    }
    char name[DNS_NAME_TEXT_MAX];
    struct err_at at = {.text = ""};
    dns_name_print(server_conf_key_at(conf, bad)->name, name);
    err_at_set(&at, err, 0, 0, "key %.120s: %s", name, err_text(err));
    report->on_error(report->context, &at);
    return err;
}

struct taking {
    struct keeper *keeper;
    size_t next; /* held zone after the last one that was asked for */
    const struct keeper_report *report;
};

static int take(void *context, const struct server_conf_zone *conf, struct held *out_held)
{
    struct taking *taking = context;
    struct keeper *keeper = taking->keeper;
    if (conf->is_renewed) {
        return take_zone(keeper, conf, NULL, taking->report, out_held);
    }
    bool is_next = taking->next < keeper->count && /* both lists are in order: mostly it is */
                   dns_name_equal(zone_name(keeper->zones[taking->next].zone), conf->name);
    struct held *old = is_next ? &keeper->zones[taking->next] : keeper_find(keeper, conf->name);
    taking->next = old ? (size_t)(old - keeper->zones) + 1 : taking->next;
    return take_zone(keeper, conf, old, taking->report, out_held);
}

/* Zones that come, in place of those that are held. */
static void take_place(struct keeper *keeper, struct holding *with)
{
    struct held *old = keeper->zones;
    size_t count = keeper->count;
    struct roster *before = keeper->roster;
    holding_keep(with);
    keeper->zones = with->zones;
    keeper->count = with->count;
    keeper->roster = with->roster;
    world_options_take(&keeper->options, &roster_conf(keeper->roster)->server,
                       keeper->random_secret);
    held_secondary_begin(keeper->store, keeper->clock, keeper->zones, keeper->count);
    keeper_publish(keeper);
    for (size_t i = 0; i < count; i++) {
        held_finish(&old[i]);
    }
    mem_free(old);
    roster_destroy(before);
}

/* Hold what a configuration and its catalogs say, or stay as it was. */
static int apply(struct keeper *keeper, const struct server_conf *conf,
                 const struct keeper_report *report,
                 void (*tell_notify)(struct notify *notify, const struct server_conf *conf))
{
    struct taking taking = {keeper, 0, report};
    struct holding holding;
    struct rules *rules = NULL;
    int first = holding_make(conf, keeper->store, take, &taking, &holding);
    int err = make_rules(keeper, first ? conf : roster_conf(holding.roster), report, &rules);
    first = first ? first : err;
    holding_take_secondaries(&holding, rules_secondaries(rules));
    first = first ? first : settle(keeper, holding.zones, holding.count, report);
    if (first) {
        holding_drop(&holding);
        rules_unref(rules);
        return first;
    }
    rules_unref(keeper->rules);
    keeper->rules = rules;
    take_place(keeper, &holding);
    tell_refresh(keeper);
    roster_save(keeper->roster, keeper->store);
    if (keeper->notify) {
        tell_notify(keeper->notify, roster_conf(keeper->roster)); /* after the new world */
    }
    keeper_settle_memory(keeper);
    return 0;
}

int keeper_apply(struct keeper *keeper, const struct server_conf *conf,
                 const struct keeper_report *report)
{
    return apply(keeper, conf, report, notify_configure);
}

/* A commit may have changed catalogs: hold what they list now. What fails is as it was until they
 * change again. */
void keeper_follow(struct keeper *keeper)
{
    struct keeper_report report = {keeper_report_log, "catalog_failed"};
    const struct server_conf_zone *conf;
    bool has_changed = false;
    for (size_t i = 0; keeper->roster && (conf = roster_catalog(keeper->roster, i)); i++) {
        has_changed |= roster_note(keeper->roster, i, keeper_find(keeper, conf->name)->zone);
    }
    if (has_changed) {
        (void)apply(keeper, roster_base(keeper->roster), &report, notify_follow);
    }
}

int keeper_mend(struct keeper *keeper, const struct keeper_report *report, size_t *out_saved)
{
    size_t saved = 0;
    int err = 0;
    for (size_t i = 0; !err && i < keeper->count; i++) {
        struct held *held = &keeper->zones[i];
        bool same = true;
        uint64_t seq = 0;
        if (zone_version(held->zone) == 0) {
            continue; /* a secondary that has nothing yet */
        }
        err = zone_store_compare(keeper->store, held->zone, &held->state, &same, &seq);
        if (err) {
            return keeper_tell(report, err, NULL, zone_name(held->zone), err_text(err));
        }
        if (!same) {
            held->state.seq = seq > held->state.seq ? seq : held->state.seq; /* it never falls */
            err = keeper_save(keeper, held, report);
            saved++;
        } else {
            err = zone_store_past_read(keeper->store, held->zone, &held->state);
        }
        err = err ? err : held_lease_save(held, keeper->store);
    }
    *out_saved = saved;
    return err;
}

int keeper_commit(struct keeper *keeper)
{
    int64_t now_s = keeper->clock->wall_s(keeper->clock);
    int err = held_commit(keeper->zones, keeper->count, keeper->store, now_s);
    if (!err) {
        keeper_tell_change(keeper);
        keeper_follow(keeper);
    }
    return err;
}

uint64_t keeper_pending(const struct keeper *keeper)
{
    uint64_t pending = 0;
    for (size_t i = 0; i < keeper->count; i++) {
        pending += keeper->zones[i].state.pending;
    }
    return pending;
}

void keeper_spare_room(struct keeper *keeper, bool is_short)
{
    keeper->is_short = is_short;
}

int keeper_checkpoint(struct keeper *keeper, bool *out_more)
{
    static const struct zone_journal_keep nothing = {0, 0};
    int64_t now_s = keeper->clock->wall_s(keeper->clock);
    int first = 0;
    *out_more = false;
    for (size_t i = 0; i < keeper->count; i++) {
        bool more;
        struct held *held = &keeper->zones[i];
        const struct zone_journal_keep *keep = keeper->is_short ? &nothing : &held->keep;
        int err = held_checkpoint(held, keeper->store, keep, now_s, &more);
        first = first ? first : err;
        *out_more |= more;
    }
    for (size_t i = 0; (first || !*out_more) && i < keeper->count; i++) {
        held_checkpoint_again(&keeper->zones[i]); /* a busy zone waits for the next round */
    }
    return first;
}
