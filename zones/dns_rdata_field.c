#include "zones/dns_rdata_field.h"

#include <stdbool.h>

#include "base/bytes.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata_param.h"

enum {
    LOC_LEN = 16,
    EQUATOR = 1u << 31,            /* RFC 1876: also the prime meridian, 1/1000 arc seconds */
    LATITUDE_MAX = 90 * 3600000,   /* either way */
    LONGITUDE_MAX = 180 * 3600000, /* either way */
    WINDOW_MAX = 32,               /* octets in a window of a type bitmap */
};

/* Kinds of one length; the others are 0 here. */
static const uint8_t fixed[] = {
    [DNS_FIELD_U8] = 1,        [DNS_FIELD_U16] = 2,       [DNS_FIELD_U32] = 4,
    [DNS_FIELD_TTL] = 4,       [DNS_FIELD_TIME] = 4,      [DNS_FIELD_TYPE] = 2,
    [DNS_FIELD_ALGORITHM] = 1, [DNS_FIELD_CERT] = 2,      [DNS_FIELD_A] = 4,
    [DNS_FIELD_AAAA] = 16,     [DNS_FIELD_NODE64] = 8,    [DNS_FIELD_EUI48] = 6,
    [DNS_FIELD_EUI64] = 8,     [DNS_FIELD_LOC] = LOC_LEN, [DNS_FIELD_OPAQUE] = 0,
};

static bool is_counted(enum dns_field field)
{
    return field == DNS_FIELD_STRING || field == DNS_FIELD_TAG || field == DNS_FIELD_HEX_LEN ||
           field == DNS_FIELD_BASE32_LEN;
}

size_t dns_rdata_field_len(enum dns_field field, const uint8_t *data, size_t len)
{
    if (fixed[field] > 0) {
        return fixed[field];
    }
    if (field == DNS_FIELD_NAME) {
        return dns_name_len(data);
    }
    return is_counted(field) ? 1u + data[0] : len;
}

/* An uncompressed name. */
static int check_name(const uint8_t *data, size_t len, size_t *out_len)
{
    struct rd rd = rd_make(data, len);
    const int err = dns_name_skip(&rd);
    if (err) {
        return err == ERR_SHORT ? ERR_RDATA : err;
    }
    *out_len = (size_t)(rd.pos - rd.base);
    /* Skipping stops at a pointer, too, which leaves a form that does not measure. */
    return dns_name_measure(data, *out_len) > 0 ? 0 : ERR_POINTER;
}

/* RFC 1035 3.3: one or more character-strings up to the end. */
static bool is_strings(struct rd rd)
{
    do {
        rd_take(&rd, rd_u8(&rd));
    } while (rd_left(&rd) > 0);
    return !rd.err;
}

/* RFC 8659 4.1: the tag of CAA is letters and digits, at least one. */
static bool is_tag(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = text[i];
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && (c < '0' || c > '9')) {
            return false;
        }
    }
    return len > 0;
}

static bool is_counted_right(enum dns_field field, const uint8_t *data, size_t len)
{
    if (len == 0 || len - 1 < data[0]) {
        return false;
    }
    if (field == DNS_FIELD_TAG) {
        return is_tag(data + 1, data[0]);
    }
    return field != DNS_FIELD_BASE32_LEN || data[0] > 0; /* RFC 5155 3.2: a hash is not empty */
}

/* RFC 4034 4.1.2: windows rise, 1 to 32 octets each, the last octet of a window is not zero. */
static bool is_bitmap(struct rd rd)
{
    int last = -1;
    while (rd_left(&rd) > 0) {
        const int window = rd_u8(&rd);
        const size_t len = rd_u8(&rd);
        const uint8_t *bits = rd_take(&rd, len);
        if (!bits || window <= last || len == 0 || len > WINDOW_MAX || bits[len - 1] == 0) {
            return false;
        }
        last = window;
    }
    return true;
}

/* RFC 1876 2: a size is mantissa and power of ten, both one decimal digit. */
static bool is_loc_size(uint8_t size)
{
    return size >> 4 <= 9 && (size & 0xf) <= 9;
}

static bool is_near(uint32_t angle, uint32_t most)
{
    return angle >= EQUATOR - most && angle <= EQUATOR + most;
}

static bool is_loc(const uint8_t *data)
{
    struct rd rd = rd_make(data, LOC_LEN);
    bool right = rd_u8(&rd) == 0; /* version */
    for (int i = 0; i < 3; i++) {
        right = is_loc_size(rd_u8(&rd)) && right;
    }
    right = is_near(rd_u32(&rd), LATITUDE_MAX) && right;
    return is_near(rd_u32(&rd), LONGITUDE_MAX) && right;
}

/* docs/records.md: the form of SvcParams; values of attributes are checked in zones/cres.h. */
static bool is_attrs(struct rd rd)
{
    int last = -1;
    while (rd_left(&rd) > 0) {
        const int key = rd_u16(&rd);
        rd_take(&rd, rd_u16(&rd));
        if (rd.err || key <= last) {
            return false;
        }
        last = key;
    }
    return true;
}

/* Kinds that run to the end of the RDATA. */
static bool is_rest_right(enum dns_field field, const uint8_t *data, size_t len)
{
    switch (field) {
    case DNS_FIELD_STRINGS:
        return is_strings(rd_make(data, len));
    case DNS_FIELD_HEX: /* digests and keys are never empty; "no key" forms are gone (RFC 3445) */
    case DNS_FIELD_BASE64:
        return len > 0;
    case DNS_FIELD_BITMAP:
        return is_bitmap(rd_make(data, len));
    case DNS_FIELD_SVCPARAMS:
        return dns_rdata_param_check(data, len);
    case DNS_FIELD_ATTRS:
        return is_attrs(rd_make(data, len));
    default:
        return true;
    }
}

int dns_rdata_field_check(enum dns_field field, const uint8_t *data, size_t len, size_t *out_len)
{
    if (field == DNS_FIELD_NAME) {
        return check_name(data, len, out_len);
    }
    bool right;
    if (fixed[field] > 0) {
        right = len >= fixed[field] && (field != DNS_FIELD_LOC || is_loc(data));
    } else if (is_counted(field)) {
        right = is_counted_right(field, data, len);
    } else {
        right = is_rest_right(field, data, len);
    }
    if (!right) {
        return ERR_RDATA;
    }
    *out_len = dns_rdata_field_len(field, data, len);
    return 0;
}
