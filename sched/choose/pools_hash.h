/* Texts and names as numbers, so that a column of the table of pools can hold them and a requirement can ask
 * for them: spelled in any case, with a hyphen for what a label can not hold.
 *
 * Keyed by the process, so nobody can make two texts equal. Stateless, any thread.
 * Prefix: pools_ */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

/* An octet as a label has it: a letter in lower case, a digit, else a hyphen. Shape: none. Units: none. Errors: none.
 * Source: docs/records.md, requirement names. */
char pools_plain(uint8_t octet);

/* Hash of a text in lower case, with every octet that is no letter, digit or hyphen as a hyphen: `b1-small` finds
 * `B1.small`. Never 0.
 * Shape: len octets, 255 at most, the rest is ignored. Units: octets. Errors: none. Source: docs/records.md,
 * requirement names. */
uint64_t pools_text_hash(const struct hash_key *key, const char *text, size_t len);

/* The same of a name: its labels without those of the apex, joined by hyphens. The apex itself is the empty text.
 * Shape: wire form, any case; an apex that is NULL or not above the name takes nothing away. Units: none.
 * Errors: none. Source: as pools_text_hash. */
uint64_t pools_name_hash(const struct hash_key *key, const uint8_t *name, const uint8_t *apex);

/* Hash of a name as it is: for records that name a centre, where hyphens and dots differ. Never 0.
 * Shape: wire form, any case. Units: none. Errors: none. Source: RFC 4343. */
uint64_t pools_exact_hash(const struct hash_key *key, const uint8_t *name);

/* A region and those around it: of a division code of six digits the district 440305, its city 440300 and its province
 * 440000, without repeats; of any other name itself alone.
 * Shape: len octets; hashes of texts, nearest first, 0 ends. Units: none. Errors: none. Source: GB/T 2260. */
void pools_region_hashes(const struct hash_key *key, const char *name, size_t len, uint64_t out[3]);
