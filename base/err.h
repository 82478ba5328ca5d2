/* Error numbers and places.
 *
 * Every function that can fail in several ways returns int: 0 or a negative code. Codes of libuv
 * (-errno, -3000..) and LMDB (-30799..) pass through unchanged; ours are the rows of base/err.def.
 * Stateless, any thread. */
#pragma once

#define ERR(name, number, text) ERR_##name = (number),
enum err {
#include "base/err.def"
};
#undef ERR

/* Where in a text an error lies, and what was wrong there. Owned by the caller. */
struct err_at {
    const char *file; /* borrowed from the parser's caller; NULL for memory */
    unsigned line;    /* from 1; 0 = unknown */
    unsigned column;  /* octets, from 1 */
    char text[200];   /* what was found and what was expected, terminated */
};

/* Text of an error code.
 * Shape:  terminated static text, never NULL; "unknown error" for codes of nobody.
 * Units: none. Errors: none. Source: none. */
const char *err_text(int err);

/* Fill a place with a formatted message, cut to fit; at may be NULL. Returns err, for `return
 * err_at_set(...)`.
 * Shape: format as printf. Units: line and column from 1. Errors: returns err unchanged. Source:
 * none. */
int err_at_set(struct err_at *at, int err, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
