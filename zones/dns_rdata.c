#include "zones/dns_rdata.h"

#include <string.h>

#include "zones/dns_name.h"
#include "zones/dns_rdata_field.h"
#include "zones/dns_rdata_opaque.h"
#include "zones/dns_type.h"

/* How a row is walked when it comes from outside. */
struct walk {
    struct rd rd;   /* ends with the RDATA, but its base is the message's */
    struct wr *out; /* NULL when only checking */
    bool pointers;  /* names may be compressed */
};

static int walk_name(struct walk *walk)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    const int err = dns_name_read(&walk->rd, name, &len);
    if (err) {
        return err == ERR_SHORT ? ERR_RDATA : err;
    }
    wr_bytes(walk->out, name, len);
    return walk->out->err;
}

static int walk_field(struct walk *walk, enum dns_field field)
{
    if (field == DNS_FIELD_NAME && walk->pointers) {
        return walk_name(walk);
    }
    size_t len;
    const int err = dns_rdata_field_check(field, walk->rd.pos, rd_left(&walk->rd), &len);
    if (err) {
        return err;
    }
    const uint8_t *data = rd_take(&walk->rd, len);
    if (walk->out) {
        wr_bytes(walk->out, data, len);
        return walk->out->err;
    }
    return 0;
}

static int walk_fields(struct walk *walk, const struct dns_type_row *row)
{
    for (const uint8_t *field = row->fields; *field != DNS_FIELD_END; field++) {
        const int err = walk_field(walk, *field);
        if (err) {
            return err;
        }
    }
    return rd_left(&walk->rd) == 0 ? 0 : ERR_RDATA;
}

/* Read with out's start known, so that the stored form can be looked at as a whole. */
static int read_row(struct walk *walk, const struct dns_type_row *row)
{
    const size_t start = wr_len(walk->out);
    const int err = walk_fields(walk, row);
    if (err) {
        return err;
    }
    const size_t len = wr_len(walk->out) - start;
    /* Uncompressed it may have grown past what any message could carry. */
    if (len > DNS_RDATA_MAX || !dns_rdata_opaque_check(row->number, walk->out->base + start, len)) {
        return ERR_RDATA;
    }
    return 0;
}

int dns_rdata_read(struct rd *rd, uint16_t type, size_t rdlen, struct wr *out)
{
    if (rd->err || out->err) {
        const int err = rd->err ? rd->err : out->err;
        rd_fail(rd, err);
        wr_fail(out, err);
        return err;
    }
    int err = ERR_SHORT;
    if (rd_left(rd) >= rdlen) {
        const struct dns_type_row *row = dns_type_find(type);
        struct walk walk = {*rd, out, row && (row->flags & DNS_TYPE_COMPRESS)};
        walk.rd.end = rd->pos + rdlen;
        if (row) {
            err = read_row(&walk, row);
        } else { /* RFC 3597 3: unknown types are copied */
            wr_bytes(out, rd->pos, rdlen);
            err = out->err;
        }
    }
    if (err) {
        rd_fail(rd, err);
        wr_fail(out, err);
        return err;
    }
    rd->pos += rdlen;
    return 0;
}

int dns_rdata_check(uint16_t type, const uint8_t *data, size_t len)
{
    const struct dns_type_row *row = dns_type_find(type);
    if (len > DNS_RDATA_MAX) {
        return ERR_RDATA;
    }
    if (!row) {
        return 0;
    }
    struct walk walk = {rd_make(data, len), NULL, false};
    const int err = walk_fields(&walk, row);
    if (err) {
        return err;
    }
    return dns_rdata_opaque_check(type, data, len) ? 0 : ERR_RDATA;
}

/* Octets as they stand, shorter first when one begins the other (RFC 4034 6.3). */
static int compare_octets(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    const size_t shorter = a_len < b_len ? a_len : b_len;
    const int difference = shorter > 0 ? memcmp(a, b, shorter) : 0;
    if (difference != 0) {
        return difference;
    }
    return (a_len > b_len) - (a_len < b_len);
}

/* Names compare here as octets of their wire form, folded, not label by label from the root. */
static int compare_names(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint8_t low_a[DNS_NAME_MAX];
    uint8_t low_b[DNS_NAME_MAX];
    dns_name_lower(a, a_len, low_a);
    dns_name_lower(b, b_len, low_b);
    return compare_octets(low_a, a_len, low_b, b_len);
}

/* The row of a type whose names fold, or NULL. */
static const struct dns_type_row *folding_row(uint16_t type)
{
    const struct dns_type_row *row = dns_type_find(type);
    return row && (row->flags & DNS_TYPE_FOLD) ? row : NULL;
}

int dns_rdata_compare(uint16_t type, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    const struct dns_type_row *row = folding_row(type);
    if (!row) {
        return compare_octets(a, a_len, b, b_len);
    }
    /* Field by field is the order of the whole: no field of a kind is the beginning of another one,
     * but for kinds that run to the end. */
    for (const uint8_t *at = row->fields; *at != DNS_FIELD_END; at++) {
        const enum dns_field field = *at;
        const size_t a_n = dns_rdata_field_len(field, a, a_len);
        const size_t b_n = dns_rdata_field_len(field, b, b_len);
        const int difference = field == DNS_FIELD_NAME ? compare_names(a, a_n, b, b_n)
                                                       : compare_octets(a, a_n, b, b_n);
        if (difference != 0) {
            return difference;
        }
        a += a_n;
        a_len -= a_n;
        b += b_n;
        b_len -= b_n;
    }
    return 0;
}

void dns_rdata_canonical(uint16_t type, uint8_t *data, size_t len)
{
    const struct dns_type_row *row = folding_row(type);
    for (const uint8_t *at = row ? row->fields : NULL; at && *at != DNS_FIELD_END; at++) {
        const enum dns_field field = *at;
        const size_t n = dns_rdata_field_len(field, data, len);
        if (field == DNS_FIELD_NAME) {
            dns_name_lower(data, n, data);
        }
        data += n;
        len -= n;
    }
}

const uint8_t *dns_rdata_target(uint16_t type, const uint8_t *data, size_t len)
{
    size_t offset = 0;
    switch (type) {
    case DNS_TYPE_NS:
    case DNS_TYPE_CNAME:
    case DNS_TYPE_DNAME:
    case DNS_TYPE_PTR:
    case DNS_TYPE_CENTRE:
    case DNS_TYPE_CRES:
    case DNS_TYPE_CLOAD:
    case DNS_TYPE_CNET:
    case DNS_TYPE_CDATA:
    case DNS_TYPE_CID:
    case DNS_TYPE_CPOL:
        break;
    case DNS_TYPE_MX:
    case DNS_TYPE_AFSDB:
    case DNS_TYPE_RT:
    case DNS_TYPE_KX:
    case DNS_TYPE_SVCB:
    case DNS_TYPE_HTTPS:
    case DNS_TYPE_LP:
        offset = 2;
        break;
    case DNS_TYPE_SRV:
        offset = 6;
        break;
    default:
        return NULL;
    }
    return offset < len ? data + offset : NULL;
}

int dns_rdata_soa(const uint8_t *data, size_t len, struct dns_soa *out_soa)
{
    const size_t mname_len = dns_name_measure(data, len);
    const size_t rname_len = dns_name_measure(data + mname_len, len - mname_len);
    struct rd rd = rd_make(data, len);
    const uint8_t *mname = rd_take(&rd, mname_len);
    const uint8_t *rname = rd_take(&rd, rname_len);
    if (rname_len == 0 || rd_left(&rd) != 20) { /* no first name, no second one */
        return ERR_RDATA;
    }
    out_soa->mname = mname;
    out_soa->rname = rname;
    out_soa->serial_offset = (size_t)(rd.pos - rd.base);
    out_soa->serial = rd_u32(&rd);
    out_soa->refresh_s = rd_u32(&rd);
    out_soa->retry_s = rd_u32(&rd);
    out_soa->expire_s = rd_u32(&rd);
    out_soa->minimum_s = rd_u32(&rd);
    return 0;
}
