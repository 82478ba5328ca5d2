#include "zones/dns_text.h"

#include <stdbool.h>

#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text_field.h"
#include "zones/dns_text_gateway.h"
#include "zones/dns_text_number.h"
#include "zones/dns_text_octets.h"
#include "zones/dns_text_printer.h"
#include "zones/dns_type.h"

int dns_text_parse_ttl(const char *text, size_t len, uint32_t *out_ttl_s)
{
    return dns_text_number_parse_period(text, len, DNS_TTL_MAX, out_ttl_s);
}

/* Who knows the text of a type. */
enum speller {
    SPELLER_NONE,   /* nobody: the generic form only */
    SPELLER_FIELDS, /* the fields of its row */
    SPELLER_RELAY,  /* dns_text_gateway, AMTRELAY */
    SPELLER_KEY,    /* dns_text_gateway, IPSECKEY */
    SPELLER_ABOVE,  /* attr_text or zone_import, by way of zone_text */
};

static enum speller find_speller(const struct dns_type_row *row)
{
    if (!row) {
        return SPELLER_NONE;
    }
    if (row->number == DNS_TYPE_AMTRELAY || row->number == DNS_TYPE_IPSECKEY) {
        return row->number == DNS_TYPE_AMTRELAY ? SPELLER_RELAY : SPELLER_KEY;
    }
    if (row->flags & DNS_TYPE_LDNS) {
        return SPELLER_ABOVE;
    }
    for (const uint8_t *field = row->fields; *field != DNS_FIELD_END; field++) {
        if (*field == DNS_FIELD_ATTRS) {
            return SPELLER_ABOVE;
        }
        if (*field == DNS_FIELD_OPAQUE) {
            return SPELLER_NONE;
        }
    }
    return SPELLER_FIELDS;
}

static int parse_fields(struct dns_scan *scan, const struct dns_type_row *row,
                        const uint8_t *origin, struct wr *out)
{
    for (unsigned i = 0; row->fields[i] != DNS_FIELD_END; i++) {
        /* RFC 9859 2.2: the one field of kind U8 that has words */
        bool scheme = row->number == DNS_TYPE_DSYNC && row->fields[i] == DNS_FIELD_U8;
        int err = scheme ? dns_text_field_parse_scheme(scan, out)
                         : dns_text_field_parse(scan, (enum dns_field)row->fields[i], origin, out);
        if (err) {
            return err;
        }
    }
    return 0;
}

/* What follows the fields: the end of the record, RDATA of a sane size that the type's rules allow. */
static int finish(struct dns_scan *scan, uint16_t type, const struct dns_token *first, size_t start,
                  struct wr *out)
{
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_END && token.kind != DNS_SCAN_EOF) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "the end of the record");
    }
    size_t len = wr_len(out) - start;
    if (out->err || len > DNS_RDATA_MAX) {
        return dns_scan_fail(scan, ERR_SPACE, first, "the record is too long");
    }
    int err = dns_rdata_check(type, out->base + start, len);
    if (err) {
        char name[16];
        dns_type_print(type, name);
        return dns_scan_fail(scan, err, first, "not RDATA of type %s: %s", name, err_text(err));
    }
    return 0;
}

static bool is_generic(const struct dns_token *token)
{
    return token->kind == DNS_SCAN_WORD && token->len == 2 && token->text[0] == '\\' &&
           token->text[1] == '#';
}

int dns_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out)
{
    size_t start = wr_len(out);
    if (scan->err || out->err) {
        return scan->err ? scan->err : out->err;
    }
    const struct dns_type_row *row = dns_type_find(type);
    struct dns_token first = dns_scan_next(scan);
    if (is_generic(&first)) { /* RFC 3597 5: also for known types, which are checked then */
        int err = dns_text_octets_parse_generic(scan, out);
        return err ? err : finish(scan, type, &first, start, out);
    }
    int err = 0;
    dns_scan_push(scan);
    switch (find_speller(row)) {
    case SPELLER_NONE:
        return dns_scan_expected(scan, ERR_SYNTAX, &first,
                                 "\\# and RDATA in hex (the type has no other form)");
    case SPELLER_FIELDS:
        err = parse_fields(scan, row, origin, out);
        break;
    case SPELLER_RELAY:
        err = dns_text_gateway_parse_relay(scan, origin, out);
        break;
    case SPELLER_KEY:
        err = dns_text_gateway_parse_key(scan, origin, out);
        break;
    case SPELLER_ABOVE:
        return ERR_UNSUPPORTED;
    }
    return err ? err : finish(scan, type, &first, start, out);
}

int dns_text_print_generic(const uint8_t *data, size_t len, struct wr *out)
{
    wr_print(out, len > 0 ? "\\# %zu " : "\\# %zu", len);
    dns_text_octets_print_hex(data, len, out);
    return out->err;
}

static void print_fields(const struct dns_type_row *row, struct rd *rd, struct wr *out)
{
    for (const uint8_t *field = row->fields; *field != DNS_FIELD_END; field++) {
        /* lists that are empty bring no blank */
        if (field != row->fields && (rd_left(rd) > 0 || *field == DNS_FIELD_TEXT)) {
            wr_u8(out, ' ');
        }
        dns_text_printer_field((enum dns_field) * field, rd, out);
    }
}

int dns_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out)
{
    const struct dns_type_row *row = dns_type_find(type);
    struct wr before = *out;
    struct rd rd = rd_make(data, len);
    switch (find_speller(row)) {
    case SPELLER_NONE:
        return dns_text_print_generic(data, len, out);
    case SPELLER_FIELDS:
        print_fields(row, &rd, out);
        break;
    case SPELLER_RELAY:
        dns_text_gateway_print_relay(&rd, out);
        break;
    case SPELLER_KEY:
        dns_text_gateway_print_key(&rd, out);
        break;
    case SPELLER_ABOVE:
        return ERR_UNSUPPORTED;
    }
    if (out->err || (!rd.err && rd_left(&rd) == 0)) {
        return out->err;
    }
    *out = before; /* no text form, or not checked: the generic one holds anything */
    return dns_text_print_generic(data, len, out);
}
