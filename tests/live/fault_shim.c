/* Faults on demand: a library for LD_PRELOAD that counts the writes and syncs of a process on the files
 * below one folder, and at the n-th of them lets it fail, come out short, or ends the process: before it,
 * after it, or as a power cut does, which takes some of what was written since the last sync.
 *
 * SUANYU_FAULT names a file that holds a struct fault, shared with the test, which may change it at any
 * time; SUANYU_FAULT_FOLDER names the folder. Without both it does nothing. For tests/live/faults.py. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { COUNT, FAIL, FAIL_AFTER, SHORT, KILL_BEFORE, KILL_AFTER, CUT };
enum kind { WRITES = 1, SYNCS = 2 };
enum { UNDO_MAX = 4096, SECTOR = 512 };

/* In the shared file, in the machine's own order of octets. */
struct fault {
    uint64_t at;     /* the call that it happens to, counted from 1; 0: none */
    uint64_t count;  /* calls so far, of the kinds */
    uint64_t hits;   /* calls that it happened to */
    uint64_t seed;   /* of what a power cut takes */
    uint32_t action; /* enum action */
    uint32_t error;  /* errno of FAIL and FAIL_AFTER */
    uint32_t sticky; /* every later call fails, too */
    uint32_t kinds;  /* enum kind, added up */
};

/* What was there before a write that no sync has followed. */
struct undo {
    int file;
    off_t at;
    size_t len;      /* octets written */
    uint8_t *octets; /* that were there before, zeros behind the end of the file */
};

static struct fault *fault;
static char folder[PATH_MAX];
static struct undo undos[UNDO_MAX];
static size_t undo_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void open_fault(void)
{
    const char *path = getenv("SUANYU_FAULT"), *below = getenv("SUANYU_FAULT_FOLDER");
    int file = path && below ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void *map = mmap(NULL, sizeof(*fault), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) {
        snprintf(folder, sizeof(folder), "%s", below);
        fault = map;
    }
}

static bool is_ours(int file)
{
    char name[40], path[PATH_MAX];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    ssize_t len = readlink(name, path, sizeof(path) - 1);
    size_t below = strlen(folder);
    return len > 0 && (size_t)len >= below && memcmp(path, folder, below) == 0;
}

static uint64_t draw(uint64_t below)
{
    fault->seed = fault->seed * 6364136223846793005u + 1442695040888963407u;
    return (fault->seed >> 33) % below;
}

/* --- what a power cut takes --------------------------------------------------------------------- */

static void forget(size_t from)
{
    while (undo_count > from) {
        struct undo *undo = &undos[--undo_count];
        free(undo->octets);
        close(undo->file);
    }
}

static void remember(int file, off_t at, size_t len)
{
    if (fault->action != CUT || undo_count == UNDO_MAX) {
        return;
    }
    char name[40];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    int again = open(name, O_RDWR | O_CLOEXEC); /* ours to keep, and to read from */
    struct undo undo = {.file = again, .at = at, .len = len, .octets = calloc(1, len)};
    if (again < 0 || pread(again, undo.octets, len, at) < 0) {
        _exit(99);
    }
    undos[undo_count++] = undo;
}

static void raw_write(const struct undo *undo, size_t from)
{
    if (syscall(SYS_pwrite64, undo->file, undo->octets + from, undo->len - from,
                undo->at + (off_t)from) < 0) {
        _exit(99);
    }
}

/* Each write may be lost, whole or from some sector on; the newest are looked at first, as disks do not
 * keep an order. */
static void cut(void)
{
    for (size_t i = undo_count; i-- > 0;) {
        switch (draw(3)) {
        case 0:
            raw_write(&undos[i], 0);
            break;
        case 1:
            raw_write(&undos[i], draw(undos[i].len / SECTOR + 1) * SECTOR % undos[i].len);
            break;
        default:
            break;
        }
    }
}

/* --- the n-th call ------------------------------------------------------------------------------ */

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* What happens to this call. */
static enum action meet(int file, enum kind kind)
{
    if (!fault || !(fault->kinds & kind) || !is_ours(file)) {
        return COUNT;
    }
    uint64_t number = __atomic_add_fetch(&fault->count, 1, __ATOMIC_SEQ_CST);
    bool is_it = fault->at > 0 && (number == fault->at || (fault->sticky && number > fault->at));
    if (!is_it) {
        return COUNT;
    }
    __atomic_add_fetch(&fault->hits, 1, __ATOMIC_SEQ_CST);
    enum action action = fault->action;
    if (action == KILL_BEFORE) {
        die();
    }
    return action == FAIL_AFTER && number > fault->at ? FAIL : action;
}

/* After the call: its result may be another, or the process ends. */
static long part(enum action action, long result)
{
    if (action == CUT) {
        cut();
    }
    if (action == CUT || action == KILL_AFTER) {
        die();
    }
    if (action == FAIL_AFTER) {
        errno = (int)fault->error;
        return -1;
    }
    return result;
}

static bool is_failed(enum action action)
{
    if (action == FAIL) {
        errno = (int)fault->error;
    }
    return action == FAIL;
}

static ssize_t write_at(int file, const void *data, size_t len, off_t at)
{
    enum action action = meet(file, WRITES);
    if (is_failed(action)) {
        return -1;
    }
    len = action == SHORT ? len / 2 : len;
    pthread_mutex_lock(&lock);
    size_t before = undo_count;
    if (fault && is_ours(file)) {
        remember(file, at, len);
    }
    long result = syscall(SYS_pwrite64, file, data, len, at);
    if (result >= 0 && fcntl(file, F_GETFL) & O_DSYNC && action != CUT) {
        forget(before);
    }
    result = part(action, result);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t pwrite(int file, const void *data, size_t len, off_t at)
{
    return write_at(file, data, len, at);
}

ssize_t pwrite64(int file, const void *data, size_t len, off_t at)
{
    return write_at(file, data, len, at);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    enum action action = meet(file, WRITES);
    if (is_failed(action)) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    off_t at = lseek(file, 0, SEEK_CUR);
    for (int i = 0; fault && at >= 0 && i < count && is_ours(file); i++) {
        remember(file, at, parts[i].iov_len);
        at += (off_t)parts[i].iov_len;
    }
    long result = syscall(SYS_writev, file, parts, action == SHORT ? count / 2 : count);
    result = part(action, result);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t write(int file, const void *data, size_t len)
{
    enum action action = meet(file, WRITES);
    if (is_failed(action)) {
        return -1;
    }
    return part(action, syscall(SYS_write, file, data, action == SHORT ? len / 2 : len));
}

static int sync_by(long call, int file)
{
    enum action action = meet(file, SYNCS);
    if (is_failed(action)) {
        return -1;
    }
    pthread_mutex_lock(&lock);
    if (action == CUT) { /* in the middle of it */
        part(action, 0);
    }
    long result = syscall(call, file);
    if (result == 0 && fault && is_ours(file)) {
        forget(0);
    }
    result = part(action, result);
    pthread_mutex_unlock(&lock);
    return (int)result;
}

int fdatasync(int file)
{
    return sync_by(SYS_fdatasync, file);
}

int fsync(int file)
{
    return sync_by(SYS_fsync, file);
}

int ftruncate(int file, off_t len)
{
    enum action action = meet(file, WRITES);
    return is_failed(action) ? -1 : (int)part(action, syscall(SYS_ftruncate, file, len));
}
