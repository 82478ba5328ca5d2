/* The table of pools under the hands of its writer: names whose records changed are read anew, and a turn ends
 * with the next version for readers.
 *
 * Belongs to the writer of the zone. What readers hold (struct pools) is part of it and is freed after them.
 * Prefix: pools_ */
#pragma once

#include "sched/choose/pools_form.h"
#include "zones/zone_node.h"

struct pools_table;

/* Where names are looked up: a zone, or an edit as it stands. */
struct pools_lookup {
    const struct zone_node *(*get)(void *context, const uint8_t *owner);
    void *context;
};

/* What of a name is to be read anew, as a set. */
enum pools_table_what {
    POOLS_TABLE_CENTRE = 1, /* CENTRE */
    POOLS_TABLE_PATHS = 2,  /* CNET, LOC */
    POOLS_TABLE_POOL = 4,   /* CRES */
    POOLS_TABLE_LOAD = 8,   /* CLOAD */
    POOLS_TABLE_DATA = 16,  /* CDATA */
};

/* Make an empty table, not yet for readers. Shape: apex wire form, lower case, copied. Units: none. Errors:
 * aborts without memory. Source: none. */
struct pools_table *pools_table_create(const uint8_t *apex, const struct hash_key *key);

/* Free it at once; NULL is accepted. Shape: no reader has anything of it. Units: none. Errors: none.
 * Source: none. */
void pools_table_destroy(struct pools_table *table);

/* Read a name anew. Shape: owner in the zone, wire form, lower case; what is a set of pools_table_what. Units:
 * none. Errors: aborts without memory. Source: docs/records.md. */
void pools_table_renew(struct pools_table *table, const struct pools_lookup *lookup,
                       const uint8_t *owner, unsigned what);

/* As pools_table_renew, for a walk over a whole zone, each name once: a centre that its pools have brought in already is not
 * read twice. Shape: the node of the name. Units: none. Errors: aborts without memory. Source: docs/records.md. */
void pools_table_add(struct pools_table *table, const struct pools_lookup *lookup,
                     const struct zone_node *node);

/* End the turn: the version for readers, or that before it when nothing has changed.
 * Shape: *out is published by the caller before anything else of this table is called, but pools_table_settle,
 * which must come after that. Units: none. Errors: aborts without memory. Source: none. */
const struct pools *pools_table_finish(struct pools_table *table, uint64_t version);

/* What pools_table_finish gave is published: what it replaced may go. Shape: none. Units: none. Errors: none.
 * Source: none. */
void pools_table_settle(struct pools_table *table);
