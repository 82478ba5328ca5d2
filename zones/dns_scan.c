#include "zones/dns_scan.h"

#include <string.h>

/* What an octet means to the scanner; everything that is not listed is part of a word. From QUOTE on a word needs a
 * closer look. */
enum {
    PLAIN,
    GAP,     /* blank or tab */
    LINE,    /* line feed */
    CR,      /* only before a line feed */
    OPEN,    /* ( */
    CLOSE,   /* ) */
    COMMENT, /* ; */
    QUOTE,   /* " */
    ESCAPE,  /* backslash */
    ZERO,    /* never in a text */
};

static const uint8_t classes[256] = {
    ['\0'] = ZERO, ['\t'] = GAP, ['\n'] = LINE, ['\r'] = CR,     [' '] = GAP,
    ['"'] = QUOTE, ['('] = OPEN, [')'] = CLOSE, [';'] = COMMENT, ['\\'] = ESCAPE,
};

static inline unsigned class_at(const char *p)
{
    return classes[(uint8_t)*p];
}

/* The first octet that is not PLAIN. */
static inline const char *skip_plain(const char *pos, const char *end)
{
    while (end - pos >= 4 &&
           (class_at(pos) | class_at(pos + 1) | class_at(pos + 2) | class_at(pos + 3)) == PLAIN) {
        pos += 4;
    }
    while (pos < end && class_at(pos) == PLAIN) {
        pos++;
    }
    return pos;
}

void dns_scan_init(struct dns_scan *scan, const char *text, size_t len, struct err_at *at)
{
    *scan = (struct dns_scan){
        .pos = text,
        .end = text + len,
        .line_start = text,
        .line = 1,
        .at_start = true,
        .at = at,
    };
}

static struct dns_token token_at(const struct dns_scan *scan, enum dns_scan_kind kind,
                                 const char *pos)
{
    return (struct dns_token){
        .kind = kind,
        .text = pos,
        .line = scan->line,
        .column = (unsigned)(pos - scan->line_start) + 1,
    };
}

static struct dns_token fail_at(struct dns_scan *scan, const char *pos, const char *message)
{
    struct dns_token token = token_at(scan, DNS_SCAN_ERROR, pos);
    (void)dns_scan_fail(scan, ERR_SYNTAX, &token, "%s", message);
    return token;
}

static void start_line(struct dns_scan *scan)
{
    scan->line++;
    scan->line_start = scan->pos;
}

static void skip_comment(struct dns_scan *scan)
{
    const char *line_end = memchr(scan->pos, '\n', (size_t)(scan->end - scan->pos));
    scan->pos = line_end ? line_end : scan->end;
    if (line_end && line_end[-1] == '\r') { /* the comment's first octet is ';', so [-1] is there */
        scan->pos--;
    }
}

/* Go over escapes up to the closing quote; pos stands behind the opening one. Returns where the closing quote is,
 * or NULL with the error kept. A text ends on its line: what others do differs (docs/zonefile.md). */
static const char *find_quote(struct dns_scan *scan, const char *pos)
{
    const char *open = pos - 1;
    for (; pos < scan->end; pos++) {
        unsigned c = class_at(pos);
        if (c == QUOTE) {
            return pos;
        }
        if (c == ESCAPE) {
            pos++;
        }
        if (pos == scan->end || class_at(pos) == LINE || class_at(pos) == CR) {
            break;
        }
        if (class_at(pos) == ZERO) {
            (void)fail_at(scan, pos, "octet 0 in the text");
            return NULL;
        }
    }
    (void)fail_at(scan, open, "quoted text is not closed on its line");
    return NULL;
}

static struct dns_token quoted(struct dns_scan *scan)
{
    struct dns_token token = token_at(scan, DNS_SCAN_QUOTED, scan->pos);
    token.text++;
    const char *close = find_quote(scan, token.text);
    if (!close) {
        return (struct dns_token){.kind = DNS_SCAN_ERROR};
    }
    token.len = (size_t)(close - token.text);
    scan->pos = close + 1;
    return token;
}

/* The end of a word whose value is quoted: key="a b" (RFC 9460 2.1 and our attributes). */
static const char *end_value(struct dns_scan *scan, const char *word, const char *pos)
{
    if (pos == word || pos[-1] != '=') {
        (void)fail_at(scan, pos, "quote inside a word: write \\\", or put all of it in quotes");
        return NULL;
    }
    const char *close = find_quote(scan, pos + 1);
    if (!close) {
        return NULL;
    }
    pos = close + 1;
    unsigned c = pos < scan->end ? class_at(pos) : LINE;
    if (c == PLAIN || c == QUOTE || c == ESCAPE || c == ZERO) {
        (void)fail_at(scan, pos, "text right behind a closing quote");
        return NULL;
    }
    return pos;
}

/* A word from its first odd octet on: escapes, a quoted value, or what ends it. NULL with the error kept. */
static const char *end_word(struct dns_scan *scan, const char *word, const char *pos)
{
    while (pos < scan->end) {
        unsigned c = class_at(pos);
        if (c == ZERO) {
            (void)fail_at(scan, pos, "octet 0 in the text");
            return NULL;
        }
        if (c == QUOTE) {
            return end_value(scan, word, pos);
        }
        if (c != PLAIN && c != ESCAPE) {
            return pos;
        }
        if (c == ESCAPE) {
            pos++;
            c = pos < scan->end ? class_at(pos) : LINE;
            if (c == LINE || c == CR || c == ZERO) {
                (void)fail_at(scan, pos - 1, "backslash at the end of a line");
                return NULL;
            }
        }
        pos++;
    }
    return pos;
}

static struct dns_token word(struct dns_scan *scan)
{
    struct dns_token token = token_at(scan, DNS_SCAN_WORD, scan->pos);
    const char *pos = skip_plain(scan->pos, scan->end);
    if (pos < scan->end && class_at(pos) >= QUOTE) {
        pos = end_word(scan, scan->pos, pos);
        if (!pos) {
            return (struct dns_token){.kind = DNS_SCAN_ERROR};
        }
    }
    token.len = (size_t)(pos - scan->pos);
    scan->pos = pos;
    return token;
}

/* A newline: the end of the record outside parentheses. Blank lines are no records. True when a token is made. */
static bool end_line(struct dns_scan *scan, struct dns_token *out_token)
{
    struct dns_token token = token_at(scan, DNS_SCAN_END, scan->pos);
    if (class_at(scan->pos) == CR) {
        if (scan->pos + 1 == scan->end || scan->pos[1] != '\n') {
            scan->at_start = false; /* or recovering would stay here */
            *out_token = fail_at(scan, scan->pos, "carriage return without line feed");
            return true;
        }
        scan->pos++;
    }
    scan->pos++;
    start_line(scan);
    if (scan->parens > 0 || scan->at_start) {
        return false;
    }
    scan->at_start = true;
    *out_token = token;
    return true;
}

static bool parenthesis(struct dns_scan *scan, struct dns_token *out_token)
{
    scan->at_start = false;
    if (*scan->pos == ')') {
        if (scan->parens == 0) {
            *out_token = fail_at(scan, scan->pos, "closing parenthesis without an opening one");
            return false;
        }
        scan->parens--;
    } else if (scan->parens++ == 0) {
        scan->paren_line = scan->line;
        scan->paren_column = (unsigned)(scan->pos - scan->line_start) + 1;
    }
    scan->pos++;
    return true;
}

static struct dns_token end_text(struct dns_scan *scan)
{
    if (scan->parens > 0) {
        struct dns_token open = {
            .kind = DNS_SCAN_ERROR, .line = scan->paren_line, .column = scan->paren_column};
        (void)dns_scan_fail(scan, ERR_SYNTAX, &open, "parenthesis is not closed");
        return open;
    }
    struct dns_token token =
        token_at(scan, scan->at_start ? DNS_SCAN_EOF : DNS_SCAN_END, scan->pos);
    scan->at_start = true;
    return token;
}

/* Step over blanks, comments and newlines. True when that made a token: the end of the record, or the blank that says
 * that the owner is left out. Blank lines make none. */
static bool skip_gaps(struct dns_scan *scan, struct dns_token *out_token)
{
    bool blank = false; /* this line may begin with the owner left out */
    while (scan->pos < scan->end) {
        unsigned c = class_at(scan->pos);
        if (c == GAP) {
            blank = scan->at_start; /* then nothing but blanks stands before it */
            scan->pos++;
        } else if (c == COMMENT) {
            skip_comment(scan);
        } else if (c == LINE || c == CR) {
            if (end_line(scan, out_token)) {
                return true;
            }
            blank = false;
        } else {
            break;
        }
    }
    if (blank && scan->pos < scan->end) {
        scan->at_start = false;
        *out_token = token_at(scan, DNS_SCAN_BLANK, scan->line_start);
        return true;
    }
    return false;
}

static struct dns_token scan_token(struct dns_scan *scan)
{
    struct dns_token token;
    while (!skip_gaps(scan, &token)) {
        if (scan->pos == scan->end) {
            return end_text(scan);
        }
        unsigned c = class_at(scan->pos);
        if (c != OPEN && c != CLOSE) {
            scan->at_start = false;
            return c == QUOTE ? quoted(scan) : word(scan);
        }
        if (!parenthesis(scan, &token)) {
            break;
        }
    }
    return token;
}

/* The short way to most tokens: a word within a record, without quotes and escapes. */
static inline bool quick_word(struct dns_scan *scan, struct dns_token *out_token)
{
    const char *pos = scan->pos;
    const char *end = scan->end;
    while (pos < end && class_at(pos) == GAP) {
        pos++;
    }
    const char *start = pos;
    pos = skip_plain(pos, end);
    if (pos == start || pos == end || class_at(pos) >= QUOTE) {
        return false;
    }
    scan->pos = pos;
    /* Field by field to both places: copying what was just stored in smaller pieces stalls the processor. */
    out_token->kind = scan->last.kind = DNS_SCAN_WORD;
    out_token->text = scan->last.text = start;
    out_token->len = scan->last.len = (size_t)(pos - start);
    out_token->line = scan->last.line = scan->line;
    out_token->column = scan->last.column = (unsigned)(start - scan->line_start) + 1;
    return true;
}

struct dns_token dns_scan_next(struct dns_scan *scan)
{
    struct dns_token token;
    if (scan->err) {
        return (struct dns_token){.kind = DNS_SCAN_ERROR};
    }
    if (scan->pushed) {
        scan->pushed = false;
        return scan->last;
    }
    if (scan->at_start || !quick_word(scan, &token)) {
        token = scan_token(scan);
        scan->last = token;
    }
    return token;
}

void dns_scan_push(struct dns_scan *scan)
{
    scan->pushed = true;
}

bool dns_scan_value(struct dns_scan *scan, const char *what, struct dns_token *out_token)
{
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_WORD && token.kind != DNS_SCAN_QUOTED) {
        (void)dns_scan_expected(scan, ERR_SYNTAX, &token, what);
        return false;
    }
    *out_token = token;
    return true;
}

/* One octet of a record that is given up: the scanner's rules, but an unclosed quote ends with its line. */
static void skip_octet(struct dns_scan *scan, bool *in_quotes)
{
    unsigned c = class_at(scan->pos++);
    if (c == QUOTE) {
        *in_quotes = !*in_quotes;
    } else if (c == ESCAPE && scan->pos < scan->end && class_at(scan->pos) != LINE) {
        scan->pos++;
    } else if (c == OPEN && !*in_quotes && scan->parens++ == 0) {
        scan->paren_line = scan->line;
        scan->paren_column = (unsigned)(scan->pos - scan->line_start);
    } else if (c == CLOSE && !*in_quotes && scan->parens > 0) {
        scan->parens--;
    } else if (c == LINE) {
        *in_quotes = false;
        start_line(scan);
        scan->at_start = scan->parens == 0;
    }
}

void dns_scan_recover(struct dns_scan *scan)
{
    bool in_quotes = false;
    scan->err = 0;
    scan->pushed = false;
    if (scan->pos == scan->end) { /* nothing follows that a missing parenthesis could be in */
        scan->parens = 0;
        scan->at_start = true;
    }
    while (!scan->at_start && scan->pos < scan->end) {
        if (class_at(scan->pos) == COMMENT && !in_quotes) {
            skip_comment(scan);
        } else {
            skip_octet(scan, &in_quotes);
        }
    }
    if (scan->parens == 0) {
        scan->at_start = true;
    }
}

static int unescape_one(const char *text, size_t left, uint8_t *out, size_t *out_used)
{
    bool digit = left > 1 && text[1] >= '0' && text[1] <= '9';
    if (left < 2) {
        return ERR_SYNTAX;
    }
    if (!digit) {
        *out = (uint8_t)text[1];
        *out_used = 2;
        return 0;
    }
    unsigned value = 0;
    for (size_t i = 1; i < 4; i++) {
        if (i == left || text[i] < '0' || text[i] > '9') {
            return ERR_SYNTAX;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint8_t)value;
    *out_used = 4;
    return value > 255 ? ERR_SYNTAX : 0;
}

int dns_scan_unescape(const char *text, size_t len, uint8_t *out, size_t size, size_t *out_len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; n++) {
        if (n == size) {
            return ERR_SPACE;
        }
        size_t used = 1;
        uint8_t octet = (uint8_t)text[i];
        int err = octet == '\\' ? unescape_one(text + i, len - i, &octet, &used) : 0;
        if (err) {
            return err;
        }
        out[n] = octet;
        i += used;
    }
    *out_len = n;
    return 0;
}
