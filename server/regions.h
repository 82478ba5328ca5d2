/* Regions: where askers are, by their address: a table of the operator's networks, and behind it a MaxMind file
 * for addresses of which the table says nothing.
 *
 * Shared by reference count. Made while a configuration is loaded, given its key by the first world that it is
 * part of (server/world.h), immutable from then on and read by any thread. A look-up has two steps, so that an
 * answer which is ready needs the first one alone: which place (a number), and what is known of it. Neither
 * takes memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "sched/choose/choose_place.h"
#include "server/regions_table.h"

struct regions;
struct regions_mmdb;

/* A place as the operator describes it. Borrowed. */
struct regions_place {
    const char
        *name; /* division code (GB/T 2260, 6 digits) or a free name, as `region` of a centre */
    const char *centre; /* the asker is as good as in this one; NULL: in none */
    bool has_loc;
    double latitude, longitude; /* degrees, north and east */
};

enum regions_source { REGIONS_NOWHERE, REGIONS_TABLE, REGIONS_MMDB };

/* What an address is. A zeroed one is nowhere. */
struct regions_match {
    uint64_t
        number;    /* of the place: equal ones are equal places, after a reload, too; 0: nowhere */
    uint32_t at;   /* for regions_get: position in the table, or in the file */
    uint8_t scope; /* bits: the answer holds for this prefix of the address (RFC 7871 7.2.1) */
    enum regions_source source;
};

/* Make a table, one reference.
 * Shape: everything is copied, but mmdb (NULL: no file) is taken. Units: none.
 * Errors: ERR_EXISTS: row *out_twice is the network of a row before it; then mmdb is still the caller's.
 * Source: none. */
int regions_create(const struct regions_place *places, size_t place_count,
                   const struct regions_table_row *rows, size_t row_count,
                   struct regions_mmdb *mmdb, struct regions **out_regions, size_t *out_twice);

/* Share; NULL is accepted. Any thread. Shape: none. Units: none. Errors: none. Source: none. */
struct regions *regions_ref(struct regions *regions);

/* Give up; the last one frees. NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void regions_unref(struct regions *regions);

/* Give it the key by which texts become numbers, that of the table of pools; a second call does nothing. NULL
 * is accepted.
 * Shape: before other threads see it. Units: none. Errors: none. Source: none. */
void regions_take_key(struct regions *regions, const struct hash_key *key);

/* Where an address is, as far as `bits` of it are known.
 * Shape: regions may be NULL; family 4, 6, or another: nowhere; network order, zeros behind the known bits.
 * Units: bits. Errors: none, see the number. Source: RFC 7871 sections 7.1.2 and 7.2.1. */
void regions_find(const struct regions *regions, unsigned family, const uint8_t *address,
                  unsigned bits, struct regions_match *out_match);

/* What is known of the place of a match.
 * Shape: match of the same regions. Units: degrees. Errors: none: nowhere is zeroed. Source: none. */
void regions_get(const struct regions *regions, const struct regions_match *match,
                 struct choose_place *out_place);
