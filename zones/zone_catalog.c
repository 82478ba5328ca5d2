#include "zones/zone_catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum {
    MEMBER_OCTETS = 640, /* one member's names in the arena, rounding included */
    ROOM_LEAST = 64,     /* members */
    LABEL_DIGITS = 16,
    TTL_S = 0, /* RFC 9432 4: meaningless to those who read it */
};

struct zone_catalog {
    struct arena arena;
    struct zone_catalog_member *members;
    size_t count;
};

/* A list of (label, name) pairs as the walk meets them. */
struct pairs {
    struct zone_catalog_member *items;
    size_t count, room;
};

struct reading {
    const uint8_t *name; /* of the catalog */
    unsigned labels;     /* of it */
    size_t max;
    struct zone_catalog *catalog;
    struct pairs members, moves; /* moves: the name is that of the coo property */
    bool has_version;
    char *why;
};

/* --- reading --------------------------------------------------------------------------------------- */

static int broken(const struct reading *reading, const uint8_t *name, const char *text)
{
    char shown[DNS_NAME_TEXT_MAX];
    dns_name_print(name, shown);
    (void)snprintf(reading->why, ZONE_CATALOG_WHY, "%.100s: %s", shown, text);
    return ERR_VALUE;
}

static bool is_label(const uint8_t *label, const char *text)
{
    size_t len = strlen(text);
    return label[0] == len && memcmp(label + 1, text, len) == 0;
}

/* RFC 9432 4.2.1: one TXT record with the one string "2". */
static int read_version(struct reading *reading, const struct zone_node *node)
{
    static const uint8_t schema[] = {1, '2'};
    const struct zone_rrset *set = zone_node_find(node, DNS_TYPE_TXT);
    if (!set) {
        return 0;
    }
    bool is_known = set->count == 1 && set->size == ZONE_RR_FIXED + sizeof(schema) &&
                    memcmp(zone_node_ready(node, set) + ZONE_RR_FIXED, schema, sizeof(schema)) == 0;
    if (!is_known) {
        return broken(reading, node->owner, "schema version is not 2");
    }
    reading->has_version = true;
    return 0;
}

static const uint8_t *keep(struct zone_catalog *catalog, const uint8_t *octets, size_t len)
{
    uint8_t *copy = arena_copy(&catalog->arena, octets, len);
    if (copy) {
        dns_name_lower(copy, len, copy); /* length octets are below the letters */
    }
    return copy;
}

/* A PTR record that may be the only one of its name; label is <unique>. */
static int read_pointer(struct reading *reading, struct pairs *pairs, const struct zone_node *node,
                        const uint8_t *label)
{
    const struct zone_rrset *set = zone_node_find(node, DNS_TYPE_PTR);
    if (!set) {
        return 0;
    }
    if (set->count != 1) { /* RFC 9432 4.1, 4.3.1 */
        return broken(reading, node->owner, "more than one PTR record");
    }
    if (pairs->count == reading->max) {
        (void)snprintf(reading->why, ZONE_CATALOG_WHY, "more than %zu members", reading->max);
        return ERR_LIMIT;
    }
    if (pairs->count == pairs->room) {
        pairs->room = pairs->room ? 2 * pairs->room : ROOM_LEAST;
        pairs->items = mem_grow(pairs->items, pairs->room, sizeof(*pairs->items));
    }
    const uint8_t *target = zone_node_ready(node, set) + ZONE_RR_FIXED;
    struct zone_catalog_member pair = {
        .name = keep(reading->catalog, target, dns_name_len(target)),
        .label = keep(reading->catalog, label, (size_t)label[0] + 1),
    };
    pairs->items[pairs->count++] = pair;
    return pair.name && pair.label ? 0 : ERR_LIMIT;
}

/* RFC 9432 4.1 to 4.3: version.<cat>, <unique>.zones.<cat> and coo.<unique>.zones.<cat>; what is not
 * known, ext among it, says nothing. */
static int read_node(void *context, const struct zone_node *node)
{
    struct reading *reading = context;
    unsigned depth = node->labels - reading->labels;
    if (depth == 1 && is_label(node->owner, "version")) {
        return read_version(reading, node);
    }
    if (depth < 2 || depth > 3 || !is_label(dns_name_up(node->owner, depth - 1), "zones")) {
        return 0;
    }
    if (depth == 2) {
        return read_pointer(reading, &reading->members, node, node->owner);
    }
    return is_label(node->owner, "coo")
               ? read_pointer(reading, &reading->moves, node, dns_name_up(node->owner, 1))
               : 0;
}

static int compare_labels(const void *a, const void *b)
{
    const uint8_t *x = ((const struct zone_catalog_member *)a)->label;
    const uint8_t *y = ((const struct zone_catalog_member *)b)->label;
    return x[0] != y[0] ? x[0] - y[0] : memcmp(x + 1, y + 1, x[0]);
}

static int compare_names(const void *a, const void *b)
{
    return dns_name_compare(((const struct zone_catalog_member *)a)->name,
                            ((const struct zone_catalog_member *)b)->name);
}

static void sort(struct pairs *pairs, int (*compare)(const void *a, const void *b))
{
    if (pairs->count > 0) {
        qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare);
    }
}

/* Properties go to their members; one that has none says nothing. */
static void join(struct reading *reading)
{
    struct pairs *members = &reading->members, *moves = &reading->moves;
    sort(members, compare_labels);
    sort(moves, compare_labels);
    size_t at = 0;
    for (size_t i = 0; i < moves->count; i++) {
        while (at < members->count && compare_labels(&members->items[at], &moves->items[i]) < 0) {
            at++;
        }
        if (at < members->count && compare_labels(&members->items[at], &moves->items[i]) == 0) {
            members->items[at].coo = moves->items[i].name;
        }
    }
    sort(members, compare_names);
}

static int check_whole(const struct reading *reading)
{
    if (!reading->has_version) {
        return broken(reading, reading->name, "no schema version");
    }
    for (size_t i = 1; i < reading->members.count; i++) {
        const struct zone_catalog_member *member = &reading->members.items[i];
        if (dns_name_equal(member[-1].name, member->name)) { /* RFC 9432 4.1 */
            return broken(reading, member->name, "listed twice");
        }
    }
    return 0;
}

int zone_catalog_read(const struct zone *zone, uint64_t version, size_t max,
                      struct zone_catalog **out_catalog, char *out_why)
{
    struct zone_catalog *catalog = mem_alloc(sizeof(*catalog));
    struct reading reading = {.name = zone_name(zone),
                              .labels = zone_labels(zone),
                              .max = max,
                              .catalog = catalog,
                              .why = out_why};
    arena_init(&catalog->arena, (max + ROOM_LEAST) * 2 * MEMBER_OCTETS);
    (void)snprintf(out_why, ZONE_CATALOG_WHY, "%s", err_text(ERR_LIMIT));
    int err = zone_walk(zone, version, read_node, &reading);
    if (!err) {
        join(&reading);
        err = check_whole(&reading);
    }
    catalog->members = reading.members.items;
    catalog->count = reading.members.count;
    mem_free(reading.moves.items);
    if (err) {
        zone_catalog_destroy(catalog);
        return err;
    }
    *out_catalog = catalog;
    return 0;
}

void zone_catalog_destroy(struct zone_catalog *catalog)
{
    if (catalog) {
        arena_finish(&catalog->arena);
        mem_free(catalog->members);
        mem_free(catalog);
    }
}

const struct zone_catalog_member *zone_catalog_members(const struct zone_catalog *catalog,
                                                       size_t *out_count)
{
    *out_count = catalog->count;
    return catalog->members;
}

const struct zone_catalog_member *zone_catalog_find(const struct zone_catalog *catalog,
                                                    const uint8_t *name)
{
    struct zone_catalog_member key = {.name = name};
    return catalog->count > 0 ? bsearch(&key, catalog->members, catalog->count,
                                        sizeof(*catalog->members), compare_names)
                              : NULL;
}

/* --- writing --------------------------------------------------------------------------------------- */

/* A name below the edited catalog: `left` is len octets of labels. */
static int name_below(struct zone_edit *edit, const void *left, size_t len, uint8_t *out_name)
{
    size_t out_len;
    return dns_name_join(left, len, zone_name(zone_edit_zone(edit)), out_name, &out_len);
}

/* <unique>.zones.<cat> */
static int member_node(struct zone_edit *edit, const uint8_t *label, uint8_t *out_name)
{
    static const uint8_t zones[] = {5, 'z', 'o', 'n', 'e', 's'};
    uint8_t left[ZONE_CATALOG_LABEL_MAX + sizeof(zones)];
    size_t len = (size_t)label[0] + 1;
    memcpy(left, label, len);
    memcpy(left + len, zones, sizeof(zones));
    return name_below(edit, left, len + sizeof(zones), out_name);
}

int zone_catalog_make(struct zone_edit *edit)
{
    static const uint8_t invalid[] = {7, 'i', 'n', 'v', 'a', 'l', 'i', 'd', 0};
    static const uint8_t version[] = {7, 'v', 'e', 'r', 's', 'i', 'o', 'n'};
    static const uint8_t schema[] = {1, '2'};
    static const uint32_t times[] = {1, 3600, 600, 2147483646, 0}; /* RFC 9432, appendix A */
    const uint8_t *apex = zone_name(zone_edit_zone(edit));
    uint8_t soa[2 * sizeof(invalid) + sizeof(times)], owner[DNS_NAME_MAX];
    struct wr wr = wr_make(soa, sizeof(soa));
    wr_bytes(&wr, invalid, sizeof(invalid));
    wr_bytes(&wr, invalid, sizeof(invalid));
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        wr_u32(&wr, times[i]);
    }
    int err = name_below(edit, version, sizeof(version), owner);
    err = err ? err : zone_edit_add(edit, apex, DNS_TYPE_SOA, TTL_S, soa, wr_len(&wr));
    err = err ? err : zone_edit_add(edit, apex, DNS_TYPE_NS, TTL_S, invalid, sizeof(invalid));
    return err ? err : zone_edit_add(edit, owner, DNS_TYPE_TXT, TTL_S, schema, sizeof(schema));
}

void zone_catalog_label(uint64_t number, uint8_t *out_label)
{
    char digits[LABEL_DIGITS + 1];
    (void)snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)number);
    out_label[0] = LABEL_DIGITS;
    memcpy(out_label + 1, digits, LABEL_DIGITS);
}

int zone_catalog_add(struct zone_edit *edit, const uint8_t *label, const uint8_t *member)
{
    uint8_t owner[DNS_NAME_MAX], name[DNS_NAME_MAX];
    size_t len = dns_name_len(member);
    int err = member_node(edit, label, owner);
    if (err) {
        return err;
    }
    dns_name_lower(member, len, name);
    return zone_edit_get(edit, owner) ? ERR_EXISTS
                                      : zone_edit_add(edit, owner, DNS_TYPE_PTR, TTL_S, name, len);
}

bool zone_catalog_remove(struct zone_edit *edit, const uint8_t *label)
{
    static const uint8_t coo[] = {3, 'c', 'o', 'o'}, group[] = {5, 'g', 'r', 'o', 'u', 'p'};
    uint8_t owner[DNS_NAME_MAX], below[DNS_NAME_MAX];
    size_t len;
    if (member_node(edit, label, owner) || !zone_edit_get(edit, owner)) {
        return false;
    }
    if (!dns_name_join(coo, sizeof(coo), owner, below, &len)) {
        (void)zone_edit_set(edit, below, DNS_TYPE_PTR, 0, NULL, 0);
    }
    if (!dns_name_join(group, sizeof(group), owner, below, &len)) {
        (void)zone_edit_set(edit, below, DNS_TYPE_TXT, 0, NULL, 0);
    }
    return zone_edit_set(edit, owner, DNS_TYPE_PTR, 0, NULL, 0) == 0;
}
