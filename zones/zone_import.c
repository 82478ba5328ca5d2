#include "zones/zone_import.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

/* All RDATA of a parsed record, as it stands on the wire: ldns keeps names uncompressed. */
static void put_fields(const ldns_rr *rr, struct wr *out)
{
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        if (field) {
            wr_bytes(out, ldns_rdf_data(field), ldns_rdf_size(field));
        }
    }
}

/* Let ldns read RDATA text; the record's owner, TTL and class are of no interest. */
static int parse_text(uint16_t type, const char *text, const uint8_t *origin, struct wr *out)
{
    char line[ZONE_IMPORT_TEXT_MAX + 64];
    char name[16];
    dns_type_print(type, name);
    int len = snprintf(line, sizeof line, ". 0 IN %s %s", name, text);
    if (len < 0 || (size_t)len >= sizeof line) {
        return ERR_LIMIT;
    }
    ldns_rdf *base = NULL;
    if (origin) {
        base = ldns_dname_new_frm_data((uint16_t)dns_name_len(origin), origin);
    }
    ldns_rr *rr = NULL;
    ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, base, NULL);
    ldns_rdf_deep_free(base);
    if (status != LDNS_STATUS_OK) {
        return ERR_SYNTAX;
    }
    put_fields(rr, out);
    ldns_rr_free(rr);
    return out->err;
}

/* True for words that ldns reads as we do: where escapes and quotes are concerned it has its own ways. */
static bool is_plain(const struct dns_token *token)
{
    for (size_t i = 0; i < token->len; i++) {
        char c = token->text[i];
        if (c <= ' ' || c > '~' || c == '\\' || c == '"') {
            return false;
        }
    }
    return token->kind == DNS_SCAN_WORD;
}

/* Copy the tokens of a record to one line, a blank between. */
static int gather(struct dns_scan *scan, struct wr *line)
{
    struct dns_token token = dns_scan_next(scan);
    for (; token.kind == DNS_SCAN_WORD || token.kind == DNS_SCAN_QUOTED;
         token = dns_scan_next(scan)) {
        if (!is_plain(&token)) {
            return dns_scan_expected(scan, ERR_SYNTAX, &token,
                                     "a word without quotes and escapes (or all in \\#)");
        }
        wr_print(line, "%s", wr_len(line) > 0 ? " " : "");
        wr_bytes(line, token.text, token.len);
        if (line->err) {
            return dns_scan_fail(scan, ERR_LIMIT, &token, "the record is too long");
        }
    }
    wr_u8(line, '\0');
    return token.kind == DNS_SCAN_ERROR ? scan->err : 0;
}

int zone_import_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out)
{
    char text[ZONE_IMPORT_TEXT_MAX];
    struct wr line = wr_make(text, sizeof text);
    struct dns_token first = dns_scan_next(scan);
    dns_scan_push(scan);
    int err = gather(scan, &line);
    if (err) {
        return err;
    }
    size_t start = wr_len(out);
    err = parse_text(type, text, origin, out);
    if (!err && wr_len(out) - start > DNS_RDATA_MAX) {
        err = ERR_SPACE;
    }
    err = err ? err : dns_rdata_check(type, out->base + start, wr_len(out) - start);
    if (err) {
        char name[16];
        dns_type_print(type, name);
        return dns_scan_fail(scan, err, &first, "not RDATA of type %s: %s", name, err_text(err));
    }
    return 0;
}

/* Let ldns take RDATA apart. NULL when it can not. */
static ldns_rr *make_record(uint16_t type, const uint8_t *data, size_t len)
{
    uint8_t *wire = malloc(len + 2);
    ldns_rr *rr = ldns_rr_new();
    bool made = wire && rr;
    if (made) {
        ldns_rr_set_type(rr, (ldns_rr_type)type);
        wire[0] = (uint8_t)(len >> 8);
        wire[1] = (uint8_t)len;
        memcpy(wire + 2, data, len);
        size_t pos = 0;
        made = ldns_wire2rdf(rr, wire, len + 2, &pos) == LDNS_STATUS_OK;
    }
    free(wire);
    if (!made) {
        ldns_rr_free(rr);
        return NULL;
    }
    return rr;
}

/* All fields of a record, a blank between; false when one has no text. */
static bool print_fields(const ldns_rr *rr, struct wr *out)
{
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        char *text = ldns_rdf2str(ldns_rr_rdf(rr, i));
        if (!text) {
            return false;
        }
        wr_print(out, "%s%s", i > 0 ? " " : "", text);
        free(text);
    }
    return true;
}

/* True when the text is read as the same octets. */
static bool is_faithful(uint16_t type, const char *text, size_t text_len, const uint8_t *data,
                        size_t len)
{
    uint8_t *again = malloc(DNS_RDATA_MAX);
    struct wr out = wr_make(again, again ? DNS_RDATA_MAX : 0);
    struct dns_scan scan;
    dns_scan_init(&scan, text, text_len, NULL);
    bool same = again && zone_import_parse(&scan, type, NULL, &out) == 0 && wr_len(&out) == len &&
                memcmp(again, data, len) == 0;
    free(again);
    return same;
}

int zone_import_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out)
{
    char text[ZONE_IMPORT_TEXT_MAX];
    struct wr line = wr_make(text, sizeof text);
    if (len == 0 ||
        dns_rdata_check(type, data, len)) { /* ldns sees only octets whose shape is right */
        return ERR_UNSUPPORTED;
    }
    ldns_rr *rr = make_record(type, data, len);
    bool printed = rr && print_fields(rr, &line) && !line.err;
    ldns_rr_free(rr);
    size_t text_len = wr_len(&line);
    while (text_len > 0 && text[text_len - 1] == ' ') { /* ldns ends each item of an APL with one */
        text_len--;
    }
    if (!printed || !is_faithful(type, text, text_len, data, len)) {
        return ERR_UNSUPPORTED;
    }
    wr_bytes(out, text, text_len);
    return out->err;
}
