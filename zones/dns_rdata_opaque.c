#include "zones/dns_rdata_opaque.h"

#include "base/bytes.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

/* Address families of IANA's registry, as APL uses them. */
enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

/* What stands in the place of a gateway (RFC 4025 2.3) or relay (RFC 8777 4.2.3). */
enum { GATEWAY_NONE, GATEWAY_IPV4, GATEWAY_IPV6, GATEWAY_NAME };

/* RFC 3123 4: zero or more items: family u16, prefix u8, negation bit and length u8, address
 * without trailing zeros. */
static bool is_apl(struct rd rd)
{
    while (rd_left(&rd) > 0) {
        const unsigned family = rd_u16(&rd);
        const unsigned prefix = rd_u8(&rd);
        const size_t len = rd_u8(&rd) & 0x7f;
        const uint8_t *address = rd_take(&rd, len);
        if (!address || (len > 0 && address[len - 1] == 0)) {
            return false;
        }
        if ((family == FAMILY_IPV4 && (prefix > 32 || len > 4)) ||
            (family == FAMILY_IPV6 && (prefix > 128 || len > 16))) {
            return false;
        }
    }
    return true;
}

static bool take_name(struct rd *rd)
{
    const size_t len = dns_name_measure(rd->pos, rd_left(rd));
    return len > 0 && rd_take(rd, len);
}

/* Unknown kinds are refused: nobody could tell where they end. */
static bool take_gateway(struct rd *rd, unsigned kind)
{
    switch (kind) {
    case GATEWAY_NONE:
        return true;
    case GATEWAY_IPV4:
        return rd_take(rd, 4) != NULL;
    case GATEWAY_IPV6:
        return rd_take(rd, 16) != NULL;
    case GATEWAY_NAME:
        return take_name(rd);
    }
    return false;
}

/* RFC 4025 2.1: precedence u8, gateway type u8, algorithm u8 (0: no key), gateway, key. */
static bool is_ipseckey(struct rd rd)
{
    rd_u8(&rd);
    const unsigned kind = rd_u8(&rd);
    const unsigned algorithm = rd_u8(&rd);
    if (rd.err || !take_gateway(&rd, kind)) {
        return false;
    }
    return (algorithm == 0) == (rd_left(&rd) == 0);
}

/* RFC 8777 4.1: precedence u8, discovery bit and type in one octet, relay. */
static bool is_amtrelay(struct rd rd)
{
    rd_u8(&rd);
    const unsigned kind = rd_u8(&rd) & 0x7f;
    return !rd.err && take_gateway(&rd, kind) && rd_left(&rd) == 0;
}

/* RFC 8005 5: HIT length u8, algorithm u8, key length u16, HIT, key, names of rendezvous
 * servers. */
static bool is_hip(struct rd rd)
{
    const size_t hit_len = rd_u8(&rd);
    rd_u8(&rd);
    const size_t key_len = rd_u16(&rd);
    rd_take(&rd, hit_len);
    rd_take(&rd, key_len);
    if (rd.err || hit_len == 0 || key_len == 0) {
        return false;
    }
    while (rd_left(&rd) > 0) {
        if (!take_name(&rd)) {
            return false;
        }
    }
    return true;
}

bool dns_rdata_opaque_check(uint16_t type, const uint8_t *data, size_t len)
{
    switch (type) {
    case DNS_TYPE_APL:
        return is_apl(rd_make(data, len));
    case DNS_TYPE_IPSECKEY:
        return is_ipseckey(rd_make(data, len));
    case DNS_TYPE_DHCID: /* RFC 4701 3.1: identifier type u16, digest type u8, digest */
        return len > 3;
    case DNS_TYPE_HIP:
        return is_hip(rd_make(data, len));
    case DNS_TYPE_ZONEMD: /* RFC 8976 2.2.4: a digest has at least 12 octets */
        return len >= 6 + 12;
    case DNS_TYPE_URI: /* RFC 7553 4.4: the target is not empty */
        return len > 4;
    case DNS_TYPE_AMTRELAY:
        return is_amtrelay(rd_make(data, len));
    }
    return true;
}
