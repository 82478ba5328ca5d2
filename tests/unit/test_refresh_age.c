#include "server/refresh_age.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NS   ((uint64_t)1000000000)
#define NONE UINT32_MAX

enum { WALL_S = 1700000000, OWN_S = 100 };

/* What one primary says that is asked after so many seconds. */
struct says {
    unsigned at_s;
    enum { SILENCE, SAME, NEWER } what;
    uint32_t expire_s;
};

static const struct row {
    const char *label;
    unsigned expires_s;
    struct says says[3];
    unsigned then_expires_s, good_s;
} rows[] = {
    {"the zone's own time", 50, {{10, SAME, NONE}}, 110, 10},
    {"counts from who said so",
     50,
     {{10, SAME, NONE}, {20, SILENCE, 0}, {30, SILENCE, 0}},
     110,
     10},
    {"the last who said so was asked then", 50, {{10, SAME, NONE}, {20, SAME, 95}}, 115, 20},
    {"the longest of a round", 50, {{10, SAME, 90}, {20, SAME, 10}, {30, SILENCE, 0}}, 100, 20},
    {"each from when it was asked", 5, {{10, SAME, 40}, {20, SAME, 10}}, 50, 20},
    {"at most the zone's own", 50, {{10, SAME, 1000}}, 110, 10},
    {"the same zone is not older for it", 50, {{10, SAME, 5}}, 50, 10},
    {"an expired one is good again", 5, {{10, SAME, 5}}, 15, 10},
    {"a newer zone has a time of its own", 90, {{10, NEWER, 5}}, 15, 10},
    {"whatever was said before it", 90, {{10, SAME, 80}, {20, NEWER, 30}}, 50, 20},
    {"nor more than its SOA says", 50, {{10, NEWER, 1000}}, 110, 10},
};

static void primaries_tell_until_when_a_zone_is_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct clock_fake clock;
        struct refresh_age age = {.expires_ns = rows[i].expires_s * NS};
        clock_fake_init(&clock, WALL_S);
        print_message("%s\n", rows[i].label);
        refresh_age_begin(&age);
        bool is_newer = false;
        for (unsigned j = 0; j < 3 && rows[i].says[j].at_s > 0; j++) {
            const struct says *says = &rows[i].says[j];
            clock.mono = says->at_s * NS;
            clock.wall = WALL_S + says->at_s;
            refresh_age_ask(&age, &clock.clock);
            if (says->what == SAME) {
                refresh_age_note(&age, says->expire_s, OWN_S);
            } else if (says->what == NEWER) {
                refresh_age_renew(&age, says->expire_s, OWN_S);
                is_newer = true;
            }
        }
        assert_true(age.is_good);
        if (!is_newer) {
            refresh_age_keep(&age);
        }
        assert_int_equal(age.expires_ns, rows[i].then_expires_s * NS);
        assert_int_equal(age.good_s, WALL_S + rows[i].good_s);
    }
}

static void what_was_said_in_another_round_does_not_count(void **state)
{
    (void)state;
    struct clock_fake clock;
    struct refresh_age age = {.expires_ns = 0};
    clock_fake_init(&clock, WALL_S);
    refresh_age_begin(&age);
    refresh_age_ask(&age, &clock.clock);
    refresh_age_note(&age, 90, OWN_S); /* and the round came to another end */
    refresh_age_begin(&age);
    assert_false(age.is_good);
    refresh_age_ask(&age, &clock.clock);
    refresh_age_note(&age, 10, OWN_S);
    refresh_age_keep(&age);
    assert_int_equal(age.expires_ns, 10 * NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primaries_tell_until_when_a_zone_is_good),
        cmocka_unit_test(what_was_said_in_another_round_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
