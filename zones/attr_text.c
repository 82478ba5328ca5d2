#include "zones/attr_text.h"

#include <string.h>

#include "zones/cres.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

/* One attribute as read, before its value is looked at. */
struct field {
    struct dns_token token;
    size_t name_len;            /* of the token's text before "=" */
    const struct attr_row *row; /* NULL = written as keyNNNNN */
    uint16_t key;
    const char *value; /* behind "=", NULL for a bare word */
    size_t len;
};

/* The attributes of one record, keys rising. */
struct fields {
    unsigned count;
    struct field field[ATTR_MAX];
};

/* keyNNNNN: a number of 16 bits without zeros before it (RFC 9460 2.1). */
static bool read_key(const char *name, size_t len, uint16_t *out_key)
{
    unsigned long key = 0;
    if (len < 4 || len > 8 || memcmp(name, "key", 3) != 0 || (name[3] == '0' && len > 4)) {
        return false;
    }
    for (size_t i = 3; i < len; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return false;
        }
        key = key * 10 + (unsigned long)(name[i] - '0');
    }
    *out_key = (uint16_t)key;
    return key <= UINT16_MAX;
}

/* Take a word apart and find its row. */
static int read_field(struct dns_scan *scan, uint16_t type, const struct dns_token *token,
                      struct field *out)
{
    const char *equals = memchr(token->text, '=', token->len);
    size_t name_len = equals ? (size_t)(equals - token->text) : token->len;
    *out = (struct field){.token = *token, .name_len = name_len};
    if (equals) {
        out->value = equals + 1;
        out->len = token->len - name_len - 1;
    }
    const struct attr_row *row = attr_find_name(token->text, name_len);
    if (!row) {
        if (!read_key(token->text, name_len, &out->key)) {
            return dns_scan_expected(scan, ERR_ATTR_UNKNOWN, token, "an attribute");
        }
        row = attr_find(
            out->key); /* for its place: the value of a known key may be written so, too */
    } else {
        out->key = row->key;
        out->row = row;
    }
    if (row && !(row->places & attr_in_type(type))) {
        char name[16];
        dns_type_print(type, name);
        return dns_scan_fail(scan, ERR_ATTR_PLACE, token, "%s: does not belong to %s", row->name,
                             name);
    }
    return 0;
}

/* Bring the field behind the last one to where its key belongs. Most records come in key order, so
 * the search begins at the end. */
static int place_field(struct dns_scan *scan, struct fields *fields)
{
    const struct field *field = &fields->field[fields->count];
    unsigned at = fields->count;
    while (at > 0 && fields->field[at - 1].key > field->key) {
        at--;
    }
    if (at > 0 && fields->field[at - 1].key == field->key) {
        return dns_scan_fail(scan, ERR_EXISTS, &field->token, "%.*s: stands here twice",
                             (int)field->name_len, field->token.text);
    }
    if (at < fields->count) {
        struct field moved = *field;
        memmove(fields->field + at + 1, fields->field + at,
                (fields->count - at) * sizeof fields->field[0]);
        fields->field[at] = moved;
    }
    fields->count++;
    return 0;
}

static int add_field(struct dns_scan *scan, uint16_t type, const struct dns_token *token,
                     struct fields *fields)
{
    if (fields->count == ATTR_MAX) {
        return dns_scan_fail(scan, ERR_LIMIT, token, "more than %d attributes", ATTR_MAX);
    }
    int err = read_field(scan, type, token, &fields->field[fields->count]);
    return err ? err : place_field(scan, fields);
}

/* The octets of keyNNNNN="...". A key that has a row must hold what the row allows. */
static int write_octets(const struct field *field, struct wr *out, struct err_at *at)
{
    const struct attr_row *row = attr_find(field->key);
    const char *text = field->value ? field->value : "";
    size_t text_len = field->len;
    if (text_len >= 2 && text[0] == '"') { /* the scanner has seen the closing one */
        text++;
        text_len -= 2;
    }
    uint8_t *value = out->pos;
    size_t len;
    int err = dns_scan_unescape(text, text_len, value, (size_t)(out->end - value), &len);
    if (err) {
        return err_at_set(at, err, 0, 0, "key%u: expected escapes \\X and \\DDD", field->key);
    }
    out->pos += len;
    if (row && attr_check(row, value, len)) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, text_len, "octets of its kind");
    }
    if (row && row->kind == ATTR_UINT) {
        uint64_t number = attr_uint_get(value, len);
        out->pos = value;
        attr_uint_write(out, number);
    }
    return out->err;
}

static int write_value(const struct field *field, struct wr *out, struct err_at *at)
{
    const struct attr_row *row = field->row;
    if (!row) {
        return write_octets(field, out, at);
    }
    if (row->kind == ATTR_BOOL) { /* written as a bare word, and holds no octets */
        return field->value ? attr_fail(at, ERR_ATTR_VALUE, row, field->value, field->len,
                                        "the bare word without a value")
                            : 0;
    }
    if (!field->value) {
        return attr_fail(at, ERR_ATTR_VALUE, row, "", 0, "a value: name=value");
    }
    return attr_text_parse_field(row, field->value, field->len, out, at);
}

static int write_field(struct dns_scan *scan, const struct field *field, struct wr *out)
{
    struct err_at at;
    wr_u16(out, field->key);
    size_t length_offset = wr_len(out);
    wr_u16(out, 0);
    if (out->err) {
        return dns_scan_fail(scan, out->err, &field->token, "the record is too long");
    }
    at.text[0] = '\0';
    int err = write_value(field, out, &at);
    if (err) {
        return dns_scan_fail(scan, err, &field->token, "%s",
                             at.text[0] ? at.text : "the record is too long");
    }
    size_t len = wr_len(out) - length_offset - 2; /* beyond 65535 the whole record is refused */
    wr_patch_u16(out, length_offset, (unsigned)len);
    return 0;
}

static int read_target(struct dns_scan *scan, const uint8_t *origin, struct wr *out)
{
    struct dns_token token;
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    if (!dns_scan_value(scan, "the target, a name or \".\"", &token)) {
        return scan->err;
    }
    int err = dns_name_parse(token.text, token.len, origin, name, &len);
    if (err) {
        return dns_scan_expected(scan, err, &token, "the target, a name or \".\"");
    }
    wr_bytes(out, name, len);
    return out->err ? dns_scan_fail(scan, out->err, &token, "the record is too long") : 0;
}

/* All attributes up to the end of the record. */
static int read_fields(struct dns_scan *scan, uint16_t type, struct fields *out)
{
    out->count = 0;
    for (;;) {
        struct dns_token token = dns_scan_next(scan);
        switch (token.kind) {
        case DNS_SCAN_WORD:
            if (add_field(scan, type, &token, out)) {
                return scan->err;
            }
            break;
        case DNS_SCAN_END:
        case DNS_SCAN_EOF:
            return 0;
        case DNS_SCAN_QUOTED:
        case DNS_SCAN_BLANK:
        case DNS_SCAN_ERROR:
            return dns_scan_expected(scan, ERR_SYNTAX, &token, "name=value");
        }
    }
}

int attr_text_parse(struct dns_scan *scan, uint16_t type, const uint8_t *origin, struct wr *out)
{
    struct fields fields;
    size_t start = wr_len(out);
    int err = read_target(scan, origin, out);
    if (!err) {
        err = read_fields(scan, type, &fields);
    }
    for (unsigned i = 0; !err && i < fields.count; i++) {
        err = write_field(scan, &fields.field[i], out);
    }
    if (!err && wr_len(out) - start > DNS_RDATA_MAX) {
        err = dns_scan_fail(scan, ERR_LIMIT, &scan->last, "the record is too long");
    }
    return err;
}

/* keyNNNNN="...": printable ASCII as it is, the rest as \DDD. */
static void print_octets(const struct cres_attr *attr, struct wr *out)
{
    wr_print(out, "key%u=\"", attr->key);
    for (size_t i = 0; i < attr->len; i++) {
        uint8_t octet = attr->value[i];
        if (octet == '"' || octet == '\\') {
            wr_u8(out, '\\');
            wr_u8(out, octet);
        } else if (octet >= ' ' && octet <= '~') {
            wr_u8(out, octet);
        } else {
            wr_print(out, "\\%03u", octet);
        }
    }
    wr_u8(out, '"');
}

int attr_text_print(uint16_t type, const uint8_t *data, size_t len, struct wr *out)
{
    if (attr_in_type(type) == 0) {
        return ERR_TYPE;
    }
    struct cres_iter iter;
    struct cres_attr attr;
    cres_attrs(data, len, &iter);
    if (iter.rd.err) {
        return iter.rd.err;
    }
    char target[DNS_NAME_TEXT_MAX];
    wr_bytes(out, target, dns_name_print(data, target));
    while (cres_next(&iter, &attr)) {
        const struct attr_row *row = attr_find(attr.key);
        wr_u8(out, ' ');
        if (!row || attr_check(row, attr.value, attr.len)) {
            print_octets(&attr, out);
            continue;
        }
        wr_bytes(out, row->name, strlen(row->name));
        if (row->kind != ATTR_BOOL) {
            wr_u8(out, '=');
            attr_text_print_field(row, attr.value, attr.len, out);
        }
    }
    return iter.rd.err ? ERR_RDATA : out->err;
}
