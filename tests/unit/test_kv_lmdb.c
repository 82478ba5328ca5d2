#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/kv.h"
#include "tests/lib/disk.h"
#include "tests/lib/fail.h"

enum {
    ALPHA = 0, /* the tables, by position */
    BETA = 1,
    BAD_SIZE = -30781, /* LMDB's MDB_BAD_VALSIZE */
    BAD_SLOT = -30783, /* LMDB's MDB_BAD_RSLOT */
    NO_STORE = -30793, /* LMDB's MDB_INVALID */
};

static const size_t mib = 1 << 20; /* octets */
static const char *const tables[] = {"alpha", "beta", NULL};
static char top[64];    /* scratch folder of one test */
static char path[80];   /* the store in it, absent at first */
static char second[80]; /* another one */

static int make_scratch(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(top, sizeof top, "%.40s/kv-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(top)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/store", top);
    (void)snprintf(second, sizeof second, "%s/second", top);
    return 0;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"data.mdb", "data.part", "lock.mdb", "writer.lock"};
    char file[120];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        (void)unlink(file);
    }
    (void)rmdir(folder);
}

static int remove_scratch(void **state)
{
    (void)state;
    remove_folder(path);
    remove_folder(second);
    return rmdir(top); /* fails when something of another name is left */
}

static struct kv *open_store(const char *folder)
{
    struct kv *kv = NULL;
    assert_int_equal(kv_open(folder, 16 * mib, tables, &kv), 0);
    return kv;
}

static struct kv_txn *begin(struct kv *kv, bool write)
{
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(kv, write, &txn), 0);
    return txn;
}

static void put_text(struct kv_txn *txn, unsigned table, const char *key, const char *value)
{
    kv_put(txn, table, key, strlen(key), value, strlen(value));
}

/* The value as terminated text in a static buffer, or NULL. */
static const char *text_of(struct kv_txn *txn, unsigned table, const char *key)
{
    static char text[200];
    struct kv_slice value;
    if (!kv_get(txn, table, key, strlen(key), &value)) {
        return NULL;
    }
    assert_true(value.len < sizeof text);
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    return text;
}

/* As text_of, in a read transaction of its own. */
static const char *committed(struct kv *kv, unsigned table, const char *key)
{
    struct kv_txn *txn = begin(kv, false);
    const char *text = text_of(txn, table, key);
    kv_abort(txn);
    return text;
}

static void write_one(struct kv *kv, const char *key, const char *value)
{
    struct kv_txn *txn = begin(kv, true);
    put_text(txn, ALPHA, key, value);
    assert_int_equal(kv_commit(txn), 0);
}

static unsigned mode_of(const char *folder, const char *file)
{
    char name[120];
    struct stat info;
    (void)snprintf(name, sizeof name, "%s/%s", folder, file);
    assert_int_equal(stat(name, &info), 0);
    return info.st_mode & 0777;
}

static void opening_makes_a_folder_for_us_alone(void **state)
{
    (void)state;
    mode_t before = umask(0);
    struct kv *kv = open_store(path);
    (void)umask(before);
    assert_int_equal(mode_of(path, "."), 0700);
    assert_int_equal(mode_of(path, "data.mdb"), 0600);
    assert_int_equal(mode_of(path, "lock.mdb"), 0600);
    assert_int_equal(mode_of(path, "writer.lock"), 0600);
    kv_close(kv);
}

static void what_is_put_is_read_replaced_and_removed(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    struct kv_txn *txn = begin(kv, true);
    put_text(txn, ALPHA, "a", "1");
    put_text(txn, BETA, "a", "other table");
    put_text(txn, ALPHA, "empty", "");
    assert_string_equal(text_of(txn, ALPHA, "a"), "1"); /* sees its own writes */
    put_text(txn, ALPHA, "a", "22");
    kv_remove(txn, ALPHA, "never there", 11);
    assert_int_equal(kv_error(txn), 0);
    assert_int_equal(kv_commit(txn), 0);
    assert_string_equal(committed(kv, ALPHA, "a"), "22");
    assert_string_equal(committed(kv, BETA, "a"), "other table");
    assert_string_equal(committed(kv, ALPHA, "empty"), "");
    assert_null(committed(kv, BETA, "empty"));
    txn = begin(kv, true);
    kv_remove(txn, ALPHA, "a", 1);
    assert_int_equal(kv_commit(txn), 0);
    assert_null(committed(kv, ALPHA, "a"));
    assert_string_equal(committed(kv, BETA, "a"), "other table");
    kv_close(kv);
}

static void an_aborted_transaction_leaves_nothing(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    struct kv_txn *txn = begin(kv, true);
    put_text(txn, ALPHA, "a", "1");
    kv_abort(txn);
    kv_abort(NULL);
    assert_null(committed(kv, ALPHA, "a"));
    kv_close(kv);
    kv_close(NULL);
}

static void *write_two(void *kv)
{
    write_one(kv, "a", "2");
    return NULL;
}

static void a_reader_keeps_its_snapshot_while_another_thread_commits(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    write_one(kv, "a", "1");
    struct kv_txn *reader = begin(kv, false);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_two, kv), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(text_of(reader, ALPHA, "a"), "1");
    assert_int_equal(kv_commit(reader), 0);
    assert_string_equal(committed(kv, ALPHA, "a"), "2");
    kv_close(kv);
}

struct walked {
    char keys[200]; /* each followed by a blank */
    unsigned count;
    unsigned stop_at;
};

static int note(void *context, struct kv_slice key, struct kv_slice value)
{
    struct walked *walked = context;
    assert_int_equal(value.len, key.len); /* as the test wrote them */
    size_t len = strlen(walked->keys);
    (void)snprintf(walked->keys + len, sizeof walked->keys - len, "%.*s ", (int)key.len,
                   (const char *)key.data);
    return ++walked->count == walked->stop_at ? -77 : 0;
}

static void a_walk_goes_in_order_from_a_key_within_a_prefix(void **state)
{
    (void)state;
    static const char *const keys[] = {"b", "a/2", "a/1", "a/10", "a", "ab", "a/\xff"};
    static const struct {
        const char *label;
        const char *from;
        size_t prefix_len;
        const char *seen;
        unsigned stop_at;
        int answer;
    } rows[] = {
        {"all", "", 0, "a a/1 a/10 a/2 a/\xff ab b ", 0, 0},
        {"prefix", "a/", 2, "a/1 a/10 a/2 a/\xff ", 0, 0},
        {"from within a prefix", "a/10", 2, "a/10 a/2 a/\xff ", 0, 0},
        {"from between", "a/11", 2, "a/2 a/\xff ", 0, 0},
        {"from without prefix", "a/2", 0, "a/2 a/\xff ab b ", 0, 0},
        {"nothing begins so", "c", 1, "", 0, 0},
        {"beyond the end", "z", 0, "", 0, 0},
        {"stopped", "a", 1, "a a/1 ", 2, -77},
        {"stopped at the last", "b", 1, "b ", 1, -77},
    };
    struct kv *kv = open_store(path);
    struct kv_txn *txn = begin(kv, true);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        put_text(txn, ALPHA, keys[i], keys[i]);
    }
    assert_int_equal(kv_commit(txn), 0);
    txn = begin(kv, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct walked walked = {.stop_at = rows[i].stop_at};
        int answer = kv_walk(txn, ALPHA, rows[i].from, strlen(rows[i].from), rows[i].prefix_len,
                             note, &walked);
        if (answer != rows[i].answer || strcmp(walked.keys, rows[i].seen) != 0) {
            fail_msg("%s: %d, <%s>", rows[i].label, answer, walked.keys);
        }
    }
    struct walked empty = {.count = 0};
    assert_int_equal(kv_walk(txn, BETA, NULL, 0, 0, note, &empty), 0);
    assert_int_equal(empty.count, 0);
    assert_int_equal(kv_commit(txn), 0);
    kv_close(kv);
}

/* 3000 keys in each of three groups: several pages deep. */
static void put_groups(struct kv *kv)
{
    struct kv_txn *txn = begin(kv, true);
    for (unsigned i = 0; i < 9000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%s%u", i % 3 == 0 ? "g" : i % 3 == 1 ? "g\xff" : "h", i);
        put_text(txn, ALPHA, key, "some value of some length, to fill pages");
    }
    assert_int_equal(kv_commit(txn), 0);
}

static int count_one(void *context, struct kv_slice key, struct kv_slice value)
{
    (void)key;
    (void)value;
    ++*(unsigned *)context;
    return 0;
}

static unsigned count_all(struct kv *kv)
{
    unsigned count = 0;
    struct kv_txn *txn = begin(kv, false);
    assert_int_equal(kv_walk(txn, ALPHA, NULL, 0, 0, count_one, &count), 0);
    kv_abort(txn);
    return count;
}

static void a_prefix_is_removed_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        size_t removed, left;
    } rows[] = {{"g\xff", 3000, 6000}, {"g", 6000, 3000}, {"", 9000, 0}, {"nobody", 0, 9000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kv *kv = open_store(path);
        put_groups(kv);
        struct kv_txn *txn = begin(kv, true);
        put_text(txn, BETA, "g1", "stays");
        assert_int_equal(kv_remove_prefix(txn, ALPHA, rows[i].prefix, strlen(rows[i].prefix)),
                         rows[i].removed);
        assert_int_equal(kv_commit(txn), 0);
        assert_int_equal(count_all(kv), rows[i].left);
        assert_string_equal(committed(kv, BETA, "g1"), "stays");
        kv_close(kv);
    }
}

static void the_first_error_stays_and_nothing_is_written(void **state)
{
    (void)state;
    char longer[KV_KEY_MAX + 1];
    memset(longer, 'k', sizeof longer);
    struct kv *kv = open_store(path);
    struct kv_txn *txn = begin(kv, true);
    put_text(txn, ALPHA, "before", "1");
    kv_put(txn, ALPHA, longer, KV_KEY_MAX, "fits", 4);
    assert_int_equal(kv_error(txn), 0);
    kv_put(txn, ALPHA, longer, sizeof longer, "does not", 8);
    assert_int_equal(kv_error(txn), BAD_SIZE);
    put_text(txn, ALPHA, "after", "1");
    unsigned count = 0;
    assert_null(text_of(txn, ALPHA, "before"));
    kv_remove(txn, ALPHA, "before", 6);
    assert_int_equal(kv_remove_prefix(txn, ALPHA, "b", 1), 0);
    assert_int_equal(kv_walk(txn, ALPHA, NULL, 0, 0, count_one, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(kv_commit(txn), BAD_SIZE);
    assert_int_equal(count_all(kv), 0);
    txn = begin(kv, false);
    put_text(txn, ALPHA, "a", "1"); /* a reader may not write */
    assert_int_equal(kv_commit(txn), -EACCES);
    kv_close(kv);
}

static void content_survives_closing(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    put_groups(kv);
    kv_close(kv);
    kv = open_store(path);
    assert_int_equal(count_all(kv), 9000);
    kv_close(kv);
}

/* What kv_open gives in another process, as its exit status. */
static int open_in_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct kv *kv = NULL;
        int err = kv_open(path, 16 * mib, tables, &kv);
        kv_close(kv);
        _exit(err == 0 ? 0 : err == ERR_NOT_NOW ? 1 : 2);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_second_opener_is_locked_out_until_we_close(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    struct kv *again = NULL;
    assert_int_equal(open_in_child(), 1);
    assert_int_equal(kv_open(path, 16 * mib, tables, &again), ERR_NOT_NOW);
    assert_null(again);
    write_one(kv, "a", "still works"); /* the attempts did no harm */
    assert_string_equal(committed(kv, ALPHA, "a"), "still works");
    kv_close(kv);
    assert_int_equal(open_in_child(), 0);
}

/* Commit values of 64 KiB under new keys until it fails; returns the error. */
static int fill(struct kv *kv, unsigned *count)
{
    static char value[65536];
    for (;;) {
        struct kv_txn *txn = begin(kv, true);
        kv_put(txn, ALPHA, count, sizeof *count, value, sizeof value);
        int err = kv_commit(txn);
        if (err) {
            return err;
        }
        ++*count;
    }
}

static void a_full_store_refuses_then_grows_and_goes_on(void **state)
{
    (void)state;
    unsigned count = 0;
    uint64_t used;
    uint64_t size;
    struct kv *kv = NULL;
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    assert_in_range(count, 20, 32);
    kv_usage(kv, &used, &size);
    assert_int_equal(size, 2 * mib);
    assert_true(used > size * 8 / 10 && used <= size);
    assert_int_equal(count_all(kv), count); /* still readable */
    unsigned before = count;

    struct kv_txn *reader = begin(kv, false);
    assert_int_equal(kv_grow(kv), ERR_NOT_NOW);
    kv_abort(reader);
    assert_int_equal(kv_grow(kv), 0);
    kv_usage(kv, &used, &size);
    assert_int_equal(size, 4 * mib);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    assert_true(count > before + 20);
    assert_int_equal(count_all(kv), count);
    kv_close(kv);

    kv = NULL; /* a size that is too small for the content is no reason to lose it */
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(count_all(kv), count);
    assert_int_equal(kv_grow(kv), 0);
    write_one(kv, "a", "1");
    kv_close(kv);
}

static void a_full_store_frees_what_is_removed(void **state)
{
    (void)state;
    unsigned count = 0;
    uint64_t full;
    uint64_t used;
    uint64_t size;
    struct kv *kv = NULL;
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    kv_usage(kv, &full, &size);
    struct kv_txn *txn = begin(kv, true);
    for (unsigned i = 0; i < count / 2; i++) {
        kv_remove(txn, ALPHA, &i, sizeof i);
    }
    assert_int_equal(kv_commit(txn), 0);
    kv_usage(kv, &used, &size);
    assert_true(used < full * 6 / 10);
    struct kv_txn *reader = begin(kv, false); /* counts high rather than low under a reader */
    kv_usage(kv, &used, &size);
    assert_true(used >= full * 9 / 10);
    kv_abort(reader);
    write_one(kv, "small", "1"); /* LMDB reuses a page from the second commit after its removal */
    unsigned more = count;
    assert_int_equal(fill(kv, &more), ERR_LIMIT);
    assert_true(more > count + count / 4); /* the pages are used again */
    kv_close(kv);
}

/* The child commits, says so, writes more without committing, and waits to be killed. */
static _Noreturn void commit_and_wait(int said)
{
    struct kv *kv = NULL;
    struct kv_txn *txn = NULL;
    if (kv_open(path, 16 * mib, tables, &kv) || kv_begin(kv, true, &txn)) {
        _exit(1);
    }
    put_text(txn, ALPHA, "a", "committed");
    if (kv_commit(txn) || kv_begin(kv, true, &txn)) {
        _exit(1);
    }
    put_text(txn, ALPHA, "a", "not committed");
    put_text(txn, ALPHA, "b", "not committed");
    if (write(said, "!", 1) != 1) {
        _exit(1);
    }
    for (;;) {
        (void)pause();
    }
}

static void a_commit_survives_kill_9_and_an_open_transaction_does_not(void **state)
{
    (void)state;
    int ends[2];
    char word;
    int status = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        commit_and_wait(ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &word, 1), 1);
    close(ends[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct kv *kv = open_store(path);
    assert_string_equal(committed(kv, ALPHA, "a"), "committed");
    assert_null(committed(kv, ALPHA, "b"));
    write_one(kv, "b", "the dead writer's lock is gone");
    assert_string_equal(committed(kv, ALPHA, "b"), "the dead writer's lock is gone");
    kv_close(kv);
}

static void a_backup_is_a_store_of_its_own(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    put_groups(kv);
    assert_int_equal(kv_backup(kv, second), 0);
    write_one(kv, "later", "not in the backup");
    struct kv *copy = open_store(second); /* at the same time: another folder */
    assert_int_equal(count_all(copy), 9000);
    assert_null(committed(copy, ALPHA, "later"));
    write_one(copy, "own", "1");
    assert_null(committed(kv, ALPHA, "own"));
    kv_close(copy);
    assert_int_equal(mode_of(second, "."), 0700);
    assert_int_equal(mode_of(second, "data.mdb"), 0600);
    assert_int_equal(kv_backup(kv, second), -EEXIST);
    assert_int_equal(kv_backup(kv, path), -EEXIST);
    kv_close(kv);
}

static void a_backup_that_fails_leaves_no_file(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    put_groups(kv);
    struct kv_txn *reader = begin(kv, false); /* this thread's only reader slot is taken */
    assert_int_not_equal(kv_backup(kv, second), 0);
    kv_abort(reader);
    assert_int_equal(rmdir(second), 0); /* it is empty */
    assert_int_equal(kv_backup(kv, "/dev/null/nowhere"), -ENOTDIR);
    kv_close(kv);
}

static void write_file(const char *folder, const char *name, const char *octet, size_t len)
{
    char file[120];
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(fputs(octet, out) < 0, 0);
    }
    assert_int_equal(fclose(out), 0);
}

static void a_place_that_is_no_store_is_refused(void **state)
{
    (void)state;
    struct kv *kv = NULL;
    char deep[120];
    (void)snprintf(deep, sizeof deep, "%s/absent/store", top);
    assert_int_equal(kv_open(deep, 16 * mib, tables, &kv), -ENOENT);
    assert_int_equal(kv_open("/dev/null", 16 * mib, tables, &kv), -ENOTDIR);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(path, "data.mdb", "x", 16384);
    assert_int_equal(kv_open(path, 16 * mib, tables, &kv), NO_STORE);
    assert_null(kv);
    assert_int_equal(kv_open(path, 16 * mib, tables, &kv), NO_STORE); /* the lock was given back */
}

static void a_folder_of_others_is_used_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0750), 0);
    struct kv *kv = open_store(path);
    assert_int_equal(mode_of(path, "."), 0750);
    kv_close(kv);
}

static void beginning_without_memory_is_an_error(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    struct kv_txn *txn = NULL;
    fail_after(1);
    int err = kv_begin(kv, true, &txn);
    assert_true(fail_stop());
    assert_int_equal(err, ERR_MEMORY);
    assert_null(txn);
    assert_int_equal(kv_grow(kv), 0); /* nothing is left open */
    write_one(kv, "a", "1");
    kv_close(kv);
}

static void a_thread_has_one_reader_at_a_time(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    struct kv_txn *second_reader = NULL;
    struct kv_txn *reader = begin(kv, false);
    assert_int_equal(kv_begin(kv, false, &second_reader), BAD_SLOT);
    kv_abort(reader);
    assert_int_equal(kv_grow(kv), 0); /* nothing is left open */
    kv_close(kv);
}

/* A commit that the disk does not take; its error. */
static int write_broken(struct kv *kv, uint64_t limit)
{
    struct kv_txn *txn = begin(kv, true);
    put_text(txn, ALPHA, "lost", "1");
    disk_break(limit);
    int err = kv_commit(txn);
    disk_mend();
    return err;
}

static void a_failed_commit_stops_all_writing_until_it_is_opened_again(void **state)
{
    (void)state;
    const struct {
        const char *label;
        uint64_t limit; /* octets that a file may have */
        int err;
    } rows[] = {{"no write at all", 0, -EFBIG}, {"a short write", 4096 * 3 + 100, -EIO}};
    struct kv *kv = open_store(path);
    write_one(kv, "kept", "1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kv_txn *txn = NULL;
        assert_int_equal(kv_stopped(kv), 0);
        int err = write_broken(kv, rows[i].limit);
        assert_true(err == rows[i].err || err == -EFBIG);
        assert_int_equal(kv_stopped(kv), err);
        assert_int_equal(kv_begin(kv, true, &txn), err); /* the disk is well, and yet */
        assert_int_equal(kv_grow(kv), err);
        assert_string_equal(committed(kv, ALPHA, "kept"), "1");
        assert_int_equal(kv_reopen(kv), 0);
        assert_int_equal(kv_stopped(kv), 0);
        assert_string_equal(committed(kv, ALPHA, "kept"), "1");
        assert_null(committed(kv, ALPHA, "lost"));
        write_one(kv, "after", rows[i].label);
        assert_string_equal(committed(kv, ALPHA, "after"), rows[i].label);
    }
    kv_close(kv);
}

static void what_only_the_transaction_suffers_from_stops_nothing(void **state)
{
    (void)state;
    unsigned count = 0;
    struct kv *kv = NULL;
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    assert_int_equal(kv_stopped(kv), 0);
    struct kv_txn *txn = begin(kv, true);
    char key[KV_KEY_MAX + 1] = "long";
    kv_put(txn, ALPHA, key, sizeof key, "1", 1);
    assert_int_equal(kv_commit(txn), BAD_SIZE);
    assert_int_equal(kv_stopped(kv), 0);
    kv_close(kv);
}

static void opening_again_takes_what_is_there_and_makes_nothing(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    char data[120], aside[120];
    uint64_t used = 1, size = 1;
    (void)snprintf(data, sizeof data, "%s/data.mdb", path);
    (void)snprintf(aside, sizeof aside, "%s/data.part", path);
    write_one(kv, "a", "1");
    assert_int_not_equal(write_broken(kv, 0), 0);
    assert_int_equal(rename(data, aside), 0);
    assert_int_equal(kv_reopen(kv), -ENOENT);
    assert_int_equal(kv_stopped(kv), -ENOENT);
    assert_int_equal(access(data, F_OK), -1);
    struct kv_txn *txn = NULL;
    assert_int_equal(kv_begin(kv, false, &txn), -ENOENT); /* closed: nothing to read from */
    assert_int_equal(kv_begin(kv, true, &txn), -ENOENT);
    assert_int_equal(kv_backup(kv, second), -ENOENT);
    assert_int_equal(kv_room(kv, &used, &size), -ENOENT);
    kv_usage(kv, &used, &size);
    assert_int_equal(used + size, 0);
    assert_int_equal(rename(aside, data), 0);
    disk_break(0);
    int err = kv_reopen(kv);
    disk_mend();
    assert_int_equal(err, -EFBIG);
    struct kv *other = open_store(path); /* closed means that another may have it */
    assert_int_equal(kv_reopen(kv), ERR_NOT_NOW);
    kv_close(other);
    assert_int_equal(kv_reopen(kv), 0);
    assert_string_equal(committed(kv, ALPHA, "a"), "1");
    txn = begin(kv, false);
    assert_int_equal(kv_reopen(kv), ERR_NOT_NOW);
    kv_abort(txn);
    write_one(kv, "a", "2");
    kv_close(kv);
}

static void a_map_that_can_not_grow_stays_as_it_is(void **state)
{
    (void)state;
    unsigned count = 0;
    struct kv *kv = NULL;
    struct rlimit before, few;
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    few = before;
    few.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_AS, &few), 0);
    int err = kv_grow(kv);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(err, -ENOMEM);
    assert_int_equal(kv_stopped(kv), 0);
    assert_int_equal(count_all(kv), count);
    assert_int_equal(kv_grow(kv), 0);
    kv_close(kv);
}

static void room_counts_pages_that_wait_and_what_the_disk_leaves(void **state)
{
    (void)state;
    unsigned count = 0;
    uint64_t used, left, later_used, later_left;
    struct kv *kv = NULL;
    assert_int_equal(kv_open(path, 2 * mib, tables, &kv), 0);
    assert_int_equal(fill(kv, &count), ERR_LIMIT);
    disk_break(4 * mib);
    int err = kv_room(kv, &used, &left);
    disk_mend();
    assert_int_equal(err, 0);
    assert_true(used > mib && used + left <= 4 * mib && used + left > 3 * mib);
    struct kv_txn *txn = begin(kv, true);
    for (unsigned i = 0; i < count / 2; i++) {
        kv_remove(txn, ALPHA, &i, sizeof i);
    }
    assert_int_equal(kv_commit(txn), 0);
    disk_break(4 * mib);
    err = kv_room(kv, &later_used, &later_left);
    disk_mend();
    assert_int_equal(err, 0);
    assert_true(later_used < used * 7 / 10);
    assert_int_equal(later_used + later_left, used + left);
    kv_close(kv);
}

static void *hold_reader(void *context)
{
    struct kv_txn *reader = begin(context, false);
    const struct timespec moment = {0, 20000000};
    nanosleep(&moment, NULL);
    kv_abort(reader);
    return NULL;
}

static void growing_waits_for_short_readers(void **state)
{
    (void)state;
    struct kv *kv = open_store(path);
    pthread_t thread;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(pthread_create(&thread, NULL, hold_reader, kv), 0);
        assert_int_equal(kv_grow(kv), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
    kv_close(kv);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(opening_makes_a_folder_for_us_alone),
        STORE_TEST(what_is_put_is_read_replaced_and_removed),
        STORE_TEST(an_aborted_transaction_leaves_nothing),
        STORE_TEST(a_reader_keeps_its_snapshot_while_another_thread_commits),
        STORE_TEST(a_walk_goes_in_order_from_a_key_within_a_prefix),
        STORE_TEST(a_prefix_is_removed_and_nothing_else),
        STORE_TEST(the_first_error_stays_and_nothing_is_written),
        STORE_TEST(content_survives_closing),
        STORE_TEST(a_second_opener_is_locked_out_until_we_close),
        STORE_TEST(a_full_store_refuses_then_grows_and_goes_on),
        STORE_TEST(a_full_store_frees_what_is_removed),
        STORE_TEST(a_commit_survives_kill_9_and_an_open_transaction_does_not),
        STORE_TEST(a_backup_is_a_store_of_its_own),
        STORE_TEST(a_backup_that_fails_leaves_no_file),
        STORE_TEST(a_place_that_is_no_store_is_refused),
        STORE_TEST(a_folder_of_others_is_used_as_it_is),
        STORE_TEST(beginning_without_memory_is_an_error),
        STORE_TEST(a_thread_has_one_reader_at_a_time),
        STORE_TEST(a_failed_commit_stops_all_writing_until_it_is_opened_again),
        STORE_TEST(what_only_the_transaction_suffers_from_stops_nothing),
        STORE_TEST(opening_again_takes_what_is_there_and_makes_nothing),
        STORE_TEST(a_map_that_can_not_grow_stays_as_it_is),
        STORE_TEST(room_counts_pages_that_wait_and_what_the_disk_leaves),
        STORE_TEST(growing_waits_for_short_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
