#include "zones/zone_store_time.h"

#include "base/err.h"
#include "zones/zone_store_row.h"

int64_t zone_store_time_get(struct zone_store *store, const uint8_t *name)
{
    struct kv_txn *txn = NULL;
    if (kv_begin(zone_store_kv(store), false, &txn)) {
        return 0;
    }
    int64_t time_s = zone_store_row_get_time(txn, name);
    kv_abort(txn);
    return time_s;
}

static int put_once(struct kv *kv, const uint8_t *name, int64_t time_s)
{
    struct kv_txn *txn = NULL;
    int err = kv_begin(kv, true, &txn);
    if (err) {
        return err;
    }
    zone_store_row_put_time(txn, name, time_s);
    return kv_commit(txn);
}

int zone_store_time_put(struct zone_store *store, const uint8_t *name, int64_t time_s)
{
    struct kv *kv = zone_store_kv(store);
    int err = put_once(kv, name, time_s);
    if (err == ERR_LIMIT && kv_grow(kv) == 0) { /* a full map grows */
        err = put_once(kv, name, time_s);
    }
    return err;
}
