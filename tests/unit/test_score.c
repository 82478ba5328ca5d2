/* The page docs/policies.md is what the engine does: its records are made a table, and each row of its tables headed
 * "asked" is asked and compared. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sched/choose/choose.h"
#include "tests/lib/pools.h"

enum { NOW_S = 1000, PAGE_MAX = 1 << 16 };

static const char *const reasons[] = {
#define REASON(name, ...) #name,
#include "sched/choose/reason.def"
#undef REASON
};

static char page[PAGE_MAX];

static int enter(void **state)
{
    FILE *file = fopen("docs/policies.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    return pools_enter(state);
}

static const struct pools *make_pools(void)
{
    static const char begin[] = "```pools\n", end[] = "```";
    const char *from = strstr(page, begin);
    assert_non_null(from);
    char *records = mem_text(from + strlen(begin));
    *strstr(records, end) = '\0';
    const struct pools *pools = pools_make(records);
    mem_free(records);
    return pools;
}

/* Cells of "| `words` | `pool` | points | because |". False: the line is no such row. */
static bool read_row(const char *line, char words[200], char pool[80], char points[40])
{
    return sscanf(line, "| `%199[^`]` | `%79[^`]` | %39[^ |]", words, pool, points) == 3;
}

static bool is_so(const struct pools *pools, const char *words, const char *pool,
                  const char *points)
{
    static struct choose_answer answer;
    struct need need = pools_need(words);
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S};
    struct choose_why why;
    char found[40];
    choose_rank(pools_choose, &ask, &answer);
    choose_explain(pools_choose, &ask, pools_slot(pools, pool), &why);
    if (why.reason == CHOOSE_FITS) {
        snprintf(found, sizeof found, "%.6g", why.pick.score / 1000.0);
    } else {
        snprintf(found, sizeof found, "%s", reasons[why.reason]);
    }
    if (strcmp(found, points) != 0) {
        print_error("%s | %s | the page says %s, the engine %s\n", words, pool, points, found);
    }
    return strcmp(found, points) == 0;
}

static void every_example_of_the_page_comes_out_as_it_says(void **state)
{
    const struct pools *pools = make_pools();
    char words[200], pool[80], points[40];
    unsigned rows = 0, wrong = 0;
    bool is_asked = false;
    (void)state;
    for (const char *line = page; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        is_asked = line[0] == '|' && (is_asked || !strncmp(line, "| asked |", 9));
        if (is_asked && read_row(line, words, pool, points)) {
            wrong += !is_so(pools, words, pool, points);
            rows++;
        }
    }
    assert_int_equal(wrong, 0);
    assert_in_range(rows, 30, 1000);
}

static void the_page_has_an_example_of_each_policy(void **state)
{
    static const char *const names[] = {
#define POLICY(name, number, ...) "### " #number " " #name "\n",
#include "sched/choose/policy.def"
#undef POLICY
    };
    (void)state;
    for (size_t i = 0; i < CHOOSE_POLICIES; i++) {
        const char *section = strstr(page, names[i]);
        const char *example = section ? strstr(section, "| asked |") : NULL;
        const char *next = section ? strstr(section + 4, "\n##") : NULL;
        if (!example || !next || example > next) {
            fail_msg("docs/policies.md: no example under %s", names[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_page_comes_out_as_it_says),
        cmocka_unit_test(the_page_has_an_example_of_each_policy),
    };
    return cmocka_run_group_tests(tests, enter, pools_leave);
}
