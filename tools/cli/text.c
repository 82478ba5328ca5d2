#include "tools/cli/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

char *cli_text_number(char *out, int64_t number)
{
    char digits[24];
    const uint64_t amount = number < 0 ? -(uint64_t)number : (uint64_t)number;
    const int len = snprintf(digits, sizeof(digits), "%" PRIu64, amount);
    size_t at = 0;

    if (number < 0) {
        out[at++] = '-';
    }
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

char *cli_text_size(char *out, uint64_t octets)
{
    static const char *const units[] = {"octets", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    double size = (double)octets;

    while (size >= 1024 && unit < 6) {
        size /= 1024;
        unit++;
    }
    snprintf(out, CLI_TEXT_MAX, unit == 0 || size >= 100 ? "%.0f %s" : "%.1f %s", size,
             units[unit]);
    return out;
}

char *cli_text_span(char *out, int64_t seconds)
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    const int64_t span = seconds > 0 ? seconds : 0;
    unsigned i = 0;

    while (i < 3 && span < units[i].s) {
        i++;
    }
    const int64_t first = span / units[i].s;
    const int64_t second = i < 3 ? span % units[i].s / units[i + 1].s : 0;
    if (second > 0) {
        snprintf(out, CLI_TEXT_MAX, "%" PRId64 " %s %" PRId64 " %s", first, units[i].name, second,
                 units[i + 1].name);
    } else {
        snprintf(out, CLI_TEXT_MAX, "%" PRId64 " %s", first, units[i].name);
    }
    return out;
}

char *cli_text_age(char *out, int64_t then_s, int64_t now_s)
{
    char span[CLI_TEXT_MAX];
    int64_t age;

    if (__builtin_sub_overflow(now_s, then_s, &age) || age == INT64_MIN) {
        snprintf(out, CLI_TEXT_MAX, "never");
    } else if (age == 0) {
        snprintf(out, CLI_TEXT_MAX, "now");
    } else if (age < 0) {
        snprintf(out, CLI_TEXT_MAX, "in %.40s", cli_text_span(span, -age));
    } else {
        snprintf(out, CLI_TEXT_MAX, "%.40s ago", cli_text_span(span, age));
    }
    return out;
}

char *cli_text_ns(char *out, uint64_t ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    unsigned unit = 0;
    double span = (double)ns;

    while (span >= 1000 && unit < 3) {
        span /= 1000;
        unit++;
    }
    snprintf(out, CLI_TEXT_MAX, unit == 0 || span >= 100 ? "%.0f %s" : "%.1f %s", span,
             units[unit]);
    return out;
}

/* The next character of UTF-8 text; a broken one is its first octet with *out_bad set. */
static size_t next_character(const char *text, wchar_t *out_character, bool *out_bad)
{
    mbstate_t state = {0};
    const size_t len = mbrtowc(out_character, text, strlen(text), &state);

    *out_bad = len == (size_t)-1 || len == (size_t)-2;
    if (*out_bad) {
        *out_character = (wchar_t)(unsigned char)*text;
        return 1;
    }
    return len;
}

/* Control characters (C0, DEL, C1), broken octets, and the marks that turn the direction of text. */
static bool is_harmful(wchar_t character, bool is_bad)
{
    const unsigned long c = (unsigned long)character;
    return is_bad || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static int escaped(char out[16], wchar_t character)
{
    const unsigned long c = (unsigned long)character;
    return snprintf(out, 16, c < 0x100 ? "\\x%02lx" : "\\u%04lx", c);
}

size_t cli_text_width(const char *text)
{
    char escape[16];
    size_t width = 0;

    while (*text) {
        wchar_t character;
        bool is_bad;
        const size_t len = next_character(text, &character, &is_bad);
        const int columns =
            is_harmful(character, is_bad) ? escaped(escape, character) : wcwidth(character);
        width += columns > 0 ? (size_t)columns : 0;
        text += len;
    }
    return width;
}

void cli_text_put(FILE *out, const char *text)
{
    char escape[16];

    while (*text) {
        wchar_t character;
        bool is_bad;
        const size_t len = next_character(text, &character, &is_bad);
        if (is_harmful(character, is_bad)) {
            escaped(escape, character);
            fputs(escape, out);
        } else {
            fwrite(text, 1, len, out);
        }
        text += len;
    }
}

const char *cli_text_words(const char *const rows[][2], size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i][0], key) == 0) {
            return rows[i][1];
        }
    }
    return key;
}
