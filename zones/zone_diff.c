#include "zones/zone_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_copy.h"

enum { TYPE_FIXED = 6 }; /* octets of a type besides its records */

/* Records of one RRset, to be compared with those of another version. */
struct side {
    struct zone_rr *records;
    size_t count;
};

struct making {
    struct wr wr;
    size_t bound;
};

static int compare_records(const void *a, const void *b)
{
    const struct zone_rr *x = a, *y = b;
    if (x->len != y->len) {
        return x->len < y->len ? -1 : 1;
    }
    int order = memcmp(x->rdata, y->rdata, x->len);
    return order ? order : (x->ttl_s > y->ttl_s) - (x->ttl_s < y->ttl_s);
}

static struct side side_of(const struct zone_node *node, const struct zone_rrset *set)
{
    struct side side = {NULL, 0};
    if (!set) {
        return side;
    }
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    side.records = mem_alloc(set->count * sizeof(*side.records));
    while (zone_node_next(&pos, end, &side.records[side.count])) {
        side.count++;
    }
    qsort(side.records, side.count, sizeof(*side.records), compare_records);
    return side;
}

static void put_record(struct wr *wr, const struct zone_rr *rr)
{
    wr_u32(wr, rr->ttl_s);
    wr_u16(wr, rr->len);
    wr_bytes(wr, rr->rdata, rr->len);
}

/* Write the records of `from` that `other` does not have; returns how many. Both are sorted. */
static unsigned put_missing(struct wr *wr, const struct side *from, const struct side *other)
{
    unsigned count = 0;
    size_t j = 0;
    for (size_t i = 0; i < from->count; i++) {
        while (j < other->count && compare_records(&other->records[j], &from->records[i]) < 0) {
            j++;
        }
        if (j == other->count || compare_records(&other->records[j], &from->records[i]) != 0) {
            put_record(wr, &from->records[i]);
            count++;
        }
    }
    return count;
}

/* The records of one type at one name, before and after; for finish_sides. False when both versions
 * have the same octets. */
static bool take_sides(const struct zone_edit_change *change, uint16_t type, struct side *out_old,
                       struct side *out_new)
{
    const struct zone_rrset *before =
        change->old_node ? zone_node_find(change->old_node, type) : NULL;
    const struct zone_rrset *after =
        change->new_node ? zone_node_find(change->new_node, type) : NULL;
    if (before && after && before->size == after->size &&
        memcmp(zone_node_ready(change->old_node, before), zone_node_ready(change->new_node, after),
               before->size) == 0) {
        return false;
    }
    *out_old = side_of(change->old_node, before);
    *out_new = side_of(change->new_node, after);
    return true;
}

static void finish_sides(struct side *old_side, struct side *new_side)
{
    mem_free(old_side->records);
    mem_free(new_side->records);
}

/* One type at one name; false when both versions say the same. */
static bool put_type(struct wr *wr, const struct zone_edit_change *change, uint16_t type)
{
    struct side old_side, new_side;
    if (!take_sides(change, type, &old_side, &new_side)) {
        return false;
    }
    size_t mark = wr_len(wr);
    wr_u16(wr, type);
    wr_u32(wr, 0); /* both counts, known below */
    unsigned removed = put_missing(wr, &old_side, &new_side);
    unsigned added = put_missing(wr, &new_side, &old_side);
    finish_sides(&old_side, &new_side);
    if (removed + added == 0) { /* only the order changed */
        wr->pos = wr->base + mark;
        return false;
    }
    wr_patch_u16(wr, mark + 2, removed);
    wr_patch_u16(wr, mark + 4, added);
    return true;
}

/* True when one of both versions has a record that the other has not. Both are sorted. */
static bool is_different(const struct side *a, const struct side *b)
{
    bool different = a->count != b->count;
    for (size_t i = 0; !different && i < a->count; i++) {
        different = compare_records(&a->records[i], &b->records[i]) != 0;
    }
    return different;
}

/* The smallest type of a node that is larger than one seen already, or 0 after the last. */
static unsigned next_type(const struct zone_node *node, unsigned after)
{
    const struct zone_rrset *sets = node ? zone_node_rrsets(node) : NULL;
    for (unsigned i = 0; node && i < node->rrset_count; i++) {
        if (sets[i].type > after) {
            return sets[i].type;
        }
    }
    return 0;
}

/* The next type of either version, or 0 after the last. */
static unsigned next_of_both(const struct zone_edit_change *change, unsigned after)
{
    unsigned a = next_type(change->old_node, after), b = next_type(change->new_node, after);
    return a && (a < b || !b) ? a : b;
}

bool zone_diff_is_change_of(const struct zone_edit_change *change, uint16_t type)
{
    struct side old_side, new_side;
    if (!take_sides(change, type, &old_side, &new_side)) {
        return false;
    }
    bool different = is_different(&old_side, &new_side);
    finish_sides(&old_side, &new_side);
    return different;
}

bool zone_diff_is_change(const struct zone_edit_change *change)
{
    for (unsigned type = 0; (type = next_of_both(change, type)) != 0;) {
        if (zone_diff_is_change_of(change, (uint16_t)type)) {
            return true;
        }
    }
    return false;
}

bool zone_diff_is_same(const struct zone_edit_change *change, uint16_t type)
{
    const struct zone_rrset *a = change->old_node ? zone_node_find(change->old_node, type) : NULL;
    const struct zone_rrset *b = change->new_node ? zone_node_find(change->new_node, type) : NULL;
    if (!a || !b) {
        return a == b;
    }
    const uint8_t *x = zone_node_ready(change->old_node, a),
                  *y = zone_node_ready(change->new_node, b);
    return a->size == b->size && memcmp(x, y, a->size) == 0;
}

static int put_name(void *context, const struct zone_edit_change *change)
{
    struct making *making = context;
    struct wr *wr = &making->wr;
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    size_t mark = wr_len(wr);
    wr_u8(wr, node->owner_len);
    wr_bytes(wr, node->owner, node->owner_len);
    size_t count_at = wr_len(wr);
    wr_u16(wr, 0);
    unsigned count = 0;
    for (unsigned type = 0; (type = next_of_both(change, type)) != 0;) {
        count += put_type(wr, change, (uint16_t)type) ? 1 : 0;
    }
    if (count == 0) {
        wr->pos = wr->base + mark;
    } else {
        wr_patch_u16(wr, count_at, count);
    }
    return 0;
}

/* No more octets than both versions have, and the fixed parts. */
static int add_bound(void *context, const struct zone_edit_change *change)
{
    struct making *making = context;
    const struct zone_node *nodes[] = {change->old_node, change->new_node};
    for (unsigned i = 0; i < 2; i++) {
        if (nodes[i]) {
            making->bound += nodes[i]->size + nodes[i]->rrset_count * (size_t)TYPE_FIXED + 3;
        }
    }
    return 0;
}

static uint32_t serial_of(const struct zone_node *apex)
{
    struct dns_soa soa;
    return zone_node_soa(apex, &soa) ? soa.serial : 0;
}

void zone_diff_make(struct zone_edit *edit, uint64_t time_s, uint8_t **out_data, size_t *out_len)
{
    struct making making = {.bound = ZONE_DIFF_HEADER};
    const struct zone *zone = zone_edit_zone(edit);
    zone_edit_each(edit, add_bound, &making);
    *out_data = NULL;
    *out_len = 0;
    if (making.bound == ZONE_DIFF_HEADER) {
        return;
    }
    uint8_t *data = mem_alloc(making.bound);
    making.wr = wr_make(data, making.bound);
    wr_u32(&making.wr, zone_serial(zone, zone_version(zone)));
    wr_u32(&making.wr, serial_of(zone_edit_get(edit, zone_name(zone))));
    wr_uint(&making.wr, time_s, 8);
    zone_edit_each(edit, put_name, &making);
    CHECK(!making.wr.err);
    if (wr_len(&making.wr) == ZONE_DIFF_HEADER) { /* only the order of records has changed */
        mem_free(data);
        return;
    }
    *out_data = data;
    *out_len = wr_len(&making.wr);
}

struct zone_diff_reader zone_diff_begin(const void *data, size_t len)
{
    struct zone_diff_reader reader = {.rd = rd_make(data, len)};
    reader.old_serial = rd_u32(&reader.rd);
    reader.new_serial = rd_u32(&reader.rd);
    reader.time_s = rd_uint(&reader.rd, 8);
    return reader;
}

/* A name as the store has it, in lower case. */
static bool is_owner(const uint8_t *owner, size_t len)
{
    uint8_t lower[DNS_NAME_MAX];
    if (len == 0 || dns_name_measure(owner, len) != len) {
        return false;
    }
    dns_name_lower(owner, len, lower);
    return memcmp(owner, lower, len) == 0;
}

/* Step to the next type, over the next name when the present one is through. */
static bool next_group(struct zone_diff_reader *reader)
{
    struct rd *rd = &reader->rd;
    if (reader->types_left == 0) {
        if (rd_left(rd) == 0) {
            return false;
        }
        size_t len = rd_u8(rd);
        reader->owner = rd_take(rd, len);
        reader->types_left = rd_u16(rd);
        if (rd->err || !is_owner(reader->owner, len) || reader->types_left == 0) {
            rd_fail(rd, ERR_STORE_CORRUPT);
            return false;
        }
    }
    reader->types_left--;
    reader->type = rd_u16(rd);
    reader->removed_left = rd_u16(rd);
    reader->added_left = rd_u16(rd);
    if (reader->removed_left + reader->added_left == 0 || dns_type_is_meta(reader->type)) {
        rd_fail(rd, ERR_STORE_CORRUPT);
    }
    return !rd->err;
}

bool zone_diff_next(struct zone_diff_reader *reader, struct zone_diff_record *out_record)
{
    struct rd *rd = &reader->rd;
    if (rd->err || (reader->removed_left + reader->added_left == 0 && !next_group(reader))) {
        return false;
    }
    out_record->added = reader->removed_left == 0;
    *(out_record->added ? &reader->added_left : &reader->removed_left) -= 1;
    out_record->owner = reader->owner;
    out_record->type = reader->type;
    out_record->ttl_s = rd_u32(rd);
    out_record->len = rd_u16(rd);
    out_record->rdata = rd_take(rd, out_record->len);
    if (!rd->err && (out_record->ttl_s > DNS_TTL_MAX ||
                     dns_rdata_check(out_record->type, out_record->rdata, out_record->len))) {
        rd_fail(rd, ERR_STORE_CORRUPT);
    }
    return !rd->err;
}

/* Who of a change set is applied. */
struct half {
    struct zone_edit *edit;
    bool (*wanted)(void *context, const uint8_t *owner);
    void *context;
    bool added; /* the added, or the removed */
};

/* As it stood in the zone, which may be another server's and break our rules. */
static int add(struct zone_edit *edit, const struct zone_diff_record *record)
{
    int err =
        zone_copy_add(edit, record->owner, record->type, record->ttl_s, record->rdata, record->len);
    return err == ERR_EXISTS ? zone_edit_add(edit, record->owner, record->type, record->ttl_s,
                                             record->rdata, record->len)
                             : err;
}

static int apply_half(const struct half *half, const void *data, size_t len)
{
    struct zone_diff_reader reader = zone_diff_begin(data, len);
    struct zone_diff_record record;
    const uint8_t *owner = NULL;
    bool want = true;
    int err = 0;
    while (!err && zone_diff_next(&reader, &record)) {
        if (record.owner != owner) {
            owner = record.owner;
            want = !half->wanted || half->wanted(half->context, owner);
        }
        if (!want || record.added != half->added) {
            continue;
        }
        if (record.added) {
            err = add(half->edit, &record);
        } else {
            zone_edit_remove(half->edit, owner, record.type, record.rdata, record.len);
        }
    }
    return reader.rd.err ? ERR_STORE_CORRUPT : err;
}

int zone_diff_apply(struct zone_edit *edit, const void *data, size_t len,
                    bool (*wanted)(void *context, const uint8_t *owner), void *context)
{
    /* Everything goes before anything comes: a CNAME may take the place of other types. */
    struct half half = {edit, wanted, context, false};
    int err = apply_half(&half, data, len);
    half.added = true;
    return err ? err : apply_half(&half, data, len);
}
