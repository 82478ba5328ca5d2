#include "zones/dns_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 40 }; /* octets of a token in an error message */

static int keep(struct dns_scan *scan, int err, const struct dns_token *token, const char *message)
{
    if (scan->err) {
        return scan->err;
    }
    char clean[sizeof scan->at->text];
    size_t len = 0;
    for (; message[len] && len + 1 < sizeof clean; len++) {
        clean[len] = message[len] >= ' ' && message[len] <= '~' ? message[len] : '?';
    }
    clean[len] = '\0';
    scan->err = err;
    return err_at_set(scan->at, err, token->line, token->column, "%s", clean);
}

int dns_scan_fail(struct dns_scan *scan, int err, const struct dns_token *token, const char *format,
                  ...)
{
    char message[sizeof scan->at->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return keep(scan, err, token, message);
}

/* The token for people: in quotes, odd octets as \DDD, the rest of a long one left out. */
static void show(const struct dns_token *token, char out[4 * SHOWN_MAX + 8])
{
    size_t shown = token->len > SHOWN_MAX ? SHOWN_MAX : token->len;
    char *p = out;
    *p++ = '\'';
    for (size_t i = 0; i < shown; i++) {
        uint8_t c = (uint8_t)token->text[i];
        if (c >= ' ' && c <= '~') {
            *p++ = (char)c;
        } else {
            p += sprintf(p, "\\%03u", (unsigned)c);
        }
    }
    (void)sprintf(p, "%s'", token->len > SHOWN_MAX ? "..." : "");
}

int dns_scan_expected(struct dns_scan *scan, int err, const struct dns_token *token,
                      const char *what)
{
    char found[4 * SHOWN_MAX + 8];
    const char *prefix = "";
    switch (token->kind) {
    case DNS_SCAN_WORD:
        show(token, found);
        break;
    case DNS_SCAN_QUOTED:
        prefix = "quoted ";
        show(token, found);
        break;
    case DNS_SCAN_BLANK:
        (void)strcpy(found, "a blank");
        break;
    case DNS_SCAN_END:
        (void)strcpy(found, "the end of the record");
        break;
    case DNS_SCAN_EOF:
        (void)strcpy(found, "the end of the text");
        break;
    case DNS_SCAN_ERROR:
        return scan->err; /* the scanner said what is wrong */
    }
    return dns_scan_fail(scan, err, token, "expected %s, found %s%s", what, prefix, found);
}
