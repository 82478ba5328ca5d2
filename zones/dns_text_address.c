#include "zones/dns_text_address.h"

#include <string.h>

#include "base/err.h"

enum { GROUPS = 8 }; /* of 16 bits in an IPv6 address */

int dns_text_address_parse4(const char *text, size_t len, uint8_t *out_address)
{
    size_t i = 0;
    for (unsigned n = 0; n < 4; n++) {
        size_t first = i;
        unsigned value = 0;
        while (i < len && text[i] >= '0' && text[i] <= '9' && value < 256) {
            value = value * 10 + (unsigned)(text[i++] - '0');
        }
        size_t digits = i - first;
        if (digits == 0 || value > 255 || (digits > 1 && text[first] == '0')) {
            return ERR_VALUE;
        }
        out_address[n] = (uint8_t)value;
        if (n < 3 && (i == len || text[i++] != '.')) {
            return ERR_VALUE;
        }
    }
    return i == len ? 0 : ERR_VALUE;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of 1 to 4 hex digits at *i. */
static int parse_group(const char *text, size_t len, size_t *i, uint8_t *out)
{
    unsigned value = 0;
    unsigned digits = 0;
    for (; *i < len && hex_value(text[*i]) >= 0; (*i)++) {
        value = value << 4 | (unsigned)hex_value(text[*i]);
        if (++digits > 4) {
            return ERR_VALUE;
        }
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return digits > 0 ? 0 : ERR_VALUE;
}

/* Move what stands behind "::" (from octet gap to octet used) to the end and fill with zeros. */
static void open_gap(uint8_t *address, size_t gap, size_t used)
{
    size_t tail = used - gap;
    memmove(address + 16 - tail, address + gap, tail);
    memset(address + gap, 0, 16 - used);
}

/* Groups from *i to the end of the text; gap is where "::" stood, or -1. */
static int parse_groups(const char *text, size_t len, size_t i, uint8_t *address, size_t *used,
                        int *gap)
{
    while (*used < 16) {
        size_t first = i;
        int err = parse_group(text, len, &i, address + *used);
        if (i < len && text[i] == '.') { /* RFC 4291 2.2 (3): the last 32 bits as IPv4 */
            if (*used > 12) {
                return ERR_VALUE;
            }
            *used += 4;
            return dns_text_address_parse4(text + first, len - first, address + *used - 4);
        }
        if (err) {
            return err;
        }
        *used += 2;
        if (i == len) {
            return 0;
        }
        if (text[i++] != ':' || i == len) {
            return ERR_VALUE;
        }
        if (text[i] == ':') {
            if (*gap >= 0) {
                return ERR_VALUE;
            }
            *gap = (int)*used;
            if (++i == len) {
                return 0;
            }
        }
    }
    return ERR_VALUE;
}

int dns_text_address_parse6(const char *text, size_t len, uint8_t *out_address)
{
    size_t used = 0;
    size_t i = 0;
    int gap = -1;
    if (len >= 2 && text[0] == ':') {
        if (text[1] != ':') {
            return ERR_VALUE;
        }
        gap = 0;
        i = 2;
    }
    if (i < len || len == 0) {
        int err = parse_groups(text, len, i, out_address, &used, &gap);
        if (err) {
            return err;
        }
    }
    if (gap < 0) {
        return used == 16 ? 0 : ERR_VALUE;
    }
    if (used > 14) { /* "::" stands for one group at least */
        return ERR_VALUE;
    }
    open_gap(out_address, (size_t)gap, used);
    return 0;
}

static char *put_decimal(char *out, unsigned value)
{
    if (value >= 100) {
        *out++ = (char)('0' + value / 100);
    }
    if (value >= 10) {
        *out++ = (char)('0' + value / 10 % 10);
    }
    *out++ = (char)('0' + value % 10);
    return out;
}

size_t dns_text_address_print4(const uint8_t *address, char *out_text)
{
    char *out = out_text;
    for (unsigned n = 0; n < 4; n++) {
        if (n > 0) {
            *out++ = '.';
        }
        out = put_decimal(out, address[n]);
    }
    return (size_t)(out - out_text);
}

static unsigned group_at(const uint8_t *address, size_t n)
{
    return (unsigned)address[2 * n] << 8 | address[2 * n + 1];
}

/* The longest run of zero groups, the first of equal ones; single groups are written out (RFC 5952 4.2). */
static unsigned find_zeros(const uint8_t *address, unsigned groups, unsigned *out_count)
{
    unsigned best = 0;
    unsigned best_count = 1;
    for (unsigned n = 0; n < groups; n++) {
        unsigned count = 0;
        while (n + count < groups && group_at(address, n + count) == 0) {
            count++;
        }
        if (count > best_count) {
            best = n;
            best_count = count;
        }
        n += count;
    }
    *out_count = best_count > 1 ? best_count : 0;
    return best;
}

static char *put_hex(char *out, unsigned value)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 12;
    while (shift > 0 && value >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        *out++ = digits[value >> shift & 15];
    }
    return out;
}

size_t dns_text_address_print6(const uint8_t *address, char *out_text)
{
    static const char head[] = {':', ':', 'f', 'f', 'f', 'f', ':'};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char *out = out_text;
    if (memcmp(address, mapped, sizeof mapped) == 0) { /* RFC 5952 section 5 */
        memcpy(out, head, sizeof head);
        return sizeof head + dns_text_address_print4(address + 12, out + sizeof head);
    }
    unsigned zeros;
    unsigned first = find_zeros(address, GROUPS, &zeros);
    for (unsigned n = 0; n < GROUPS; n++) {
        if (zeros > 0 && n == first) {
            *out++ = ':';
            *out++ = ':';
            n += zeros - 1;
            continue;
        }
        if (n > 0 && !(zeros > 0 && n == first + zeros)) {
            *out++ = ':';
        }
        out = put_hex(out, group_at(address, n));
    }
    return (size_t)(out - out_text);
}
