#include "zones/dns_rdata_param.h"

#include <string.h>

#include "base/bytes.h"

/* RFC 9460 8: a rising list of keys, not mandatory itself. That they are present is checked with
 * all keys at hand. */
static bool is_mandatory(const uint8_t *data, size_t len)
{
    struct rd rd = rd_make(data, len);
    int last = DNS_RDATA_PARAM_MANDATORY;
    while (rd_left(&rd) > 0) {
        const int key = rd_u16(&rd);
        if (key <= last) {
            return false;
        }
        last = key;
    }
    return true;
}

/* RFC 9460 7.1.1: protocol ids with a length octet each, none empty. */
static bool is_alpn(const uint8_t *data, size_t len)
{
    struct rd rd = rd_make(data, len);
    while (rd_left(&rd) > 0) {
        const size_t n = rd_u8(&rd);
        if (n == 0 || !rd_take(&rd, n)) {
            return false;
        }
    }
    return true;
}

/* Octets of the UTF-8 character that begins here, or 0 (RFC 3629: no surrogates, no long forms). */
static size_t utf8_len(const uint8_t *p, size_t len)
{
    const uint8_t lead = p[0];
    if (lead < 0x80) {
        return 1;
    }
    const size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || len < n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned pair = (unsigned)lead << 8 | p[1];
    const bool wrong = (lead == 0xe0 && pair < 0xe0a0) || (lead == 0xed && pair > 0xed9f) ||
                       (lead == 0xf0 && pair < 0xf090) || (lead == 0xf4 && pair > 0xf48f);
    return wrong ? 0 : n;
}

/* RFC 9461 5: a UTF-8 template whose expansion is a path, with the variable dns. */
static bool is_dohpath(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        const size_t n = utf8_len(data + i, len - i);
        if (n == 0) {
            return false;
        }
        i += n;
    }
    const uint8_t *brace = memchr(data, '{', len);
    return data[0] == '/' && brace && memmem(brace, (size_t)(data + len - brace), "dns", 3);
}

/* Registered keys: shortest length, what the length is a multiple of (0: must be just the
 * shortest), inner rule. */
static const struct param_row {
    uint8_t shortest;
    uint8_t step;
    bool (*is_right)(const uint8_t *data, size_t len);
} params[] = {
    [DNS_RDATA_PARAM_MANDATORY] = {2, 2, is_mandatory},
    [DNS_RDATA_PARAM_ALPN] = {2, 1, is_alpn},
    [DNS_RDATA_PARAM_NO_DEFAULT_ALPN] = {0, 0, NULL},
    [DNS_RDATA_PARAM_PORT] = {2, 0, NULL},
    [DNS_RDATA_PARAM_IPV4HINT] = {4, 4, NULL},
    [DNS_RDATA_PARAM_ECH] = {1, 1, NULL},
    [DNS_RDATA_PARAM_IPV6HINT] = {16, 16, NULL},
    [DNS_RDATA_PARAM_DOHPATH] = {1, 1, is_dohpath},
    [DNS_RDATA_PARAM_OHTTP] = {0, 0, NULL},
};

static bool is_value(unsigned key, const uint8_t *value, size_t len)
{
    if (key >= sizeof(params) / sizeof(params[0])) {
        return key != DNS_RDATA_PARAM_INVALID;
    }
    const struct param_row *row = &params[key];
    if (row->step == 0) {
        return len == row->shortest;
    }
    return len >= row->shortest && len % row->step == 0 &&
           (!row->is_right || row->is_right(value, len));
}

/* RFC 9460 8: each key that mandatory lists is there. Both lists rise: one pass over each. */
static bool has_mandatory(struct rd mandatory, struct rd all)
{
    while (rd_left(&mandatory) > 0) {
        const unsigned wanted = rd_u16(&mandatory);
        unsigned key;
        do {
            if (rd_left(&all) == 0) {
                return false;
            }
            key = rd_u16(&all);
            rd_take(&all, rd_u16(&all));
        } while (key != wanted);
    }
    return true;
}

bool dns_rdata_param_check(const uint8_t *data, size_t len)
{
    struct rd rd = rd_make(data, len);
    struct rd mandatory = rd_make(data, 0);
    int last = -1;
    bool alpn = false;
    bool no_default = false;
    while (rd_left(&rd) > 0) {
        const int key = rd_u16(&rd);
        const size_t n = rd_u16(&rd);
        const uint8_t *value = rd_take(&rd, n);
        if (!value || key <= last || !is_value((unsigned)key, value, n)) {
            return false;
        }
        if (key == DNS_RDATA_PARAM_MANDATORY) {
            mandatory = rd_make(value, n);
        }
        alpn = alpn || key == DNS_RDATA_PARAM_ALPN;
        no_default = no_default || key == DNS_RDATA_PARAM_NO_DEFAULT_ALPN;
        last = key;
    }
    if (no_default && !alpn) { /* RFC 9460 7.1.1 */
        return false;
    }
    return has_mandatory(mandatory, rd_make(data, len));
}
