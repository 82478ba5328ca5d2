#include "zones/dns_text_number.h"

#include <stdbool.h>

#include "base/err.h"

enum { DAY_S = 86400 };

int dns_text_number_parse(const char *text, size_t len, uint32_t max, uint32_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)text[i] - '0';
        number = number * 10 + digit;
        if (digit > 9 || number > max) {
            return ERR_VALUE;
        }
    }
    if (len == 0) {
        return ERR_VALUE;
    }
    *out_number = (uint32_t)number;
    return 0;
}

/* Seconds in a unit, 0 when there is none by that letter. */
static uint32_t unit(char c)
{
    switch (c | 0x20) {
    case 'w':
        return 7 * DAY_S;
    case 'd':
        return DAY_S;
    case 'h':
        return 3600;
    case 'm':
        return 60;
    case 's':
        return 1;
    default: /* letters are open */
        return 0;
    }
}

int dns_text_number_parse_period(const char *text, size_t len, uint32_t max, uint32_t *out_s)
{
    uint64_t total = 0;
    uint64_t number = 0;
    bool digits = false;
    bool units = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9') {
            number = number * 10 + (uint64_t)(c - '0');
            digits = true;
        } else if (digits && unit(c) > 0) {
            total += number * unit(c);
            number = 0;
            digits = false;
            units = true;
        } else {
            return ERR_VALUE;
        }
        if (number > max || total > max) {
            return ERR_VALUE;
        }
    }
    /* Seconds stand alone: in 1h30 the 30 may be seconds or minutes, so it is refused. */
    if (units == digits) {
        return ERR_VALUE;
    }
    *out_s = (uint32_t)(total + number);
    return 0;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; years are counted from March. */
static int64_t days_to(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t march = (month + 9) % 12;
    int64_t leaps = year / 4 - year / 100 + year / 400;
    return year * 365 + leaps + (march * 153 + 2) / 5 + day - 1 - 719468;
}

static unsigned month_days(unsigned year, unsigned month)
{
    if (month == 2) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static unsigned digits_at(const char *text, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value;
}

static int parse_date(const char *text, uint32_t *out_s)
{
    unsigned year = digits_at(text, 4);
    unsigned month = digits_at(text + 4, 2);
    unsigned day = digits_at(text + 6, 2);
    unsigned hour = digits_at(text + 8, 2);
    unsigned minute = digits_at(text + 10, 2);
    unsigned second = digits_at(text + 12, 2);
    if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month) || hour > 23 || minute > 59 || second > 59) {
        return ERR_VALUE;
    }
    int64_t epoch =
        days_to(year, month, day) * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    if (epoch > UINT32_MAX) {
        return ERR_VALUE;
    }
    *out_s = (uint32_t)epoch;
    return 0;
}

int dns_text_number_parse_stamp(const char *text, size_t len, uint32_t *out_s)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || i == DNS_TEXT_NUMBER_STAMP) {
            return ERR_VALUE;
        }
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (len == DNS_TEXT_NUMBER_STAMP) {
        return parse_date(text, out_s);
    }
    if (len == 0 || len > 10 || number > UINT32_MAX) {
        return ERR_VALUE;
    }
    *out_s = (uint32_t)number;
    return 0;
}

static void put_digits(char *out, unsigned count, unsigned value)
{
    for (; count > 0; value /= 10) {
        out[--count] = (char)('0' + value % 10);
    }
}

void dns_text_number_print_stamp(uint32_t epoch_s, char *out_text)
{
    unsigned days = epoch_s / DAY_S;
    unsigned second = epoch_s % DAY_S;
    unsigned year = 1970;
    unsigned month = 1;
    for (; days >= (month_days(year, 2) == 29 ? 366u : 365u); year++) {
        days -= month_days(year, 2) == 29 ? 366 : 365;
    }
    for (; days >= month_days(year, month); month++) {
        days -= month_days(year, month);
    }
    put_digits(out_text, 4, year);
    put_digits(out_text + 4, 2, month);
    put_digits(out_text + 6, 2, days + 1);
    put_digits(out_text + 8, 2, second / 3600);
    put_digits(out_text + 10, 2, second / 60 % 60);
    put_digits(out_text + 12, 2, second % 60);
}
