/* A plain model of a zone: a list of records and brute force, to compare zone and zone_edit with.
 *
 * Its zone is "t."; its owners are ZONE_MODEL_NAMES names of different depths, with empty
 * non-terminals and wildcards among them. A struct copy is a snapshot. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "zones/zone.h"
#include "zones/zone_edit.h"

enum { ZONE_MODEL_NAMES = 64, ZONE_MODEL_RECORDS = 1024, ZONE_MODEL_RDATA = 24 };

struct zone_model_record {
    uint8_t name; /* below ZONE_MODEL_NAMES; 0 is the apex */
    uint8_t len;
    uint16_t type;
    uint32_t ttl_s;
    uint8_t rdata[ZONE_MODEL_RDATA];
};

struct zone_model {
    size_t count;
    struct zone_model_record records[ZONE_MODEL_RECORDS];
};

/* One of the names. Shape: lower-case wire form, static. Units: none. Errors: none. Source: none. */
const uint8_t *zone_model_name(unsigned number);

/* A random record from a small choice, so that equal ones come again: A, NS, CNAME, MX (in two
 * cases of letters), TXT, DNAME, CLOAD.
 * Shape: none. Units: none. Errors: none. Source: none. */
struct zone_model_record zone_model_draw(struct rand *rand);

/* One of the records that are there, or a random one. Shape: none. Units: none. Errors: none.
 * Source: none. */
struct zone_model_record zone_model_pick(const struct zone_model *model, struct rand *rand);

/* What zone_edit_add should do. Shape: none. Units: none. Errors: ERR_ZONE_CNAME, ERR_LIMIT.
 * Source: RFC 2136 3.4.2.2, RFC 2181 5.2. */
int zone_model_add(struct zone_model *model, const struct zone_model_record *record,
                   const struct zone_edit_limits *limits);

/* What zone_edit_remove should do. Shape: none. Units: none. Errors: false.
 * Source: RFC 2136 3.4.2.4. */
bool zone_model_remove(struct zone_model *model, const struct zone_model_record *record);

/* Remove all records of a type at a name. Shape: none. Units: none. Errors: none. Source: none. */
void zone_model_clear(struct zone_model *model, unsigned name, uint16_t type);

/* True when both hold the same records, in any order. Shape: none. Units: none. Errors: false.
 * Source: none. */
bool zone_model_equal(const struct zone_model *a, const struct zone_model *b);

/* Compare with a version of a zone: records, TTLs, children, names that exist.
 * Shape: none. Units: none. Errors: fails the test. Source: none. */
void zone_model_check(const struct zone_model *model, const struct zone *zone, uint64_t version);

/* The same with an edit as it stands. Shape: none. Units: none. Errors: fails the test.
 * Source: none. */
void zone_model_check_edit(const struct zone_model *model, struct zone_edit *edit);
