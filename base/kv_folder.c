#include "base/kv_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

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

int kv_folder_open(const char *path, bool may_make, int *out_folder)
{
    bool made = may_make && mkdir(path, 0700) == 0;
    if (may_make && !made && errno != EEXIST) {
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

int kv_folder_lock(int folder, int *out_lock)
{
    int lock = openat(folder, "writer.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        return -errno;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
        int err = errno == EWOULDBLOCK ? ERR_NOT_NOW : -errno;
        close(lock);
        return err;
    }
    *out_lock = lock;
    return 0;
}

/* Read and write back; a file that is shorter is no store any more. */
static int rewrite(int file, uint8_t *head, size_t octets)
{
    ssize_t got = pread(file, head, octets, 0);
    if (got < 0) {
        return -errno;
    }
    if ((size_t)got < octets) {
        return ERR_STORE_CORRUPT;
    }
    ssize_t put = pwrite(file, head, octets, 0);
    if (put < 0) {
        return -errno;
    }
    if ((size_t)put < octets) {
        return -EIO;
    }
    return fdatasync(file) == 0 ? 0 : -errno;
}

int kv_folder_settle(int folder, const char *name, size_t octets)
{
    int file = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return -errno;
    }
    uint8_t *head = mem_alloc(octets);
    int err = rewrite(file, head, octets);
    mem_free(head);
    close(file);
    return err;
}

int kv_folder_room(int folder, const char *name, uint64_t *out_size, uint64_t *out_free)
{
    struct stat file;
    struct statvfs system;
    struct rlimit limit;
    if (fstatat(folder, name, &file, AT_SYMLINK_NOFOLLOW) < 0 || fstatvfs(folder, &system) < 0 ||
        getrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return -errno;
    }
    uint64_t size = (uint64_t)file.st_size;
    uint64_t left = (uint64_t)system.f_bavail * system.f_frsize;
    if (limit.rlim_cur != RLIM_INFINITY) { /* the process' own limit may be nearer */
        uint64_t may = limit.rlim_cur > size ? limit.rlim_cur - size : 0;
        left = may < left ? may : left;
    }
    *out_size = size;
    *out_free = left;
    return 0;
}

/* Under another name until whole, so that half a file is never taken for one. */
static int fill_part(int folder, const char *name, int (*fill)(void *context, int file),
                     void *context)
{
    static const char part[] = "data.part";
    int file = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return -errno;
    }
    int err = fill(context, file);
    if (!err && fsync(file) < 0) {
        err = -errno;
    }
    close(file);
    if (!err && renameat(folder, part, folder, name) < 0) {
        err = -errno;
    }
    if (err) {
        (void)unlinkat(folder, part, 0);
    }
    return err;
}

int kv_folder_fill(const char *path, const char *name, int (*fill)(void *context, int file),
                   void *context)
{
    int folder;
    int err = kv_folder_open(path, true, &folder);
    if (err) {
        return err;
    }
    if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        err = -EEXIST;
    }
    err = err ? err : fill_part(folder, name, fill, context);
    if (!err && fsync(folder) < 0) {
        err = -errno;
    }
    close(folder);
    return err;
}
