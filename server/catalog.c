#include "server/catalog.h"

#include <string.h>

#include "base/log.h"
#include "server/held.h"
#include "server/roster.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_catalog.h"
#include "zones/zone_load.h"
#include "zones/zone_store_member.h"

enum {
    FILE_MAX = 0x7fffffff,
    LABEL_TRIES = 8, /* of 64 random bits each */
    TTL_S = 3600,
    LIST_MAX = 0x7fffffff,
};

/* One zone that joins. */
struct joining {
    struct keeper *keeper;
    const struct keeper_report *report;
    const struct clock *clock;
    const struct server_conf_zone *catalog; /* as configured */
    struct held *held;                      /* the catalog's zone */
    const uint8_t *name;
    const char *path;
    bool had;       /* the store has the name from another time */
    bool is_staged; /* the store has it for our sake */
};

/* The producer that is meant, as the configuration has it. */
static int find_producer(const struct roster *roster, const struct catalog_wish *wish,
                         const struct keeper_report *report,
                         const struct server_conf_zone **out_catalog)
{
    const struct server_conf_zones *zones = &roster_base(roster)->zones;
    const struct server_conf_zone *found = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < zones->count; i++) {
        const struct server_conf_zone *zone = &zones->items[i];
        bool is_meant = zone->catalog == SERVER_CONF_PRODUCER &&
                        (!wish->catalog || dns_name_equal(zone->name, wish->catalog));
        found = is_meant ? zone : found;
        count += is_meant;
    }
    if (count != 1) {
        return keeper_tell(report, count ? ERR_VALUE : ERR_MISSING, NULL,
                           wish->catalog ? wish->catalog : wish->name,
                           count           ? "say which catalog: several producers are configured"
                           : wish->catalog ? "not configured as producer of a catalog"
                                           : "no producer of a catalog is configured");
    }
    *out_catalog = found;
    return 0;
}

/* --- content ---------------------------------------------------------------------------------------- */

/* NS records of a new zone; the first one's name is that of its SOA, too. */
static int add_servers(struct zone_edit *edit, const struct server_conf *conf,
                       const struct server_conf_names *names, uint8_t *out_first)
{
    const uint8_t *apex = zone_name(zone_edit_zone(edit));
    const char *identity = conf->server.identity;
    size_t len;
    int err = 0;
    if (names->count == 0) { /* an identity of one label is a nickname */
        if (!identity || dns_name_parse(identity, strlen(identity), NULL, out_first, &len) ||
            dns_name_labels(out_first) < 2) {
            return ERR_MISSING;
        }
        return zone_edit_add(edit, apex, DNS_TYPE_NS, TTL_S, out_first, len);
    }
    memcpy(out_first, names->items[0], dns_name_len(names->items[0]));
    for (size_t i = 0; !err && i < names->count; i++) {
        err = zone_edit_add(edit, apex, DNS_TYPE_NS, TTL_S, names->items[i],
                            dns_name_len(names->items[i]));
    }
    return err;
}

/* SOA and NS: a zone to be filled by updates. */
static int fill_zone(struct zone_edit *edit, const struct server_conf *conf,
                     const struct server_conf_names *names)
{
    static const uint8_t hostmaster[] = {10, 'h', 'o', 's', 't', 'm', 'a', 's', 't', 'e', 'r'};
    static const uint32_t times[] = {1, 7200, 3600, 1209600, 300};
    const uint8_t *apex = zone_name(zone_edit_zone(edit));
    uint8_t soa[2 * DNS_NAME_MAX + sizeof(times)], mname[DNS_NAME_MAX], rname[DNS_NAME_MAX];
    size_t len;
    int err = add_servers(edit, conf, names, mname);
    if (err) {
        return err;
    }
    if (dns_name_join(hostmaster, sizeof(hostmaster), apex, rname, &len)) {
        memcpy(rname, mname, dns_name_len(mname)); /* no room: it is never looked up */
        len = dns_name_len(mname);
    }
    struct wr wr = wr_make(soa, sizeof(soa));
    wr_bytes(&wr, mname, dns_name_len(mname));
    wr_bytes(&wr, rname, len);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        wr_u32(&wr, times[i]);
    }
    return zone_edit_add(edit, apex, DNS_TYPE_SOA, TTL_S, soa, wr_len(&wr));
}

static int make_zone(const struct joining *joining, const struct zone_edit_limits *limits,
                     struct zone **out_zone)
{
    const struct server_conf *conf = roster_base(keeper_roster(joining->keeper));
    struct zone *zone = zone_create(joining->name, zone_key(joining->held->zone));
    struct zone_edit *edit = zone_edit_begin(zone, limits);
    int err = fill_zone(edit, conf, &joining->catalog->name_servers);
    if (err) {
        zone_edit_abort(edit);
        zone_unref(zone);
        return keeper_tell(joining->report, err, NULL, joining->name,
                           err == ERR_MISSING
                               ? "it needs a name server: give the catalog name_servers, or a file"
                               : err_text(err));
    }
    zone_edit_commit(edit);
    *out_zone = zone;
    return 0;
}

/* A mark first: what has one and is in no catalog goes with the next start. */
static int save(struct joining *joining, const struct zone *zone, uint32_t index_max)
{
    static const uint8_t none[] = {1, '-'};
    struct zone_store *store = keeper_store(joining->keeper);
    struct zone_store_member_change mark = {ZONE_STORE_MEMBER_SET,
                                            {joining->name, joining->catalog->name, none}};
    struct zone_store_state state = {.index_max = index_max};
    int err = zone_store_member_write(store, &mark, 1);
    joining->is_staged = !err;
    err = err ? err : zone_store_save(store, zone, &state, joining->clock->wall_s(joining->clock));
    return err ? keeper_tell(joining->report, err, NULL, joining->name, err_text(err)) : 0;
}

static int find_entry(void *context, const struct zone_store_entry *entry)
{
    return dns_name_equal(entry->name, context) ? 1 : 0;
}

/* Put the zone where the catalog's next version finds it. What the store has of a name that was
 * configured once is as good as a file. */
static int stage(struct joining *joining)
{
    const struct server_conf_zone *conf = joining->catalog;
    uint32_t wanted = conf->index ? conf->index_max : 0;
    struct zone_edit_limits limits = held_limits(conf);
    struct zone *zone = NULL;
    int found = zone_store_each(keeper_store(joining->keeper), find_entry, (void *)joining->name);
    joining->had = found > 0;
    if (found < 0 || (joining->had && !joining->path)) {
        return joining->had
                   ? 0
                   : keeper_tell(joining->report, found, NULL, joining->name, err_text(found));
    }
    struct zone_index *index = wanted > 0 ? zone_index_create(joining->name, wanted) : NULL;
    struct zone_load_options options = {.key = zone_key(joining->held->zone),
                                        .limits = limits,
                                        .size_max = FILE_MAX,
                                        .index = index,
                                        .chooses = conf->choose,
                                        .on_error = joining->report->on_error,
                                        .context = joining->report->context};
    int err = joining->path ? zone_load(joining->path, joining->name, &options, &zone)
                            : make_zone(joining, &limits, &zone);
    err = err ? err : save(joining, zone, wanted);
    zone_index_destroy(index);
    zone_unref(zone);
    return err;
}

/* --- the catalog ------------------------------------------------------------------------------------ */

static int commit(struct keeper *keeper, const uint8_t *name, const struct keeper_report *report)
{
    int err = keeper_commit(keeper);
    return err ? keeper_tell(report, err, NULL, name, err_text(err)) : 0;
}

static int list(struct joining *joining, struct rand *rand, uint8_t *out_label)
{
    struct zone_edit *edit = held_edit(joining->held);
    size_t mark = zone_edit_mark(edit);
    int err = ERR_EXISTS;
    for (unsigned tries = 0; err == ERR_EXISTS && tries < LABEL_TRIES; tries++) {
        /* random, so that a zone that comes again is another one (RFC 9432 5.4) */
        zone_catalog_label(rand_u64(rand), out_label);
        err = zone_catalog_add(edit, out_label, joining->name);
    }
    if (err) {
        zone_edit_rewind(edit, mark);
        (void)held_commit(joining->held, 1, keeper_store(joining->keeper), 0); /* empty: it ends */
        return keeper_tell(joining->report, err, NULL, joining->name, err_text(err));
    }
    return commit(joining->keeper, joining->name, joining->report);
}

/* The catalog lists it, but it could not be held: as if nothing had been. As long as it is listed,
 * the store keeps what a start will look for. */
static int take_back(struct joining *joining, const uint8_t *label)
{
    struct held *catalog = keeper_find(joining->keeper, joining->catalog->name);
    (void)zone_catalog_remove(held_edit(catalog), label);
    if (commit(joining->keeper, joining->name, joining->report)) {
        joining->is_staged = false;
    }
    return keeper_tell(joining->report, ERR_NOT_NOW, NULL, joining->name,
                       "it could not be held: the log says why");
}

/* What was put into the store for nothing. */
static void forget(const struct joining *joining)
{
    struct zone_store_member_change gone = {joining->had ? ZONE_STORE_MEMBER_UNSET
                                                         : ZONE_STORE_MEMBER_FORGET,
                                            {joining->name, NULL, NULL}};
    if (joining->is_staged) {
        (void)zone_store_member_write(keeper_store(joining->keeper), &gone, 1);
    }
}

static size_t count_members(const struct roster *roster, const uint8_t *catalog)
{
    const struct server_conf_zones *zones = &roster_conf(roster)->zones;
    size_t count = 0;
    for (size_t i = 0; i < zones->count; i++) {
        const uint8_t *of = zones->items[i].member_of;
        count += of && dns_name_equal(of, catalog);
    }
    return count;
}

static void log_joined(const char *event, const uint8_t *name, const uint8_t *catalog)
{
    char zone[DNS_NAME_TEXT_MAX], of[DNS_NAME_TEXT_MAX];
    dns_name_print(name, zone);
    dns_name_print(catalog, of);
    log_info(event, "zone=%s catalog=%s", zone, of);
}

int catalog_add(struct keeper *keeper, const struct clock *clock, struct rand *rand,
                const struct catalog_wish *wish, const struct keeper_report *report,
                const uint8_t **out_catalog)
{
    struct joining joining = {
        .keeper = keeper, .report = report, .clock = clock, .path = wish->path};
    uint8_t name[DNS_NAME_MAX], label[ZONE_CATALOG_LABEL_MAX];
    dns_name_lower(wish->name, dns_name_len(wish->name), name);
    joining.name = name;
    const struct roster *roster = keeper_roster(keeper);
    int err = find_producer(roster, wish, report, &joining.catalog);
    if (err) {
        return err;
    }
    const struct server_conf_zone *held = roster_find(roster, name);
    if (held) {
        return keeper_tell(report, ERR_EXISTS, NULL, name,
                           held->member_of ? "a catalog lists it already" : "it is configured");
    }
    if (count_members(roster, joining.catalog->name) >= joining.catalog->catalog_max) {
        return keeper_tell(report, ERR_LIMIT, NULL, name, "the catalog is full (catalog_max)");
    }
    joining.held = keeper_find(keeper, joining.catalog->name);
    err = stage(&joining);
    err = err ? err : list(&joining, rand, label);
    if (!err && !keeper_find(keeper, name)) {
        err = take_back(&joining, label);
    }
    if (err) {
        forget(&joining);
        return err;
    }
    *out_catalog = roster_find(keeper_roster(keeper), name)->member_of;
    log_joined("zone_added", name, *out_catalog);
    return 0;
}

int catalog_remove(struct keeper *keeper, const uint8_t *name, const struct keeper_report *report,
                   const uint8_t **out_catalog)
{
    const struct server_conf_zone *row = roster_find(keeper_roster(keeper), name);
    if (!row) {
        return keeper_tell(report, ERR_MISSING, NULL, name, "not served here");
    }
    if (!row->member_of) {
        return keeper_tell(report, ERR_DENIED, NULL, name, "it is configured: no catalog lists it");
    }
    const struct server_conf_zone *source = roster_find(keeper_roster(keeper), row->member_of);
    struct held *catalog = keeper_find(keeper, row->member_of);
    struct zone_catalog *members = NULL;
    char why[ZONE_CATALOG_WHY];
    if (source->catalog != SERVER_CONF_PRODUCER) {
        return keeper_tell(report, ERR_DENIED, NULL, name, "its catalog is another server's");
    }
    int err =
        zone_catalog_read(catalog->zone, zone_version(catalog->zone), LIST_MAX, &members, why);
    const struct zone_catalog_member *member = err ? NULL : zone_catalog_find(members, name);
    bool is_out = member && zone_catalog_remove(held_edit(catalog), member->label);
    zone_catalog_destroy(members);
    if (!is_out) {
        return keeper_tell(report, err ? err : ERR_MISSING, NULL, name,
                           err ? why : "the catalog lists it no more");
    }
    *out_catalog = row->member_of; /* of the configuration: it outlives the row */
    err = commit(keeper, name, report);
    if (!err) {
        log_joined("zone_removed", name, *out_catalog);
    }
    return err;
}
