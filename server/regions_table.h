/* Table of networks: which of them an address lies in, longest prefix first, and for how many addresses around
 * it the same holds.
 *
 * One address family as ranges in order of their first address, found through levels of small nodes. Immutable,
 * any thread; a look-up takes no memory. Holds positions, not places: server/regions.h knows what stands there. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "server/conf_value.h"

enum { REGIONS_TABLE_NONE = 0 };

/* A network and the place (its position, from 0) that it is in. */
struct regions_table_row {
    struct server_conf_prefix network;
    uint32_t place;
};

struct regions_table;

/* Make the table of one family; rows of the other one are passed over.
 * Shape: family 4 or 6; rows in any order, at most 2^30. Units: none. Errors: ERR_EXISTS: the network of row
 * *out_twice is also that of a row before it. Source: none. */
int regions_table_create(const struct regions_table_row *rows, size_t count, unsigned family,
                         struct regions_table **out_table, size_t *out_twice);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void regions_table_destroy(struct regions_table *table);

/* The place of an address, its position and 1, or REGIONS_TABLE_NONE. *out_scope is the length of the shortest
 * prefix of the address all of which gets this answer; when it is longer than `bits`, they did not suffice, and
 * the answer is that of the longest network which holds all that they leave open.
 * Shape: network order, zeros behind the first `bits` bits. Units: bits. Errors: none. Source: RFC 7871 section
 * 7.2.1. */
uint32_t regions_table_find(const struct regions_table *table, const uint8_t *address,
                            unsigned bits, uint8_t *out_scope);
