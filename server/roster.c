#include "server/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/zone_catalog.h"
#include "zones/zone_store_member.h"

enum { NO_SOURCE = -1 };

/* A catalog zone of the configuration. */
struct source {
    const struct server_conf_zone *conf; /* as configured: what its members have */
    struct server_conf_zone own;         /* what the zone itself has */
    struct zone *zone;                   /* that was read: ours, NULL: none yet */
    uint64_t version;                    /* of it */
    struct zone_catalog *list;           /* NULL: broken, or without content */
};

/* A member as the store knows it. */
struct mark {
    const uint8_t *name, *label; /* one block of memory, ours, begins at name */
    long source;                 /* its catalog; NO_SOURCE: none of the configuration */
};

/* A member as a catalog lists it. Borrowed from the list, or from a mark. */
struct claim {
    const uint8_t *name, *label, *coo;
    long source;
};

struct roster {
    const struct server_conf *base; /* shared */
    struct server_conf full;        /* its zones.items are ours */
    struct source *sources;
    size_t source_count;
    struct mark *marks; /* in order of names */
    size_t mark_count, mark_room;
    struct claim *claims;
    size_t claim_count, claim_room;
    struct zone_store_member_change *changes;
    size_t change_count, change_room;
    size_t row_room;
    size_t added, removed; /* of the changes, for the log */
};

/* The configuration of a catalog zone itself: nobody updates it, and no server-written names. */
static struct server_conf_zone own_row(const struct server_conf_zone *conf)
{
    struct server_conf_zone own = *conf;
    own.index = false;
    own.srp = false;
    own.update = (struct server_conf_updates){NULL, 0};
    own.name_servers = (struct server_conf_names){NULL, 0};
    return own;
}

struct roster *roster_create(const struct server_conf *conf)
{
    struct roster *roster = mem_alloc(sizeof(*roster));
    roster->base = server_conf_ref(conf);
    roster->full = *conf;
    roster->full.zones = (struct server_conf_zones){NULL, 0};
    roster->sources = mem_alloc((conf->zones.count + 1) * sizeof(*roster->sources));
    for (size_t i = 0; i < conf->zones.count; i++) {
        const struct server_conf_zone *zone = &conf->zones.items[i];
        if (zone->catalog != SERVER_CONF_NONE) {
            roster->sources[roster->source_count++] =
                (struct source){.conf = zone, .own = own_row(zone)};
        }
    }
    return roster;
}

void roster_destroy(struct roster *roster)
{
    if (!roster) {
        return;
    }
    for (size_t i = 0; i < roster->source_count; i++) {
        zone_catalog_destroy(roster->sources[i].list);
        zone_unref(roster->sources[i].zone);
    }
    for (size_t i = 0; i < roster->mark_count; i++) {
        mem_free((uint8_t *)roster->marks[i].name);
    }
    mem_free(roster->sources);
    mem_free(roster->marks);
    mem_free(roster->claims);
    mem_free(roster->changes);
    mem_free(roster->full.zones.items);
    server_conf_free(roster->base);
    mem_free(roster);
}

const struct server_conf_zone *roster_catalog(const struct roster *roster, size_t i)
{
    return i < roster->source_count ? &roster->sources[i].own : NULL;
}

bool roster_note(struct roster *roster, size_t i, const struct zone *zone)
{
    struct source *source = &roster->sources[i];
    if (source->zone == zone && source->version == zone_version(zone)) {
        return false;
    }
    struct zone *before = source->zone;
    source->zone = zone_ref((struct zone *)zone);
    source->version = zone_version(zone);
    zone_unref(before);
    return true;
}

void roster_read(struct roster *roster, size_t i, const struct zone *zone)
{
    struct source *source = &roster->sources[i];
    char why[ZONE_CATALOG_WHY], name[DNS_NAME_TEXT_MAX];
    (void)roster_note(roster, i, zone);
    if (!zone_apex(zone, source->version)) {
        return; /* not fetched yet */
    }
    if (zone_catalog_read(zone, source->version, source->conf->catalog_max, &source->list, why)) {
        dns_name_print(zone_name(zone), name); /* RFC 9432 5.1: the former state stays */
        log_error("catalog_broken", "catalog=%s serial=%u reason=%s", name,
                  zone_serial(zone, source->version), why);
    }
}

/* --- who claims what ------------------------------------------------------------------------------- */

static long source_of(const struct roster *roster, const uint8_t *catalog)
{
    for (size_t i = 0; i < roster->source_count; i++) {
        if (dns_name_equal(roster->sources[i].conf->name, catalog)) {
            return (long)i;
        }
    }
    return NO_SOURCE;
}

static int take_mark(void *context, const struct zone_store_member *member)
{
    struct roster *roster = context;
    size_t name_len = dns_name_len(member->name), label_len = (size_t)member->label[0] + 1;
    if (roster->mark_count == roster->mark_room) {
        roster->mark_room = roster->mark_room ? 2 * roster->mark_room : 64;
        roster->marks = mem_grow(roster->marks, roster->mark_room, sizeof(*roster->marks));
    }
    uint8_t *octets = mem_alloc(name_len + label_len);
    memcpy(octets, member->name, name_len);
    memcpy(octets + name_len, member->label, label_len);
    roster->marks[roster->mark_count++] =
        (struct mark){octets, octets + name_len, source_of(roster, member->catalog)};
    return 0;
}

static void add_claim(struct roster *roster, struct claim claim)
{
    if (roster->claim_count == roster->claim_room) {
        roster->claim_room = roster->claim_room ? 2 * roster->claim_room : 64;
        roster->claims = mem_grow(roster->claims, roster->claim_room, sizeof(*roster->claims));
    }
    roster->claims[roster->claim_count++] = claim;
}

/* What the catalogs list; for one that says nothing of use, what it listed before. */
static void gather_claims(struct roster *roster)
{
    for (size_t i = 0; i < roster->source_count; i++) {
        size_t count = 0;
        const struct zone_catalog *list = roster->sources[i].list;
        const struct zone_catalog_member *members =
            list ? zone_catalog_members(list, &count) : NULL;
        for (size_t j = 0; j < count; j++) {
            add_claim(roster,
                      (struct claim){members[j].name, members[j].label, members[j].coo, (long)i});
        }
    }
    for (size_t i = 0; i < roster->mark_count; i++) {
        const struct mark *mark = &roster->marks[i];
        if (mark->source != NO_SOURCE && !roster->sources[mark->source].list) {
            add_claim(roster, (struct claim){mark->name, mark->label, NULL, mark->source});
        }
    }
}

static int compare_claims(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = dns_name_compare(x->name, y->name);
    return order ? order : (x->source > y->source) - (x->source < y->source);
}

static int compare_marks(const void *a, const void *b)
{
    return dns_name_compare(((const struct mark *)a)->name, ((const struct mark *)b)->name);
}

static int compare_rows(const void *a, const void *b)
{
    return dns_name_compare(((const struct server_conf_zone *)a)->name,
                            ((const struct server_conf_zone *)b)->name);
}

/* Most lists come in order. */
static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    const char *at = items;
    for (size_t i = 1; i < count; i++, at += size) {
        if (compare(at, at + size) > 0) {
            qsort(items, count, size, compare);
            return;
        }
    }
}

static const uint8_t *catalog_of(const struct roster *roster, const struct claim *claim)
{
    return roster->sources[claim->source].conf->name;
}

static bool moves_to(const struct roster *roster, const struct claim *from, const struct claim *to)
{
    return from->coo && dns_name_equal(from->coo, catalog_of(roster, to));
}

static void log_clash(const struct roster *roster, const struct claim *claim, const char *with)
{
    char name[DNS_NAME_TEXT_MAX], catalog[DNS_NAME_TEXT_MAX];
    dns_name_print(claim->name, name);
    dns_name_print(catalog_of(roster, claim), catalog);
    log_warn("catalog_clash", "zone=%s catalog=%s reason=%s", name, catalog, with);
}

/* Of the catalogs that list one name: who has it keeps it, unless it says itself that the zone goes
 * to another one, which lists it, too (RFC 9432 4.3.1, 5.2). */
static const struct claim *choose(const struct roster *roster, const struct claim *claims,
                                  size_t count, const struct mark *mark)
{
    const struct claim *owner = NULL;
    for (size_t i = 0; mark && i < count; i++) {
        owner = claims[i].source == mark->source ? &claims[i] : owner;
    }
    const struct claim *before = owner;
    for (size_t i = 0; before && i < count; i++) {
        owner = moves_to(roster, before, &claims[i]) ? &claims[i] : owner;
    }
    owner = owner ? owner : claims;
    for (size_t i = 0; i < count; i++) {
        if (&claims[i] != owner && !moves_to(roster, &claims[i], owner)) {
            log_clash(roster, &claims[i], "a member of another catalog");
        }
    }
    return owner;
}

/* --- the list, and what follows for the store ------------------------------------------------------ */

static struct server_conf_zone *add_row(struct roster *roster, const struct server_conf_zone *like)
{
    struct server_conf_zones *zones = &roster->full.zones;
    if (zones->count == roster->row_room) {
        roster->row_room = roster->row_room ? 2 * roster->row_room : 64;
        zones->items = mem_grow(zones->items, roster->row_room, sizeof(*zones->items));
    }
    zones->items[zones->count] = *like;
    return &zones->items[zones->count++];
}

static void add_change(struct roster *roster, enum zone_store_member_kind kind, const uint8_t *name,
                       const struct claim *claim)
{
    if (roster->change_count == roster->change_room) {
        roster->change_room = roster->change_room ? 2 * roster->change_room : 64;
        roster->changes = mem_grow(roster->changes, roster->change_room, sizeof(*roster->changes));
    }
    struct zone_store_member member = {name, claim ? catalog_of(roster, claim) : NULL,
                                       claim ? claim->label : NULL};
    roster->changes[roster->change_count++] = (struct zone_store_member_change){kind, member};
}

static bool same_label(const uint8_t *a, const uint8_t *b)
{
    return a[0] == b[0] && memcmp(a, b, (size_t)a[0] + 1) == 0;
}

/* A member whose data stay: of this catalog and label before, or moved here by the word of the catalog
 * that had it, under the same label. A producer's stay in any case. */
static bool is_same_zone(const struct roster *roster, const struct claim *claims, size_t count,
                         const struct claim *owner, const struct mark *mark)
{
    bool is_moved = mark->source == owner->source;
    for (size_t i = 0; i < count; i++) {
        is_moved |= claims[i].source == mark->source && moves_to(roster, &claims[i], owner);
    }
    return is_moved && same_label(mark->label, owner->label);
}

/* Of the catalogs that list a name, the one that has it. */
static void add_member(struct roster *roster, const struct claim *claims, size_t count,
                       const struct mark *mark)
{
    const struct claim *claim = choose(roster, claims, count, mark);
    bool is_same = mark && is_same_zone(roster, claims, count, claim, mark);
    const struct source *source = &roster->sources[claim->source];
    struct server_conf_zone *row = add_row(roster, source->conf);
    row->name = claim->name;
    row->file = NULL;
    row->catalog = SERVER_CONF_NONE;
    row->member_of = source->conf->name;
    if (mark && mark->source == claim->source && same_label(mark->label, claim->label)) {
        return;
    }
    row->is_renewed = source->conf->catalog == SERVER_CONF_CONSUMER && mark && !is_same;
    add_change(roster, row->is_renewed ? ZONE_STORE_MEMBER_RENEW : ZONE_STORE_MEMBER_SET,
               claim->name, claim);
    roster->added += !mark || row->is_renewed;
    roster->removed += row->is_renewed;
}

/* The mark of a name; names are asked for in their order, *at is where the last one was found. */
static const struct mark *next_mark(const struct roster *roster, const uint8_t *name, size_t *at)
{
    int order = -1;
    while (*at < roster->mark_count) {
        order = dns_name_compare(roster->marks[*at].name, name);
        if (order >= 0) {
            break;
        }
        ++*at;
    }
    return order == 0 ? &roster->marks[*at] : NULL;
}

static void add_members(struct roster *roster, size_t configured)
{
    const struct claim *claims = roster->claims;
    for (size_t i = 0, count, at = 0; i < roster->claim_count; i += count) {
        for (count = 1; i + count < roster->claim_count &&
                        dns_name_equal(claims[i].name, claims[i + count].name);) {
            count++;
        }
        struct server_conf_zone key = {.name = claims[i].name};
        const struct mark *mark = next_mark(roster, claims[i].name, &at);
        if (bsearch(&key, roster->full.zones.items, configured, sizeof(key), compare_rows)) {
            log_clash(roster, &claims[i], "it is configured");
        } else {
            add_member(roster, &claims[i], count, mark);
        }
    }
}

/* Configured zones and members, each in order, become one list in order. */
static void merge_rows(struct roster *roster, size_t configured)
{
    struct server_conf_zones *zones = &roster->full.zones;
    struct server_conf_zone *merged = mem_alloc((zones->count + 1) * sizeof(*merged));
    for (size_t i = 0, a = 0, b = configured; i < zones->count; i++) {
        bool is_first = b == zones->count ||
                        (a < configured && compare_rows(&zones->items[a], &zones->items[b]) < 0);
        merged[i] = zones->items[is_first ? a++ : b++];
    }
    mem_free(zones->items);
    zones->items = merged;
}

/* A mark without a member: what a configured zone has is not the catalog's to forget, and a catalog
 * that is not configured any more may come back. */
static void drop_marks(struct roster *roster)
{
    const struct server_conf_zones *zones = &roster->full.zones;
    for (size_t i = 0, at = 0; i < roster->mark_count; i++) {
        const struct mark *mark = &roster->marks[i];
        int order = -1;
        while (at < zones->count &&
               (order = dns_name_compare(zones->items[at].name, mark->name)) < 0) {
            at++;
        }
        const struct server_conf_zone *row = order == 0 ? &zones->items[at] : NULL;
        if (row && !row->member_of) {
            add_change(roster, ZONE_STORE_MEMBER_UNSET, mark->name, NULL);
        } else if (!row && mark->source != NO_SOURCE) {
            add_change(roster, ZONE_STORE_MEMBER_FORGET, mark->name, NULL);
            roster->removed++;
        }
    }
}

/* Members of one catalog share their rules: each says where the first of them stands. */
static void link_members(struct roster *roster)
{
    struct server_conf_zones *zones = &roster->full.zones;
    size_t *first = mem_alloc((roster->source_count + 1) * sizeof(*first));
    for (size_t i = 0; i < zones->count; i++) {
        long source =
            zones->items[i].member_of ? source_of(roster, zones->items[i].member_of) : NO_SOURCE;
        if (source != NO_SOURCE) {
            zones->items[i].like = first[source];
            first[source] = first[source] ? first[source] : i + 1;
        }
    }
    mem_free(first);
}

int roster_fill(struct roster *roster, struct zone_store *store)
{
    int err = zone_store_member_each(store, take_mark, roster);
    if (err) {
        log_error("catalog_failed", "error=%s", err_text(err));
        return err;
    }
    for (size_t i = 0; i < roster->base->zones.count; i++) {
        const struct server_conf_zone *zone = &roster->base->zones.items[i];
        struct server_conf_zone own = own_row(zone);
        add_row(roster, zone->catalog != SERVER_CONF_NONE ? &own : zone);
    }
    struct server_conf_zones *zones = &roster->full.zones;
    size_t configured = zones->count;
    sort(roster->marks, roster->mark_count, sizeof(*roster->marks), compare_marks);
    sort(zones->items, zones->count, sizeof(*zones->items), compare_rows);
    gather_claims(roster);
    sort(roster->claims, roster->claim_count, sizeof(*roster->claims), compare_claims);
    add_members(roster, configured);
    merge_rows(roster, configured);
    drop_marks(roster);
    link_members(roster);
    return 0;
}

const struct server_conf *roster_conf(const struct roster *roster)
{
    return &roster->full;
}

const struct server_conf *roster_base(const struct roster *roster)
{
    return roster->base;
}

const struct server_conf_zone *roster_find(const struct roster *roster, const uint8_t *name)
{
    const struct server_conf_zones *zones = &roster->full.zones;
    struct server_conf_zone key = {.name = name};
    return zones->count > 0 ? bsearch(&key, zones->items, zones->count, sizeof(key), compare_rows)
                            : NULL;
}

int roster_save(const struct roster *roster, struct zone_store *store)
{
    int err = zone_store_member_write(store, roster->changes, roster->change_count);
    if (err) {
        log_error("catalog_save_failed", "error=%s", err_text(err));
    } else if (roster->added + roster->removed > 0) {
        log_info("catalog_members", "added=%zu removed=%zu", roster->added, roster->removed);
    }
    return err;
}

/* --- a catalog that is not there ------------------------------------------------------------------- */

struct restoring {
    struct zone_edit *edit;
    const uint8_t *catalog;
};

static int restore_member(void *context, const struct zone_store_member *member)
{
    const struct restoring *restoring = context;
    return dns_name_equal(member->catalog, restoring->catalog)
               ? zone_catalog_add(restoring->edit, member->label, member->name)
               : 0;
}

int roster_make_catalog(struct zone_store *store, const uint8_t *name, const struct hash_key *key,
                        struct zone **out_zone)
{
    static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
    struct zone *zone = zone_create(name, key);
    struct restoring restoring = {zone_edit_begin(zone, &limits), zone_name(zone)};
    int err = zone_catalog_make(restoring.edit);
    err = err ? err : zone_store_member_each(store, restore_member, &restoring);
    if (err) {
        zone_edit_abort(restoring.edit);
        zone_unref(zone);
        return err;
    }
    zone_edit_commit(restoring.edit);
    *out_zone = zone;
    return 0;
}
