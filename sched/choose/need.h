/* A requirement: what somebody asks of a pool, out of the labels of a `find` name or a text of the same words.
 *
 * Plain struct, no allocation; equal requirements have one canonical text (words sorted, defaults as given).
 * Words and their meaning: docs/records.md, docs/policies.md. An unknown word or a bad value is an error that
 * names it. Stateless, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "sched/choose/need_form.h"

struct book;

/* Read the labels of a name in front of `find.<zone>`. The tests of a user's policy are not in it yet: add those
 * of out->policy->need by need_add.
 * Shape: name lower-case wire form, `labels` of them are read; book may be NULL; key is that of the table of pools.
 * at (may be NULL) gets a text that names the label: `accn-8x: expected ..., found ...`, printable ASCII of at
 * most 150 octets.
 * Units: labels. Errors: ERR_MISSING (unknown attribute or policy), ERR_ATTR_VALUE, ERR_ATTR_EXACT, ERR_LIMIT,
 * ERR_EXISTS (a word that may come once); out is undefined then. Source: docs/records.md, requirement names. */
int need_parse_name(const uint8_t *name, unsigned labels, const struct hash_key *key,
                    const struct book *book, struct need *out, struct err_at *at);

/* Read the same words from a text, separated by blanks or dots. Shape: len octets, any case. Units: octets.
 * Errors: as need_parse_name. Source: docs/records.md (CPOL need). */
int need_parse(const char *text, size_t len, const struct hash_key *key, const struct book *book,
               struct need *out, struct err_at *at);

/* True when a policy has weight. Shape: NEED_POLICIES of them. Units: none. Errors: none. Source: none. */
bool need_has_weights(const uint8_t *weights);

/* Add the tests of another requirement (a policy's own, a group's) to one, and its data sets; its place, weights
 * and number of answers where the first says nothing of them.
 * Shape: the canonical text grows by its words. Units: none. Errors: ERR_LIMIT: to is as it was. Source:
 * docs/policies.md. */
int need_add(struct need *to, const struct need *more);
