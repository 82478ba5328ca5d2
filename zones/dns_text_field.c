#include "zones/dns_text_field.h"

#include <string.h>
#include <strings.h>

#include "zones/dns_name.h"
#include "zones/dns_text_address.h"
#include "zones/dns_text_bitmap.h"
#include "zones/dns_text_loc.h"
#include "zones/dns_text_number.h"
#include "zones/dns_text_octets.h"
#include "zones/dns_text_svcb.h"

enum { STRING_MAX = 255 }; /* octets of a character-string, RFC 1035 3.3 */

struct word {
    const char *name;
    uint16_t number;
};

static const struct word algorithms[] = {
#define ALGORITHM(name, number, source) {name, number},
#include "zones/dns_text_word.def"
    {NULL, 0},
};

static const struct word certs[] = {
#define CERT(name, number, source) {name, number},
#include "zones/dns_text_word.def"
    {NULL, 0},
};

static const struct word schemes[] = {
#define SCHEME(name, number, source) {name, number},
#include "zones/dns_text_word.def"
    {NULL, 0},
};

static int parse_number(struct dns_scan *scan, size_t octets, struct wr *out)
{
    static const char *const what[] = {NULL, "a number from 0 to 255", "a number from 0 to 65535",
                                       NULL, "a number from 0 to 4294967295"};
    uint32_t max = UINT32_MAX >> (32 - 8 * octets);
    uint32_t number;
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD || dns_text_number_parse(token.text, token.len, max, &number)) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, what[octets]);
    }
    wr_uint(out, number, octets);
    return 0;
}

static bool find_word(const struct word *words, const struct dns_token *token, uint32_t *out_number)
{
    for (; words->name; words++) {
        if (strlen(words->name) == token->len &&
            strncasecmp(words->name, token->text, token->len) == 0) {
            *out_number = words->number;
            return true;
        }
    }
    return false;
}

/* A number, or a word that stands for one. */
static int parse_word(struct dns_scan *scan, const struct word *words, size_t octets,
                      const char *what, struct wr *out)
{
    uint32_t max = octets == 1 ? UINT8_MAX : UINT16_MAX;
    uint32_t number;
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD ||
        (dns_text_number_parse(token.text, token.len, max, &number) &&
         !find_word(words, &token, &number))) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
    }
    wr_uint(out, number, octets);
    return 0;
}

int dns_text_field_parse_scheme(struct dns_scan *scan, struct wr *out)
{
    return parse_word(scan, schemes, 1, "a scheme (a number or NOTIFY)", out);
}

static int parse_period(struct dns_scan *scan, struct wr *out)
{
    uint32_t period_s;
    struct dns_token token = dns_scan_next(scan);
    /* Not RFC 2181 section 8's limit: these fields of an SOA are 32 bits wide, whatever they hold is kept. */
    if (token.kind != DNS_SCAN_WORD ||
        dns_text_number_parse_period(token.text, token.len, UINT32_MAX, &period_s)) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a time in seconds or like 1h30m");
    }
    wr_u32(out, period_s);
    return 0;
}

static int parse_stamp(struct dns_scan *scan, struct wr *out)
{
    uint32_t epoch_s;
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD ||
        dns_text_number_parse_stamp(token.text, token.len, &epoch_s)) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a time like 20261231235959");
    }
    wr_u32(out, epoch_s);
    return 0;
}

static int parse_type(struct dns_scan *scan, struct wr *out)
{
    uint16_t type;
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD || !dns_type_parse(token.text, token.len, &type)) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a record type");
    }
    wr_u16(out, type);
    return 0;
}

int dns_text_field_name(struct dns_scan *scan, const struct dns_token *token, const uint8_t *origin,
                        uint8_t *out_name, size_t *out_len)
{
    int err = ERR_SYNTAX;
    if (token->kind == DNS_SCAN_WORD || token->kind == DNS_SCAN_QUOTED) {
        err = dns_name_parse(token->text, token->len, origin, out_name, out_len);
    }
    if (err == ERR_SYNTAX) {
        return dns_scan_expected(scan, err, token, "a domain name");
    }
    if (err == ERR_LABEL) {
        return dns_scan_fail(scan, err, token, "a label of the name is longer than %d octets",
                             DNS_LABEL_MAX);
    }
    return err ? dns_scan_fail(scan, err, token, "%s", err_text(err)) : 0;
}

static int parse_name(struct dns_scan *scan, const uint8_t *origin, struct wr *out)
{
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a domain name");
    }
    int err = dns_text_field_name(scan, &token, origin, name, &len);
    if (!err) {
        wr_bytes(out, name, len);
    }
    return err;
}

static int parse_address(struct dns_scan *scan, bool six, struct wr *out)
{
    uint8_t address[16];
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD ||
        (six ? dns_text_address_parse6(token.text, token.len, address)
             : dns_text_address_parse4(token.text, token.len, address))) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token,
                                 six ? "an IPv6 address" : "an IPv4 address");
    }
    wr_bytes(out, address, six ? 16 : 4);
    return 0;
}

/* x:x:x:x, four groups of up to four hex digits (RFC 6742 2.1.2): half of an IPv6 address. */
static int parse_node64(struct dns_scan *scan, struct wr *out)
{
    static const char rest[] = ":0:0:0:0";
    char text[32];
    uint8_t address[16];
    struct dns_token token = dns_scan_next(scan);
    size_t len = token.len + sizeof rest - 1;
    bool right = token.kind == DNS_SCAN_WORD && len <= sizeof text &&
                 !memmem(token.text, token.len, "::", 2);
    if (right) {
        memcpy(text, token.text, token.len);
        memcpy(text + token.len, rest, sizeof rest - 1);
        right = dns_text_address_parse6(text, len, address) == 0;
    }
    if (!right) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token,
                                 "four groups of hex digits like 1:2:3:4");
    }
    wr_bytes(out, address, 8);
    return 0;
}

/* True for a word like a="b c". Others read it as two strings, or with the quotes in it (docs/zonefile.md). */
static bool has_quotes(const struct dns_token *token)
{
    for (size_t i = 0; token->kind == DNS_SCAN_WORD && i < token->len; i++) {
        if (token->text[i] == '"') {
            return true;
        }
        i += token->text[i] == '\\';
    }
    return false;
}

/* Resolve a token into out, at most max octets. */
static int add_text(struct dns_scan *scan, const struct dns_token *token, size_t max,
                    struct wr *out)
{
    if (has_quotes(token)) {
        return dns_scan_expected(scan, ERR_SYNTAX, token, "quotes around the whole text");
    }
    size_t room = (size_t)(out->end - out->pos);
    size_t len = 0;
    int err = dns_scan_unescape(token->text, token->len, out->pos, room < max ? room : max, &len);
    if (err == ERR_SYNTAX) {
        return dns_scan_fail(scan, err, token, "bad escape: expected \\DDD up to \\255");
    }
    if (err) {
        return dns_scan_fail(scan, err, token, "text is longer than %zu octets", max);
    }
    out->pos += len;
    return 0;
}

static int add_string(struct dns_scan *scan, const struct dns_token *token, struct wr *out)
{
    uint8_t *count = wr_take(out, 1);
    if (!count) {
        return dns_scan_fail(scan, out->err, token, "the record is too long");
    }
    int err = add_text(scan, token, STRING_MAX, out);
    *count = (uint8_t)(out->pos - count - 1);
    return err;
}

static int parse_string(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token;
    if (!dns_scan_value(scan, "text", &token)) {
        return scan->err;
    }
    return add_string(scan, &token, out);
}

static int parse_strings(struct dns_scan *scan, struct wr *out)
{
    int err = parse_string(scan, out);
    while (!err) {
        struct dns_token token = dns_scan_next(scan);
        if (token.kind != DNS_SCAN_WORD && token.kind != DNS_SCAN_QUOTED) {
            break;
        }
        err = add_string(scan, &token, out);
    }
    dns_scan_push(scan);
    return err ? err : scan->err;
}

static int parse_tag(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token = dns_scan_next(scan);
    bool right = token.kind == DNS_SCAN_WORD && token.len <= STRING_MAX;
    for (size_t i = 0; right && i < token.len; i++) {
        char c = token.text[i];
        right = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    if (!right) { /* RFC 8659 4.1.1 */
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a tag of letters and digits");
    }
    wr_u8(out, (unsigned)token.len);
    wr_bytes(out, token.text, token.len);
    return 0;
}

static int parse_text(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token;
    if (!dns_scan_value(scan, "text", &token)) {
        return scan->err;
    }
    return add_text(scan, &token, UINT16_MAX, out);
}

int dns_text_field_parse(struct dns_scan *scan, enum dns_field field, const uint8_t *origin,
                         struct wr *out)
{
    switch (field) {
    case DNS_FIELD_U8:
        return parse_number(scan, 1, out);
    case DNS_FIELD_U16:
        return parse_number(scan, 2, out);
    case DNS_FIELD_U32:
        return parse_number(scan, 4, out);
    case DNS_FIELD_TTL:
        return parse_period(scan, out);
    case DNS_FIELD_TIME:
        return parse_stamp(scan, out);
    case DNS_FIELD_TYPE:
        return parse_type(scan, out);
    case DNS_FIELD_ALGORITHM:
        return parse_word(scan, algorithms, 1, "an algorithm (a number or a name like ED25519)",
                          out);
    case DNS_FIELD_CERT:
        return parse_word(scan, certs, 2, "a certificate type (a number or a name like PKIX)", out);
    case DNS_FIELD_NAME:
        return parse_name(scan, origin, out);
    case DNS_FIELD_A:
        return parse_address(scan, false, out);
    case DNS_FIELD_AAAA:
        return parse_address(scan, true, out);
    case DNS_FIELD_NODE64:
        return parse_node64(scan, out);
    case DNS_FIELD_EUI48:
        return dns_text_octets_parse_eui(scan, 6, out);
    case DNS_FIELD_EUI64:
        return dns_text_octets_parse_eui(scan, 8, out);
    case DNS_FIELD_STRING:
        return parse_string(scan, out);
    case DNS_FIELD_STRINGS:
        return parse_strings(scan, out);
    case DNS_FIELD_TAG:
        return parse_tag(scan, out);
    case DNS_FIELD_TEXT:
        return parse_text(scan, out);
    case DNS_FIELD_HEX:
        return dns_text_octets_parse_hex(scan, out);
    case DNS_FIELD_BASE64:
        return dns_text_octets_parse_base64(scan, out);
    case DNS_FIELD_HEX_LEN:
        return dns_text_octets_parse_salt(scan, out);
    case DNS_FIELD_BASE32_LEN:
        return dns_text_octets_parse_hash(scan, out);
    case DNS_FIELD_BITMAP:
        return dns_text_bitmap_parse(scan, out);
    case DNS_FIELD_LOC:
        return dns_text_loc_parse(scan, out);
    case DNS_FIELD_SVCPARAMS:
        return dns_text_svcb_parse(scan, out);
    case DNS_FIELD_END:
    case DNS_FIELD_ATTRS:
    case DNS_FIELD_OPAQUE:
        break;
    }
    struct dns_token token = dns_scan_next(scan);
    return dns_scan_expected(scan, ERR_UNSUPPORTED, &token, "the generic form \\#");
}
