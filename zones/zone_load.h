/* Making a zone from a zone file, with every check a zone must pass before it is served.
 *
 * All errors of a file are told in one pass (up to the reader's limit); with any error there is
 * no zone: nothing is half loaded. Runs in the writer's thread, or before threads start. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "zones/zone_edit.h"
#include "zones/zone_index.h"

struct zone_load_options {
    const struct hash_key *key;     /* of the process */
    struct zone_edit_limits limits; /* for every name and RRset */
    size_t size_max;                /* octets of a file */
    struct zone_index *index;       /* fresh one of this zone, or NULL: no server-written names */
    bool chooses;                   /* with a centre, names below `find` are computed */
    /* Told of every error, with file, line and column as far as they are known. */
    void (*on_error)(void *context, const struct err_at *at);
    void *context;
};

/* Read a file into a new zone. Records at server-written names are passed over, the index writes
 * them anew; a record at a computed name is an error, where there is an index or a centre.
 * Shape: path terminated; name wire form; *out_zone is a new reference with version 1. Units:
 * octets.
 * Errors: the first error's code; every error has been told. Source: RFC 1035 5.2, RFC 2181
 * 10.1. */
int zone_load(const char *path, const uint8_t *name, const struct zone_load_options *options,
              struct zone **out_zone);
