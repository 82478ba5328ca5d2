/* Texts for people: numbers, sizes, times, and foreign text made harmless for a terminal.
 *
 * All write a terminated text into the caller's buffer of CLI_TEXT_MAX octets and return it, so
 * that they can stand inside a call. Stateless. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_TEXT_MAX = 64 };

/* A whole number with commas: 1,234,567. Shape: terminated. Units: none. Errors: none.
 * Source: none. */
char *cli_text_number(char *out, int64_t number);

/* A size: 1023 octets, 1.5 MiB. Shape: terminated. Units: octets. Errors: none.
 * Source: IEC 80000-13. */
char *cli_text_size(char *out, uint64_t octets);

/* A span of time by its two largest units: 59 s, 3 min 20 s, 2 d 4 h. Shape: terminated.
 * Units: seconds; negative counts as 0. Errors: none. Source: none. */
char *cli_text_span(char *out, int64_t seconds);

/* How long ago something was: "12 s ago", "now", "in 12 s". Shape: terminated. Units: seconds since
 * 1970. Errors: none. Source: none. */
char *cli_text_age(char *out, int64_t then_s, int64_t now_s);

/* A span given in nanoseconds: 850 ns, 1.2 us, 3.4 ms. Shape: terminated. Units: ns.
 * Errors: none. Source: none. */
char *cli_text_ns(char *out, uint64_t ns);

/* Columns that UTF-8 text takes on a terminal, as cli_text_put prints it.
 * Shape: terminated. Units: columns. Errors: none. Source: Unicode TR 11 by wcwidth(3). */
size_t cli_text_width(const char *text);

/* Print text that others wrote: control characters come out as \xHH, so that no name moves the
 * cursor (threats row 36). Shape: terminated UTF-8. Units: none. Errors: kept in out. Source: none. */
void cli_text_put(FILE *out, const char *text);

/* Words for people in the place of a key. Shape: borrowed; rows of key and words, the key itself when
 * no row has it. Units: none. Errors: none. Source: none. */
const char *cli_text_words(const char *const rows[][2], size_t count, const char *key);
