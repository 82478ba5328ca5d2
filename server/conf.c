#include "server/conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/conf_book.h"
#include "server/conf_primary.h"
#include "server/conf_rule.h"
#include "server/regions_file.h"
#include "zones/dns_name.h"

/* --- the schema, from the table ------------------------------------------------------------------ */

/* The kinds of server/conf.def as type, nested map, shape. */
#define KIND_BOOL          &conf_type_bool, NULL, CONF_ONE
#define KIND_UINT          &conf_type_uint, NULL, CONF_ONE
#define KIND_SIZE          &conf_type_size, NULL, CONF_ONE
#define KIND_SECONDS       &conf_type_duration, NULL, CONF_ONE
#define KIND_TEXT          &conf_type_text, NULL, CONF_ONE
#define KIND_PATH          &conf_type_path, NULL, CONF_ONE
#define KIND_SECRET        &conf_type_secret, NULL, CONF_ONE
#define KIND_SECRET_FILE   &conf_type_secret_file, NULL, CONF_ONE
#define KIND_LOG_LEVEL     &server_conf_value_log_level, NULL, CONF_ONE
#define KIND_STORE_KIND    &server_conf_value_store_kind, NULL, CONF_ONE
#define KIND_ALGORITHM     &server_conf_value_algorithm, NULL, CONF_ONE
#define KIND_SERIAL        &server_conf_value_serial, NULL, CONF_ONE
#define KIND_NAME          &server_conf_value_name, NULL, CONF_ONE
#define KIND_ADDRESSES     &server_conf_value_address, NULL, CONF_LIST
#define KIND_PREFIXES      &server_conf_value_prefix, NULL, CONF_LIST
#define KIND_TYPES         &server_conf_value_type, NULL, CONF_LIST
#define KIND_OWNERS        &server_conf_value_owner, NULL, CONF_LIST
#define KIND_TRANSPORTS    &server_conf_value_transport, NULL, CONF_LIST
#define KIND_DURABILITY    &server_conf_value_durability, NULL, CONF_ONE
#define KIND_NAMES         &server_conf_value_name, NULL, CONF_LIST
#define KIND_CATALOG       &server_conf_value_catalog, NULL, CONF_ONE
#define KIND_SERVER_MAP    NULL, &server_map, CONF_MAP
#define KIND_CONTROL_MAP   NULL, &control_map, CONF_MAP
#define KIND_STORE_MAP     NULL, &store_map, CONF_MAP
#define KIND_KEY_MAPS      NULL, &key_map, CONF_MAPS
#define KIND_ZONE_MAPS     NULL, &zone_map, CONF_MAPS
#define KIND_TRANSFER_MAPS NULL, &transfer_map, CONF_MAPS
#define KIND_UPDATE_MAPS   NULL, &update_map, CONF_MAPS

#define ROW(struct_name, name, kind, preset, min, max, unit, flags, help)                          \
    {#name,                                                                                        \
     KIND_##kind,                                                                                  \
     flags,                                                                                        \
     offsetof(struct struct_name, name),                                                           \
     sizeof(((struct struct_name *)0)->name),                                                      \
     preset,                                                                                       \
     min,                                                                                          \
     max,                                                                                          \
     unit,                                                                                         \
     help},
#define MAP(rows, struct_name)                                                                     \
    {                                                                                              \
        rows, sizeof rows / sizeof rows[0], sizeof(struct struct_name)                             \
    }

static const struct conf_row server_rows[] = {
#define SERVER(...) ROW(server_conf_server, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map server_map = MAP(server_rows, server_conf_server);

static const struct conf_row control_rows[] = {
#define CONTROL(...) ROW(server_conf_control, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map control_map = MAP(control_rows, server_conf_control);

static const struct conf_row store_rows[] = {
#define STORE(...) ROW(server_conf_store, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map store_map = MAP(store_rows, server_conf_store);

static const struct conf_row key_rows[] = {
#define KEY(...) ROW(server_conf_key, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map key_map = MAP(key_rows, server_conf_key);

static const struct conf_row transfer_rows[] = {
#define TRANSFER(...) ROW(server_conf_transfer, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map transfer_map = MAP(transfer_rows, server_conf_transfer);

static const struct conf_row update_rows[] = {
#define UPDATE(...) ROW(server_conf_update, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map update_map = MAP(update_rows, server_conf_update);

static const struct conf_row zone_rows[] = {
#define ZONE(...) ROW(server_conf_zone, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map zone_map = MAP(zone_rows, server_conf_zone);

static const struct conf_row top_rows[] = {
#define TOP(...) ROW(server_conf, __VA_ARGS__)
#include "server/conf.def"
};
static const struct conf_map top_map = MAP(top_rows, server_conf);

/* A file with keys alone. */
struct keys_file {
    struct server_conf_keys keys;
};

static const struct conf_row keys_rows[] = {
    ROW(keys_file, keys, KEY_MAPS, NULL, 0, 0, "", CONF_REQUIRED, "the keys of this file")};
static const struct conf_map keys_map = MAP(keys_rows, keys_file);

/* --- checks between options ---------------------------------------------------------------------- */

enum {
    SECRET_WEAK = 16,   /* octets of a secret below which it is too easily guessed */
    ADDRESSES_MAX = 64, /* of one listener */
};

/* Names of a list of maps, sorted; each entry is the field that holds the name. */
struct names {
    const uint8_t *const **fields;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const uint8_t *const *left = *(const uint8_t *const *const *)a;
    const uint8_t *const *right = *(const uint8_t *const *const *)b;
    int order = dns_name_compare(*left, *right);
    return order != 0 ? order : (left > right) - (left < right); /* as they stand in the file */
}

/* Sort names; the same one twice is an error. */
static int sort_names(const struct server_conf *conf, const char *what, struct names *names,
                      struct err_at *at)
{
    qsort(names->fields, names->count, sizeof *names->fields, by_name);
    for (size_t i = 1; i < names->count; i++) {
        if (dns_name_equal(*names->fields[i - 1], *names->fields[i])) {
            char text[DNS_NAME_TEXT_MAX];
            dns_name_print(*names->fields[i], text);
            return conf_blame(conf->conf, names->fields[i], at, ERR_EXISTS, "%s %s is given twice",
                              what, text);
        }
    }
    return 0;
}

static bool has_name(const struct names *names, const uint8_t *name)
{
    size_t low = 0;
    size_t high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = dns_name_compare(name, *names->fields[middle]);
        if (order == 0) {
            return true;
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return false;
}

/* A key that is named is given; key is its field, for the place. */
static int check_key_name(const struct server_conf *conf, const uint8_t *const *key,
                          const struct names *keys, struct err_at *at)
{
    if (!*key || has_name(keys, *key)) {
        return 0;
    }
    char text[DNS_NAME_TEXT_MAX];
    dns_name_print(*key, text);
    return conf_blame(conf->conf, key, at, ERR_MISSING, "no key %s in keys", text);
}

/* Who a rule is about: a known key, networks, or both. rule is its struct, for the place. */
static int check_who(const struct server_conf *conf, const void *rule, const uint8_t *const *key,
                     const struct server_conf_prefixes *source, const struct names *keys,
                     struct err_at *at)
{
    if (!*key && source->count == 0) {
        return conf_blame(conf->conf, rule, at, ERR_MISSING,
                          "a rule needs a key, a source, or both");
    }
    return check_key_name(conf, key, keys, at);
}

/* SIG(0) says by itself who signs. */
static int check_sig0(const struct server_conf *conf, const struct server_conf_update *rule,
                      struct err_at *at)
{
    if (rule->sig0 && rule->key) {
        return conf_blame(conf->conf, &rule->key, at, ERR_EXISTS,
                          "a rule has a key or sig0, not both");
    }
    if (rule->sig0 && conf->server.sig0_rate == 0) {
        conf_warn(conf->conf, &rule->sig0, "without sig0_rate no SIG(0) is taken");
    }
    return 0;
}

/* The server alone writes a producer's catalog, another one a consumer's. */
static int check_catalog(const struct server_conf *conf, const struct server_conf_zone *zone,
                         struct err_at *at)
{
    if (zone->catalog == SERVER_CONF_PRODUCER && zone->file) {
        return conf_blame(conf->conf, &zone->file, at, ERR_VALUE,
                          "the server makes the catalog of a producer: it has no file");
    }
    bool is_secondary = zone->primary.count > 0;
    if (zone->catalog == SERVER_CONF_PRODUCER && is_secondary) {
        return conf_blame(conf->conf, &zone->primary, at, ERR_VALUE,
                          "the server makes the catalog of a producer: it has no primary");
    }
    if (zone->catalog == SERVER_CONF_CONSUMER && !is_secondary) {
        return conf_blame(conf->conf, &zone->catalog, at, ERR_MISSING,
                          "the catalog of a consumer comes from a primary");
    }
    return 0;
}

static int check_zone(const struct server_conf *conf, const struct server_conf_zone *zone,
                      const struct names *keys, struct err_at *at)
{
    struct conf_primary fields = {&zone->primary, &zone->primary_key, &zone->index,
                                  zone->update.count > 0 ? zone->update.items : NULL, &zone->file};
    int err = check_catalog(conf, zone, at);
    err = err ? err : conf_primary_check(conf->conf, &fields, at);
    err = err ? err : check_key_name(conf, &zone->primary_key, keys, at);
    err = err ? err : check_key_name(conf, &zone->notify_key, keys, at);
    for (size_t i = 0; !err && i < zone->transfer.count; i++) {
        const struct server_conf_transfer *rule = &zone->transfer.items[i];
        err = check_who(conf, rule, &rule->key, &rule->source, keys, at);
    }
    for (size_t i = 0; !err && i < zone->update.count; i++) {
        const struct server_conf_update *rule = &zone->update.items[i];
        const struct conf_rule parts = {
            rule,         rule->key,        &rule->source,     &rule->owner,
            &rule->types, &rule->transport, &rule->durability, rule->sig0};
        err = check_sig0(conf, rule, at);
        if (!err && !rule->sig0 && (rule->key || !conf_rule_is_unix(&rule->transport))) {
            err = check_who(conf, rule, &rule->key, &rule->source, keys, at);
        }
        err = err ? err : conf_rule_check(conf->conf, &parts, at);
    }
    if (!err && zone->srp && conf->server.sig0_rate == 0) {
        conf_warn(conf->conf, &zone->srp, "without sig0_rate no registration is taken");
    }
    return err;
}

static int check_mac(const struct server_conf *conf, const struct server_conf_key *key,
                     struct err_at *at)
{
    const struct dns_tsig_algorithm *algorithm = server_conf_value_tsig(key->algorithm);
    const unsigned most = algorithm->octets, least = (unsigned)dns_tsig_algorithm_least(algorithm);
    if (key->mac_min > 0 && (key->mac_min < least || key->mac_min > most)) {
        return conf_blame(conf->conf, &key->mac_min, at, ERR_VALUE,
                          "a MAC of this algorithm has from %u to %u octets", least, most);
    }
    return 0;
}

static bool is_of_file(const struct server_conf *conf, const struct server_conf_key *key)
{
    const struct server_conf_key *first = conf->file_keys.items;
    return conf->file_keys.count > 0 && key >= first && key < first + conf->file_keys.count;
}

/* After this, `secret` holds what either of the two gave. */
static int check_key(const struct server_conf *conf, struct server_conf_key *key, struct err_at *at)
{
    bool inside = key->secret.data != NULL;
    if (inside == (key->secret_file.data != NULL)) {
        return conf_blame(conf->conf, inside ? (void *)&key->secret_file : &key->secret, at,
                          inside ? ERR_EXISTS : ERR_MISSING,
                          "a key needs one of secret and secret_file");
    }
    if (inside && conf_is_public(conf->conf) && !is_of_file(conf, key)) {
        conf_warn(conf->conf, &key->secret, "a secret in a file that everybody may read");
    }
    const struct conf_octets *given = inside ? &key->secret : &key->secret_file;
    if (given->len < SECRET_WEAK) {
        conf_warn(conf->conf, given, "a secret of %zu octets is weak: use %d or more", given->len,
                  SECRET_WEAK);
    }
    key->secret = *given;
    return check_mac(conf, key, at);
}

/* All keys; out_names is for mem_free. */
static int check_keys(struct server_conf *conf, struct names *out_names, struct err_at *at)
{
    size_t count = server_conf_key_count(conf);
    *out_names = (struct names){mem_alloc((count + 1) * sizeof *out_names->fields), count};
    for (size_t i = 0; i < count; i++) {
        out_names->fields[i] = &server_conf_key_at(conf, i)->name;
    }
    int err = sort_names(conf, "key", out_names, at);
    for (size_t i = 0; !err && i < conf->keys.count; i++) {
        err = check_key(conf, &conf->keys.items[i], at);
    }
    for (size_t i = 0; !err && i < conf->file_keys.count; i++) {
        err = check_key(conf, &conf->file_keys.items[i], at);
    }
    return err;
}

static bool is_loopback(const struct server_conf_address *address)
{
    static const uint8_t v6[16] = {[15] = 1};
    return address->family == 4 ? address->address[0] == 127 : !memcmp(address->address, v6, 16);
}

static int check_server(const struct server_conf *conf, struct err_at *at)
{
    const struct server_conf_server *server = &conf->server;
    const struct server_conf_addresses *lists[] = {&server->listen, &server->tls_listen,
                                                   &server->http_listen};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i]->count > ADDRESSES_MAX) {
            return conf_blame(conf->conf, lists[i], at, ERR_LIMIT, "more than %d addresses",
                              ADDRESSES_MAX);
        }
        int err = conf_primary_check_twice(conf->conf, lists[i], at);
        if (err) {
            return err;
        }
    }
    if (server->listen.count == 0) {
        return conf_blame(conf->conf, &server->listen, at, ERR_MISSING, "no address to listen on");
    }
    for (size_t i = 0; i < server->http_listen.count; i++) {
        if (!is_loopback(&server->http_listen.items[i])) {
            conf_warn(conf->conf, &server->http_listen.items[i],
                      "everybody who reaches this address may read the counters");
        }
    }
    return 0;
}

static int check(struct server_conf *conf, struct err_at *at)
{
    struct names keys = {NULL, 0}, zones = {NULL, conf->zones.count};
    int err = check_server(conf, at);
    err = err ? err : check_keys(conf, &keys, at);
    zones.fields = mem_alloc((zones.count + 1) * sizeof *zones.fields);
    for (size_t i = 0; i < zones.count; i++) {
        zones.fields[i] = &conf->zones.items[i].name;
    }
    err = err ? err : sort_names(conf, "zone", &zones, at);
    for (size_t i = 0; !err && i < conf->zones.count; i++) {
        err = check_zone(conf, &conf->zones.items[i], &keys, at);
    }
    mem_free(keys.fields);
    mem_free(zones.fields);
    return err;
}

/* --- load ---------------------------------------------------------------------------------------- */

/* Keys beside the configuration: a secret has stricter readers than a port. */
static int take_keys_file(struct server_conf *conf, struct err_at *at)
{
    struct conf *part;
    struct err_at inside = {.text = ""};
    const char *path = conf->keys_file;
    if (!path) {
        return 0;
    }
    int err = conf_load(path, &keys_map, &part, &inside);
    if (err) {
        return conf_blame_file(conf->conf, &conf->keys_file, at, err, &inside);
    }
    if (!conf_is_private(part)) {
        conf_free(part);
        return conf_blame(conf->conf, &conf->keys_file, at, ERR_VALUE,
                          "%s: its mode lets others at it: chmod go-w,o-rwx", path);
    }
    conf_adopt(conf->conf, &conf->keys_file, part);
    conf->file_keys = ((struct keys_file *)conf_data(part))->keys;
    return 0;
}

static int finish(struct conf *loaded, struct server_conf **out, struct err_at *at)
{
    struct server_conf *conf = conf_data(loaded);
    conf->conf = loaded;
    conf->refs = 1;
    int err = take_keys_file(conf, at);
    err = err ? err : check(conf, at);
    const struct regions_file files = {&conf->server.regions, &conf->server.geo};
    err = err ? err : regions_file_load(loaded, &files, &conf->regions, at);
    err = err ? err : conf_book_load(loaded, &conf->policies, &conf->book, at);
    if (err) {
        server_conf_free(conf);
        return err;
    }
    *out = conf;
    return 0;
}

int server_conf_load(const char *path, struct server_conf **out, struct err_at *at)
{
    struct conf *loaded;
    int err = conf_load(path, &top_map, &loaded, at);
    return err ? err : finish(loaded, out, at);
}

int server_conf_parse(const char *path, const char *text, size_t len, struct server_conf **out,
                      struct err_at *at)
{
    struct conf *loaded;
    int err = conf_parse(path, text, len, &top_map, &loaded, at);
    return err ? err : finish(loaded, out, at);
}

const struct server_conf *server_conf_ref(const struct server_conf *conf)
{
    __atomic_fetch_add(&((struct server_conf *)conf)->refs, 1, __ATOMIC_RELAXED);
    return conf;
}

void server_conf_free(const struct server_conf *conf)
{
    if (conf && __atomic_sub_fetch(&((struct server_conf *)conf)->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        regions_unref(conf->regions);
        book_unref(conf->book);
        conf_free(conf->conf);
    }
}

size_t server_conf_key_count(const struct server_conf *conf)
{
    return conf->keys.count + conf->file_keys.count;
}

const struct server_conf_key *server_conf_key_at(const struct server_conf *conf, size_t i)
{
    return i < conf->keys.count ? &conf->keys.items[i]
                                : &conf->file_keys.items[i - conf->keys.count];
}

const struct err_at *server_conf_warning(const struct server_conf *conf, size_t i)
{
    return conf_warning(conf->conf, i);
}

void server_conf_print_options(FILE *out)
{
    conf_type_print_rows(out, &top_map);
}

static bool is_same(const struct conf_row *row, const void *old, const void *new_conf)
{
    const void *a = (const char *)old + row->offset, *b = (const char *)new_conf + row->offset;
    if (row->shape == CONF_LIST) {
        const struct server_conf_addresses *x = a, *y = b; /* all lists have this shape */
        return x->count == y->count &&
               (x->count == 0 || memcmp(x->items, y->items, x->count * row->type->size) == 0);
    }
    if (row->type == &conf_type_text || row->type == &conf_type_path) {
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;
        return x && y ? strcmp(x, y) == 0 : x == y;
    }
    return memcmp(a, b, row->size) == 0;
}

const char *server_conf_restart(const struct server_conf *old, const struct server_conf *new_conf,
                                size_t *at)
{
    const struct {
        const struct conf_map *map;
        const void *old, *new_conf;
    } parts[] = {
        {&server_map, &old->server, &new_conf->server},
        {&control_map, &old->control, &new_conf->control},
        {&store_map, &old->store, &new_conf->store},
    };
    size_t position = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (size_t j = 0; j < parts[i].map->count; j++, position++) {
            const struct conf_row *row = &parts[i].map->rows[j];
            if (position >= *at && (row->flags & CONF_RESTART) &&
                !is_same(row, parts[i].old, parts[i].new_conf)) {
                *at = position;
                return row->key;
            }
        }
    }
    return NULL;
}
