#include "zones/attr_number.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* A decimal as it stands in text: whole + fraction / 10^digits, then the suffix. */
struct decimal {
    uint64_t whole;
    uint64_t fraction;
    unsigned digits; /* of the fraction, without zeros at its end */
    const char *suffix;
    size_t suffix_len;
};

enum { DIGITS_MAX = 19 }; /* 10^19 is the largest power of ten in 64 bits */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t power_of_ten(unsigned digits)
{
    uint64_t power = 1;
    while (digits-- > 0) {
        power *= 10;
    }
    return power;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Add the digits of text to *number; false when 64 bits do not hold it. */
static bool read_digits(const char *text, size_t len, uint64_t *number)
{
    for (size_t i = 0; i < len; i++) {
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(text[i] - '0'), number)) {
            return false;
        }
    }
    return true;
}

static size_t count_digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_digit(text[n])) {
        n++;
    }
    return n;
}

/* NULL, or what was expected. */
static const char *read_decimal(const char *text, size_t len, struct decimal *out)
{
    *out = (struct decimal){.suffix = text};
    size_t n = count_digits(text, len);
    if (n == 0) {
        return "a number";
    }
    if (!read_digits(text, n, &out->whole)) {
        return "a number below 2^64";
    }
    if (n < len && text[n] == '.') {
        const char *fraction = text + n + 1;
        size_t digits = count_digits(fraction, len - n - 1);
        if (digits == 0) {
            return "a digit behind the point";
        }
        n += 1 + digits;
        while (digits > 0 && fraction[digits - 1] == '0') {
            digits--;
        }
        if (digits > DIGITS_MAX || !read_digits(fraction, digits, &out->fraction)) {
            return "fewer digits behind the point";
        }
        out->digits = (unsigned)digits;
    }
    out->suffix = text + n;
    out->suffix_len = len - n;
    return NULL;
}

static bool is_suffix(const struct attr_suffix *suffix, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
        if (c != suffix->text[i]) {
            return false;
        }
    }
    return suffix->text[len] == '\0';
}

/* The suffix of a decimal, the bare unit when it has none, or NULL. */
static const struct attr_suffix *
find_suffix(const struct attr_unit *unit, const struct decimal *decimal, struct attr_suffix *bare)
{
    *bare = (struct attr_suffix){.num = unit->one, .den = 1};
    if (decimal->suffix_len == 0) {
        return bare;
    }
    if (decimal->suffix_len >= sizeof bare->text) {
        return NULL;
    }
    for (const struct attr_suffix *suffix = unit->suffixes; suffix->text[0]; suffix++) {
        if (is_suffix(suffix, decimal->suffix, decimal->suffix_len)) {
            return suffix;
        }
    }
    return NULL;
}

/* decimal x num / den, exact. */
static int scale(const struct decimal *decimal, const struct attr_suffix *suffix,
                 uint64_t *out_number)
{
    if (suffix->den > 1) { /* then num is 1: a fraction leaves a remainder for sure */
        if (decimal->fraction > 0 || decimal->whole % suffix->den > 0) {
            return ERR_ATTR_EXACT;
        }
        *out_number = decimal->whole / suffix->den;
        return 0;
    }
    uint64_t power = power_of_ten(decimal->digits);
    uint64_t divisor = common_divisor(power, suffix->num);
    if (decimal->fraction % (power / divisor) > 0) {
        return ERR_ATTR_EXACT;
    }
    uint64_t part = decimal->fraction / (power / divisor) * (suffix->num / divisor); /* < num */
    uint64_t number;
    if (__builtin_mul_overflow(decimal->whole, suffix->num, &number) ||
        __builtin_add_overflow(number, part, &number)) {
        return ERR_ATTR_VALUE;
    }
    *out_number = number;
    return 0;
}

/* "a number with k, m or g", for an unknown suffix. */
static int fail_suffix(struct err_at *at, const struct attr_row *row, const char *text, size_t len)
{
    char expected[64];
    struct wr wr = wr_make(expected, sizeof expected - 1);
    const struct attr_suffix *suffix = attr_unit_get(row)->suffixes;
    wr_print(&wr, suffix->text[0] ? "a number, bare or with " : "a bare number");
    for (; suffix->text[0]; suffix++) {
        wr_print(&wr, "%s%s", suffix->text, suffix[1].text[0] ? "|" : "");
    }
    *wr.pos = '\0';
    return attr_fail(at, ERR_ATTR_VALUE, row, text, len, expected);
}

static int fail_exact(struct err_at *at, const struct attr_row *row, const char *text, size_t len)
{
    char expected[64];
    struct wr wr = wr_make(expected, sizeof expected - 1);
    wr_print(&wr, "a multiple of ");
    attr_number_print(row, 1, &wr);
    wr_print(&wr, " %s", attr_unit_get(row)->singular);
    while (wr.pos[-1] == ' ') {
        wr.pos--;
    }
    *wr.pos = '\0';
    return attr_fail(at, ERR_ATTR_EXACT, row, text, len, expected);
}

static int fail_large(struct err_at *at, const struct attr_row *row, const char *text, size_t len)
{
    char expected[64];
    struct wr wr = wr_make(expected, sizeof expected - 1);
    wr_print(&wr, "at most ");
    attr_number_print(row, attr_unit_get(row)->max, &wr);
    *wr.pos = '\0';
    return attr_fail(at, ERR_ATTR_VALUE, row, text, len, expected);
}

int attr_number_parse(const struct attr_row *row, const char *text, size_t len,
                      uint64_t *out_number, struct err_at *at)
{
    const struct attr_unit *unit = attr_unit_get(row);
    struct decimal decimal;
    const char *expected = read_decimal(text, len, &decimal);
    if (expected) {
        return attr_fail(at, ERR_ATTR_VALUE, row, text, len, expected);
    }
    struct attr_suffix bare;
    const struct attr_suffix *suffix = find_suffix(unit, &decimal, &bare);
    if (!suffix) {
        return fail_suffix(at, row, text, len);
    }
    uint64_t number = 0;
    int err = scale(&decimal, suffix, &number);
    if (err == ERR_ATTR_EXACT) {
        return fail_exact(at, row, text, len);
    }
    if (err || number > unit->max) {
        return fail_large(at, row, text, len);
    }
    *out_number = number;
    return 0;
}

void attr_number_print_plain(uint64_t number, struct wr *wr)
{
    char text[20];
    char *end = text + sizeof text;
    char *pos = end;
    do {
        *--pos = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    wr_bytes(wr, pos, (size_t)(end - pos));
}

void attr_number_print(const struct attr_row *row, uint64_t number, struct wr *wr)
{
    const uint64_t one = attr_unit_get(row)->one; /* a power of ten, small: nothing overflows */
    const char *point = ".";
    attr_number_print_plain(number / one, wr);
    for (uint64_t rest = number % one * 10; rest > 0; rest = rest % one * 10) {
        wr_bytes(wr, point, strlen(point));
        wr_u8(wr, (unsigned)('0' + rest / one));
        point = "";
    }
}

/* One step of a family for people. */
struct step {
    uint64_t size; /* in stored units */
    const char *singular, *plural;
};

/* The largest step not above the number, or else the smallest one. */
static struct step choose_step(const struct attr_unit *unit, uint64_t number)
{
    struct step best = {unit->one, unit->singular, unit->plural};
    for (const struct attr_suffix *suffix = unit->suffixes; suffix->text[0]; suffix++) {
        if (!suffix->shown[0] || suffix->den > 1) {
            continue;
        }
        bool fits = suffix->num <= number;
        bool better = fits ? suffix->num > best.size || best.size > number
                           : suffix->num < best.size && best.size > number;
        if (better) {
            best = (struct step){suffix->num, suffix->shown, suffix->shown};
        }
    }
    return best;
}

static void print_date(uint64_t seconds, struct wr *wr)
{
    const uint64_t year_10000 = 253402300800; /* ISO 8601 has four digits for the year */
    time_t time = (time_t)seconds;
    struct tm tm;
    if (seconds >= year_10000 || !gmtime_r(&time, &tm)) {
        attr_number_print_plain(seconds, wr);
        return;
    }
    wr_print(wr, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
             tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void attr_number_print_pretty(const struct attr_row *row, uint64_t number, struct wr *wr)
{
    if (row->unit == ATTR_UNIT_EPOCH) {
        print_date(number, wr);
        return;
    }
    struct step step = choose_step(attr_unit_get(row), number);
    if (!step.plural[0]) { /* a plain number, such as a price: nothing is rounded away */
        attr_number_print(row, number, wr);
        return;
    }
    uint64_t whole = number / step.size;
    uint64_t milli = (number % step.size * 1000 + step.size / 2) / step.size;
    whole += milli / 1000;
    milli %= 1000;
    attr_number_print_plain(whole, wr);
    if (milli > 0) {
        unsigned digits = milli % 100 == 0 ? 1 : milli % 10 == 0 ? 2 : 3;
        wr_print(wr, ".%0*u", (int)digits, (unsigned)(milli / power_of_ten(3 - digits)));
    }
    const char *noun = whole == 1 && milli == 0 ? step.singular : step.plural;
    wr_print(wr, " %s", noun);
}
