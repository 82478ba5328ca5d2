/* One word of a requirement that asks for an attribute: `accn-8`, `region-ne-440300`, `per-any-core-h-or-card-h`, `hub`.
 *
 * Which attributes may be asked, and what a bare value means, is a table: sched/choose/need_word.def. Stateless,
 * any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "sched/choose/need_form.h"
#include "zones/attr.h"

/* Read what stands behind the attribute's name and its hyphen, and append the word in its one spelling to text: the
 * natural test without its name, numbers in the bare unit where they are whole, else in the largest unit in
 * which they are; values of `any` sorted, each once.
 * Shape: value of len octets, lower case letters, digits and hyphens; none for a BOOL. has_test: it may begin
 * with `ge-`, `le-` (numbers alone), `eq-`, `ne-` or `any-`. The place of the word in the test stays 0. Units: octets.
 * Errors: ERR_MISSING (not asked of a pool), ERR_ATTR_VALUE, ERR_ATTR_EXACT, ERR_LIMIT (values): `NAME: expected
 * WHAT, found 'TEXT'` in at, which may be NULL; ERR_SPACE in text. Source: docs/records.md, requirement names. */
int need_word_parse(const struct attr_row *row, bool has_test, const char *value, size_t len,
                    const struct hash_key *key, struct need_test *out, struct wr *text,
                    struct err_at *at);

/* Why an attribute is not asked of a pool. Shape: static; NULL: it may be asked. Units: none. Errors: none. Source:
 * sched/choose/need_word.def. */
const char *need_word_refusal(const struct attr_row *row);
