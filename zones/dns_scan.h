/* Scanner of master-file text: tokens, lines, parentheses, quotes, comments; the base of zone files
 * and RDATA text.
 *
 * Works over a text in memory that the caller owns and that outlives the scanner. A record ends
 * at a newline outside parentheses. Sticky: after an error every call fails. One thread.
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum dns_scan_kind {
    DNS_SCAN_WORD, /* unquoted; may end in a quoted value right after '=': key="a b", quotes still in */
    DNS_SCAN_QUOTED, /* "..." without the quotes, escapes still in */
    DNS_SCAN_BLANK,  /* leading blank of a record: owner is the last one */
    DNS_SCAN_END,    /* end of the record */
    DNS_SCAN_EOF,
    DNS_SCAN_ERROR,
};

struct dns_token {
    enum dns_scan_kind kind;
    const char *text; /* borrowed; escapes not resolved */
    size_t len;
    unsigned line, column;
};

struct dns_scan {
    const char *pos, *end;
    const char *line_start;
    unsigned line;                     /* from 1 */
    unsigned parens;                   /* open parentheses */
    unsigned paren_line, paren_column; /* of the outermost open one */
    bool at_start;                     /* at the first octet of a record */
    bool pushed;                       /* last token is to be given again */
    struct dns_token last;
    struct err_at *at; /* first error's place; may be NULL */
    int err;
};

/* Start. Shape: text of len octets, need not be terminated. Units: octets. Errors: none. Source:
 * RFC 1035 5.1. */
void dns_scan_init(struct dns_scan *scan, const char *text, size_t len, struct err_at *at);

/* Next token. BLANK is only given at the start of a record.
 * Shape: token borrowed from the text. Units: none. Errors: kind DNS_SCAN_ERROR, scan->err.
 * Source: RFC 1035 5.1. */
struct dns_token dns_scan_next(struct dns_scan *scan);

/* Give the last token again at the next call. Shape: once. Units: none. Errors: none. Source:
 * none. */
void dns_scan_push(struct dns_scan *scan);

/* Next token must be a word or quoted text of the same record; else an error "expected WHAT".
 * Shape: what is a terminated noun. Units: none. Errors: ERR_SYNTAX, false. Source: none. */
bool dns_scan_value(struct dns_scan *scan, const char *what, struct dns_token *out_token);

/* Keep an error at a token's place. Octets of the message that are not printable ASCII become '?'.
 * Shape: printf format. Units: none. Errors: returns err. Source: none. */
int dns_scan_fail(struct dns_scan *scan, int err, const struct dns_token *token, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

/* Keep the error "expected WHAT, found TOKEN" at the token's place; the token is shown cut and
 * escaped.
 * Shape: what is a terminated noun. Units: none. Errors: returns err. Source: none. */
int dns_scan_expected(struct dns_scan *scan, int err, const struct dns_token *token,
                      const char *what);

/* Skip to the end of the present record and clear the error, to go on with the next one.
 * Shape: none. Units: none. Errors: none. Source: none. */
void dns_scan_recover(struct dns_scan *scan);

/* Resolve the escapes \DDD and \X of token text.
 * Shape: text of len octets without its quotes; out of size octets, not terminated, may be text
 * itself.
 * Units: *out_len in octets. Errors: ERR_SYNTAX (escape), ERR_SPACE. Source: RFC 1035 5.1. */
int dns_scan_unescape(const char *text, size_t len, uint8_t *out, size_t size, size_t *out_len);
