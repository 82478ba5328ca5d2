/* Configuration: a YAML file into a struct, by schema.
 *
 * Everything in a loaded configuration, the struct included, lives in one arena of struct conf and
 * goes with conf_free. Strict: unknown and duplicate keys, anchors, aliases, tags, a second
 * document and nesting deeper than CONF_DEPTH_MAX are errors; the first error ends the load and
 * nothing of it stays. A loaded configuration is read-only, so any thread may read it; the semantic
 * pass (conf_blame, conf_warn) runs in the loading thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/conf_type.h"
#include "base/err.h"

#define CONF_FILE_MAX  (8u << 20) /* octets of a file */
#define CONF_DEPTH_MAX 32         /* maps and sequences inside each other */

struct conf;

/* Load a file.
 * Shape:  path terminated, relative paths in the file count from its folder; at (may be NULL) gets
 *         file (path itself), place and a text as `server.batch: expected number ..., found "x"`.
 * Units:  at->line and at->column from 1, 0 when unknown; columns in characters.
 * Errors: -errno, ERR_LIMIT (size, depth, memory), ERR_SYNTAX (YAML), ERR_VALUE (value, kind,
 *         unknown key), ERR_MISSING (required key), ERR_EXISTS (duplicate key); out_conf untouched.
 * Source: YAML 1.1 as libyaml reads it. */
int conf_load(const char *path, const struct conf_map *map, struct conf **out_conf,
              struct err_at *at);

/* Load from memory, as conf_load.
 * Shape: len octets, not terminated; path is for messages and relative paths only. Units: octets.
 * Errors: as conf_load. Source: as conf_load. */
int conf_parse(const char *path, const char *text, size_t len, const struct conf_map *map,
               struct conf **out_conf, struct err_at *at);

/* Free; NULL is accepted.
 * Shape: none. Units: none. Errors: none. Source: none. */
void conf_free(struct conf *conf);

/* The struct of the outermost map.
 * Shape: borrowed until conf_free. Units: none. Errors: none. Source: none. */
void *conf_data(struct conf *conf);

/* True when others than the file's owner and group may read it; false for memory.
 * Shape: none. Units: none. Errors: none. Source: none. */
bool conf_is_public(const struct conf *conf);

/* True for a regular file that others than its owner and group may not touch, and its group may only
 * read; false for memory. Shape: none. Units: none. Errors: none. Source: none. */
bool conf_is_private(const struct conf *conf);

/* Make another loaded file a part of this one: it goes with it, and conf_blame and conf_warn know its
 * fields. They show them at the field that names the file, with the place inside it in the text.
 * Shape: part taken; field as for conf_blame. One part at most. Units: none. Errors: none. Source:
 * none. */
void conf_adopt(struct conf *conf, const void *field, struct conf *part);

/* Report an error of the semantic pass where a field was given, or its map when it was not.
 * Shape:  field is the address of a field, of a list's element, or of a map; at is that of the
 *         load, whose file stays. Units: none.
 * Errors: returns err, for `return conf_blame(...)`; at may be NULL. Source: none. */
int conf_blame(const struct conf *conf, const void *field, struct err_at *at, int err,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Report an error of another file at the field that names it: `file:line:column: text`.
 * Shape: field as for conf_blame; inside as the load of that file filled it. Units: none. Errors: returns err.
 * Source: none. */
int conf_blame_file(const struct conf *conf, const void *field, struct err_at *at, int err,
                    const struct err_at *inside);

/* Keep a warning about a field; up to 32 are kept.
 * Shape: as conf_blame. Units: none. Errors: none. Source: none. */
void conf_warn(struct conf *conf, const void *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The i-th warning, or NULL past the last.
 * Shape: borrowed until conf_free. Units: none. Errors: NULL. Source: none. */
const struct err_at *conf_warning(const struct conf *conf, size_t i);
