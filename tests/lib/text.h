/* Parsers of master-file text under test: a text in, on a page whose end is unmapped, and octets as hex or the place of
 * the error out. Results belong to the caller (they are large: make them static). One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "zones/dns_scan.h"

#define TEXT_OCTETS_MAX 70000

/* What is under test: takes tokens, appends octets. */
typedef int text_parse(struct dns_scan *scan, void *context, struct wr *out);

struct text_result {
    int err;
    struct err_at at; /* where, when err */
    size_t len;
    uint8_t octets[TEXT_OCTETS_MAX];
    char hex[2 * TEXT_OCTETS_MAX + 1];
    char next[64]; /* the token behind: "END", "EOF", "ERROR", "BLANK" or the text of a word */
};

/* Run a parser over a text.
 * Shape:  text of len octets, copied to a guard page. Units: octets. Errors: in the result. Source: none. */
void text_run(text_parse *parse, void *context, const char *text, size_t len,
              struct text_result *out_result);

/* Octets of hex digits (blanks are passed over). Shape: terminated hex. Units: returns octets. Errors: ends the program
 * when it is not hex. Source: none. */
size_t text_from_hex(const char *hex, uint8_t *out_octets, size_t size);

/* Hex digits of octets. Shape: terminated, out of 2 * len + 1. Units: octets. Errors: none. Source: none. */
void text_to_hex(const uint8_t *octets, size_t len, char *out_hex);
