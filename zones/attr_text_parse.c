#include "zones/attr_text.h"

#include <string.h>

#include "zones/attr_number.h"

enum { WORDS_MAX = 32 }; /* words of a row: they must fit into a set of 32 bits */

/* One piece of a text that is cut at commas. */
struct piece {
    const char *text;
    size_t len;
};

/* Cut the next piece off *rest (NULL when there is none); an escaped comma does not cut. */
static bool next_piece(const char **rest, const char *end, struct piece *out)
{
    const char *pos = *rest;
    if (!pos) {
        return false;
    }
    while (pos < end && *pos != ',') {
        pos += *pos == '\\' && pos + 1 < end ? 2 : 1;
    }
    *out = (struct piece){*rest, (size_t)(pos - *rest)};
    *rest = pos < end ? pos + 1 : NULL;
    return true;
}

static int fail_words(struct err_at *at, const struct attr_row *row, const char *text, size_t len)
{
    char expected[120];
    struct wr wr = wr_make(expected, sizeof expected - 1);
    wr_print(&wr, "one of %s", row->words);
    *wr.pos = '\0';
    return attr_fail(at, ERR_ATTR_VALUE, row, text, len, expected);
}

static int parse_uint(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                      struct err_at *at)
{
    uint64_t number;
    int err = attr_number_parse(row, text, len, &number, at);
    if (err) {
        return err;
    }
    attr_uint_write(out, number);
    return out->err;
}

static int parse_enum(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                      struct err_at *at)
{
    unsigned word = attr_word_find(row, text, len);
    if (word == 0) {
        return fail_words(at, row, text, len);
    }
    wr_u8(out, word);
    return out->err;
}

static int parse_set(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                     struct err_at *at)
{
    uint32_t set = 0;
    const char *rest = text;
    struct piece piece;
    while (next_piece(&rest, text + len, &piece)) {
        unsigned word = attr_word_find(row, piece.text, piece.len);
        if (word == 0) {
            return fail_words(at, row, piece.text, piece.len);
        }
        if (set >> word & 1) {
            return attr_fail(at, ERR_ATTR_VALUE, row, text, len, "each word once");
        }
        set |= 1u << word;
    }
    for (unsigned word = 1; word < WORDS_MAX; word++) {
        if (set >> word & 1) {
            wr_u8(out, word);
        }
    }
    return out->err;
}

static int write_text(const struct attr_row *row, const uint8_t *text, size_t len, struct wr *out,
                      struct err_at *at)
{
    if (!attr_is_text(text, len)) {
        return attr_fail(at, ERR_ATTR_VALUE, row, (const char *)text, len,
                         "1 to 255 octets of UTF-8 without control characters");
    }
    wr_bytes(out, text, len);
    return out->err;
}

static int parse_list(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                      struct err_at *at)
{
    const char *rest = text;
    struct piece piece;
    while (next_piece(&rest, text + len, &piece)) {
        uint8_t item[ATTR_TEXT_MAX];
        size_t item_len;
        if (dns_scan_unescape(piece.text, piece.len, item, sizeof item, &item_len)) {
            return attr_fail(at, ERR_ATTR_VALUE, row, piece.text, piece.len,
                             "items of at most 255 octets, escapes \\X and \\DDD");
        }
        wr_u8(out, (unsigned)item_len);
        int err = write_text(row, item, item_len, out, at);
        if (err) {
            return err;
        }
    }
    return out->err;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_digest(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                        struct err_at *at)
{
    uint8_t digest[32];
    bool good = len == 2 * sizeof digest;
    for (size_t i = 0; good && i < sizeof digest; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good) {
            digest[i] = (uint8_t)(high << 4 | low);
        }
    }
    if (!good) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, len, "64 hex digits");
    }
    wr_bytes(out, digest, sizeof digest);
    return out->err;
}

/* Digits only, the whole of text. */
static bool read_number(const char *text, size_t len, uint64_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number)) {
            return false;
        }
    }
    *out_number = number;
    return len > 0;
}

static int parse_span(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                      struct err_at *at)
{
    uint64_t from;
    uint64_t until;
    const char *dash = memchr(text, '-', len);
    size_t from_len = dash ? (size_t)(dash - text) : 0;
    if (!dash || !read_number(text, from_len, &from) ||
        !read_number(dash + 1, len - from_len - 1, &until) || from > until) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, len, "FROM-UNTIL in epoch seconds");
    }
    wr_uint(out, from, 8);
    wr_uint(out, until, 8);
    return out->err;
}

static int parse_weights(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                         struct err_at *at)
{
    uint8_t weights[WORDS_MAX] = {0};
    const char *rest = text;
    struct piece piece;
    while (next_piece(&rest, text + len, &piece)) {
        const char *colon = memchr(piece.text, ':', piece.len);
        size_t word_len = colon ? (size_t)(colon - piece.text) : piece.len;
        unsigned word = attr_word_find(row, piece.text, word_len);
        uint64_t weight = 0;
        if (word == 0) {
            return fail_words(at, row, piece.text, word_len);
        }
        if (!colon || !read_number(colon + 1, piece.len - word_len - 1, &weight) || weight < 1 ||
            weight > 255 || weights[word] > 0) {
            return attr_fail(at, ERR_ATTR_VALUE, row, piece.text, piece.len,
                             "POLICY:WEIGHT, weight 1 to 255, each policy once");
        }
        weights[word] = (uint8_t)weight;
    }
    for (unsigned word = 1; word < WORDS_MAX; word++) {
        if (weights[word] > 0) {
            wr_u8(out, word);
            wr_u8(out, weights[word]);
        }
    }
    return out->err;
}

int attr_text_parse_value(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                          struct err_at *at)
{
    switch ((enum attr_kind)row->kind) {
    case ATTR_UINT:
        return parse_uint(row, text, len, out, at);
    case ATTR_BOOL: /* being there says it all */
        return len == 4 && memcmp(text, "true", 4) == 0
                   ? 0
                   : attr_fail(at, ERR_ATTR_VALUE, row, text, len, "true");
    case ATTR_ENUM:
        return parse_enum(row, text, len, out, at);
    case ATTR_SET:
        return parse_set(row, text, len, out, at);
    case ATTR_TEXT:
        return write_text(row, (const uint8_t *)text, len, out, at);
    case ATTR_LIST:
        return parse_list(row, text, len, out, at);
    case ATTR_DIGEST:
        return parse_digest(row, text, len, out, at);
    case ATTR_SPAN:
        return parse_span(row, text, len, out, at);
    case ATTR_WEIGHTS:
        return parse_weights(row, text, len, out, at);
    }
    return ERR_ATTR_VALUE;
}

int attr_text_parse_field(const struct attr_row *row, const char *text, size_t len, struct wr *out,
                          struct err_at *at)
{
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    if (row->kind != ATTR_TEXT) { /* a list resolves its escapes itself, the rest has none */
        return attr_text_parse_value(row, text, len, out, at);
    }
    uint8_t plain[ATTR_TEXT_MAX];
    size_t plain_len;
    if (dns_scan_unescape(text, len, plain, sizeof plain, &plain_len)) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, len,
                         "at most 255 octets, escapes \\X and \\DDD");
    }
    return write_text(row, plain, plain_len, out, at);
}
