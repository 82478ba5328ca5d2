/* Reader of zone files (master files): directives, includes, every record to a callback, all errors with their place.
 *
 * What it decides where the specifications leave room stands in docs/zonefile.md. It knows records one by one; what
 * they are to each other (out of zone, two SOAs, CNAME and other data) is the callback's to say. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "zones/zone_record.h"
#include "zones/zone_text.h"

#define ZONE_FILE_ERRORS_MAX   20 /* errors after which the reader gives up */
#define ZONE_FILE_INCLUDES_MAX 16 /* files inside each other, the first not counted */

struct zone_file_options {
    const uint8_t *origin;      /* wire form: the zone's name */
    struct zone_record_ttl ttl; /* as by $TTL before the first line, when known */
    size_t octets_max;          /* of all files together, each counted as often as it is read */
    uint64_t records_max;
    bool includes; /* $INCLUDE is allowed; never in texts from outside */
};

struct zone_file_sink {
    void *context;
    /* A record, borrowed during the call. An error, with text in at or not, is reported at the record's place. */
    int (*record)(void *context, const struct zone_text_record *record, unsigned line,
                  struct err_at *at);
    /* An error, borrowed during the call. Line 0: the file as a whole. */
    void (*error)(void *context, const struct err_at *at);
};

/* Read a zone file. Reading goes on behind an error, so that one pass finds them all.
 * Shape:  path terminated. Units: returns the number of errors, at most ZONE_FILE_ERRORS_MAX.
 * Errors: to sink->error: what zone_record.h, zone_generate.h and zone_source.h say, ERR_LIMIT, and the record
 *         callback's. Source: RFC 1035 5, RFC 2308 4, RFC 3597 5. */
unsigned zone_file_read(const char *path, const struct zone_file_options *options,
                        const struct zone_file_sink *sink);

/* Read a text in memory as a zone file. Paths of $INCLUDE are relative to the working directory.
 * Shape:  text of len octets, not terminated; name (may be NULL) is the file in errors. Units: octets; returns the number
 *         of errors. Errors: as zone_file_read. Source: as zone_file_read. */
unsigned zone_file_read_text(const char *name, const char *text, size_t len,
                             const struct zone_file_options *options,
                             const struct zone_file_sink *sink);
