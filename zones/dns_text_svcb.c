#include "zones/dns_text_svcb.h"

#include <string.h>

#include "zones/dns_text_address.h"
#include "zones/dns_text_number.h"
#include "zones/dns_text_octets.h"

static const struct dns_text_svcb_row rows[] = {
#define PARAM(name, number, kind, source) {name, number, DNS_TEXT_SVCB_##kind},
#include "zones/dns_text_svcb.def"
#undef PARAM
};

enum { ROWS = sizeof rows / sizeof rows[0] };
_Static_assert(ROWS == 10, "rows are found by their number"); /* keys 0 to 9 */

/* One parameter as it stands in the text. */
struct param {
    struct dns_token token;              /* the whole of it, for errors */
    const struct dns_text_svcb_row *row; /* NULL for keyN */
    uint16_t key;
    unsigned column;   /* of the value */
    const char *value; /* without quotes */
    size_t len;
};

const struct dns_text_svcb_row *dns_text_svcb_find(uint16_t key)
{
    return key < ROWS ? &rows[key] : NULL;
}

static int fail_value(struct dns_scan *scan, const struct param *param, const char *what)
{
    struct dns_token token = param->token;
    token.column = param->column;
    token.text = param->value;
    token.len = param->len;
    return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
}

/* A key by name, or keyN without leading zeros (RFC 9460 2.1). */
static bool find_key(const char *text, size_t len, struct param *param)
{
    for (const struct dns_text_svcb_row *row = rows; row < rows + ROWS; row++) {
        if (strlen(row->name) == len && memcmp(row->name, text, len) == 0) {
            param->row = row;
            param->key = row->number;
            return true;
        }
    }
    uint32_t number;
    if (len < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && len > 4) ||
        dns_text_number_parse(text + 3, len - 3, UINT16_MAX - 1, &number)) {
        return false;
    }
    param->row = NULL;
    param->key = (uint16_t)number;
    return true;
}

/* Take a token apart into key and value. */
static int split(struct dns_scan *scan, const struct dns_token *token, struct param *param)
{
    const char *equals = memchr(token->text, '=', token->len);
    const char *end = token->text + token->len;
    size_t key_len = equals ? (size_t)(equals - token->text) : token->len;
    param->token = *token;
    if (!find_key(token->text, key_len, param)) {
        return dns_scan_expected(scan, ERR_SYNTAX, token,
                                 "a parameter like alpn=h2 or key65280=\"...\"");
    }
    param->value = equals ? equals + 1 : end;
    param->len = (size_t)(end - param->value);
    if (param->len >= 2 && param->value[0] == '"') { /* the scanner saw to it that it is closed */
        param->value++;
        param->len -= 2;
    }
    param->column = token->column + (unsigned)(param->value - token->text);
    return 0;
}

/* Next item of a comma separated list; false when there is none left. */
static bool next_item(const char **text, const char *end, const char **out_item, size_t *out_len)
{
    if (*text > end) {
        return false;
    }
    const char *comma = memchr(*text, ',', (size_t)(end - *text));
    const char *stop = comma ? comma : end;
    *out_item = *text;
    *out_len = (size_t)(stop - *text);
    *text = stop + 1;
    return true;
}

static int put_port(struct dns_scan *scan, const struct param *param, struct wr *out)
{
    uint32_t port;
    if (dns_text_number_parse(param->value, param->len, UINT16_MAX, &port)) {
        return fail_value(scan, param, "a port from 0 to 65535");
    }
    wr_u16(out, port);
    return 0;
}

static int put_groups(struct dns_scan *scan, const struct param *param, struct wr *out)
{
    const char *text = param->value;
    const char *item;
    size_t len;
    uint32_t group;
    while (next_item(&text, param->value + param->len, &item, &len)) {
        if (dns_text_number_parse(item, len, UINT16_MAX, &group)) {
            return fail_value(scan, param, "numbers from 0 to 65535, a comma between");
        }
        wr_u16(out, group);
    }
    return 0;
}

static int put_addresses(struct dns_scan *scan, const struct param *param, bool six, struct wr *out)
{
    const char *text = param->value;
    const char *item;
    size_t len;
    uint8_t address[16];
    while (next_item(&text, param->value + param->len, &item, &len)) {
        if (six ? dns_text_address_parse6(item, len, address)
                : dns_text_address_parse4(item, len, address)) {
            return fail_value(scan, param,
                              six ? "IPv6 addresses, a comma between"
                                  : "IPv4 addresses, a comma between");
        }
        wr_bytes(out, address, six ? 16 : 4);
    }
    return 0;
}

/* Insert a key into the rising list of u16 from start on; false when it is there. */
static bool insert_key(struct wr *out, size_t start, uint16_t key)
{
    size_t at = start;
    for (; at < wr_len(out); at += 2) {
        unsigned there = (unsigned)out->base[at] << 8 | out->base[at + 1];
        if (there >= key) {
            if (there == key) {
                return false;
            }
            break;
        }
    }
    size_t tail = wr_len(out) - at;
    if (wr_take(out, 2)) {
        memmove(out->base + at + 2, out->base + at, tail);
        wr_patch_u16(out, at, key);
    }
    return true;
}

static int put_keys(struct dns_scan *scan, const struct param *param, struct wr *out)
{
    const char *text = param->value;
    const char *item;
    size_t len;
    size_t start = wr_len(out);
    while (next_item(&text, param->value + param->len, &item, &len)) {
        struct param named;
        if (!find_key(item, len, &named) || named.key == 0 || !insert_key(out, start, named.key)) {
            return fail_value(scan, param,
                              "keys, a comma between, each once and not mandatory itself");
        }
    }
    return 0;
}

/* RFC 9460 A.1: in an item \, is a comma and \\ a backslash; the escapes of the token are resolved before. */
static int put_ids(struct dns_scan *scan, const struct param *param, struct wr *out)
{
    size_t count_at = wr_len(out);
    wr_u8(out, 0);
    for (size_t i = 0; i <= param->len && !out->err; i++) {
        char c = i < param->len ? param->value[i] : ',';
        size_t count = wr_len(out) - count_at - 1;
        if (c == ',') {
            if (count == 0 || count > 255) {
                return fail_value(scan, param, "protocols of 1 to 255 octets, a comma between");
            }
            out->base[count_at] = (uint8_t)count;
            count_at = wr_len(out);
            if (i < param->len) {
                wr_u8(out, 0);
            }
            continue;
        }
        if (c == '\\') {
            i++;
            if (i == param->len || (param->value[i] != ',' && param->value[i] != '\\')) {
                return fail_value(scan, param,
                                  "\\\\, or \\\\\\\\ for a comma or a backslash in a protocol");
            }
            c = param->value[i];
        }
        wr_u8(out, (uint8_t)c);
    }
    return 0;
}

/* The value without escapes of the token. */
static int put_plain(struct dns_scan *scan, const struct param *param, struct wr *out)
{
    if (!param->row) { /* keyN: the octets are the value (RFC 9460 2.1) */
        wr_bytes(out, param->value, param->len);
        return 0;
    }
    if (param->row->kind == DNS_TEXT_SVCB_FLAG) {
        return param->len == 0 ? 0 : fail_value(scan, param, "no value");
    }
    if (param->len == 0) {
        return fail_value(scan, param, "a value");
    }
    switch ((enum dns_text_svcb_kind)param->row->kind) {
    case DNS_TEXT_SVCB_FLAG:
        break;
    case DNS_TEXT_SVCB_PORT:
        return put_port(scan, param, out);
    case DNS_TEXT_SVCB_KEYS:
        return put_keys(scan, param, out);
    case DNS_TEXT_SVCB_IDS:
        return put_ids(scan, param, out);
    case DNS_TEXT_SVCB_IPV4:
        return put_addresses(scan, param, false, out);
    case DNS_TEXT_SVCB_IPV6:
        return put_addresses(scan, param, true, out);
    case DNS_TEXT_SVCB_GROUPS:
        return put_groups(scan, param, out);
    case DNS_TEXT_SVCB_BASE64:
        return dns_text_octets_decode_base64(param->value, param->len, out) == ERR_SYNTAX
                   ? fail_value(scan, param, "base64")
                   : 0;
    case DNS_TEXT_SVCB_TEXT:
        wr_bytes(out, param->value, param->len);
        break;
    }
    return 0;
}

/* Apart from put_value: most values have no escapes, and this one needs much stack. */
static __attribute__((noinline)) int put_escaped(struct dns_scan *scan, const struct param *param,
                                                 struct wr *out)
{
    uint8_t plain[UINT16_MAX];
    size_t len;
    int err = dns_scan_unescape(param->value, param->len, plain, sizeof plain, &len);
    if (err) {
        return fail_value(scan, param,
                          "a value of at most 65535 octets, escapes \\DDD up to \\255");
    }
    struct param resolved = *param;
    resolved.value = (const char *)plain;
    resolved.len = len;
    err = put_plain(scan, &resolved, out);
    return err;
}

/* Turn octets [first, end) so that those from middle on come first. */
static void reverse(uint8_t *first, uint8_t *end)
{
    while (first < end) {
        uint8_t octet = *first;
        *first++ = *--end;
        *end = octet;
    }
}

static void rotate(uint8_t *first, uint8_t *middle, uint8_t *end)
{
    reverse(first, middle);
    reverse(middle, end);
    reverse(first, end);
}

/* Where the parameter with a key of at least key begins, between start and end. */
static uint8_t *find_place(uint8_t *start, uint8_t *end, unsigned key, bool *out_equal)
{
    uint8_t *at = start;
    *out_equal = false;
    while (at < end) {
        unsigned there = (unsigned)at[0] << 8 | at[1];
        if (there >= key) {
            *out_equal = there == key;
            break;
        }
        at += 4 + ((size_t)at[2] << 8 | at[3]);
    }
    return at;
}

/* Append one parameter and move it to its place among those from start on. *highest is the last key. */
static int add_param(struct dns_scan *scan, const struct param *param, size_t start, int *highest,
                     struct wr *out)
{
    size_t at = wr_len(out);
    wr_u16(out, param->key);
    wr_u16(out, 0);
    int err = memchr(param->value, '\\', param->len) ? put_escaped(scan, param, out)
                                                     : put_plain(scan, param, out);
    size_t len = wr_len(out) - at - 4;
    if (err || out->err || len > UINT16_MAX) {
        return err ? err : dns_scan_fail(scan, ERR_SPACE, &param->token, "the record is too long");
    }
    wr_patch_u16(out, at + 2, (unsigned)len);
    if (param->key > *highest) {
        *highest = param->key;
        return 0;
    }
    bool equal;
    uint8_t *added = out->base + at;
    uint8_t *place = find_place(out->base + start, added, param->key, &equal);
    if (equal) {
        return dns_scan_fail(scan, ERR_EXISTS, &param->token, "the parameter is given twice");
    }
    rotate(place, added, out->pos);
    return 0;
}

/* What keys need of each other; tokens of both may be missing. */
static int check_needs(struct dns_scan *scan, const struct dns_token *mandatory,
                       const struct dns_token *no_default, uint8_t *start, uint8_t *end)
{
    bool there;
    (void)find_place(start, end, 1, &there);
    if (no_default->text && !there) { /* RFC 9460 7.1.1 */
        return dns_scan_fail(scan, ERR_MISSING, no_default, "no-default-alpn needs alpn");
    }
    if (!mandatory->text) {
        return 0;
    }
    struct rd keys = rd_make(start + 4, (size_t)start[2] << 8 | start[3]); /* key 0 is the first */
    while (rd_left(&keys) > 0) {
        unsigned key = rd_u16(&keys);
        (void)find_place(start, end, key, &there);
        if (!there) { /* RFC 9460 8 */
            return dns_scan_fail(scan, ERR_MISSING, mandatory, "mandatory key %u is missing", key);
        }
    }
    return 0;
}

int dns_text_svcb_parse(struct dns_scan *scan, struct wr *out)
{
    struct dns_token mandatory = {.text = NULL};
    struct dns_token no_default = {.text = NULL};
    struct dns_token token = dns_scan_next(scan);
    size_t start = wr_len(out);
    int highest = -1;
    for (; token.kind == DNS_SCAN_WORD; token = dns_scan_next(scan)) {
        struct param param;
        int err = split(scan, &token, &param);
        err = err ? err : add_param(scan, &param, start, &highest, out);
        if (err) {
            return err;
        }
        mandatory = param.key == 0 ? token : mandatory;
        no_default = param.key == 2 ? token : no_default;
    }
    if (token.kind == DNS_SCAN_QUOTED || token.kind == DNS_SCAN_ERROR) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a parameter like alpn=h2");
    }
    dns_scan_push(scan);
    return check_needs(scan, &mandatory, &no_default, out->base + start, out->pos);
}
