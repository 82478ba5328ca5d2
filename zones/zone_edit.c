#include "zones/zone_edit.h"

#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

struct entry {
    const struct zone_node *base; /* published, or NULL */
    struct zone_node *now;        /* ours, or base, or NULL */
    size_t saved;                 /* undos when the newest of them was of this entry, or 0 */
};

struct undo {
    size_t entry;
    struct zone_node *before;
    size_t saved; /* of the entry, before */
};

struct zone_edit {
    struct zone *zone;
    uint64_t base_version;
    struct zone_edit_limits limits;
    struct entry *entries; /* in order of first touch */
    uint64_t *hashes;      /* of the entries' names */
    size_t count, room;
    uint32_t *slots; /* entry number + 1, by hash; twice the room */
    struct undo *undos;
    size_t undo_count, undo_room;
    bool marked;     /* a savepoint is set: keep what it had */
    size_t mark;     /* undos at the newest savepoint */
    uint8_t *buffer; /* ZONE_RRSET_MAX octets to build an RRset in */
};

struct zone_edit *zone_edit_begin(struct zone *zone, const struct zone_edit_limits *limits)
{
    struct zone_edit *edit = mem_alloc(sizeof(*edit));
    edit->zone = zone;
    edit->base_version = zone_version(zone);
    edit->limits = *limits;
    edit->buffer = mem_alloc(ZONE_RRSET_MAX);
    return edit;
}

struct zone_edit_limits zone_edit_swap_limits(struct zone_edit *edit,
                                              const struct zone_edit_limits *limits)
{
    struct zone_edit_limits before = edit->limits;
    edit->limits = *limits;
    return before;
}

struct zone *zone_edit_zone(const struct zone_edit *edit)
{
    return edit->zone;
}

static void slots_put(struct zone_edit *edit, size_t number)
{
    size_t mask = 2 * edit->room - 1;
    size_t at = edit->hashes[number] & mask;
    while (edit->slots[at]) {
        at = (at + 1) & mask;
    }
    edit->slots[at] = (uint32_t)number + 1;
}

static void grow(struct zone_edit *edit)
{
    edit->room = edit->room ? 2 * edit->room : 16;
    edit->entries = mem_grow(edit->entries, edit->room, sizeof(*edit->entries));
    edit->hashes = mem_grow(edit->hashes, edit->room, sizeof(*edit->hashes));
    mem_free(edit->slots);
    edit->slots = mem_alloc(2 * edit->room * sizeof(*edit->slots));
    for (size_t i = 0; i < edit->count; i++) {
        slots_put(edit, i);
    }
}

static const struct zone_node *entry_node(const struct entry *entry)
{
    return entry->now ? entry->now : entry->base;
}

/* The entry of a name that the edit touched before, or NULL. */
static struct entry *find_entry(const struct zone_edit *edit, const uint8_t *owner, size_t len,
                                uint64_t hash)
{
    size_t mask = 2 * edit->room - 1;
    for (size_t at = hash & mask; edit->room && edit->slots[at]; at = (at + 1) & mask) {
        struct entry *entry = &edit->entries[edit->slots[at] - 1];
        const struct zone_node *node = entry_node(entry);
        if (node->hash == hash && node->owner_len == len && memcmp(node->owner, owner, len) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* Number of the entry of a name, made when it has none. A name nobody ever had gets an empty
 * node, so that the entry knows its owner. */
static size_t entry_of(struct zone_edit *edit, const uint8_t *owner, size_t len, uint64_t hash)
{
    struct entry *entry = find_entry(edit, owner, len, hash);
    if (entry) {
        return (size_t)(entry - edit->entries);
    }
    if (edit->count == edit->room) {
        grow(edit);
    }
    entry = &edit->entries[edit->count];
    entry->saved = 0;
    entry->base = zone_get(edit->zone, edit->base_version, owner, len, hash);
    entry->now = entry->base ? NULL : zone_node_create(owner, hash, edit->base_version + 1);
    edit->hashes[edit->count] = hash;
    slots_put(edit, edit->count);
    return edit->count++;
}

/* Nobody goes back to the node that an entry has now: a message that changes one name often keeps it
 * once (threats row 9). */
static bool is_fresh(const struct zone_edit *edit, const struct entry *entry)
{
    return !edit->marked || entry->saved > edit->mark;
}

/* Put a new node into an entry; what it replaces is kept for rewinding or freed. */
static void replace(struct zone_edit *edit, size_t number, struct zone_node *node)
{
    struct entry *entry = &edit->entries[number];
    if (is_fresh(edit, entry)) {
        mem_free(entry->now);
        entry->now = node;
        return;
    }
    if (edit->undo_count == edit->undo_room) {
        edit->undo_room = edit->undo_room ? 2 * edit->undo_room : 16;
        edit->undos = mem_grow(edit->undos, edit->undo_room, sizeof(*edit->undos));
    }
    edit->undos[edit->undo_count++] = (struct undo){number, entry->now, entry->saved};
    entry->saved = edit->undo_count;
    entry->now = node;
}

static void add_children(struct zone_edit *edit, size_t number, int delta)
{
    struct entry *entry = &edit->entries[number];
    uint32_t children = entry_node(entry)->children + (uint32_t)delta;
    if (entry->now && is_fresh(edit, entry)) {
        entry->now->children = children;
        return;
    }
    replace(edit, number,
            zone_node_with_children(entry_node(entry), edit->base_version + 1, children));
}

/* A name came into being or went: its parent counts it, and may come or go by that itself, up to
 * the apex. */
static void ripple(struct zone_edit *edit, const uint8_t *owner, const struct dns_labels *labels,
                   int delta)
{
    unsigned top = labels->count - zone_labels(edit->zone);
    for (unsigned i = 1; i <= top; i++) {
        size_t len = (size_t)(labels->offset[labels->count] - labels->offset[i]) + 1;
        size_t number = entry_of(edit, owner + labels->offset[i], len, labels->hash[i]);
        bool before = zone_node_exists(entry_node(&edit->entries[number]));
        add_children(edit, number, delta);
        if (before == zone_node_exists(entry_node(&edit->entries[number]))) {
            return;
        }
    }
}

/* The place of one change: labels, entry, node. False when the name is not in the zone. */
struct place {
    struct dns_labels labels;
    size_t number;
    const struct zone_node *node;
};

static bool find_place(struct zone_edit *edit, const uint8_t *owner, struct place *place)
{
    if (!dns_name_is_in(owner, zone_name(edit->zone))) {
        return false;
    }
    dns_name_index(zone_key(edit->zone), owner, &place->labels);
    size_t len = (size_t)place->labels.offset[place->labels.count] + 1;
    place->number = entry_of(edit, owner, len, place->labels.hash[0]);
    place->node = entry_node(&edit->entries[place->number]);
    return true;
}

static void put_set(struct zone_edit *edit, const struct place *place, uint16_t type,
                    unsigned count, const uint8_t *ready, size_t len)
{
    bool before = zone_node_exists(place->node);
    struct zone_node *node =
        zone_node_with(place->node, edit->base_version + 1, type, count, ready, len);
    bool after = zone_node_exists(node);
    replace(edit, place->number, node);
    if (before != after) {
        uint8_t owner[DNS_NAME_MAX]; /* the entry's node may move while the parents change */
        memcpy(owner, node->owner, node->owner_len);
        ripple(edit, owner, &place->labels, after ? 1 : -1);
    }
}

const struct zone_node *zone_edit_get(struct zone_edit *edit, const uint8_t *owner)
{
    struct place place;
    if (!find_place(edit, owner, &place) || !zone_node_exists(place.node)) {
        return NULL;
    }
    return place.node;
}

/* RFC 2136 3.4.2.2 and RFC 2181 10.1: a CNAME stands alone, but for what signing adds. */
static bool is_cname_conflict(const struct zone_node *node, uint16_t type)
{
    const struct dns_type_row *row = dns_type_find(type);
    if (row && (row->flags & DNS_TYPE_SIGNED)) {
        return false;
    }
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        const struct dns_type_row *other = dns_type_find(sets[i].type);
        bool is_signing = other && (other->flags & DNS_TYPE_SIGNED);
        if (!is_signing && sets[i].type != type &&
            (type == DNS_TYPE_CNAME || sets[i].type == DNS_TYPE_CNAME)) {
            return true;
        }
    }
    return false;
}

/* Copy the records of a set into the edit's buffer with one TTL, leaving out the record that
 * equals rdata; returns the octets and how many were left out. */
static size_t copy_without(struct zone_edit *edit, const struct zone_node *node,
                           const struct zone_rrset *set, const uint32_t *ttl_s,
                           const uint8_t *rdata, size_t len, unsigned *out_left)
{
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    size_t at = 0;
    struct zone_rr rr;
    *out_left = 0;
    while (zone_node_next(&pos, end, &rr)) {
        if (dns_rdata_compare(set->type, rr.rdata, rr.len, rdata, len) == 0) {
            (*out_left)++;
            continue;
        }
        zone_node_write_rr(edit->buffer + at, set->type, ttl_s ? *ttl_s : rr.ttl_s, rr.rdata,
                           rr.len);
        at += (size_t)ZONE_RR_FIXED + rr.len;
    }
    return at;
}

static uint32_t set_ttl(const struct zone_node *node, const struct zone_rrset *set)
{
    const uint8_t *pos = zone_node_ready(node, set);
    struct zone_rr rr;
    zone_node_next(&pos, pos + set->size, &rr);
    return rr.ttl_s;
}

int zone_edit_add(struct zone_edit *edit, const uint8_t *owner, uint16_t type, uint32_t ttl_s,
                  const uint8_t *rdata, size_t len)
{
    struct place place;
    if (!find_place(edit, owner, &place)) {
        return ERR_OUT_OF_ZONE;
    }
    if (is_cname_conflict(place.node, type)) {
        return ERR_ZONE_CNAME;
    }
    const struct dns_type_row *row = dns_type_find(type);
    const struct zone_rrset *set = zone_node_find(place.node, type);
    if (!set && place.node->rrset_count >= edit->limits.types_max) {
        return ERR_LIMIT;
    }
    size_t at = 0;
    unsigned count = 1;
    if (set && !(row && (row->flags & DNS_TYPE_ONE))) {
        unsigned left;
        at = copy_without(edit, place.node, set, &ttl_s, rdata, len, &left);
        count = set->count - left + 1;
        if (left > 0 && set_ttl(place.node, set) == ttl_s) {
            return 0; /* the record is there already */
        }
    }
    const size_t size = at + ZONE_RR_FIXED + len, most = edit->limits.octets_max;
    const size_t whole = place.node->size + size + (set ? 0 : sizeof(*set)) - (set ? set->size : 0);
    if (count > edit->limits.records_max || size > ZONE_RRSET_MAX || (most > 0 && whole > most)) {
        return ERR_LIMIT;
    }
    zone_node_write_rr(edit->buffer + at, type, ttl_s, rdata, len);
    put_set(edit, &place, type, count, edit->buffer, size);
    return 0;
}

bool zone_edit_remove(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                      const uint8_t *rdata, size_t len)
{
    struct place place;
    if (!find_place(edit, owner, &place)) {
        return false;
    }
    const struct zone_rrset *set = zone_node_find(place.node, type);
    unsigned left = 0;
    size_t at = set ? copy_without(edit, place.node, set, NULL, rdata, len, &left) : 0;
    if (left == 0) {
        return false;
    }
    put_set(edit, &place, type, set->count - left, edit->buffer, at);
    return true;
}

int zone_edit_set(struct zone_edit *edit, const uint8_t *owner, uint16_t type, unsigned count,
                  const uint8_t *ready, size_t len)
{
    struct place place;
    if (!find_place(edit, owner, &place)) {
        return ERR_OUT_OF_ZONE;
    }
    const struct zone_rrset *set = zone_node_find(place.node, type);
    if (len > ZONE_RRSET_MAX ||
        (!set && len > 0 && place.node->rrset_count >= edit->limits.types_max)) {
        return ERR_LIMIT;
    }
    bool same = set ? set->size == len && memcmp(zone_node_ready(place.node, set), ready, len) == 0
                    : len == 0;
    if (!same) {
        put_set(edit, &place, type, count, ready, len);
    }
    return 0;
}

int zone_edit_restore(struct zone_edit *edit, const void *image, size_t len)
{
    uint8_t owner[DNS_NAME_MAX];
    struct dns_labels labels;
    const uint8_t *octets = image;
    size_t owner_len = len > 1 ? octets[0] : 0;
    if (owner_len == 0 || owner_len >= len ||
        dns_name_measure(octets + 1, owner_len) != owner_len) {
        return ERR_STORE_CORRUPT;
    }
    dns_name_lower(octets + 1, owner_len, owner);
    if (!dns_name_is_in(owner, zone_name(edit->zone))) {
        return ERR_STORE_CORRUPT;
    }
    dns_name_index(zone_key(edit->zone), owner, &labels);
    struct zone_node *node = zone_node_restore(image, len, labels.hash[0], edit->base_version + 1);
    size_t number = node ? entry_of(edit, owner, owner_len, labels.hash[0]) : 0;
    if (!node || entry_node(&edit->entries[number])->rrset_count > 0) {
        mem_free(node);
        return ERR_STORE_CORRUPT;
    }
    bool before = zone_node_exists(entry_node(&edit->entries[number]));
    node->children = entry_node(&edit->entries[number])->children;
    replace(edit, number, node);
    if (before != zone_node_exists(node)) {
        ripple(edit, owner, &labels, 1);
    }
    return 0;
}

size_t zone_edit_mark(struct zone_edit *edit)
{
    edit->marked = true;
    edit->mark = edit->undo_count;
    return edit->mark;
}

void zone_edit_rewind(struct zone_edit *edit, size_t mark)
{
    while (edit->undo_count > mark) {
        struct undo *undo = &edit->undos[--edit->undo_count];
        struct entry *entry = &edit->entries[undo->entry];
        mem_free(entry->now);
        entry->now = undo->before;
        entry->saved = undo->saved;
    }
    edit->mark = mark;
}

void zone_edit_keep(struct zone_edit *edit)
{
    for (size_t i = 0; i < edit->undo_count; i++) {
        mem_free(edit->undos[i].before);
        edit->entries[edit->undos[i].entry].saved = 0;
    }
    edit->undo_count = 0;
    edit->marked = false;
}

/* True when a node differs from what is published in its records (children follow from other
 * names). */
static bool is_changed(const struct entry *entry)
{
    if (!entry->now) {
        return false;
    }
    if (!entry->base) {
        return zone_node_exists(entry->now);
    }
    const struct zone_node *a = entry->base, *b = entry->now;
    return a->size != b->size || a->children != b->children || a->rrset_count != b->rrset_count ||
           memcmp((const uint8_t *)a + a->table, (const uint8_t *)b + b->table,
                  a->size - a->table) != 0;
}

int zone_edit_each(struct zone_edit *edit,
                   int (*visit)(void *context, const struct zone_edit_change *change),
                   void *context)
{
    for (size_t i = 0; i < edit->count; i++) {
        struct entry *entry = &edit->entries[i];
        if (!is_changed(entry)) {
            continue;
        }
        struct zone_edit_change change = {entry->base,
                                          zone_node_exists(entry->now) ? entry->now : NULL};
        int result = visit(context, &change);
        if (result) {
            return result;
        }
    }
    return 0;
}

static void finish(struct zone_edit *edit)
{
    mem_free(edit->entries);
    mem_free(edit->hashes);
    mem_free(edit->slots);
    mem_free(edit->undos);
    mem_free(edit->buffer);
    mem_free(edit);
}

static void count_node(struct zone_size *size, const struct zone_node *node, bool add)
{
    uint64_t records = 0;
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        records += sets[i].count;
    }
    uint64_t name = node->rrset_count > 0 ? 1 : 0;
    size->names += add ? name : -name; /* unsigned arithmetic wraps back */
    size->records += add ? records : -records;
    size->octets += add ? node->size : -(uint64_t)node->size;
}

bool zone_edit_commit(struct zone_edit *edit)
{
    zone_edit_keep(edit);
    struct zone_size size = zone_measure_nodes(edit->zone);
    struct zone_node **nodes = mem_grow(NULL, edit->count + 1, sizeof(*nodes));
    size_t count = 0;
    for (size_t i = 0; i < edit->count; i++) {
        struct entry *entry = &edit->entries[i];
        if (!is_changed(entry)) {
            mem_free(entry->now);
            continue;
        }
        if (entry->base) {
            count_node(&size, entry->base, false);
        }
        if (zone_node_exists(entry->now)) { /* else it only says that the name is gone */
            count_node(&size, entry->now, true);
        }
        nodes[count++] = entry->now;
    }
    if (count > 0) {
        zone_publish(edit->zone, nodes, count, &size);
    }
    mem_free(nodes);
    finish(edit);
    return count > 0;
}

void zone_edit_abort(struct zone_edit *edit)
{
    if (!edit) {
        return;
    }
    zone_edit_keep(edit);
    for (size_t i = 0; i < edit->count; i++) {
        mem_free(edit->entries[i].now);
    }
    finish(edit);
}
