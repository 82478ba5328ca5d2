#include "zones/zone_lease_group.h"

#include <string.h>

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_get.h"
#include "zones/zone_update_rule.h"

enum { CAPTURED_MAX_S = 600 }; /* twice the fudge that RFC 8945 10 recommends */

/* What one message said of one record, in the order of messages. */
enum word {
    WORD_GRANT,   /* a lease from now on */
    WORD_KEEP,    /* for good */
    WORD_INHERIT, /* the lease of the record that it replaces, if that had one */
    WORD_DROP,    /* no lease, whatever has become of the record */
};

struct wish {
    enum word word;
    struct zone_lease_id id; /* owner is in owner[] */
    uint64_t from;           /* WORD_INHERIT: digest of the record that is replaced */
    struct zone_lease_term term;
    uint8_t owner[];
};

struct zone_lease_group {
    unsigned refs;
    struct zone_lease_table *table;
    struct wish **wishes;
    size_t wish_count, wish_room;
    /* What the group makes of the table: terms of those that get one, and ids of those that lose
     * theirs. A record is in one of both, or in none when the group changes nothing for it. */
    struct zone_lease_table *set, *gone;
};

struct zone_lease_group *zone_lease_group_create(const struct hash_key *key)
{
    struct zone_lease_group *group = mem_alloc(sizeof(*group));
    group->refs = 1;
    group->table = zone_lease_create(key);
    group->set = zone_lease_create(key);
    group->gone = zone_lease_create(key);
    return group;
}

struct zone_lease_group *zone_lease_group_ref(struct zone_lease_group *group)
{
    group->refs++;
    return group;
}

void zone_lease_group_unref(struct zone_lease_group *group)
{
    if (!group || --group->refs > 0) {
        return;
    }
    zone_lease_group_rewind(group, 0);
    mem_free(group->wishes);
    zone_lease_destroy(group->table);
    zone_lease_destroy(group->set);
    zone_lease_destroy(group->gone);
    mem_free(group);
}

struct zone_lease_table *zone_lease_group_table(struct zone_lease_group *group)
{
    return group->table;
}

size_t zone_lease_group_mark(const struct zone_lease_group *group)
{
    return group->wish_count;
}

void zone_lease_group_rewind(struct zone_lease_group *group, size_t mark)
{
    while (group->wish_count > mark) {
        mem_free(group->wishes[--group->wish_count]);
    }
}

static struct wish *add_wish(struct zone_lease_group *group, enum word word,
                             const struct zone_lease_id *id)
{
    size_t len = dns_name_len(id->owner);
    struct wish *wish = mem_alloc(sizeof(*wish) + len);
    if (group->wish_count == group->wish_room) {
        group->wish_room = group->wish_room ? 2 * group->wish_room : 16;
        group->wishes = mem_grow(group->wishes, group->wish_room, sizeof(*group->wishes));
    }
    group->wishes[group->wish_count++] = wish;
    memcpy(wish->owner, id->owner, len);
    wish->word = word;
    wish->id = (struct zone_lease_id){wish->owner, id->type, id->digest};
    return wish;
}

/* The published record that an observation replaces without being newer; false: it is news. */
static bool find_same(struct zone_edit *edit, const uint8_t *owner, uint16_t type,
                      const uint8_t *rdata, size_t len, struct zone_rr *out_rr)
{
    if (type != DNS_TYPE_CLOAD && type != DNS_TYPE_CNET) {
        return false;
    }
    const struct zone *zone = zone_edit_zone(edit);
    const struct zone_node *node = zone_get_name(zone, zone_version(zone), owner);
    return zone_update_rule_is_old(node, type, rdata, len, out_rr);
}

void zone_lease_group_add(struct zone_lease_group *group, struct zone_edit *edit,
                          const uint8_t *owner, uint16_t type, const uint8_t *rdata, size_t len,
                          const struct zone_lease_term *term, bool has_lease)
{
    bool is_idle = group->wish_count == 0 && zone_lease_count(group->table) == 0;
    if (type == DNS_TYPE_SOA || (!has_lease && is_idle)) {
        return; /* a zone has its SOA for good; and nobody has a lease to lose */
    }
    struct zone_lease_id id = {owner, type, zone_lease_digest(type, rdata, len)};
    struct zone_rr old;
    if (find_same(edit, owner, type, rdata, len, &old)) {
        uint64_t from = zone_lease_digest(type, old.rdata, old.len);
        if (from != id.digest) {
            add_wish(group, WORD_INHERIT, &id)->from = from;
        }
        return;
    }
    add_wish(group, has_lease ? WORD_GRANT : WORD_KEEP, &id)->term = *term;
}

void zone_lease_group_drop(struct zone_lease_group *group, const struct zone_lease_id *id)
{
    add_wish(group, WORD_DROP, id);
}

/* --- settling ---------------------------------------------------------------------------------- */

/* The lease of a record as the group has it so far, or NULL. */
static const struct zone_lease *present(const struct zone_lease_group *group,
                                        const struct zone_lease_id *id)
{
    const struct zone_lease *lease = zone_lease_find(group->set, id);
    if (lease || zone_lease_find(group->gone, id)) {
        return lease;
    }
    return zone_lease_find(group->table, id);
}

static void grant(struct zone_lease_group *group, const struct zone_lease_id *id,
                  const struct zone_lease_term *term)
{
    zone_lease_remove(group->gone, id);
    zone_lease_set(group->set, id, term);
}

static void take_away(struct zone_lease_group *group, const struct zone_lease_id *id)
{
    static const struct zone_lease_term none = {0};
    zone_lease_remove(group->set, id);
    if (zone_lease_find(group->table, id)) {
        zone_lease_set(group->gone, id, &none);
    }
}

/* Records that the group took out of the zone lose their leases; one that came back, with another
 * TTL or in other letters, keeps it. Of one name and type the removed come before the added. */
static void settle_diff(struct zone_lease_group *group, const uint8_t *diff, size_t len)
{
    struct zone_diff_reader reader = zone_diff_begin(diff, len);
    struct zone_diff_record record;
    while (zone_diff_next(&reader, &record)) {
        struct zone_lease_id id = {record.owner, record.type,
                                   zone_lease_digest(record.type, record.rdata, record.len)};
        if (record.added) {
            zone_lease_remove(group->gone, &id);
        } else {
            take_away(group, &id);
        }
    }
}

bool zone_lease_group_find(const struct zone_node *node, const struct zone_lease_id *id,
                           struct zone_rr *out_rr)
{
    struct zone_records records = zone_node_records(node, id->type);
    while (zone_node_next(&records.pos, records.end, out_rr)) {
        if (zone_lease_digest(id->type, out_rr->rdata, out_rr->len) == id->digest) {
            return true;
        }
    }
    return false;
}

static bool is_there(struct zone_edit *edit, const struct zone_lease_id *id)
{
    struct zone_rr rr;
    return zone_lease_group_find(zone_edit_get(edit, id->owner), id, &rr);
}

/* A captured message comes again: signed before the one that granted the present lease, or, when the
 * table of messages seen has not survived the start, in the same second. Farther apart than two
 * valid signatures can be, a clock was set back in between, and that proves nothing. */
static bool is_captured(const struct zone_lease *lease, const struct zone_lease_term *term)
{
    if (!lease || term->signed_s == 0 || lease->term.signed_s < term->signed_s ||
        lease->term.signed_s - term->signed_s > CAPTURED_MAX_S) {
        return false;
    }
    return lease->term.signed_s > term->signed_s || lease->term.is_restored;
}

static void settle_wish(struct zone_lease_group *group, const struct wish *wish)
{
    const struct zone_lease_id replaced = {wish->owner, wish->id.type, wish->from};
    const struct zone_lease *lease;
    switch (wish->word) {
    case WORD_GRANT:
        if (!is_captured(present(group, &wish->id), &wish->term)) {
            grant(group, &wish->id, &wish->term);
        }
        return;
    case WORD_KEEP:
        if (!is_captured(present(group, &wish->id), &wish->term)) {
            take_away(group, &wish->id);
        }
        return;
    case WORD_INHERIT: /* from the table: the replaced record is gone from the group's view */
        lease = zone_lease_find(group->table, &replaced);
        if (lease) {
            grant(group, &wish->id, &lease->term);
        } else {
            take_away(group, &wish->id);
        }
        return;
    case WORD_DROP:
        take_away(group, &wish->id);
    }
}

bool zone_lease_group_settle(struct zone_lease_group *group, struct zone_edit *edit,
                             const uint8_t *diff, size_t diff_len)
{
    if (diff && zone_lease_count(group->table) > 0) {
        settle_diff(group, diff, diff_len);
    }
    for (size_t i = 0; i < group->wish_count; i++) {
        const struct wish *wish = group->wishes[i];
        /* a group may wish the same again and again: what is in set was looked for already */
        if (wish->word == WORD_DROP || zone_lease_find(group->set, &wish->id) ||
            is_there(edit, &wish->id)) {
            settle_wish(group, wish);
        }
    }
    return zone_lease_count(group->set) + zone_lease_count(group->gone) > 0;
}

struct visiting {
    void (*visit)(void *context, const struct zone_lease_group_change *change);
    void *context;
    bool is_gone;
};

static void visit_lease(void *context, const struct zone_lease *lease)
{
    const struct visiting *visiting = context;
    struct zone_lease_group_change change = {lease->id, visiting->is_gone ? NULL : &lease->term};
    visiting->visit(visiting->context, &change);
}

void zone_lease_group_each(const struct zone_lease_group *group,
                           void (*visit)(void *context,
                                         const struct zone_lease_group_change *change),
                           void *context)
{
    struct visiting visiting = {visit, context, true};
    zone_lease_each(group->gone, visit_lease, &visiting);
    visiting.is_gone = false;
    zone_lease_each(group->set, visit_lease, &visiting);
}

static void make_true(void *context, const struct zone_lease_group_change *change)
{
    struct zone_lease_table *table = context;
    if (change->term) {
        zone_lease_set(table, &change->id, change->term);
    } else {
        zone_lease_remove(table, &change->id);
    }
}

void zone_lease_group_commit(struct zone_lease_group *group)
{
    zone_lease_group_each(group, make_true, group->table);
    zone_lease_group_abort(group);
}

void zone_lease_group_abort(struct zone_lease_group *group)
{
    zone_lease_group_rewind(group, 0);
    zone_lease_clear(group->set);
    zone_lease_clear(group->gone);
}
