#include "base/kv.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/kv_folder.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    FREE_TABLE = 0,    /* LMDB's own list of free pages */
    META_PAGES = 2,    /* at the start of the file: one of them says what is valid */
    ALONE_TRIES = 300, /* a millisecond each: for how long readers are waited for */
    NS_PER_MS = 1000000,
};

static const char file_name[] = "data.mdb";

struct kv {
    MDB_env *env; /* NULL: closed after a failure */
    char *path;
    size_t map_octets;
    const char *const *names;
    MDB_dbi *tables;
    unsigned table_count;
    int stopped;           /* why nothing is written any more, 0: it is; atomic */
    int folder;            /* descriptor, -1 = none */
    int lock;              /* descriptor of writer.lock, held while the store is open; -1 = none */
    pthread_rwlock_t size; /* shared by transactions, exclusive while the size changes */
};

struct kv_txn {
    struct kv *kv;
    MDB_txn *txn;
    int err; /* first error, or 0 */
    bool write;
};

/* LMDB gives 0, its own negative codes, and errno's positive ones. */
static int err_of(int rc)
{
    return rc == MDB_MAP_FULL ? ERR_LIMIT : rc > 0 ? -rc : rc;
}

static void fail(struct kv_txn *txn, int rc)
{
    if (!txn->err) {
        txn->err = err_of(rc);
    }
}

/* What a transaction alone suffers from; after anything else what is on disk is not known. */
static bool is_harmless(int err)
{
    return err == 0 || err == ERR_LIMIT || err == ERR_MEMORY || err == MDB_TXN_FULL ||
           err == MDB_BAD_VALSIZE;
}

/* No write on these descriptors any more: a sync that is tried again after an error may "succeed"
 * although the system has dropped what it could not write (threats row 53). */
static void stop_writing(struct kv *kv, int err)
{
    if (!is_harmless(err) && !kv_stopped(kv)) {
        __atomic_store_n(&kv->stopped, err, __ATOMIC_RELEASE);
    }
}

int kv_stopped(struct kv *kv)
{
    return __atomic_load_n(&kv->stopped, __ATOMIC_ACQUIRE);
}

/* LMDB ends the process after this. */
static void on_assert(MDB_env *env, const char *text)
{
    (void)env;
    log_error("store_open_failed", "error=%s text=%s", "store content is damaged", text);
    _exit(1); /* the file is damaged: the library would abort, and there is nothing to unwind */
}

/* The store is read through a map: a file that lost its end, or pages that point behind it, end in
 * SIGBUS. There is nothing to go on with, but it is told, and the end is an orderly one. */
static void on_bus_error(int number)
{
    static const char line[] =
        "error store_open_failed error=\"store content is damaged: a page is not in its file\"\n";
    (void)number;
    ssize_t told = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)told;
    _exit(1);
}

static int open_env(struct kv *kv)
{
    struct sigaction bus = {.sa_handler = on_bus_error};
    sigaction(SIGBUS, &bus, NULL);
    int rc = mdb_env_create(&kv->env);
    if (rc) {
        kv->env = NULL;
        return err_of(rc);
    }
    rc = mdb_env_set_assert(kv->env, on_assert);
    rc = rc ? rc : mdb_env_set_mapsize(kv->env, kv->map_octets);
    rc = rc ? rc : mdb_env_set_maxdbs(kv->env, kv->table_count);
    rc = rc ? rc : mdb_env_open(kv->env, kv->path, 0, 0600);
    int dead = 0;
    rc = rc ? rc : mdb_reader_check(kv->env, &dead);
    if (dead > 0) {
        log_debug("store_dead_readers", "path=%s count=%d", kv->path, dead);
    }
    if (!rc && fsync(kv->folder) < 0) {
        rc = errno;
    }
    return err_of(rc);
}

static int open_tables(struct kv *kv)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
    if (rc) {
        return err_of(rc);
    }
    for (unsigned i = 0; !rc && i < kv->table_count; i++) {
        rc = mdb_dbi_open(txn, kv->names[i], MDB_CREATE, &kv->tables[i]);
    }
    if (rc) {
        mdb_txn_abort(txn);
        return err_of(rc);
    }
    return err_of(mdb_txn_commit(txn));
}

/* Everything that a failure may have spoilt. */
static void close_all(struct kv *kv)
{
    if (kv->env) {
        mdb_env_close(kv->env);
        kv->env = NULL;
    }
    if (kv->lock >= 0) {
        close(kv->lock); /* after LMDB is done with the folder */
        kv->lock = -1;
    }
    if (kv->folder >= 0) {
        close(kv->folder);
        kv->folder = -1;
    }
}

int kv_open(const char *path, size_t map_octets, const char *const *tables, struct kv **out_kv)
{
    struct kv *kv = mem_alloc(sizeof *kv);
    *kv = (struct kv){.path = mem_text(path), .map_octets = map_octets, .names = tables};
    kv->folder = -1;
    kv->lock = -1;
    CHECK(pthread_rwlock_init(&kv->size, NULL) == 0);
    while (tables[kv->table_count]) {
        kv->table_count++;
    }
    kv->tables = mem_alloc(kv->table_count * sizeof *kv->tables);
    int err = kv_folder_open(path, true, &kv->folder);
    err = err ? err : kv_folder_lock(kv->folder, &kv->lock);
    err = err ? err : open_env(kv);
    err = err ? err : open_tables(kv);
    if (err) {
        kv_close(kv);
        return err;
    }
    *out_kv = kv;
    return 0;
}

void kv_close(struct kv *kv)
{
    if (!kv) {
        return;
    }
    close_all(kv);
    pthread_rwlock_destroy(&kv->size);
    mem_free(kv->tables);
    mem_free(kv->path);
    mem_free(kv);
}

/* Wait until no transaction is open; readers of other threads are short. */
static bool lock_alone(struct kv *kv)
{
    const struct timespec pause = {0, NS_PER_MS};
    for (unsigned tries = 0; pthread_rwlock_trywrlock(&kv->size); tries++) {
        if (tries == ALONE_TRIES) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

int kv_reopen(struct kv *kv)
{
    if (!lock_alone(kv)) {
        return ERR_NOT_NOW;
    }
    close_all(kv);
    int err = kv_folder_open(kv->path, false, &kv->folder);
    err = err ? err : kv_folder_lock(kv->folder, &kv->lock);
    size_t head = META_PAGES * (size_t)sysconf(_SC_PAGESIZE);
    err = err ? err : kv_folder_settle(kv->folder, file_name, head);
    err = err ? err : open_env(kv);
    err = err ? err : open_tables(kv);
    if (err) {
        close_all(kv);
    }
    __atomic_store_n(&kv->stopped, err, __ATOMIC_RELEASE);
    pthread_rwlock_unlock(&kv->size);
    return err;
}

int kv_begin(struct kv *kv, bool write, struct kv_txn **out_txn)
{
    struct kv_txn *txn = malloc(sizeof *txn);
    if (!txn) {
        return ERR_MEMORY;
    }
    *txn = (struct kv_txn){.kv = kv, .write = write};
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    int err = write || !kv->env ? kv_stopped(kv) : 0;
    err = err ? err : err_of(mdb_txn_begin(kv->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn));
    if (err) {
        if (write) {
            stop_writing(kv, err);
        }
        pthread_rwlock_unlock(&kv->size);
        free(txn);
        return err;
    }
    *out_txn = txn;
    return 0;
}

static void end(struct kv_txn *txn)
{
    pthread_rwlock_unlock(&txn->kv->size);
    free(txn);
}

int kv_commit(struct kv_txn *txn)
{
    if (txn->err || !txn->write) {
        int err = txn->err;
        if (txn->write) {
            stop_writing(txn->kv,
                         err); /* pages of a large transaction are written before its end */
        }
        kv_abort(txn);
        return err;
    }
    int err = err_of(mdb_txn_commit(txn->txn));
    stop_writing(txn->kv, err);
    end(txn);
    return err;
}

void kv_abort(struct kv_txn *txn)
{
    if (txn) {
        mdb_txn_abort(txn->txn);
        end(txn);
    }
}

int kv_error(const struct kv_txn *txn)
{
    return txn->err;
}

static MDB_dbi table_of(const struct kv_txn *txn, unsigned table)
{
    CHECK(table < txn->kv->table_count);
    return txn->kv->tables[table];
}

static MDB_val val_of(const void *data, size_t len)
{
    return (MDB_val){len, (void *)data}; /* LMDB only reads what it is given */
}

bool kv_get(struct kv_txn *txn, unsigned table, const void *key, size_t key_len,
            struct kv_slice *out_value)
{
    if (txn->err) {
        return false;
    }
    MDB_val k = val_of(key, key_len);
    MDB_val v;
    int rc = mdb_get(txn->txn, table_of(txn, table), &k, &v);
    if (rc) {
        fail(txn, rc == MDB_NOTFOUND ? 0 : rc);
        return false;
    }
    *out_value = (struct kv_slice){v.mv_data, v.mv_size};
    return true;
}

void kv_put(struct kv_txn *txn, unsigned table, const void *key, size_t key_len, const void *value,
            size_t len)
{
    if (txn->err) {
        return;
    }
    MDB_val k = val_of(key, key_len);
    MDB_val v = val_of(value, len);
    fail(txn, mdb_put(txn->txn, table_of(txn, table), &k, &v, 0));
}

void kv_remove(struct kv_txn *txn, unsigned table, const void *key, size_t key_len)
{
    if (txn->err) {
        return;
    }
    MDB_val k = val_of(key, key_len);
    int rc = mdb_del(txn->txn, table_of(txn, table), &k, NULL);
    fail(txn, rc == MDB_NOTFOUND ? 0 : rc);
}

/* Put the cursor at the first key >= from. */
static int seek(MDB_cursor *cursor, const void *from, size_t from_len, MDB_val *out_key,
                MDB_val *out_value)
{
    *out_key = val_of(from, from_len);
    /* LMDB refuses an empty key, also as a place to start from. */
    return mdb_cursor_get(cursor, out_key, out_value, from_len ? MDB_SET_RANGE : MDB_FIRST);
}

static bool has_prefix(MDB_val key, const void *prefix, size_t len)
{
    return key.mv_size >= len && (len == 0 || memcmp(key.mv_data, prefix, len) == 0);
}

size_t kv_remove_prefix(struct kv_txn *txn, unsigned table, const void *prefix, size_t prefix_len)
{
    size_t removed = 0;
    MDB_cursor *cursor;
    if (txn->err) {
        return 0;
    }
    int rc = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (rc) {
        fail(txn, rc);
        return 0;
    }
    MDB_val key;
    MDB_val value;
    /* Seeks anew each time: no trust in where a cursor stands after pages were merged under it. */
    while (!(rc = seek(cursor, prefix, prefix_len, &key, &value)) &&
           has_prefix(key, prefix, prefix_len) && !(rc = mdb_cursor_del(cursor, 0))) {
        removed++;
    }
    mdb_cursor_close(cursor);
    fail(txn, rc == MDB_NOTFOUND ? 0 : rc);
    return removed;
}

int kv_walk(struct kv_txn *txn, unsigned table, const void *from, size_t from_len,
            size_t prefix_len,
            int (*visit)(void *context, struct kv_slice key, struct kv_slice value), void *context)
{
    CHECK(prefix_len <= from_len);
    MDB_cursor *cursor;
    if (txn->err) {
        return 0;
    }
    int rc = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    if (rc) {
        fail(txn, rc);
        return 0;
    }
    int answer = 0;
    MDB_val key;
    MDB_val value;
    rc = seek(cursor, from, from_len, &key, &value);
    while (!rc && has_prefix(key, from, prefix_len)) {
        answer = visit(context, (struct kv_slice){key.mv_data, key.mv_size},
                       (struct kv_slice){value.mv_data, value.mv_size});
        if (answer) {
            break;
        }
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    fail(txn, rc == MDB_NOTFOUND ? 0 : rc);
    return answer;
}

int kv_grow(struct kv *kv)
{
    if (!lock_alone(kv)) {
        return ERR_NOT_NOW; /* a transaction is open: its pages would move under it */
    }
    MDB_envinfo info;
    int err = kv_stopped(kv);
    err = err ? err : err_of(mdb_env_info(kv->env, &info));
    if (!err && (info.me_mapsize > SIZE_MAX / 2 || !mem_has_addresses(info.me_mapsize * 2))) {
        err = -ENOMEM; /* asked first, because LMDB lets the old map go first */
    } else if (!err) {
        err = err_of(mdb_env_set_mapsize(kv->env, info.me_mapsize * 2));
        if (err) { /* LMDB has lost its map: it is of no use until it is opened again */
            stop_writing(kv, err);
            close_all(kv);
        } else {
            kv->map_octets = info.me_mapsize * 2;
        }
    }
    pthread_rwlock_unlock(&kv->size);
    return err;
}

static int copy_to(void *context, int file)
{
    struct kv *kv = context;
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    int err = kv->env ? err_of(mdb_env_copyfd2(kv->env, file, MDB_CP_COMPACT)) : kv_stopped(kv);
    pthread_rwlock_unlock(&kv->size);
    return err;
}

int kv_backup(struct kv *kv, const char *path)
{
    return kv_folder_fill(path, file_name, copy_to, kv);
}

/* Pages that were freed and wait for reuse; 0 when they can not be counted now. */
static uint64_t free_pages(struct kv *kv)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    uint64_t pages = 0;
    if (mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &txn)) {
        return 0; /* for one: this thread has a reader open */
    }
    if (mdb_cursor_open(txn, FREE_TABLE, &cursor) == 0) {
        MDB_val key;
        MDB_val value;
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
            size_t count; /* each value is a list of page numbers, its length first */
            memcpy(&count, value.mv_data, sizeof count);
            pages += count;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return pages;
}

/* Under the lock. */
static void measure(struct kv *kv, uint64_t *out_used, uint64_t *out_size)
{
    MDB_envinfo info;
    MDB_stat stat;
    uint64_t unused = free_pages(kv);
    CHECK(mdb_env_info(kv->env, &info) == 0 && mdb_env_stat(kv->env, &stat) == 0);
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    *out_used = (pages > unused ? pages - unused : 0) * stat.ms_psize;
    *out_size = info.me_mapsize;
}

void kv_usage(struct kv *kv, uint64_t *out_used, uint64_t *out_size)
{
    *out_used = *out_size = 0;
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    if (kv->env) {
        measure(kv, out_used, out_size);
    }
    pthread_rwlock_unlock(&kv->size);
}

int kv_room(struct kv *kv, uint64_t *out_used, uint64_t *out_free)
{
    uint64_t used = 0, map = 0, size = 0, left = 0;
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    int err = kv->env ? kv_folder_room(kv->folder, file_name, &size, &left) : kv_stopped(kv);
    if (!err) {
        measure(kv, &used, &map);
        *out_used = used;
        *out_free = left + (size > used ? size - used : 0);
    }
    pthread_rwlock_unlock(&kv->size);
    return err;
}
