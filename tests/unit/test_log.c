#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* What was written to stderr between start_capture and end_capture; a datagram pipe keeps the writes apart. */
struct capture {
    int ends[2];
    int saved;
    char text[65536];
    size_t writes;
};

static struct capture capture;

static void start_capture(void)
{
    assert_int_equal(pipe2(capture.ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC), 0);
    assert_true(fcntl(capture.ends[0], F_SETPIPE_SZ, 1 << 20) >= 1 << 20); /* 256 writes */
    capture.saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(capture.ends[1], STDERR_FILENO), STDERR_FILENO);
}

static const char *end_capture(void)
{
    assert_int_equal(dup2(capture.saved, STDERR_FILENO), STDERR_FILENO);
    close(capture.saved);
    close(capture.ends[1]);
    size_t len = 0;
    ssize_t got;
    capture.writes = 0;
    while (len < sizeof capture.text &&
           (got = read(capture.ends[0], capture.text + len, sizeof capture.text - len - 1)) > 0) {
        len += (size_t)got;
        capture.writes++;
    }
    capture.text[len] = '\0';
    close(capture.ends[0]);
    return capture.text;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int answer = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (answer != 0) {
        fail_msg("<%s> does not match %s", text, pattern);
    }
}

#define STAMP "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z "

static void a_line_has_time_level_event_and_keys(void **state)
{
    (void)state;
    log_init(LOG_INFO, NULL);
    start_capture();
    log_warn("shape", "name=%s count=%d", "a\nb", 3);
    assert_matches(end_capture(), STAMP "warn shape name=\"a\\\\nb\" count=3\n$");
    assert_int_equal(capture.writes, 1);
    start_capture();
    log_error("shape_bare", NULL);
    assert_matches(end_capture(), STAMP "error shape_bare\n$");
}

static void the_time_is_utc_of_now(void **state)
{
    (void)state;
    log_init(LOG_INFO, NULL);
    assert_int_equal(setenv("TZ", "Asia/Hong_Kong", 1), 0);
    tzset();
    time_t before = time(NULL);
    start_capture();
    log_info("utc", NULL);
    const char *text = end_capture();
    struct tm tm = {0};
    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S", &tm));
    time_t said = timegm(&tm);
    assert_true(said >= before && said <= time(NULL));
    unsetenv("TZ");
    tzset();
}

static void the_program_is_named_when_it_is_known(void **state)
{
    (void)state;
    log_init(LOG_INFO, "serverd");
    start_capture();
    log_info("named", "a=%d", 1);
    assert_matches(end_capture(), STAMP "info named program=serverd a=1\n$");
    log_init(LOG_INFO, NULL);
}

static void less_important_levels_are_silent(void **state)
{
    (void)state;
    log_init(LOG_WARN, NULL);
    assert_true(log_is_on(LOG_ERROR) && log_is_on(LOG_WARN));
    assert_false(log_is_on(LOG_INFO) || log_is_on(LOG_DEBUG));
    start_capture();
    log_info("level", NULL);
    log_debug("level", "a=%d", 1);
    assert_string_equal(end_capture(), "");
    log_init(LOG_DEBUG, NULL);
    start_capture();
    log_debug("level", "a=%d", 1);
    assert_matches(end_capture(), "debug level a=1\n$");
    log_init(LOG_INFO, NULL);
}

static void errno_survives(void **state)
{
    (void)state;
    start_capture();
    int closed = dup(STDERR_FILENO);
    close(STDERR_FILENO); /* so that the write fails with EBADF */
    errno = ENOTTY;
    log_info("errno", NULL);
    int after = errno;
    (void)dup2(closed, STDERR_FILENO);
    close(closed);
    (void)end_capture();
    assert_int_equal(after, ENOTTY);
}

/* Lines in the text, and the sum of their suppressed=. */
static void count(const char *text, unsigned *out_lines, unsigned *out_suppressed)
{
    *out_lines = 0;
    *out_suppressed = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++) {
        ++*out_lines;
    }
    for (const char *p = text; (p = strstr(p, " suppressed=")); p++) {
        *out_suppressed += (unsigned)strtoul(p + strlen(" suppressed="), NULL, 10);
    }
}

static void a_flood_is_held_back_and_counted(void **state)
{
    (void)state;
    unsigned lines;
    unsigned suppressed;
    start_capture();
    for (int i = 0; i < 200; i++) {
        log_info("flood", "i=%d", i);
    }
    log_info("flood_other", NULL); /* another event is not touched */
    const char *text = end_capture();
    assert_non_null(strstr(text, "flood_other\n"));
    count(text, &lines, &suppressed);
    assert_in_range(lines, 11, 60); /* the burst and the other, and a few if the machine is slow */
    unsigned written = lines - 1;
    const struct timespec nap = {0, 250000000};
    (void)nanosleep(&nap, NULL);
    start_capture();
    char copy[] = "flood"; /* the word counts, not its address */
    log_info(copy, "i=%d", 200);
    unsigned later;
    unsigned more;
    text = end_capture();
    assert_matches(text, "info flood i=200 suppressed=[0-9]+\n$");
    count(text, &later, &more);
    assert_int_equal(later, 1);
    assert_int_equal(written + suppressed + more, 200);
    start_capture();
    log_info("flood", "i=%d", 201);
    assert_matches(end_capture(), "info flood i=201\n$"); /* counted once */
}

static void more_events_than_places_still_write(void **state)
{
    (void)state;
    static char names[200][16];
    unsigned lines;
    unsigned suppressed;
    start_capture();
    for (size_t i = 0; i < 200; i++) {
        (void)snprintf(names[i], sizeof names[i], "event%zu", i);
        log_info(names[i], NULL);
    }
    count(end_capture(), &lines, &suppressed);
    assert_in_range(lines, 100, 199); /* those without a place of their own share a limit */
    start_capture();
    log_info("event0", NULL);
    assert_non_null(strstr(end_capture(), "info event0\n"));
}

static void *log_many(void *context)
{
    for (int i = 0; i < 20; i++) {
        log_info(context, "text=%s", "one two three");
    }
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    static char names[4][8] = {"alpha", "beta", "gamma", "delta"};
    pthread_t threads[4];
    start_capture();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    char *rest = NULL;
    (void)end_capture();
    for (char *line = strtok_r(capture.text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        assert_matches(line, STAMP "info (alpha|beta|gamma|delta) text=\"one two three\""
                                   "( suppressed=[0-9]+)?$");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_event_and_keys),
        cmocka_unit_test(the_time_is_utc_of_now),
        cmocka_unit_test(the_program_is_named_when_it_is_known),
        cmocka_unit_test(less_important_levels_are_silent),
        cmocka_unit_test(errno_survives),
        cmocka_unit_test(a_flood_is_held_back_and_counted),
        cmocka_unit_test(threads_do_not_mix_their_lines),
        cmocka_unit_test(more_events_than_places_still_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
