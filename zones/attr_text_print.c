#include "zones/attr_text.h"

#include <string.h>

#include "zones/attr_number.h"

/* Octets, a backslash before each one that is special. */
static void put_escaped(struct wr *wr, const uint8_t *text, size_t len, const char *special)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr(special, text[i])) {
            wr_u8(wr, '\\');
        }
        wr_u8(wr, text[i]);
    }
}

static void put_word(struct wr *wr, const struct attr_row *row, unsigned n)
{
    size_t len;
    const char *word = attr_word_get(row, n, &len);
    if (word) {
        wr_bytes(wr, word, len);
    }
}

/* How a value is printed. */
struct manner {
    const char *comma;
    const char *colon;   /* between a policy and its weight */
    const char *special; /* octets of list items that get a backslash */
    bool is_pretty;
};

static void put_list(struct wr *wr, const uint8_t *value, size_t len, const struct manner *manner)
{
    struct rd rd = rd_make(value, len);
    const char *comma = "";
    while (rd_left(&rd) > 0) {
        size_t item_len = rd_u8(&rd);
        const uint8_t *item = rd_take(&rd, item_len);
        wr_bytes(wr, comma, strlen(comma));
        put_escaped(wr, item, item ? item_len : 0, manner->special);
        comma = manner->comma;
    }
}

static void put_words(struct wr *wr, const struct attr_row *row, const uint8_t *value, size_t len,
                      const struct manner *manner)
{
    const char *comma = "";
    size_t step = row->kind == ATTR_WEIGHTS ? 2 : 1;
    for (size_t i = 0; i + step <= len; i += step) {
        wr_bytes(wr, comma, strlen(comma));
        put_word(wr, row, value[i]);
        if (step == 2) {
            wr_bytes(wr, manner->colon, strlen(manner->colon));
            attr_number_print_plain(value[i + 1], wr);
        }
        comma = manner->comma;
    }
}

static void put_span(struct wr *wr, const uint8_t *value, const struct manner *manner)
{
    static const struct attr_row epoch = {.unit = ATTR_UNIT_EPOCH};
    uint64_t from = attr_uint_get(value, 8);
    uint64_t until = attr_uint_get(value + 8, 8);
    if (!manner->is_pretty) {
        attr_number_print_plain(from, wr);
        wr_u8(wr, '-');
        attr_number_print_plain(until, wr);
        return;
    }
    attr_number_print_pretty(&epoch, from, wr);
    wr_print(wr, " to ");
    attr_number_print_pretty(&epoch, until, wr);
}

static void put_uint(struct wr *wr, const struct attr_row *row, uint64_t number,
                     const struct manner *manner)
{
    if (manner->is_pretty) {
        attr_number_print_pretty(row, number, wr);
    } else {
        attr_number_print(row, number, wr);
    }
}

static void put_value(struct wr *wr, const struct attr_row *row, const uint8_t *value, size_t len,
                      const struct manner *manner)
{
    switch ((enum attr_kind)row->kind) {
    case ATTR_UINT:
        put_uint(wr, row, attr_uint_get(value, len), manner);
        break;
    case ATTR_BOOL:
        wr_print(wr, manner->is_pretty ? "yes" : "true");
        break;
    case ATTR_ENUM:
    case ATTR_SET:
    case ATTR_WEIGHTS:
        put_words(wr, row, value, len, manner);
        break;
    case ATTR_TEXT:
        wr_bytes(wr, value, len);
        break;
    case ATTR_LIST:
        put_list(wr, value, len, manner);
        break;
    case ATTR_DIGEST:
        for (size_t i = 0; i < len; i++) {
            wr_print(wr, "%02x", value[i]);
        }
        break;
    case ATTR_SPAN:
        put_span(wr, value, manner);
        break;
    }
}

void attr_text_print_value(const struct attr_row *row, const uint8_t *value, size_t len,
                           struct wr *wr)
{
    put_value(wr, row, value, len, &(struct manner){",", ":", ",\\", false});
}

void attr_text_print_pretty(const struct attr_row *row, const uint8_t *value, size_t len,
                            struct wr *wr)
{
    put_value(wr, row, value, len, &(struct manner){", ", " ", "", true});
}

/* True when an item of a list holds an octet that means something in a zone file. */
static bool needs_quotes(const uint8_t *value, size_t len)
{
    struct rd rd = rd_make(value, len);
    while (rd_left(&rd) > 0) {
        size_t item_len = rd_u8(&rd);
        const uint8_t *item = rd_take(&rd, item_len);
        for (size_t i = 0; item && i < item_len; i++) {
            if (strchr(" ;()\"", item[i])) {
                return true;
            }
        }
    }
    return false;
}

void attr_text_print_field(const struct attr_row *row, const uint8_t *value, size_t len,
                           struct wr *wr)
{
    bool is_text = row->kind == ATTR_TEXT;
    if (!is_text && !(row->kind == ATTR_LIST && needs_quotes(value, len))) {
        attr_text_print_value(row, value, len, wr);
        return;
    }
    wr_u8(wr, '"');
    if (is_text) {
        put_escaped(wr, value, len, "\"\\");
    } else {
        put_list(wr, value, len, &(struct manner){",", ":", ",\\\"", false});
    }
    wr_u8(wr, '"');
}
