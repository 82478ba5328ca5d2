#include "zones/dns_text_gateway.h"

#include "zones/dns_text_field.h"
#include "zones/dns_text_printer.h"

/* RFC 4025 2.3, RFC 8777 4.2.3 */
enum { KIND_NONE, KIND_IPV4, KIND_IPV6, KIND_NAME };

/* The discovery bit is the first of the octet that the relay's type fills. */
enum { DISCOVERY = 0x80 };

/* One digit from 0 to most. */
static int parse_digit(struct dns_scan *scan, char most, const char *what, unsigned *out_digit)
{
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD || token.len != 1 || token.text[0] < '0' ||
        token.text[0] > most) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
    }
    *out_digit = (unsigned)(token.text[0] - '0');
    return 0;
}

static int parse_none(struct dns_scan *scan)
{
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD || token.len != 1 || token.text[0] != '.') {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "'.' for nothing");
    }
    return 0;
}

static int parse_place(struct dns_scan *scan, unsigned kind, const uint8_t *origin, struct wr *out)
{
    switch (kind) {
    case KIND_NONE:
        return parse_none(scan);
    case KIND_IPV4:
        return dns_text_field_parse(scan, DNS_FIELD_A, NULL, out);
    case KIND_IPV6:
        return dns_text_field_parse(scan, DNS_FIELD_AAAA, NULL, out);
    default: /* KIND_NAME, as parse_digit lets no other through */
        return dns_text_field_parse(scan, DNS_FIELD_NAME, origin, out);
    }
}

int dns_text_gateway_parse_relay(struct dns_scan *scan, const uint8_t *origin, struct wr *out)
{
    unsigned discovery = 0;
    unsigned kind = KIND_NONE;
    int err = dns_text_field_parse(scan, DNS_FIELD_U8, NULL, out);
    err = err ? err : parse_digit(scan, '1', "the D-bit, 0 or 1", &discovery);
    err = err ? err : parse_digit(scan, '3', "a relay type from 0 to 3", &kind);
    wr_u8(out, discovery * DISCOVERY | kind);
    return err ? err : parse_place(scan, kind, origin, out);
}

int dns_text_gateway_parse_key(struct dns_scan *scan, const uint8_t *origin, struct wr *out)
{
    unsigned kind = KIND_NONE;
    int err = dns_text_field_parse(scan, DNS_FIELD_U8, NULL, out);
    err = err ? err : parse_digit(scan, '3', "a gateway type from 0 to 3", &kind);
    wr_u8(out, kind);
    err = err ? err : dns_text_field_parse(scan, DNS_FIELD_U8, NULL, out);
    if (err || out->err) {
        return err; /* the caller looks at out */
    }
    bool has_key = out->pos[-1] > 0; /* RFC 4025 2.4: algorithm 0 means none */
    err = parse_place(scan, kind, origin, out);
    return err || !has_key ? err : dns_text_field_parse(scan, DNS_FIELD_BASE64, NULL, out);
}

static void print_place(unsigned kind, struct rd *rd, struct wr *out)
{
    switch (kind) {
    case KIND_NONE:
        wr_u8(out, '.');
        return;
    case KIND_IPV4:
        dns_text_printer_field(DNS_FIELD_A, rd, out);
        return;
    case KIND_IPV6:
        dns_text_printer_field(DNS_FIELD_AAAA, rd, out);
        return;
    case KIND_NAME:
        dns_text_printer_field(DNS_FIELD_NAME, rd, out);
        return;
    default: /* kinds are open, but nobody could tell where they end */
        rd_fail(rd, ERR_RDATA);
        return;
    }
}

void dns_text_gateway_print_relay(struct rd *rd, struct wr *out)
{
    unsigned precedence = rd_u8(rd);
    unsigned octet = rd_u8(rd);
    unsigned kind = octet & ~(unsigned)DISCOVERY;
    wr_print(out, "%u %u %u ", precedence, octet / DISCOVERY, kind);
    print_place(kind, rd, out);
}

void dns_text_gateway_print_key(struct rd *rd, struct wr *out)
{
    unsigned precedence = rd_u8(rd);
    unsigned kind = rd_u8(rd);
    unsigned algorithm = rd_u8(rd);
    wr_print(out, "%u %u %u ", precedence, kind, algorithm);
    print_place(kind, rd, out);
    if (algorithm > 0) {
        wr_u8(out, ' ');
        dns_text_printer_field(DNS_FIELD_BASE64, rd, out);
    }
}
