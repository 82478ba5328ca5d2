/* A MaxMind file: countries, subdivisions and locations of networks, as others publish them.
 *
 * The home of libmaxminddb. The file is mapped, so it is replaced by renaming, never written over. Immutable
 * once open, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { REGIONS_MMDB_NAMES = 3, REGIONS_MMDB_NAME = 16 };

struct regions_mmdb;

/* What a file says of a place. */
struct regions_mmdb_place {
    char names[REGIONS_MMDB_NAMES][REGIONS_MMDB_NAME]; /* `cn-gd`, then `cn`; "" ends */
    bool has_loc;
    double latitude, longitude; /* degrees */
};

/* Open a file. Shape: path terminated; *out_why static. Units: none. Errors: -errno, ERR_VALUE (it is no such
 * file); *out_why says what. Source: MaxMind DB File Format 2.0. */
int regions_mmdb_open(const char *path, struct regions_mmdb **out_mmdb, const char **out_why);

/* Close; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void regions_mmdb_close(struct regions_mmdb *mmdb);

/* A number that differs when the file has another content. Shape: none. Units: none. Errors: none. Source:
 * MaxMind DB File Format 2.0, build_epoch and node_count. */
uint64_t regions_mmdb_edition(const struct regions_mmdb *mmdb);

/* Where the file speaks of an address. *out_bits is the length of the network that the answer, also a negative
 * one, holds for.
 * Shape: family 4 or 6, network order. Units: bits. Errors: false: it does not. Source: MaxMind DB File Format
 * 2.0. */
bool regions_mmdb_find(const struct regions_mmdb *mmdb, unsigned family, const uint8_t *address,
                       uint32_t *out_at, uint8_t *out_bits);

/* What it says there. Shape: at as regions_mmdb_find gave it. Units: degrees. Errors: none: what is not said is
 * absent. Source: GeoIP2 City and Country databases. */
void regions_mmdb_get(const struct regions_mmdb *mmdb, uint32_t at,
                      struct regions_mmdb_place *out_place);
