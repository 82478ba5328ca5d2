/* Configuration of suanyud: suanyud.yaml as a struct, whose fields are the rows of server/conf.def.
 *
 * What a field means, its unit and its limits stand in its row. A loaded configuration is immutable
 * and may be read by any thread; everything it points to goes with server_conf_free. A text or
 * octets that were not given are NULL.
 * Prefix: server_conf_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/conf.h"
#include "base/log.h"
#include "server/conf_value.h"

/* The kinds of server/conf.def as types of fields. Macros, so that a row says its kind once. */
#define SERVER_CONF_BOOL        bool
#define SERVER_CONF_UINT        uint32_t
#define SERVER_CONF_SIZE        uint64_t
#define SERVER_CONF_SECONDS     uint32_t
#define SERVER_CONF_TEXT        const char *
#define SERVER_CONF_PATH        const char *
#define SERVER_CONF_SECRET      struct conf_octets
#define SERVER_CONF_SECRET_FILE struct conf_octets
#define SERVER_CONF_LOG_LEVEL   enum log_level
#define SERVER_CONF_STORE_KIND  enum server_conf_store_kind
#define SERVER_CONF_ALGORITHM   enum server_conf_algorithm
#define SERVER_CONF_SERIAL      enum zone_serial_policy
#define SERVER_CONF_NAME        const uint8_t * /* wire form, lower case (zones/dns_name.h) */
#define SERVER_CONF_ADDRESSES   struct server_conf_addresses
#define SERVER_CONF_PREFIXES    struct server_conf_prefixes
#define SERVER_CONF_TYPES       struct server_conf_types
#define SERVER_CONF_OWNERS      struct server_conf_texts
#define SERVER_CONF_TRANSPORTS  struct server_conf_transports
#define SERVER_CONF_DURABILITY  enum server_conf_durability
#define SERVER_CONF_NAMES       struct server_conf_names
#define SERVER_CONF_CATALOG     enum server_conf_catalog

struct server_conf_server {
#define SERVER(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

struct server_conf_control {
#define CONTROL(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

struct server_conf_store {
#define STORE(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

/* The file gives one of secret and secret_file; after the load `secret` holds it in both cases. */
struct server_conf_key {
#define KEY(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

/* A rule applies when each condition that it has holds; it has at least one of key and source. */
struct server_conf_transfer {
#define TRANSFER(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

/* As server_conf_transfer, but that one for unix sockets needs neither (server/conf_rule.h). */
struct server_conf_update {
#define UPDATE(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
};

struct server_conf_transfers {
    struct server_conf_transfer *items;
    size_t count;
};
struct server_conf_updates {
    struct server_conf_update *items;
    size_t count;
};
#define SERVER_CONF_TRANSFER_MAPS struct server_conf_transfers
#define SERVER_CONF_UPDATE_MAPS   struct server_conf_updates

struct server_conf_zone {
#define ZONE(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
    /* not of the file: server/roster.h sets them, they are zero in what is loaded */
    const uint8_t *member_of; /* name of the catalog that lists the zone; NULL: none does */
    bool is_renewed;          /* another zone than that of this name before: nothing of it stays */
    size_t like;              /* not 0: it has the rules of the zone at this position less 1 */
};

struct server_conf_keys {
    struct server_conf_key *items;
    size_t count;
};
struct server_conf_zones {
    struct server_conf_zone *items;
    size_t count;
};
#define SERVER_CONF_CONTROL_MAP struct server_conf_control
#define SERVER_CONF_KEY_MAPS    struct server_conf_keys
#define SERVER_CONF_SERVER_MAP  struct server_conf_server
#define SERVER_CONF_STORE_MAP   struct server_conf_store
#define SERVER_CONF_ZONE_MAPS   struct server_conf_zones

/* The whole file: control, keys, server, store, zones; no two zones or keys have one name. */
struct server_conf {
#define TOP(name, kind, ...) SERVER_CONF_##kind name;
#include "server/conf.def"
    struct server_conf_keys file_keys; /* of keys_file */
    struct regions *regions;           /* of server.regions and server.geo; NULL: none; shared */
    struct book *book;                 /* of policies; NULL: none; shared, for no key yet */
    struct conf *conf;                 /* owns everything else here, this struct included */
    uint64_t refs;
};

/* Load and check a file.
 * Shape:  path terminated; *out freed by server_conf_free.
 * Units:  none.
 * Errors: as conf_load; ERR_EXISTS, ERR_MISSING, ERR_LIMIT of the checks between options. *out is
 *         untouched then and at (may be NULL) filled: show it as `file:line:column: text`.
 * Source: none. */
int server_conf_load(const char *path, struct server_conf **out, struct err_at *at);

/* As server_conf_load, from memory.
 * Shape: len octets, not terminated; path is for messages and relative paths only. Units: octets.
 * Errors: as server_conf_load. Source: none. */
int server_conf_parse(const char *path, const char *text, size_t len, struct server_conf **out,
                      struct err_at *at);

/* Share a loaded configuration; any thread. Shape: given up by server_conf_free. Units: none.
 * Errors: none. Source: none. */
const struct server_conf *server_conf_ref(const struct server_conf *conf);

/* Give up; the last one frees. NULL is accepted.
 * Shape: none. Units: none. Errors: none. Source: none. */
void server_conf_free(const struct server_conf *conf);

/* How many keys there are, those of keys_file included.
 * Shape: none. Units: none. Errors: none. Source: none. */
size_t server_conf_key_count(const struct server_conf *conf);

/* One of them, those of the file itself first. Shape: i below the count; borrowed. Units: none. Errors:
 * none. Source: none. */
const struct server_conf_key *server_conf_key_at(const struct server_conf *conf, size_t i);

/* The i-th warning about a loaded file (what takes effect later, what is weak), NULL past the last.
 * Shape: borrowed until server_conf_free. Units: none. Errors: NULL. Source: none. */
const struct err_at *server_conf_warning(const struct server_conf *conf, size_t i);

/* The next option that differs and that a reload can not change, from position *at on; NULL at the end.
 * Shape: key of the option, static; *at is its position, to go on behind it. Units: none. Errors: NULL.
 * Source: none. */
const char *server_conf_restart(const struct server_conf *old, const struct server_conf *new_conf,
                                size_t *at);

/* Print all options for the manual, one a line, as tools/docs reads them.
 * Shape: as conf_type_print_rows. Units: none. Errors: those of the stream. Source: none. */
void server_conf_print_options(FILE *out);
