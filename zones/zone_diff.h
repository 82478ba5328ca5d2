/* A change set: what one commit took out of a zone and put into it, as octets for journal, transfer
 * and push.
 *
 * Form, big-endian: u32 old serial, u32 new serial, u64 time (UNIX s), then per changed name: u8
 * length, owner, u16 number of types, and per type: u16 type, u16 records removed, u16 records
 * added, and those records as u32 TTL, u16 length, RDATA. A record whose TTL changes is removed and
 * added. Stateless; the writer's thread makes them, any thread may read them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/zone_edit.h"

enum { ZONE_DIFF_HEADER = 16 }; /* octets before the first name */

/* One record of a change set. Borrowed from its octets. */
struct zone_diff_record {
    const uint8_t *owner;
    uint16_t type;
    uint32_t ttl_s;
    const uint8_t *rdata;
    uint16_t len;
    bool added; /* else removed */
};

/* A walk over a change set. Read zone_diff_begin's fields, then records; rd.err says how it ended. */
struct zone_diff_reader {
    struct rd rd;
    uint32_t old_serial, new_serial;
    uint64_t time_s;
    const uint8_t *owner;
    unsigned types_left, removed_left, added_left;
    uint16_t type;
};

/* True when records differ between both versions of a name: not when only their order does, or the
 * names below.
 * Shape: as zone_edit_each gives it. Units: none. Errors: none. Source: RFC 2136 3.6. */
bool zone_diff_is_change(const struct zone_edit_change *change);

/* The same for the records of one type. Shape: as zone_diff_is_change. Units: none. Errors: none.
 * Source: RFC 2136 3.6. */
bool zone_diff_is_change_of(const struct zone_edit_change *change, uint16_t type);

/* True when both versions of a name have the same octets for a type, or none: other octets may still be the same
 * records in another order. Much cheaper than zone_diff_is_change_of.
 * Shape: as zone_diff_is_change. Units: none. Errors: none. Source: none. */
bool zone_diff_is_same(const struct zone_edit_change *change, uint16_t type);

/* Write the change set of an edit.
 * Shape: *out_data is from mem_alloc, the caller's; NULL when nothing changes. Units: octets.
 * Errors: aborts without memory. Source: none. */
void zone_diff_make(struct zone_edit *edit, uint64_t time_s, uint8_t **out_data, size_t *out_len);

/* Begin to read a change set. Shape: borrowed. Units: octets. Errors: ERR_SHORT in rd. Source:
 * none. */
struct zone_diff_reader zone_diff_begin(const void *data, size_t len);

/* The next record; of one name and type first what was removed, then what was added.
 * Shape: see struct. Units: s, octets. Errors: false at the end, or with rd.err. Source: none. */
bool zone_diff_next(struct zone_diff_reader *reader, struct zone_diff_record *out_record);

/* Apply the records of a change set to an edit: remove what is there of the removed, add the added.
 * `wanted` (may be NULL) says for which owners.
 * Shape: wanted is asked twice for a name. Units: none. Errors: ERR_STORE_CORRUPT; zone_edit_add's.
 * Source: none. */
int zone_diff_apply(struct zone_edit *edit, const void *data, size_t len,
                    bool (*wanted)(void *context, const uint8_t *owner), void *context);
