#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/metrics.h"

struct page_case {
    struct stat_registry *registry;
    struct stat_set *set;
    struct metrics *metrics;
    char *text;
};

static int make_case(void **state)
{
    struct page_case *test = calloc(1, sizeof(*test));
    test->registry = stat_registry_create();
    test->set = stat_registry_add(test->registry);
    test->metrics = metrics_create(test->registry);
    *state = test;
    return 0;
}

static int clear_case(void **state)
{
    struct page_case *test = *state;
    metrics_destroy(test->metrics);
    stat_registry_destroy(test->registry);
    free(test->text);
    free(test);
    return 0;
}

static void print(struct page_case *test)
{
    size_t len = 0;
    free(test->text);
    test->text = metrics_print(test->metrics, &len);
    assert_non_null(test->text);
    assert_int_equal(strlen(test->text), len);
}

static void has(const struct page_case *test, const char *line)
{
    char wanted[500];
    snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    if (!strstr(test->text, wanted)) {
        fail_msg("missing: %s in\n%s", line, test->text);
    }
}

static void counters_stand_in_families_with_labels(void **state)
{
    struct page_case *test = *state;

    stat_add(test->set, STAT_query_udp4, 12);
    stat_add(test->set, STAT_truncated, 3);
    print(test);
    has(test, "# TYPE suanyu_queries_total counter");
    has(test, "suanyu_queries_total{transport=\"udp4\"} 12");
    has(test, "suanyu_queries_total{transport=\"tcp6\"} 0");
    has(test, "# HELP suanyu_truncated_answers_total responses sent with TC set");
    has(test, "suanyu_truncated_answers_total 3");
}

/* Each metric has one HELP and one TYPE, and all its lines stand together: else a reader refuses. */
static void every_metric_is_announced_once_and_in_one_piece(void **state)
{
    struct page_case *test = *state;
    char names[200][100], present[100] = "";
    size_t count = 0;

    print(test);
    for (char *line = strtok(test->text, "\n"); line; line = strtok(NULL, "\n")) {
        char name[100];
        if (sscanf(line, "# HELP %99s", name) == 1) {
            for (size_t i = 0; i < count; i++) {
                assert_string_not_equal(names[i], name);
            }
            assert_true(count < 200);
            strcpy(names[count++], name);
            strcpy(present, name);
        } else {
            assert_int_equal(strncmp(line[0] == '#' ? line + 7 : line, present, strlen(present)),
                             0);
        }
    }
    assert_true(count > 10);
}

static void the_histogram_counts_up_to_everything(void **state)
{
    struct page_case *test = *state;

    stat_time(test->set, 50, 1);         /* below the first bucket shown */
    stat_time(test->set, 1000, 2);       /* 2^10 */
    stat_time(test->set, 1ull << 35, 4); /* above the last shown */
    print(test);
    has(test, "# TYPE suanyu_answer_seconds histogram");
    has(test, "suanyu_answer_seconds_bucket{le=\"1.28e-07\"} 1");
    has(test, "suanyu_answer_seconds_bucket{le=\"5.12e-07\"} 1");
    has(test, "suanyu_answer_seconds_bucket{le=\"1.024e-06\"} 3");
    has(test, "suanyu_answer_seconds_bucket{le=\"1.07374182\"} 3");
    has(test, "suanyu_answer_seconds_bucket{le=\"+Inf\"} 7");
    has(test, "suanyu_answer_seconds_count 7");
    has(test, "suanyu_answer_seconds_sum 137.438955522");
}

struct label_case {
    const char *value, *printed;
};

static const struct label_case labels[] = {
    {"compute.gba", "compute.gba"},
    {"a\"} 1\nevil 2", "a\\\"} 1\\nevil 2"},
    {"back\\slash", "back\\\\slash"},
    {"\x1b[2J\r\t", "\\\\x1b[2J\\\\x0d\\\\x09"},
    {"\xe7\xae\x97", "\\\\xe7\\\\xae\\\\x97"},
    {"", ""},
};

static void read_labels(void *context, struct metrics_page *page)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        metrics_value(page, "zone", labels[i].value, i + 100);
    }
    metrics_value(page, NULL, NULL, *(uint64_t *)context);
}

static void hostile_label_values_stay_inside_their_quotes(void **state)
{
    struct page_case *test = *state;
    uint64_t number = UINT64_MAX;
    const struct metrics_source source = {"suanyu_test", "a test", read_labels, &number};

    metrics_add(test->metrics, &source);
    print(test);
    has(test, "# HELP suanyu_test a test");
    has(test, "# TYPE suanyu_test gauge");
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        char line[300];
        snprintf(line, sizeof(line), "suanyu_test{zone=\"%s\"} %zu", labels[i].printed, i + 100);
        has(test, line);
    }
    has(test, "suanyu_test 18446744073709551615");
    for (const char *p = test->text; *p; p++) {
        assert_true(*p == '\n' || isprint((unsigned char)*p));
    }
}

static void read_too_much(void *context, struct metrics_page *page)
{
    static char value[1000];
    (void)context;
    memset(value, '"', sizeof(value) - 1);
    for (int i = 0; i < 20000; i++) {
        metrics_value(page, "zone", value, 1);
    }
}

static void a_page_is_bounded_and_ends_with_a_whole_line(void **state)
{
    struct page_case *test = *state;
    const struct metrics_source source = {"suanyu_test", "a test", read_too_much, NULL};

    metrics_add(test->metrics, &source);
    print(test);
    const size_t len = strlen(test->text);
    assert_in_range(len, METRICS_TEXT_MAX - 6500, METRICS_TEXT_MAX);
    assert_int_equal(test->text[len - 1], '\n');
}

static void the_route_answers_with_the_page(void **state)
{
    struct page_case *test = *state;
    const struct http_request request = {.path = "/metrics"};
    struct http_response response = {.status = 200};

    metrics_handle(&request, &response, test->metrics);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_int_equal(strncmp(response.body, "# HELP ", 7), 0);
    free(response.body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_case, clear_case)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counters_stand_in_families_with_labels),
        TEST(every_metric_is_announced_once_and_in_one_piece),
        TEST(the_histogram_counts_up_to_everything),
        TEST(hostile_label_values_stay_inside_their_quotes),
        TEST(a_page_is_bounded_and_ends_with_a_whole_line),
        TEST(the_route_answers_with_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
