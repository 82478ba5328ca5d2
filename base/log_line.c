#include "base/log_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TAIL = 64, /* kept free for a closing quote, `suppressed=`, `cut=`, newline */
    FIELDS_END = LOG_LINE_SIZE - TAIL,
};

/* One value before quoting. */
struct value {
    size_t len;
    bool cut;
    char text[LOG_LINE_SIZE];
};

/* One conversion of a format, without its length modifier: numbers are widened to `j`. */
struct conversion {
    char text[48]; /* terminated, begins with '%' */
    size_t len;
    size_t octets; /* width of an integer argument */
    int precision; /* -1 = none */
    char letter;
};

struct arguments {
    va_list list; /* in a struct, because an array type can not be passed on by address portably */
};

void log_line_init(struct log_line *line)
{
    line->len = 0;
    line->cut = false;
}

void log_line_add(struct log_line *line, const char *text, size_t len)
{
    if (line->cut || line->len > FIELDS_END || len > FIELDS_END - line->len) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

/* For the tail only: always fits. */
static void put_tail(struct log_line *line, const char *text)
{
    size_t len = strlen(text);
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

/* Code points that steer a terminal or turn the reading direction, and so can make a line lie. */
static bool is_steering(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Octets of the well-formed UTF-8 character at p that may be shown as it is; 0 when there is none
 * (RFC 3629). */
static size_t shown_len(const uint8_t *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (len == 0 || len > left || p[0] > 0xf4) {
        return 0;
    }
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3f);
    }
    bool surrogate = c >= 0xd800 && c <= 0xdfff;
    return c < least[len] || c > 0x10ffff || surrogate || is_steering(c) ? 0 : len;
}

static bool needs_quotes(const struct value *value)
{
    const uint8_t *p = (const uint8_t *)value->text;
    for (size_t i = 0; i < value->len;) {
        size_t len = shown_len(p + i, value->len - i);
        if (len == 0 || strchr(" \"=", p[i])) {
            return true;
        }
        i += len;
    }
    return value->len == 0;
}

static void put_escaped(struct log_line *line, uint8_t octet)
{
    char text[8];
    int len = octet == '\n' ? snprintf(text, sizeof text, "\\n")
                            : snprintf(text, sizeof text, "\\x%02x", octet);
    log_line_add(line, text, (size_t)len);
}

static void put_value(struct log_line *line, const struct value *value)
{
    if (!needs_quotes(value)) {
        log_line_add(line, value->text, value->len);
        return;
    }
    log_line_add(line, "\"", 1);
    if (line->cut) {
        return;
    }
    const uint8_t *p = (const uint8_t *)value->text;
    for (size_t i = 0; i < value->len;) {
        size_t len = shown_len(p + i, value->len - i);
        if (len == 0) {
            put_escaped(line, p[i++]);
            continue;
        }
        if (p[i] == '"' || p[i] == '\\') {
            log_line_add(line, p[i] == '"' ? "\\\"" : "\\\\", 2);
        } else {
            log_line_add(line, value->text + i, len);
        }
        i += len;
    }
    put_tail(line, "\"");
}

static void value_add(struct value *value, const char *text, size_t len)
{
    size_t room = sizeof value->text - value->len;
    value->cut = value->cut || len > room;
    len = len > room ? room : len;
    memcpy(value->text + value->len, text, len);
    value->len += len;
}

static void conversion_add(struct conversion *conversion, char c)
{
    if (conversion->len < sizeof conversion->text - 1) {
        conversion->text[conversion->len++] = c;
    }
}

/* Width or precision at p: digits, or `*` with the number among the arguments. Returns what
 * follows. */
static const char *read_number(const char *p, struct conversion *conversion,
                               struct arguments *arguments, int *out_number)
{
    int number = 0;
    if (*p == '*') {
        number = va_arg(arguments->list, int);
        p++;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        number = number < LOG_LINE_SIZE ? number * 10 + (*p - '0') : number;
    }
    char digits[16];
    int len = number > 0 ? snprintf(digits, sizeof digits, "%d", number) : 0;
    for (int i = 0; i < len; i++) {
        conversion_add(conversion, digits[i]);
    }
    *out_number = number;
    return p;
}

/* Width of an integer argument by its length modifier; h and hh are passed as int. */
static size_t octets_of(char modifier, char next)
{
    static const struct {
        char modifier;
        size_t octets;
    } rows[] = {
        {'l', sizeof(long)},
        {'j', sizeof(intmax_t)},
        {'z', sizeof(size_t)},
        {'t', sizeof(ptrdiff_t)},
    };
    if (modifier == 'l' && next == 'l') {
        return sizeof(long long);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].modifier == modifier) {
            return rows[i].octets;
        }
    }
    return sizeof(int);
}

/* Read a conversion whose '%' is before p. Returns what follows it, or NULL when its letter is
 * missing. */
static const char *read_conversion(const char *p, struct conversion *conversion,
                                   struct arguments *arguments)
{
    int width;
    *conversion = (struct conversion){.precision = -1, .octets = sizeof(int)};
    conversion_add(conversion, '%');
    for (; *p && strchr("-+ #0", *p); p++) {
        conversion_add(conversion, *p);
    }
    p = read_number(p, conversion, arguments, &width);
    if (*p == '.') {
        conversion_add(conversion, '.');
        p = read_number(p + 1, conversion, arguments, &conversion->precision);
    }
    for (; *p && strchr("hljzt", *p); p++) {
        conversion->octets = octets_of(p[0], p[1]);
        p += p[0] == 'l' && p[1] == 'l';
    }
    conversion->letter = *p;
    return *p ? p + 1 : NULL;
}

/* On each of our machines an integer argument is as wide as int or has 64 bits. */
static intmax_t take_signed(struct arguments *arguments, size_t octets)
{
    return octets == sizeof(int) ? va_arg(arguments->list, int) : va_arg(arguments->list, int64_t);
}

static uintmax_t take_unsigned(struct arguments *arguments, size_t octets)
{
    return octets == sizeof(unsigned) ? va_arg(arguments->list, unsigned)
                                      : va_arg(arguments->list, uint64_t);
}

static void print_text(struct value *value, const struct conversion *conversion, const char *text)
{
    size_t most = sizeof value->text + 1;
    if (conversion->precision >= 0 && (size_t)conversion->precision < most) {
        most = (size_t)conversion->precision;
    }
    text = text ? text : "(null)";
    value_add(value, text, strnlen(text, most));
}

/* Print the next argument; false for a letter that we do not know: what follows can not be trusted
 * then. */
static bool print_argument(struct value *value, struct conversion *conversion,
                           struct arguments *arguments)
{
    char text[512]; /* a double's largest plain form has 317 octets */
    int len = 0;
    char c = conversion->letter;
    if (c == 's') {
        print_text(value, conversion, va_arg(arguments->list, const char *));
    } else if (c == 'c' || c == '%') {
        text[0] = c == 'c' ? (char)va_arg(arguments->list, int) : '%';
        len = 1;
    } else if (c == 'd' || c == 'i') {
        conversion_add(conversion, 'j');
        conversion_add(conversion, c);
        len = snprintf(text, sizeof text, conversion->text,
                       take_signed(arguments, conversion->octets));
    } else if (c == 'u' || c == 'x' || c == 'X' || c == 'o') {
        conversion_add(conversion, 'j');
        conversion_add(conversion, c);
        len = snprintf(text, sizeof text, conversion->text,
                       take_unsigned(arguments, conversion->octets));
    } else if (c == 'f' || c == 'g' || c == 'e') {
        conversion_add(conversion, c);
        len = snprintf(text, sizeof text, conversion->text, va_arg(arguments->list, double));
    } else if (c == 'p') {
        len = snprintf(text, sizeof text, "%p", va_arg(arguments->list, void *));
    } else {
        value_add(value, "?", 1);
        return false;
    }
    value->cut = value->cut || len >= (int)sizeof text;
    value_add(value, text, len < (int)sizeof text ? (size_t)len : sizeof text - 1);
    return true;
}

/* Print the value at p up to the next blank. Returns what follows, or NULL to stop. */
static const char *print_value(struct value *value, const char *p, struct arguments *arguments)
{
    struct conversion conversion;
    while (p && *p && *p != ' ') {
        if (*p != '%') {
            value_add(value, p++, 1);
            continue;
        }
        p = read_conversion(p + 1, &conversion, arguments);
        p = p && print_argument(value, &conversion, arguments) ? p : NULL;
    }
    return p;
}

/* Add the word at p. Returns what follows it, or NULL to stop. */
static const char *put_field(struct log_line *line, const char *p, struct arguments *arguments)
{
    size_t key_len = strcspn(p, "= %");
    log_line_add(line, " ", 1);
    log_line_add(line, p, key_len);
    p += key_len;
    if (*p == '=') {
        log_line_add(line, p++, 1);
    } else if (*p != '%') {
        return p; /* a bare word */
    }
    struct value value;
    value.len = 0;
    value.cut = false;
    p = print_value(&value, p, arguments);
    put_value(line, &value);
    line->cut = line->cut || value.cut;
    return p;
}

void log_line_fields(struct log_line *line, const char *format, va_list list)
{
    struct arguments arguments;
    va_copy(arguments.list, list);
    const char *p = format;
    while (p && *p) {
        p = *p == ' ' ? p + 1 : put_field(line, p, &arguments);
    }
    va_end(arguments.list);
}

void log_line_end(struct log_line *line, uint64_t suppressed)
{
    char text[48];
    if (suppressed > 0) {
        (void)snprintf(text, sizeof text, " suppressed=%" PRIu64, suppressed);
        put_tail(line, text);
    }
    put_tail(line, line->cut ? " cut=true\n" : "\n");
}
