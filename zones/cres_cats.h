/* The names and scores of the IETF's CATS drafts for what is known at a name. Formulas are also in
 * docs/records.md, for people who read the TXT records.
 *
 * The facts are borrowed from RDATA that outlives them. Stateless, any thread. */
#pragma once

#include <stddef.h>

#include "base/bytes.h"
#include "zones/attr.h"
#include "zones/cres.h"

/* What is known at a name: a checked value for each row of the attribute table, value NULL =
 * unknown. */
struct cres_cats_facts {
    struct cres_attr of[ATTR_COUNT];
};

/* Name number index, in the order of the mirror; NULL behind the last one.
 * Shape: terminated. Units: index from 0. Errors: NULL.
 * Source: draft-liu-cats-dns-service-discovery, draft-ietf-cats-metric-definition. */
const char *cres_cats_name(size_t index);

/* Where name number index stands in the mirror: behind the attributes of this rank (struct
 * attr_row).
 * Shape: none. Units: 1 first. Errors: none. Source: none. */
unsigned cres_cats_rank(size_t index);

/* Print the value of name number index; nothing when the facts do not give it.
 * Shape: text, not terminated. Units: as the drafts: MB, ms, percent, scores 0 to 10.
 * Errors: ERR_SPACE in wr. Source: as cres_cats_name. */
void cres_cats_print(size_t index, const struct cres_cats_facts *facts, struct wr *wr);
