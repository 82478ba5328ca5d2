#include "zones/dns_text_printer.h"

#include <string.h>

#include "zones/dns_name.h"
#include "zones/dns_text_address.h"
#include "zones/dns_text_bitmap.h"
#include "zones/dns_text_loc.h"
#include "zones/dns_text_number.h"
#include "zones/dns_text_octets.h"
#include "zones/dns_text_param.h"

static const char *cert_name(unsigned number)
{
    switch (number) {
#define CERT(name, number, source)                                                                 \
    case number:                                                                                   \
        return name;
#include "zones/dns_text_word.def"
    default: /* numbers are open */
        return NULL;
    }
}

/* One octet of text in quotes. */
static void print_octet(uint8_t c, struct wr *out)
{
    if (c < ' ' || c > '~') {
        char escape[4] = {'\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10),
                          (char)('0' + c % 10)};
        wr_bytes(out, escape, sizeof escape);
        return;
    }
    if (c == '"' || c == '\\') {
        wr_u8(out, '\\');
    }
    wr_u8(out, c);
}

void dns_text_printer_quoted(const uint8_t *data, size_t len, struct wr *out)
{
    wr_u8(out, '"');
    for (size_t i = 0; i < len; i++) {
        print_octet(data[i], out);
    }
    wr_u8(out, '"');
}

static void print_string(struct rd *rd, struct wr *out)
{
    size_t len = rd_u8(rd);
    const uint8_t *data = rd_take(rd, len);
    dns_text_printer_quoted(data, data ? len : 0, out);
}

static void print_strings(struct rd *rd, struct wr *out)
{
    print_string(rd, out);
    while (rd_left(rd) > 0) {
        wr_u8(out, ' ');
        print_string(rd, out);
    }
}

static void print_name(struct rd *rd, struct wr *out)
{
    char text[DNS_NAME_TEXT_MAX];
    size_t len = dns_name_measure(rd->pos, rd_left(rd));
    if (len == 0) {
        rd_fail(rd, ERR_RDATA);
        return;
    }
    size_t text_len = dns_name_print(rd_take(rd, len), text);
    wr_bytes(out, text, text_len);
}

static void print_ipv4(struct rd *rd, struct wr *out)
{
    char text[DNS_TEXT_ADDRESS_MAX];
    const uint8_t *address = rd_take(rd, 4);
    if (address) {
        size_t len = dns_text_address_print4(address, text);
        wr_bytes(out, text, len);
    }
}

static void print_ipv6(struct rd *rd, struct wr *out)
{
    char text[DNS_TEXT_ADDRESS_MAX];
    const uint8_t *address = rd_take(rd, 16);
    if (address) {
        size_t len = dns_text_address_print6(address, text);
        wr_bytes(out, text, len);
    }
}

static void print_type(struct rd *rd, struct wr *out)
{
    char name[16];
    dns_type_print(rd_u16(rd), name);
    wr_bytes(out, name, strlen(name));
}

static void print_cert(struct rd *rd, struct wr *out)
{
    unsigned number = rd_u16(rd);
    const char *name = cert_name(number);
    if (name) {
        wr_bytes(out, name, strlen(name));
    } else {
        wr_print(out, "%u", number);
    }
}

static void print_stamp(struct rd *rd, struct wr *out)
{
    char text[DNS_TEXT_NUMBER_STAMP];
    dns_text_number_print_stamp(rd_u32(rd), text);
    wr_bytes(out, text, sizeof text);
}

static void print_node64(struct rd *rd, struct wr *out)
{
    for (unsigned i = 0; i < 4; i++) {
        wr_print(out, i > 0 ? ":%04x" : "%04x", rd_u16(rd));
    }
}

/* A tag is written without quotes, so it must be a word. */
static void print_tag(struct rd *rd, struct wr *out)
{
    size_t len = rd_u8(rd);
    const uint8_t *tag = rd_take(rd, len);
    if (tag) {
        wr_bytes(out, tag, len);
    }
}

static void print_u8(struct rd *rd, struct wr *out)
{
    wr_print(out, "%u", rd_u8(rd));
}

static void print_u16(struct rd *rd, struct wr *out)
{
    wr_print(out, "%u", rd_u16(rd));
}

static void print_u32(struct rd *rd, struct wr *out)
{
    wr_print(out, "%u", rd_u32(rd));
}

/* All that is left; an empty digest or key has no text form. */
static const uint8_t *take_rest(struct rd *rd, size_t *out_len)
{
    *out_len = rd_left(rd);
    if (*out_len == 0) {
        rd_fail(rd, ERR_RDATA);
        return NULL;
    }
    return rd_take(rd, *out_len);
}

static void print_hex(struct rd *rd, struct wr *out)
{
    size_t len;
    const uint8_t *data = take_rest(rd, &len);
    if (data) {
        dns_text_octets_print_hex(data, len, out);
    }
}

static void print_base64(struct rd *rd, struct wr *out)
{
    size_t len;
    const uint8_t *data = take_rest(rd, &len);
    if (data) {
        dns_text_octets_print_base64(data, len, out);
    }
}

static void print_text(struct rd *rd, struct wr *out)
{
    size_t len = rd_left(rd);
    const uint8_t *data = rd_take(rd, len);
    dns_text_printer_quoted(data, data ? len : 0, out);
}

static void print_salt(struct rd *rd, struct wr *out)
{
    size_t len = rd_u8(rd);
    const uint8_t *data = rd_take(rd, len);
    if (data && len > 0) {
        dns_text_octets_print_hex(data, len, out);
    } else {
        wr_u8(out, '-');
    }
}

static void print_hash(struct rd *rd, struct wr *out)
{
    size_t len = rd_u8(rd);
    const uint8_t *data = rd_take(rd, len);
    dns_text_octets_print_base32(data, data ? len : 0, out);
}

static void print_eui(size_t len, struct rd *rd, struct wr *out)
{
    const uint8_t *data = rd_take(rd, len);
    dns_text_octets_print_eui(data, data ? len : 0, out);
}

static void print_eui48(struct rd *rd, struct wr *out)
{
    print_eui(6, rd, out);
}

static void print_eui64(struct rd *rd, struct wr *out)
{
    print_eui(8, rd, out);
}

/* Kinds that are not here have no text of their own. */
static void (*const printers[])(struct rd *rd, struct wr *out) = {
    [DNS_FIELD_U8] = print_u8,
    [DNS_FIELD_U16] = print_u16,
    [DNS_FIELD_U32] = print_u32,
    [DNS_FIELD_TTL] = print_u32,
    [DNS_FIELD_TIME] = print_stamp,
    [DNS_FIELD_TYPE] = print_type,
    [DNS_FIELD_ALGORITHM] = print_u8, /* a number: every program reads it */
    [DNS_FIELD_CERT] = print_cert,
    [DNS_FIELD_NAME] = print_name,
    [DNS_FIELD_A] = print_ipv4,
    [DNS_FIELD_AAAA] = print_ipv6,
    [DNS_FIELD_NODE64] = print_node64,
    [DNS_FIELD_EUI48] = print_eui48,
    [DNS_FIELD_EUI64] = print_eui64,
    [DNS_FIELD_STRING] = print_string,
    [DNS_FIELD_STRINGS] = print_strings,
    [DNS_FIELD_TAG] = print_tag,
    [DNS_FIELD_TEXT] = print_text,
    [DNS_FIELD_HEX] = print_hex,
    [DNS_FIELD_BASE64] = print_base64,
    [DNS_FIELD_HEX_LEN] = print_salt,
    [DNS_FIELD_BASE32_LEN] = print_hash,
    [DNS_FIELD_BITMAP] = dns_text_bitmap_print,
    [DNS_FIELD_LOC] = dns_text_loc_print,
    [DNS_FIELD_SVCPARAMS] = dns_text_param_print,
    [DNS_FIELD_OPAQUE] = NULL,
};

void dns_text_printer_field(enum dns_field field, struct rd *rd, struct wr *out)
{
    if (printers[field]) {
        printers[field](rd, out);
    } else {
        rd_fail(rd, ERR_UNSUPPORTED);
    }
}
