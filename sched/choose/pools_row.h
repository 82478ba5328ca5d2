/* The row of a pool: what its records and its centre's say, as the columns of the table.
 *
 * Only records that are public and well formed count, and of several records of a type those first in canonical
 * order: an RRset has no other. The row is scratch memory of the table's writer, used again and again. */
#pragma once

#include "sched/choose/pools_form.h"
#include "zones/cres.h"
#include "zones/zone_node.h"

enum {
    POOLS_ROW_RECORDS = 32,             /* CRES of one pool that count */
    POOLS_ROW_ITEMS = 1024,             /* items of all lists of one pool that count */
    POOLS_ROW_CENTRE = ATTR_INDEX_arch, /* attributes of CENTRE are the first of all */
    POOLS_ROW_LOAD = ATTR_INDEX_obs,    /* columns of CLOAD begin here */
    POOLS_ROW_LOAD_END = ATTR_INDEX_medium,
};

/* What a centre gives to pools that do not say it themselves. */
struct pools_row_centre {
    uint32_t has; /* bit: column */
    uint64_t value[POOLS_ROW_CENTRE];
};

struct pools_row {
    uint64_t has[2];               /* bit: column; also what has no values, a list or span */
    uint64_t value[POOLS_COLUMNS]; /* 0 of those */
    uint64_t maint_from_s, maint_until_s;
    size_t item_count;
    struct pools_item items[POOLS_ROW_ITEMS]; /* by key, then hash; each once */
};

/* The records of a type that count, in canonical order; the first max of them.
 * Shape: borrowed from the node, which may be NULL. Units: records. Errors: 0. Source: RFC 4034 6.3. */
size_t pools_row_records(const struct zone_node *node, uint16_t type, struct cres_rdata *out,
                         size_t max);

/* True when a row has a column. Shape: none. Units: none. Errors: none. Source: none. */
static inline bool pools_row_has(const struct pools_row *row, unsigned column)
{
    return row->has[column / 64] >> column % 64 & 1;
}

/* The number of an attribute as a column holds it; false when columns do not hold its kind.
 * Shape: a value that passed its check. Units: the attribute's. Errors: false. Source: docs/records.md. */
bool pools_row_number(const struct hash_key *key, const struct cres_attr *attr,
                      uint64_t *out_number);

/* Order of items, for qsort: by key, then hash. Shape: struct pools_item. Units: none. Errors: none. Source: none. */
int pools_row_compare_items(const void *a, const void *b);

/* Read a span. Shape: 16 octets. Units: epoch s. Errors: none. Source: docs/records.md. */
void pools_row_span(const uint8_t *value, uint64_t *out_from_s, uint64_t *out_until_s);

/* Empty a row and fill it from the records of a pool; false when none of them is a CRES that counts. Name and
 * centre are the caller's.
 * Shape: none. Units: none. Errors: false. Source: docs/records.md. */
bool pools_row_fill(struct pools_row *row, const struct hash_key *key, const struct zone_node *node,
                    const struct pools_row_centre *centre);

/* The same for the columns of CLOAD alone. Shape: others stay. Units: none. Errors: none. Source: docs/records.md. */
void pools_row_fill_load(struct pools_row *row, const struct hash_key *key,
                         const struct zone_node *node);
