/* RDATA of our record types (CENTRE .. CPOL): walk it, look into it, check it, bring it into
 * canonical form, and check the records of one name against each other.
 *
 * A malformed record (ERR_RDATA, ERR_NAME..., ERR_ATTR_ORDER, ERR_ATTR_VALUE, ERR_LIMIT) and an
 * impossible one (ERR_ATTR_PLACE, ERR_ATTR_CROSS) are told apart: DNS UPDATE answers FORMERR to
 * the first, REFUSED to the second. Works on the caller's octets, allocates nothing. Stateless,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

#define CRES_FUTURE_MAX_S 60 /* how far ahead of our clock an observation may be */

enum { CRES_GROUPS = 3 }; /* see cres_group */

/* One attribute of a record; value points into the RDATA. */
struct cres_attr {
    uint16_t key;
    uint16_t len;
    const uint8_t *value;
};

/* A walk over the attributes of one record. */
struct cres_iter {
    struct rd rd; /* err says how a walk ended */
};

/* Stored RDATA, borrowed. data NULL = no such record. */
struct cres_rdata {
    const uint8_t *data;
    size_t len;
};

/* The records of one name that belong together, and the centre above a pool. All borrowed. */
struct cres_view {
    struct cres_rdata centre;     /* CENTRE at the name */
    const struct cres_rdata *res; /* CRES at the name, res_count of them */
    size_t res_count;
    struct cres_rdata load;  /* CLOAD at the name */
    struct cres_rdata above; /* CENTRE of the name above, for a pool; may be left out */
};

/* Begin a walk; TARGET is stepped over.
 * Shape: stored RDATA. Units: octets. Errors: kept in the walk, cres_next gives none.
 * Source: docs/records.md. */
void cres_attrs(const uint8_t *data, size_t len, struct cres_iter *out_iter);

/* The next attribute, in stored order; false at the end or at an error (iter->rd.err).
 * Shape: borrowed. Units: octets. Errors: false. Source: docs/records.md. */
bool cres_next(struct cres_iter *iter, struct cres_attr *out_attr);

/* Find one attribute. Shape: borrowed value. Units: octets. Errors: false = absent.
 * Source: docs/records.md. */
bool cres_find(const uint8_t *data, size_t len, uint16_t key, const uint8_t **out_value,
               size_t *out_len);

/* Find a number, or the number of an enum's word.
 * Shape: none. Units: the attribute's stored unit. Errors: false = absent, *out_number untouched.
 * Source: docs/records.md. */
bool cres_uint(const uint8_t *data, size_t len, uint16_t key, uint64_t *out_number);

/* True for a record that everybody may read: vis is public, or left out. Shape: stored RDATA. Units: none. Errors:
 * none. Source: docs/records.md. */
bool cres_is_public(struct cres_rdata record);

/* Attributes of a group mean something only together, so that statements of two records are not mixed:
 * accelerators, figures and their basis, price. Shape: the group's number, or CRES_GROUPS when the attribute stands
 * for itself. Units: none. Errors: none. Source: docs/records.md. */
unsigned cres_group(uint16_t key);

/* Check one record: shape, order and number of attributes, each value, each attribute's place,
 * what a type demands (TARGET "." but in CNET, CDATA and CID; obs in CLOAD), and the attributes
 * against each other: price needs cur and per, accn needs acc, figures 39-45 need basis, bwf <=
 * bw, low <= high.
 * Shape: stored RDATA. Units: octets.
 * Errors: ERR_RDATA, ERR_ATTR_ORDER, ERR_LIMIT, ERR_ATTR_VALUE, ERR_ATTR_PLACE, ERR_ATTR_CROSS;
 * at (may be NULL) names the attribute. Source: docs/records.md, RFC 9460 2.2. */
int cres_check(uint16_t type, const uint8_t *data, size_t len, struct err_at *at);

/* Append the canonical form of a record: TARGET in lower case, numbers in the shortest width. It is
 * never longer than the record. Also for records that cres_check has not seen yet: what is
 * malformed stays so, or is an error here.
 * Shape: stored RDATA. Units: octets. Errors: ERR_TYPE, ERR_RDATA, ERR_ATTR_VALUE, ERR_SPACE.
 * Source: docs/records.md, RFC 4034 6.2. */
int cres_canonical(uint16_t type, const uint8_t *data, size_t len, struct wr *out);

/* Check the records of a name against each other: a CLOAD needs a CRES; accf needs acc; cpuf,
 * memf, accf, stof are not above the largest cpu, mem, accn, sto that a CRES states. `above` is
 * not looked at.
 * Shape: records that have passed cres_check. Units: none. Errors: ERR_ATTR_CROSS, at (may be
 * NULL) names the attribute.
 * Source: docs/records.md. */
int cres_check_node(const struct cres_view *view, struct err_at *at);

/* Check an observation that comes in (CLOAD, or CNET with obs): obs is at most CRES_FUTURE_MAX_S
 * ahead of now and not older than that of the stored record, if there is one. Equal is allowed,
 * but is no new observation.
 * Shape: old.data NULL = none stored. Units: now_s in epoch seconds. Errors: ERR_ATTR_CROSS, at
 * (may be NULL) names obs.
 * Source: docs/records.md; docs/threats.md, forged or replayed load reports. */
int cres_check_update(struct cres_rdata record, struct cres_rdata old, uint64_t now_s,
                      struct err_at *at);
