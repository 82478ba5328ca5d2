#include "zones/dns_edns.h"

#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_type.h"

enum {
    COOKIE_SERVER_MIN = 16, /* both cookies: RFC 7873 4 */
    COOKIE_SERVER_MAX = 40,
    SUBNET_FIXED = 4, /* family, source, scope */
    EDE_TEXT_MAX = 65533,
};

void dns_edns_init(struct dns_edns *edns, uint16_t udp_size, uint32_t ttl, const uint8_t *rdata,
                   size_t len)
{
    *edns = (struct dns_edns){
        .present = true,
        .udp_size = udp_size < DNS_EDNS_SIZE_MIN ? DNS_EDNS_SIZE_MIN : udp_size,
        .ext_rcode = (uint8_t)(ttl >> 24),
        .version = (uint8_t)(ttl >> 16),
        .flags = (uint16_t)ttl,
        .options = rdata,
        .options_len = len,
    };
}

int dns_edns_read(struct rd *rd, struct dns_edns *out_edns)
{
    const uint8_t owner = rd_u8(rd);
    const uint16_t type = rd_u16(rd);
    if (owner != 0 || (!rd->err && type != DNS_TYPE_OPT)) {
        rd_fail(rd, ERR_EDNS);
    }
    const uint16_t udp_size = rd_u16(rd);
    const uint32_t ttl = rd_u32(rd);
    const size_t len = rd_u16(rd);
    const uint8_t *options = rd_take(rd, len);
    if (options) {
        dns_edns_init(out_edns, udp_size, ttl, options, len);
    }
    return rd->err;
}

bool dns_edns_next(struct rd *rd, struct dns_edns_option *out_option)
{
    if (rd_left(rd) == 0) {
        return false;
    }
    struct rd ahead = *rd;
    const uint16_t code = rd_u16(&ahead);
    const uint16_t len = rd_u16(&ahead);
    const uint8_t *data = rd_take(&ahead, len);
    if (!data) {
        rd_fail(rd, ERR_EDNS);
        return false;
    }
    *rd = ahead;
    *out_option = (struct dns_edns_option){code, len, data};
    return true;
}

/* Bits of an address of this family, or -1 for families that are not known. */
static int family_bits(unsigned family)
{
    switch (family) {
    case 0: /* RFC 7871 does not name it, but stock clients send it with a source of 0 */
        return 0;
    case 1:
        return 32;
    case 2:
        return 128;
    }
    return -1;
}

int dns_edns_read_subnet(const uint8_t *data, size_t len, struct dns_edns_subnet *out_subnet)
{
    struct rd rd = rd_make(data, len);
    const uint16_t family = rd_u16(&rd);
    const uint8_t source = rd_u8(&rd);
    const uint8_t scope = rd_u8(&rd);
    const size_t octets = (source + 7u) / 8;
    /* RFC 7871 6: scope 0 in queries, as many octets as the prefix needs, bits behind it zero */
    if (rd.err || scope != 0 || source > family_bits(family) || rd_left(&rd) != octets) {
        return ERR_EDNS;
    }
    const unsigned spare = (unsigned)(octets * 8 - source);
    if (octets > 0 && (rd.pos[octets - 1] & ((1u << spare) - 1)) != 0) {
        return ERR_EDNS;
    }
    *out_subnet = (struct dns_edns_subnet){.family = family, .source = source};
    rd_bytes(&rd, out_subnet->address, octets);
    return 0;
}

static int scan_cookie(struct dns_edns_asked *asked, const struct dns_edns_option *option)
{
    const bool both = option->len >= COOKIE_SERVER_MIN && option->len <= COOKIE_SERVER_MAX;
    if (asked->cookie || (option->len != DNS_EDNS_COOKIE_LEN && !both)) {
        return ERR_EDNS; /* RFC 7873 5.2.2 */
    }
    asked->cookie = option->data;
    asked->cookie_len = option->len;
    return 0;
}

static int scan_subnet(struct dns_edns_asked *asked, const struct dns_edns_option *option)
{
    if (asked->subnet) {
        return 0;
    }
    asked->subnet = true;
    return dns_edns_read_subnet(option->data, option->len, &asked->client);
}

static int scan_lease(struct dns_edns_asked *asked, const struct dns_edns_option *option)
{
    if (asked->lease_len > 0) {
        return 0;
    }
    if (option->len != 4 && option->len != 8) {
        return ERR_EDNS;
    }
    struct rd rd = rd_make(option->data, option->len);
    asked->lease_len = option->len;
    asked->lease_s = rd_u32(&rd);
    asked->key_lease_s = option->len == 8 ? rd_u32(&rd) : asked->lease_s;
    return 0;
}

static int scan_option(struct dns_edns_asked *asked, const struct dns_edns_option *option)
{
    switch (option->code) {
    case DNS_EDNS_UPDATE_LEASE:
        return scan_lease(asked, option);
    case DNS_EDNS_NSID: /* RFC 5001 2.1: content is ignored */
        asked->nsid = true;
        return 0;
    case DNS_EDNS_SUBNET:
        return scan_subnet(asked, option);
    case DNS_EDNS_EXPIRE:
        asked->expire = true;
        return 0;
    case DNS_EDNS_COOKIE:
        return scan_cookie(asked, option);
    case DNS_EDNS_KEEPALIVE: /* RFC 7828 3.2.1: empty in a query */
        asked->keepalive_ok = asked->keepalive ? asked->keepalive_ok : option->len == 0;
        asked->keepalive = true;
        return 0;
    case DNS_EDNS_PADDING:
        asked->padding = true;
        return 0;
    case DNS_EDNS_ZONEVERSION: /* RFC 9660 3.1: empty in a query */
        if (!asked->zone_version && option->len > 0) {
            return ERR_EDNS;
        }
        asked->zone_version = true;
        return 0;
    }
    return 0; /* RFC 6891 6.1.2: unknown options are ignored */
}

bool dns_edns_read_expire(const struct dns_edns *edns, uint32_t *out_s)
{
    struct dns_edns_option option;
    if (!edns->present || edns->options_len == 0) {
        return false;
    }
    struct rd rd = rd_make(edns->options, edns->options_len);
    while (dns_edns_next(&rd, &option)) {
        if (option.code == DNS_EDNS_EXPIRE && option.len == 4) {
            struct rd value = rd_make(option.data, option.len);
            *out_s = rd_u32(&value);
            return true;
        }
    }
    return false;
}

int dns_edns_scan(const struct dns_edns *edns, struct dns_edns_asked *out_asked)
{
    *out_asked = (struct dns_edns_asked){0};
    if (edns->options_len == 0) { /* no OPT, or a bare one */
        return 0;
    }
    struct rd rd = rd_make(edns->options, edns->options_len);
    struct dns_edns_option option;
    while (dns_edns_next(&rd, &option)) {
        if (++out_asked->count > DNS_EDNS_OPTIONS_MAX) {
            return ERR_EDNS;
        }
        const int err = scan_option(out_asked, &option);
        if (err) {
            return err;
        }
    }
    return rd.err;
}

size_t dns_edns_write_begin(struct wr *wr, uint16_t udp_size, unsigned rcode, uint16_t flags)
{
    wr_u8(wr, 0); /* owner: the root */
    wr_u16(wr, DNS_TYPE_OPT);
    wr_u16(wr, udp_size);
    wr_u8(wr, rcode >> 4);
    wr_u8(wr, 0); /* version */
    wr_u16(wr, flags);
    const size_t mark = wr_len(wr);
    wr_u16(wr, 0); /* length of the options, by dns_edns_write_end */
    return mark;
}

void dns_edns_write_option(struct wr *wr, uint16_t code, const void *data, size_t len)
{
    if (len > UINT16_MAX) {
        wr_fail(wr, ERR_SPACE);
    }
    wr_u16(wr, code);
    wr_u16(wr, (unsigned)len);
    wr_bytes(wr, data, len);
}

void dns_edns_write_ede(struct wr *wr, unsigned ede, const char *text)
{
    const size_t len = text ? strnlen(text, EDE_TEXT_MAX) : 0;
    wr_u16(wr, DNS_EDNS_EDE);
    wr_u16(wr, (unsigned)(2 + len));
    wr_u16(wr, ede);
    wr_bytes(wr, text, len);
}

size_t dns_edns_subnet_len(const struct dns_edns_subnet *subnet)
{
    return SUBNET_FIXED + (subnet->source + 7u) / 8;
}

void dns_edns_write_subnet(struct wr *wr, const struct dns_edns_subnet *subnet, uint8_t scope)
{
    const size_t len = dns_edns_subnet_len(subnet);
    wr_u16(wr, DNS_EDNS_SUBNET);
    wr_u16(wr, (unsigned)len);
    wr_u16(wr, subnet->family);
    wr_u8(wr, subnet->source);
    wr_u8(wr, scope);
    wr_bytes(wr, subnet->address, len - SUBNET_FIXED);
}

void dns_edns_write_end(struct wr *wr, size_t mark)
{
    const size_t len = wr->err ? 0 : wr_len(wr) - mark - 2;
    if (len > UINT16_MAX) {
        wr_fail(wr, ERR_SPACE);
    }
    wr_patch_u16(wr, mark, (unsigned)len);
}
