/* Key-value store: the durable floor. Ordered keys in named tables, one writer, snapshots for
 * readers.
 *
 * The LMDB home is base/kv_lmdb.c. A read transaction lasts milliseconds and copies out; nobody
 * holds one across a wait. Transactions are sticky: they keep their first error, do nothing after
 * it, and kv_commit returns it. The store is shared; a transaction belongs to the thread that
 * began it.
 * Prefix: kv_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KV_KEY_MAX 511 /* octets, LMDB's limit */

struct kv;
struct kv_txn;

/* A borrowed run of octets, valid until the transaction writes again or ends. */
struct kv_slice {
    const void *data;
    size_t len;
};

/* Open or make a store in a folder (made when absent, mode 0700).
 * Shape: path terminated; tables is a NULL-ended list of table names, opened by position (0, 1
 * ...).
 * Units: map_octets is the largest size of the store. Errors: LMDB's and -errno codes; ERR_NOT_NOW
 * when another process has it open for writing. Source: LMDB mdb_env_open. */
int kv_open(const char *path, size_t map_octets, const char *const *tables, struct kv **out_kv);

/* Close; NULL is accepted. No transaction may be open. Shape: none. Units: none. Errors: none.
 * Source: none. */
void kv_close(struct kv *kv);

/* Begin. Shape: *out_txn ends by kv_commit or kv_abort. Units: none. Errors: LMDB's codes. Source:
 * none. */
int kv_begin(struct kv *kv, bool write, struct kv_txn **out_txn);

/* Make durable and end; after it the transaction is gone, whatever is returned. Readers may use
 * kv_abort instead.
 * Shape: none. Units: none. Errors: the first error of the transaction, or the commit's. Source:
 * none. */
int kv_commit(struct kv_txn *txn);

/* Drop and end; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void kv_abort(struct kv_txn *txn);

/* First error of the transaction. Shape: none. Units: none. Errors: returned. Source: none. */
int kv_error(const struct kv_txn *txn);

/* Read one value; false when absent or after an error.
 * Shape: slice borrowed. Units: octets. Errors: kept. Source: none. */
bool kv_get(struct kv_txn *txn, unsigned table, const void *key, size_t key_len,
            struct kv_slice *out_value);

/* Write or replace. Shape: key up to KV_KEY_MAX. Units: octets. Errors: kept (ERR_LIMIT when
 * full). Source: none. */
void kv_put(struct kv_txn *txn, unsigned table, const void *key, size_t key_len, const void *value,
            size_t len);

/* Delete; absence is no error. Shape: none. Units: none. Errors: kept. Source: none. */
void kv_remove(struct kv_txn *txn, unsigned table, const void *key, size_t key_len);

/* Delete every key that begins with the prefix; returns how many.
 * Shape: none. Units: none. Errors: kept. Source: none. */
size_t kv_remove_prefix(struct kv_txn *txn, unsigned table, const void *prefix, size_t prefix_len);

/* Walk keys >= from (and beginning with the first prefix_len octets of from) in order until visit
 * returns non-zero; returns that value, or 0 at the end. visit must not write.
 * Shape: slices borrowed during the call. Units: octets. Errors: kept. Source: none. */
int kv_walk(struct kv_txn *txn, unsigned table, const void *from, size_t from_len,
            size_t prefix_len,
            int (*visit)(void *context, struct kv_slice key, struct kv_slice value), void *context);

/* Why nothing can be written any more: the error of a write, sync or commit that failed for another
 * reason than a full map. What is on disk is not known after it, so that nothing is tried again on the
 * same descriptors. 0: writing goes on. Any thread.
 * Shape: none. Units: none. Errors: returned. Source: threats row 53. */
int kv_stopped(struct kv *kv);

/* Close everything and open it anew by its path, but never make it; no transaction may be open in this
 * process. What is there may be older or newer than the last commit that succeeded.
 * Shape: none. Units: none. Errors: ERR_NOT_NOW (a transaction is open, or another process holds it),
 * kv_open's, -ENOENT; it stays closed, and kv_stopped says why. Source: threats row 53. */
int kv_reopen(struct kv *kv);

/* Make the store's largest size twice as large; transactions of other threads are waited for.
 * Shape: none. Units: none. Errors: ERR_NOT_NOW when a transaction stays open, -ENOMEM when there is no
 * room for the map, LMDB's codes: the store is stopped then. Source: LMDB mdb_env_set_mapsize. */
int kv_grow(struct kv *kv);

/* Copy a consistent image of the store into an empty folder (made when absent). This thread has no
 * transaction open.
 * Shape: path terminated. Units: none. Errors: LMDB's and -errno codes, -EEXIST when a store is
 * there already. Source: LMDB mdb_env_copy. */
int kv_backup(struct kv *kv, const char *path);

/* How full it is: pages in use, without those that wait for reuse (they count while this thread
 * has a reader open).
 * Shape: none. Units: octets. Errors: none. Source: none. */
void kv_usage(struct kv *kv, uint64_t *out_used, uint64_t *out_size);

/* How much it could still take if its map were large enough: pages that wait for reuse, and what the
 * file system and the process' limits leave.
 * Shape: none. Units: octets. Errors: -errno; kv_stopped's when it is closed. Source: none. */
int kv_room(struct kv *kv, uint64_t *out_used, uint64_t *out_free);
