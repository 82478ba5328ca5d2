#include "zones/zone_serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define INCREMENT ZONE_SERIAL_INCREMENT
#define UNIXTIME  ZONE_SERIAL_UNIXTIME
#define DATE      ZONE_SERIAL_DATE

#define NOW_S 1795309200 /* 2026-11-22 01:00 UTC */

static void each_policy_has_its_next_serial(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum zone_serial_policy policy;
        uint32_t now;
        int64_t now_s;
        uint32_t next;
    } rows[] = {
        {"one more", INCREMENT, 7, NOW_S, 8},
        {"never 0", INCREMENT, UINT32_MAX, NOW_S, 1},
        {"one more before the middle", INCREMENT, 0x7fffffff, NOW_S, 0x80000000},
        {"the time", UNIXTIME, 7, NOW_S, NOW_S},
        {"twice in a second", UNIXTIME, NOW_S, NOW_S, NOW_S + 1u},
        {"ahead of the time", UNIXTIME, NOW_S + 50u, NOW_S, NOW_S + 51u},
        {"the time is behind by serial arithmetic", UNIXTIME, 3942792848u + 1, NOW_S, NOW_S},
        {"exactly opposite has no order", UNIXTIME, (uint32_t)NOW_S + 0x80000000u, NOW_S,
         (uint32_t)NOW_S + 0x80000001u},
        {"a time that is 0", UNIXTIME, UINT32_MAX, (int64_t)1 << 32, 1},
        {"a time of 33 bits", UNIXTIME, UINT32_MAX, ((int64_t)1 << 32) + 9, 9},
        {"the first of a day", DATE, 2026112107, NOW_S, 2026112200},
        {"the second of a day", DATE, 2026112200, NOW_S, 2026112201},
        {"after the hundredth", DATE, 2026112299, NOW_S, 2026112300},
        {"the day after a hundred", DATE, 2026112300, NOW_S + 86400, 2026112301},
        {"the last second of a day", DATE, 1, NOW_S + 82799, 2026112200},
        {"the first second of a day", DATE, 1, NOW_S + 82800, 2026112300},
        {"a serial far ahead of any date", DATE, 4000000000u, NOW_S, 4000000001u},
        {"a serial that the date is after", DATE, 4200000000u, NOW_S, 2026112200},
        {"a leap day", DATE, 1, 1709164800, 2024022900},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t next = zone_serial_next(rows[i].policy, rows[i].now, rows[i].now_s);
        if (next != rows[i].next) {
            fail_msg("%s: %u, expected %u", rows[i].label, next, rows[i].next);
        }
    }
}

static void a_serial_always_moves_forward_and_is_never_0(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 3);
    for (unsigned i = 0; i < 300000; i++) {
        const uint32_t now = (uint32_t)rand_u64(&rand.rand);
        const int64_t now_s = (int64_t)(rand_u64(&rand.rand) % 5000000000u);
        const uint32_t next = zone_serial_next((enum zone_serial_policy)(i % 3), now, now_s);
        assert_true(next != 0 && next - now > 0 && next - now < 0x80000000u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_has_its_next_serial),
        cmocka_unit_test(a_serial_always_moves_forward_and_is_never_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
