#include "zones/zone_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text.h"
#include "zones/dns_text_field.h"
#include "zones/zone_generate.h"
#include "zones/zone_source.h"

/* One run over a zone file and all that it includes. */
struct reader {
    const struct zone_file_options *options;
    const struct zone_file_sink *sink;
    unsigned errors;
    size_t octets; /* read so far, of all files */
    uint64_t records;
    bool stopped; /* a limit of the run is reached: nothing more is read */
    uint8_t rdata[DNS_RDATA_MAX];
};

/* One file that is being read; the chain of parents are those that include it. */
struct frame {
    struct reader *reader;
    const struct frame *parent;
    const char *path; /* NULL for memory without a name */
    unsigned depth;
    struct zone_source source;
    struct zone_record_state state;
    struct dns_scan scan;
    struct err_at at;       /* of the scanner */
    struct dns_token first; /* of the record or directive at hand */
};

static void report(struct reader *reader, const struct err_at *at)
{
    if (reader->errors < ZONE_FILE_ERRORS_MAX) {
        reader->errors++;
        reader->sink->error(reader->sink->context, at);
    }
    if (reader->errors == ZONE_FILE_ERRORS_MAX) {
        reader->stopped = true;
    }
}

/* Report what is no record's error. */
static void report_text(struct frame *frame, unsigned line, unsigned column, const char *text)
{
    struct err_at at = {.file = frame->path};
    (void)err_at_set(&at, ERR_IO, line, column, "%s", text);
    report(frame->reader, &at);
}

/* Hand a record over, and keep what the callback has against it. */
static int deliver(void *context, const struct zone_text_record *record)
{
    struct frame *frame = context;
    struct reader *reader = frame->reader;
    struct err_at at = {.text = ""};
    if (reader->records == reader->options->records_max) {
        reader->stopped = true;
        return dns_scan_fail(&frame->scan, ERR_LIMIT, &frame->first,
                             "the zone has more than %llu records",
                             (unsigned long long)reader->options->records_max);
    }
    reader->records++;
    int err = reader->sink->record(reader->sink->context, record, frame->first.line, &at);
    if (err) {
        return dns_scan_fail(&frame->scan, err, &frame->first, "%s",
                             at.text[0] ? at.text : err_text(err));
    }
    return 0;
}

static int end_directive(struct dns_scan *scan)
{
    struct dns_token token = dns_scan_next(scan);
    if (token.kind != DNS_SCAN_END && token.kind != DNS_SCAN_EOF) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token, "the end of the line");
    }
    return 0;
}

static int read_origin(struct frame *frame)
{
    uint8_t origin[DNS_NAME_MAX];
    size_t len;
    struct dns_token token = dns_scan_next(&frame->scan);
    int err = dns_text_field_name(&frame->scan, &token, frame->state.origin, origin, &len);
    err = err ? err : end_directive(&frame->scan);
    if (!err) {
        zone_record_set_origin(&frame->state, origin);
    }
    return err;
}

static int read_ttl(struct frame *frame)
{
    uint32_t ttl_s;
    struct dns_token token = dns_scan_next(&frame->scan);
    if (token.kind != DNS_SCAN_WORD || dns_text_parse_ttl(token.text, token.len, &ttl_s)) {
        return dns_scan_expected(&frame->scan, ERR_VALUE, &token,
                                 "a TTL from 0 to 2147483647 or like 1h30m");
    }
    int err = end_directive(&frame->scan);
    if (!err) {
        frame->state.dollar_ttl = (struct zone_record_ttl){ttl_s, true};
    }
    return err;
}

static int read_generate(struct frame *frame)
{
    struct wr rdata = wr_make(frame->reader->rdata, sizeof frame->reader->rdata);
    return zone_generate_run(&frame->scan, &frame->state, &rdata, deliver, frame);
}

/* A path in an $INCLUDE of this frame: relative ones start at the folder of the file that includes. */
static int resolve(struct frame *frame, const struct dns_token *token, char out_path[PATH_MAX])
{
    const char *slash = frame->path ? strrchr(frame->path, '/') : NULL;
    char name[PATH_MAX];
    size_t len;
    int err = dns_scan_unescape(token->text, token->len, (uint8_t *)name, sizeof name - 1, &len);
    if (err || len == 0 || memchr(name, 0, len)) {
        return dns_scan_expected(&frame->scan, ERR_SYNTAX, token, "the path of a file");
    }
    name[len] = '\0';
    int folder = name[0] != '/' && slash ? (int)(slash - frame->path + 1) : 0;
    int n = snprintf(out_path, PATH_MAX, "%.*s%s", folder, folder ? frame->path : "", name);
    if (n < 0 || n >= PATH_MAX) {
        return dns_scan_expected(&frame->scan, ERR_SYNTAX, token, "a shorter path");
    }
    return 0;
}

static void read_frame(struct frame *frame);

/* Read the file of a frame into memory, within what is left of the limit. */
static int open_source(struct frame *frame)
{
    struct reader *reader = frame->reader;
    size_t left = reader->options->octets_max - reader->octets;
    int err = zone_source_open(frame->path, left, &frame->source);
    if (!err) {
        reader->octets += frame->source.len;
    }
    return err;
}

/* What was wrong with a file that could not be read. */
static const char *source_text(int err)
{
    switch (err) {
    case ERR_LIMIT:
        return "the zone's files are larger than the limit";
    case ERR_VALUE:
        return "no regular file";
    case ERR_IO:
        return "the file was cut while it was read";
    default: /* the system's errors */
        return err_text(err);
    }
}

static bool is_open(const struct frame *frame, const struct zone_source *source)
{
    for (; frame; frame = frame->parent) {
        if (frame->source.text && frame->source.device == source->device &&
            frame->source.inode == source->inode) {
            return true;
        }
    }
    return false;
}

/* Read a file within another one, as if its text stood there, but origin and owner come back afterwards (RFC 1035 5.1,
 * docs/zonefile.md). */
static int include(struct frame *outer, const struct dns_token *token, const uint8_t *origin)
{
    char path[PATH_MAX];
    struct frame inner = {
        .reader = outer->reader, .parent = outer, .path = path, .depth = outer->depth + 1};
    if (!outer->reader->options->includes) {
        return dns_scan_fail(&outer->scan, ERR_DENIED, &outer->first,
                             "$INCLUDE is not allowed here");
    }
    int err = resolve(outer, token, path);
    if (err) {
        return err;
    }
    if (inner.depth > ZONE_FILE_INCLUDES_MAX) {
        return dns_scan_fail(&outer->scan, ERR_LIMIT, token, "more than %d files inside each other",
                             ZONE_FILE_INCLUDES_MAX);
    }
    err = open_source(&inner);
    if (err) {
        return dns_scan_fail(&outer->scan, err, token, "cannot read %s: %s", path,
                             source_text(err));
    }
    if (is_open(outer, &inner.source)) {
        zone_source_close(&inner.source);
        return dns_scan_fail(&outer->scan, ERR_NOT_NOW, token, "%s includes itself", path);
    }
    inner.state = outer->state;
    if (origin) {
        zone_record_set_origin(&inner.state, origin);
    }
    read_frame(&inner);
    outer->state.dollar_ttl = inner.state.dollar_ttl;
    outer->state.last_ttl = inner.state.last_ttl;
    outer->state.minimum_ttl = inner.state.minimum_ttl;
    zone_source_close(&inner.source);
    return 0;
}

/* $INCLUDE PATH [ORIGIN] (RFC 1035 5.1) */
static int read_include(struct frame *frame)
{
    struct dns_scan *scan = &frame->scan;
    uint8_t origin[DNS_NAME_MAX];
    size_t len;
    struct dns_token path;
    if (!dns_scan_value(scan, "the path of a file", &path)) {
        return scan->err;
    }
    struct dns_token token = dns_scan_next(scan);
    bool has_origin = token.kind == DNS_SCAN_WORD;
    int err = 0;
    if (has_origin) {
        err = dns_text_field_name(scan, &token, frame->state.origin, origin, &len);
    } else {
        dns_scan_push(scan);
    }
    err = err ? err : end_directive(scan);
    return err ? err : include(frame, &path, has_origin ? origin : NULL);
}

static int read_directive(struct frame *frame)
{
    static const struct {
        const char *name;
        int (*read)(struct frame *frame);
    } directives[] = {
        {"$GENERATE", read_generate},
        {"$INCLUDE", read_include},
        {"$ORIGIN", read_origin},
        {"$TTL", read_ttl},
    };
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        if (strlen(directives[i].name) == frame->first.len &&
            strncasecmp(directives[i].name, frame->first.text, frame->first.len) == 0) {
            return directives[i].read(frame);
        }
    }
    return dns_scan_expected(&frame->scan, ERR_SYNTAX, &frame->first,
                             "$ORIGIN, $TTL, $INCLUDE or $GENERATE");
}

static int read_record(struct frame *frame)
{
    struct wr rdata = wr_make(frame->reader->rdata, sizeof frame->reader->rdata);
    struct zone_text_record record;
    int err = zone_record_parse(&frame->scan, &frame->state, &frame->first, &rdata, &record);
    return err || !record.owner ? err : deliver(frame, &record);
}

/* Everything of a text, with a fresh start behind each error. */
static void read_entries(struct frame *frame)
{
    struct dns_scan *scan = &frame->scan;
    while (!frame->reader->stopped) {
        frame->first = dns_scan_next(scan);
        if (frame->first.kind == DNS_SCAN_EOF) {
            return;
        }
        int err = scan->err;
        if (!err) {
            bool directive = frame->first.kind == DNS_SCAN_WORD && frame->first.text[0] == '$';
            err = directive ? read_directive(frame) : read_record(frame);
        }
        if (err) {
            frame->at.file = frame->path;
            report(frame->reader, &frame->at);
            dns_scan_recover(scan);
        }
    }
}

/* A NUL ends the reading: such a file is no text, but UTF-16 or worse. */
static bool has_zero(struct frame *frame)
{
    const char *text = frame->source.text;
    const char *zero = frame->source.len > 0 ? memchr(text, 0, frame->source.len) : NULL;
    if (!zero) {
        return false;
    }
    unsigned line = 1;
    for (const char *next = text; (next = memchr(next, '\n', (size_t)(zero - next))); next++) {
        line++;
        text = next + 1;
    }
    report_text(frame, line, (unsigned)(zero - text) + 1, "octet 0 in the text: is it UTF-16?");
    return true;
}

static void read_frame(struct frame *frame)
{
    static const char bom[] = {'\xef', '\xbb', '\xbf'}; /* U+FEFF in UTF-8 */
    const char *text = frame->source.text;
    size_t len = frame->source.len;
    if (has_zero(frame)) {
        return;
    }
    bool marked = len >= sizeof bom && memcmp(text, bom, sizeof bom) == 0;
    if (marked) {
        report_text(frame, 1, 1, "the file begins with a UTF-8 byte order mark: save it without");
        text += sizeof bom;
        len -= sizeof bom;
    }
    dns_scan_init(&frame->scan, text, len, &frame->at);
    read_entries(frame);
}

static unsigned run(struct frame *frame, const struct zone_file_options *options)
{
    zone_record_init(&frame->state, options->origin, options->ttl);
    read_frame(frame);
    return frame->reader->errors;
}

static struct reader *make_reader(const struct zone_file_options *options,
                                  const struct zone_file_sink *sink)
{
    struct reader *reader = mem_alloc(sizeof *reader);
    reader->options = options;
    reader->sink = sink;
    return reader;
}

unsigned zone_file_read(const char *path, const struct zone_file_options *options,
                        const struct zone_file_sink *sink)
{
    struct frame frame = {.reader = make_reader(options, sink), .path = path};
    int err = open_source(&frame);
    if (err) {
        report_text(&frame, 0, 0, source_text(err));
    } else {
        (void)run(&frame, options);
    }
    unsigned errors = frame.reader->errors;
    zone_source_close(&frame.source);
    mem_free(frame.reader);
    return errors;
}

unsigned zone_file_read_text(const char *name, const char *text, size_t len,
                             const struct zone_file_options *options,
                             const struct zone_file_sink *sink)
{
    struct frame frame = {
        .reader = make_reader(options, sink), .path = name, .source = {.text = text, .len = len}};
    unsigned errors = run(&frame, options);
    mem_free(frame.reader);
    return errors;
}
