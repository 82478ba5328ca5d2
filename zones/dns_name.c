#include "zones/dns_name.h"

#include <string.h>

#include "zones/dns_code.h"

enum {
    POINTER_BITS = 0xc0, /* RFC 1035 4.1.4 */
    HOPS_MAX = DNS_LABELS_MAX,
};

/* Read a name that is not whole in one place, or that is wrong: threats row 10. The start of what
 * is read moves strictly down with each hop, hops and octets are counted, so no message makes this
 * long. */
static int expand(struct rd *rd, uint8_t *out_name, size_t *out_len)
{
    const uint8_t *start = rd->pos;
    const uint8_t *at = rd->pos;
    const uint8_t *after = NULL; /* behind the first pointer: where the message goes on */
    size_t used = 0;
    for (unsigned hops = 0;;) {
        const size_t left = (size_t)(rd->end - at);
        if (left == 0) {
            return ERR_SHORT;
        }
        const unsigned n = *at;
        if (n >= POINTER_BITS) {
            if (left < 2) {
                return ERR_SHORT;
            }
            const size_t target = (n & ~(unsigned)POINTER_BITS) << 8 | at[1];
            if (target < DNS_HEADER_LEN || target >= (size_t)(start - rd->base) ||
                ++hops > HOPS_MAX) {
                return ERR_POINTER;
            }
            after = after ? after : at + 2;
            at = start = rd->base + target;
            continue;
        }
        if (n > DNS_LABEL_MAX) {
            return ERR_LABEL;
        }
        if (n > 0 && used + 1 + n >= DNS_NAME_MAX) { /* the root label must fit behind it */
            return ERR_NAME_LONG;
        }
        if (left < 1 + n) {
            return ERR_SHORT;
        }
        memcpy(out_name + used, at, 1 + n);
        used += 1 + n;
        at += 1 + n;
        if (n == 0) {
            break;
        }
    }
    rd->pos = after ? after : at;
    *out_len = used;
    return 0;
}

int dns_name_read(struct rd *rd, uint8_t *out_name, size_t *out_len)
{
    if (rd->err) {
        return rd->err;
    }
    /* Most names stand whole and uncompressed at the cursor: measure, then copy once. */
    const size_t plain = dns_name_measure(rd->pos, (size_t)(rd->end - rd->pos));
    if (plain > 0) {
        memcpy(out_name, rd->pos, plain);
        rd->pos += plain;
        *out_len = plain;
        return 0;
    }
    const int err = expand(rd, out_name, out_len);
    if (err) {
        rd_fail(rd, err);
    }
    return err;
}

int dns_name_skip(struct rd *rd)
{
    for (size_t used = 0; !rd->err;) {
        const unsigned n = rd_u8(rd);
        if (n >= POINTER_BITS) {
            rd_take(rd, 1);
            break;
        }
        used += 1 + n;
        if (n > DNS_LABEL_MAX) {
            rd_fail(rd, ERR_LABEL);
        } else if (used > DNS_NAME_MAX) {
            rd_fail(rd, ERR_NAME_LONG);
        } else if (n == 0) {
            break;
        }
        rd_take(rd, n);
    }
    return rd->err;
}

size_t dns_name_measure(const uint8_t *data, size_t len)
{
    const size_t limit = len < DNS_NAME_MAX ? len : DNS_NAME_MAX;
    size_t at = 0;
    while (at < limit && data[at] != 0) {
        if (data[at] > DNS_LABEL_MAX) {
            return 0;
        }
        at += 1u + data[at];
    }
    return at < limit ? at + 1 : 0;
}

size_t dns_name_len(const uint8_t *name)
{
    size_t at = 0;
    while (name[at] != 0) {
        at += 1u + name[at];
    }
    return at + 1;
}

unsigned dns_name_labels(const uint8_t *name)
{
    unsigned count = 0;
    for (; *name != 0; name += 1u + *name) {
        count++;
    }
    return count;
}

/* Resolve the escape behind a backslash at text[*i]. */
static int unescape(const char *text, size_t len, size_t *i, uint8_t *out)
{
    const size_t at = *i;
    if (at == len) {
        return ERR_SYNTAX;
    }
    if (text[at] < '0' || text[at] > '9') {
        *out = (uint8_t)text[at];
        *i = at + 1;
        return 0;
    }
    unsigned value = 0;
    for (size_t d = at; d < at + 3; d++) {
        if (d >= len || text[d] < '0' || text[d] > '9') {
            return ERR_SYNTAX;
        }
        value = value * 10 + (unsigned)(text[d] - '0');
    }
    if (value > UINT8_MAX) {
        return ERR_SYNTAX;
    }
    *out = (uint8_t)value;
    *i = at + 3;
    return 0;
}

/* Give a parsed name (len octets without its end) the origin or the root. */
static int complete(const uint8_t *origin, uint8_t *name, size_t len, size_t *out_len)
{
    static const uint8_t root[1] = {0};
    const uint8_t *tail = origin ? origin : root;
    const size_t tail_len = dns_name_len(tail);
    if (len + tail_len > DNS_NAME_MAX) {
        return ERR_NAME_LONG;
    }
    memcpy(name + len, tail, tail_len);
    *out_len = len + tail_len;
    return 0;
}

int dns_name_parse(const char *text, size_t len, const uint8_t *origin, uint8_t *out_name,
                   size_t *out_len)
{
    if (len == 1 && text[0] == '.') {
        return complete(NULL, out_name, 0, out_len);
    }
    if (len == 1 && text[0] == '@') {
        return origin ? complete(origin, out_name, 0, out_len) : ERR_SYNTAX;
    }
    size_t label = 0; /* where the length octet of the present label stands */
    size_t used = 1;
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)text[i++];
        if (c == '.') {
            if (used == label + 1) {
                return ERR_SYNTAX; /* empty label */
            }
            out_name[label] = (uint8_t)(used - label - 1);
            label = used++;
            continue;
        }
        if (c == '\\') {
            const int err = unescape(text, len, &i, &c);
            if (err) {
                return err;
            }
        }
        if (used > label + DNS_LABEL_MAX) {
            return ERR_LABEL;
        }
        if (used >= DNS_NAME_MAX - 1) {
            return ERR_NAME_LONG;
        }
        out_name[used++] = c;
    }
    if (used == label + 1) { /* a final dot, or nothing at all */
        return label > 0 ? complete(NULL, out_name, label, out_len) : ERR_SYNTAX;
    }
    out_name[label] = (uint8_t)(used - label - 1);
    return complete(origin, out_name, used, out_len);
}

/* Print one octet of a label; returns the place behind it. */
static char *print_octet(uint8_t c, char *out)
{
    if (c <= ' ' || c > '~') {
        *out++ = '\\';
        *out++ = (char)('0' + c / 100);
        *out++ = (char)('0' + c / 10 % 10);
        *out++ = (char)('0' + c % 10);
        return out;
    }
    if (strchr(".\"\\;()@$", c)) {
        *out++ = '\\';
    }
    *out++ = (char)c;
    return out;
}

size_t dns_name_print(const uint8_t *name, char *out_text)
{
    char *out = out_text;
    while (*name != 0) {
        for (unsigned n = *name++; n > 0; n--) {
            out = print_octet(*name++, out);
        }
        *out++ = '.';
    }
    if (out == out_text) {
        *out++ = '.';
    }
    *out = '\0';
    return (size_t)(out - out_text);
}

static inline uint8_t fold_octet(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

static inline uint64_t load_word(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    return w;
}

/* Fold eight octets at once. Bit 7 of each octet of the sums says "at least A" and "above Z";
 * octets from 128 up are left alone. */
static inline uint64_t fold_word(uint64_t w)
{
    const uint64_t each = 0x0101010101010101u;
    const uint64_t low = w & each * 0x7f;
    const uint64_t from_a = low + each * (0x80 - 'A');
    const uint64_t above_z = low + each * (0x7f - 'Z');
    return w | ((from_a ^ above_z) & ~w & each * 0x80) >> 2;
}

void dns_name_lower(const uint8_t *name, size_t len, uint8_t *out_name)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        const uint64_t w = fold_word(load_word(name + i));
        memcpy(out_name + i, &w, sizeof(w));
    }
    for (; i < len; i++) {
        out_name[i] = fold_octet(name[i]);
    }
}

/* Length octets are below 'A', so that folding all octets alike is right (RFC 4343). */
static bool equal_octets(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        const uint64_t wa = load_word(a + i);
        const uint64_t wb = load_word(b + i);
        if (wa != wb && fold_word(wa) != fold_word(wb)) {
            return false;
        }
    }
    for (; i < len; i++) {
        if (fold_octet(a[i]) != fold_octet(b[i])) {
            return false;
        }
    }
    return true;
}

bool dns_name_equal(const uint8_t *a, const uint8_t *b)
{
    const size_t len = dns_name_len(a);
    return len == dns_name_len(b) && equal_octets(a, b, len);
}

static unsigned find_labels(const uint8_t *name, uint8_t *out_offset)
{
    unsigned count = 0;
    unsigned at = 0;
    for (; name[at] != 0; at += 1u + name[at]) {
        out_offset[count++] = (uint8_t)at;
    }
    out_offset[count] = (uint8_t)at;
    return count;
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    const unsigned shorter = *a < *b ? *a : *b;
    for (unsigned i = 1; i <= shorter; i++) {
        const int difference = fold_octet(a[i]) - fold_octet(b[i]);
        if (difference != 0) {
            return difference;
        }
    }
    return *a - *b;
}

int dns_name_compare(const uint8_t *a, const uint8_t *b)
{
    uint8_t a_offset[DNS_LABELS_MAX + 1];
    uint8_t b_offset[DNS_LABELS_MAX + 1];
    unsigned i = find_labels(a, a_offset);
    unsigned j = find_labels(b, b_offset);
    while (i > 0 && j > 0) {
        const int difference = compare_labels(a + a_offset[--i], b + b_offset[--j]);
        if (difference != 0) {
            return difference;
        }
    }
    return (int)i - (int)j;
}

bool dns_name_is_in(const uint8_t *name, const uint8_t *ancestor)
{
    const size_t len = dns_name_len(name);
    const size_t tail = dns_name_len(ancestor);
    size_t at = 0;
    while (at + tail < len) {
        at += 1u + name[at];
    }
    return at + tail == len && equal_octets(name + at, ancestor, tail);
}

const uint8_t *dns_name_up(const uint8_t *name, unsigned n)
{
    for (; n > 0; n--) {
        name += 1u + *name;
    }
    return name;
}

int dns_name_join(const uint8_t *left, size_t len, const uint8_t *right, uint8_t *out_name,
                  size_t *out_len)
{
    const size_t tail = dns_name_len(right);
    if (len + tail > DNS_NAME_MAX) {
        return ERR_NAME_LONG;
    }
    memcpy(out_name, left, len);
    memcpy(out_name + len, right, tail);
    *out_len = len + tail;
    return 0;
}

void dns_name_index(const struct hash_key *key, const uint8_t *name, struct dns_labels *out_labels)
{
    unsigned i = find_labels(name, out_labels->offset);
    uint64_t hash = key->k0; /* of the root */
    out_labels->count = i;
    out_labels->hash[i] = hash;
    while (i-- > 0) {
        const uint8_t *label = name + out_labels->offset[i];
        hash = hash_mix(key, hash, label, 1u + *label);
        out_labels->hash[i] = hash;
    }
}
