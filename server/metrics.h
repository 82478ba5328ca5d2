/* Metrics: statistics as Prometheus text, for the HTTP route /metrics.
 *
 * Counters come from the table of server/stat.def; what is a state rather than a count (zones,
 * records, memory, uptime) comes from sources that others register before the listener starts.
 * Printing happens in the HTTP thread, so that a source must be thread-safe. Every label value is
 * escaped here (threats row 21). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/http.h"
#include "server/stat.h"

enum { METRICS_TEXT_MAX = 4 << 20, METRICS_SOURCES_MAX = 64 }; /* octets, rows */

struct metrics;
struct metrics_page;

struct metrics_source {
    const char *name; /* full metric name, suanyu_zone_records */
    const char *help;
    /* Calls metrics_value once per line of this metric. */
    void (*read)(void *context, struct metrics_page *page);
    void *context;
};

/* Make an empty list of sources over a registry (borrowed). Shape: ended by metrics_destroy. Units:
 * none. Errors: none. Source: none. */
struct metrics *metrics_create(struct stat_registry *registry);

/* Free; NULL is accepted. Shape: no page is being printed. Units: none. Errors: none. Source: none.
 */
void metrics_destroy(struct metrics *metrics);

/* Add a gauge. Shape: texts and context borrowed for the life of metrics; before the listener
 * starts. Units: in the name. Errors: aborts over METRICS_SOURCES_MAX. Source: none. */
void metrics_add(struct metrics *metrics, const struct metrics_source *source);

/* Put one line of the present source. Shape: label and label_value are both NULL or both
 * terminated; the value may hold any octets. Units: the metric's. Errors: nothing is put over
 * METRICS_TEXT_MAX. Source: Prometheus text format 0.0.4. */
void metrics_value(struct metrics_page *page, const char *label, const char *label_value,
                   uint64_t number);

/* The whole page. Shape: from malloc, terminated, the caller's; *out_len without terminator. Units:
 * octets. Errors: NULL without memory. Source: Prometheus text format 0.0.4. */
char *metrics_print(struct metrics *metrics, size_t *out_len);

/* Handler for {"GET", "/metrics", 0, metrics_handle, metrics}. Shape: see base/http.h. Units: none.
 * Errors: status 500. Source: Prometheus text format 0.0.4. */
void metrics_handle(const struct http_request *request, struct http_response *response,
                    void *context);
