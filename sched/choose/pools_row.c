#include "sched/choose/pools_row.h"

#include <stdlib.h>
#include <string.h>

#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

enum { SPAN_HALF = 8 };

_Static_assert(POOLS_ROW_CENTRE <= 32, "columns of a centre fit a mask of 32 bits");
_Static_assert(POOLS_COLUMNS <= 128, "columns fit two masks of 64 bits");

/* Where a record goes among those that are sorted already. */
static size_t find_place(uint16_t type, const struct cres_rdata *sorted, size_t count,
                         struct cres_rdata record)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cres_rdata *other = &sorted[middle];
        bool is_after =
            dns_rdata_compare(type, record.data, record.len, other->data, other->len) > 0;
        low = is_after ? middle + 1 : low;
        high = is_after ? high : middle;
    }
    return low;
}

size_t pools_row_records(const struct zone_node *node, uint16_t type, struct cres_rdata *out,
                         size_t max)
{
    struct zone_records records = zone_node_records(node, type);
    struct zone_rr rr;
    size_t count = 0;
    while (zone_node_next(&records.pos, records.end, &rr)) {
        struct cres_rdata record = {rr.rdata, rr.len};
        if (cres_check(type, rr.rdata, rr.len, NULL) || !cres_is_public(record)) {
            continue; /* secondaries keep what their primary has */
        }
        size_t at = find_place(type, out, count, record);
        if (at < max) {
            size_t last = count < max ? count : max - 1;
            memmove(out + at + 1, out + at, (last - at) * sizeof(*out));
            out[at] = record;
            count = last + 1;
        }
    }
    return count;
}

static uint64_t mask_of(const struct cres_attr *attr)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < attr->len; i++) {
        mask |= (uint64_t)1 << (attr->value[i] - 1);
    }
    return mask;
}

bool pools_row_number(const struct hash_key *key, const struct cres_attr *attr,
                      uint64_t *out_number)
{
    switch ((enum attr_kind)attr_find(attr->key)->kind) {
    case ATTR_UINT:
    case ATTR_ENUM:
        *out_number = attr_uint_get(attr->value, attr->len);
        return true;
    case ATTR_BOOL:
        *out_number = 1;
        return true;
    case ATTR_SET:
        *out_number = mask_of(attr);
        return true;
    case ATTR_TEXT:
        *out_number = pools_text_hash(key, (const char *)attr->value, attr->len);
        return true;
    case ATTR_LIST:
    case ATTR_DIGEST:
    case ATTR_SPAN:
    case ATTR_WEIGHTS:
        break;
    }
    return false;
}

void pools_row_span(const uint8_t *value, uint64_t *out_from_s, uint64_t *out_until_s)
{
    *out_from_s = attr_uint_get(value, SPAN_HALF);
    *out_until_s = attr_uint_get(value + SPAN_HALF, SPAN_HALF);
}

/* A row under construction. */
struct filling {
    struct pools_row *row;
    const struct hash_key *key;
    uint64_t taken[2]; /* columns of the records before this one; lists and spans, too */
    unsigned owner[CRES_GROUPS], turn; /* record from 1 that has a group, 0: none yet */
};

static void set(struct pools_row *row, size_t column, uint64_t value)
{
    row->has[column / 64] |= (uint64_t)1 << column % 64;
    row->value[column] = value;
}

/* True when this record says the attribute: no record before does, and what belongs together is its. */
static bool claim(struct filling *filling, uint16_t key, size_t column)
{
    if (filling->taken[column / 64] >> column % 64 & 1) {
        return false;
    }
    unsigned group = cres_group(key);
    if (group == CRES_GROUPS) {
        return true;
    }
    filling->owner[group] = filling->owner[group] ? filling->owner[group] : filling->turn;
    return filling->owner[group] == filling->turn;
}

static void take_list(struct filling *filling, const struct cres_attr *attr)
{
    struct pools_row *row = filling->row;
    const uint8_t *at = attr->value, *end = at + attr->len;
    for (; at < end && row->item_count < POOLS_ROW_ITEMS; at += at[0] + 1) {
        uint64_t hash = pools_text_hash(filling->key, (const char *)at + 1, at[0]);
        row->items[row->item_count++] = (struct pools_item){attr->key, hash};
    }
}

static void take_attr(struct filling *filling, const struct cres_attr *attr, size_t column)
{
    struct pools_row *row = filling->row;
    uint64_t number;
    if (attr->key == ATTR_KEY_maint) {
        pools_row_span(attr->value, &row->maint_from_s, &row->maint_until_s);
        set(row, column, 0);
    } else if (attr_get(column)->kind == ATTR_LIST) {
        take_list(filling, attr);
        set(row, column, 0);
    } else if (pools_row_number(filling->key, attr, &number)) {
        set(row, column, number);
    }
}

static void take_record(struct filling *filling, struct cres_rdata record)
{
    struct cres_iter iter;
    struct cres_attr attr;
    uint64_t said[2] = {0, 0};
    filling->turn++;
    cres_attrs(record.data, record.len, &iter);
    while (cres_next(&iter, &attr)) {
        const struct attr_row *row = attr_find(attr.key);
        if (!row || attr.key == ATTR_KEY_vis) { /* all that is here is public */
            continue;
        }
        size_t column = (size_t)(row - attr_get(0));
        if (claim(filling, attr.key, column)) {
            take_attr(filling, &attr, column);
            said[column / 64] |= (uint64_t)1 << column % 64;
        }
    }
    filling->taken[0] |= said[0];
    filling->taken[1] |= said[1];
}

int pools_row_compare_items(const void *a, const void *b)
{
    const struct pools_item *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key)
                            : (x->hash > y->hash) - (x->hash < y->hash);
}

static void sort_items(struct pools_row *row)
{
    size_t kept = 0;
    if (row->item_count > 1) {
        qsort(row->items, row->item_count, sizeof(row->items[0]), pools_row_compare_items);
    }
    for (size_t i = 0; i < row->item_count; i++) {
        if (kept == 0 || pools_row_compare_items(&row->items[kept - 1], &row->items[i]) != 0) {
            row->items[kept++] = row->items[i];
        }
    }
    row->item_count = kept;
}

/* What the pool leaves out its centre says; the worse of two states counts. */
static void add_centre(struct pools_row *row, const struct pools_row_centre *centre)
{
    for (uint32_t left = centre->has; left; left &= left - 1) {
        unsigned column = (unsigned)__builtin_ctz(left);
        bool is_worse = column == ATTR_INDEX_state && centre->value[column] > row->value[column];
        if (!pools_row_has(row, column) || is_worse) {
            set(row, column, centre->value[column]);
        }
    }
}

bool pools_row_fill(struct pools_row *row, const struct hash_key *key, const struct zone_node *node,
                    const struct pools_row_centre *centre)
{
    struct cres_rdata records[POOLS_ROW_RECORDS];
    size_t count = pools_row_records(node, DNS_TYPE_CRES, records, POOLS_ROW_RECORDS);
    struct filling filling = {.row = row, .key = key};
    row->has[0] = row->has[1] = 0;
    row->maint_from_s = row->maint_until_s = 0;
    row->item_count = 0;
    for (size_t i = 0; i < count; i++) {
        take_record(&filling, records[i]);
    }
    sort_items(row);
    add_centre(row, centre);
    pools_row_fill_load(row, key, node);
    return count > 0;
}

void pools_row_fill_load(struct pools_row *row, const struct hash_key *key,
                         const struct zone_node *node)
{
    struct cres_rdata record;
    struct filling filling = {.row = row, .key = key};
    for (unsigned column = POOLS_ROW_LOAD; column < POOLS_ROW_LOAD_END; column++) {
        row->has[column / 64] &= ~((uint64_t)1 << column % 64);
    }
    if (pools_row_records(node, DNS_TYPE_CLOAD, &record, 1) > 0) {
        take_record(&filling, record);
    }
}
