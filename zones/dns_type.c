#include "zones/dns_type.h"

#include <stdio.h>
#include <string.h>

#include "zones/dns_code.h"

/* Row numbers, from 1: 0 in the table below means that a type has no row. */
enum row {
    ROW_NONE,
#define TYPE(name, number, flags, source, ...) ROW_##name,
#include "zones/dns_type.def"
#undef TYPE
    ROW_END,
};

static const struct dns_type_row rows[ROW_END] = {
#define TYPE(name, number, flags, source, ...)                                                     \
    [ROW_##name] = {#name, number, flags, {__VA_ARGS__, DNS_FIELD_END}, source},
#include "zones/dns_type.def"
#undef TYPE
};

/* Numbers below LOW_END and those from OURS on have a slot each. A row outside both does not
 * compile: its slot is past the end of the table. */
enum {
    LOW_END = 512,
    OURS = DNS_TYPE_CENTRE,
    OURS_END = DNS_TYPE_CPOL + 1,
    SLOTS = LOW_END + OURS_END - OURS,
};
#define SLOT(number) ((number) < LOW_END ? (number) : LOW_END + (number)-OURS)

static const uint8_t row_of[SLOTS] = {
#define TYPE(name, number, flags, source, ...) [SLOT(number)] = ROW_##name,
#include "zones/dns_type.def"
#undef TYPE
};
_Static_assert((int)ROW_END <= UINT8_MAX, "a row number fits into an octet");

/* Mnemonics as two words each, zero padded: a search compares words, not characters. */
union word {
    char text[16];
    uint64_t half[2];
};

static const union word words[ROW_END] = {
#define TYPE(name, number, flags, source, ...) [ROW_##name] = {#name},
#include "zones/dns_type.def"
#undef TYPE
};

const struct dns_type_row *dns_type_find(uint16_t type)
{
    if (type >= LOW_END && (type < OURS || type >= OURS_END)) {
        return NULL;
    }
    const unsigned row = row_of[SLOT(type)];
    return row == ROW_NONE ? NULL : &rows[row];
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool dns_type_parse(const char *text, size_t len, uint16_t *out_type)
{
    union word wanted = {{0}};
    if (len == 0 || len > sizeof(wanted.text)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0') { /* would read as padding */
            return false;
        }
        wanted.text[i] = upper(text[i]);
    }
    for (unsigned row = ROW_NONE + 1; row < ROW_END; row++) {
        if (words[row].half[0] == wanted.half[0] && words[row].half[1] == wanted.half[1]) {
            *out_type = rows[row].number;
            return true;
        }
    }
    return dns_code_parse_generic("TYPE", text, len, out_type);
}

void dns_type_print(uint16_t type, char *out_text)
{
    const struct dns_type_row *row = dns_type_find(type);
    if (row) {
        memcpy(out_text, words[row - rows].text, sizeof(words[0].text));
    } else {
        snprintf(out_text, sizeof(words[0].text), "TYPE%u", type);
    }
}

bool dns_type_is_meta(uint16_t type)
{
    if (type == 0 || type == UINT16_MAX || (type >= 128 && type <= 255)) {
        return true;
    }
    const struct dns_type_row *row = dns_type_find(type);
    return row && (row->flags & DNS_TYPE_META) != 0;
}
