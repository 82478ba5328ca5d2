#include "tests/lib/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/guard.h"

static void note_next(struct dns_scan *scan, char out[64])
{
    static const char *const names[] = {[DNS_SCAN_BLANK] = "BLANK",
                                        [DNS_SCAN_END] = "END",
                                        [DNS_SCAN_EOF] = "EOF",
                                        [DNS_SCAN_ERROR] = "ERROR"};
    struct dns_token token = dns_scan_next(scan);
    if (token.kind == DNS_SCAN_WORD || token.kind == DNS_SCAN_QUOTED) {
        snprintf(out, 64, "%.*s", (int)token.len, token.text);
    } else {
        snprintf(out, 64, "%s", names[token.kind]);
    }
}

void text_run(text_parse *parse, void *context, const char *text, size_t len,
              struct text_result *out_result)
{
    const char *copy = guard_copy(text, len);
    struct dns_scan scan;
    struct wr out = wr_make(out_result->octets, sizeof out_result->octets);
    memset(&out_result->at, 0, sizeof out_result->at);
    dns_scan_init(&scan, copy, len, &out_result->at);
    out_result->err = parse(&scan, context, &out);
    out_result->len = wr_len(&out);
    text_to_hex(out_result->octets, out_result->len, out_result->hex);
    note_next(&scan, out_result->next);
    guard_free(copy);
}

size_t text_from_hex(const char *hex, uint8_t *out_octets, size_t size)
{
    size_t len = 0;
    for (; *hex; hex++) {
        unsigned octet;
        if (*hex == ' ') {
            continue;
        }
        if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]) ||
            sscanf(hex, "%2x", &octet) != 1 || len == size) {
            fprintf(stderr, "no hex: %s\n", hex);
            abort();
        }
        out_octets[len++] = (uint8_t)octet;
        hex++;
    }
    return len;
}

void text_to_hex(const uint8_t *octets, size_t len, char *out_hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out_hex++ = digits[octets[i] >> 4];
        *out_hex++ = digits[octets[i] & 15];
    }
    *out_hex = '\0';
}
