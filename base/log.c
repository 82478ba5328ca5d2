#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_line.h"

enum {
    BUCKETS = 128,              /* events with a limit of their own; later ones share the last */
    LINE_COST_NS = 100000000,   /* 10 lines a second and event */
    CREDIT_MAX_NS = 2500000000, /* and a burst of 25: what a file can have wrong is told at once */
};

struct bucket {
    const char *event;
    uint64_t credit_ns;
    uint64_t seen_ns;    /* monotonic */
    uint64_t suppressed; /* lines held back since the last one written */
};

static enum log_level level_max = LOG_INFO; /* atomic: it may change while threads log */
static const char *program_name;
static pthread_mutex_t buckets_lock = PTHREAD_MUTEX_INITIALIZER;
static struct bucket buckets[BUCKETS];
static size_t bucket_count;

void log_init(enum log_level level, const char *program)
{
    log_set_level(level);
    program_name = program;
}

void log_set_level(enum log_level level)
{
    __atomic_store_n(&level_max, level, __ATOMIC_RELAXED);
}

bool log_is_on(enum log_level level)
{
    return level <= __atomic_load_n(&level_max, __ATOMIC_RELAXED);
}

static struct bucket *bucket_of(const char *event)
{
    for (size_t i = 0; i < bucket_count; i++) {
        if (buckets[i].event == event || strcmp(buckets[i].event, event) == 0) {
            return &buckets[i];
        }
    }
    if (bucket_count == BUCKETS) {
        return &buckets[BUCKETS - 1];
    }
    buckets[bucket_count] = (struct bucket){.event = event, .credit_ns = CREDIT_MAX_NS};
    return &buckets[bucket_count++];
}

/* Whether the event may write now; *out_suppressed is what it held back since its last line. */
static bool take_credit(const char *event, uint64_t *out_suppressed)
{
    const struct clock *clock = clock_system();
    pthread_mutex_lock(&buckets_lock);
    uint64_t now = clock->mono_ns(clock); /* read inside, so that it never goes back */
    struct bucket *bucket = bucket_of(event);
    uint64_t credit = bucket->credit_ns + (now - bucket->seen_ns);
    credit = credit > CREDIT_MAX_NS ? CREDIT_MAX_NS : credit;
    bool may = credit >= LINE_COST_NS;
    *out_suppressed = bucket->suppressed;
    bucket->credit_ns = may ? credit - LINE_COST_NS : credit;
    bucket->suppressed = may ? 0 : bucket->suppressed + 1;
    bucket->seen_ns = now;
    pthread_mutex_unlock(&buckets_lock);
    return may;
}

static void put_head(struct log_line *line, enum log_level level, const char *event)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    struct timespec now = {0, 0};
    struct tm utc = {0};
    char text[64];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc); /* RFC 3339 */
    log_line_add(line, text, len);
    int more =
        snprintf(text, sizeof text, ".%03dZ %s ", (int)(now.tv_nsec / 1000000), names[level]);
    log_line_add(line, text, (size_t)more);
    log_line_add(line, event, strlen(event));
    if (program_name) {
        log_line_add(line, " program=", strlen(" program="));
        log_line_add(line, program_name, strlen(program_name));
    }
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    int saved_errno = errno; /* so that callers may log before they look at it */
    uint64_t suppressed;
    if (!log_is_on(level) || !take_credit(event, &suppressed)) {
        return;
    }
    struct log_line line;
    log_line_init(&line);
    put_head(&line, level, event);
    va_list list;
    va_start(list, format);
    log_line_fields(&line, format, list);
    va_end(list);
    log_line_end(&line, suppressed);
    while (write(STDERR_FILENO, line.text, line.len) < 0 && errno == EINTR) {
    }
    errno = saved_errno;
}
