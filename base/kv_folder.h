/* The folder of a store: made for us alone, held by one process, with room that can be measured.
 *
 * For the kv_ files only. Descriptors are the caller's to close. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Open a folder; made (mode 0700, its entry durable) when it is absent and may be.
 * Shape: path terminated. Units: none. Errors: -errno. Source: none. */
int kv_folder_open(const char *path, bool may_make, int *out_folder);

/* Hold the folder against a second writer: whoever has an image of it in memory is the only one who
 * writes. The kernel lets go with the descriptor.
 * Shape: none. Units: none. Errors: -errno, ERR_NOT_NOW when another process holds it. Source: none. */
int kv_folder_lock(int folder, int *out_lock);

/* Write the first octets of a file again, as they are read, and sync all of it: what the cache of the
 * system and the disk may disagree about after a failed write is one again, or an error.
 * Shape: name of a file in the folder, not made when absent. Units: octets from the start.
 * Errors: -errno, ERR_STORE_CORRUPT when it is shorter. Source: threats row 53. */
int kv_folder_settle(int folder, const char *name, size_t octets);

/* How large a file is, and how much it can still grow: what the file system has left for us and the
 * process may write.
 * Shape: name of a file in the folder. Units: octets. Errors: -errno. Source: none. */
int kv_folder_room(int folder, const char *name, uint64_t *out_size, uint64_t *out_free);

/* Make a file that is there whole or not at all, in a folder that is made when absent.
 * Shape: path terminated; fill writes to the descriptor it is given. Units: none. Errors: -EEXIST when the
 * file is there already, -errno, fill's. Source: none. */
int kv_folder_fill(const char *path, const char *name, int (*fill)(void *context, int file),
                   void *context);
