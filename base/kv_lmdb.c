#include "base/kv.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    FREE_TABLE = 0, /* LMDB's own list of free pages */
};

struct kv {
    MDB_env *env;
    MDB_dbi *tables;
    unsigned table_count;
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

/* LMDB ends the process after this. */
static void on_assert(MDB_env *env, const char *text)
{
    (void)env;
    log_error("store_open_failed", "error=%s text=%s", "store content is damaged", text);
    _exit(1); /* the file is damaged: the library would abort, and there is nothing to unwind */
}

/* The entry of a new folder is in its parent: without this a power cut could lose the folder. */
static int sync_parent(int folder)
{
    int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return -errno;
    }
    int err = fsync(parent) == 0 ? 0 : -errno;
    close(parent);
    return err;
}

/* Open a folder, making it when it is absent. */
static int open_folder(const char *path, int *out_folder)
{
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) {
        return -errno;
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -errno;
    }
    int err = made ? sync_parent(folder) : 0;
    if (err) {
        close(folder);
        return err;
    }
    *out_folder = folder;
    return 0;
}

/* LMDB would let two processes write in turns; our memory image allows one. The kernel drops the
 * lock with us. */
static int lock_writer(struct kv *kv)
{
    kv->lock = openat(kv->folder, "writer.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (kv->lock < 0) {
        return -errno;
    }
    if (flock(kv->lock, LOCK_EX | LOCK_NB) < 0) {
        return errno == EWOULDBLOCK ? ERR_NOT_NOW : -errno;
    }
    return 0;
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

static int open_env(struct kv *kv, const char *path, size_t map_octets)
{
    struct sigaction bus = {.sa_handler = on_bus_error};
    sigaction(SIGBUS, &bus, NULL);
    int rc = mdb_env_create(&kv->env);
    if (rc) {
        kv->env = NULL;
        return err_of(rc);
    }
    rc = mdb_env_set_assert(kv->env, on_assert);
    rc = rc ? rc : mdb_env_set_mapsize(kv->env, map_octets);
    rc = rc ? rc : mdb_env_set_maxdbs(kv->env, kv->table_count);
    rc = rc ? rc : mdb_env_open(kv->env, path, 0, 0600);
    int dead = 0;
    rc = rc ? rc : mdb_reader_check(kv->env, &dead);
    if (dead > 0) {
        log_debug("store_dead_readers", "path=%s count=%d", path, dead);
    }
    if (!rc && fsync(kv->folder) < 0) {
        rc = errno;
    }
    return err_of(rc);
}

static int open_tables(struct kv *kv, const char *const *names)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(kv->env, NULL, 0, &txn);
    if (rc) {
        return err_of(rc);
    }
    for (unsigned i = 0; !rc && i < kv->table_count; i++) {
        rc = mdb_dbi_open(txn, names[i], MDB_CREATE, &kv->tables[i]);
    }
    if (rc) {
        mdb_txn_abort(txn);
        return err_of(rc);
    }
    return err_of(mdb_txn_commit(txn));
}

int kv_open(const char *path, size_t map_octets, const char *const *tables, struct kv **out_kv)
{
    struct kv *kv = mem_alloc(sizeof *kv);
    kv->folder = -1;
    kv->lock = -1;
    CHECK(pthread_rwlock_init(&kv->size, NULL) == 0);
    while (tables[kv->table_count]) {
        kv->table_count++;
    }
    kv->tables = mem_alloc(kv->table_count * sizeof *kv->tables);
    int err = open_folder(path, &kv->folder);
    err = err ? err : lock_writer(kv);
    err = err ? err : open_env(kv, path, map_octets);
    err = err ? err : open_tables(kv, tables);
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
    if (kv->env) {
        mdb_env_close(kv->env);
    }
    if (kv->lock >= 0) {
        close(kv->lock); /* after LMDB is done with the folder */
    }
    if (kv->folder >= 0) {
        close(kv->folder);
    }
    pthread_rwlock_destroy(&kv->size);
    mem_free(kv->tables);
    mem_free(kv);
}

int kv_begin(struct kv *kv, bool write, struct kv_txn **out_txn)
{
    struct kv_txn *txn = malloc(sizeof *txn);
    if (!txn) {
        return ERR_MEMORY;
    }
    *txn = (struct kv_txn){.kv = kv, .write = write};
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    int rc = mdb_txn_begin(kv->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn);
    if (rc) {
        pthread_rwlock_unlock(&kv->size);
        free(txn);
        return err_of(rc);
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
        kv_abort(txn);
        return err;
    }
    int err = err_of(mdb_txn_commit(txn->txn));
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
    if (pthread_rwlock_trywrlock(&kv->size)) {
        return ERR_NOT_NOW; /* a transaction is open: its pages would move under it */
    }
    MDB_envinfo info;
    int rc = mdb_env_info(kv->env, &info);
    if (!rc) {
        rc = info.me_mapsize > SIZE_MAX / 2 ? EOVERFLOW
                                            : mdb_env_set_mapsize(kv->env, info.me_mapsize * 2);
    }
    pthread_rwlock_unlock(&kv->size);
    return err_of(rc);
}

static int copy_to(struct kv *kv, int file)
{
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    int rc = mdb_env_copyfd2(kv->env, file, MDB_CP_COMPACT);
    pthread_rwlock_unlock(&kv->size);
    if (!rc && fsync(file) < 0) {
        rc = errno;
    }
    return err_of(rc);
}

int kv_backup(struct kv *kv, const char *path)
{
    int folder = -1;
    int err = open_folder(path, &folder);
    if (err) {
        return err;
    }
    if (faccessat(folder, "data.mdb", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        close(folder);
        return -EEXIST;
    }
    /* Under another name until whole, so that half a backup is never taken for one. */
    int file = openat(folder, "data.part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        err = -errno;
        close(folder);
        return err;
    }
    err = copy_to(kv, file);
    close(file);
    if (!err && renameat(folder, "data.part", folder, "data.mdb") < 0) {
        err = -errno;
    }
    if (err) {
        (void)unlinkat(folder, "data.part", 0);
    } else if (fsync(folder) < 0) {
        err = -errno;
    }
    close(folder);
    return err;
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

void kv_usage(struct kv *kv, uint64_t *out_used, uint64_t *out_size)
{
    MDB_envinfo info;
    MDB_stat stat;
    CHECK(pthread_rwlock_rdlock(&kv->size) == 0);
    uint64_t unused = free_pages(kv);
    CHECK(mdb_env_info(kv->env, &info) == 0 && mdb_env_stat(kv->env, &stat) == 0);
    pthread_rwlock_unlock(&kv->size);
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    *out_used = (pages > unused ? pages - unused : 0) * stat.ms_psize;
    *out_size = info.me_mapsize;
}
