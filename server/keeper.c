#include "server/keeper.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "server/held.h"
#include "server/held_lease.h"
#include "server/held_secondary.h"
#include "server/notify.h"
#include "server/world_options.h"
#include "zones/dns_name.h"
#include "zones/zone_dump.h"
#include "zones/zone_index.h"
#include "zones/zone_load.h"
#include "zones/zone_store_compare.h"
#include "zones/zone_store_past.h"

enum { FILE_MAX = 0x7fffffff };

struct keeper {
    struct zone_store *store;
    struct world_handle *handle;
    const struct clock *clock;
    struct stat_set *stat;
    bool is_short;                 /* the store has no room for what only secondaries may ask for */
    struct notify *notify;         /* NULL: nobody is told of changes */
    struct keeper_refresh refresh; /* configure NULL: nobody keeps secondary zones fresh */
    struct world_options options;  /* texts are ours */
    struct rules *rules;
    uint8_t random_secret[WORLD_SECRET_LEN];
    struct held *zones;
    size_t count;
    bool has_loaded; /* whole zones were read or written since settle_memory */
};

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

/* What was published is to be told. */
static void tell_change(const struct keeper *keeper)
{
    if (keeper->notify) {
        notify_changed(keeper->notify);
    }
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
    mem_free(keeper->zones);
    mem_free(keeper);
}

/* An error without a line: of a zone, the store, or the request. */
static int tell(const struct keeper_report *report, int err, const char *file, const uint8_t *name,
                const char *text)
{
    char zone[DNS_NAME_TEXT_MAX];
    struct err_at at = {.file = file};
    dns_name_print(name, zone);
    err_at_set(&at, err, 0, 0, "zone %.120s: %s", zone, text);
    report->on_error(report->context, &at);
    return err;
}

struct held *keeper_find(const struct keeper *keeper, const uint8_t *name)
{
    for (size_t i = 0; i < keeper->count; i++) {
        if (dns_name_equal(zone_name(keeper->zones[i].zone), name)) {
            return &keeper->zones[i];
        }
    }
    return NULL;
}

struct held *keeper_zones(const struct keeper *keeper, size_t *out_count)
{
    *out_count = keeper->count;
    return keeper->zones;
}

/* What a whole zone on its way leaves behind is as large as the zone: pages that LMDB keeps for its next
 * transaction, the part of its file that was read through the map, and free memory. Opened anew, the
 * store has none of it; if that fails, it has stopped, and is opened again as after any failure. */
static void settle_memory(struct keeper *keeper)
{
    if (keeper->has_loaded) {
        keeper->has_loaded = false;
        kv_reopen(zone_store_kv(keeper->store));
        mem_trim();
    }
}

void keeper_publish(struct keeper *keeper)
{
    struct zone **zones = mem_grow(NULL, keeper->count + 1, sizeof(struct zone *));
    for (size_t i = 0; i < keeper->count; i++) {
        zones[i] = held_show(&keeper->zones[i]);
    }
    struct zone_set *set = zone_set_create(zones, keeper->count, &keeper->handle->key);
    world_publish(keeper->handle, &keeper->options, set, keeper->rules);
    mem_free(zones);
    tell_change(keeper);
}

/* A zone from a file, with a fresh index; both are the caller's. */
static int load_file(struct keeper *keeper, const struct held *like, const uint8_t *name,
                     const char *path, const struct keeper_report *report, struct held *out)
{
    uint32_t wanted = like->index_wanted;
    keeper->has_loaded = true;
    *out = (struct held){.index_wanted = wanted,
                         .limits = like->limits,
                         .serial_policy = like->serial_policy,
                         .keep = like->keep,
                         .bounds = like->bounds};
    out->state = (struct zone_store_state){.index_max = wanted, .seq = like->state.seq};
    out->index = wanted > 0 ? zone_index_create(name, wanted) : NULL;
    struct zone_load_options options = {&keeper->handle->key, like->limits,     FILE_MAX,
                                        out->index,           report->on_error, report->context};
    int err = zone_load(path, name, &options, &out->zone);
    stat_add(keeper->stat, err ? STAT_zone_load_failed : STAT_zone_load_ok, 1);
    zone_index_destroy(err ? out->index : NULL);
    return err;
}

static int save(struct keeper *keeper, struct held *held, const struct keeper_report *report)
{
    int64_t now_s = keeper->clock->wall_s(keeper->clock);
    keeper->has_loaded = true;
    int err = zone_store_save(keeper->store, held->zone, &held->state, now_s);
    held->saved_version = err ? held->saved_version : zone_version(held->zone);
    held->pass_seq = 0;
    return err ? tell(report, err, NULL, zone_name(held->zone), err_text(err)) : 0;
}

/* A zone that the store does not have, from its file; saved when all others are there, too. */
static int read_new(struct keeper *keeper, struct held *held, const uint8_t *name,
                    const struct keeper_report *report)
{
    struct held fresh;
    int err = load_file(keeper, held, name, held->file, report, &fresh);
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
static int acquire(struct keeper *keeper, struct held *held, const uint8_t *name,
                   const struct keeper_report *report)
{
    keeper->has_loaded = true;
    int err = zone_store_load(keeper->store, name, &keeper->handle->key, &held->zone, &held->state);
    err = err ? err : held_lease_load(held, keeper->store, keeper->clock);
    if (!err) {
        stat_add(keeper->stat, STAT_zone_load_ok, 1);
        held->saved_version =
            1; /* the names as they were on disk; what is newer has a higher one */
        return 0;
    }
    if (err != ERR_MISSING) {
        stat_add(keeper->stat, STAT_zone_load_failed, 1);
        (void)tell(report, err, NULL, name, err_text(err));
    }
    if (held->secondary && (err == ERR_MISSING || err == ERR_STORE_CORRUPT)) {
        held->zone = zone_create(name, &keeper->handle->key); /* it is fetched */
        held->leases = zone_lease_group_create(&keeper->handle->key);
        return 0;
    }
    if (err != ERR_MISSING) {
        return err;
    }
    if (!held->file) {
        return tell(report, err, NULL, name, "it is not in the store, and no file is configured");
    }
    return read_new(keeper, held, name, report);
}

/* A zone under its configuration; one that is held already keeps its data, and its lists until
 * settle(). */
static int take_zone(struct keeper *keeper, const struct server_conf_zone *conf,
                     const struct secondary_zone *secondary, const struct keeper_report *report,
                     struct held *held)
{
    *held = (struct held){
        .secondary = secondary ? secondary_ref_state(secondary->state) : NULL,
        .index_wanted = conf->index ? conf->index_max : 0,
        .limits = {conf->records_max, conf->types_max < UINT8_MAX ? conf->types_max : UINT8_MAX,
                   conf->octets_max},
        .serial_policy = conf->serial,
        .keep = {conf->journal_max, conf->journal_age_s},
        .bounds = {conf->lease_min_s, conf->lease_max_s, conf->key_lease_max_s},
        .file = conf->file ? mem_text(conf->file) : NULL,
    };
    if (secondary) { /* the primary rules, not our limits */
        held->limits = (struct zone_edit_limits){UINT16_MAX, UINT8_MAX, 0};
    }
    const struct held *old = keeper_find(keeper, conf->name);
    if (!old || (!secondary && zone_version(old->zone) == 0)) { /* never fetched, and ours now */
        return acquire(keeper, held, conf->name, report);
    }
    held->zone = zone_ref(old->zone);
    held->leases = zone_lease_group_ref(old->leases);
    if (secondary) { /* from now on its primary says what goes */
        held_lease_end(held);
        held_edit(held);
    }
    held->state = old->state;
    held->saved_version = old->saved_version;
    return 0;
}

/* New zones are saved and index settings change, all or none: the store forgets what was saved for a
 * configuration that does not come. */
static int settle(struct keeper *keeper, struct held *zones, size_t count,
                  const struct keeper_report *report)
{
    int err = 0;
    size_t done = 0;
    for (; !err && done < count; done++) {
        err = zones[done].is_new ? save(keeper, &zones[done], report) : 0;
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = held_adapt_index(&zones[i]);
        err = err ? tell(report, err, NULL, zone_name(zones[i].zone),
                         "no room for the server's own records")
                  : 0;
    }
    if (!err) {
        err = held_commit(zones, count, keeper->store, keeper->clock->wall_s(keeper->clock));
        err = err ? tell(report, err, NULL, zone_name(zones[0].zone), err_text(err)) : 0;
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
        return 0;
    }
    char name[DNS_NAME_TEXT_MAX];
    struct err_at at = {.text = ""};
    dns_name_print(server_conf_key_at(conf, bad)->name, name);
    err_at_set(&at, err, 0, 0, "key %.120s: %s", name, err_text(err));
    report->on_error(report->context, &at);
    return err;
}

int keeper_apply(struct keeper *keeper, const struct server_conf *conf,
                 const struct keeper_report *report)
{
    size_t count = conf->zones.count;
    struct rules *rules = NULL;
    int first = make_rules(keeper, conf, report, &rules);
    struct held *zones = mem_alloc((count + 1) * sizeof(*zones));
    for (size_t i = 0; i < count; i++) {
        const struct server_conf_zone *zone = &conf->zones.items[i];
        int err = take_zone(keeper, zone, secondary_find(rules_secondaries(rules), zone->name),
                            report, &zones[i]);
        first = first ? first : err;
    }
    first = first ? first : settle(keeper, zones, count, report);
    struct held *out = first ? zones : keeper->zones; /* what is given up */
    size_t out_count = first ? count : keeper->count;
    if (!first) {
        keeper->zones = zones;
        keeper->count = count;
        rules_unref(keeper->rules);
        keeper->rules = rules_ref(rules);
        world_options_take(&keeper->options, &conf->server, keeper->random_secret);
        held_secondary_begin(keeper->store, keeper->clock, zones, count);
        keeper_publish(keeper);
        tell_refresh(keeper);
    }
    for (size_t i = 0; i < out_count; i++) {
        held_finish(&out[i]);
    }
    rules_unref(rules);
    mem_free(out);
    settle_memory(keeper);
    return first;
}

/* Put a zone in place of the one that is held, whose journal ends; *fresh is what is given up then. */
static int replace(struct keeper *keeper, struct held *held, struct held *fresh,
                   const struct keeper_report *report)
{
    int err = save(keeper, fresh, report);
    if (!err) {
        struct held old = *held;
        fresh->leases = zone_lease_group_create(&keeper->handle->key);
        fresh->file = held->file;
        old.file = NULL;
        *held = *fresh;
        *fresh = old;
        keeper_publish(keeper);
    }
    return err;
}

static int commit_become(struct keeper *keeper, struct held *held,
                         const struct keeper_report *report)
{
    held_lease_end(held); /* what a file says is for good */
    int err = held_commit(held, 1, keeper->store, keeper->clock->wall_s(keeper->clock));
    return err ? tell(report, err, NULL, zone_name(held->zone), err_text(err)) : 0;
}

int keeper_import(struct keeper *keeper, const uint8_t *name, const char *path,
                  const struct keeper_report *report)
{
    struct held *held = keeper_find(keeper, name);
    if (!held) {
        return tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    if (held->secondary) {
        return tell(report, ERR_NOT_NOW, NULL, name, "it comes from its primary");
    }
    struct held fresh;
    int err = load_file(keeper, held, zone_name(held->zone), path, report, &fresh);
    if (err) {
        return err;
    }
    uint32_t serial = zone_serial(fresh.zone, zone_version(fresh.zone));
    uint32_t ahead = serial - zone_serial(held->zone, zone_version(held->zone));
    if (ahead == 0 || ahead >= 0x80000000u) { /* RFC 1982: secondaries see no news */
        log_warn("serial_not_raised", "file=%s serial=%u", path, serial);
    }
    err = held_become(held, fresh.zone) ? commit_become(keeper, held, report)
                                        : replace(keeper, held, &fresh, report);
    held_finish(&fresh);
    if (err) {
        return err;
    }
    tell_change(keeper);
    settle_memory(keeper);
    log_info("zone_imported", "file=%s records=%llu", path,
             (unsigned long long)zone_measure(held->zone).records);
    return 0;
}

int keeper_export(struct keeper *keeper, const uint8_t *name, FILE *out,
                  const struct keeper_report *report)
{
    const struct held *held = keeper_find(keeper, name);
    uint64_t records;
    if (!held) {
        return tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    int err = zone_dump(held->zone, out, &records);
    return err ? tell(report, err, NULL, name, err_text(err)) : 0;
}

int keeper_check(struct keeper *keeper, const uint8_t *name, const char *path,
                 const struct keeper_report *report, struct zone_size *out_size)
{
    const struct held *held = keeper_find(keeper, name);
    if (!held) {
        return tell(report, ERR_MISSING, NULL, name, "not configured on this server");
    }
    if (!path && !held->file) {
        return tell(report, ERR_MISSING, NULL, name, "no file is configured");
    }
    struct held fresh;
    int err =
        load_file(keeper, held, zone_name(held->zone), path ? path : held->file, report, &fresh);
    if (err) {
        return err;
    }
    *out_size = zone_measure(fresh.zone);
    held_finish(&fresh);
    return 0;
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
            return tell(report, err, NULL, zone_name(held->zone), err_text(err));
        }
        if (!same) {
            held->state.seq = seq > held->state.seq ? seq : held->state.seq; /* it never falls */
            err = save(keeper, held, report);
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
        tell_change(keeper);
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
