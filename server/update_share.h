/* Who holds how much of the queue of updates: messages and octets by key, or by address of who does not
 * sign, so that no key fills it for all (threats row 9).
 *
 * An entry lives while something of its holder waits, so there are never more than messages that wait.
 * Whoever uses a table guards it. */
#pragma once

#include <stddef.h>

#include "server/policy.h"

struct update_share;
struct update_share_table;

/* Make an empty table. Shape: ended by update_share_destroy. Units: messages and octets that one holder
 * may have waiting. Errors: aborts without memory. Source: none. */
struct update_share_table *update_share_create(size_t count_max, size_t octets_max);

/* Free with all entries; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void update_share_destroy(struct update_share_table *table);

/* Count one more message of a holder. Shape: borrowed until it is given back; who is copied. Units:
 * octets of the message. Errors: NULL: the holder has its share. Source: none. */
struct update_share *update_share_take(struct update_share_table *table,
                                       const struct policy_who *who, size_t len);

/* Count it no more. Shape: share may be gone afterwards. Units: octets, as taken. Errors: none.
 * Source: none. */
void update_share_give(struct update_share *share, size_t len);
