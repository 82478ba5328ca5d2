/* The file of a book: YAML by schema, as the example in sched/choose/book.h.
 *
 * Strict: unknown keys, groups and words, and names given twice, are errors with file, line and column.
 * Stateless, any thread.
 * Prefix: book_ */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "sched/choose/book.h"

/* Load a file. Shape: path terminated; *out one reference; key is that of the table of pools. Units: none. Errors:
 * as conf_load, ERR_LIMIT (too many), ERR_EXISTS (a name twice), ERR_MISSING (no such group), and those of
 * need_parse; at (may be NULL) names file, line and column. Source: docs/policies.md. */
int book_load(const char *path, const struct hash_key *key, struct book **out, struct err_at *at);

/* As book_load, from memory. Shape: len octets. Units: octets. Errors: as book_load. Source: none. */
int book_parse(const char *path, const char *text, size_t len, const struct hash_key *key,
               struct book **out, struct err_at *at);

/* The same book for another key: what is loaded before the process has one. Shape: one reference; NULL gives
 * NULL. Units: none. Errors: none. Source: none. */
struct book *book_rekey(const struct book *book, const struct hash_key *key);
