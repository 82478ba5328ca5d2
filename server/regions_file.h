/* The files of server.regions and server.geo: read while a configuration is loaded, and whole or not at all.
 *
 * A file of regions is a list `regions` of maps with name, prefixes, and if wanted latitude, longitude and
 * centre (docs/places.md). */
#pragma once

#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "server/regions.h"

/* The fields of a configuration that name the files; an error is shown at them. */
struct regions_file {
    const char *const *regions; /* paths; NULL: none */
    const char *const *geo;
};

/* Load what a configuration names.
 * Shape: *out_regions is a new reference, NULL when no file is named; at as for conf_blame.
 * Units: none. Errors: as conf_load and regions_mmdb_open; ERR_MISSING, ERR_EXISTS (a network twice). *out_regions
 * is untouched then. Source: none. */
int regions_file_load(const struct conf *conf, const struct regions_file *file,
                      struct regions **out_regions, struct err_at *at);

/* Read a file of regions from memory, without a MaxMind file.
 * Shape: len octets, not terminated; path is for messages only. Units: octets. Errors: as conf_parse, and
 * regions_file_load. Source: none. */
int regions_file_parse(const char *path, const char *text, size_t len, struct regions **out_regions,
                       struct err_at *at);
