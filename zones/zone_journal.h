/* The journal of zones in the store: change sets under (zone id, sequence number), in chunks.
 *
 * A sequence number counts the commits of a zone for as long as the store holds it; it never falls.
 * The caller brings the transaction. A change set is zones/zone_diff.h's octets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/kv.h"

/* One change set as a walk meets it; data is whole, borrowed during the call. */
struct zone_journal_entry {
    uint64_t seq;
    const uint8_t *data;
    size_t len;
};

/* Append a change set. Shape: seq above every earlier one. Units: octets. Errors: kept in txn.
 * Source: none. */
void zone_journal_put(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq,
                      const void *data, size_t len);

/* Visit the change sets from a sequence number on, in order, until visit returns non-zero; returns
 * that.
 * Shape: see struct. Units: octets. Errors: ERR_STORE_CORRUPT (a chunk is missing), kept ones.
 * Source: none. */
int zone_journal_walk(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t from,
                      int (*visit)(void *context, const struct zone_journal_entry *entry),
                      void *context);

/* What a change set says of itself, without its records. */
struct zone_journal_head {
    uint64_t seq;
    uint32_t octets; /* of the whole change set */
    uint32_t old_serial, new_serial;
    uint64_t time_s; /* UNIX s */
};

/* What of a journal serves secondaries: from a serial on, every change set up to the newest one, each
 * with a serial ahead of all before it. Older ones may still be on disk. */
struct zone_journal_span {
    uint64_t first_seq;    /* newest + 1: nothing */
    uint64_t octets;       /* of all change sets on disk */
    uint32_t first_serial; /* of the zone before first_seq */
};

/* How long change sets are kept. */
struct zone_journal_keep {
    uint64_t octets_max; /* of a zone; 0: none are kept */
    uint64_t age_s;      /* 0: none are kept */
};

/* Count a change set that was appended. One that does not take the serial forward, or takes it so far
 * that serials could not be told apart, begins the span anew.
 * Shape: none. Units: none. Errors: none. Source: RFC 1982 section 3. */
void zone_journal_count(struct zone_journal_span *span, const struct zone_journal_head *head);

/* The change set that begins with the zone of a serial.
 * Shape: last_seq is the newest change set. Units: none. Errors: ERR_MISSING, ERR_STORE_CORRUPT,
 * kept ones. Source: RFC 1995 section 4. */
int zone_journal_find(struct kv_txn *txn, unsigned table, uint32_t id,
                      const struct zone_journal_span *span, uint64_t last_seq, uint32_t serial,
                      uint64_t *out_seq);

/* True when a change set is not to be kept any longer. Shape: none. Units: UNIX s. Errors: none.
 * Source: none. */
bool zone_journal_is_due(const struct zone_journal_span *span, const struct zone_journal_head *head,
                         const struct zone_journal_keep *keep, int64_t now_s);

/* Remove one change set; absence is no error. Shape: none. Units: none. Errors: kept in txn. Source:
 * none. */
void zone_journal_remove(struct kv_txn *txn, unsigned table, uint32_t id, uint64_t seq);

/* Remove the oldest change set, with this head, and count it out. Shape: none. Units: none. Errors: kept in txn.
 * Source: none. */
void zone_journal_drop(struct kv_txn *txn, unsigned table, uint32_t id,
                       struct zone_journal_span *span, const struct zone_journal_head *head);

/* Read the head of the oldest change set. Shape: none. Units: see struct. Errors: ERR_MISSING,
 * ERR_STORE_CORRUPT, kept ones. Source: none. */
int zone_journal_oldest(struct kv_txn *txn, unsigned table, uint32_t id,
                        struct zone_journal_head *out_head);
