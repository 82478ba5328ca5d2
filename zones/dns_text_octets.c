#include "zones/dns_text_octets.h"

#include <stdbool.h>
#include <string.h>

/* Digits by octet, each value plus one: 0 is no digit. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['A'] = 11, ['b'] = 12, ['B'] = 12, ['c'] = 13, ['C'] = 13,
    ['d'] = 14, ['D'] = 14, ['e'] = 15, ['E'] = 15, ['f'] = 16, ['F'] = 16,
};

static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static const uint8_t base32_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['A'] = 11, ['b'] = 12, ['B'] = 12, ['c'] = 13, ['C'] = 13,
    ['d'] = 14, ['D'] = 14, ['e'] = 15, ['E'] = 15, ['f'] = 16, ['F'] = 16, ['g'] = 17, ['G'] = 17,
    ['h'] = 18, ['H'] = 18, ['i'] = 19, ['I'] = 19, ['j'] = 20, ['J'] = 20, ['k'] = 21, ['K'] = 21,
    ['l'] = 22, ['L'] = 22, ['m'] = 23, ['M'] = 23, ['n'] = 24, ['N'] = 24, ['o'] = 25, ['O'] = 25,
    ['p'] = 26, ['P'] = 26, ['q'] = 27, ['Q'] = 27, ['r'] = 28, ['R'] = 28, ['s'] = 29, ['S'] = 29,
    ['t'] = 30, ['T'] = 30, ['u'] = 31, ['U'] = 31, ['v'] = 32, ['V'] = 32,
};

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32_digits[] = "0123456789abcdefghijklmnopqrstuv";

/* Two digits, or more than 255 when one is none: 0 minus one sets high bits. */
static inline unsigned hex_pair(const char *text)
{
    return (hex_values[(uint8_t)text[0]] - 1u) << 4 | (hex_values[(uint8_t)text[1]] - 1u);
}

/* Decode pairs digits pairs; false when one is none. */
static bool decode_hex(const char *text, size_t pairs, uint8_t *out)
{
    unsigned all = 0;
    for (size_t i = 0; i < pairs; i++) {
        unsigned octet = hex_pair(text + 2 * i);
        all |= octet;
        out[i] = (uint8_t)octet;
    }
    return all <= 255;
}

/* Keep the error at the first octet of a word that is no digit. */
static int fail_digit(struct dns_scan *scan, struct dns_token token, const uint8_t values[256],
                      const char *what)
{
    size_t i = 0;
    while (i < token.len && values[(uint8_t)token.text[i]] > 0) {
        i++;
    }
    token.text += i;
    token.len = i < token.len;
    token.column += (unsigned)i;
    return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
}

static int fail_space(struct dns_scan *scan, const struct dns_token *token)
{
    return dns_scan_fail(scan, ERR_SPACE, token, "the record is too long");
}

/* One word of hex that may begin or end within an octet; *half is the digit left over, or -1. */
static int add_hex(struct dns_scan *scan, const struct dns_token *token, int *half, struct wr *out)
{
    const char *text = token->text;
    size_t len = token->len;
    if (*half >= 0 && len > 0) {
        char pair[2] = {hex_digits[*half], *text++};
        uint8_t *at = wr_take(out, 1);
        if (at && !decode_hex(pair, 1, at)) {
            return fail_digit(scan, *token, hex_values, "a hex digit");
        }
        *half = -1;
        len--;
    }
    uint8_t *at = wr_take(out, len / 2);
    if (!at) {
        return fail_space(scan, token);
    }
    if (!decode_hex(text, len / 2, at) || (len % 2 && hex_values[(uint8_t)text[len - 1]] == 0)) {
        return fail_digit(scan, *token, hex_values, "a hex digit");
    }
    if (len % 2) {
        *half = hex_values[(uint8_t)text[len - 1]] - 1;
    }
    return 0;
}

/* All words that are left; END is given back. */
static int parse_hex_words(struct dns_scan *scan, struct wr *out)
{
    int half = -1;
    struct dns_token token = dns_scan_next(scan);
    for (; token.kind == DNS_SCAN_WORD; token = dns_scan_next(scan)) {
        int err = add_hex(scan, &token, &half, out);
        if (err) {
            return err;
        }
    }
    if (half >= 0 || token.kind == DNS_SCAN_QUOTED || token.kind == DNS_SCAN_ERROR) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a hex digit");
    }
    dns_scan_push(scan);
    return 0;
}

/* Nothing may not be all: an empty digest or key would print as nothing at all. */
static int fail_empty(struct dns_scan *scan, const char *what)
{
    struct dns_token token = dns_scan_next(scan);
    return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
}

int dns_text_octets_parse_hex(struct dns_scan *scan, struct wr *out)
{
    size_t start = wr_len(out);
    int err = parse_hex_words(scan, out);
    return err || wr_len(out) > start ? err : fail_empty(scan, "hex digits");
}

/* A group of four digits, padded when it is the last one; 0 when it is wrong. Else octets made. */
static size_t decode_group(const char *text, uint8_t *out)
{
    size_t digits = text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
    uint32_t bits = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned value = base64_values[(uint8_t)text[i]];
        if (value == 0) {
            return 0;
        }
        bits |= (uint32_t)(value - 1) << (18 - 6 * i);
    }
    /* RFC 4648 3.5: unused bits are zero, or one key would have several texts */
    if ((digits == 3 && (bits & 0xff)) || (digits == 2 && (bits & 0xffff))) {
        return 0;
    }
    for (size_t i = 0; i + 1 < digits; i++) {
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    return digits - 1;
}

/* Base64 that comes in pieces: digits wait until four are there. */
struct base64 {
    char group[4];
    size_t count;
    bool ended; /* padding was met: nothing may follow */
};

/* False when a digit is wrong. Digits are taken up to the one that is wrong: *used of len. */
static bool add_base64(struct base64 *state, const char *text, size_t len, struct wr *out,
                       size_t *used)
{
    for (*used = 0; *used < len; ++*used) {
        char c = text[*used];
        if (state->ended || (c == '=' ? state->count < 2 : base64_values[(uint8_t)c] == 0)) {
            return false;
        }
        state->group[state->count++] = c;
        if (state->count < 4) {
            continue;
        }
        uint8_t octets[3];
        size_t made = decode_group(state->group, octets);
        if (made == 0) {
            return false;
        }
        wr_bytes(out, octets, made);
        state->ended = made < 3;
        state->count = 0;
    }
    return true;
}

int dns_text_octets_decode_base64(const char *text, size_t len, struct wr *out)
{
    struct base64 state = {.count = 0};
    size_t used;
    if (!add_base64(&state, text, len, out, &used) || state.count > 0) {
        return ERR_SYNTAX;
    }
    return out->err;
}

int dns_text_octets_parse_base64(struct dns_scan *scan, struct wr *out)
{
    struct base64 state = {.count = 0};
    size_t start = wr_len(out);
    size_t used;
    struct dns_token token = dns_scan_next(scan);
    for (; token.kind == DNS_SCAN_WORD; token = dns_scan_next(scan)) {
        if (!add_base64(&state, token.text, token.len, out, &used)) {
            token.text += used;
            token.column += (unsigned)used;
            token.len = 1;
            return dns_scan_expected(scan, ERR_SYNTAX, &token, "base64");
        }
        if (out->err) {
            return fail_space(scan, &token);
        }
    }
    if (state.count > 0 || wr_len(out) == start || token.kind == DNS_SCAN_QUOTED ||
        token.kind == DNS_SCAN_ERROR) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "base64");
    }
    dns_scan_push(scan);
    return 0;
}

/* A word, not quoted. */
static bool take_word(struct dns_scan *scan, const char *what, struct dns_token *out_token)
{
    *out_token = dns_scan_next(scan);
    if (out_token->kind != DNS_SCAN_WORD) {
        (void)dns_scan_expected(scan, ERR_SYNTAX, out_token, what);
        return false;
    }
    return true;
}

int dns_text_octets_parse_salt(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token;
    if (!take_word(scan, "a salt in hex or '-'", &token)) {
        return scan->err;
    }
    if (token.len == 1 && token.text[0] == '-') {
        wr_u8(out, 0);
        return out->err ? fail_space(scan, &token) : 0;
    }
    if (token.len % 2 || token.len > 510) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a salt of whole octets, at most 255");
    }
    wr_u8(out, (unsigned)(token.len / 2));
    int half = -1;
    return add_hex(scan, &token, &half, out);
}

int dns_text_octets_parse_hash(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token;
    if (!take_word(scan, "a hash in base32hex", &token)) {
        return scan->err;
    }
    size_t len = token.len * 5 / 8;
    size_t spare = token.len * 5 % 8;
    if (len == 0 || len > 255 || spare >= 5) { /* 5 bits or more would be a digit too many */
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "a hash in base32hex");
    }
    wr_u8(out, (unsigned)len);
    uint8_t *at = wr_take(out, len);
    if (!at) {
        return fail_space(scan, &token);
    }
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < token.len; i++) {
        unsigned value = base32_values[(uint8_t)token.text[i]];
        if (value == 0) {
            return fail_digit(scan, token, base32_values, "a base32hex digit");
        }
        bits = bits << 5 | (value - 1);
        count += 5;
        if (count >= 8) {
            count -= 8;
            *at++ = (uint8_t)(bits >> count);
        }
    }
    if (bits & ((1u << spare) - 1)) {
        return dns_scan_fail(scan, ERR_SYNTAX, &token, "unused bits at the end are not zero");
    }
    return 0;
}

int dns_text_octets_parse_eui(struct dns_scan *scan, size_t count, struct wr *out)
{
    const char *what =
        count == 6 ? "an EUI-48 like 00-00-5e-00-53-2a" : "an EUI-64 like 00-00-5e-ef-10-00-00-2a";
    struct dns_token token;
    if (!take_word(scan, what, &token)) {
        return scan->err;
    }
    uint8_t *at = wr_take(out, count);
    if (!at) {
        return fail_space(scan, &token);
    }
    bool right = token.len == count * 3 - 1;
    for (size_t i = 0; right && i < count; i++) {
        right = decode_hex(token.text + 3 * i, 1, at + i) &&
                (i + 1 == count || token.text[3 * i + 2] == '-');
    }
    return right ? 0 : dns_scan_expected(scan, ERR_SYNTAX, &token, what);
}

int dns_text_octets_parse_generic(struct dns_scan *scan, struct wr *out)
{
    struct dns_token token;
    if (!take_word(scan, "the length of the RDATA", &token)) {
        return scan->err;
    }
    size_t len = 0;
    for (size_t i = 0; i < token.len; i++) {
        unsigned digit = (unsigned)token.text[i] - '0';
        len = len * 10 + digit;
        if (digit > 9 || len > UINT16_MAX) {
            return dns_scan_expected(scan, ERR_SYNTAX, &token, "a length from 0 to 65535");
        }
    }
    size_t start = wr_len(out);
    int err = parse_hex_words(scan, out);
    if (!err && wr_len(out) - start != len) {
        return dns_scan_fail(scan, ERR_SYNTAX, &token, "expected %zu octets of RDATA, found %zu",
                             len, wr_len(out) - start);
    }
    return err;
}

void dns_text_octets_print_hex(const uint8_t *data, size_t len, struct wr *out)
{
    uint8_t *at = wr_take(out, 2 * len);
    for (size_t i = 0; at && i < len; i++) {
        *at++ = (uint8_t)hex_digits[data[i] >> 4];
        *at++ = (uint8_t)hex_digits[data[i] & 15];
    }
}

void dns_text_octets_print_base64(const uint8_t *data, size_t len, struct wr *out)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                        (left > 2 ? data[i + 2] : 0);
        char group[4];
        for (size_t d = 0; d < 4; d++) {
            group[d] = d > left ? '=' : base64_digits[bits >> (18 - 6 * d) & 63];
        }
        wr_bytes(out, group, sizeof group);
    }
}

void dns_text_octets_print_base32(const uint8_t *data, size_t len, struct wr *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | data[i];
        count += 8;
        for (; count >= 5; count -= 5) {
            wr_u8(out, (uint8_t)base32_digits[bits >> (count - 5) & 31]);
        }
    }
    if (count > 0) {
        wr_u8(out, (uint8_t)base32_digits[bits << (5 - count) & 31]);
    }
}

void dns_text_octets_print_eui(const uint8_t *data, size_t len, struct wr *out)
{
    for (size_t i = 0; i < len; i++) {
        if (i > 0) {
            wr_u8(out, '-');
        }
        dns_text_octets_print_hex(data + i, 1, out);
    }
}
