/* Configuration schema: rows that say which keys a map may hold, and the types of their values.
 *
 * A schema is static data. A type turns one scalar of the file into one field; the types of general
 * use are here, other folders add their own in the same shape. base/conf.h loads a file by a
 * schema. Stateless, any thread.
 * Prefix: conf_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

struct conf_row;

/* One scalar on its way into a field. */
struct conf_value {
    const char *text;           /* terminated, no octet 0 inside, no control octets */
    const struct conf_row *row; /* for limits */
    const char *folder;         /* of the file, for relative paths; ends with a slash or is empty */
    struct arena *arena;        /* of what the field points to, kept with the configuration */
    char why[120];              /* parse may say here why it refuses, else empty */
};

/* A kind of value. */
struct conf_type {
    const char *name;         /* what is expected, in words */
    size_t size;              /* of the field, in octets */
    const char *const *words; /* of an enum by position, NULL-ended; NULL for others */
    /* Fill the field: 0, ERR_VALUE, or -errno when the value is well formed but not possible. */
    int (*parse)(struct conf_value *value, void *out_field);
};

/* How values stand under a key, and what the field is. */
enum conf_shape {
    CONF_ONE,  /* a scalar; the field is the type's */
    CONF_LIST, /* a sequence of scalars, or one alone; the field as that of CONF_MAPS */
    CONF_MAP,  /* a nested map; the field is the struct of row->map, embedded */
    CONF_MAPS, /* a sequence of maps; the field is struct { element *items; size_t count; } */
};

enum conf_flag {
    CONF_REQUIRED = 1, /* must be given */
    CONF_LATER = 2,    /* is read and checked, but nothing obeys it yet: using it warns */
    CONF_RESTART = 4,  /* a reload can not change it */
};

struct conf_row {
    const char *key;
    const struct conf_type *type; /* of the value or of each element; NULL for maps */
    const struct conf_map *map;   /* rows of the nested map or of each element; NULL for scalars */
    enum conf_shape shape;
    unsigned flags;     /* enum conf_flag */
    size_t offset;      /* of the field in the map's struct */
    size_t size;        /* of the field */
    const char *preset; /* value of an absent key, ", " between elements; NULL is all zero */
    uint64_t min;       /* number, octets of a secret or of a text; both 0: no limits */
    uint64_t max;
    const char *unit; /* what is counted, or "" */
    const char *help; /* one line for the manual */
};

/* The rows of one map and the struct that they fill. */
struct conf_map {
    const struct conf_row *rows;
    size_t count;
    size_t size; /* of the struct, in octets */
};

/* A run of octets in the configuration's memory. */
struct conf_octets {
    uint8_t *data; /* NULL when absent */
    size_t len;
};

extern const struct conf_type conf_type_bool;     /* bool: yes no on off true false */
extern const struct conf_type conf_type_uint;     /* uint32_t: decimal digits only */
extern const struct conf_type conf_type_size;     /* uint64_t: octets; k, m, g, t are 1024^n */
extern const struct conf_type conf_type_duration; /* uint32_t: seconds; suffix s, m, h, d */
extern const struct conf_type conf_type_text;     /* const char * */
extern const struct conf_type conf_type_path;     /* const char *: relative to the file's folder */
extern const struct conf_type conf_type_secret;   /* struct conf_octets: base64 */
extern const struct conf_type conf_type_secret_file; /* the same, in a file of its own */

/* The parse function of enums: the position of the word in value->row->type->words, into an int.
 * Shape: words are lower case and match exactly. Units: none. Errors: ERR_VALUE. Source: none. */
int conf_type_parse_word(struct conf_value *value, void *out_field);

/* Say what a row expects: `number from 1 to 256`, `yes or no`, `one of error, warn, info, debug`.
 * Shape: terminated, cut to size. Units: size in octets. Errors: none. Source: none. */
void conf_type_expect(const struct conf_row *row, char *out_text, size_t size);

/* Print the rows of a schema, one a line, for the manual.
 * Shape:  path TAB what is expected TAB default TAB unit TAB flags TAB help; path as
 *         `rules[].name`, default "-" for none; a map's own line stands before those of its rows.
 * Units: none. Errors: those of the stream. Source: none. */
void conf_type_print_rows(FILE *out, const struct conf_map *map);
