#include "zones/zone_generate.h"

#include <stdbool.h>
#include <string.h>

#include "zones/dns_name.h"
#include "zones/dns_text_number.h"

enum {
    TEXT_MAX = 16384, /* octets of RDATA text made from a pattern */
    WIDTH_MAX = 255,
};

/* A $GENERATE line taken apart. */
struct line {
    uint32_t start, stop, step;
    struct dns_token owner; /* pattern */
    struct zone_record_head head;
    const char *rdata; /* pattern */
    size_t rdata_len;
    char *quoted; /* room of TEXT_MAX octets for a pattern that came in quotes */
};

/* Print a number as digits of a base, at least width of them. */
static void print_digits(uint64_t number, unsigned base, const char *digits, unsigned width,
                         struct wr *out)
{
    char text[WIDTH_MAX + 24];
    unsigned n = 0;
    do {
        text[n++] = digits[number % base];
        number /= base;
    } while (number > 0 || n < width);
    while (n > 0) {
        wr_u8(out, (uint8_t)text[--n]);
    }
}

/* Print nibbles, lowest first, dots between; width counts the dots. */
static void print_nibbles(uint64_t number, const char *digits, unsigned width, struct wr *out)
{
    unsigned used = 0;
    do {
        if (used > 0) {
            wr_u8(out, '.');
        }
        wr_u8(out, (uint8_t)digits[number & 15]);
        number >>= 4;
        used += used > 0 ? 2 : 1;
    } while (number > 0 || used < width);
}

static int print_number(uint64_t number, unsigned width, char base, struct wr *out)
{
    static const char lower[] = "0123456789abcdef";
    static const char upper[] = "0123456789ABCDEF";
    switch (base) {
    case 'd':
        print_digits(number, 10, lower, width, out);
        return 0;
    case 'o':
        print_digits(number, 8, lower, width, out);
        return 0;
    case 'x':
        print_digits(number, 16, lower, width, out);
        return 0;
    case 'X':
        print_digits(number, 16, upper, width, out);
        return 0;
    case 'n':
        print_nibbles(number, lower, width, out);
        return 0;
    case 'N':
        print_nibbles(number, upper, width, out);
        return 0;
    default: /* letters are open */
        return ERR_SYNTAX;
    }
}

/* The next part of ${...}, up to a comma or the end. */
static bool next_part(const char **text, const char *end, const char **out_part, size_t *out_len)
{
    if (*text >= end) {
        return false;
    }
    const char *comma = memchr(*text, ',', (size_t)(end - *text));
    *out_part = *text;
    *out_len = (size_t)((comma ? comma : end) - *text);
    *text = comma ? comma + 1 : end;
    return true;
}

/* What stands between the braces: OFFSET[,WIDTH[,BASE]]. */
static int expand_braces(const char *text, const char *end, uint32_t number, struct wr *out)
{
    const char *part = NULL;
    size_t len = 0;
    uint32_t offset;
    uint32_t width = 0;
    char base = 'd';
    bool minus = text < end && *text == '-';
    text += minus;
    if (!next_part(&text, end, &part, &len) ||
        dns_text_number_parse(part, len, INT32_MAX, &offset)) {
        return ERR_SYNTAX;
    }
    if (next_part(&text, end, &part, &len) && dns_text_number_parse(part, len, WIDTH_MAX, &width)) {
        return ERR_SYNTAX;
    }
    if (next_part(&text, end, &part, &len)) {
        if (len != 1 || text < end) {
            return ERR_SYNTAX;
        }
        base = *part;
    }
    if (minus && offset > number) {
        return ERR_VALUE;
    }
    uint64_t moved = minus ? number - offset : (uint64_t)number + offset;
    return print_number(moved, width, base, out);
}

int zone_generate_expand(const char *pattern, size_t len, uint32_t number, struct wr *out)
{
    const char *end = pattern + len;
    while (pattern < end) {
        char c = *pattern++;
        if (c == '\\' && pattern < end) { /* \$ is read as a plain $ later */
            wr_u8(out, '\\');
            wr_u8(out, (uint8_t)*pattern++);
        } else if (c != '$') {
            wr_u8(out, (uint8_t)c);
        } else if (pattern < end && *pattern == '$') {
            wr_u8(out, '$');
            pattern++;
        } else if (pattern < end && *pattern == '{') {
            const char *close = memchr(pattern, '}', (size_t)(end - pattern));
            int err = close ? expand_braces(pattern + 1, close, number, out) : ERR_SYNTAX;
            if (err) {
                return err;
            }
            pattern = close + 1;
        } else {
            (void)print_number(number, 0, 'd', out);
        }
    }
    return out->err;
}

/* START-STOP or START-STOP/STEP. */
static int parse_range(struct dns_scan *scan, struct line *line)
{
    struct dns_token token = dns_scan_next(scan);
    const char *what = "a range like 1-100 or 0-254/2";
    if (token.kind != DNS_SCAN_WORD) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
    }
    const char *end = token.text + token.len;
    const char *minus = memchr(token.text, '-', token.len);
    const char *slash = memchr(token.text, '/', token.len);
    const char *stop_end = slash ? slash : end;
    if (!minus || minus > stop_end ||
        dns_text_number_parse(token.text, (size_t)(minus - token.text), INT32_MAX, &line->start) ||
        dns_text_number_parse(minus + 1, (size_t)(stop_end - minus - 1), INT32_MAX, &line->stop) ||
        (slash &&
         dns_text_number_parse(slash + 1, (size_t)(end - slash - 1), INT32_MAX, &line->step)) ||
        line->start > line->stop || line->step == 0) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, what);
    }
    if ((line->stop - line->start) / line->step >= ZONE_GENERATE_MAX) {
        return dns_scan_fail(scan, ERR_LIMIT, &token, "the range makes more than %d records",
                             ZONE_GENERATE_MAX);
    }
    return 0;
}

/* A pattern in quotes is RDATA without them, so that \" stands for a quote of it. */
static void take_quoted(const struct dns_token *token, struct line *line)
{
    size_t n = 0;
    for (size_t i = 0; i < token->len; i++) {
        i += token->text[i] == '\\' && i + 1 < token->len && token->text[i + 1] == '"';
        line->quoted[n++] = token->text[i];
    }
    line->rdata = line->quoted;
    line->rdata_len = n;
}

/* Everything up to the end of the line, as it stands there: it is scanned again for each number. */
static int parse_pattern(struct dns_scan *scan, struct line *line)
{
    struct dns_token first = dns_scan_next(scan);
    struct dns_token last = first;
    struct dns_token token = first;
    bool parens = false;
    for (; token.kind == DNS_SCAN_WORD || token.kind == DNS_SCAN_QUOTED;
         token = dns_scan_next(scan)) {
        parens = parens || scan->parens > 0;
        last = token;
    }
    if (first.kind != DNS_SCAN_WORD && first.kind != DNS_SCAN_QUOTED) {
        return dns_scan_expected(scan, ERR_SYNTAX, &first, "RDATA");
    }
    if (scan->err) {
        return scan->err;
    }
    line->rdata = first.text - (first.kind == DNS_SCAN_QUOTED);
    line->rdata_len = (size_t)(last.text + last.len + (last.kind == DNS_SCAN_QUOTED) - line->rdata);
    if (parens || line->rdata_len > TEXT_MAX) {
        return dns_scan_fail(scan, ERR_SYNTAX, &first,
                             "expected RDATA without parentheses, at most %d octets", TEXT_MAX);
    }
    if (first.kind == DNS_SCAN_QUOTED && first.text == last.text) {
        take_quoted(&first, line);
    }
    return 0;
}

static int parse_line(struct dns_scan *scan, struct line *line)
{
    int err = parse_range(scan, line);
    if (err) {
        return err;
    }
    line->owner = dns_scan_next(scan);
    if (line->owner.kind != DNS_SCAN_WORD) {
        return dns_scan_expected(scan, ERR_SYNTAX, &line->owner, "a pattern for owner names");
    }
    err = zone_record_parse_head(scan, &line->head);
    return err ? err : parse_pattern(scan, line);
}

/* Keep an error at the line's owner pattern, with the number that was at work. */
static int fail(struct dns_scan *scan, const struct line *line, int err, uint32_t number,
                const char *text)
{
    return dns_scan_fail(scan, err, &line->owner, "for number %u: %s", number, text);
}

/* The owner of one number. */
static int make_owner(struct dns_scan *scan, const struct line *line, uint32_t number,
                      struct zone_record_state *made)
{
    char text[DNS_NAME_TEXT_MAX];
    struct wr out = wr_make(text, sizeof text);
    int err = zone_generate_expand(line->owner.text, line->owner.len, number, &out);
    err =
        err ? err : dns_name_parse(text, wr_len(&out), made->origin, made->owner, &made->owner_len);
    return err ? fail(scan, line, err, number, err_text(err)) : 0;
}

/* The record of one number. */
static int make_record(struct dns_scan *scan, const struct line *line, uint32_t number,
                       struct zone_record_state *made, struct wr *rdata,
                       struct zone_text_record *out_record)
{
    char text[TEXT_MAX];
    struct wr out = wr_make(text, sizeof text);
    int err = make_owner(scan, line, number, made);
    if (err) {
        return err;
    }
    err = zone_generate_expand(line->rdata, line->rdata_len, number, &out);
    if (err) {
        return fail(scan, line, err, number, err_text(err));
    }
    struct err_at at = {.text = ""};
    struct dns_scan inner;
    dns_scan_init(&inner, text, wr_len(&out), &at);
    err = zone_record_finish(&inner, made, &line->head, rdata, out_record);
    return err ? fail(scan, line, err, number, at.text) : 0;
}

int zone_generate_run(struct dns_scan *scan, struct zone_record_state *state, struct wr *rdata,
                      zone_generate_visit *visit, void *context)
{
    char quoted[TEXT_MAX];
    struct line line = {.step = 1, .quoted = quoted};
    struct zone_text_record record;
    int err = parse_line(scan, &line);
    if (err) {
        return err;
    }
    struct zone_record_state made = *state;
    made.owner_wrong = false;
    for (uint64_t number = line.start; !err && number <= line.stop; number += line.step) {
        err = make_record(scan, &line, (uint32_t)number, &made, rdata, &record);
        err = err ? err : visit(context, &record);
    }
    state->last_ttl = made.last_ttl;
    return err;
}
