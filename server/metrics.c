#include "server/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
    TIME_FIRST = 7,                /* buckets below 2^7 ns are shown as one */
    TIME_LAST = 30,                /* 1.07 s; above is +Inf */
    VALUE_MAX = 1025,              /* octets of a label's value: the longest name as text */
    LABEL_MAX = 5 * VALUE_MAX + 8, /* octets when each is escaped */
    LINE_LEN = LABEL_MAX + 1024,
};

struct metrics {
    struct stat_registry *registry;
    struct metrics_source sources[METRICS_SOURCES_MAX];
    size_t source_count;
    struct stat_set *stat; /* of the HTTP threads, which share it: added to atomically */
};

/* Text that grows up to METRICS_TEXT_MAX; a line that does not fit is left out whole. */
struct metrics_page {
    const struct metrics_source *source; /* being read */
    char *text;
    size_t len;
    size_t room;
    bool failed;
};

struct metrics *metrics_create(struct stat_registry *registry)
{
    struct metrics *metrics = mem_alloc(sizeof(*metrics));

    metrics->registry = registry;
    metrics->stat = stat_registry_add(registry);
    return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
    mem_free(metrics);
}

void metrics_add(struct metrics *metrics, const struct metrics_source *source)
{
    CHECK(metrics->source_count < METRICS_SOURCES_MAX);
    metrics->sources[metrics->source_count++] = *source;
}

static bool make_room(struct metrics_page *page, size_t len)
{
    if (page->failed || len > METRICS_TEXT_MAX - page->len) {
        return false;
    }
    while (page->room < page->len + len) {
        const size_t room = page->room ? 2 * page->room : 16384;
        char *text = realloc(page->text, room);
        if (!text) {
            page->failed = true;
            return false;
        }
        page->text = text;
        page->room = room;
    }
    return true;
}

static void put(struct metrics_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct metrics_page *page, const char *format, ...)
{
    char line[LINE_LEN];
    va_list arguments;

    va_start(arguments, format);
    const int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    CHECK(len >= 0 && (size_t)len < sizeof(line)); /* texts are ours and bounded, see escape() */
    if (make_room(page, (size_t)len + 1)) {
        memcpy(page->text + page->len, line, (size_t)len + 1); /* with its terminator */
        page->len += (size_t)len;
    }
}

static void put_head(struct metrics_page *page, const char *name, const char *help,
                     const char *type)
{
    put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value in its quotes, at most VALUE_MAX octets of it. The format escapes \ " and newline; other
 * control octets and what is not ASCII become \\xHH, so that no reader meets broken UTF-8. */
static void escape(const char *value, char *out, size_t size)
{
    char *const end = out + size - sizeof("\\\\xHH");
    for (size_t i = 0; i < VALUE_MAX && value[i] && out < end; i++) {
        const unsigned char c = (unsigned char)value[i];
        if (c == '\\' || c == '"') {
            *out++ = '\\';
            *out++ = (char)c;
        } else if (c == '\n') {
            *out++ = '\\';
            *out++ = 'n';
        } else if (c < 0x20 || c >= 0x7f) {
            out += sprintf(out, "\\\\x%02x", c);
        } else {
            *out++ = (char)c;
        }
    }
    *out = '\0';
}

void metrics_value(struct metrics_page *page, const char *label, const char *label_value,
                   uint64_t number)
{
    char escaped[LABEL_MAX];

    if (!label) {
        put(page, "%s %" PRIu64 "\n", page->source->name, number);
        return;
    }
    escape(label_value, escaped, sizeof(escaped));
    put(page, "%s{%s=\"%s\"} %" PRIu64 "\n", page->source->name, label, escaped, number);
}

static bool is_first_of_family(enum stat_counter counter)
{
    for (unsigned i = 0; i < (unsigned)counter; i++) {
        if (strcmp(stat_row(i)->family, stat_row(counter)->family) == 0) {
            return false;
        }
    }
    return true;
}

/* All rows of one family stand together, wherever they are in the table. */
static void put_family(struct metrics_page *page, const struct stat_set *sum,
                       enum stat_counter first)
{
    const struct stat_row *head = stat_row(first);
    char name[100];

    snprintf(name, sizeof(name), "suanyu_%s_total", head->family);
    put_head(page, name, head->help, "counter");
    for (unsigned i = first; i < STAT_COUNT; i++) {
        const struct stat_row *row = stat_row(i);
        if (strcmp(row->family, head->family) == 0) {
            put(page, "%s%s%s%s %" PRIu64 "\n", name, row->label[0] ? "{" : "", row->label,
                row->label[0] ? "}" : "", sum->counters[i]);
        }
    }
}

static void put_times(struct metrics_page *page, const struct stat_set *sum)
{
    const char *name = "suanyu_answer_seconds";
    uint64_t count = 0;

    put_head(page, name, "time to make an answer, without the system's share", "histogram");
    for (unsigned i = 0; i < STAT_TIME_BUCKETS; i++) {
        count += sum->times[i];
        if (i >= TIME_FIRST && i <= TIME_LAST) {
            put(page, "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", name, (double)(1ull << i) / 1e9,
                count);
        }
    }
    put(page, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    put(page, "%s_sum %.9f\n%s_count %" PRIu64 "\n", name, (double)sum->time_sum_ns / 1e9, name,
        count);
}

char *metrics_print(struct metrics *metrics, size_t *out_len)
{
    struct metrics_page page = {0};
    struct stat_set sum;

    stat_registry_sum(metrics->registry, &sum);
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        if (is_first_of_family(i)) {
            put_family(&page, &sum, i);
        }
    }
    put_times(&page, &sum);
    for (size_t i = 0; i < metrics->source_count; i++) {
        page.source = &metrics->sources[i];
        put_head(&page, page.source->name, page.source->help, "gauge");
        page.source->read(page.source->context, &page);
    }
    if (page.failed) {
        free(page.text);
        return NULL;
    }
    *out_len = page.len;
    return page.text;
}

void metrics_handle(const struct http_request *request, struct http_response *response,
                    void *context)
{
    const struct metrics *metrics = context;

    (void)request;
    __atomic_fetch_add(&metrics->stat->counters[STAT_http_request], 1, __ATOMIC_RELAXED);
    response->body = metrics_print(context, &response->body_len);
    if (!response->body) {
        response->status = 500;
        return;
    }
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
}
