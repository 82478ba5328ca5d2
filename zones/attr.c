#include "zones/attr.h"

#include <string.h>

#include "zones/dns_type.h"

static const struct attr_row rows[ATTR_COUNT] = {
#define ATTR(name, number, kind, unit, rank, places, words, source, meaning)                       \
    {#name, number, ATTR_##kind, ATTR_UNIT_##unit, rank, places, words, source, meaning},
#include "zones/attr.def"
#undef ATTR
};

static const struct attr_unit units[] = {
#define UNIT(name, number, one, max, singular, plural, ...)                                        \
    [number] = {#name, one, max, singular, plural, {__VA_ARGS__}},
#include "zones/attr_unit.def"
#undef UNIT
};

/* Names in eight octets each, filled up with zeros: a look-up compares whole words. */
static const struct {
    char text[8];
} names[ATTR_COUNT] = {
#define ATTR(name, ...) {#name},
#include "zones/attr.def"
#undef ATTR
};

enum { SHOWN_MAX = 40 }; /* octets of a wrong value in an error text */

/* Position + 1 of each key, 0 = no such key. All keys are below 256. */
static const uint8_t by_key[256] = {
#define ATTR(name, number, ...) [number] = ATTR_INDEX_##name + 1,
#include "zones/attr.def"
#undef ATTR
};

const struct attr_row *attr_find(uint16_t key)
{
    unsigned place = key < sizeof by_key ? by_key[key] : 0;
    return place ? &rows[place - 1] : NULL;
}

const struct attr_row *attr_find_name(const char *name, size_t len)
{
    uint64_t wanted = 0;
    if (len == 0 || len > sizeof wanted) {
        return NULL;
    }
    memcpy(&wanted, name, len);
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        uint64_t have;
        memcpy(&have, names[i].text, sizeof have);
        if (have == wanted) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct attr_row *attr_get(size_t index)
{
    return index < ATTR_COUNT ? &rows[index] : NULL;
}

const struct attr_unit *attr_unit_get(const struct attr_row *row)
{
    return row->unit == ATTR_UNIT_NONE ? NULL : &units[row->unit];
}

unsigned attr_in_type(uint16_t type)
{
    if (type < DNS_TYPE_CENTRE || type > DNS_TYPE_CPOL) {
        return 0;
    }
    return 1u << (type - DNS_TYPE_CENTRE); /* enum attr_in is in the order of the types */
}

const char *attr_word_get(const struct attr_row *row, unsigned n, size_t *out_len)
{
    const char *word = row->words;
    for (; *word; word++) {
        size_t len = strcspn(word, " ");
        if (n-- == 1) {
            *out_len = len;
            return word;
        }
        word += len;
        if (!*word) {
            break;
        }
    }
    return NULL;
}

unsigned attr_word_find(const struct attr_row *row, const char *word, size_t len)
{
    size_t have_len;
    for (unsigned n = 1;; n++) {
        const char *have = attr_word_get(row, n, &have_len);
        if (!have) {
            return 0;
        }
        if (have_len == len && memcmp(have, word, len) == 0) {
            return n;
        }
    }
}

/* Octets of the UTF-8 character at p, or 0 when it is malformed or a control character.
 * RFC 3629 section 4: no overlong form, no surrogate, nothing above U+10FFFF. */
static size_t measure_character(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80) {
        return p[0] >= 0x20 && p[0] != 0x7f;
    }
    size_t len = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (len == 0 || len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool c1 = p[0] == 0xc2 && p[1] < 0xa0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool above = p[0] == 0xf4 && p[1] >= 0x90;
    return c1 || overlong || surrogate || above ? 0 : len;
}

bool attr_is_text(const uint8_t *text, size_t len)
{
    if (len == 0 || len > ATTR_TEXT_MAX) {
        return false;
    }
    for (size_t i = 0, used; i < len; i += used) {
        used = measure_character(text + i, len - i);
        if (used == 0) {
            return false;
        }
    }
    return true;
}

static bool is_width(size_t len)
{
    return len == 1 || len == 2 || len == 4 || len == 8;
}

static bool check_list(const uint8_t *value, size_t len)
{
    struct rd rd = rd_make(value, len);
    while (rd_left(&rd) > 0) {
        size_t item_len = rd_u8(&rd);
        const uint8_t *item = rd_take(&rd, item_len);
        if (!item || !attr_is_text(item, item_len)) {
            return false;
        }
    }
    return len > 0;
}

/* Numbers of words that rise, step octets apart; between them stands a weight, which is never 0. */
static bool check_words(const struct attr_row *row, const uint8_t *value, size_t len, size_t step)
{
    size_t word_len;
    unsigned last = 0;
    for (size_t i = 0; i < len; i += step) {
        bool weightless = step > 1 && value[i + 1] == 0;
        if (value[i] <= last || weightless || !attr_word_get(row, value[i], &word_len)) {
            return false;
        }
        last = value[i];
    }
    return len > 0;
}

static bool check_span(const uint8_t *value, size_t len)
{
    return len == 16 && attr_uint_get(value, 8) <= attr_uint_get(value + 8, 8);
}

static bool check_value(const struct attr_row *row, const uint8_t *value, size_t len)
{
    switch ((enum attr_kind)row->kind) {
    case ATTR_UINT:
        return is_width(len) && attr_uint_get(value, len) <= attr_unit_get(row)->max;
    case ATTR_BOOL:
        return len == 0;
    case ATTR_ENUM:
        return len == 1 && check_words(row, value, len, 1);
    case ATTR_SET:
        return check_words(row, value, len, 1);
    case ATTR_TEXT:
        return attr_is_text(value, len);
    case ATTR_LIST:
        return check_list(value, len);
    case ATTR_DIGEST:
        return len == 32;
    case ATTR_SPAN:
        return check_span(value, len);
    case ATTR_WEIGHTS:
        return len % 2 == 0 && check_words(row, value, len, 2);
    }
    return false;
}

int attr_check(const struct attr_row *row, const uint8_t *value, size_t len)
{
    return check_value(row, value, len) ? 0 : ERR_ATTR_VALUE;
}

uint64_t attr_uint_get(const uint8_t *value, size_t len)
{
    if (!is_width(len)) {
        return 0;
    }
    struct rd rd = rd_make(value, len);
    return rd_uint(&rd, len);
}

void attr_uint_write(struct wr *wr, uint64_t number)
{
    size_t width = 8;
    while (width > 1 && number >> (width * 4) == 0) { /* the upper half is empty */
        width /= 2;
    }
    wr_uint(wr, number, width);
}

int attr_fail(struct err_at *at, int err, const struct attr_row *row, const char *text, size_t len,
              const char *expected)
{
    if (!at) {
        return err;
    }
    char shown[SHOWN_MAX + 1];
    size_t n = len < SHOWN_MAX ? len : SHOWN_MAX;
    for (size_t i = 0; i < n; i++) {
        shown[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    shown[n] = '\0';
    return err_at_set(at, err, 0, 0, "%s: expected %s, found '%s%s'", row->name, expected, shown,
                      n < len ? "..." : "");
}
