/* Reload: the configuration is read again, judged whole, and taken over by the writer, or the old one
 * stays.
 *
 * Begun in the loop's thread (SIGHUP), finished in the writer's. */
#pragma once

#include "base/err.h"
#include "server/conf.h"
#include "server/keeper.h"
#include "server/stat.h"
#include "server/writer.h"

/* What a reload works on. All borrowed, longer-lived than the writer. */
struct reload_context {
    const char *path;               /* of the configuration */
    const struct server_conf *conf; /* as it was at the start */
    struct keeper *keeper;
    struct writer *writer;
    struct stat_set *loop_stat, *writer_stat; /* counters of the two threads */
};

/* Read the file and hand it to the writer; every outcome is logged and counted.
 * Shape: context outlives the writer. Units: none. Errors: none. Source: none. */
void reload_begin(struct reload_context *context);

/* Log what a configuration warns of. Shape: none. Units: none. Errors: none. Source: none. */
void reload_log_warnings(const struct server_conf *conf);
