/* The octets of one file, read whole into memory: what the reader of zone files works on.
 *
 * The copy is private: a file that is changed or cut while it is read can not hurt (a mapped file would end the process
 * by SIGBUS). Each source belongs to one thread. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct zone_source {
    const char *text; /* len octets, not terminated; NULL when empty */
    size_t len;
    dev_t device; /* with inode: which file it is, however it is called */
    ino_t inode;
};

/* Read a file. Only regular files: a pipe or device could hold the caller for ever.
 * Shape:  path terminated; the source is given back by zone_source_close. Units: max in octets.
 * Errors: -errno, ERR_LIMIT (larger than max), ERR_VALUE (no regular file), ERR_IO (cut while it was read).
 * Source: none. */
int zone_source_open(const char *path, size_t max, struct zone_source *out_source);

/* Give the memory back; an empty source is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void zone_source_close(struct zone_source *source);
