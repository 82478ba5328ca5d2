#include "zones/dns_text_param.h"

#include <string.h>

#include "zones/dns_text_address.h"
#include "zones/dns_text_octets.h"
#include "zones/dns_text_svcb.h"

/* One octet of a value in quotes. A comma or backslash of a list item is escaped for the list first, and the backslash
 * of that for the quotes (RFC 9460 A.1). */
static void print_octet(uint8_t c, bool in_list, struct wr *out)
{
    if (in_list && (c == ',' || c == '\\')) {
        wr_bytes(out, c == ',' ? "\\\\," : "\\\\\\\\", c == ',' ? 3 : 4);
        return;
    }
    if (c < ' ' || c > '~') {
        wr_print(out, "\\%03u", c);
        return;
    }
    if (c == '"' || c == '\\') {
        wr_u8(out, '\\');
    }
    wr_u8(out, c);
}

static void print_octets(const uint8_t *data, size_t len, bool in_list, struct wr *out)
{
    for (size_t i = 0; i < len; i++) {
        print_octet(data[i], in_list, out);
    }
}

static void print_key(uint16_t key, struct wr *out)
{
    const struct dns_text_svcb_row *row = dns_text_svcb_find(key);
    if (row) {
        wr_bytes(out, row->name, strlen(row->name));
    } else {
        wr_print(out, "key%u", key);
    }
}

/* True when every octet can stand in a word without quotes and without a second thought. */
static bool is_plain(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = data[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !strchr("-_./:+", c)) {
            return false;
        }
        if (c == 0) { /* strchr finds the terminator */
            return false;
        }
    }
    return true;
}

/* Texts with a length octet each: plain ones as a word, else all in quotes. */
static void print_ids(struct rd value, struct wr *out)
{
    struct rd look = value;
    bool plain = true;
    while (rd_left(&look) > 0) {
        size_t len = rd_u8(&look);
        const uint8_t *id = rd_take(&look, len);
        plain = plain && id && is_plain(id, len);
    }
    const char *quote = plain ? "" : "\"";
    wr_print(out, "%s", quote);
    for (const char *comma = ""; rd_left(&value) > 0; comma = ",") {
        wr_print(out, "%s", comma);
        size_t len = rd_u8(&value);
        const uint8_t *id = rd_take(&value, len);
        print_octets(id, id ? len : 0, true, out);
    }
    wr_print(out, "%s", quote);
}

static void print_keys(struct rd value, struct wr *out)
{
    for (const char *comma = ""; rd_left(&value) > 0; comma = ",") {
        wr_print(out, "%s", comma);
        print_key(rd_u16(&value), out);
    }
}

static void print_numbers(struct rd value, struct wr *out)
{
    for (const char *comma = ""; rd_left(&value) > 0; comma = ",") {
        wr_print(out, "%s%u", comma, rd_u16(&value));
    }
}

static void print_addresses(struct rd value, bool six, struct wr *out)
{
    for (const char *comma = ""; rd_left(&value) > 0; comma = ",") {
        char text[DNS_TEXT_ADDRESS_MAX];
        const uint8_t *address = rd_take(&value, six ? 16 : 4);
        size_t len =
            six ? dns_text_address_print6(address, text) : dns_text_address_print4(address, text);
        wr_print(out, "%s", comma);
        wr_bytes(out, text, len);
    }
}

static bool are_ids(struct rd value)
{
    while (rd_left(&value) > 0) {
        size_t len = rd_u8(&value);
        if (len == 0 || !rd_take(&value, len)) {
            return false;
        }
    }
    return true;
}

/* True when a value can be printed as its kind. */
static bool fits(enum dns_text_svcb_kind kind, struct rd value)
{
    size_t len = rd_left(&value);
    switch (kind) {
    case DNS_TEXT_SVCB_FLAG:
        return len == 0;
    case DNS_TEXT_SVCB_PORT:
        return len == 2;
    case DNS_TEXT_SVCB_KEYS:
    case DNS_TEXT_SVCB_GROUPS:
        return len > 0 && len % 2 == 0;
    case DNS_TEXT_SVCB_IDS:
        return len > 0 && are_ids(value);
    case DNS_TEXT_SVCB_IPV4:
        return len > 0 && len % 4 == 0;
    case DNS_TEXT_SVCB_IPV6:
        return len > 0 && len % 16 == 0;
    case DNS_TEXT_SVCB_BASE64:
    case DNS_TEXT_SVCB_TEXT:
        break;
    }
    return len > 0;
}

static void print_value(enum dns_text_svcb_kind kind, struct rd value, struct wr *out)
{
    switch (kind) {
    case DNS_TEXT_SVCB_FLAG:
        return;
    case DNS_TEXT_SVCB_PORT:
    case DNS_TEXT_SVCB_GROUPS:
        print_numbers(value, out);
        return;
    case DNS_TEXT_SVCB_KEYS:
        print_keys(value, out);
        return;
    case DNS_TEXT_SVCB_IDS:
        print_ids(value, out);
        return;
    case DNS_TEXT_SVCB_IPV4:
    case DNS_TEXT_SVCB_IPV6:
        print_addresses(value, kind == DNS_TEXT_SVCB_IPV6, out);
        return;
    case DNS_TEXT_SVCB_BASE64:
        dns_text_octets_print_base64(value.pos, rd_left(&value), out);
        return;
    case DNS_TEXT_SVCB_TEXT:
        wr_u8(out, '"');
        print_octets(value.pos, rd_left(&value), false, out);
        wr_u8(out, '"');
        return;
    }
}

static void print_param(uint16_t key, struct rd value, struct wr *out)
{
    const struct dns_text_svcb_row *row = dns_text_svcb_find(key);
    if (row && fits((enum dns_text_svcb_kind)row->kind, value)) {
        wr_print(out, row->kind == DNS_TEXT_SVCB_FLAG ? "%s" : "%s=", row->name);
        print_value((enum dns_text_svcb_kind)row->kind, value, out);
        return;
    }
    wr_print(out, "key%u", key);
    if (rd_left(&value) > 0) {
        wr_bytes(out, "=\"", 2);
        print_octets(value.pos, rd_left(&value), false, out);
        wr_u8(out, '"');
    }
}

void dns_text_param_print(struct rd *rd, struct wr *out)
{
    for (const char *blank = ""; rd_left(rd) > 0; blank = " ") {
        uint16_t key = rd_u16(rd);
        size_t len = rd_u16(rd);
        const uint8_t *value = rd_take(rd, len);
        if (value) {
            wr_print(out, "%s", blank);
            print_param(key, rd_make(value, len), out);
        }
    }
}
