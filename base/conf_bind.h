/* Configuration, middle step: a tree of maps, lists and scalars into structs, by schema.
 *
 * The tree comes from base/conf.c, with the place of every node. The structs come from the caller's
 * arena; the tree may go afterwards. Where each field was given is kept, for checks between
 * options. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/conf_type.h"
#include "base/err.h"

enum conf_bind_kind { CONF_BIND_SCALAR, CONF_BIND_LIST, CONF_BIND_MAP };

struct conf_bind_node {
    enum conf_bind_kind kind;
    bool is_empty;    /* a scalar that stands for nothing: no text, ~ or null, without quotes */
    unsigned line;    /* from 1 */
    unsigned column;  /* in characters, from 1 */
    size_t count;     /* children */
    const char *text; /* of a scalar: terminated, no octet 0 inside, no control octets */
    /* Children: the elements of a list; key, value, key, value ... of a map, keys being scalars. */
    struct conf_bind_node *first;
    struct conf_bind_node *last;
    struct conf_bind_node *next; /* child of the same parent */
};

/* Where something was given: a field, an element of a list, or a whole map (its struct). */
struct conf_bind_place {
    const void *data;
    size_t size; /* octets at data */
    unsigned line;
    unsigned column;
};

/* A field whose row says CONF_LATER and that is not empty; one a row. */
struct conf_bind_later {
    const struct conf_row *row;
    const void *field;
};

enum { CONF_BIND_LATER_MAX = 16, CONF_BIND_KEYS_MAX = 64 /* rows of a map */ };

struct conf_bind {
    struct arena *arena;            /* of the structs */
    const char *folder;             /* as in struct conf_value */
    struct err_at *at;              /* may be NULL */
    struct conf_bind_place *places; /* room for two a node */
    size_t place_count;
    struct conf_bind_later later[CONF_BIND_LATER_MAX];
    size_t later_count;
    char path[200]; /* of the key in work: rules[2].ports */
    size_t path_len;
};

/* Fill a struct of the map from a tree, presets included. bind comes with arena, folder, at and
 * places; the rest of it is zero.
 * Shape:  out_data zeroed, of map->size octets. Units: none.
 * Errors: ERR_VALUE (value, kind, unknown key), ERR_EXISTS (duplicate key), ERR_MISSING (required
 *         key), ERR_LIMIT (arena), -errno (a secret's file); place in at. Source: none. */
int conf_bind_map(struct conf_bind *bind, const struct conf_bind_node *root,
                  const struct conf_map *map, void *out_data);

/* The place of an address: that of the smallest thing given which holds it, so that an absent field
 * has the place of its map.
 * Shape: borrowed. Units: none. Errors: NULL for an address outside. Source: none. */
const struct conf_bind_place *conf_bind_find(const struct conf_bind *bind, const void *data);
