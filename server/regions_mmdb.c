#include "server/regions_mmdb.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    IPV4_AT = 96,
    ISO_MAX = 3
}; /* where IPv4 lies in a tree of IPv6; octets of an ISO 3166-2 part */

struct regions_mmdb {
    MMDB_s file;
};

int regions_mmdb_open(const char *path, struct regions_mmdb **out_mmdb, const char **out_why)
{
    struct regions_mmdb *mmdb = mem_alloc(sizeof(*mmdb));
    errno = 0;
    int status = MMDB_open(path, MMDB_MODE_MMAP, &mmdb->file);
    if (status == MMDB_SUCCESS) {
        *out_mmdb = mmdb;
        return 0;
    }
    bool is_system = (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) && errno > 0;
    int err = is_system ? -errno : ERR_VALUE;
    *out_why = is_system ? err_text(err) : MMDB_strerror(status);
    mem_free(mmdb);
    return err;
}

void regions_mmdb_close(struct regions_mmdb *mmdb)
{
    if (mmdb) {
        MMDB_close(&mmdb->file);
        mem_free(mmdb);
    }
}

uint64_t regions_mmdb_edition(const struct regions_mmdb *mmdb)
{
    return mmdb->file.metadata.build_epoch << 32 ^ mmdb->file.metadata.node_count;
}

/* Bits of a network as the library counts them: those of IPv6 when the tree is one. */
static uint8_t bits_of(const struct regions_mmdb *mmdb, unsigned family, unsigned bits)
{
    if (family == 4 && mmdb->file.metadata.ip_version == 6) {
        return (uint8_t)(bits > IPV4_AT ? bits - IPV4_AT : 0);
    }
    return (uint8_t)bits;
}

bool regions_mmdb_find(const struct regions_mmdb *mmdb, unsigned family, const uint8_t *address,
                       uint32_t *out_at, uint8_t *out_bits)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    const struct sockaddr *from = family == 4 ? (const void *)&in : (const void *)&in6;
    memcpy(&in.sin_addr, address, sizeof(in.sin_addr));
    if (family == 6) {
        memcpy(&in6.sin6_addr, address, sizeof(in6.sin6_addr));
    }
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&mmdb->file, from, &status);
    *out_bits = 0;
    if (status != MMDB_SUCCESS) { /* a tree of IPv4 alone, or a damaged one */
        return false;
    }
    *out_bits = bits_of(mmdb, family, found.netmask);
    *out_at = found.entry.offset;
    return found.found_entry;
}

/* A code of letters and digits, in lower case; false when it is not said, or is none. */
static bool read_code(MMDB_entry_s *entry, const char *const *path, char out[ISO_MAX + 1])
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size == 0 ||
        data.data_size > ISO_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < data.data_size; i++) {
        char c = data.utf8_string[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            return false;
        }
        out[i] = c;
    }
    out[data.data_size] = 0;
    return true;
}

static bool read_degrees(MMDB_entry_s *entry, const char *which, double most, double *out)
{
    MMDB_entry_data_s data;
    if (MMDB_get_value(entry, &data, "location", which, NULL) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_DOUBLE ||
        !(data.double_value >= -most && data.double_value <= most)) {
        return false;
    }
    *out = data.double_value;
    return true;
}

void regions_mmdb_get(const struct regions_mmdb *mmdb, uint32_t at,
                      struct regions_mmdb_place *out_place)
{
    static const char *const country_path[] = {"country", "iso_code", NULL};
    static const char *const parts[][4] = {{"subdivisions", "1", "iso_code", NULL},
                                           {"subdivisions", "0", "iso_code", NULL}};
    MMDB_entry_s entry = {&mmdb->file, at};
    char country[ISO_MAX + 1], part[ISO_MAX + 1];
    unsigned count = 0;
    memset(out_place, 0, sizeof(*out_place));
    if (read_code(&entry, country_path, country)) {
        for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
            if (read_code(&entry, parts[i], part)) { /* the smaller subdivision stands behind */
                (void)snprintf(out_place->names[count++], REGIONS_MMDB_NAME, "%s-%s", country,
                               part);
            }
        }
        (void)snprintf(out_place->names[count], REGIONS_MMDB_NAME, "%s", country);
    }
    out_place->has_loc = read_degrees(&entry, "latitude", 90, &out_place->latitude) &&
                         read_degrees(&entry, "longitude", 180, &out_place->longitude);
}
