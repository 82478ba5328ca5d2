/* Attributes of our record types: what each key means, by table, and the check of one value.
 *
 * A row of zones/attr.def gives an attribute its key, value kind, unit and places; parser, printer,
 * TXT mirror and manual are made from it. Values are wire octets as in docs/records.md: big-endian
 * numbers in a fixed unit, never a float; unknown is absent. All tables are static; stateless, any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define ATTR_MAX      128 /* attributes in one record */
#define ATTR_TEXT_MAX 255 /* octets of a text or of an item of a list */

/* How the octets of a value look. */
enum attr_kind {
    ATTR_UINT,    /* 1, 2, 4 or 8 octets; written in the shortest */
    ATTR_BOOL,    /* no octets: being there is true */
    ATTR_ENUM,    /* one octet, a word's number from 1 */
    ATTR_SET,     /* one octet a word, rising, at least one */
    ATTR_TEXT,    /* 1..255 octets of UTF-8 without control characters */
    ATTR_LIST,    /* texts, each after its length octet, at least one */
    ATTR_DIGEST,  /* 32 octets */
    ATTR_SPAN,    /* two numbers of 8 octets: from, until, epoch seconds, from <= until */
    ATTR_WEIGHTS, /* pairs: a word's number, weight 1..255; words rising, at least one */
};

/* Record types that may hold an attribute, as a set. */
enum attr_in {
    ATTR_IN_CENTRE = 1,
    ATTR_IN_CRES = 2,
    ATTR_IN_CLOAD = 4,
    ATTR_IN_CNET = 8,
    ATTR_IN_CDATA = 16,
    ATTR_IN_CID = 32,
    ATTR_IN_CPOL = 64,
    ATTR_IN_ALL = 127,
};

enum attr_key {
#define ATTR(name, number, ...) ATTR_KEY_##name = (number),
#include "zones/attr.def"
#undef ATTR
};

/* Position of a row in the table, for arrays with a place for every attribute. */
enum attr_index {
#define ATTR(name, ...) ATTR_INDEX_##name,
#include "zones/attr.def"
#undef ATTR
    ATTR_COUNT,
};

enum attr_unit_number {
    ATTR_UNIT_NONE,
#define UNIT(name, number, ...) ATTR_UNIT_##name = (number),
#include "zones/attr_unit.def"
#undef UNIT
};

#define ATTR_SUFFIXES_MAX 5

struct attr_suffix {
    char text[4];      /* lower case, terminated; "" ends the list */
    uint64_t num;      /* the suffix is num/den stored units */
    uint32_t den;      /* 1 unless the suffix is smaller than the stored unit */
    const char *shown; /* for people, "" = not used for people */
};

struct attr_unit {
    const char *name;
    uint64_t one;         /* stored units in a bare 1 of text: a power of ten */
    uint64_t max;         /* largest stored number */
    const char *singular; /* of a bare 1, for people */
    const char *plural;
    struct attr_suffix suffixes[ATTR_SUFFIXES_MAX + 1];
};

struct attr_row {
    const char *name; /* at most 8 octets */
    uint16_t key;
    uint8_t kind;        /* enum attr_kind */
    uint8_t unit;        /* enum attr_unit_number */
    uint8_t rank;        /* order in the TXT mirror, 0 = not there */
    uint8_t places;      /* enum attr_in */
    const char *words;   /* separated by one blank, "" = none */
    const char *source;  /* whose term it is: GLUE2, ISO, RFC, or "none" */
    const char *meaning; /* for the manual */
};

/* The row of a key, or NULL. Constant time.
 * Shape: static. Units: none. Errors: NULL = unknown key. Source: docs/records.md. */
const struct attr_row *attr_find(uint16_t key);

/* The row of a name, or NULL.
 * Shape: lower case, len octets. Units: octets. Errors: NULL = unknown name.
 * Source: docs/records.md. */
const struct attr_row *attr_find_name(const char *name, size_t len);

/* Row by position, to walk the table in key order; NULL from ATTR_COUNT on.
 * Shape: static. Units: index from 0. Errors: NULL. Source: none. */
const struct attr_row *attr_get(size_t index);

/* The unit of a row, or NULL when the row's kind has none.
 * Shape: static. Units: none. Errors: NULL. Source: docs/records.md. */
const struct attr_unit *attr_unit_get(const struct attr_row *row);

/* The place bit of a record type, or 0 for a type that is not ours.
 * Shape: enum attr_in. Units: none. Errors: 0. Source: docs/records.md. */
unsigned attr_in_type(uint16_t type);

/* Word number n of a row, not terminated, or NULL.
 * Shape: borrowed, *out_len octets. Units: n from 1. Errors: NULL. Source: docs/records.md. */
const char *attr_word_get(const struct attr_row *row, unsigned n, size_t *out_len);

/* Number of a word of a row, or 0.
 * Shape: lower case, len octets. Units: from 1. Errors: 0. Source: docs/records.md. */
unsigned attr_word_find(const struct attr_row *row, const char *word, size_t len);

/* True for 1..255 octets of well-formed UTF-8 without control characters (C0, DEL, C1).
 * Shape: len octets. Units: octets. Errors: false. Source: RFC 3629 section 4. */
bool attr_is_text(const uint8_t *text, size_t len);

/* Check one value by its row.
 * Shape: value of len octets, as enum attr_kind says. Units: octets.
 * Errors: ERR_ATTR_VALUE. Source: docs/records.md. */
int attr_check(const struct attr_row *row, const uint8_t *value, size_t len);

/* Read a uint value (or an enum's number) that has passed the check.
 * Shape: 1, 2, 4 or 8 octets. Units: the row's stored unit. Errors: 0 for other lengths.
 * Source: none. */
uint64_t attr_uint_get(const uint8_t *value, size_t len);

/* Write a number in the shortest allowed width.
 * Shape: 1, 2, 4 or 8 octets. Units: the row's stored unit. Errors: ERR_SPACE in wr.
 * Source: docs/records.md. */
void attr_uint_write(struct wr *wr, uint64_t number);

/* Fill a place with "NAME: expected WHAT, found 'TEXT'"; text is cut, and what is not printable
 * ASCII becomes '?'. at may be NULL. Line and column stay 0: the caller knows them.
 * Shape: text of len octets. Units: octets. Errors: returns err. Source: none. */
int attr_fail(struct err_at *at, int err, const struct attr_row *row, const char *text, size_t len,
              const char *expected);
