#include "zones/zone_record.h"

#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text.h"
#include "zones/dns_text_field.h"
#include "zones/dns_type.h"

void zone_record_init(struct zone_record_state *state, const uint8_t *origin,
                      struct zone_record_ttl ttl)
{
    *state = (struct zone_record_state){.dollar_ttl = ttl};
    zone_record_set_origin(state, origin);
}

void zone_record_set_origin(struct zone_record_state *state, const uint8_t *origin)
{
    memcpy(state->origin, origin, dns_name_len(origin));
    state->owner_text = NULL; /* the same text is another name now */
}

/* The owner of a record. Files repeat it line by line, so the same text is not read again. */
static int read_owner(struct dns_scan *scan, struct zone_record_state *state,
                      const struct dns_token *token)
{
    if (token->kind == DNS_SCAN_BLANK) {
        if (state->owner_len == 0 && !state->owner_wrong) {
            return dns_scan_fail(scan, ERR_MISSING, token,
                                 "no owner name here and no record before");
        }
        return 0;
    }
    if (state->owner_text && token->len == state->owner_text_len &&
        memcmp(token->text, state->owner_text, token->len) == 0) {
        return 0;
    }
    state->owner_text = NULL;
    int err = dns_text_field_name(scan, token, state->origin, state->owner, &state->owner_len);
    state->owner_wrong = err != 0;
    if (!err) {
        state->owner_text = token->text;
        state->owner_text_len = token->len;
    }
    return err;
}

static bool is_in(const struct dns_token *token)
{
    return token->len == 2 && (token->text[0] | 0x20) == 'i' && (token->text[1] | 0x20) == 'n';
}

static int read_type(struct dns_scan *scan, const struct dns_token *token, uint16_t *out_type)
{
    if (token->kind != DNS_SCAN_WORD || !dns_type_parse(token->text, token->len, out_type)) {
        return dns_scan_expected(scan, ERR_SYNTAX, token, "a TTL, class or record type");
    }
    if (dns_type_is_meta(*out_type)) {
        return dns_scan_expected(scan, ERR_TYPE, token, "a record type that can be zone data");
    }
    return 0;
}

/* True when a token is a class; *in says whether it is IN. */
static bool read_class(const struct dns_token *token, bool *in)
{
    uint16_t dns_class;
    if (is_in(token)) {
        *in = true;
        return true;
    }
    if (!dns_code_parse_class(token->text, token->len, &dns_class) || dns_class == DNS_CLASS_ANY) {
        return false; /* ANY: a type, too, and refused as such */
    }
    *in = dns_class == DNS_CLASS_IN;
    return true;
}

int zone_record_parse_head(struct dns_scan *scan, struct zone_record_head *out_head)
{
    bool has_class = false;
    bool in;
    out_head->ttl.known = false;
    for (;;) {
        struct dns_token token = dns_scan_next(scan);
        bool word = token.kind == DNS_SCAN_WORD;
        if (word && token.text[0] >= '0' && token.text[0] <= '9' && !out_head->ttl.known) {
            if (dns_text_parse_ttl(token.text, token.len, &out_head->ttl.s)) {
                return dns_scan_expected(scan, ERR_VALUE, &token,
                                         "a TTL from 0 to 2147483647 or like 1h30m");
            }
            out_head->ttl.known = true;
        } else if (word && !has_class && read_class(&token, &in)) {
            if (!in) {
                return dns_scan_expected(scan, ERR_UNSUPPORTED, &token, "class IN");
            }
            has_class = true;
        } else {
            out_head->type_token = token;
            return read_type(scan, &token, &out_head->type);
        }
    }
}

/* TTL of a record: its own, else $TTL (RFC 2308 4), else the last one (RFC 1035 5.1), else the SOA's MINIMUM. */
static bool settle_ttl(struct zone_record_state *state, const struct zone_record_head *head,
                       uint32_t *out_ttl_s)
{
    const struct zone_record_ttl *order[] = {&head->ttl, &state->dollar_ttl, &state->last_ttl,
                                             &state->minimum_ttl};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i]->known) {
            *out_ttl_s = order[i]->s;
            if (i == 0) {
                state->last_ttl = head->ttl;
            }
            return true;
        }
    }
    return false;
}

int zone_record_finish(struct dns_scan *scan, struct zone_record_state *state,
                       const struct zone_record_head *head, struct wr *rdata,
                       struct zone_text_record *out_record)
{
    *rdata = wr_make(rdata->base, (size_t)(rdata->end - rdata->base));
    int err = zone_text_parse(scan, head->type, state->origin, rdata);
    if (err) {
        return err;
    }
    struct dns_soa soa;
    if (head->type == DNS_TYPE_SOA && dns_rdata_soa(rdata->base, wr_len(rdata), &soa) == 0) {
        uint32_t minimum_s =
            soa.minimum_s > DNS_TTL_MAX ? 0 : soa.minimum_s; /* RFC 2181 section 8 */
        state->minimum_ttl = (struct zone_record_ttl){minimum_s, true};
    }
    uint32_t ttl_s;
    if (!settle_ttl(state, head, &ttl_s)) {
        return dns_scan_fail(scan, ERR_MISSING, &head->type_token,
                             "no TTL here, and no $TTL, record with a TTL or SOA before");
    }
    const uint8_t *owner = state->owner_wrong ? NULL : state->owner;
    *out_record = (struct zone_text_record){owner, ttl_s, head->type, rdata->base, wr_len(rdata)};
    return 0;
}

int zone_record_parse(struct dns_scan *scan, struct zone_record_state *state,
                      const struct dns_token *first, struct wr *rdata,
                      struct zone_text_record *out_record)
{
    struct zone_record_head head = {.type = 0};
    int err = read_owner(scan, state, first);
    err = err ? err : zone_record_parse_head(scan, &head);
    return err ? err : zone_record_finish(scan, state, &head, rdata, out_record);
}
